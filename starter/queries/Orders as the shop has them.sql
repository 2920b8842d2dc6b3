-- The upserted copy of SQLite's orders, by status: change data capture, merged into a Delta table.
SELECT status, count(*) AS orders, min(placed_at) AS oldest, max(updated_at) AS newest
FROM silver.orders_current
GROUP BY status
ORDER BY orders DESC;
