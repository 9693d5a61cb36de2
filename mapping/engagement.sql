-- The voice of an account's power users. Each alone has little influence; together they have what remains when all of
-- them are not heard: 1 - the product of (1 - influence). Sums are in whole units, so that the order of rows is nothing.
CREATE OR REPLACE TABLE voice AS
SELECT
    summed.account_key,
    summed.people,
    summed.told,
    summed.influence,
    summed.attitude,
    CASE
        WHEN summed.told >= rule.voice_known_share * summed.people THEN summed.attitude < rule.voice_weak_below
    END AS weak
FROM (
    SELECT
        role.account_key,
        COUNT(*) AS people,
        COUNT(attitude.value) AS told,
        ROUND(1e2 * (1e0 - EXP(SUM(CAST(ROUND(
            LN(1e0 - LEAST(COALESCE(influence.value, 0e0), 99e0) / 1e2) * 1000000000) AS BIGINT)) / 1000000000e0)), 6)
            AS influence,
        ROUND(SUM(CAST(ROUND(attitude.value * 1000000) AS BIGINT)) / (1000000e0 * NULLIF(COUNT(attitude.value), 0)), 6)
            AS attitude
    FROM role
    JOIN member ON member.account_key = role.account_key AND member.person_id = role.person_id AND NOT member.departed
    LEFT JOIN axis AS influence
        ON influence.account_key = role.account_key AND influence.person_id = role.person_id
            AND influence.axis = 'influence'
    LEFT JOIN axis AS attitude
        ON attitude.account_key = role.account_key AND attitude.person_id = role.person_id
            AND attitude.axis = 'attitude'
    WHERE role.role = 'power user'
        AND role.status IN ('confirmed', 'likely')
    GROUP BY role.account_key
) AS summed
CROSS JOIN rule_engagement AS rule;

-- Colleagues: one whom both CRMs know by one address is one person. The first record in home order stands for them,
-- an active one before others.
CREATE OR REPLACE TABLE colleague AS
SELECT
    source,
    id,
    FIRST_VALUE(source || ':' || id) OVER same AS colleague,
    ROW_NUMBER() OVER same = 1 AS leads,
    name,
    active
FROM (
    SELECT
        user_account.source,
        user_account.id,
        user_account.name,
        COALESCE(user_account.active, TRUE) AS active,
        COALESCE(user_account.email, user_account.source || ':' || user_account.id) AS address,
        COALESCE(rule_source.place, 1000) AS place
    FROM user_account
    LEFT JOIN rule_source ON rule_source.source = user_account.source
) AS known
WINDOW same AS (PARTITION BY address ORDER BY CASE WHEN active THEN 0 ELSE 1 END, place, source, id);

-- Where each customer stands after the sale, and the most days that may pass between two contacts in both directions.
CREATE OR REPLACE TEMP TABLE lifecycle AS
SELECT placed.account_key, placed.lifecycle, rule_cadence.days AS cadence_days
FROM (
    SELECT
        customer.account_key,
        customer.tier,
        CASE
            WHEN customer.since_at >= run.as_of - rule.handover_days * 86400 THEN 'handover'
            WHEN customer.renewal_at BETWEEN run.as_of AND run.as_of + rule.renewal_days * 86400 THEN 'renewal'
            WHEN customer.since_at >= run.as_of - rule.onboarding_days * 86400 THEN 'onboarding'
            WHEN customer.since_at >= run.as_of - rule.adoption_days * 86400 THEN 'adoption'
            WHEN standing.stage = 'advocating' THEN 'advocacy'
            ELSE 'value realised'
        END AS lifecycle
    FROM customer
    JOIN standing ON standing.account_key = customer.account_key
    CROSS JOIN run
    CROSS JOIN rule_engagement AS rule
) AS placed
LEFT JOIN rule_cadence ON rule_cadence.lifecycle = placed.lifecycle AND rule_cadence.tier = placed.tier;

-- What passed between us and the people of an account who are still there, summed from what is known of each.
CREATE OR REPLACE TEMP TABLE attention AS
SELECT
    account_key,
    MAX(two_way_at) AS two_way_at,
    MAX(to_many_at) AS to_many_at,
    CAST(SUM(exchanges) AS BIGINT) AS exchanges,
    CAST(SUM(answered + unanswered + meetings) AS BIGINT) AS ours,
    CAST(SUM(answered + meetings + initiated) AS BIGINT) AS theirs
FROM relation
WHERE NOT departed
GROUP BY account_key;

-- Who looks after each customer, as one colleague of both CRMs. An account that is in other hands than we remember has
-- come into them now; nobody is no hands.
CREATE OR REPLACE TABLE csm AS
SELECT
    home.source,
    home.account_id AS id,
    customer.account_key,
    owner.colleague,
    CASE WHEN before.colleague <> owner.colleague THEN run.as_of ELSE remembered_csm.since_at END AS since_at,
    remembered_csm.colleague IS NULL OR remembered_csm.colleague <> owner.colleague AS news
FROM customer
CROSS JOIN run
JOIN company AS home ON home.account_key = customer.account_key AND home.home
JOIN colleague AS owner
    ON owner.source = customer.owner_source AND owner.id = customer.owner_id AND owner.active
LEFT JOIN remembered_csm ON remembered_csm.source = home.source AND remembered_csm.id = home.account_id
LEFT JOIN colleague AS before ON before.source || ':' || before.id = remembered_csm.colleague;

-- Customers so new, or so lately in other hands, that their CSM is still to be introduced. A new customer has the days
-- of the introduction, one that changes hands those of the cadence in handover.
CREATE OR REPLACE TEMP TABLE newcomer AS
SELECT
    customer.account_key,
    customer.since_at,
    customer.handed,
    customer.since_at - rule.introduction_before_days * 86400 AS looked_from,
    CASE WHEN csm.active THEN csm.colleague END AS csm,
    CASE
        WHEN customer.activity_known
            THEN run.as_of >= customer.since_at
                + (CASE WHEN customer.handed THEN rule_cadence.days ELSE rule_introduction.days END + 1) * 86400
    END AS introduction_due,
    (customer.owner_id IS NULL OR NOT csm.active)
        AND run.as_of >= customer.since_at + rule.owner_days * 86400 AS unowned
FROM (
    SELECT
        customer.account_key, customer.owner_source, customer.owner_id, customer.tier, customer.activity_known,
        COALESCE(csm.since_at > COALESCE(customer.since_at, 0), FALSE) AS handed,
        CASE WHEN csm.since_at > COALESCE(customer.since_at, 0) THEN csm.since_at ELSE customer.since_at END AS since_at
    FROM customer
    LEFT JOIN csm ON csm.account_key = customer.account_key
) AS customer
CROSS JOIN run
CROSS JOIN rule_engagement AS rule
LEFT JOIN rule_cadence ON rule_cadence.lifecycle = 'handover' AND rule_cadence.tier = customer.tier
LEFT JOIN rule_introduction ON rule_introduction.tier = customer.tier
LEFT JOIN colleague AS csm ON csm.source = customer.owner_source AND csm.id = customer.owner_id
WHERE customer.since_at BETWEEN run.as_of - rule.introduction_watch_days * 86400 AND run.as_of;

-- Those of them with whom the CSM has spoken: a held meeting or a connected call. One of which nobody says who of us
-- was there may have been the introduction.
CREATE OR REPLACE TEMP TABLE introduced AS
SELECT DISTINCT newcomer.account_key
FROM newcomer
JOIN pair ON pair.account_key = newcomer.account_key
JOIN pair_act ON pair_act.pair = pair.pair AND pair_act.happened_at >= newcomer.looked_from
JOIN act_form
    ON act_form.form = pair_act.form AND act_form.held AND NOT act_form.one_to_many
        AND act_form.inward AND act_form.outward
JOIN act ON act.number = pair_act.number
LEFT JOIN user_number ON user_number.owner = act.owner
LEFT JOIN colleague ON colleague.source = user_number.source AND colleague.id = user_number.id
WHERE colleague.colleague IS NULL
    OR newcomer.csm IS NULL
    OR colleague.colleague = newcomer.csm;

-- One row a customer: what it gets, what it should get. Nothing is claimed where its acts cannot be seen.
CREATE OR REPLACE TABLE engagement AS
SELECT
    told.account_key,
    told.lifecycle,
    told.cadence_days,
    told.last_at,
    told.cadence_overdue,
    CASE
        WHEN told.unowned THEN 'no active CSM owns the account'
        WHEN told.introduction_due AND told.introduced IS NULL
            THEN CASE WHEN told.handed THEN 'the new CSM' ELSE 'the CSM' END || ' has not been introduced'
    END AS handover,
    told.handover_at,
    told.ours,
    told.theirs,
    rule_expected.ours AS ours_expected,
    rule_expected.theirs AS theirs_expected,
    told.exchanges,
    told.normal,
    CASE
        WHEN told.investment < rule.under_below THEN 'under'
        WHEN told.investment > rule.over_above THEN 'over'
        WHEN told.investment IS NOT NULL THEN 'normal'
    END AS scope
FROM (
    SELECT
        lifecycle.account_key,
        lifecycle.lifecycle,
        lifecycle.cadence_days,
        seen.last_at,
        CASE
            WHEN customer.activity_known AND lifecycle.cadence_days IS NOT NULL
                THEN COALESCE(seen.last_at, customer.since_at, 0) < run.as_of - lifecycle.cadence_days * 86400
        END AS cadence_overdue,
        newcomer.unowned,
        newcomer.introduction_due,
        newcomer.handed,
        newcomer.since_at AS handover_at,
        introduced.account_key AS introduced,
        CASE
            WHEN customer.activity_known
                THEN ROUND(LEAST(1e0, seen.ours * lifecycle.cadence_days * 1e0 / rule_depth.window_days), 6)
        END AS ours,
        CASE
            WHEN customer.activity_known
                THEN ROUND(LEAST(1e0, seen.theirs * lifecycle.cadence_days * 1e0 / rule_depth.window_days), 6)
        END AS theirs,
        CASE WHEN customer.activity_known THEN seen.exchanges END AS exchanges,
        rule_scope.exchanges AS normal,
        CASE
            WHEN customer.activity_known
                AND COALESCE(customer.since_at, 0) <= run.as_of - rule_depth.window_days * 86400
                THEN ROUND(seen.exchanges / NULLIF(rule_scope.exchanges, 0), 6)
        END AS investment
    FROM lifecycle
    JOIN customer ON customer.account_key = lifecycle.account_key
    JOIN standing ON standing.account_key = lifecycle.account_key
    JOIN (
        SELECT
            customer.account_key,
            CASE
                WHEN customer.tier <> 'tech' OR attention.to_many_at IS NULL THEN attention.two_way_at
                ELSE GREATEST(COALESCE(attention.two_way_at, attention.to_many_at), attention.to_many_at)
            END AS last_at,
            COALESCE(attention.exchanges, 0) AS exchanges,
            COALESCE(attention.ours, 0) AS ours,
            COALESCE(attention.theirs, 0) AS theirs
        FROM customer
        LEFT JOIN attention ON attention.account_key = customer.account_key
    ) AS seen ON seen.account_key = lifecycle.account_key
    CROSS JOIN run
    CROSS JOIN rule_depth
    LEFT JOIN newcomer ON newcomer.account_key = lifecycle.account_key
    LEFT JOIN introduced ON introduced.account_key = lifecycle.account_key
    LEFT JOIN rule_scope ON rule_scope.orientation = standing.orientation AND rule_scope.stage = standing.stage
) AS told
CROSS JOIN rule_engagement AS rule
LEFT JOIN rule_expected ON rule_expected.lifecycle = told.lifecycle;

-- What each colleague looks after, by touch tier, and whether one tier alone is beyond the guideline. A colleague who
-- left looks after nothing.
CREATE OR REPLACE TABLE workload AS
SELECT
    counted.colleague,
    leader.source,
    leader.id AS user_id,
    leader.name,
    CAST(SUM(CASE WHEN counted.tier = 'high' THEN counted.accounts ELSE 0 END) AS BIGINT) AS high,
    CAST(SUM(CASE WHEN counted.tier = 'low' THEN counted.accounts ELSE 0 END) AS BIGINT) AS low,
    CAST(SUM(CASE WHEN counted.tier = 'tech' THEN counted.accounts ELSE 0 END) AS BIGINT) AS tech,
    MAX(CASE WHEN counted.accounts > rule_load.accounts THEN 1 ELSE 0 END) = 1 AS over
FROM (
    SELECT colleague.colleague, customer.tier, COUNT(*) AS accounts
    FROM customer
    JOIN colleague ON colleague.source = customer.owner_source AND colleague.id = customer.owner_id
    GROUP BY colleague.colleague, customer.tier
) AS counted
JOIN colleague AS leader ON leader.source || ':' || leader.id = counted.colleague AND leader.leads AND leader.active
LEFT JOIN rule_load ON rule_load.tier = counted.tier
GROUP BY counted.colleague, leader.source, leader.id, leader.name;
