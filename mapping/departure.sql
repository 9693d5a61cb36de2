-- Whom the acts show to have gone joins those of whom a record says so.
INSERT INTO leaving
SELECT account_key, person_id, gone_why AS why, gone_record AS record, gone_at AS happened_at
FROM relation
WHERE gone_why IS NOT NULL;

-- The same in the row of the person.
CREATE OR REPLACE TABLE member AS
SELECT
    member.account_key, member.person_id, member.name, member.title, member.department,
    member.departed OR seen.why IS NOT NULL AS departed,
    COALESCE(seen.why || ' (' || seen.record || ')', member.departed_why) AS departed_why,
    COALESCE(seen.happened_at, member.departed_at) AS departed_at
FROM member
LEFT JOIN (
    SELECT account_key, person_id, gone_why AS why, gone_record AS record, gone_at AS happened_at
    FROM relation
    WHERE gone_why IS NOT NULL
) AS seen ON seen.account_key = member.account_key AND seen.person_id = member.person_id;
