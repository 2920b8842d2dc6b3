SELECT cancelled_by, reason, count(*) AS orders, sum(refund_paise) / 100 AS refunded_rupees
FROM silver.orders
WHERE type = 'order.cancelled'
GROUP BY ALL
ORDER BY orders DESC;
