-- What the CRMs hold for each key, wherever it is. The record we know from the ledger goes first; a key that was copied
-- to a second record by hand is answered once.
CREATE OR REPLACE TABLE plan_held AS
SELECT
  key, source, id, open, owner_id, due_at, completed_at, snooze_until, any_open,
  CAST(DATE '1970-01-01' + CAST(FLOOR(snooze_until / 86400e0) AS INTEGER) AS TEXT) AS snooze_day
FROM (
  SELECT
    o.key, o.source, o.id, o.open, o.owner_id, o.due_at, o.completed_at, o.snooze_until,
    MAX(CASE WHEN o.open THEN 1 ELSE 0 END) OVER (PARTITION BY o.key) AS any_open,
    ROW_NUMBER() OVER (
      PARTITION BY o.key
      ORDER BY CASE WHEN o.source = t.source AND o.id = t.id THEN 0 ELSE 1 END, o.source, o.id
    ) AS place
  FROM plan_own_task AS o
  LEFT JOIN plan_known_task AS t ON t.key = o.key
) AS ranked
WHERE place = 1;

-- One row a key with the gap, the CRM and the ledger side by side, and what follows. A gap that nobody can tell today has
-- neither closed nor come: its task stays, and the ledger learns nothing. The ledger's state is `closed` once
-- gap and task were both closed: only then may a returning gap open the task again. A task we believe to be open that is
-- completed or missing was closed by a human. A snooze date that lies ahead keeps a completed task closed; one that was
-- ahead when the task was completed opens it again on its day, once.
CREATE OR REPLACE TABLE plan_task_verdict AS
SELECT
  k.key, h.source, h.id, d.source AS home, d.owner_id, d.severity,
  CASE
    WHEN d.key IS NOT NULL AND h.any_open = 1 THEN 'in sync'
    WHEN d.key IS NOT NULL AND h.snooze_until > o.as_of THEN 'snoozed'
    WHEN d.key IS NOT NULL AND h.key IS NOT NULL AND t.state = 'closed' THEN 'reopen'
    WHEN d.key IS NOT NULL AND h.snooze_until > h.completed_at
      AND (t.snooze_honoured IS NULL OR h.snooze_until > t.snooze_honoured) THEN 'reopen'
    WHEN d.key IS NOT NULL AND h.key IS NULL AND COALESCE(t.state, 'closed') = 'closed' THEN 'open'
    WHEN d.key IS NOT NULL THEN 'closed by a human'
    WHEN h.any_open = 1 AND u.kind IS NOT NULL THEN 'cannot tell'
    WHEN h.any_open = 1 AND COALESCE(t.state, 'open') = 'open' THEN 'close'
    WHEN h.any_open = 1 THEN 'reopened by a human'
    ELSE 'in sync'
  END AS verdict,
  CASE
    WHEN d.key IS NOT NULL AND h.any_open = 1 THEN 'open'
    WHEN d.key IS NOT NULL AND h.key IS NOT NULL AND t.key IS NULL THEN 'open'
    WHEN d.key IS NULL AND u.kind IS NOT NULL THEN NULL
    WHEN d.key IS NULL AND h.any_open = 0 THEN 'closed'
    WHEN d.key IS NULL AND h.key IS NULL THEN 'closed'
  END AS noted,
  t.state AS known
FROM (SELECT key FROM desired_task UNION SELECT key FROM plan_held UNION SELECT key FROM plan_known_task) AS k
CROSS JOIN plan_option AS o
LEFT JOIN desired_task AS d ON d.key = k.key
LEFT JOIN plan_held AS h ON h.key = k.key
LEFT JOIN plan_known_task AS t ON t.key = k.key
LEFT JOIN undecided AS u ON u.account_key = SPLIT_PART(k.key, '|', 2) AND u.kind = SPLIT_PART(k.key, '|', 4);

-- Open tasks whose gap is still there and whose due date is past its grace; a snooze date begins the grace anew. They
-- pass on from the colleague we gave them to, once until they are opened again: whom a human chose keeps them.
CREATE OR REPLACE TABLE plan_overdue AS
SELECT
  h.key, h.source, h.id, h.owner_id AS owner_before, d.manager_id AS owner_id, d.severity, d.subject, h.snooze_day,
  CAST(DATE '1970-01-01' + CAST(FLOOR(
    CASE WHEN h.snooze_until > h.due_at THEN h.snooze_until ELSE h.due_at END / 86400e0) AS INTEGER) AS TEXT) AS since,
  CASE
    WHEN h.owner_id = d.manager_id OR h.owner_id = t.escalated_to THEN 'leave'
    WHEN h.snooze_until > o.as_of THEN 'snoozed'
    WHEN t.escalated_to IS NOT NULL THEN 'reassigned by a human'
    WHEN d.manager_id IS NULL THEN 'no manager'
    WHEN h.owner_id IS DISTINCT FROM COALESCE(t.owner_id, d.owner_id) THEN 'reassigned by a human'
    WHEN w.field IS NULL THEN 'not writable'
    ELSE 'escalate'
  END AS verdict
FROM plan_held AS h
CROSS JOIN plan_option AS o
JOIN desired_task AS d ON d.key = h.key AND d.source = h.source
LEFT JOIN plan_known_task AS t ON t.key = h.key
LEFT JOIN plan_writable AS w ON w.source = h.source AND w.object = 'task' AND w.field = 'key'
WHERE h.open
  AND h.due_at < d.overdue_before
  AND (h.snooze_until IS NULL OR h.snooze_until < d.overdue_before OR h.snooze_until > o.as_of);

-- New tasks in the order of their urgency for each owner. One that was sent before a crash goes first: it may exist.
CREATE OR REPLACE TABLE plan_new_task AS
SELECT
  v.key, v.home AS source,
  ROW_NUMBER() OVER (
    PARTITION BY v.home, v.owner_id
    ORDER BY CASE WHEN i.key IS NULL THEN 1 ELSE 0 END, COALESCE(v.severity, 0) DESC, v.key
  ) AS place,
  LEAST(o.tasks_per_day - COALESCE(n.today, 0), o.tasks_per_week - COALESCE(n.this_week, 0)) AS allowed
FROM plan_task_verdict AS v
CROSS JOIN plan_option AS o
JOIN plan_writable AS w ON w.source = v.home AND w.object = 'task' AND w.field = 'key'
LEFT JOIN plan_opened AS n ON n.source = v.home AND n.owner_id IS NOT DISTINCT FROM v.owner_id
LEFT JOIN (SELECT DISTINCT key FROM plan_intent_task WHERE kind = 'create') AS i ON i.key = v.key
WHERE v.verdict = 'open';

-- Open what the owner's day and week have room for.
INSERT INTO plan_task
SELECT
  'open', d.source, NULL, d.key, d.subject, d.body, d.due_at, d.owner_id, d.account_id, d.contact_id, d.severity,
  COALESCE(d.body, d.subject), NULL, NULL, NULL
FROM plan_new_task AS n
JOIN desired_task AS d ON d.key = n.key
WHERE n.place <= n.allowed;

-- The rest waits for another day.
INSERT INTO plan_skip
SELECT d.source, 'task', d.key, d.key, 'queued', d.subject
FROM plan_new_task AS n
JOIN desired_task AS d ON d.key = n.key
WHERE n.place > n.allowed;

-- Complete every open record of a key whose gap has closed.
INSERT INTO plan_task
SELECT
  'close', o.source, o.id, o.key, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'The gap has closed; completed by Rapport.',
  NULL, NULL, NULL
FROM plan_task_verdict AS v
JOIN plan_own_task AS o ON o.key = v.key AND o.open
JOIN plan_writable AS w ON w.source = o.source AND w.object = 'task' AND w.field = 'key'
WHERE v.verdict = 'close';

-- Open the same task again when its gap has come back or its snooze has ended. It starts anew: with a new due date, unless
-- a human has set a later one, and with the CSM, when it was with the manager we had passed it on to.
INSERT INTO plan_task
SELECT
  'reopen', v.source, v.id, v.key, NULL, NULL,
  CASE WHEN h.due_at > d.due_at THEN h.due_at ELSE d.due_at END,
  CASE WHEN h.owner_id = t.escalated_to AND d.source = h.source THEN d.owner_id END,
  NULL, NULL, v.severity,
  CASE
    WHEN t.state = 'closed' THEN 'The gap has come back; reopened by Rapport.'
    ELSE 'Snoozed until ' || h.snooze_day || ', and the gap is still there; reopened by Rapport.'
  END,
  h.due_at, CASE WHEN h.owner_id = t.escalated_to AND d.source = h.source THEN h.owner_id END, h.snooze_until
FROM plan_task_verdict AS v
JOIN plan_held AS h ON h.key = v.key
JOIN desired_task AS d ON d.key = v.key
LEFT JOIN plan_known_task AS t ON t.key = v.key
JOIN plan_writable AS w ON w.source = v.source AND w.object = 'task' AND w.field = 'key'
WHERE v.verdict = 'reopen';

-- Pass what is overdue past its grace on to the manager.
INSERT INTO plan_task
SELECT
  'escalate', source, id, key, NULL, NULL, NULL, owner_id, NULL, NULL, severity,
  'Overdue since ' || since || ' and past its grace; passed on to the manager by Rapport.', NULL, owner_before, NULL
FROM plan_overdue
WHERE verdict = 'escalate';

-- Say of every other overdue task why it stays where it is.
INSERT INTO plan_skip
SELECT
  source, 'task', id, key, verdict,
  subject || CASE WHEN verdict = 'snoozed' THEN ', until ' || snooze_day ELSE '' END
FROM plan_overdue
WHERE verdict NOT IN ('escalate', 'leave');

-- Where the connection has no key field, or may not write it, no task can be tied to its gap.
INSERT INTO plan_skip
SELECT COALESCE(v.source, v.home), 'task', COALESCE(v.id, v.key), v.key, 'not writable', NULL
FROM plan_task_verdict AS v
LEFT JOIN plan_writable AS w
  ON w.source = COALESCE(v.source, v.home) AND w.object = 'task' AND w.field = 'key'
WHERE v.verdict IN ('open', 'close', 'reopen') AND w.field IS NULL;

-- What a human closed or opened again is left alone, and said; so is what nobody can tell.
INSERT INTO plan_skip
SELECT COALESCE(v.source, v.home), 'task', COALESCE(v.id, v.key), v.key, v.verdict, NULL
FROM plan_task_verdict AS v
WHERE v.verdict IN ('closed by a human', 'reopened by a human', 'cannot tell');

-- So is what a human wants to hear of only later.
INSERT INTO plan_skip
SELECT v.source, 'task', v.id, v.key, v.verdict, d.subject || ', until ' || h.snooze_day
FROM plan_task_verdict AS v
JOIN plan_held AS h ON h.key = v.key
JOIN desired_task AS d ON d.key = v.key
WHERE v.verdict = 'snoozed';

-- What the task ledger should learn from this look, besides our own writes.
CREATE OR REPLACE TABLE plan_note AS
SELECT v.key, COALESCE(v.source, t.source) AS source, COALESCE(v.id, t.id) AS id, v.noted AS state
FROM plan_task_verdict AS v
LEFT JOIN plan_known_task AS t ON t.key = v.key
WHERE v.noted IS NOT NULL AND v.noted IS DISTINCT FROM v.known
