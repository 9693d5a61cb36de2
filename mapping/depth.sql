-- People of the highest title level: one-to-one meetings with them weigh most.
CREATE OR REPLACE TEMP TABLE executive AS
SELECT DISTINCT pair.pair
FROM person_fact
JOIN pair ON pair.person_id = person_fact.person_id
WHERE person_fact.level = 'c-level';

-- What each act is in the words of the domain: outreach (one a day) and whether it was answered, exchange, contact-
-- initiated. `moment` is the time of an act times four, plus what it was: 0 we wrote or tried to call, 1 both met, 2 we
-- called and spoke, 3 the contact turned to us. So personal acts stand on one line (of one instant what we wrote comes
-- first, so that an answer of the same day is an answer and nothing is called contact-initiated for want of a clock
-- time), and one look back tells when something was and what it was. From the inside out: what came before and
-- after each act (`turn`: the last message or call, `heard` and `answer`: the last and next act that came from the
-- contact too); our first outbound after an inbound, which is an answer, told from outreach; the last outreach before
-- each act. One statement of few columns: the sorts cost what they cost, but every column that is only carried through
-- them cost a tenth of a sort, and every table in between was two million rows written and read again.
CREATE OR REPLACE TEMP TABLE reading AS
SELECT
    pair,
    moment,
    others,
    form,
    outreach AND (outreach_moment IS NULL
        OR FLOOR(outreach_moment / 345600e0) < FLOOR(moment / 345600e0)) AS outreach,
    answered,
    answering OR (inbound AND outreach_moment > COALESCE(heard, outreach_moment - 1)
        AND FLOOR(moment / 4e0) - FLOOR(outreach_moment / 4e0) <= rule_depth.answer_days * 86400) AS exchange,
    inbound AND (outreach_moment IS NULL
        OR FLOOR(moment / 4e0) - FLOOR(outreach_moment / 4e0) > rule_depth.initiated_days * 86400) AS unasked,
    crowded
FROM (
    SELECT
        *,
        LAG(CASE WHEN outreach THEN moment END IGNORE NULLS) OVER (PARTITION BY pair ORDER BY moment)
            AS outreach_moment
    FROM (
        SELECT
            pair,
            moment,
            others,
            form,
            heard,
            moment % 4 = 3 AS inbound,
            moment % 2 = 0 AND COALESCE(turn % 4 <> 3, TRUE) AS outreach,
            COALESCE(FLOOR(answer / 4e0) - FLOOR(moment / 4e0) <= rule_depth.answer_days * 86400, FALSE) AS answered,
            COALESCE(moment % 2 = 0 AND turn % 4 = 3
                AND FLOOR(moment / 4e0) - FLOOR(turn / 4e0) <= rule_depth.answer_days * 86400, FALSE) AS answering,
            COALESCE(FLOOR(third_last / 345600e0) = FLOOR(moment / 345600e0), FALSE) AS crowded
        FROM (
            SELECT
                *,
                LAG(CASE WHEN moment % 4 <> 1 THEN moment END IGNORE NULLS) OVER in_time AS turn,
                LAG(CASE WHEN moment % 4 > 0 THEN moment END IGNORE NULLS) OVER in_time AS heard,
                CASE
                    WHEN moment % 4 > 0 THEN moment
                    ELSE LEAD(CASE WHEN moment % 4 > 0 THEN moment END IGNORE NULLS) OVER in_time
                END AS answer,
                LAG(moment, 3) OVER in_time AS third_last
            FROM (
                SELECT
                    pair_act.pair,
                    pair_act.others,
                    pair_act.form,
                    pair_act.happened_at * 4 + CASE
                        WHEN NOT act_form.inward THEN 0
                        WHEN act_form.mutual THEN 1
                        WHEN act_form.outward AND NOT act_form.started_by_contact THEN 2
                        ELSE 3
                    END AS moment
                FROM pair_act
                JOIN act_form ON act_form.form = pair_act.form
                WHERE act_form.held
                    AND NOT act_form.one_to_many
                    AND (act_form.inward OR act_form.outward)
            ) AS personal_act
            WINDOW in_time AS (PARTITION BY pair ORDER BY moment)
        ) AS act_context
        CROSS JOIN rule_depth
    ) AS told_apart
) AS act_reading
CROSS JOIN rule_depth;

-- The last outreaches of a pair, newest first, for ghosting.
CREATE OR REPLACE TEMP TABLE silence AS
SELECT
    latest.pair,
    SUM(CASE WHEN latest.answered OR latest.age <= rule_depth.answer_days * 86400 THEN 0 ELSE 1 END) AS unanswered,
    MAX(latest.age) AS first_age
FROM (
    SELECT
        reading.pair,
        reading.answered,
        run.as_of - CAST(FLOOR(reading.moment / 4e0) AS BIGINT) AS age,
        ROW_NUMBER() OVER (PARTITION BY reading.pair ORDER BY reading.moment DESC) AS back
    FROM reading
    CROSS JOIN run
    CROSS JOIN rule_depth
    WHERE reading.outreach
        AND run.as_of - CAST(FLOOR(reading.moment / 4e0) AS BIGINT) <= rule_depth.memory_days * 86400
) AS latest
CROSS JOIN rule_depth
WHERE latest.back <= rule_depth.ghosting_outreaches
GROUP BY latest.pair;

-- What each form of an act weighs: as a rule, when nobody had asked for it, alone with an executive.
CREATE OR REPLACE TEMP TABLE form_weight AS
SELECT
    act_form.form, act_form.kind, act_form.written, act_form.mutual, act_form.inward, act_form.outward,
    act_form.one_to_one,
    act_form.kind = 'case' AS request,
    act_form.mutual AND act_form.started_by_contact AS organised,
    usual.weight AS usual_weight,
    question.weight AS question_weight,
    executive.weight AS executive_weight
FROM act_form
LEFT JOIN rule_event AS usual ON usual.kind = act_form.kind
LEFT JOIN rule_event AS question ON question.kind = 'question'
LEFT JOIN rule_event AS executive ON executive.kind = 'executive';

-- What each act adds to a tie, in millionths, now and as it stood one trend period ago: the weight of its kind by the
-- number of people it was shared with, faded. Whole numbers, so that the order of rows cannot change a sum. A view: its
-- rows are summed at once, and the few of crowded days are looked at again.
CREATE OR REPLACE TEMP VIEW weighed_act AS
SELECT
    *,
    ROUND(1e6 * share * POWER(5e-1, age / (86400e0 * half_life_days))) AS now_part,
    CASE
        WHEN age < trend_days * 86400 THEN 0
        ELSE ROUND(1e6 * share * POWER(5e-1, (age - trend_days * 86400) / (86400e0 * half_life_days)))
    END AS then_part
FROM (
    SELECT
        reading.pair,
        reading.outreach,
        reading.answered,
        reading.exchange OR (form_weight.inward AND form_weight.outward) AS exchange,
        reading.crowded,
        CAST(FLOOR(reading.moment / 4e0) AS BIGINT) AS happened_at,
        form_weight.inward,
        form_weight.outward,
        form_weight.mutual AS met,
        form_weight.request OR reading.unasked AS question,
        form_weight.organised,
        run.as_of - CAST(FLOOR(reading.moment / 4e0) AS BIGINT) AS age,
        CAST(FLOOR(reading.moment / 345600e0) AS BIGINT) AS day,
        CASE
            WHEN form_weight.one_to_one AND executive.pair IS NOT NULL THEN 'executive'
            WHEN form_weight.written AND reading.unasked THEN 'question'
            ELSE form_weight.kind
        END AS event,
        CASE
            WHEN form_weight.one_to_one AND executive.pair IS NOT NULL THEN form_weight.executive_weight
            WHEN form_weight.written AND reading.unasked THEN form_weight.question_weight
            ELSE form_weight.usual_weight
        END / SQRT(reading.others) AS share,
        rule_depth.half_life_days,
        rule_depth.trend_days,
        rule_depth.window_days,
        rule_depth.month_days,
        rule_depth.answer_days
    FROM reading
    JOIN form_weight ON form_weight.form = reading.form
    LEFT JOIN executive ON executive.pair = reading.pair
    CROSS JOIN run
    CROSS JOIN rule_depth
) AS event;

-- Everything that is summed over the acts of a pair, in one pass: the counts that the levels ask for, over the trailing
-- window, and the sums of both directions. Each of the two alone took as long as both together.
CREATE OR REPLACE TEMP TABLE act_count AS
SELECT
    pair,
    MAX(happened_at) AS last_at,
    MAX(CASE WHEN exchange THEN happened_at END) AS two_way_at,
    MAX(CASE WHEN inward AND outward THEN happened_at END) AS spoke_at,
    MAX(CASE WHEN inward THEN happened_at END) AS heard_at,
    MIN(CASE WHEN inward THEN happened_at END) AS first_heard_at,
    COUNT(CASE WHEN inward THEN 1 END) AS heard,
    COUNT(CASE WHEN exchange AND age <= window_days * 86400 THEN 1 END) AS exchanges,
    MAX(CASE WHEN exchange AND age < month_days * 86400 THEN 1 ELSE 0 END)
        + MAX(CASE WHEN exchange AND age >= month_days * 86400 AND age < 2 * month_days * 86400 THEN 1 ELSE 0 END)
        + MAX(CASE WHEN exchange AND age >= 2 * month_days * 86400 AND age < 3 * month_days * 86400 THEN 1 ELSE 0 END)
        AS months,
    COUNT(CASE WHEN outreach AND answered AND age <= window_days * 86400 THEN 1 END) AS answered,
    COUNT(CASE
        WHEN outreach AND NOT answered AND age <= window_days * 86400 AND age > answer_days * 86400 THEN 1
    END) AS unanswered,
    COUNT(CASE WHEN met AND age <= window_days * 86400 THEN 1 END) AS meetings,
    COUNT(CASE WHEN question AND age <= window_days * 86400 THEN 1 END) AS questions,
    COUNT(CASE WHEN (question OR organised) AND age <= window_days * 86400 THEN 1 END) AS initiated,
    COUNT(share) AS weighed,
    SUM(CASE WHEN inward THEN now_part END) AS in_now,
    SUM(CASE WHEN outward THEN now_part END) AS out_now,
    SUM(CASE WHEN inward THEN then_part END) AS in_then,
    SUM(CASE WHEN outward THEN then_part END) AS out_then
FROM weighed_act
GROUP BY pair;

-- Of a kind and day only the strongest few acts count: what the others of crowded days have added, to be taken off.
CREATE OR REPLACE TEMP TABLE excess AS
SELECT
    ranked.pair,
    SUM(CASE WHEN ranked.inward THEN ranked.now_part END) AS in_now,
    SUM(CASE WHEN ranked.outward THEN ranked.now_part END) AS out_now,
    SUM(CASE WHEN ranked.inward THEN ranked.then_part END) AS in_then,
    SUM(CASE WHEN ranked.outward THEN ranked.then_part END) AS out_then
FROM (
    SELECT
        weighed_act.*,
        ROW_NUMBER() OVER (
            PARTITION BY weighed_act.pair, weighed_act.event, weighed_act.day
            ORDER BY weighed_act.share DESC, weighed_act.happened_at DESC, weighed_act.inward, weighed_act.outward
        ) AS back
    FROM weighed_act
    JOIN (
        SELECT DISTINCT pair, CAST(FLOOR(moment / 345600e0) AS BIGINT) AS day FROM reading WHERE crowded
    ) AS crowded_day ON crowded_day.pair = weighed_act.pair AND crowded_day.day = weighed_act.day
    WHERE weighed_act.share IS NOT NULL
) AS ranked
CROSS JOIN rule_depth
WHERE ranked.back > rule_depth.daily_cap
GROUP BY ranked.pair;

-- The sums of both directions, now and as they stood one trend period ago.
CREATE OR REPLACE TEMP TABLE tie_sum AS
SELECT
    act_count.pair,
    (COALESCE(act_count.in_now, 0) - COALESCE(excess.in_now, 0)) / 1e6 AS in_now,
    (COALESCE(act_count.out_now, 0) - COALESCE(excess.out_now, 0)) / 1e6 AS out_now,
    (COALESCE(act_count.in_then, 0) - COALESCE(excess.in_then, 0)) / 1e6 AS in_then,
    (COALESCE(act_count.out_then, 0) - COALESCE(excess.out_then, 0)) / 1e6 AS out_then
FROM act_count
LEFT JOIN excess ON excess.pair = act_count.pair
WHERE act_count.weighed > 0;

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

-- Which written acts nobody had asked for: all that explanations need of the readings.
CREATE OR REPLACE TEMP TABLE unasked_act AS
SELECT DISTINCT pair, form, CAST(FLOOR(moment / 4e0) AS BIGINT) AS happened_at
FROM reading
WHERE unasked;

-- What the later steps do not need gives its room back.
DROP VIEW weighed_act;

-- The same for the acts themselves.
DROP TABLE reading;
