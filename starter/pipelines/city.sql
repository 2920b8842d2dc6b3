-- The simulated city: orders, deliveries and riders, as events.
--
-- Every row of bronze goes into exactly one silver table: bronze.orders into silver.orders; of bronze.deliveries the topics
-- `delivery.*` into silver.city_deliveries and `rider.*` into silver.rider_pings, where the other's rows count as filtered.
-- So for each topic: rows in bronze = rows in silver + quarantined + duplicates.

-- Every event of an order's life, as it came.
CREATE OR REFRESH STREAMING TABLE bronze.orders
COMMENT 'Events of orders, as they came'
PARTITIONED BY (date(timestamp) AS ingest_date, hour(timestamp) AS ingest_hour)
AS SELECT * FROM STREAM read_kafka(topics => 'order.*');

-- Every event of deliveries and riders, as it came.
CREATE OR REFRESH STREAMING TABLE bronze.deliveries
COMMENT 'Events of deliveries and riders, as they came'
PARTITIONED BY (date(timestamp) AS ingest_date, hour(timestamp) AS ingest_hour)
AS SELECT * FROM STREAM read_kafka(topics => ['delivery.*', 'rider.*']);

-- One row per event of an order: placed, accepted, prepared, picked_up, delivered or cancelled.
CREATE OR REFRESH STREAMING TABLE silver.orders (
  total_paise COMMENT 'Of placed and delivered orders, in 1/100 rupee',
  CONSTRAINT has_id EXPECT (event_id <> '' AND order_id <> '') ON VIOLATION QUARANTINE,
  CONSTRAINT has_time EXPECT (event_time IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT known_city EXPECT (city <> '') ON VIOLATION QUARANTINE,
  CONSTRAINT right_topic EXPECT (type = topic) ON VIOLATION QUARANTINE,
  CONSTRAINT plausible_total EXPECT (total_paise IS NULL OR total_paise >= 0) ON VIOLATION QUARANTINE
)
COMMENT 'Events of orders, typed and without duplicates'
AS WITH parsed AS (
  SELECT topic, from_json(CASE WHEN json_valid(value) THEN value END, '{
    "event_id": "VARCHAR", "type": "VARCHAR", "event_time": "TIMESTAMPTZ", "order_id": "VARCHAR", "city": "VARCHAR",
    "customer_id": "VARCHAR", "restaurant_id": "VARCHAR", "rider_id": "VARCHAR", "payment": "VARCHAR",
    "items": [{"dish": "VARCHAR", "quantity": "INTEGER", "price_paise": "BIGINT"}], "total_paise": "BIGINT",
    "promised_prep_minutes": "DOUBLE", "prep_minutes": "DOUBLE", "waited_minutes": "DOUBLE",
    "minutes_since_placed": "DOUBLE", "cancelled_by": "VARCHAR", "reason": "VARCHAR", "refund_paise": "BIGINT"
  }') AS event
  FROM STREAM bronze.orders
)
SELECT DISTINCT ON (event_id)
  event.event_id AS event_id,
  event.type AS type,
  event.event_time AS event_time,
  event.order_id AS order_id,
  event.city AS city,
  event.customer_id AS customer_id,
  event.restaurant_id AS restaurant_id,
  event.rider_id AS rider_id,
  event.payment AS payment,
  event.items AS items,
  event.total_paise AS total_paise,
  event.promised_prep_minutes AS promised_prep_minutes,
  event.prep_minutes AS prep_minutes,
  event.waited_minutes AS waited_minutes,
  event.minutes_since_placed AS minutes_since_placed,
  event.cancelled_by AS cancelled_by,
  event.reason AS reason,
  event.refund_paise AS refund_paise,
  topic
FROM parsed;

-- One row per event of a delivery: assigned to a rider, or completed.
CREATE OR REFRESH STREAMING TABLE silver.city_deliveries (
  delivery_minutes COMMENT 'From assigned to delivered; of completed deliveries',
  rating COMMENT 'The customer''s stars, 1 to 5; NULL when none were given',
  CONSTRAINT has_id EXPECT (event_id <> '' AND order_id <> '') ON VIOLATION QUARANTINE,
  CONSTRAINT has_time EXPECT (event_time IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT known_city EXPECT (city <> '') ON VIOLATION QUARANTINE,
  CONSTRAINT right_topic EXPECT (type = topic) ON VIOLATION QUARANTINE,
  CONSTRAINT plausible_time EXPECT (
    type <> 'delivery.completed' OR (delivery_minutes > 0 AND delivery_minutes < 300)
  ) ON VIOLATION QUARANTINE,
  CONSTRAINT valid_rating EXPECT (rating IS NULL OR rating BETWEEN 1 AND 5) ON VIOLATION QUARANTINE
)
COMMENT 'Events of deliveries, typed and without duplicates'
AS WITH parsed AS (
  SELECT topic, from_json(CASE WHEN json_valid(value) THEN value END, '{
    "event_id": "VARCHAR", "type": "VARCHAR", "event_time": "TIMESTAMPTZ", "order_id": "VARCHAR", "city": "VARCHAR",
    "restaurant_id": "VARCHAR", "rider_id": "VARCHAR", "vehicle": "VARCHAR", "pickup_distance_km": "DOUBLE",
    "distance_km": "DOUBLE", "delivery_minutes": "DOUBLE", "rating": "INTEGER", "tip_paise": "BIGINT"
  }') AS event
  FROM STREAM bronze.deliveries
  WHERE topic LIKE 'delivery.%'
)
SELECT DISTINCT ON (event_id)
  event.event_id AS event_id,
  event.type AS type,
  event.event_time AS event_time,
  event.order_id AS order_id,
  event.city AS city,
  event.restaurant_id AS restaurant_id,
  event.rider_id AS rider_id,
  event.vehicle AS vehicle,
  event.pickup_distance_km AS pickup_distance_km,
  event.distance_km AS distance_km,
  event.delivery_minutes AS delivery_minutes,
  event.rating AS rating,
  event.tip_paise AS tip_paise,
  topic
FROM parsed;

-- One row per ping of a rider who is on the way.
CREATE OR REFRESH STREAMING TABLE silver.rider_pings (
  CONSTRAINT has_id EXPECT (event_id <> '' AND rider_id <> '') ON VIOLATION QUARANTINE,
  CONSTRAINT has_time EXPECT (event_time IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT right_topic EXPECT (type = topic) ON VIOLATION QUARANTINE,
  CONSTRAINT in_india EXPECT (latitude BETWEEN 6 AND 38 AND longitude BETWEEN 68 AND 98) ON VIOLATION QUARANTINE
)
COMMENT 'Where riders were, typed and without duplicates'
AS WITH parsed AS (
  SELECT topic, from_json(CASE WHEN json_valid(value) THEN value END, '{
    "event_id": "VARCHAR", "type": "VARCHAR", "event_time": "TIMESTAMPTZ", "order_id": "VARCHAR", "city": "VARCHAR",
    "rider_id": "VARCHAR", "vehicle": "VARCHAR", "latitude": "DOUBLE", "longitude": "DOUBLE", "speed_kmh": "DOUBLE",
    "heading_deg": "INTEGER", "leg": "VARCHAR"
  }') AS event
  FROM STREAM bronze.deliveries
  WHERE topic NOT LIKE 'delivery.%'
)
SELECT DISTINCT ON (event_id)
  event.event_id AS event_id,
  event.type AS type,
  event.event_time AS event_time,
  event.order_id AS order_id,
  event.city AS city,
  event.rider_id AS rider_id,
  event.vehicle AS vehicle,
  event.latitude AS latitude,
  event.longitude AS longitude,
  event.speed_kmh AS speed_kmh,
  event.heading_deg AS heading_deg,
  event.leg AS leg,
  topic
FROM parsed;

-- What was ordered, delivered and cancelled in each city, in windows of five minutes.
CREATE OR REFRESH MATERIALIZED VIEW gold.orders_by_city_5min
COMMENT 'Orders by city and five minutes of event time'
AS SELECT
  city,
  time_bucket(INTERVAL 5 MINUTES, event_time) AS window_start,
  count(*) FILTER (WHERE type = 'order.placed') AS placed,
  count(*) FILTER (WHERE type = 'order.delivered') AS delivered,
  count(*) FILTER (WHERE type = 'order.cancelled') AS cancelled,
  coalesce(sum(total_paise) FILTER (WHERE type = 'order.placed'), 0)::BIGINT AS ordered_paise,
  coalesce(sum(refund_paise), 0)::BIGINT AS refunded_paise,
  avg(minutes_since_placed) AS avg_minutes_to_door
FROM silver.orders
GROUP BY ALL;

-- How long deliveries take, by city and vehicle.
CREATE OR REFRESH MATERIALIZED VIEW gold.delivery_times
COMMENT 'Delivery times by city and vehicle'
AS SELECT
  city,
  vehicle,
  count(*) AS deliveries,
  avg(delivery_minutes) AS avg_minutes,
  min(delivery_minutes) AS min_minutes,
  max(delivery_minutes) AS max_minutes,
  avg(distance_km) AS avg_km,
  avg(rating) AS avg_rating
FROM silver.city_deliveries
WHERE type = 'delivery.completed'
GROUP BY ALL;

-- What each rider has done.
CREATE OR REFRESH MATERIALIZED VIEW gold.rider_performance
COMMENT 'Deliveries, speed, ratings and tips of each rider'
AS SELECT
  rider_id,
  city,
  count(*) AS deliveries,
  avg(delivery_minutes) AS avg_minutes,
  sum(distance_km) AS km,
  avg(rating) AS avg_rating,
  sum(tip_paise)::BIGINT AS tips_paise,
  max(event_time) AS last_delivery_at
FROM silver.city_deliveries
WHERE type = 'delivery.completed'
GROUP BY ALL;
