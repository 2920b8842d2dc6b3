-- The shop's operational database, as its changes tell it. Each change is a Maxwell-style JSON object: what happened (`type`),
-- where it stands in the order of all changes (`position`), and the row after it (`data`; of a delete, the row that went).
-- First comes a snapshot (`bootstrap-insert`), then every change.

CREATE OR REFRESH STREAMING TABLE bronze.cdc_customers
COMMENT 'Changes of the table customers, as they came'
PARTITIONED BY (date(timestamp) AS ingest_date, hour(timestamp) AS ingest_hour)
AS SELECT * FROM STREAM read_kafka(topics => 'cdc.shop.customers');

CREATE OR REFRESH STREAMING TABLE bronze.cdc_restaurants
COMMENT 'Changes of the table restaurants, as they came'
PARTITIONED BY (date(timestamp) AS ingest_date, hour(timestamp) AS ingest_hour)
AS SELECT * FROM STREAM read_kafka(topics => 'cdc.shop.restaurants');

CREATE OR REFRESH STREAMING TABLE bronze.cdc_orders
COMMENT 'Changes of the table orders, as they came'
PARTITIONED BY (date(timestamp) AS ingest_date, hour(timestamp) AS ingest_hour)
AS SELECT * FROM STREAM read_kafka(topics => 'cdc.shop.orders');

CREATE OR REFRESH STREAMING TABLE bronze.cdc_order_items
COMMENT 'Changes of the table order_items, as they came'
PARTITIONED BY (date(timestamp) AS ingest_date, hour(timestamp) AS ingest_hour)
AS SELECT * FROM STREAM read_kafka(topics => 'cdc.shop.order_items');

-- The table orders as it is now. Types are SQLite's: TEXT is VARCHAR (times too, in ISO 8601), INTEGER is BIGINT.
-- A change of no known order cannot be applied and counts as filtered.
CREATE TEMPORARY VIEW orders_changes AS
SELECT change.type, change.position, unnest(change.data)
FROM (
  SELECT from_json(CASE WHEN json_valid(value) THEN value END, '{
    "type": "VARCHAR", "position": "BIGINT", "data": {
      "order_id": "VARCHAR", "customer_id": "VARCHAR", "restaurant_id": "VARCHAR", "rider_id": "VARCHAR",
      "city": "VARCHAR", "status": "VARCHAR", "payment": "VARCHAR", "total_paise": "BIGINT",
      "placed_at": "VARCHAR", "accepted_at": "VARCHAR", "prepared_at": "VARCHAR", "picked_up_at": "VARCHAR",
      "delivered_at": "VARCHAR", "cancelled_at": "VARCHAR", "updated_at": "VARCHAR"
    }
  }') AS change
  FROM STREAM bronze.cdc_orders
)
WHERE change.data.order_id IS NOT NULL AND change.position IS NOT NULL;

CREATE OR REFRESH STREAMING TABLE silver.orders_current (
  position COMMENT 'Place of the newest change in the database''s change log'
)
COMMENT 'The table orders of the operational database, as it is now';

CREATE FLOW orders_current AS AUTO CDC INTO silver.orders_current
FROM STREAM orders_changes
KEYS (order_id)
APPLY AS DELETE WHEN type = 'delete'
SEQUENCE BY position
COLUMNS * EXCEPT (type)
STORED AS SCD TYPE 1;

-- The table customers as it is now.
CREATE TEMPORARY VIEW customers_changes AS
SELECT change.type, change.position, unnest(change.data)
FROM (
  SELECT from_json(CASE WHEN json_valid(value) THEN value END, '{
    "type": "VARCHAR", "position": "BIGINT", "data": {
      "customer_id": "VARCHAR", "name": "VARCHAR", "phone": "VARCHAR", "city": "VARCHAR", "street": "VARCHAR",
      "latitude": "DOUBLE", "longitude": "DOUBLE", "created_at": "VARCHAR", "updated_at": "VARCHAR"
    }
  }') AS change
  FROM STREAM bronze.cdc_customers
)
WHERE change.data.customer_id IS NOT NULL AND change.position IS NOT NULL;

CREATE OR REFRESH STREAMING TABLE silver.customers_current (
  position COMMENT 'Place of the newest change in the database''s change log'
)
COMMENT 'The table customers of the operational database, as it is now';

CREATE FLOW customers_current AS AUTO CDC INTO silver.customers_current
FROM STREAM customers_changes
KEYS (customer_id)
APPLY AS DELETE WHEN type = 'delete'
SEQUENCE BY position
COLUMNS * EXCEPT (type)
STORED AS SCD TYPE 1;
