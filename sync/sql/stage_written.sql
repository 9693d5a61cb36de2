-- A task that was opened is held from now on.
INSERT INTO own_task (source, id, key, open, subject, owner_id, due_at)
SELECT w.source, w.id, t.key, TRUE, t.subject, t.owner_id, t.due_at
FROM written AS w
JOIN plan_task AS t ON t.source = w.source AND t.key = w.key AND t.action = 'open'
LEFT JOIN own_task AS o ON o.source = w.source AND o.id = w.id
WHERE w.object = 'task' AND o.id IS NULL;

-- It is a member of the stream that fills the table, so that the next whole listing may miss it.
INSERT INTO stage_member
SELECT w.source, s.stream, w.id
FROM written AS w
JOIN plan_task AS t ON t.source = w.source AND t.key = w.key AND t.action = 'open'
JOIN stage_table AS s ON s.source = w.source AND s.name = 'own_task'
LEFT JOIN stage_member AS m ON m.source = w.source AND m.stream = s.stream AND m.id = w.id
WHERE w.object = 'task' AND m.id IS NULL;

-- A task that was changed holds what the plan meant it to hold.
UPDATE own_task
SET
  open = CASE t.action WHEN 'close' THEN FALSE WHEN 'reopen' THEN TRUE ELSE own_task.open END,
  completed_at = CASE t.action WHEN 'reopen' THEN NULL ELSE own_task.completed_at END,
  owner_id = COALESCE(t.owner_id, own_task.owner_id),
  due_at = COALESCE(t.due_at, own_task.due_at)
FROM written AS w
JOIN plan_task AS t ON t.source = w.source AND t.id = w.id AND t.action NOT IN ('open', 'remove')
WHERE w.object = 'task' AND own_task.source = w.source AND own_task.id = w.id;

-- A task that was removed is held no more.
DELETE FROM own_task
USING written AS w
JOIN plan_task AS t ON t.source = w.source AND t.id = w.id AND t.action = 'remove'
WHERE w.object = 'task' AND own_task.source = w.source AND own_task.id = w.id
