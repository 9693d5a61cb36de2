-- Which accounts coverage judges: every customer once. Where several products are sold, each product that a customer
-- holds stands here as an account of its own (see offers.sql).
CREATE OR REPLACE TEMP VIEW covered_customer AS
SELECT
    account_key, segment, breadth, seats, unread, activity_known, usage_known,
    '' AS product,
    '' AS cell
FROM customer;

-- People with usage in the last 30 days.
CREATE OR REPLACE TEMP VIEW active_person AS
SELECT member.account_key, member.person_id
FROM member
JOIN person ON person.person_id = member.person_id
JOIN usage ON usage.source = person.source AND usage.contact_id = person.contact_id
WHERE usage.active_days > 0
    AND NOT member.departed;

-- The roles that people who are still there hold, with what decides whether they count.
CREATE OR REPLACE TEMP VIEW role_held AS
SELECT role.account_key, role.person_id, role.role, role.subtype, member.department, depth.level
FROM role
JOIN member ON member.account_key = role.account_key AND member.person_id = role.person_id
JOIN depth ON depth.account_key = role.account_key AND depth.person_id = role.person_id
WHERE role.status IN ('confirmed', 'likely')
    AND NOT member.departed;

-- How deep each relationship is.
CREATE OR REPLACE TEMP VIEW known_depth AS
SELECT account_key, level
FROM depth;
