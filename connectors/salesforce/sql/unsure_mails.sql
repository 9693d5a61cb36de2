-- Tasks that log an e-mail, of which nobody knows yet whether a message logs it too.
SELECT "Id" AS id
FROM raw
WHERE
  worded(own_key) IS NULL
  AND ("TaskSubtype" IN ('Email', 'List Email') OR "Type" = 'Email')
  AND "Id" NOT IN (SELECT task_id FROM twin)
