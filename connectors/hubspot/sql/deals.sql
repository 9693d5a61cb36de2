-- The company of a deal: the one HubSpot calls primary, else the first.
CREATE OR REPLACE TEMP VIEW buyer AS
SELECT id, COALESCE(ARG_MIN(other, rowid) FILTER (WHERE main), ARG_MIN(other, rowid)) AS account_id
FROM tie
WHERE object = 'companies'
GROUP BY id;

-- Deals with that company, and how they ended: HubSpot's own flags, else the stages every portal begins with.
CREATE OR REPLACE TEMP VIEW deal AS
SELECT
  raw.*,
  buyer.account_id AS "@account",
  COALESCE(told("hs_is_closed_won"), "dealstage" = 'closedwon', FALSE) AS "@won",
  COALESCE(told("hs_is_closed"), "dealstage" = 'closedlost', FALSE) OR "@won" AS "@closed"
FROM raw
LEFT JOIN buyer ON buyer.id = raw."@id";

-- The roles people were given on a deal.
CREATE OR REPLACE TEMP VIEW deal_label AS
SELECT
  'deal-label:' || labelled.id || ':' || labelled.other || ':' || labelled.kind."typeId" AS id,
  labelled.other AS contact_id,
  buyer.account_id,
  labelled.id AS opportunity_id,
  labelled.kind.label AS role,
  'deal association label' AS origin
FROM (
  SELECT id, other, UNNEST(labels) AS kind FROM tie WHERE object = 'contacts' AND LEN(labels) > 0
) AS labelled
LEFT JOIN buyer ON buyer.id = labelled.id;
