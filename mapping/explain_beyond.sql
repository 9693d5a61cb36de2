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

-- The roles of each person to explain toward each product, where the account holds more than one.
CREATE OR REPLACE TEMP TABLE product_roles AS
SELECT
    told.account_key,
    told.person_id,
    'By product: ' || STRING_AGG(told.product || ' ' || told.roles, '; ' ORDER BY told.place) || '.' AS words
FROM (
    SELECT
        offer.account_key,
        person.person_id,
        offer.product,
        rule_offered.place,
        STRING_AGG(role.role || COALESCE(' (' || role.subtype || ')', ''), ', ' ORDER BY role.role) AS roles
    FROM explained_person AS person
    JOIN offer ON offer.account_key = person.account_key
    JOIN role_held AS role ON role.account_key = offer.offer_key AND role.person_id = person.person_id
    JOIN rule_offered ON rule_offered.product = offer.product
    GROUP BY offer.account_key, person.person_id, offer.product, rule_offered.place
) AS told
JOIN (
    SELECT account_key FROM offer GROUP BY account_key HAVING COUNT(*) > 1
) AS several ON several.account_key = told.account_key
GROUP BY told.account_key, told.person_id;

-- As a sentence about the contact.
INSERT INTO sentence
SELECT 'contact' AS object, explained_contact.source, explained_contact.id, 'products' AS field,
    product_roles.words AS text
FROM explained_contact
JOIN product_roles
    ON product_roles.account_key = explained_contact.account_key
        AND product_roles.person_id = explained_contact.person_id;

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
            pair.account_key,
            pair.person_id,
            tie_strength.strength,
            COALESCE(leader.name, tie_strength.side) AS name,
            leader.active,
            ROW_NUMBER() OVER (
                PARTITION BY tie_strength.pair ORDER BY tie_strength.strength DESC, tie_strength.side
            ) AS place
        FROM tie_strength
        JOIN pair ON pair.pair = tie_strength.pair
        JOIN colleague AS leader ON leader.colleague = tie_strength.side AND leader.leads
        WHERE tie_strength.strength >= 1
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
