-- Rows of replayed files that broke a rule, by the rules that they broke.
SELECT rule, count(*) AS rows
FROM (SELECT unnest(_reasons) AS rule FROM silver.deliveries__quarantine)
GROUP BY rule
ORDER BY rows DESC;
