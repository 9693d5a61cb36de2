-- The people whose leaving is imagined, each an account of its own: those of the records to explain who count for
-- something.
CREATE OR REPLACE TABLE scenario AS
SELECT DISTINCT
    contact_record.account_key || '|' || contact_record.person_id AS scenario_key,
    contact_record.account_key,
    contact_record.person_id
FROM explained
JOIN contact_record ON contact_record.source = explained.source AND contact_record.id = explained.id
JOIN credit
    ON credit.account_key = contact_record.account_key AND credit.person_id = contact_record.person_id
        AND credit.credit > 0
WHERE explained.object = 'contact';

-- The customers as coverage asks for them, one a scenario.
CREATE OR REPLACE TABLE scenario_customer AS
SELECT
    scenario.scenario_key AS account_key,
    customer.segment, customer.breadth, customer.seats, customer.unread, customer.activity_known, customer.usage_known
FROM scenario
JOIN customer ON customer.account_key = scenario.account_key;

-- Everybody is still there but the one.
CREATE OR REPLACE TABLE scenario_member AS
SELECT
    scenario.scenario_key AS account_key,
    member.person_id,
    member.department,
    member.departed OR member.person_id = scenario.person_id AS departed
FROM scenario
JOIN member ON member.account_key = scenario.account_key;

-- The roles as they are.
CREATE OR REPLACE TABLE scenario_role AS
SELECT scenario.scenario_key AS account_key, role.person_id, role.role, role.subtype, role.status
FROM scenario
JOIN role ON role.account_key = scenario.account_key;

-- The depths as they are, but that of the one who left.
CREATE OR REPLACE TABLE scenario_depth AS
SELECT
    scenario.scenario_key AS account_key,
    depth.person_id,
    CASE WHEN depth.person_id = scenario.person_id THEN 0 ELSE depth.level END AS level
FROM scenario
JOIN depth ON depth.account_key = scenario.account_key;
