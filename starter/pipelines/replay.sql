-- A file of real deliveries, replayed into the topic `replay.deliveries` (tiffin run --replay FILE.csv): one JSON object per
-- row of the file, its cells as text, exactly as they came. The file is really dirty; this pipeline says what counts as clean.

-- Each row of the file as it came, with the place in Kafka where it is kept. Nothing is interpreted here.
CREATE OR REFRESH STREAMING TABLE bronze.deliveries_raw
COMMENT 'Rows of replayed delivery files, as they came'
PARTITIONED BY (date(timestamp) AS ingest_date, hour(timestamp) AS ingest_hour)
AS SELECT * FROM STREAM read_kafka(topics => 'replay.deliveries');

-- One row per delivery, typed. `event_id` is made of the file's content and the row's number, so replaying a file again adds
-- nothing. Text that is no number becomes NULL. What breaks a rule is kept in silver.deliveries__quarantine with its reasons.
CREATE OR REFRESH STREAMING TABLE silver.deliveries (
  event_id COMMENT 'Hash of the file and number of the row: unique and repeatable',
  city COMMENT 'The capitals before RES in the courier''s id',
  minutes COMMENT 'How long the delivery took',
  CONSTRAINT known_city EXPECT (city <> '') ON VIOLATION QUARANTINE,
  CONSTRAINT plausible_time EXPECT (minutes > 0 AND minutes < 300) ON VIOLATION QUARANTINE,
  CONSTRAINT valid_rating EXPECT (rating IS NULL OR rating BETWEEN 1 AND 5) ON VIOLATION QUARANTINE,
  CONSTRAINT valid_age EXPECT (age IS NULL OR age BETWEEN 18 AND 70) ON VIOLATION QUARANTINE,
  CONSTRAINT in_india EXPECT (
    restaurant_latitude BETWEEN 6 AND 38 AND restaurant_longitude BETWEEN 68 AND 98
    AND delivery_latitude BETWEEN 6 AND 38 AND delivery_longitude BETWEEN 68 AND 98
  ) ON VIOLATION QUARANTINE
)
COMMENT 'Deliveries of replayed files, typed and checked'
AS WITH parsed AS (
  SELECT from_json(CASE WHEN json_valid(value) THEN value END, '{
    "event_id": "VARCHAR", "row": "BIGINT", "ID": "VARCHAR", "Delivery_person_ID": "VARCHAR",
    "Delivery_person_Age": "VARCHAR", "Delivery_person_Ratings": "VARCHAR",
    "Restaurant_latitude": "VARCHAR", "Restaurant_longitude": "VARCHAR",
    "Delivery_location_latitude": "VARCHAR", "Delivery_location_longitude": "VARCHAR",
    "Type_of_order": "VARCHAR", "Type_of_vehicle": "VARCHAR", "Time_taken(min)": "VARCHAR"
  }') AS cells
  FROM STREAM bronze.deliveries_raw
), numbers AS (
  -- A number is finite: the texts 'NaN' and 'inf' are none, although they can be cast.
  SELECT cells,
    list_transform([
      cells."Delivery_person_Age", cells."Delivery_person_Ratings",
      cells."Restaurant_latitude", cells."Restaurant_longitude",
      cells."Delivery_location_latitude", cells."Delivery_location_longitude", cells."Time_taken(min)"
    ], lambda cell: CASE WHEN isfinite(try_cast(cell AS DOUBLE)) THEN try_cast(cell AS DOUBLE) END) AS number
  FROM parsed
)
SELECT DISTINCT ON (event_id)
  cells.event_id AS event_id,
  cells."row" AS file_row,
  cells."ID" AS delivery_id,
  trim(cells."Delivery_person_ID") AS courier_id,
  regexp_extract(cells."Delivery_person_ID", '([A-Z]+)RES', 1) AS city,
  number[1] AS age,
  number[2] AS rating,
  number[3] AS restaurant_latitude,
  number[4] AS restaurant_longitude,
  number[5] AS delivery_latitude,
  number[6] AS delivery_longitude,
  trim(cells."Type_of_order") AS order_type,
  trim(cells."Type_of_vehicle") AS vehicle,
  number[7] AS minutes
FROM numbers;

-- How long deliveries take in each city.
CREATE OR REFRESH MATERIALIZED VIEW gold.deliveries_by_city
COMMENT 'Delivery times and ratings by city'
AS SELECT
  city,
  count(*) AS orders,
  avg(minutes) AS avg_minutes,
  min(minutes) AS min_minutes,
  max(minutes) AS max_minutes,
  avg(rating) AS avg_rating
FROM silver.deliveries
GROUP BY city
ORDER BY city;

-- How long deliveries take with each kind of vehicle.
CREATE OR REFRESH MATERIALIZED VIEW gold.deliveries_by_vehicle
COMMENT 'Delivery times and ratings by vehicle'
AS SELECT
  vehicle,
  count(*) AS orders,
  avg(minutes) AS avg_minutes,
  min(minutes) AS min_minutes,
  max(minutes) AS max_minutes,
  avg(rating) AS avg_rating
FROM silver.deliveries
GROUP BY vehicle
ORDER BY vehicle;
