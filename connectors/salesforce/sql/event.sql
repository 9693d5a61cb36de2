-- Meetings; the copy that Salesforce makes for each invited colleague is left out.
CREATE OR REPLACE TEMP VIEW event_activity AS
SELECT
  "Id" AS id,
  'meeting' AS kind,
  instant(COALESCE("StartDateTime", "ActivityDateTime", "ActivityDate")) AS happened_at,
  instant("EndDateTime") AS end_at,
  "OwnerId" AS owner_id,
  worded("AccountId") AS account_id,
  worded("Subject") AS subject,
  worded("Type") AS type,
  CASE WHEN "IsGroupEvent" = 'true' THEN 'us' END AS organizer,
  worded("WhoId") AS who_id
FROM raw
WHERE COALESCE("IsChild", 'false') <> 'true';

-- The contacts of a meeting: its main one and, with Shared Activities, all the others.
CREATE OR REPLACE TEMP VIEW event_participant AS
SELECT DISTINCT named.activity_id, named.contact_id, 'attendee' AS part
FROM (
  SELECT id AS activity_id, who_id AS contact_id FROM event_activity
  UNION ALL
  SELECT activity_id, person_id FROM relation
) AS named
JOIN event_activity ON event_activity.id = named.activity_id
WHERE STARTS_WITH(named.contact_id, '003')
