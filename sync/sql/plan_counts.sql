-- How many fields a plan sets, how many of them it empties and on how many records, then the tasks by action.
CREATE OR REPLACE TABLE plan_count AS
SELECT 1 AS place, 'set' AS what, COUNT(*) AS count
FROM plan_change
UNION ALL
SELECT 2 AS place, 'cleared' AS what, COUNT(*) AS count
FROM plan_change
WHERE before IS NOT NULL AND after IS NULL
UNION ALL
SELECT 3 AS place, 'records' AS what, COUNT(*) AS count
FROM (SELECT DISTINCT source, object, id FROM plan_change) AS record
UNION ALL
SELECT 4 AS place, action AS what, COUNT(*) AS count
FROM plan_task
GROUP BY action
