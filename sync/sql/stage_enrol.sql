-- Whoever is seen first in a stream is a member of it from now on; the beginning of ids, which ends in a colon, is nobody.
INSERT INTO stage_member
SELECT e.source, e.stream, s.id
FROM seen AS s
CROSS JOIN ending AS e
WHERE NOT ENDS_WITH(s.id, ':') AND s.id NOT IN (SELECT id FROM gone)
