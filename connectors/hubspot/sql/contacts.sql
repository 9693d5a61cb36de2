-- The company a person belongs to: the one HubSpot calls primary; where it names none, the only one.
CREATE OR REPLACE TEMP VIEW belonging AS
SELECT
  id,
  COALESCE(ARG_MIN(other, rowid) FILTER (WHERE main), CASE WHEN COUNT(*) = 1 THEN MIN(other) END) AS account_id
FROM tie
WHERE object = 'companies'
GROUP BY id;

-- People with that company.
CREATE OR REPLACE TEMP VIEW person AS
SELECT raw.*, belonging.account_id AS "@account"
FROM raw
LEFT JOIN belonging ON belonging.id = raw."@id";

-- Every company of a person, the one it belongs to and the others.
CREATE OR REPLACE TEMP VIEW affiliated AS
SELECT
  tie.id || ':' || tie.other AS id,
  tie.id AS contact_id,
  tie.other AS account_id,
  COALESCE(tie.other = belonging.account_id, FALSE) AS direct,
  TRUE AS active
FROM tie
JOIN belonging ON belonging.id = tie.id
WHERE tie.object = 'companies';

-- The labels people gave the tie of a person and a company.
CREATE OR REPLACE TEMP VIEW company_label AS
SELECT
  'company-label:' || id || ':' || other || ':' || kind."typeId" AS id,
  id AS contact_id,
  other AS account_id,
  CAST(NULL AS TEXT) AS opportunity_id,
  kind.label AS role,
  'company association label' AS origin
FROM (SELECT id, other, UNNEST(labels) AS kind FROM tie WHERE object = 'companies' AND LEN(labels) > 0) AS labelled;

-- The roles a person is said to have in buying, as people see them.
CREATE OR REPLACE TEMP VIEW buying_role AS
SELECT
  'buying-role:' || named.contact_id || ':' || named.value AS id,
  named.contact_id,
  CAST(NULL AS TEXT) AS account_id,
  CAST(NULL AS TEXT) AS opportunity_id,
  COALESCE(role_label.label, named.value) AS role,
  'hs_buying_role' AS origin
FROM (
  SELECT "@id" AS contact_id, UNNEST(parts("hs_buying_role")) AS value FROM raw WHERE "hs_buying_role" <> ''
) AS named
LEFT JOIN role_label ON role_label.value = named.value;

-- All of these roles.
CREATE OR REPLACE TEMP VIEW named_role AS
SELECT * FROM company_label
UNION ALL
SELECT * FROM buying_role;
