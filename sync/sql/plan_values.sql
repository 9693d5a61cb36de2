-- Judge every difference between what the CRM holds and what the rules want. A value is ours when it equals what we last
-- applied, or what a write of unknown outcome meant to write; an empty field nobody ever wrote is free. `empty` is the
-- form of "nothing" of a field: an unticked checkbox cannot be told from one that was never touched. A number of ours
-- that is off by less than its band is near enough (it drifts with time alone), and so is an answer that is still right.
-- What may be written becomes a change once the sentences are rendered and it has its reason.
INSERT INTO plan_value
SELECT *
FROM (
  SELECT
    d.source, d.object, d.id, d.field, d.observed, d.desired,
    CASE
      WHEN a.id IS NULL AND i.id IS NULL AND d.desired IS NOT DISTINCT FROM f.empty THEN 'leave'
      WHEN d.observed = a.value
        AND (r.value IS NOT NULL OR ABS(TRY_CAST(d.desired AS DOUBLE) - TRY_CAST(d.observed AS DOUBLE)) < f.band)
        THEN CASE WHEN w.field IS NULL THEN 'leave' ELSE 'near' END
      WHEN w.field IS NULL THEN 'not writable'
      WHEN i.id IS NOT NULL THEN 'ours'
      WHEN a.id IS NOT NULL AND d.observed IS NOT DISTINCT FROM COALESCE(a.value, f.empty) THEN 'ours'
      WHEN a.id IS NULL AND d.observed IS NOT DISTINCT FROM f.empty THEN 'ours'
      WHEN o.takeover AND d.desired IS DISTINCT FROM f.empty THEN 'take over'
      WHEN a.id IS NULL THEN 'occupied'
      ELSE 'human edit'
    END AS verdict
  FROM plan_difference AS d
  CROSS JOIN plan_option AS o
  JOIN plan_field AS f ON f.place = d.place
  LEFT JOIN plan_writable AS w ON w.place = d.place AND w.source = d.source
  LEFT JOIN plan_applied AS a
    ON a.source = d.source AND a.object = d.object AND a.id = d.id AND a.field = d.field
  LEFT JOIN plan_intent_value AS i
    ON i.source = d.source AND i.object = d.object AND i.id = d.id AND i.field = d.field
    AND COALESCE(i.value, f.empty) IS NOT DISTINCT FROM d.observed
  LEFT JOIN also_right AS r
    ON r.source = d.source AND r.object = d.object AND r.id = d.id AND r.field = d.field AND r.value = d.observed
) AS judged
WHERE verdict <> 'leave';

-- The records with something near enough: few or none, so that a plan of everything is not grouped for their sake.
CREATE OR REPLACE TEMP TABLE plan_near AS
SELECT DISTINCT source, object, id FROM plan_value WHERE verdict = 'near';

-- What is near enough goes along where the record is written anyway: beside a new value everything is exact.
UPDATE plan_value
SET verdict = 'ours'
FROM (
  SELECT DISTINCT near.source, near.object, near.id
  FROM plan_near AS near
  JOIN plan_value AS other ON other.source = near.source AND other.object = near.object AND other.id = near.id
  WHERE other.verdict IN ('ours', 'take over')
) AS written
WHERE plan_value.verdict = 'near'
  AND plan_value.source = written.source AND plan_value.object = written.object AND plan_value.id = written.id;

-- Elsewhere it stands as it is.
DELETE FROM plan_value WHERE verdict = 'near'
