-- People a human told us to leave alone: no task about them, no suggestion to develop them.
CREATE OR REPLACE TEMP TABLE spared AS
SELECT
    person.person_id,
    MAX(CASE WHEN contact.do_not_task THEN 1 ELSE 0 END) = 1 AS do_not_task,
    MAX(CASE WHEN contact.not_a_champion THEN 1 ELSE 0 END) = 1 AS not_a_champion
FROM contact
JOIN person ON person.source = contact.source AND person.contact_id = contact.id
WHERE contact.do_not_task OR contact.not_a_champion
GROUP BY person.person_id;

-- When a person left, where a record is dated: the first date that says so.
CREATE OR REPLACE TEMP TABLE departure AS
SELECT
    person.person_id,
    MIN(LEAST(COALESCE(contact.left_at, contact.bounced_at), COALESCE(contact.bounced_at, contact.left_at))) AS left_at
FROM contact
JOIN person ON person.source = contact.source AND person.contact_id = contact.id
WHERE contact.left_at IS NOT NULL OR contact.bounced_at IS NOT NULL
GROUP BY person.person_id;

-- People one axis short of a role that is missing, where they hold it not yet: of a champion's three axes two are there; a
-- user lacks the need or the frequency of a power user; the buying authority is known and not far from enough.
CREATE OR REPLACE TEMP TABLE nearly AS
SELECT
    profile.account_key,
    profile.role,
    profile.person_id,
    CASE
        WHEN profile.role = 'buyer' THEN 'buying authority'
        WHEN profile.role = 'power user' THEN CASE WHEN profile.importance THEN 'frequent usage' ELSE 'product importance' END
        WHEN NOT profile.influence THEN 'influence'
        ELSE 'process authority'
    END AS missing
FROM (
    SELECT
        wanted.account_key,
        wanted.role,
        axis.person_id,
        MAX(CASE WHEN axis.axis = 'buying_authority' AND axis.value >= rule.nearly THEN 1 ELSE 0 END) = 1 AS authority,
        MAX(CASE WHEN axis.axis = 'influence' AND axis.value >= rule.high THEN 1 ELSE 0 END) = 1 AS influence,
        MAX(CASE WHEN axis.axis = 'process_authority' AND axis.value >= rule.high THEN 1 ELSE 0 END) = 1 AS process,
        MAX(CASE WHEN axis.axis = 'attitude' AND axis.value >= rule.positive THEN 1 ELSE 0 END) = 1 AS positive,
        MAX(CASE WHEN axis.axis = 'product_importance' AND axis.value >= rule.high THEN 1 ELSE 0 END) = 1 AS importance,
        MAX(CASE WHEN axis.axis = 'usage_frequency' AND axis.value > 0 THEN 1 ELSE 0 END) = 1 AS uses
    FROM (SELECT DISTINCT account_key, role FROM need_finding WHERE kind LIKE 'missing %') AS wanted
    JOIN axis ON axis.account_key = wanted.account_key
    CROSS JOIN rule_evidence AS rule
    GROUP BY wanted.account_key, wanted.role, axis.person_id
) AS profile
LEFT JOIN role
    ON role.account_key = profile.account_key AND role.person_id = profile.person_id AND role.role = profile.role
WHERE role.role IS NULL
    AND CASE profile.role
        WHEN 'buyer' THEN profile.authority
        WHEN 'power user' THEN profile.uses AND NOT profile.influence
        ELSE profile.positive AND (profile.influence OR profile.process)
    END;

-- Who could be developed for each role: holders whose relationship does not carry the role yet, then champion
-- candidates, then people one axis short of the role.
CREATE OR REPLACE TEMP TABLE prospect AS
SELECT
    hopeful.account_key,
    hopeful.role,
    hopeful.person_id,
    hopeful.name || ' (' || hopeful.missing || ')' AS words,
    hopeful.name || ' (' || hopeful.aim || ')' AS lasting_words,
    ROW_NUMBER() OVER (
        PARTITION BY hopeful.account_key, hopeful.role
        ORDER BY hopeful.candidate, COALESCE(hopeful.level, 0) DESC, hopeful.confidence DESC, hopeful.name,
            hopeful.person_id
    ) AS place
FROM (
    SELECT
        role.account_key,
        role.role,
        role.person_id,
        COALESCE(member.name, member.person_id) AS name,
        role.confidence,
        depth.level,
        CASE WHEN role.status = 'candidate' THEN 1 ELSE 0 END AS candidate,
        CASE
            WHEN role.status = 'candidate' THEN COALESCE(role.missing, 'attitude') || ' missing'
            WHEN depth.level IS NULL THEN 'depth unknown'
            ELSE 'depth ' || CAST(depth.level AS TEXT) || ', needs ' || CAST(rule_live.depth AS TEXT)
        END AS missing,
        CASE
            WHEN role.status = 'candidate' THEN COALESCE(role.missing, 'attitude') || ' missing'
            WHEN depth.level IS NULL THEN 'depth unknown'
            ELSE 'needs depth ' || CAST(rule_live.depth AS TEXT)
        END AS aim
    FROM role
    JOIN member ON member.account_key = role.account_key AND member.person_id = role.person_id
    JOIN depth ON depth.account_key = role.account_key AND depth.person_id = role.person_id
    JOIN rule_live
        ON rule_live.role = role.role
     AND (rule_live.subtype = role.subtype OR (rule_live.subtype = '' AND rule_live.rank = 1))
    LEFT JOIN spared ON spared.person_id = role.person_id
    WHERE role.status IN ('confirmed', 'likely', 'candidate')
        AND NOT member.departed
        AND NOT COALESCE(spared.do_not_task, FALSE)
        AND NOT (COALESCE(spared.not_a_champion, FALSE) AND role.role = 'champion')
        AND (role.status = 'candidate' OR depth.level IS NULL OR depth.level < rule_live.depth)
    UNION ALL
    SELECT
        nearly.account_key,
        nearly.role,
        nearly.person_id,
        COALESCE(member.name, member.person_id) AS name,
        0e0 AS confidence,
        depth.level,
        2 AS candidate,
        nearly.missing || ' missing' AS missing,
        nearly.missing || ' missing' AS aim
    FROM nearly
    JOIN member ON member.account_key = nearly.account_key AND member.person_id = nearly.person_id
    JOIN depth ON depth.account_key = nearly.account_key AND depth.person_id = nearly.person_id
    LEFT JOIN spared ON spared.person_id = nearly.person_id
    WHERE NOT member.departed
        AND NOT COALESCE(spared.do_not_task, FALSE)
        AND NOT (COALESCE(spared.not_a_champion, FALSE) AND nearly.role = 'champion')
) AS hopeful;

-- The best few of them, in words.
CREATE OR REPLACE TEMP TABLE suggestion AS
SELECT prospect.account_key, prospect.role, STRING_AGG(prospect.words, ', ' ORDER BY prospect.place) AS people
FROM prospect
CROSS JOIN rule_gap
WHERE prospect.place <= rule_gap.suggestions
GROUP BY prospect.account_key, prospect.role;

-- Gaps of an account: what the required numbers and the conditions miss, and what hangs on no role.
CREATE OR REPLACE TEMP TABLE account_finding AS
SELECT account_key, product, kind, role, detail
FROM need_finding
UNION ALL
SELECT
    account_key,
    CAST(NULL AS TEXT) AS product,
    'single-threaded' AS kind,
    NULL AS role,
    'Fewer than two people of the account answer us.' AS detail
FROM coverage
WHERE single_threaded
UNION ALL
SELECT
    account_key,
    CAST(NULL AS TEXT) AS product,
    'power-user voice weak' AS kind,
    'power user' AS role,
    CAST(told AS TEXT) || ' of ' || CAST(people AS TEXT) || ' power users have said what they think; on average '
        || CAST(CAST(ROUND(attitude) AS BIGINT) AS TEXT) || ' of 100. Together they carry an influence of '
        || CAST(CAST(ROUND(influence) AS BIGINT) AS TEXT) || ' of 100.' AS detail
FROM voice
WHERE weak
UNION ALL
SELECT
    engagement.account_key,
    CAST(NULL AS TEXT) AS product,
    'cadence overdue' AS kind,
    NULL AS role,
    COALESCE('Last contact in both directions with somebody who is still there on ' || calendar.iso,
        'No contact in both directions with anybody who is still there') || '; in ' || engagement.lifecycle || ' a ' || customer.tier || '-touch account has one every '
        || CAST(engagement.cadence_days AS TEXT) || ' days.' AS detail
FROM engagement
JOIN customer ON customer.account_key = engagement.account_key
LEFT JOIN calendar ON calendar.day = CAST(FLOOR(engagement.last_at / 86400e0) AS BIGINT)
WHERE engagement.cadence_overdue
    AND engagement.lifecycle <> 'handover'
UNION ALL
SELECT
    engagement.account_key,
    CAST(NULL AS TEXT) AS product,
    'handover or introduction overdue' AS kind,
    NULL AS role,
    CASE WHEN engagement.handover_at = customer.since_at THEN 'Customer since ' ELSE 'In other hands since ' END
        || calendar.iso || ': ' || engagement.handover || '.' AS detail
FROM engagement
JOIN customer ON customer.account_key = engagement.account_key
JOIN calendar ON calendar.day = CAST(FLOOR(engagement.handover_at / 86400e0) AS BIGINT)
WHERE engagement.handover IS NOT NULL
UNION ALL
SELECT
    engagement.account_key,
    CAST(NULL AS TEXT) AS product,
    'under-invested account' AS kind,
    NULL AS role,
    CAST(engagement.exchanges AS TEXT) || CASE WHEN engagement.exchanges = 1 THEN ' exchange' ELSE ' exchanges' END
        || ' in 90 days; an account of high lifetime value that is ' || standing.stage || ' asks of an '
        || standing.orientation || ' about ' || CAST(CAST(ROUND(engagement.normal) AS BIGINT) AS TEXT) || '.' AS detail
FROM engagement
JOIN standing ON standing.account_key = engagement.account_key AND standing.lifetime_value = 'high'
WHERE engagement.scope = 'under';

-- Gaps about a person: a departed champion or buyer, a relationship that fades, a blocker nobody speaks with. The person
-- is the gap: the roles stand in the text and not in the key, so somebody with two of them is one task, and stays that
-- task when a role is added or lost.
CREATE OR REPLACE TEMP TABLE person_finding AS
SELECT
    role.account_key,
    'champion or buyer departed' AS kind,
    NULL AS role,
    role.person_id,
    COALESCE(member.name, member.person_id) || ' ('
        || CASE WHEN COUNT(DISTINCT role.role) > 1 THEN 'buyer and champion' ELSE MIN(role.role) END || ') has left'
        || COALESCE(': ' || member.departed_why, '') || '.' AS detail
FROM role
JOIN member ON member.account_key = role.account_key AND member.person_id = role.person_id
CROSS JOIN run
CROSS JOIN rule_gap
LEFT JOIN departure ON departure.person_id = role.person_id
LEFT JOIN need_finding AS shortfall
    ON shortfall.account_key = role.account_key AND shortfall.role = role.role AND shortfall.kind LIKE 'missing %'
LEFT JOIN spared ON spared.person_id = role.person_id
WHERE role.status = 'departed'
    AND role.role IN ('buyer', 'champion')
    AND NOT (COALESCE(spared.not_a_champion, FALSE) AND role.role = 'champion')
    AND (shortfall.role IS NOT NULL OR run.as_of - COALESCE(departure.left_at, member.departed_at) <= rule_gap.departed_days * 86400)
GROUP BY role.account_key, role.person_id, member.name, member.person_id, member.departed_why
UNION ALL
SELECT
    role.account_key,
    'relationship fading/ghosting' AS kind,
    NULL AS role,
    role.person_id,
    COALESCE(member.name, member.person_id) || ' ('
        || CASE WHEN COUNT(DISTINCT role.role) > 1 THEN 'buyer and champion' ELSE MIN(role.role) END || '): '
        || CASE depth.trend
        WHEN 'ghosting' THEN 'the last messages stay unanswered'
        ELSE 'the tie is fading'
    END || COALESCE(', last exchange on ' || calendar.iso, ', no exchange so far') || '.' AS detail
FROM role
JOIN member ON member.account_key = role.account_key AND member.person_id = role.person_id
JOIN depth ON depth.account_key = role.account_key AND depth.person_id = role.person_id
LEFT JOIN calendar ON calendar.day = CAST(FLOOR(depth.two_way_at / 86400e0) AS BIGINT)
LEFT JOIN spared ON spared.person_id = role.person_id
WHERE role.role IN ('buyer', 'champion')
    AND role.status IN ('confirmed', 'likely')
    AND NOT (COALESCE(spared.not_a_champion, FALSE) AND role.role = 'champion')
    AND NOT member.departed
    AND (depth.trend = 'ghosting' OR (depth.trend = 'fading' AND depth.two_way_at IS NOT NULL))
GROUP BY role.account_key, role.person_id, member.name, member.person_id, depth.trend, calendar.iso
UNION ALL
SELECT
    role.account_key,
    'champion lapsed' AS kind,
    NULL AS role,
    role.person_id,
    COALESCE(member.name, member.person_id) || ' was the champion of the sale'
        || COALESCE(', last exchange on ' || calendar.iso, ', no exchange since') || '.' AS detail
FROM role
JOIN member ON member.account_key = role.account_key AND member.person_id = role.person_id
JOIN depth ON depth.account_key = role.account_key AND depth.person_id = role.person_id
LEFT JOIN calendar ON calendar.day = CAST(FLOOR(depth.two_way_at / 86400e0) AS BIGINT)
LEFT JOIN spared ON spared.person_id = role.person_id
WHERE role.role = 'champion'
    AND role.status = 'lapsed'
    AND NOT COALESCE(spared.not_a_champion, FALSE)
    AND NOT member.departed
UNION ALL
SELECT
    stance.account_key,
    'blocker unaddressed' AS kind,
    NULL AS role,
    stance.person_id,
    COALESCE(member.name, member.person_id) || ' is against us'
        || COALESCE(', last exchange on ' || calendar.iso, ', no exchange so far') || '.' AS detail
FROM stance
JOIN member ON member.account_key = stance.account_key AND member.person_id = stance.person_id
JOIN customer ON customer.account_key = stance.account_key
JOIN depth ON depth.account_key = stance.account_key AND depth.person_id = stance.person_id
CROSS JOIN run
CROSS JOIN rule_gap
LEFT JOIN calendar ON calendar.day = CAST(FLOOR(depth.two_way_at / 86400e0) AS BIGINT)
WHERE stance.stance = 'blocker'
    AND customer.activity_known
    AND NOT member.departed
    AND (depth.two_way_at IS NULL OR run.as_of - depth.two_way_at > rule_gap.blocker_silence_days * 86400);

-- Gaps that nobody can tell today: all of an account whose acts could not be read, those that rest on acts or on usage
-- where these are unknown. What was a gap yesterday has not closed for that.
CREATE OR REPLACE TABLE undecided AS
SELECT customer.account_key, rule_gap_kind.kind
FROM customer
JOIN rule_gap_kind ON rule_gap_kind.kind <> 'over-capacity CSM'
LEFT JOIN (SELECT DISTINCT account_key FROM offer WHERE NOT usage_known) AS untold
    ON untold.account_key = customer.account_key
WHERE customer.unread
    OR (NOT customer.activity_known
        AND rule_gap_kind.kind NOT IN ('champion or buyer departed', 'power-user voice weak'))
    OR (untold.account_key IS NOT NULL AND rule_gap_kind.kind = 'missing power users')
    OR (NOT customer.usage_known AND rule_gap_kind.kind IN ('missing power users', 'power-user voice weak'));

-- How near an account's renewal is and where its ARR stands among the customers, 0-1 each.
CREATE OR REPLACE TEMP TABLE urgency AS
SELECT
    customer.account_key,
    CASE
        WHEN customer.renewal_at IS NULL THEN rule_severity.renewal_unknown
        ELSE GREATEST(0e0, LEAST(1e0,
            (rule_severity.renewal_far_days - (customer.renewal_at - run.as_of) / 86400e0)
                / (rule_severity.renewal_far_days - rule_severity.renewal_near_days)))
    END AS renewal,
    COALESCE(ranked.percentile, rule_severity.arr_unknown) AS arr
FROM customer
CROSS JOIN run
CROSS JOIN rule_severity
LEFT JOIN (
    SELECT account_key, CUME_DIST() OVER (ORDER BY arr) AS percentile FROM customer WHERE arr IS NOT NULL
) AS ranked ON ranked.account_key = customer.account_key;

-- Every gap of an account with its key, its severity and the people to develop.
CREATE OR REPLACE TEMP TABLE account_gap AS
SELECT
    run.organisation || '|' || finding.account_key || '|' || COALESCE(finding.product, rule_product.name) || '|'
        || finding.kind || '|' || COALESCE(finding.role, '') || '|' || COALESCE(finding.person_id, '') AS key,
    finding.account_key,
    finding.product,
    finding.kind,
    finding.role,
    finding.person_id,
    ROUND(100 * (rule_severity.renewal * urgency.renewal + rule_severity.arr * urgency.arr
        + rule_severity.kind * rule_gap_kind.weight), 2) AS severity,
    rule_gap_kind.to_manager,
    finding.detail,
    COALESCE(own.people, CASE WHEN finding.role IS NULL OR finding.role <> 'power user' THEN champions.people END)
        AS people
FROM (
    SELECT account_key, product, kind, role, CAST(NULL AS TEXT) AS person_id, detail FROM account_finding
    UNION ALL
    SELECT account_key, CAST(NULL AS TEXT) AS product, kind, role, person_id, detail FROM person_finding
) AS finding
CROSS JOIN run
CROSS JOIN rule_product
CROSS JOIN rule_severity
JOIN rule_gap_kind ON rule_gap_kind.kind = finding.kind
JOIN urgency ON urgency.account_key = finding.account_key
JOIN customer ON customer.account_key = finding.account_key AND NOT COALESCE(customer.unread, FALSE)
LEFT JOIN suggestion AS own ON own.account_key = finding.account_key AND own.role = finding.role
LEFT JOIN suggestion AS champions ON champions.account_key = finding.account_key AND champions.role = 'champion'
LEFT JOIN spared ON spared.person_id = finding.person_id
WHERE NOT COALESCE(spared.do_not_task, FALSE);

-- A colleague who looks after more accounts than the guideline allows: no account's gap, so that the colleague stands in
-- the place of the account. As urgent as the colleague's accounts are on average.
CREATE OR REPLACE TEMP TABLE colleague_gap AS
SELECT
    run.organisation || '|' || workload.colleague || '|' || rule_product.name || '|' || rule_gap_kind.kind || '||' AS key,
    workload.colleague AS account_key,
    CAST(NULL AS TEXT) AS product,
    rule_gap_kind.kind,
    CAST(NULL AS TEXT) AS role,
    CAST(NULL AS TEXT) AS person_id,
    ROUND(100 * (rule_severity.renewal * urgent.renewal + rule_severity.arr * urgent.arr
        + rule_severity.kind * rule_gap_kind.weight), 2) AS severity,
    rule_gap_kind.to_manager,
    COALESCE(workload.name, workload.colleague) || ' looks after ' || CAST(workload.high AS TEXT) || ' high-touch and '
        || CAST(workload.low AS TEXT) || ' low-touch accounts; the guideline is at most '
        || CAST(limits.high AS TEXT) || ' and ' || CAST(limits.low AS TEXT) || '.' AS detail,
    CAST(NULL AS TEXT) AS people
FROM workload
CROSS JOIN run
CROSS JOIN rule_product
CROSS JOIN rule_severity
JOIN rule_gap_kind ON rule_gap_kind.kind = 'over-capacity CSM'
CROSS JOIN (
    SELECT
        MAX(CASE WHEN tier = 'high' THEN accounts END) AS high,
        MAX(CASE WHEN tier = 'low' THEN accounts END) AS low
    FROM rule_load
) AS limits
JOIN (
    SELECT
        colleague.colleague,
        SUM(CAST(ROUND(1e6 * urgency.renewal) AS BIGINT)) / (1e6 * COUNT(*)) AS renewal,
        SUM(CAST(ROUND(1e6 * urgency.arr) AS BIGINT)) / (1e6 * COUNT(*)) AS arr
    FROM customer
    JOIN urgency ON urgency.account_key = customer.account_key
    JOIN colleague ON colleague.source = customer.owner_source AND colleague.id = customer.owner_id
    GROUP BY colleague.colleague
) AS urgent ON urgent.colleague = workload.colleague
WHERE workload.over;

-- All gaps, each with how long it has been open: one that was not closed for long is chronic.
CREATE OR REPLACE TABLE gap AS
SELECT
    known.*,
    remembered_gap.opened_at,
    COALESCE(remembered_gap.opened_at < run.as_of - rule_gap.chronic_days * 86400, FALSE) AS chronic
FROM (
    SELECT * FROM account_gap
    UNION ALL
    SELECT * FROM colleague_gap
) AS known
CROSS JOIN run
CROSS JOIN rule_gap
LEFT JOIN remembered_gap ON remembered_gap.key = known.key;
