-- Give every change the sentence that explains it; a value that is emptied has no evidence left to quote.
CREATE OR REPLACE TABLE plan_explained AS
SELECT
  c.source, c.object, c.id, c.field, c.before, c.after,
  COALESCE(
    s.text,
    CASE
      WHEN c.after IS NULL THEN 'No evidence speaks for a value any more.'
      ELSE 'Follows from the other values of this record and the rules.'
    END
  ) AS reason,
  c.takes_over, c.gives_back
FROM plan_change AS c
LEFT JOIN sentence AS s ON s.object = c.object AND s.source = c.source AND s.id = c.id AND s.field = c.field;

-- The explained changes take the place of the bare ones.
DELETE FROM plan_change;

-- See above: the second half of the exchange.
INSERT INTO plan_change
SELECT source, object, id, field, before, after, reason, takes_over, gives_back
FROM plan_explained;
