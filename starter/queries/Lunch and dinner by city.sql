-- Orders by city and five minutes of the city's own clock: the meal times show as two waves.
SELECT window_start, city, placed, delivered, cancelled
FROM gold.orders_by_city_5min
ORDER BY window_start, city;
