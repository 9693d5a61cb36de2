-- As whom each merged record lives on, merged again and again as it may be.
CREATE OR REPLACE TEMP TABLE lives_on AS
WITH RECURSIVE merged AS (
  SELECT 'account' AS object, source, id, winner_id FROM merged_account
  UNION ALL
  SELECT 'contact' AS object, source, id, winner_id FROM merged_contact
), chain AS (
  SELECT m.object, m.source, m.id, m.winner_id
  FROM merged AS m
  JOIN (SELECT DISTINCT source FROM ending) AS e ON e.source = m.source
  UNION
  SELECT c.object, c.source, c.id, m.winner_id
  FROM chain AS c
  JOIN merged AS m ON m.object = c.object AND m.source = c.source AND m.id = c.winner_id
)
SELECT c.object, c.source, c.id, c.winner_id
FROM chain AS c
LEFT JOIN merged AS m ON m.object = c.object AND m.source = c.source AND m.id = c.winner_id
WHERE m.id IS NULL;

-- Who took part in an activity as both of them took part once.
DELETE FROM participant
WHERE EXISTS (
  SELECT 1
  FROM lives_on AS l
  JOIN participant AS w ON w.source = l.source AND w.contact_id = l.winner_id
  WHERE
    l.object = 'contact'
    AND participant.source = l.source
    AND participant.contact_id = l.id
    AND participant.activity_id = w.activity_id
    AND participant.part = w.part
    AND COALESCE(participant.email, '') = COALESCE(w.email, '')
)
