-- Completes an identifier of Salesforce of 15 characters, which distinguishes case, to the 18 that do not: each block of
-- five gets a character that says which of its letters are capitals. Anything of another length stays as it is.
CREATE OR REPLACE MACRO id18(x) AS
CASE
  WHEN length(x) = 15
    THEN x || array_to_string(
      list_transform([0, 5, 10], lambda block: substr(
        'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
        1 + CAST(list_sum(list_transform(
          [0, 1, 2, 3, 4],
          lambda place: CASE WHEN substr(x, block + place + 1, 1) BETWEEN 'A' AND 'Z' THEN 1 << place ELSE 0 END
        )) AS INTEGER),
        1
      )), ''
    )
  ELSE x
END;

-- What waits in `rapport-out` to be imported: one row a field of a record, with the value the export held when it was
-- written. An `after` that is empty waits to be cleared.
CREATE TABLE waiting (object TEXT, id TEXT, field TEXT, after TEXT, before TEXT)
