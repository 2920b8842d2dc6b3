SELECT rider_id, city, deliveries, round(avg_minutes, 1) AS avg_minutes, round(km, 1) AS km, round(avg_rating, 2) AS avg_rating
FROM gold.rider_performance
WHERE deliveries >= 3
ORDER BY avg_rating DESC NULLS LAST, avg_minutes
LIMIT 50;
