-- Every event of the order that was placed last, with the time since the one before.
WITH last_order AS (
  SELECT order_id FROM silver.orders WHERE type = 'order.placed' ORDER BY event_time DESC LIMIT 1
)
SELECT event_time, type, city, rider_id, event_time - lag(event_time) OVER (ORDER BY event_time) AS since_last
FROM silver.orders
WHERE order_id IN (FROM last_order)
ORDER BY event_time;
