-- Rows of replayed files that broke a rule, by the rules that they broke.
SELECT unnest(_reasons) AS rule, count(*) AS rows
FROM silver.deliveries__quarantine
GROUP BY rule
ORDER BY rows DESC;
