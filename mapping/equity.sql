-- Quality: how deep the relationships with the people who hold a role are, each person once. Unknown depths stay out.
CREATE OR REPLACE TEMP TABLE held_depth AS
SELECT holds.account_key, COUNT(*) AS people, SUM(depth.level) AS levels
FROM (SELECT DISTINCT account_key, person_id FROM role WHERE status IN ('confirmed', 'likely')) AS holds
JOIN member ON member.account_key = holds.account_key AND member.person_id = holds.person_id
JOIN depth ON depth.account_key = holds.account_key AND depth.person_id = holds.person_id
WHERE NOT member.departed
    AND depth.level IS NOT NULL
GROUP BY holds.account_key;

-- Power: the capacity to drive change of everybody whose attitude is known, and of those among them who are for us.
-- Sums are in whole millionths, so that they do not depend on the order of rows.
CREATE OR REPLACE TEMP TABLE known_attitude AS
SELECT
    account_key,
    COUNT(*) AS people,
    SUM(CASE WHEN positive THEN 1 ELSE 0 END) AS positive_people,
    SUM(capacity) AS capacity,
    SUM(CASE WHEN positive THEN capacity ELSE 0 END) AS positive_capacity
FROM (
    SELECT
        profile.account_key,
        profile.attitude >= rule_evidence.positive AS positive,
        CAST(ROUND(1000000 * GREATEST(profile.capacity, 0e0)) AS BIGINT) AS capacity
    FROM profile
    CROSS JOIN rule_evidence
    WHERE profile.attitude IS NOT NULL
        AND profile.capacity IS NOT NULL
        AND NOT profile.departed
) AS told
GROUP BY account_key;

-- The last advocacy act within the time that an act counts, of somebody who is still there.
CREATE OR REPLACE TEMP TABLE advocating AS
SELECT acts.account_key, acts.person_id, acts.what, acts.happened_at, acts.record
FROM (
    SELECT
        member.account_key,
        member.person_id,
        signal.what,
        signal.happened_at,
        signal.source || '/contact/' || signal.contact_id AS record,
        ROW_NUMBER() OVER (
            PARTITION BY member.account_key
            ORDER BY signal.happened_at DESC, signal.source, signal.contact_id, signal.what
        ) AS place
    FROM signal
    JOIN person ON person.source = signal.source AND person.contact_id = signal.contact_id
    JOIN member ON member.person_id = person.person_id
    CROSS JOIN run
    CROSS JOIN rule_depth
    WHERE signal.kind = 'advocacy'
        AND NOT member.departed
        AND signal.happened_at <= run.as_of
        AND run.as_of - signal.happened_at <= rule_depth.advocacy_days * 86400
) AS acts
WHERE acts.place = 1;

-- How many people use the product, for the accounts of whose people any usage figure is known.
CREATE OR REPLACE TEMP TABLE usage_figure AS
SELECT
    member.account_key,
    COUNT(DISTINCT CASE WHEN usage.active_days > 0 THEN member.person_id END) AS active_people
FROM usage
JOIN person ON person.source = usage.source AND person.contact_id = usage.contact_id
JOIN member ON member.person_id = person.person_id
WHERE usage.active_days IS NOT NULL
    AND NOT member.departed
GROUP BY member.account_key;

-- The opportunity that speaks for a purchase: an open one first, else the last one won of late.
CREATE OR REPLACE TEMP TABLE purchase AS
SELECT deals.account_key, deals.name, deals.won, deals.close_at, deals.record
FROM (
    SELECT
        company.account_key,
        opportunity.name,
        COALESCE(opportunity.closed, TRUE) AS won,
        opportunity.close_at,
        opportunity.source || '/opportunity/' || opportunity.id AS record,
        ROW_NUMBER() OVER (
            PARTITION BY company.account_key
            ORDER BY
                CASE WHEN NOT opportunity.closed THEN 0 ELSE 1 END,
                opportunity.close_at DESC,
                opportunity.source,
                opportunity.id
        ) AS place
    FROM opportunity
    JOIN company ON company.source = opportunity.source AND company.account_id = opportunity.account_id
    CROSS JOIN run
    CROSS JOIN rule_segments
    WHERE NOT opportunity.closed
        OR (opportunity.won
            AND opportunity.close_at <= run.as_of
            AND opportunity.close_at > run.as_of - rule_segments.won_days * 86400)
) AS deals
WHERE deals.place = 1;

-- What an account is worth over its lifetime, and how complex what we offer it is.
CREATE OR REPLACE TEMP TABLE offering AS
SELECT
    customer.account_key,
    COALESCE(customer.lifetime_value, customer.arr * rule_equity.lifetime_years) AS lifetime_value,
    COALESCE(customer.complexity, rule_breadth_complexity.complexity) AS complexity
FROM customer
CROSS JOIN rule_equity
LEFT JOIN rule_breadth_complexity ON rule_breadth_complexity.breadth = customer.breadth;

-- The answer per account. A stage is the highest one with evidence; a factor or a side that is unknown leaves its
-- answer empty.
CREATE OR REPLACE TABLE standing AS
SELECT
    factor.account_key,
    CASE
        WHEN advocating.account_key IS NOT NULL AND COALESCE(factor.value_received <> 'none', TRUE) THEN 'advocating'
        WHEN factor.value_received IN ('partial', 'full') THEN 'realising value'
        WHEN usage_figure.active_people > 0 THEN 'using'
        WHEN usage_figure.active_people = 0 AND purchase.account_key IS NOT NULL THEN 'purchasing'
        WHEN usage_figure.active_people = 0 THEN 'aware'
    END AS stage,
    factor.quality,
    factor.power,
    factor.reach,
    ROUND(100 * POWER(factor.quality * factor.power * factor.reach, 1e0 / 3e0), 6) AS equity,
    CASE
        WHEN offering.lifetime_value >= rule_equity.lifetime_value_high_from THEN 'high'
        WHEN offering.lifetime_value IS NOT NULL THEN 'low'
    END AS lifetime_value,
    offering.complexity,
    CASE
        WHEN offering.lifetime_value >= rule_equity.lifetime_value_high_from AND offering.complexity = 'high'
            THEN 'Expert Consultant'
        WHEN offering.lifetime_value >= rule_equity.lifetime_value_high_from AND offering.complexity = 'low'
            THEN 'Concierge Guide'
        WHEN offering.lifetime_value IS NOT NULL AND offering.complexity = 'high' THEN 'Specialist Fixer'
        WHEN offering.lifetime_value IS NOT NULL AND offering.complexity = 'low' THEN 'Service Coordinator'
    END AS orientation
FROM (
    SELECT
        customer.account_key,
        customer.value_received,
        ROUND(held_depth.levels / (5e0 * held_depth.people), 6) AS quality,
        ROUND(known_attitude.positive_capacity * 1e0 / NULLIF(known_attitude.capacity, 0), 6) AS power,
        coverage.score / 1e2 AS reach
    FROM customer
    JOIN coverage ON coverage.account_key = customer.account_key
    LEFT JOIN held_depth ON held_depth.account_key = customer.account_key
    LEFT JOIN known_attitude ON known_attitude.account_key = customer.account_key
) AS factor
CROSS JOIN rule_equity
JOIN offering ON offering.account_key = factor.account_key
LEFT JOIN advocating ON advocating.account_key = factor.account_key
LEFT JOIN usage_figure ON usage_figure.account_key = factor.account_key
LEFT JOIN purchase ON purchase.account_key = factor.account_key;
