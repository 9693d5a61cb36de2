-- A title speaks for buying authority and influence; for process authority only inside a department that consumes the
-- product, where such departments are configured.
INSERT INTO evidence
SELECT
    member.person_id, member.account_key, rule_title_points.axis, 'title',
    rule_title_points.points, rule_weight.title,
    person_fact.title_record, CAST(NULL AS BIGINT), person_fact.title
FROM member
JOIN person_fact ON person_fact.person_id = member.person_id
JOIN rule_title_points ON rule_title_points.level = person_fact.level
CROSS JOIN rule_weight
CROSS JOIN rule_evidence
CROSS JOIN (SELECT COUNT(*) AS configured FROM rule_product_department WHERE side = 'consumed_in') AS consuming
LEFT JOIN rule_product_department AS inside ON inside.side = 'consumed_in' AND inside.department = member.department
WHERE rule_title_points.axis <> 'process_authority'
   OR inside.department IS NOT NULL
   OR consuming.configured = 0
   OR NOT rule_evidence.process_authority_inside_only;

-- Roles as somebody named them in the CRM, in comparable form; a spelling we do not know is no evidence. Who was to sign
-- a deal has signed it when it is won. Some type roles into the name, as "(DM)".
CREATE OR REPLACE TEMP TABLE named_role AS
SELECT
    contact_role.source, contact_role.contact_id, rule_crm_role.role_group,
    COALESCE(contact_role.account_id, opportunity.account_id) AS account_id,
    contact_role.source || '/contact_role/' || contact_role.id AS record,
    contact_role.role || COALESCE(' (' || contact_role.origin || ')', '') AS detail
FROM contact_role
JOIN rule_crm_role
    ON rule_crm_role.spelling
    = TRIM(REGEXP_REPLACE(REPLACE(LOWER(contact_role.role), '&', ' and '), '[^a-z0-9]+', ' ', 'g'))
LEFT JOIN opportunity
    ON opportunity.source = contact_role.source AND opportunity.id = contact_role.opportunity_id
WHERE rule_crm_role.role_group <> 'signer'
    OR COALESCE(opportunity.won, opportunity.id IS NULL)
UNION ALL
SELECT
    marked.source, marked.id AS contact_id, rule_name_role.role_group,
    CAST(NULL AS VARCHAR) AS account_id,
    marked.source || '/contact/' || marked.id AS record,
    rule_name_role.marker || ' (name)' AS detail
FROM (
    SELECT source, id, LOWER(name) AS name FROM contact WHERE name LIKE '%(%' OR name LIKE '%[%'
) AS marked
JOIN rule_name_role ON STRPOS(marked.name, rule_name_role.marker) > 0;

-- The same role named twice, in two deals or two CRMs, is one fact. A role that names no account is about all of them.
CREATE OR REPLACE TEMP TABLE crm_role AS
SELECT
    member.account_key, member.person_id, named_role.role_group,
    MIN(named_role.record) AS record,
    MIN_BY(named_role.detail, named_role.record) AS detail
FROM named_role
JOIN person ON person.source = named_role.source AND person.contact_id = named_role.contact_id
LEFT JOIN company ON company.source = named_role.source AND company.account_id = named_role.account_id
JOIN member
    ON member.person_id = person.person_id
    AND (named_role.account_id IS NULL OR member.account_key = company.account_key)
GROUP BY member.account_key, member.person_id, named_role.role_group;

-- What a CRM role speaks for on the axes.
INSERT INTO evidence
SELECT
    crm_role.person_id, crm_role.account_key, rule_crm_points.axis, 'crm role',
    rule_crm_points.points, rule_weight.crm_role,
    crm_role.record, CAST(NULL AS BIGINT), crm_role.detail
FROM crm_role
JOIN rule_crm_points ON rule_crm_points.role_group = crm_role.role_group
CROSS JOIN rule_weight;

-- What a human said about a person, in any of the person's records.
CREATE OR REPLACE TEMP TABLE human_role AS
SELECT DISTINCT said.person_id, rule_role.role, said.record, said.confirmed_at
FROM (
    SELECT
        person.person_id,
        contact.source || '/contact/' || contact.id AS record,
        contact.confirmed_at,
        UNNEST(STRING_SPLIT(REPLACE(LOWER(contact.confirmed_role), '_', ' '), ';')) AS word
    FROM contact
    JOIN person ON person.source = contact.source AND person.contact_id = contact.id
    WHERE contact.confirmed_role IS NOT NULL
) AS said
JOIN rule_role ON rule_role.role = TRIM(said.word);

-- A human's word is evidence too, so that it can be shown.
INSERT INTO evidence
SELECT
    human_role.person_id, member.account_key, 'role', 'human: ' || human_role.role, 100e0, rule_weight.human,
    human_role.record, human_role.confirmed_at, human_role.role
FROM human_role
JOIN member ON member.person_id = human_role.person_id
CROSS JOIN rule_weight;

-- People whom a human never wants to see as champions.
CREATE OR REPLACE TEMP TABLE no_champion AS
SELECT DISTINCT person.person_id
FROM contact
JOIN person ON person.source = contact.source AND person.contact_id = contact.id
WHERE contact.not_a_champion;

-- What a human confirmed speaks for the axes like the role named in the CRM, and ends the argument there.
INSERT INTO evidence
SELECT
    human_role.person_id, member.account_key, rule_human_points.axis, 'human', rule_human_points.points,
    rule_weight.human, human_role.record, human_role.confirmed_at, human_role.role
FROM human_role
JOIN rule_human_points ON rule_human_points.role = human_role.role
JOIN member ON member.person_id = human_role.person_id
CROSS JOIN rule_weight
LEFT JOIN no_champion ON no_champion.person_id = human_role.person_id
WHERE human_role.role <> 'champion'
    OR no_champion.person_id IS NULL;

-- A person of ours wrote down whether the product is needed for the core job.
INSERT INTO evidence
SELECT
    member.person_id, member.account_key, 'product_importance', 'core job',
    CASE WHEN person_fact.core_job THEN rule_evidence.core_job_yes ELSE rule_evidence.core_job_no END,
    rule_weight.core_job,
    person_fact.core_job_record, CAST(NULL AS BIGINT),
    CASE
        WHEN person_fact.core_job THEN 'needs the product for the core job'
        ELSE 'does not need the product for the core job'
    END
FROM member
JOIN person_fact ON person_fact.person_id = member.person_id
CROSS JOIN rule_evidence
CROSS JOIN rule_weight
WHERE person_fact.core_job IS NOT NULL;

-- The person works in a department that consumes the product.
INSERT INTO evidence
SELECT
    member.person_id, member.account_key, 'product_importance', 'department',
    rule_evidence.consuming_department, rule_weight.department,
    person_fact.department_record, CAST(NULL AS BIGINT), member.department
FROM member
JOIN person_fact ON person_fact.person_id = member.person_id
JOIN rule_product_department AS inside ON inside.side = 'consumed_in' AND inside.department = member.department
CROSS JOIN rule_evidence
CROSS JOIN rule_weight;

-- Active days of each person: feeds of two CRMs report the same days, so the larger figure counts.
CREATE OR REPLACE TEMP TABLE person_usage AS
SELECT person_id, active_days, last_active_at, record
FROM (
    SELECT
        person.person_id, usage.active_days,
        usage.source || '/usage/' || usage.contact_id AS record,
        MAX(usage.last_active_at) OVER (PARTITION BY person.person_id) AS last_active_at,
        ROW_NUMBER() OVER (
            PARTITION BY person.person_id
            ORDER BY usage.active_days DESC, usage.source, usage.contact_id, usage.product
        ) AS place
    FROM usage
    JOIN person ON person.source = usage.source AND person.contact_id = usage.contact_id
    WHERE usage.active_days IS NOT NULL
) AS ranked
WHERE place = 1;

-- How often a person uses the product; scaled so that frequent usage is exactly a high value.
INSERT INTO evidence
SELECT
    member.person_id, member.account_key, 'usage_frequency', 'usage',
    LEAST(100e0, ROUND(person_usage.active_days * rule_evidence.high / rule_evidence.frequent_days, 6)),
    rule_weight.usage,
    person_usage.record, person_usage.last_active_at,
    'active on ' || person_usage.active_days || ' of the last 30 days'
FROM member
JOIN person_usage ON person_usage.person_id = member.person_id
CROSS JOIN rule_evidence
CROSS JOIN rule_weight;

-- Whoever uses the product has some need of it; no use at all says nothing about the need.
INSERT INTO evidence
SELECT
    member.person_id, member.account_key, 'product_importance', 'usage',
    CASE
        WHEN person_usage.active_days >= rule_evidence.frequent_days THEN rule_evidence.frequent_use
        ELSE rule_evidence.some_use
    END,
    rule_weight.usage,
    person_usage.record, person_usage.last_active_at,
    'active on ' || person_usage.active_days || ' of the last 30 days'
FROM member
JOIN person_usage ON person_usage.person_id = member.person_id AND person_usage.active_days > 0
CROSS JOIN rule_evidence
CROSS JOIN rule_weight;

-- Survey answers and advocacy acts of each person; what two CRMs report alike is one fact.
CREATE OR REPLACE TEMP TABLE person_signal AS
SELECT
    person.person_id, signal.kind, signal.score, signal.what, signal.happened_at,
    MIN(signal.source || '/signal/' || signal.contact_id || ':' || COALESCE(CAST(signal.happened_at AS VARCHAR), ''))
        AS record
FROM signal
JOIN person ON person.source = signal.source AND person.contact_id = signal.contact_id
CROSS JOIN run
WHERE signal.happened_at <= run.as_of OR signal.happened_at IS NULL
GROUP BY person.person_id, signal.kind, signal.score, signal.what, signal.happened_at;

-- Attitude from what the person said and did, fading toward nothing with its half-life.
INSERT INTO evidence
SELECT
    member.person_id, member.account_key, 'attitude', person_signal.kind,
    ROUND(
        (CASE WHEN person_signal.kind = 'advocacy' THEN rule_evidence.advocacy_points ELSE rule_survey.points END)
        * POWER(
            0.5e0,
            COALESCE(run.as_of - person_signal.happened_at, 0) / (rule_evidence.attitude_half_life_days * 86400e0)
        ),
        6
    ),
    rule_weight.survey,
    person_signal.record, person_signal.happened_at,
    CASE
        WHEN person_signal.kind = 'advocacy' THEN COALESCE(person_signal.what, 'advocacy act')
        ELSE UPPER(person_signal.kind) || ' ' || CAST(CAST(person_signal.score AS BIGINT) AS VARCHAR)
    END
FROM member
JOIN person_signal ON person_signal.person_id = member.person_id
LEFT JOIN rule_survey
    ON rule_survey.kind = person_signal.kind
    AND person_signal.score BETWEEN rule_survey.low AND rule_survey.high
CROSS JOIN run
CROSS JOIN rule_evidence
CROSS JOIN rule_weight
WHERE person_signal.kind = 'advocacy' OR rule_survey.points IS NOT NULL;

-- Who could approve the purchase, by title and named roles alone.
CREATE OR REPLACE TEMP TABLE likely_buyer AS
SELECT evidence.account_key, evidence.subject AS person_id
FROM evidence
CROSS JOIN rule_evidence
WHERE evidence.topic = 'buying_authority'
    AND evidence.weight > 0
GROUP BY evidence.account_key, evidence.subject, rule_evidence.high
HAVING SUM(CAST(ROUND(evidence.value * evidence.weight * 1000000) AS BIGINT))
    >= rule_evidence.high * SUM(CAST(ROUND(evidence.weight * 1000000) AS BIGINT));

-- Who sits in meetings with such a person again and again carries weight there; the one met most often is named.
INSERT INTO evidence
SELECT
    met.person_id, met.account_key, 'influence', 'meetings with the buyer',
    met.points, met.weight, met.record, CAST(NULL AS BIGINT),
    CAST(met.meetings AS TEXT) || ' meetings with ' || met.buyer || ' in 90 days'
FROM (
    SELECT
        shared_meeting.account_key, shared_meeting.person_id, shared_meeting.meetings,
        rule_evidence.met_buyer_points AS points, rule_weight.network AS weight,
        COALESCE(buyer.name, buyer.person_id) AS buyer,
        SPLIT_PART(buyer.person_id, ':', 1) || '/contact/'
            || SUBSTR(buyer.person_id, STRPOS(buyer.person_id, ':') + 1) AS record,
        ROW_NUMBER() OVER (
            PARTITION BY shared_meeting.account_key, shared_meeting.person_id
            ORDER BY shared_meeting.meetings DESC, buyer.person_id
        ) AS place
    FROM shared_meeting
    JOIN likely_buyer
        ON likely_buyer.account_key = shared_meeting.account_key AND likely_buyer.person_id = shared_meeting.other_id
    JOIN member AS buyer
        ON buyer.account_key = shared_meeting.account_key AND buyer.person_id = shared_meeting.other_id
    CROSS JOIN rule_evidence
    CROSS JOIN rule_weight
    WHERE shared_meeting.meetings >= rule_evidence.met_buyer_meetings
) AS met
WHERE met.place = 1;

-- Who works with many distinct colleagues in the activity network (degree) does too.
INSERT INTO evidence
SELECT
    known.person_id, known.account_key, 'influence', 'network',
    rule_evidence.degree_points, rule_weight.network,
    SPLIT_PART(known.person_id, ':', 1) || '/contact/' || SUBSTR(known.person_id, STRPOS(known.person_id, ':') + 1),
    CAST(NULL AS BIGINT),
    'meets us together with ' || CAST(known.colleagues AS TEXT) || ' colleagues'
FROM (
    SELECT shared_meeting.account_key, shared_meeting.person_id, COUNT(*) AS colleagues
    FROM shared_meeting
    CROSS JOIN rule_evidence
    WHERE shared_meeting.meetings >= rule_evidence.degree_meetings
    GROUP BY shared_meeting.account_key, shared_meeting.person_id
) AS known
CROSS JOIN rule_evidence
CROSS JOIN rule_weight
WHERE known.colleagues >= rule_evidence.degree_colleagues;

-- Who reports to whom, by any record of the person.
CREATE OR REPLACE TEMP TABLE reporting AS
SELECT person.person_id, boss.person_id AS boss_id, MIN(contact.source || '/contact/' || contact.id) AS record
FROM contact
JOIN person ON person.source = contact.source AND person.contact_id = contact.id
JOIN person AS boss ON boss.source = contact.source AND boss.contact_id = contact.reports_to_id
WHERE boss.person_id <> person.person_id
GROUP BY person.person_id, boss.person_id;

-- The chain upward, three steps at most, so that a circle ends too.
CREATE OR REPLACE TEMP TABLE superior AS
WITH RECURSIVE climb AS (
    SELECT person_id, boss_id, record, 1 AS steps FROM reporting
    UNION
    SELECT climb.person_id, reporting.boss_id, climb.record, climb.steps + 1 AS steps
    FROM climb
    JOIN reporting ON reporting.person_id = climb.boss_id
    WHERE climb.steps < 3
)
SELECT person_id, boss_id, MIN(record) AS record, MIN(steps) AS steps
FROM climb
WHERE boss_id <> person_id
GROUP BY person_id, boss_id;

-- The nearer a person stands to the buyer in that chain, the more the person's opinion weighs. Whom a title calls an
-- individual contributor only stands somewhere: that says nothing.
INSERT INTO evidence
SELECT
    near.person_id, near.account_key, 'influence', 'reports to the buyer',
    CASE WHEN near.steps = 1 THEN rule_evidence.reports_points ELSE rule_evidence.reports_far_points END,
    rule_weight.network, near.record, CAST(NULL AS BIGINT),
    CASE WHEN near.steps = 1 THEN 'reports to ' ELSE 'reports, over others, to ' END || near.buyer
FROM (
    SELECT
        likely_buyer.account_key, superior.person_id, superior.steps, superior.record,
        COALESCE(buyer.name, buyer.person_id) AS buyer,
        ROW_NUMBER() OVER (
            PARTITION BY likely_buyer.account_key, superior.person_id ORDER BY superior.steps, superior.boss_id
        ) AS place
    FROM superior
    JOIN likely_buyer ON likely_buyer.person_id = superior.boss_id
    JOIN member ON member.account_key = likely_buyer.account_key AND member.person_id = superior.person_id
    JOIN member AS buyer ON buyer.account_key = likely_buyer.account_key AND buyer.person_id = superior.boss_id
    JOIN person_fact ON person_fact.person_id = superior.person_id
    WHERE COALESCE(person_fact.level, '') <> 'individual'
) AS near
CROSS JOIN rule_evidence
CROSS JOIN rule_weight
WHERE near.place = 1;

-- Who has people reporting decides how their work is done.
INSERT INTO evidence
SELECT
    team.person_id, member.account_key, 'process_authority', 'reports',
    rule_evidence.team_points, rule_weight.network, team.record, CAST(NULL AS BIGINT),
    CAST(team.people AS TEXT) || ' people report here'
FROM (
    SELECT boss_id AS person_id, COUNT(*) AS people, MIN(record) AS record FROM reporting GROUP BY boss_id
) AS team
JOIN member ON member.person_id = team.person_id
CROSS JOIN rule_evidence
CROSS JOIN rule_weight
WHERE team.people >= rule_evidence.team_people;

-- That a person has gone is a fact like the others.
INSERT INTO evidence
SELECT person_id, account_key, 'departed', 'departed', 1e0, 1e0, record, happened_at, why
FROM leaving;

-- Each axis: the mean of its evidence weighted by source weight; agreeing facts add confidence. Where one weighs 1, as a
-- human's word does, the others are not heard. Sums are in whole millionths, so that they do not depend on the order of
-- rows.
CREATE OR REPLACE TABLE axis AS
SELECT
    account_key,
    subject AS person_id,
    topic AS axis,
    ROUND(
        CASE
            WHEN MAX(weight) >= 1
                THEN SUM(CASE WHEN weight >= 1 THEN CAST(ROUND(value * weight * 1000000) AS BIGINT) END) * 1e0
                    / SUM(CASE WHEN weight >= 1 THEN CAST(ROUND(weight * 1000000) AS BIGINT) END)
            ELSE SUM(CAST(ROUND(value * weight * 1000000) AS BIGINT)) * 1e0
                / SUM(CAST(ROUND(weight * 1000000) AS BIGINT))
        END, 6
    ) AS value,
    CASE
        WHEN MAX(weight) >= 1 THEN 1e0
        ELSE ROUND(
            1e0 - EXP(SUM(CAST(ROUND(LN(1e0 - LEAST(weight, 0.999999e0)) * 1000000000) AS BIGINT)) / 1000000000e0), 6
        )
    END AS confidence
FROM evidence
WHERE topic IN (
    'buying_authority', 'process_authority', 'influence', 'product_importance', 'usage_frequency', 'attitude'
)
AND weight > 0
GROUP BY account_key, subject, topic;
