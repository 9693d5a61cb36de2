-- Every person as a number, with another one that looks random and is always the same.
CREATE OR REPLACE TEMP TABLE number AS
SELECT
    row AS n,
    (row * 7919 + 104729) % 1000003 AS chance
FROM (SELECT UNNEST(RANGE(size.contacts)) AS row FROM size) AS counted;

-- One CSM for every hundred accounts.
INSERT INTO user_account
SELECT 'salesforce', 'U' || n, 'Colleague ' || n, 'u' || n
    || '@ours.example', CAST(NULL AS TEXT), CAST(NULL AS TEXT), TRUE
FROM number
WHERE n < 50;

-- Accounts of twenty people each; every other one is in both CRMs.
INSERT INTO account (source, id, name, domain, customer, owner_id, segment, breadth, arr, renewal_at)
SELECT
    side.source, side.mark || number.n, 'Account ' || number.n, 'a' || number.n || '.example', TRUE, 'U'
        || (number.n % 50),
    CASE number.n % 3 WHEN 0 THEN 'SMB' WHEN 1 THEN 'Mid-Market' ELSE 'Enterprise' END,
    CASE number.n % 2 WHEN 0 THEN 'workgroup' ELSE 'department' END,
    number.chance * 1e0, size.as_of + 86400 * (number.chance % 500)
FROM number
CROSS JOIN size
JOIN (SELECT 'salesforce' AS source, 'A' AS mark UNION ALL SELECT 'hubspot' AS source, '90' AS mark) AS side
    ON side.source = 'salesforce' OR number.n % 2 = 0
WHERE number.n < size.contacts / 20;

-- People; the second half has a record in each CRM.
INSERT INTO contact (source, id, name, email, account_id, title, department)
SELECT
    side.source, side.mark || number.n, 'Person ' || number.n,
    'p' || number.n || '@a' || CAST(FLOOR(number.n / 20) AS BIGINT) || '.example',
    CASE WHEN side.source = 'salesforce' THEN 'A' ELSE '90' END || CAST(FLOOR(number.n / 20) AS BIGINT),
    CASE number.chance % 8
        WHEN 0 THEN 'CFO'
        WHEN 1 THEN 'VP Operations'
        WHEN 2 THEN 'Director of Operations'
        WHEN 3 THEN 'Operations Manager'
        ELSE 'Operations Analyst ' || (number.chance % 500)
    END,
    CASE number.chance % 3 WHEN 0 THEN 'Operations' WHEN 1 THEN 'Finance' END
FROM number
CROSS JOIN size
JOIN (SELECT 'salesforce' AS source, 'C' AS mark UNION ALL SELECT 'hubspot' AS source, '20' AS mark) AS side
    ON side.source = 'salesforce' OR (number.n * 2 >= size.contacts AND FLOOR(number.n / 20) % 2 = 0);

-- What somebody named, answered and used.
INSERT INTO contact_role (source, id, contact_id, account_id, role, origin)
SELECT
    'salesforce', 'R' || n, 'C' || n, 'A' || CAST(FLOOR(n / 20) AS BIGINT),
    CASE n % 3 WHEN 0 THEN 'Champion' WHEN 1 THEN 'Economic Buyer' ELSE 'Evaluator' END, 'OpportunityContactRole'
FROM number
WHERE n % 9 = 0;

-- A survey answer of every fifth person.
INSERT INTO signal
SELECT 'salesforce', 'C' || number.n, 'nps', (number.chance % 11) * 1e0, CAST(NULL AS TEXT),
    size.as_of - 86400 * (number.chance % 400)
FROM number
CROSS JOIN size
WHERE number.n % 5 = 0;

-- Usage of every other person.
INSERT INTO usage
SELECT 'salesforce', 'C' || number.n, 'default', number.chance % 31, size.as_of - 86400 * (number.chance % 31)
FROM number
CROSS JOIN size
WHERE number.n % 2 = 0;

-- Twenty acts a person over a year: mails both ways, calls, meetings with a neighbour.
INSERT INTO activity (source, id, kind, happened_at, end_at, direction, outcome, owner_id, account_id, subject)
SELECT
    'salesforce', 'T' || number.n || '-' || turn.n,
    CASE turn.n % 10 WHEN 0 THEN 'meeting' WHEN 1 THEN 'call' ELSE 'email' END,
    size.as_of - 86400 * ((number.chance + turn.n * 37) % 400) - number.chance % 86400,
    size.as_of - 86400 * ((number.chance + turn.n * 37) % 400) - number.chance % 86400 + 1800,
    CASE WHEN turn.n % 10 <= 1 THEN CAST(NULL AS TEXT) WHEN turn.n % 2 = 0 THEN 'out' ELSE 'in' END,
    CASE WHEN turn.n % 10 = 1 THEN 'connected' END,
    'U' || (number.n % 50), 'A' || CAST(FLOOR(number.n / 20) AS BIGINT),
    CASE (number.chance + turn.n) % 40
        WHEN 0 THEN 'Newsletter' WHEN 1 THEN 'Automatic reply: away' WHEN 2 THEN 'Q3 QBR' ELSE 'About the rollout'
    END
FROM number
CROSS JOIN size
JOIN (SELECT n FROM number WHERE n < 20) AS turn ON (number.chance + turn.n) % 10 <> 9 OR turn.n = 19;

-- Who took part: the person, linked; a colleague and every fourth time a neighbour by address.
INSERT INTO participant
SELECT source, id, 'C' || SPLIT_PART(SUBSTR(id, 2), '-', 1), CAST(NULL AS TEXT),
    CASE WHEN kind = 'meeting' THEN 'attendee' WHEN direction = 'in' THEN 'from' ELSE 'to' END
FROM activity
UNION ALL
SELECT activity.source, activity.id, CAST(NULL AS TEXT), LOWER(activity.owner_id) || '@ours.example',
    CASE WHEN activity.kind = 'meeting' THEN 'attendee' WHEN activity.direction = 'in' THEN 'to' ELSE 'from' END
FROM activity
UNION ALL
SELECT activity.source, activity.id, CAST(NULL AS TEXT), contact.email,
    CASE WHEN activity.kind = 'meeting' THEN 'attendee' ELSE 'to' END
FROM activity
JOIN number ON 'C' || (number.n + 1) = 'C' || SPLIT_PART(SUBSTR(activity.id, 2), '-', 1)
JOIN contact ON contact.source = 'salesforce' AND contact.id = 'C' || number.n
WHERE number.n % 4 = 0;

-- Both connections see activity and usage.
INSERT INTO coverage_of_source
SELECT side.source, side.fact, TRUE, size.as_of - 86400 * 500, FALSE
FROM size
CROSS JOIN (
    SELECT 'salesforce' AS source, 'activity' AS fact
    UNION ALL SELECT 'salesforce' AS source, 'usage' AS fact
    UNION ALL SELECT 'hubspot' AS source, 'activity' AS fact
) AS side;
