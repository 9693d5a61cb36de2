-- Of several mentions of a record in one stream the latest page counts.
CREATE OR REPLACE TEMP TABLE seen AS
SELECT id, MAX(page) AS page, COUNT(*) AS mentions
FROM (SELECT id, page FROM mention UNION ALL SELECT id, page FROM extra) AS named
GROUP BY id;

-- Gone is who was reported deleted and not seen afterwards.
CREATE OR REPLACE TEMP TABLE gone AS
SELECT r.id
FROM removed AS r
LEFT JOIN seen AS s ON s.id = r.id
GROUP BY r.id
HAVING MAX(r.page) >= COALESCE(MAX(s.page), 0)
