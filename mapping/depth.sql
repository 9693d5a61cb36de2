-- Any personal act, also one whose direction nobody recorded, shows that the person exists. What was sent to many at
-- once keeps the cadence of accounts that are cared for in that way, and nothing else.
CREATE OR REPLACE TEMP TABLE last_act AS
SELECT pair, MAX(happened_at) AS happened_at, MAX(to_many_at) AS to_many_at
FROM (
    SELECT pair, last_at AS happened_at, CAST(NULL AS BIGINT) AS to_many_at FROM act_count
    UNION ALL
    SELECT
        pair_act.pair,
        CASE WHEN NOT act_form.one_to_many THEN pair_act.happened_at END,
        CASE WHEN act_form.one_to_many THEN pair_act.happened_at END
    FROM pair_act
    JOIN act_form ON act_form.form = pair_act.form
    WHERE act_form.held
        AND (act_form.one_to_many OR NOT (act_form.inward OR act_form.outward))
) AS personal_act
GROUP BY pair;

-- Reviews of the window: how many the person was invited to and attended.
CREATE OR REPLACE TEMP TABLE attendance AS
SELECT
    pair_act.pair,
    COUNT(*) AS invited,
    COUNT(CASE WHEN act_form.held THEN 1 END) AS attended
FROM pair_act
JOIN act_form ON act_form.form = pair_act.form
CROSS JOIN run
CROSS JOIN rule_depth
WHERE act_form.kind = 'review'
    AND run.as_of - pair_act.happened_at <= rule_depth.window_days * 86400
GROUP BY pair_act.pair;

-- The last verified advocacy act of each person.
CREATE OR REPLACE TEMP TABLE advocacy AS
SELECT person.person_id, MAX(signal.happened_at) AS happened_at
FROM signal
JOIN person ON person.source = signal.source AND person.contact_id = signal.contact_id
CROSS JOIN run
WHERE signal.kind = 'advocacy'
    AND signal.happened_at <= run.as_of
GROUP BY person.person_id;

-- The level a human set, the newest one of the person's records while it has not lapsed.
CREATE OR REPLACE TEMP TABLE confirmed_depth AS
SELECT latest.person_id, latest.level
FROM (
    SELECT
        person.person_id,
        contact.confirmed_depth AS level,
        ROW_NUMBER() OVER (
            PARTITION BY person.person_id
            ORDER BY
                CASE WHEN contact.confirmed_at IS NULL THEN 1 ELSE 0 END,
                contact.confirmed_at DESC, contact.source, contact.id
        ) AS back
    FROM contact
    JOIN person ON person.source = contact.source AND person.contact_id = contact.id
    CROSS JOIN run
    CROSS JOIN rule_depth
    WHERE contact.confirmed_depth BETWEEN 0 AND 5
        AND (contact.confirmed_at IS NULL OR run.as_of - contact.confirmed_at <= rule_depth.confirmed_days * 86400)
) AS latest
WHERE latest.back = 1;

-- Who has gone without a field of the CRM saying so: an automatic reply said it and nothing came since; or somebody who
-- wrote to us steadily has been silent for long, leaves our messages unanswered and uses nothing.
CREATE OR REPLACE TEMP TABLE vanished AS
SELECT pair.pair, 'an automatic reply says so' AS why, parting.record, parting.happened_at
FROM parting
JOIN pair ON pair.person_id = parting.person_id
LEFT JOIN act_count ON act_count.pair = pair.pair
WHERE act_count.heard_at IS NULL
    OR act_count.heard_at <= parting.happened_at
UNION ALL
SELECT
    pair.pair,
    'silent after steady traffic' AS why,
    SPLIT_PART(pair.person_id, ':', 1) || '/contact/' || SUBSTR(pair.person_id, STRPOS(pair.person_id, ':') + 1)
        AS record,
    act_count.heard_at AS happened_at
FROM silence
CROSS JOIN run
CROSS JOIN rule_depth
JOIN act_count ON act_count.pair = silence.pair
JOIN pair ON pair.pair = silence.pair
JOIN customer ON customer.account_key = pair.account_key AND customer.activity_known
LEFT JOIN parting ON parting.person_id = pair.person_id
LEFT JOIN confirmed_depth ON confirmed_depth.person_id = pair.person_id
LEFT JOIN (
    SELECT DISTINCT person.person_id
    FROM usage
    JOIN person ON person.source = usage.source AND person.contact_id = usage.contact_id
    WHERE usage.active_days > 0
) AS active ON active.person_id = pair.person_id
WHERE silence.unanswered >= rule_depth.ghosting_outreaches
    AND silence.first_age <= run.as_of - act_count.heard_at
    AND act_count.heard >= rule_depth.steady_acts
    AND act_count.heard_at - act_count.first_heard_at >= rule_depth.steady_days * 86400
    AND run.as_of - act_count.heard_at >= rule_depth.silent_days * 86400
    AND (run.as_of - act_count.heard_at) * (act_count.heard - 1)
        >= rule_depth.silent_gaps * (act_count.heard_at - act_count.first_heard_at)
    AND parting.person_id IS NULL
    AND confirmed_depth.person_id IS NULL
    AND active.person_id IS NULL;

-- Everything known about a relationship on one row, a row for every member; nothing that happened counts as 0.
CREATE OR REPLACE TEMP TABLE relation AS
SELECT
    pair.pair,
    member.account_key,
    member.person_id,
    member.departed OR vanished.pair IS NOT NULL AS departed,
    CASE WHEN NOT member.departed THEN vanished.why END AS gone_why,
    vanished.record AS gone_record,
    vanished.happened_at AS gone_at,
    customer.activity_known,
    confirmed_depth.level AS confirmed_level,
    COALESCE(run.as_of - last_act.happened_at <= rule_depth.memory_days * 86400, FALSE) AS active,
    act_count.two_way_at,
    act_count.spoke_at,
    last_act.to_many_at,
    COALESCE(act_count.exchanges, 0) AS exchanges,
    COALESCE(act_count.months, 0) AS months,
    COALESCE(act_count.answered, 0) AS answered,
    COALESCE(act_count.unanswered, 0) AS unanswered,
    act_count.answered * 1e0 / NULLIF(act_count.answered + act_count.unanswered, 0) AS reply_rate,
    COALESCE(act_count.meetings, 0) AS meetings,
    COALESCE(act_count.questions, 0) AS questions,
    COALESCE(act_count.initiated, 0) AS initiated,
    COALESCE(attendance.invited, 0) AS invited,
    COALESCE(attendance.attended, 0) AS attended,
    COALESCE(run.as_of - advocacy.happened_at <= rule_depth.advocacy_days * 86400, FALSE) AS advocated,
    COALESCE(silence.unanswered >= rule_depth.ghosting_outreaches, FALSE) AS ghosting,
    last_act.happened_at AS last_act_at,
    tie_strength.now_strength,
    tie_strength.then_strength
FROM member
JOIN pair ON pair.account_key = member.account_key AND pair.person_id = member.person_id
JOIN customer ON customer.account_key = member.account_key
CROSS JOIN run
CROSS JOIN rule_depth
LEFT JOIN confirmed_depth ON confirmed_depth.person_id = member.person_id
LEFT JOIN vanished ON vanished.pair = pair.pair
LEFT JOIN act_count ON act_count.pair = pair.pair
LEFT JOIN last_act ON last_act.pair = pair.pair
LEFT JOIN attendance ON attendance.pair = pair.pair
LEFT JOIN advocacy ON advocacy.person_id = member.person_id
LEFT JOIN silence ON silence.pair = pair.pair
LEFT JOIN (
    SELECT
        pair,
        MAX(CASE WHEN side = 'now' THEN strength END) AS now_strength,
        MAX(CASE WHEN side = 'then' THEN strength END) AS then_strength
    FROM tie_strength
    GROUP BY pair
) AS tie_strength ON tie_strength.pair = pair.pair;

-- The first condition that does not hold names the level below it: the levels are cumulative.
CREATE OR REPLACE TEMP TABLE earned AS
SELECT
    relation.pair,
    CASE
        WHEN relation.departed THEN 'departed'
        WHEN NOT relation.active THEN 'no activity'
        WHEN relation.ghosting THEN 'ghosting'
        WHEN relation.exchanges = 0 THEN 'no exchange'
        WHEN relation.reply_rate < rule_depth.responsive_reply_rate THEN 'low reply rate'
        WHEN relation.months < rule_depth.engaged_months THEN 'too few months'
        WHEN relation.reply_rate < rule_depth.engaged_reply_rate THEN 'reply rate'
        WHEN relation.meetings = 0 AND relation.questions = 0 THEN 'no meeting or question'
        WHEN relation.initiated < rule_depth.trusted_acts THEN 'too few contact-initiated acts'
        WHEN relation.attended < rule_depth.trusted_attendance * relation.invited THEN 'reviews missed'
        WHEN NOT relation.advocated THEN 'no advocacy act'
        ELSE 'all conditions hold'
    END AS why
FROM relation
CROSS JOIN rule_depth;

-- The level a criterion holds a person at; departure comes first, then a human's word, then what the data can tell.
CREATE OR REPLACE TABLE depth AS
SELECT
    relation.account_key,
    relation.person_id,
    CASE
        WHEN relation.departed THEN 0
        WHEN relation.confirmed_level IS NOT NULL THEN relation.confirmed_level
        WHEN NOT relation.activity_known THEN NULL
        ELSE rule_criterion.level
    END AS level,
    CASE
        WHEN relation.departed THEN 'departed'
        WHEN relation.confirmed_level IS NOT NULL THEN 'confirmed by a human'
        WHEN NOT relation.activity_known THEN 'not enough data'
        ELSE earned.why
    END AS why,
    relation.confirmed_level IS NOT NULL AND NOT relation.departed AS confirmed,
    CASE WHEN relation.activity_known THEN COALESCE(relation.now_strength, 0e0) END AS strength,
    CASE
        WHEN NOT relation.activity_known OR relation.now_strength IS NULL THEN NULL
        WHEN relation.ghosting THEN 'ghosting'
        WHEN relation.then_strength > 0
            AND relation.now_strength <= ROUND(relation.then_strength * (1 - rule_depth.trend_change), 6)
            THEN 'fading'
        WHEN relation.now_strength > 0
            AND relation.now_strength >= ROUND(relation.then_strength * (1 + rule_depth.trend_change), 6)
            THEN 'rising'
        ELSE 'steady'
    END AS trend,
    relation.two_way_at,
    CAST(relation.exchanges AS BIGINT) AS exchanges,
    CASE WHEN relation.activity_known THEN relation.reply_rate END AS reply_rate
FROM relation
JOIN earned ON earned.pair = relation.pair
LEFT JOIN rule_criterion ON rule_criterion.why = earned.why
CROSS JOIN rule_depth;

-- Which written acts nobody had asked for: all that explanations need of the readings.
CREATE OR REPLACE TEMP TABLE unasked_act AS
SELECT DISTINCT pair, (stamp >> 20) & 511 AS form, stamp >> 31 AS happened_at
FROM reading
WHERE unasked;

-- What the later steps do not need gives its room back.
DROP VIEW weighed_act;

-- The same for the acts themselves.
DROP TABLE reading;

-- The same for those of crowded days.
DROP TABLE crowded_act;

-- The same for the strengths: explanations ask for those of each colleague (see explain_ties.sql).
DROP TABLE tie_strength;

-- The same for the counts, which stand in relation.
DROP TABLE act_count;

-- The same for the last acts.
DROP TABLE last_act;

-- The same for silences.
DROP TABLE silence;

-- The same for what was earned.
DROP TABLE earned;
