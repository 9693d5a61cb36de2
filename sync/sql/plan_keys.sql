-- Every task as its gap is known today. The ledger's word about a record of ours goes before the key the CRM holds.
CREATE OR REPLACE TEMP TABLE plan_tied AS
SELECT o.source, o.id, COALESCE(MIN(t.key), MIN(o.key)) AS key
FROM own_task AS o
LEFT JOIN plan_known_task AS t ON t.source = o.source AND t.id = o.id
GROUP BY o.source, o.id;

-- Keys that nobody asks for any more, taken apart: the account and the person they name, by their records.
CREATE OR REPLACE TEMP TABLE plan_unasked AS
SELECT
  k.key, MAX(k.open) AS open,
  SPLIT_PART(k.key, '|', 1) AS organisation,
  SPLIT_PART(k.key, '|', 2) AS account_ref,
  SPLIT_PART(k.key, '|', 3) || '|' || SPLIT_PART(k.key, '|', 4) || '|' || SPLIT_PART(k.key, '|', 5) AS gap,
  SPLIT_PART(k.key, '|', 6) AS person_ref
FROM (
  SELECT tied.key, CASE WHEN o.open THEN 1 ELSE 0 END AS open
  FROM plan_tied AS tied
  JOIN own_task AS o ON o.source = tied.source AND o.id = tied.id
  UNION ALL
  SELECT key, 0 AS open FROM plan_known_task
) AS k
LEFT JOIN desired_task AS d ON d.key = k.key
WHERE d.key IS NULL
  AND SPLIT_PART(k.key, '|', 4) NOT IN ('', 'over-capacity CSM')
GROUP BY k.key;

-- As what each of these records is known today: itself, or the one it was merged into.
CREATE OR REPLACE TEMP TABLE plan_record AS
SELECT r.object, r.ref, SPLIT_PART(r.ref, ':', 1) AS source, COALESCE(w.winner_id, r.id) AS id
FROM (
  SELECT object, ref, SUBSTR(ref, STRPOS(ref, ':') + 1) AS id
  FROM (
    SELECT 'account' AS object, account_ref AS ref FROM plan_unasked
    UNION
    SELECT 'contact' AS object, person_ref AS ref FROM plan_unasked
  ) AS named
  WHERE ref <> ''
) AS r
LEFT JOIN plan_winner AS w ON w.object = r.object AND w.source = SPLIT_PART(r.ref, ':', 1) AND w.id = r.id;

-- Keys that live on under another name, because account or person were merged or became one with a record of the other
-- CRM. Of several the one with an open task follows; one whose new name has a task already does not: its gap has that.
CREATE OR REPLACE TABLE plan_alias AS
SELECT a.key, a.new_key
FROM (
  SELECT
    renamed.key, renamed.new_key,
    ROW_NUMBER() OVER (PARTITION BY renamed.new_key ORDER BY renamed.open DESC, renamed.key) AS place
  FROM (
    SELECT
      u.key, u.open,
      u.organisation || '|' || COALESCE(c.account_key, u.account_ref) || '|' || u.gap || '|'
        || COALESCE(p.person_id, u.person_ref) AS new_key
    FROM plan_unasked AS u
    LEFT JOIN plan_record AS ar ON ar.object = 'account' AND ar.ref = u.account_ref
    LEFT JOIN company AS c ON c.source = ar.source AND c.account_id = ar.id
    LEFT JOIN plan_record AS pr ON pr.object = 'contact' AND pr.ref = u.person_ref
    LEFT JOIN person AS p ON p.source = pr.source AND p.contact_id = pr.id
  ) AS renamed
  WHERE renamed.new_key <> renamed.key
) AS a
LEFT JOIN (SELECT key FROM plan_tied UNION SELECT key FROM plan_known_task) AS taken ON taken.key = a.new_key
WHERE a.place = 1
  AND taken.key IS NULL;

-- The ledger's memory follows,
UPDATE plan_known_task
SET key = plan_alias.new_key
FROM plan_alias
WHERE plan_alias.key = plan_known_task.key;

-- and so do the tasks that the CRMs hold.
CREATE OR REPLACE TABLE plan_own_task AS
SELECT COALESCE(a.new_key, tied.key) AS key, o.* EXCLUDE (key)
FROM own_task AS o
JOIN plan_tied AS tied ON tied.source = o.source AND tied.id = o.id
LEFT JOIN plan_alias AS a ON a.key = tied.key
