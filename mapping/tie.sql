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
-- time), and one look back tells when something was and what it was. `stamp` is the moment, 29 bits up, with the form of
-- the act (nine bits) and the others it was shared with (twenty bits) below: one number that is sorted and carried, and
-- acts of one moment have an order. From the inside out: what came before and after each act (`turn`: the last message or
-- call, `heard` and `answer`: the last and next act that came from the contact too); our first outbound after an inbound,
-- which is an answer, told from outreach; the last outreach before each act. One statement of few columns: the sorts cost
-- what they cost, but every column that is only carried through them costs a part of a sort, and every table in between
-- was two million rows written and read again.
CREATE OR REPLACE TEMP TABLE reading AS
SELECT
    pair,
    stamp,
    outreach AND (outreach_stamp IS NULL
        OR FLOOR((outreach_stamp >> 29) / 345600e0) < FLOOR((stamp >> 29) / 345600e0)) AS outreach,
    answered,
    answering OR (inbound AND (outreach_stamp >> 29) > COALESCE(heard >> 29, (outreach_stamp >> 29) - 1)
        AND (stamp >> 31) - (outreach_stamp >> 31) <= rule_depth.answer_days * 86400) AS exchange,
    inbound AND (outreach_stamp IS NULL
        OR (stamp >> 31) - (outreach_stamp >> 31) > rule_depth.initiated_days * 86400) AS unasked,
    crowded
FROM (
    SELECT
        *,
        LAG(CASE WHEN outreach THEN stamp END IGNORE NULLS) OVER (PARTITION BY pair ORDER BY stamp)
            AS outreach_stamp
    FROM (
        SELECT
            pair,
            stamp,
            heard,
            ((stamp >> 29) & 3) = 3 AS inbound,
            ((stamp >> 29) & 1) = 0 AND COALESCE(((turn >> 29) & 3) <> 3, TRUE) AS outreach,
            COALESCE((answer >> 31) - (stamp >> 31) <= rule_depth.answer_days * 86400, FALSE) AS answered,
            COALESCE(((stamp >> 29) & 1) = 0 AND ((turn >> 29) & 3) = 3
                AND (stamp >> 31) - (turn >> 31) <= rule_depth.answer_days * 86400, FALSE) AS answering,
            COALESCE(FLOOR((third_last >> 29) / 345600e0) = FLOOR((stamp >> 29) / 345600e0), FALSE) AS crowded
        FROM (
            SELECT
                *,
                LAG(CASE WHEN ((stamp >> 29) & 3) <> 1 THEN stamp END IGNORE NULLS) OVER in_time AS turn,
                LAG(CASE WHEN ((stamp >> 29) & 3) > 0 THEN stamp END IGNORE NULLS) OVER in_time AS heard,
                CASE
                    WHEN ((stamp >> 29) & 3) > 0 THEN stamp
                    ELSE LEAD(CASE WHEN ((stamp >> 29) & 3) > 0 THEN stamp END IGNORE NULLS) OVER in_time
                END AS answer,
                LAG(stamp, 3) OVER in_time AS third_last
            FROM (
                SELECT
                    pair_act.pair,
                    (pair_act.happened_at * 4 + CASE
                        WHEN NOT act_form.inward THEN 0
                        WHEN act_form.mutual THEN 1
                        WHEN act_form.outward AND NOT act_form.started_by_contact THEN 2
                        ELSE 3
                    END) * 536870912 + pair_act.form * 1048576 + LEAST(pair_act.others, 1048575) AS stamp
                FROM pair_act
                JOIN act_form ON act_form.form = pair_act.form
                WHERE act_form.held
                    AND NOT act_form.one_to_many
                    AND (act_form.inward OR act_form.outward)
            ) AS personal_act
            WINDOW in_time AS (PARTITION BY pair ORDER BY stamp)
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
        run.as_of - (reading.stamp >> 31) AS age,
        ROW_NUMBER() OVER (PARTITION BY reading.pair ORDER BY reading.stamp DESC) AS back
    FROM reading
    CROSS JOIN run
    CROSS JOIN rule_depth
    WHERE reading.outreach
        AND run.as_of - (reading.stamp >> 31) <= rule_depth.memory_days * 86400
) AS latest
CROSS JOIN rule_depth
WHERE latest.back <= rule_depth.ghosting_outreaches
GROUP BY latest.pair;

-- What each form of an act weighs: as a rule, when nobody had asked for it, alone with an executive. `code` is the form
-- times four, plus two when nobody had asked, plus one for an executive: one number finds it, here and where ties are
-- explained.
CREATE OR REPLACE TEMP TABLE form_weight AS
SELECT
    form.code, form.mutual, form.inward, form.outward, form.in_times, form.out_times, form.question, form.organised,
    form.event, rule_event.weight
FROM (
    SELECT
        act_form.form * 4 + unasked.bit * 2 + executive.bit AS code,
        act_form.mutual,
        act_form.inward,
        act_form.outward,
        CASE WHEN act_form.inward THEN 1e0 ELSE 0e0 END AS in_times,
        CASE WHEN act_form.outward THEN 1e0 ELSE 0e0 END AS out_times,
        act_form.kind = 'case' OR unasked.bit = 1 AS question,
        act_form.mutual AND act_form.started_by_contact AS organised,
        CASE
            WHEN act_form.one_to_one AND executive.bit = 1 THEN 'executive'
            WHEN act_form.written AND unasked.bit = 1 THEN 'question'
            ELSE act_form.kind
        END AS event
    FROM act_form
    CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS unasked
    CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS executive
) AS form
LEFT JOIN rule_event ON rule_event.kind = form.event;

-- The acts of days on which a pair had more than a few: they are ranked below. A table of its own, or else all acts were
-- weighed a second time to be thrown away.
CREATE OR REPLACE TEMP TABLE crowded_act AS
SELECT reading.*
FROM reading
JOIN (
    SELECT DISTINCT pair, CAST(FLOOR((stamp >> 31) / 86400e0) AS BIGINT) AS day FROM reading WHERE crowded
) AS crowded_day
    ON crowded_day.pair = reading.pair
    AND crowded_day.day = CAST(FLOOR((reading.stamp >> 31) / 86400e0) AS BIGINT);

-- What each act adds to a tie, in millionths, now and as it stood one trend period ago: the weight of its kind by the
-- number of people it was shared with, faded. Whole numbers, so that the order of rows cannot change a sum. A view: its
-- rows are summed at once, and the few of crowded days are looked at `again`.
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
        act.again,
        act.pair,
        act.outreach,
        act.answered,
        act.exchange OR (form_weight.inward AND form_weight.outward) AS exchange,
        act.stamp >> 31 AS happened_at,
        form_weight.inward,
        form_weight.outward,
        form_weight.in_times,
        form_weight.out_times,
        form_weight.mutual AS met,
        form_weight.question,
        form_weight.organised,
        run.as_of - (act.stamp >> 31) AS age,
        CAST(FLOOR((act.stamp >> 31) / 86400e0) AS BIGINT) AS day,
        form_weight.event,
        form_weight.weight / SQRT(act.stamp & 1048575) AS share,
        rule_depth.half_life_days,
        rule_depth.trend_days,
        rule_depth.window_days,
        rule_depth.month_days,
        rule_depth.answer_days
    FROM (
        SELECT *, FALSE AS again FROM reading
        UNION ALL
        SELECT *, TRUE AS again FROM crowded_act
    ) AS act
    LEFT JOIN executive ON executive.pair = act.pair
    JOIN form_weight
        ON form_weight.code = ((act.stamp >> 20) & 511) * 4 + CASE WHEN act.unasked THEN 2 ELSE 0 END
            + CASE WHEN executive.pair IS NULL THEN 0 ELSE 1 END
    CROSS JOIN run
    CROSS JOIN rule_depth
) AS event;

-- Everything that is summed over the acts of a pair, in one pass: the counts that the levels ask for, over the trailing
-- window, and the sums of both directions. Each of the two alone took as long as both together. A product by none or one
-- is summed faster than what a condition lets through.
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
    SUM(now_part * in_times) AS in_now,
    SUM(now_part * out_times) AS out_now,
    SUM(then_part * in_times) AS in_then,
    SUM(then_part * out_times) AS out_then
FROM weighed_act
WHERE NOT again
GROUP BY pair;

-- Of a kind and day only the strongest few acts count: what the others of crowded days have added, to be taken off.
CREATE OR REPLACE TEMP TABLE excess AS
SELECT
    ranked.pair,
    SUM(ranked.now_part * ranked.in_times) AS in_now,
    SUM(ranked.now_part * ranked.out_times) AS out_now,
    SUM(ranked.then_part * ranked.in_times) AS in_then,
    SUM(ranked.then_part * ranked.out_times) AS out_then
FROM (
    SELECT
        weighed_act.*,
        ROW_NUMBER() OVER (
            PARTITION BY weighed_act.pair, weighed_act.event, weighed_act.day
            ORDER BY weighed_act.share DESC, weighed_act.happened_at DESC, weighed_act.inward, weighed_act.outward
        ) AS back
    FROM weighed_act
    WHERE weighed_act.again
        AND weighed_act.share IS NOT NULL
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

-- Both directions of each tie, now and as they stood then.
CREATE OR REPLACE TEMP VIEW tie_flow AS
SELECT pair, 'now' AS side, in_now AS received, out_now AS sent
FROM tie_sum
UNION ALL
SELECT pair, 'then' AS side, in_then AS received, out_then AS sent
FROM tie_sum;
