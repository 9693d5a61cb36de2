-- Whoever a new stream reads is a member of it; the beginning of ids, which ends in a colon, is nobody.
INSERT INTO stage_member
SELECT e.source, e.stream, m.id
FROM (SELECT DISTINCT id FROM mention WHERE NOT ENDS_WITH(id, ':')) AS m
CROSS JOIN ending AS e
