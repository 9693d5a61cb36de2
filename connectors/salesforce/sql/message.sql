-- E-mail messages that were sent; a draft never was.
CREATE OR REPLACE TEMP VIEW sent AS
SELECT * FROM raw WHERE COALESCE("Status", '') <> '5';

-- The tasks that log the same e-mails.
INSERT INTO twin SELECT "ActivityId" FROM raw WHERE "ActivityId" <> '';

-- The colleague a message belongs to: who sent it, else the first one on it.
CREATE OR REPLACE TEMP TABLE colleague AS
SELECT
  activity_id,
  ARG_MIN(person_id, CASE WHEN part = 'FromAddress' THEN '0' ELSE '1' END || relation_id) AS owner_id
FROM relation
WHERE STARTS_WITH(person_id, '005')
GROUP BY activity_id;

-- Messages as activity. Where `Incoming` is hidden nobody can tell who wrote.
CREATE OR REPLACE TEMP VIEW message_activity AS
SELECT
  sent."Id" AS id,
  'email' AS kind,
  instant(COALESCE(sent."MessageDate", sent."CreatedDate")) AS happened_at,
  CASE sent."Incoming" WHEN 'true' THEN 'in' WHEN 'false' THEN 'out' END AS direction,
  CASE WHEN sent."IsBounced" = 'true' THEN 'bounced' END AS outcome,
  COALESCE(colleague.owner_id, sent."CreatedById") AS owner_id,
  CASE WHEN STARTS_WITH(sent."RelatedToId", '001') THEN sent."RelatedToId" END AS account_id,
  worded(sent."Subject") AS subject,
  CASE sent."Incoming" WHEN 'true' THEN 'contact' WHEN 'false' THEN 'us' END AS organizer,
  worded(sent."ActivityId") AS twin_id
FROM sent
LEFT JOIN colleague ON colleague.activity_id = sent."Id";

-- Contacts that Salesforce linked to a message, with the address of the link or, where it has none, their own.
CREATE OR REPLACE TEMP TABLE linked AS
SELECT DISTINCT
  relation.activity_id,
  relation.person_id AS contact_id,
  mail_address(STRING_SPLIT(COALESCE(relation.address, contact_address.email), ';')[1]) AS email,
  CASE WHEN relation.part = 'FromAddress' THEN 'from' ELSE 'to' END AS part
FROM relation
LEFT JOIN contact_address ON contact_address.contact_id = relation.person_id
WHERE
  STARTS_WITH(relation.person_id, '003')
  AND relation.part IN ('FromAddress', 'ToAddress', 'CcAddress', 'BccAddress');

-- Every address on a message; lists are written with semicolons, by mail programs with commas. What a comma in a name
-- cuts off holds no address.
CREATE OR REPLACE TEMP TABLE addressed AS
SELECT DISTINCT activity_id, email, part
FROM (
  SELECT activity_id, mail_address(written) AS email, part
  FROM (
    SELECT "Id" AS activity_id, UNNEST(STRING_SPLIT(REPLACE("FromAddress", ',', ';'), ';')) AS written, 'from' AS part
    FROM sent
    UNION ALL
    SELECT "Id", UNNEST(STRING_SPLIT(REPLACE(CONCAT_WS(';', "ToAddress", "CcAddress", "BccAddress"), ',', ';'), ';')), 'to'
    FROM sent
  ) AS named
) AS told
WHERE email IS NOT NULL;

-- Sender and recipients: contacts by their link, everybody else by address.
CREATE OR REPLACE TEMP VIEW message_participant AS
SELECT linked.activity_id, linked.contact_id, linked.email, linked.part
FROM linked
JOIN sent ON sent."Id" = linked.activity_id
UNION ALL
SELECT addressed.activity_id, NULL, addressed.email, addressed.part
FROM addressed
WHERE NOT EXISTS (
  SELECT 1
  FROM linked
  WHERE linked.activity_id = addressed.activity_id AND linked.email = addressed.email AND linked.part = addressed.part
)
