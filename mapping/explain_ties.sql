-- The acts that count for the ties of explained role-holders, by their numbers.
CREATE OR REPLACE TEMP TABLE tie_act AS
SELECT pair_act.pair, pair_act.number, pair_act.happened_at, pair_act.others, pair_act.form
FROM (
    SELECT DISTINCT role.account_key, role.person_id
    FROM explained_contact
    JOIN role
        ON role.account_key = explained_contact.account_key AND role.person_id = explained_contact.person_id
            AND role.role IN ('buyer', 'champion')
) AS held
JOIN pair ON pair.account_key = held.account_key AND pair.person_id = held.person_id
JOIN pair_act ON pair_act.pair = pair.pair
JOIN act_form
    ON act_form.form = pair_act.form AND act_form.held AND NOT act_form.one_to_many
        AND (act_form.inward OR act_form.outward);

-- What each of them adds to the tie, faded, and which colleague of ours owns it.
CREATE OR REPLACE TEMP TABLE weighed_tie AS
SELECT
    tie_act.pair,
    colleague.colleague,
    weight.event,
    weight.inward,
    weight.outward,
    tie_act.happened_at,
    CAST(FLOOR(tie_act.happened_at / 86400e0) AS BIGINT) AS day,
    weight.weight / SQRT(tie_act.others) AS share,
    ROUND(1e6 * weight.weight / SQRT(tie_act.others) * POWER(5e-1, (run.as_of - tie_act.happened_at)
        / (86400e0 * rule_depth.half_life_days))) AS part
FROM tie_act
JOIN act ON act.number = tie_act.number
JOIN user_number ON user_number.owner = act.owner
JOIN colleague ON colleague.source = user_number.source AND colleague.id = user_number.id
LEFT JOIN executive ON executive.pair = tie_act.pair
LEFT JOIN unasked_act AS unasked
    ON unasked.pair = tie_act.pair AND unasked.form = tie_act.form AND unasked.happened_at = tie_act.happened_at
CROSS JOIN run
CROSS JOIN rule_depth
JOIN form_weight AS weight
    ON weight.code = tie_act.form * 4 + CASE WHEN unasked.pair IS NULL THEN 0 ELSE 2 END
        + CASE WHEN executive.pair IS NULL THEN 0 ELSE 1 END;

-- The days on which there were more of them than may count; only their acts are ranked.
CREATE OR REPLACE TEMP TABLE crowded_tie AS
SELECT weighed_tie.pair, weighed_tie.day
FROM weighed_tie
CROSS JOIN rule_depth
GROUP BY weighed_tie.pair, weighed_tie.day, rule_depth.daily_cap
HAVING COUNT(*) > rule_depth.daily_cap;

-- What each colleague of ours has put into a tie: of a kind and day the strongest few acts.
CREATE OR REPLACE TEMP TABLE colleague_act AS
SELECT weighed_tie.pair, weighed_tie.colleague, weighed_tie.inward, weighed_tie.outward, weighed_tie.part
FROM weighed_tie
LEFT JOIN crowded_tie ON crowded_tie.pair = weighed_tie.pair AND crowded_tie.day = weighed_tie.day
WHERE crowded_tie.pair IS NULL
UNION ALL
SELECT ranked.pair, ranked.colleague, ranked.inward, ranked.outward, ranked.part
FROM (
    SELECT
        weighed_tie.*,
        ROW_NUMBER() OVER (
            PARTITION BY weighed_tie.pair, weighed_tie.colleague, weighed_tie.event, weighed_tie.day
            ORDER BY weighed_tie.share DESC, weighed_tie.happened_at DESC, weighed_tie.inward, weighed_tie.outward
        ) AS place
    FROM weighed_tie
    JOIN crowded_tie ON crowded_tie.pair = weighed_tie.pair AND crowded_tie.day = weighed_tie.day
) AS ranked
CROSS JOIN rule_depth
WHERE ranked.place <= rule_depth.daily_cap;

-- Both directions of each colleague's part in the tie.
CREATE OR REPLACE TEMP VIEW tie_flow AS
SELECT
    pair,
    colleague AS side,
    COALESCE(SUM(CASE WHEN inward THEN part END), 0) / 1e6 AS received,
    COALESCE(SUM(CASE WHEN outward THEN part END), 0) / 1e6 AS sent
FROM colleague_act
GROUP BY pair, colleague;
