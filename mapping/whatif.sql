-- The people whose leaving is imagined, each an account of its own: those of the records to explain who count for
-- something. Its name is a number, which is shorter than the two names it stands for and is copied for everybody there.
-- Of several products, the one that the account's fields show.
CREATE OR REPLACE TEMP TABLE scenario AS
SELECT CAST(ROW_NUMBER() OVER () AS TEXT) AS scenario_key, account_key, person_id, covered_key
FROM (
    SELECT DISTINCT
        contact_record.account_key,
        contact_record.person_id,
        COALESCE(offer.offer_key, contact_record.account_key) AS covered_key
    FROM explained
    JOIN contact_record ON contact_record.source = explained.source AND contact_record.id = explained.id
    JOIN credit
        ON credit.account_key = contact_record.account_key AND credit.person_id = contact_record.person_id
            AND credit.credit > 0
    LEFT JOIN offer ON offer.account_key = contact_record.account_key AND offer.shown
    WHERE explained.object = 'contact'
) AS counting;

-- The customers as coverage asks for them, one a scenario.
CREATE TABLE imagined.covered_customer AS
SELECT
    scenario.scenario_key AS account_key,
    customer.segment, customer.breadth, customer.seats, customer.unread, customer.activity_known, customer.usage_known,
    customer.product, customer.cell
FROM scenario
JOIN covered_customer AS customer ON customer.account_key = scenario.covered_key;

-- Everybody still uses it but the one.
CREATE TABLE imagined.active_person AS
SELECT scenario.scenario_key AS account_key, active_person.person_id
FROM scenario
JOIN active_person
    ON active_person.account_key = scenario.covered_key AND active_person.person_id <> scenario.person_id;

-- The roles as they are, but those of the one who left.
CREATE TABLE imagined.role_held AS
SELECT
    scenario.scenario_key AS account_key, role.person_id, role.role, role.subtype, role.department, role.level
FROM scenario
JOIN role_held AS role ON role.account_key = scenario.covered_key AND role.person_id <> scenario.person_id;

-- The depths as they are, but that of the one who left.
CREATE TABLE imagined.known_depth AS
SELECT
    scenario.scenario_key AS account_key,
    CASE WHEN depth.person_id = scenario.person_id THEN 0 ELSE depth.level END AS level
FROM scenario
JOIN depth ON depth.account_key = scenario.account_key;
