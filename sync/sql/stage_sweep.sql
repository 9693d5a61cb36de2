-- Gone is also, after a whole listing, who was in the stream before and is not in it now.
INSERT INTO gone
SELECT m.id
FROM stage_member AS m
JOIN ending AS e ON e.source = m.source AND e.stream = m.stream AND e.whole
WHERE m.id NOT IN (SELECT id FROM seen);

-- Who is gone is no member of the stream any more.
DELETE FROM stage_member
WHERE
  id IN (SELECT id FROM gone)
  AND EXISTS (SELECT 1 FROM ending AS e WHERE e.source = stage_member.source AND e.stream = stage_member.stream);

-- Who was seen is a member from now on.
INSERT INTO stage_member
SELECT e.source, e.stream, s.id
FROM seen AS s
CROSS JOIN ending AS e
LEFT JOIN stage_member AS m ON m.source = e.source AND m.stream = e.stream AND m.id = s.id
WHERE m.id IS NULL AND s.id NOT IN (SELECT id FROM gone)
