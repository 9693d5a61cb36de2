-- Tasks of the organisation, not ours, each with its kind; an e-mail that a message logs as well is left to the message.
-- The direction of a call is its type; an e-mail that only a task logs was sent by us, nobody answers in a task. A task
-- is dated by the day it was for, and the moment of completion is finer when it falls on that day.
CREATE OR REPLACE TEMP TABLE task_fact AS
SELECT
  "Id" AS id,
  kind,
  CASE
    WHEN "CompletedDateTime" <> '' AND COALESCE(LEFT("CompletedDateTime", 10) = "ActivityDate", TRUE)
    THEN instant("CompletedDateTime")
    ELSE instant(COALESCE("ActivityDate", "CreatedDate"))
  END AS happened_at,
  CASE
    WHEN kind = 'email' OR "CallType" = 'Outbound' THEN 'out'
    WHEN "CallType" = 'Inbound' THEN 'in'
  END AS direction,
  NULLIF(whole("CallDurationInSeconds"), 0) AS lasted,
  CASE
    WHEN COALESCE("IsClosed", 'false') <> 'true' THEN 'open'
    WHEN kind <> 'call' THEN NULL
    WHEN REGEXP_MATCHES(
      LOWER("CallDisposition"),
      'no answer|not connected|voicemail|voice mail|left message|busy|wrong number|missed'
    )
    THEN 'not-connected'
    WHEN REGEXP_MATCHES(LOWER("CallDisposition"), 'connected|reached|answered|spoke|completed')
      OR whole("CallDurationInSeconds") <> 0
    THEN 'connected'
  END AS outcome,
  "OwnerId" AS owner_id,
  worded("AccountId") AS account_id,
  worded("Subject") AS subject,
  worded("Type") AS type,
  worded("WhoId") AS who_id
FROM (
  SELECT
    *,
    CASE
      WHEN "TaskSubtype" = 'Call' OR "Type" = 'Call' OR "CallType" <> '' THEN 'call'
      WHEN "TaskSubtype" IN ('Email', 'List Email') OR "Type" = 'Email' THEN 'email'
      WHEN "TaskSubtype" = 'LinkedIn' THEN 'message'
      ELSE 'task'
    END AS kind
  FROM raw
  WHERE worded(own_key) IS NULL
) AS act;

-- Which of them an e-mail message logs as well.
CREATE OR REPLACE TEMP TABLE logged_twice AS
SELECT DISTINCT task_fact.id
FROM task_fact
JOIN twin ON twin.task_id = task_fact.id
WHERE task_fact.kind = 'email';

-- What counts as activity.
CREATE OR REPLACE TEMP VIEW task_activity AS
SELECT task_fact.*, happened_at + lasted AS end_at
FROM task_fact
WHERE id NOT IN (SELECT id FROM logged_twice);

-- The contacts of a task: its main one and, with Shared Activities, all the others.
CREATE OR REPLACE TEMP VIEW task_participant AS
SELECT DISTINCT
  named.activity_id,
  named.contact_id,
  CASE task_activity.direction WHEN 'in' THEN 'from' WHEN 'out' THEN 'to' ELSE 'attendee' END AS part
FROM (
  SELECT id AS activity_id, who_id AS contact_id FROM task_fact
  UNION ALL
  SELECT activity_id, person_id FROM relation
) AS named
JOIN task_activity ON task_activity.id = named.activity_id
WHERE STARTS_WITH(named.contact_id, '003');

-- Our own tasks, in whatever state they are.
CREATE OR REPLACE TEMP VIEW task_own AS
SELECT
  "Id" AS id,
  worded(own_key) AS key,
  COALESCE("IsClosed", 'false') <> 'true' AS open,
  worded("Subject") AS subject,
  "OwnerId" AS owner_id,
  instant("ActivityDate") AS due_at,
  instant("CompletedDateTime") AS completed_at,
  instant(snooze_until) AS snooze_until
FROM raw
WHERE worded(own_key) IS NOT NULL
