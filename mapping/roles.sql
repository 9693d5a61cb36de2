-- Each condition of a role on its own; unknown never makes one true.
CREATE OR REPLACE TEMP TABLE trait AS
SELECT
    profile.account_key, profile.person_id,
    COALESCE(profile.buying_authority >= rule.high, FALSE) AS buyer,
    COALESCE(profile.influence >= rule.high AND profile.process_authority >= rule.high, FALSE)
        AND no_champion.person_id IS NULL AS candidate,
    COALESCE(profile.attitude >= rule.positive, FALSE) AS positive,
    COALESCE(profile.product_importance >= rule.high AND profile.usage_frequency >= rule.high, FALSE)
        AND COALESCE(profile.influence < rule.high, TRUE) AS power_user,
    COALESCE(profile.usage_frequency > 0, FALSE) AS uses
FROM profile
CROSS JOIN rule_evidence AS rule
LEFT JOIN no_champion ON no_champion.person_id = profile.person_id;

-- Who keeps the gate: by the role somebody named, else by the department that the title speaks for.
CREATE OR REPLACE TEMP TABLE gatekeeper AS
SELECT
    account_key, person_id, MAX(confidence) AS confidence,
    MIN_BY(record, 1 - confidence) AS record,
    MIN_BY(detail, 1 - confidence) AS detail
FROM (
    SELECT
        crm_role.account_key, crm_role.person_id, rule_weight.crm_role AS confidence,
        crm_role.record, crm_role.detail
    FROM crm_role
    CROSS JOIN rule_weight
    WHERE crm_role.role_group = 'guardian'
    UNION ALL
    SELECT
        member.account_key, member.person_id, rule_weight.title AS confidence,
        person_fact.title_record AS record, person_fact.title AS detail
    FROM member
    JOIN person_fact ON person_fact.person_id = member.person_id
    JOIN rule_department_kind AS guardian
        ON guardian.kind = 'guardian' AND guardian.department = person_fact.function
    CROSS JOIN rule_weight
) AS sign
GROUP BY account_key, person_id;

-- Why somebody keeps the gate.
INSERT INTO evidence
SELECT
    person_id, account_key, 'guardian', 'guardian', 100e0, confidence, record, CAST(NULL AS BIGINT), detail
FROM gatekeeper;

-- Champions of the sales cycle who do not act like one since: named in a deal that was won, and for long neither an
-- exchange nor a good word of theirs. Where we cannot see their acts, nobody has lapsed.
CREATE OR REPLACE TEMP TABLE lapsed_champion AS
SELECT sold.account_key, sold.person_id, sold.closed_at
FROM (
    SELECT member.account_key, member.person_id, MAX(opportunity.close_at) AS closed_at
    FROM contact_role
    JOIN rule_crm_role
        ON rule_crm_role.role_group = 'champion'
     AND rule_crm_role.spelling
        = TRIM(REGEXP_REPLACE(REPLACE(LOWER(contact_role.role), '&', ' and '), '[^a-z0-9]+', ' ', 'g'))
    JOIN opportunity
        ON opportunity.source = contact_role.source AND opportunity.id = contact_role.opportunity_id AND opportunity.won
    JOIN person ON person.source = contact_role.source AND person.contact_id = contact_role.contact_id
    JOIN company ON company.source = opportunity.source AND company.account_id = opportunity.account_id
    JOIN member ON member.account_key = company.account_key AND member.person_id = person.person_id
    GROUP BY member.account_key, member.person_id
) AS sold
CROSS JOIN run
CROSS JOIN rule_lapse
JOIN customer ON customer.account_key = sold.account_key AND customer.activity_known
JOIN depth ON depth.account_key = sold.account_key AND depth.person_id = sold.person_id
LEFT JOIN (
    SELECT DISTINCT evidence.account_key, evidence.subject
    FROM evidence
    CROSS JOIN run
    CROSS JOIN rule_evidence
    CROSS JOIN rule_lapse
    WHERE evidence.topic = 'attitude'
        AND evidence.rule <> 'crm role'
        AND evidence.value >= rule_evidence.positive
        AND evidence.happened_at >= run.as_of - rule_lapse.days * 86400
) AS praise ON praise.account_key = sold.account_key AND praise.subject = sold.person_id
LEFT JOIN no_champion ON no_champion.person_id = sold.person_id
WHERE sold.closed_at < run.as_of - rule_lapse.days * 86400
    AND no_champion.person_id IS NULL
    AND NOT depth.confirmed
    AND (depth.two_way_at IS NULL OR depth.two_way_at < run.as_of - rule_lapse.days * 86400)
    AND praise.subject IS NULL;

-- The roles that evidence speaks for.
CREATE OR REPLACE TEMP TABLE predicted_role AS
SELECT
    profile.account_key, profile.person_id, 'buyer' AS role, 'likely' AS status,
    profile.buying_authority_confidence AS confidence, CAST(NULL AS VARCHAR) AS missing
FROM profile
JOIN trait ON trait.account_key = profile.account_key AND trait.person_id = profile.person_id
WHERE trait.buyer
UNION ALL
SELECT
    profile.account_key, profile.person_id, 'champion' AS role,
    CASE
        WHEN lapsed_champion.person_id IS NOT NULL THEN 'lapsed'
        WHEN trait.positive THEN 'likely'
        ELSE 'candidate'
    END AS status,
    CASE
        WHEN trait.positive THEN LEAST(
            profile.influence_confidence, profile.process_authority_confidence, profile.attitude_confidence
        )
        ELSE LEAST(profile.influence_confidence, profile.process_authority_confidence)
    END AS confidence,
    CASE WHEN NOT trait.positive AND lapsed_champion.person_id IS NULL THEN 'attitude' END AS missing
FROM profile
JOIN trait ON trait.account_key = profile.account_key AND trait.person_id = profile.person_id
LEFT JOIN lapsed_champion
    ON lapsed_champion.account_key = profile.account_key AND lapsed_champion.person_id = profile.person_id
WHERE trait.candidate
    OR lapsed_champion.person_id IS NOT NULL
UNION ALL
SELECT
    profile.account_key, profile.person_id, 'power user' AS role, 'likely' AS status,
    LEAST(profile.product_importance_confidence, profile.usage_frequency_confidence) AS confidence,
    CAST(NULL AS VARCHAR) AS missing
FROM profile
JOIN trait ON trait.account_key = profile.account_key AND trait.person_id = profile.person_id
WHERE trait.power_user
UNION ALL
SELECT
    profile.account_key, profile.person_id, 'user' AS role, 'likely' AS status,
    profile.usage_frequency_confidence AS confidence, CAST(NULL AS VARCHAR) AS missing
FROM profile
JOIN trait ON trait.account_key = profile.account_key AND trait.person_id = profile.person_id
WHERE trait.uses AND NOT trait.power_user AND NOT trait.candidate AND NOT trait.buyer
UNION ALL
SELECT account_key, person_id, 'guardian' AS role, 'likely' AS status, confidence, CAST(NULL AS VARCHAR) AS missing
FROM gatekeeper;

-- What counts in the end: a human's word where there is one, else the prediction.
CREATE OR REPLACE TEMP TABLE settled_role AS
SELECT member.account_key, member.person_id, human_role.role, 'confirmed' AS status, 1e0 AS confidence,
    CAST(NULL AS VARCHAR) AS missing
FROM (SELECT DISTINCT person_id, role FROM human_role WHERE role <> 'none') AS human_role
JOIN member ON member.person_id = human_role.person_id
LEFT JOIN no_champion ON no_champion.person_id = human_role.person_id
WHERE human_role.role <> 'champion' OR no_champion.person_id IS NULL
UNION ALL
SELECT predicted_role.*
FROM predicted_role
LEFT JOIN (SELECT DISTINCT person_id FROM human_role) AS settled ON settled.person_id = predicted_role.person_id
WHERE settled.person_id IS NULL;

-- Roles with the buyer's sub-type. Whoever has gone keeps the role, as departed.
CREATE OR REPLACE TABLE role AS
SELECT
    settled_role.account_key, settled_role.person_id, settled_role.role,
    CASE
        WHEN settled_role.role <> 'buyer' THEN CAST(NULL AS VARCHAR)
        WHEN profile.attitude >= rule.endorses THEN 'advocate'
        WHEN target.department IS NOT NULL THEN 'department leader'
        ELSE 'check-signer'
    END AS subtype,
    CASE WHEN profile.departed THEN 'departed' ELSE settled_role.status END AS status,
    CAST(settled_role.confidence AS DOUBLE) AS confidence,
    settled_role.missing
FROM settled_role
JOIN profile ON profile.account_key = settled_role.account_key AND profile.person_id = settled_role.person_id
CROSS JOIN rule_evidence AS rule
LEFT JOIN rule_product_department AS target
    ON target.side = 'sold_to' AND target.department = profile.department;

-- Stance: capacity x attitude; where attitude is known and capacity is not, nothing is said. Quartet: business or
-- technical by the title's department, buyer or user by role and usage; empty where either half is unknown.
CREATE OR REPLACE TABLE stance AS
SELECT
    profile.account_key, profile.person_id,
    CASE
        WHEN profile.attitude >= rule.positive AND profile.capacity >= rule.high THEN 'champion-stance'
        WHEN profile.attitude >= rule.positive AND profile.capacity < rule.high THEN 'influencer'
        WHEN profile.attitude <= rule.negative AND profile.capacity >= rule.high THEN 'blocker'
        WHEN profile.attitude <= rule.negative AND profile.capacity < rule.high THEN 'detractor'
        WHEN profile.attitude >= rule.positive OR profile.attitude <= rule.negative THEN CAST(NULL AS VARCHAR)
        ELSE 'unaligned'
    END AS stance,
    CASE
        WHEN technical.department IS NOT NULL THEN 'technical '
        WHEN COALESCE(person_fact.function, profile.department) IS NOT NULL THEN 'business '
    END
        || COALESCE(held.side, CASE WHEN trait.uses THEN 'user' END) AS quartet
FROM profile
JOIN person_fact ON person_fact.person_id = profile.person_id
JOIN trait ON trait.account_key = profile.account_key AND trait.person_id = profile.person_id
CROSS JOIN rule_evidence AS rule
LEFT JOIN (
    SELECT account_key, person_id, MIN(CASE WHEN role = 'buyer' THEN 'buyer' ELSE 'user' END) AS side
    FROM role
    WHERE role IN ('buyer', 'power user', 'user')
    GROUP BY account_key, person_id
) AS held ON held.account_key = profile.account_key AND held.person_id = profile.person_id
LEFT JOIN rule_department_kind AS technical
    ON technical.kind = 'technical' AND technical.department = COALESCE(person_fact.function, profile.department);

-- What the later steps do not need gives its room back: the traits.
DROP TABLE trait;

-- The same for roles without the word of a human.
DROP TABLE predicted_role;

-- The same for roles with it.
DROP TABLE settled_role;
