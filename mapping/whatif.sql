-- The people whose leaving is imagined, each an account of its own: those of the records to explain who count for
-- something. Its name is a number, which is shorter than the two names it stands for and is copied for everybody there.
CREATE OR REPLACE TEMP TABLE scenario AS
SELECT CAST(ROW_NUMBER() OVER () AS TEXT) AS scenario_key, account_key, person_id
FROM (
    SELECT DISTINCT contact_record.account_key, contact_record.person_id
    FROM explained
    JOIN contact_record ON contact_record.source = explained.source AND contact_record.id = explained.id
    JOIN credit
        ON credit.account_key = contact_record.account_key AND credit.person_id = contact_record.person_id
            AND credit.credit > 0
    WHERE explained.object = 'contact'
) AS counting;

-- The customers as coverage asks for them, one a scenario.
CREATE TABLE imagined.customer AS
SELECT
    scenario.scenario_key AS account_key,
    customer.segment, customer.breadth, customer.seats, customer.unread, customer.activity_known, customer.usage_known
FROM scenario
JOIN customer ON customer.account_key = scenario.account_key;

-- Everybody is still there but the one.
CREATE TABLE imagined.member AS
SELECT
    scenario.scenario_key AS account_key,
    member.person_id,
    member.department,
    member.departed OR member.person_id = scenario.person_id AS departed
FROM scenario
JOIN member ON member.account_key = scenario.account_key;

-- The roles as they are, of those that coverage counts.
CREATE TABLE imagined.role AS
SELECT scenario.scenario_key AS account_key, role.person_id, role.role, role.subtype, role.status
FROM scenario
JOIN role ON role.account_key = scenario.account_key AND role.status IN ('confirmed', 'likely');

-- The depths as they are, but that of the one who left.
CREATE TABLE imagined.depth AS
SELECT
    scenario.scenario_key AS account_key,
    depth.person_id,
    CASE WHEN depth.person_id = scenario.person_id THEN 0 ELSE depth.level END AS level
FROM scenario
JOIN depth ON depth.account_key = scenario.account_key;
