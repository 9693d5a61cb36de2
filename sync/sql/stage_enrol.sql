-- Whoever is seen first in a stream is a member of it from now on.
INSERT INTO stage_member
SELECT e.source, e.stream, s.id
FROM seen AS s
CROSS JOIN ending AS e
WHERE s.id NOT IN (SELECT id FROM gone)
