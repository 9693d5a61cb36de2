-- The records a plan speaks about and the colleagues it passes tasks on to, with the names a person knows them by.
CREATE OR REPLACE TEMP TABLE record_name AS
WITH spoken AS (
    SELECT source, object, id FROM plan_change
    UNION
    SELECT source, object, id FROM plan_skip
)
SELECT s.source || '/' || s.object || '/' || s.id AS ref, c.name AS name
FROM spoken AS s
JOIN contact AS c ON s.object = 'contact' AND c.source = s.source AND c.id = s.id
UNION ALL
SELECT s.source || '/' || s.object || '/' || s.id AS ref, a.name AS name
FROM spoken AS s
JOIN account AS a ON s.object = 'account' AND a.source = s.source AND a.id = s.id
UNION ALL
SELECT u.source || '/user/' || u.id AS ref, u.name AS name
FROM (SELECT DISTINCT source, owner_id FROM plan_task WHERE action IN ('escalate', 'return')) AS p
JOIN user_account AS u ON u.source = p.source AND u.id = p.owner_id;
