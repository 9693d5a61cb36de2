-- Every change with the sentence that explains it; a value that is emptied has no evidence left to quote.
INSERT INTO plan_change
SELECT
  c.source, c.object, c.id, c.field, c.before, c.after,
  COALESCE(
    s.text,
    CASE
      WHEN c.after IS NULL THEN 'No evidence speaks for a value any more.'
      ELSE 'Follows from the other values of this record and the rules.'
    END
  ),
  c.verdict = 'take over', FALSE
FROM plan_value AS c
LEFT JOIN sentence AS s ON s.object = c.object AND s.source = c.source AND s.id = c.id AND s.field = c.field
WHERE c.verdict IN ('ours', 'take over');

-- What may not be written is said, with the value that stands there.
INSERT INTO plan_skip
SELECT source, object, id, field, verdict, before
FROM plan_value
WHERE verdict NOT IN ('ours', 'take over');
