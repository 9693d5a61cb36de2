-- Of several mentions of a parent in one stream the latest page counts.
CREATE OR REPLACE TEMP TABLE latest AS
SELECT name, id, MAX(page) AS page
FROM mention
GROUP BY name, id;

-- Gone is who was reported deleted and not seen afterwards.
CREATE OR REPLACE TEMP TABLE gone AS
SELECT r.id
FROM removed AS r
LEFT JOIN latest AS l ON l.id = r.id
GROUP BY r.id
HAVING MAX(r.page) >= COALESCE(MAX(l.page), 0);

-- Gone is also, after a whole listing, who was in the stream before and is not in it now.
INSERT INTO gone
SELECT m.id
FROM stage_member AS m
JOIN ending AS e ON e.source = m.source AND e.stream = m.stream AND e.whole
WHERE m.id NOT IN (SELECT id FROM latest);

-- Who is gone is no member of the stream any more.
DELETE FROM stage_member
WHERE
  id IN (SELECT id FROM gone)
  AND EXISTS (SELECT 1 FROM ending AS e WHERE e.source = stage_member.source AND e.stream = stage_member.stream);

-- Who was seen is a member from now on; the beginning of ids, which ends in a colon, is nobody.
INSERT INTO stage_member
SELECT DISTINCT e.source, e.stream, l.id
FROM latest AS l
CROSS JOIN ending AS e
LEFT JOIN stage_member AS m ON m.source = e.source AND m.stream = e.stream AND m.id = l.id
WHERE m.id IS NULL AND NOT ENDS_WITH(l.id, ':') AND l.id NOT IN (SELECT id FROM gone)
