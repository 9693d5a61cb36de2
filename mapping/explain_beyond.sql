-- What would become of the account without the person, where that changes anything.
INSERT INTO sentence
SELECT 'contact' AS object, explained_contact.source, explained_contact.id, 'what_if' AS field,
    'Without this person coverage would be ' || what_if.status || COALESCE(' (score ' || CAST(what_if.score AS TEXT)
        || ')', '') || ' instead of ' || coverage.status
        || COALESCE(' (score ' || CAST(coverage.score AS TEXT) || ')', '') || '.' AS text
FROM explained_contact
JOIN what_if
    ON what_if.account_key = explained_contact.account_key AND what_if.person_id = explained_contact.person_id
JOIN coverage ON coverage.account_key = explained_contact.account_key
WHERE what_if.status <> coverage.status
    OR COALESCE(what_if.score, -1) <> COALESCE(coverage.score, -1);

-- How each product is covered, where the account holds more than one.
INSERT INTO sentence
SELECT 'account' AS object, explained_account.source, explained_account.id, 'products' AS field,
    'By product, the worst first: ' || told.words || '; the fields show ' || told.shown || '.' AS text
FROM explained_account
JOIN (
    SELECT
        account_key,
        MAX(CASE WHEN shown THEN product END) AS shown,
        COUNT(*) AS products,
        STRING_AGG(product || ' ' || status || COALESCE(' (score ' || CAST(score AS TEXT) || ')', ''), ', '
            ORDER BY place) AS words
    FROM offer
    GROUP BY account_key
) AS told ON told.account_key = explained_account.account_key AND told.products > 1;

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
    weight.share / SQRT(tie_act.others) AS share,
    ROUND(1e6 * weight.share / SQRT(tie_act.others) * POWER(5e-1, (run.as_of - tie_act.happened_at)
        / (86400e0 * rule_depth.half_life_days))) AS part
FROM tie_act
JOIN act ON act.number = tie_act.number
JOIN activity ON activity.source = act.source AND activity.id = act.id
JOIN colleague ON colleague.source = activity.source AND colleague.id = activity.owner_id
LEFT JOIN executive ON executive.pair = tie_act.pair
LEFT JOIN unasked_act AS unasked
    ON unasked.pair = tie_act.pair AND unasked.form = tie_act.form AND unasked.happened_at = tie_act.happened_at
CROSS JOIN run
CROSS JOIN rule_depth
JOIN (
    SELECT
        form,
        inward,
        outward,
        asked,
        alone,
        CASE
            WHEN one_to_one AND alone THEN 'executive'
            WHEN written AND NOT asked THEN 'question'
            ELSE kind
        END AS event,
        CASE
            WHEN one_to_one AND alone THEN executive_weight
            WHEN written AND NOT asked THEN question_weight
            ELSE usual_weight
        END AS share
    FROM form_weight
    CROSS JOIN (SELECT TRUE AS asked UNION ALL SELECT FALSE AS asked) AS prompting
    CROSS JOIN (SELECT TRUE AS alone UNION ALL SELECT FALSE AS alone) AS company_kept
) AS weight
    ON weight.form = tie_act.form AND weight.asked = (unasked.pair IS NULL)
        AND weight.alone = (executive.pair IS NOT NULL);

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

-- The strength of the tie to each colleague, by the same formula.
CREATE OR REPLACE TEMP TABLE colleague_tie AS
SELECT
    pair.account_key,
    pair.person_id,
    flow.colleague,
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
    SELECT
        pair,
        colleague,
        COALESCE(SUM(CASE WHEN inward THEN part END), 0) / 1e6 AS received,
        COALESCE(SUM(CASE WHEN outward THEN part END), 0) / 1e6 AS sent
    FROM colleague_act
    GROUP BY pair, colleague
) AS flow
JOIN pair ON pair.pair = flow.pair
CROSS JOIN rule_depth;

-- Whose tie it is: where more than one colleague, or one who is not the CSM, stands behind it.
INSERT INTO sentence
SELECT 'contact' AS object, explained_contact.source, explained_contact.id, 'colleagues' AS field,
    'Tie strength by colleague: ' || ties.words || '.' AS text
FROM explained_contact
JOIN (
    SELECT
        ranked.account_key,
        ranked.person_id,
        STRING_AGG(ranked.name || ' ' || CAST(CAST(FLOOR(ranked.strength + 5e-1) AS BIGINT) AS TEXT)
            || CASE WHEN ranked.active THEN '' ELSE ' (has left)' END, ', ' ORDER BY ranked.place) AS words
    FROM (
        SELECT
            colleague_tie.account_key,
            colleague_tie.person_id,
            colleague_tie.strength,
            COALESCE(leader.name, colleague_tie.colleague) AS name,
            leader.active,
            ROW_NUMBER() OVER (
                PARTITION BY colleague_tie.account_key, colleague_tie.person_id
                ORDER BY colleague_tie.strength DESC, colleague_tie.colleague
            ) AS place
        FROM colleague_tie
        JOIN colleague AS leader ON leader.colleague = colleague_tie.colleague AND leader.leads
        WHERE colleague_tie.strength >= 1
    ) AS ranked
    WHERE ranked.place <= 3
    GROUP BY ranked.account_key, ranked.person_id
) AS ties ON ties.account_key = explained_contact.account_key AND ties.person_id = explained_contact.person_id;

-- What an account gets of us and should get; what its power users say; since when the first gap has been open, where that
-- is chronic: of a task that was opened just now a first run could not tell, and the field would depend on what failed.
INSERT INTO sentence
SELECT 'account' AS object, explained_account.source, explained_account.id, 'engagement' AS field,
    'In ' || engagement.lifecycle || ': our engagement '
        || CAST(CAST(ROUND(100 * engagement.ours) AS BIGINT) AS TEXT) || ' % where '
        || CAST(CAST(ROUND(100 * engagement.ours_expected) AS BIGINT) AS TEXT) || ' % is expected, theirs '
        || CAST(CAST(ROUND(100 * engagement.theirs) AS BIGINT) AS TEXT) || ' % of '
        || CAST(CAST(ROUND(100 * engagement.theirs_expected) AS BIGINT) AS TEXT) || ' %'
        || COALESCE(', last contact on ' || calendar.iso, '')
        || CASE engagement.scope
            WHEN 'under' THEN '; under-invested'
            WHEN 'over' THEN '; over-invested'
            ELSE ''
        END || '.' AS text
FROM explained_account
JOIN engagement ON engagement.account_key = explained_account.account_key
LEFT JOIN calendar ON calendar.day = CAST(FLOOR(engagement.last_at / 86400e0) AS BIGINT)
WHERE engagement.ours IS NOT NULL
    AND engagement.ours_expected IS NOT NULL
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'voice' AS field,
    'Power-user voice: ' || CASE
        WHEN voice.weak THEN 'weak'
        WHEN NOT voice.weak THEN 'good'
        ELSE 'cannot be told'
    END || ', ' || CAST(voice.told AS TEXT) || ' of ' || CAST(voice.people AS TEXT) || ' have said what they think'
        || COALESCE(', on average ' || CAST(CAST(ROUND(voice.attitude) AS BIGINT) AS TEXT) || ' of 100', '')
        || '; together they carry an influence of ' || CAST(CAST(ROUND(voice.influence) AS BIGINT) AS TEXT)
        || ' of 100.' AS text
FROM explained_account
JOIN voice ON voice.account_key = explained_account.account_key
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'gap_age' AS field,
    'Chronic: its task has been open since ' || calendar.iso || '.' AS text
FROM explained_account
JOIN next_action ON next_action.account_key = explained_account.account_key
JOIN gap ON gap.key = next_action.key AND gap.chronic
JOIN calendar ON calendar.day = CAST(FLOOR(gap.opened_at / 86400e0) AS BIGINT);
