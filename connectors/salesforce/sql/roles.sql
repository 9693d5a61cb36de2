-- Roles named on ties to accounts: a multi-select, one row a role, with the role in the row's id.
CREATE OR REPLACE TEMP VIEW tie_role AS
SELECT
  raw."Id" || ':' || named.role AS id,
  raw."ContactId" AS contact_id,
  raw."AccountId" AS account_id,
  CAST(NULL AS TEXT) AS opportunity_id,
  named.role,
  'AccountContactRelation' AS origin
FROM raw, UNNEST(STRING_SPLIT(raw."Roles", ';')) AS named(role)
WHERE named.role <> ''
