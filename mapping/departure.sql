-- Whom the acts show to have gone joins those of whom a record says so.
INSERT INTO leaving
SELECT account_key, person_id, gone_why AS why, gone_record AS record, gone_at AS happened_at
FROM relation
WHERE gone_why IS NOT NULL;

-- One row a person and customer, now with every sign of departure.
CREATE OR REPLACE TABLE member AS
SELECT
    place.account_key, place.person_id,
    person_fact.name, person_fact.title, person_fact.department,
    leaving.person_id IS NOT NULL AS departed,
    leaving.why || ' (' || leaving.record || ')' AS departed_why,
    leaving.happened_at AS departed_at
FROM place
JOIN person_fact ON person_fact.person_id = place.person_id
LEFT JOIN leaving ON leaving.account_key = place.account_key AND leaving.person_id = place.person_id;
