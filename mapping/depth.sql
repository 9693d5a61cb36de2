-- What each act is in the words of the domain: outreach (one a day) and whether it was answered, exchange, contact-
-- initiated. From the inside out: personal acts on one line of time (of one instant what we wrote comes first, so that
-- an answer of the same day is an answer and nothing is called contact-initiated for want of a clock time); what came
-- before and after each act; our first outbound after an inbound, which is an answer, told from outreach; the last
-- outreach before each act. At one instant an inbound stands after an outbound, so equal times mean that the inbound
-- came later. One statement: the sorts cost what they cost, but every table in between was two million rows written
-- and read again, a third of this step.
CREATE OR REPLACE TEMP TABLE reading AS
SELECT
    pair,
    number,
    kind,
    happened_at,
    direction,
    others,
    one_to_one,
    organised,
    run.as_of - happened_at AS age,
    outreach AND (outreach_at IS NULL OR FLOOR(outreach_at / 86400e0) < FLOOR(happened_at / 86400e0)) AS outreach,
    COALESCE(answered_at - happened_at <= rule_depth.answer_days * 86400, FALSE) AS answered,
    direction = 'both'
        OR (inbound AND outreach_at > COALESCE(answering_at, outreach_at - 1)
            AND happened_at - outreach_at <= rule_depth.answer_days * 86400)
        OR (answer AND happened_at - inbound_at <= rule_depth.answer_days * 86400) AS exchange,
    kind = 'case'
        OR (inbound AND (outreach_at IS NULL OR happened_at - outreach_at > rule_depth.initiated_days * 86400))
            AS question,
    kind IN ('meeting', 'review') AS met,
    CAST(FLOOR(happened_at / 86400e0) AS BIGINT) AS day,
    third_last_at IS NOT NULL AND FLOOR(third_last_at / 86400e0) = FLOOR(happened_at / 86400e0) AS crowded
FROM (
    SELECT
        *,
        MAX(CASE WHEN outreach THEN happened_at END) OVER (
            PARTITION BY pair ORDER BY moment ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS outreach_at
    FROM (
        SELECT
            *,
            outbound AND inbound_at IS NOT NULL AND (outbound_at IS NULL OR inbound_at >= outbound_at) AS answer,
            outbound AND (inbound_at IS NULL OR inbound_at < outbound_at) AS outreach
        FROM (
            SELECT
                *,
                MAX(CASE WHEN inbound THEN happened_at END) OVER earlier AS inbound_at,
                MAX(CASE WHEN outbound THEN happened_at END) OVER earlier AS outbound_at,
                MAX(CASE WHEN answering THEN happened_at END) OVER earlier AS answering_at,
                MIN(CASE WHEN answering THEN happened_at END) OVER later AS answered_at,
                LAG(happened_at, 3) OVER in_time AS third_last_at
            FROM (
                SELECT
                    pair,
                    number,
                    kind,
                    happened_at,
                    direction,
                    others,
                    one_to_one,
                    kind IN ('meeting', 'review') AND started_by_contact AS organised,
                    kind IN ('email', 'message', 'call')
                        AND (direction = 'out' OR (direction = 'both' AND NOT started_by_contact)) AS outbound,
                    direction = 'in' OR (kind = 'call' AND direction = 'both' AND started_by_contact) AS inbound,
                    direction IN ('in', 'both') AS answering,
                    happened_at * 4 + CASE
                        WHEN direction = 'out' THEN 0
                        WHEN direction = 'both' AND NOT (kind = 'call' AND started_by_contact) THEN 1
                        ELSE 2
                    END AS moment
                FROM pair_act
                WHERE held
                    AND NOT one_to_many
                    AND direction IS NOT NULL
            ) AS personal_act
            WINDOW
                in_time AS (PARTITION BY pair ORDER BY moment),
                earlier AS (PARTITION BY pair ORDER BY moment ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                later AS (PARTITION BY pair ORDER BY moment ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
        ) AS act_context
    ) AS told_apart
) AS act_reading
CROSS JOIN run
CROSS JOIN rule_depth;

-- The last outreaches of a pair, newest first, for ghosting.
CREATE OR REPLACE TEMP TABLE silence AS
SELECT
    latest.pair,
    SUM(CASE WHEN latest.answered OR latest.age <= rule_depth.answer_days * 86400 THEN 0 ELSE 1 END) AS unanswered
FROM (
    SELECT
        reading.pair,
        reading.answered,
        reading.age,
        ROW_NUMBER() OVER (PARTITION BY reading.pair ORDER BY reading.happened_at DESC) AS back
    FROM reading
    CROSS JOIN rule_depth
    WHERE reading.outreach
        AND reading.age <= rule_depth.memory_days * 86400
) AS latest
CROSS JOIN rule_depth
WHERE latest.back <= rule_depth.ghosting_outreaches
GROUP BY latest.pair;

-- The counts that the levels ask for, over the trailing window.
CREATE OR REPLACE TEMP TABLE act_count AS
SELECT
    reading.pair,
    MAX(CASE WHEN reading.exchange THEN reading.happened_at END) AS two_way_at,
    SUM(CASE WHEN reading.exchange AND reading.age <= rule_depth.window_days * 86400 THEN 1 ELSE 0 END) AS exchanges,
    MAX(CASE WHEN reading.exchange AND reading.age < rule_depth.month_days * 86400 THEN 1 ELSE 0 END)
        + MAX(CASE
            WHEN reading.exchange AND reading.age >= rule_depth.month_days * 86400
                AND reading.age < 2 * rule_depth.month_days * 86400 THEN 1
            ELSE 0
        END)
        + MAX(CASE
            WHEN reading.exchange AND reading.age >= 2 * rule_depth.month_days * 86400
                AND reading.age < 3 * rule_depth.month_days * 86400 THEN 1
            ELSE 0
        END) AS months,
    SUM(CASE WHEN reading.outreach AND reading.answered
        AND reading.age <= rule_depth.window_days * 86400 THEN 1 ELSE 0 END)
        AS answered,
    SUM(CASE
        WHEN reading.outreach AND NOT reading.answered AND reading.age <= rule_depth.window_days * 86400
            AND reading.age > rule_depth.answer_days * 86400 THEN 1
        ELSE 0
    END) AS unanswered,
    SUM(CASE WHEN reading.met AND reading.age <= rule_depth.window_days * 86400 THEN 1 ELSE 0 END) AS meetings,
    SUM(CASE WHEN reading.question AND reading.age <= rule_depth.window_days * 86400 THEN 1 ELSE 0 END) AS questions,
    SUM(CASE WHEN (reading.question OR reading.organised)
        AND reading.age <= rule_depth.window_days * 86400 THEN 1 ELSE 0 END)
        AS initiated
FROM reading
CROSS JOIN rule_depth
GROUP BY reading.pair;

-- Any personal act, also one whose direction nobody recorded, shows that the person exists.
CREATE OR REPLACE TEMP TABLE last_act AS
SELECT pair, MAX(happened_at) AS happened_at
FROM pair_act
WHERE held
    AND NOT one_to_many
GROUP BY pair;

-- Reviews of the window: how many the person was invited to and attended.
CREATE OR REPLACE TEMP TABLE attendance AS
SELECT
    pair_act.pair,
    COUNT(*) AS invited,
    SUM(CASE WHEN pair_act.held THEN 1 ELSE 0 END) AS attended
FROM pair_act
CROSS JOIN run
CROSS JOIN rule_depth
WHERE pair_act.kind = 'review'
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

-- People of the highest title level: one-to-one meetings with them weigh most.
CREATE OR REPLACE TEMP TABLE executive AS
SELECT DISTINCT pair.pair
FROM person_fact
JOIN pair ON pair.person_id = person_fact.person_id
WHERE person_fact.level = 'c-level';

-- Days on which so much happened between a pair that not every event may count.
CREATE OR REPLACE TEMP TABLE crowded_day AS
SELECT DISTINCT pair, day
FROM reading
WHERE crowded;

-- What each act adds to a tie before it fades: the weight of its kind by the number of people it was shared with.
CREATE OR REPLACE TEMP TABLE weighed_act AS
SELECT
    reading.pair,
    reading.direction,
    reading.happened_at,
    reading.day,
    reading.age,
    rule_event.kind,
    rule_event.weight / SQRT(reading.others) AS share,
    crowded_day.pair IS NOT NULL AS crowded
FROM reading
LEFT JOIN executive ON executive.pair = reading.pair
LEFT JOIN crowded_day ON crowded_day.pair = reading.pair AND crowded_day.day = reading.day
JOIN rule_event
    ON rule_event.kind = CASE
        WHEN reading.one_to_one AND executive.pair IS NOT NULL THEN 'executive'
        WHEN reading.kind IN ('email', 'message') AND reading.question THEN 'question'
        ELSE reading.kind
    END;

-- The sums of both directions in millionths, now and as they stood one trend period ago; of a kind and day only the
-- strongest few acts count. Whole numbers, so that the order of rows cannot change a sum.
CREATE OR REPLACE TEMP TABLE tie_sum AS
SELECT
    pair,
    SUM(CASE WHEN direction IN ('in', 'both') THEN now_part ELSE 0 END) / 1e6 AS in_now,
    SUM(CASE WHEN direction IN ('out', 'both') THEN now_part ELSE 0 END) / 1e6 AS out_now,
    SUM(CASE WHEN direction IN ('in', 'both') THEN then_part ELSE 0 END) / 1e6 AS in_then,
    SUM(CASE WHEN direction IN ('out', 'both') THEN then_part ELSE 0 END) / 1e6 AS out_then
FROM (
    SELECT
        tie_event.pair,
        tie_event.direction,
        CAST(ROUND(1e6 * tie_event.share * POWER(5e-1, tie_event.age / (86400e0 * rule_depth.half_life_days)))
            AS BIGINT)
            AS now_part,
        CASE
            WHEN tie_event.age < rule_depth.trend_days * 86400 THEN 0
            ELSE CAST(ROUND(1e6 * tie_event.share
                * POWER(5e-1,
                    (tie_event.age - rule_depth.trend_days * 86400) / (86400e0 * rule_depth.half_life_days))) AS BIGINT)
        END AS then_part
    FROM (
        SELECT pair, direction, age, share
        FROM weighed_act
        WHERE NOT crowded
        UNION ALL
        SELECT ranked.pair, ranked.direction, ranked.age, ranked.share
        FROM (
            SELECT
                pair,
                direction,
                age,
                share,
                ROW_NUMBER() OVER (
                    PARTITION BY pair, kind, day ORDER BY share DESC, happened_at DESC, COALESCE(direction, '')
                ) AS back
            FROM weighed_act
            WHERE crowded
        ) AS ranked
        CROSS JOIN rule_depth
        WHERE ranked.back <= rule_depth.daily_cap
    ) AS tie_event
    CROSS JOIN rule_depth
) AS part
GROUP BY pair;

-- Tie strength 0-100: volume by reciprocity, capped when only we write.
CREATE OR REPLACE TEMP TABLE tie_strength AS
SELECT
    moment.pair,
    MAX(CASE WHEN moment.present THEN moment.strength END) AS now_strength,
    MAX(CASE WHEN NOT moment.present THEN moment.strength END) AS then_strength
FROM (
    SELECT
        flow.pair,
        flow.present,
        ROUND(LEAST(
            CASE WHEN flow.received > 0 THEN 1e2 ELSE rule_depth.one_way_cap END,
            1e2 * (1e0 - EXP(-(flow.received + rule_depth.out_weight * flow.sent) / rule_depth.saturation))
                * (5e-1 + 5e-1 * CASE
                    WHEN flow.received + flow.sent > 0
                        THEN 2e0 * LEAST(flow.received, flow.sent) / (flow.received + flow.sent)
                    ELSE 0
                END)
        ), 6) AS strength
    FROM (
        SELECT pair, TRUE AS present, in_now AS received, out_now AS sent FROM tie_sum
        UNION ALL
        SELECT pair, FALSE AS present, in_then AS received, out_then AS sent FROM tie_sum
    ) AS flow
    CROSS JOIN rule_depth
) AS moment
GROUP BY moment.pair;

-- Everything known about a relationship on one row, a row for every member; nothing that happened counts as 0.
CREATE OR REPLACE TEMP TABLE relation AS
SELECT
    pair.pair,
    member.account_key,
    member.person_id,
    member.departed,
    customer.activity_known,
    confirmed_depth.level AS confirmed_level,
    COALESCE(run.as_of - last_act.happened_at <= rule_depth.memory_days * 86400, FALSE) AS active,
    act_count.two_way_at,
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
LEFT JOIN act_count ON act_count.pair = pair.pair
LEFT JOIN last_act ON last_act.pair = pair.pair
LEFT JOIN attendance ON attendance.pair = pair.pair
LEFT JOIN advocacy ON advocacy.person_id = member.person_id
LEFT JOIN silence ON silence.pair = pair.pair
LEFT JOIN tie_strength ON tie_strength.pair = pair.pair;

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
