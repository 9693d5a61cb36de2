-- How many writes the plan holds, by connection and kind: one update a record, one write a task.
CREATE OR REPLACE TEMP TABLE plan_writes AS
SELECT source, 'update' AS kind, COUNT(*) AS writes
FROM (SELECT DISTINCT source, object, id FROM plan_change) AS record
GROUP BY source
UNION ALL
SELECT source, CASE action WHEN 'open' THEN 'create' WHEN 'remove' THEN 'delete' ELSE 'change' END AS kind, COUNT(*)
FROM plan_task
GROUP BY 1, 2
