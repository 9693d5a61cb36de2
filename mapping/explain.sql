-- The contact records to explain, with the person and the account their fields speak of.
CREATE OR REPLACE TEMP TABLE explained_contact AS
SELECT explained.source, explained.id, contact_record.person_id, contact_record.account_key
FROM explained
JOIN contact_record ON contact_record.source = explained.source AND contact_record.id = explained.id
WHERE explained.object = 'contact';

-- The account records to explain, with their company.
CREATE OR REPLACE TEMP TABLE explained_account AS
SELECT explained.source, explained.id, company.account_key
FROM explained
JOIN company ON company.source = explained.source AND company.account_id = explained.id
JOIN customer ON customer.account_key = company.account_key
WHERE explained.object = 'account';

-- The people of those records, each once in an account.
CREATE OR REPLACE TEMP TABLE explained_person AS
SELECT asked.account_key, asked.person_id, relation.pair, relation.two_way_at, relation.last_act_at
FROM (SELECT DISTINCT account_key, person_id FROM explained_contact) AS asked
JOIN relation ON relation.account_key = asked.account_key AND relation.person_id = asked.person_id;

-- Under which CRM record a person finds each fact: answers, acts and usage stand on the contact's own record.
CREATE OR REPLACE TEMP TABLE told_by AS
SELECT
    evidence.record AS fact_record,
    CASE
        WHEN evidence.record LIKE '%/signal/%' OR evidence.record LIKE '%/usage/%'
            THEN SPLIT_PART(evidence.record, '/', 1) || '/contact/'
                || SPLIT_PART(SPLIT_PART(evidence.record, '/', 3), ':', 1)
        ELSE evidence.record
    END AS record
FROM (SELECT DISTINCT person_id FROM explained_contact) AS person
JOIN evidence ON evidence.subject = person.person_id
GROUP BY evidence.record;

-- Facts behind the roles of the people to explain, each once, strongest first. A membership is known by its number:
-- grouped and sorted by its two texts it took a fifth longer.
CREATE OR REPLACE TEMP TABLE role_fact AS
SELECT
    fact.pair,
    fact.role,
    fact.record,
    fact.words,
    ROW_NUMBER() OVER (
        PARTITION BY fact.pair, fact.role ORDER BY fact.weight DESC, fact.words
    ) AS place
FROM (
    SELECT
        told.pair,
        told.role,
        told.record,
        told.words,
        MAX(told.weight) AS weight
    FROM (
        SELECT
            person.pair,
            role.role,
            told_by.record,
            evidence.weight,
            CASE
                WHEN evidence.topic = 'role' OR evidence.rule = 'human'
                    THEN 'confirmed by a human' || COALESCE(' on ' || calendar.iso, '')
                        || CASE
                            WHEN run.as_of - evidence.happened_at > rule_depth.confirmed_days * 86400
                                THEN ', so long ago that it wants a review'
                            ELSE ''
                        END || ' (' || told_by.record || ')'
                WHEN evidence.rule = 'title' THEN evidence.detail || ' (title of ' || told_by.record || ')'
                WHEN evidence.rule = 'crm role' THEN 'CRM role ' || evidence.detail || ' in ' || told_by.record
                WHEN evidence.rule = 'department'
                    THEN 'works in ' || evidence.detail || ', which uses the product (' || told_by.record || ')'
                WHEN evidence.rule = 'usage' THEN evidence.detail || ' (' || told_by.record || ')'
                ELSE evidence.detail || COALESCE(' on ' || calendar.iso, '') || ' (' || told_by.record || ')'
            END AS words
        FROM explained_person AS person
        JOIN role ON role.account_key = person.account_key AND role.person_id = person.person_id
        JOIN rule_role_axis ON rule_role_axis.role = role.role
        JOIN evidence
            ON evidence.account_key = role.account_key AND evidence.subject = role.person_id
         AND evidence.topic = rule_role_axis.axis
         AND (rule_role_axis.rule IS NULL OR evidence.rule = rule_role_axis.rule)
        JOIN told_by ON told_by.fact_record = evidence.record
        CROSS JOIN run
        CROSS JOIN rule_depth
        LEFT JOIN calendar ON calendar.day = CAST(FLOOR(evidence.happened_at / 86400e0) AS BIGINT)
        WHERE (role.status = 'confirmed') = (evidence.topic = 'role') OR role.status = 'departed'
        UNION ALL
        SELECT
            person.pair,
            'guardian' AS role,
            crm_role.record,
            9e-1 AS weight,
            'CRM role ' || crm_role.detail || ' in ' || crm_role.record AS words
        FROM explained_person AS person
        JOIN crm_role ON crm_role.account_key = person.account_key AND crm_role.person_id = person.person_id
        WHERE crm_role.role_group = 'guardian'
    ) AS told
    WHERE told.words IS NOT NULL
    GROUP BY told.pair, told.role, told.record, told.words
) AS fact;

-- The best facts of each role, joined.
CREATE OR REPLACE TEMP TABLE role_words AS
SELECT pair, role, STRING_AGG(words, '; ' ORDER BY place) AS words
FROM role_fact
WHERE place <= 4
GROUP BY pair, role;

-- Each role a person holds, as a sentence.
CREATE OR REPLACE TEMP TABLE role_sentence AS
SELECT
    person.pair,
    role.role,
    UPPER(SUBSTR(role.role, 1, 1)) || SUBSTR(role.role, 2) || ' (' || role.status
        || CASE
            WHEN role.status IN ('likely', 'candidate')
                THEN COALESCE(', ' || CAST(CAST(FLOOR(ROUND(100 * role.confidence, 6) + 5e-1) AS BIGINT) AS TEXT)
                    || ' %', '')
            ELSE ''
        END
        || CASE WHEN role.status = 'lapsed' THEN ', nothing of one since the sale' ELSE '' END
        || COALESCE(', ' || role.missing || ' missing', '') || ')' || COALESCE(': ' || role_words.words, '')
            || '.' AS words,
    rule_role_order.place
FROM explained_person AS person
JOIN role ON role.account_key = person.account_key AND role.person_id = person.person_id
JOIN rule_role_order ON rule_role_order.role = role.role
LEFT JOIN role_words ON role_words.pair = person.pair AND role_words.role = role.role;

-- The last exchange of each person to explain, by its record. From the inside out, so that acts are looked for by person
-- and moment: by the moment alone a thousand people have one.
CREATE OR REPLACE TEMP TABLE last_exchange AS
SELECT newest.pair, MAX(act.source || '/activity/' || act.id) AS record
FROM (
    SELECT person.pair, pair_act.number
    FROM explained_person AS person
    JOIN pair_act ON pair_act.pair = person.pair AND pair_act.happened_at = person.two_way_at
    JOIN act_form
        ON act_form.form = pair_act.form AND act_form.held AND NOT act_form.one_to_many
            AND (act_form.inward OR act_form.outward)
) AS newest
JOIN act ON act.number = newest.number
GROUP BY newest.pair;

-- Everything that the sentences about a person say, on one row.
CREATE OR REPLACE TEMP TABLE person_words AS
SELECT
    explained_contact.source,
    explained_contact.id,
    explained_contact.account_key,
    explained_contact.person_id,
    relation.pair,
    depth.level,
    depth.why,
    depth.strength,
    depth.trend,
    COALESCE(depth_name.name, 'Cannot tell') AS depth_name,
    higher.name AS higher_name,
    rule_criterion.needs,
    member.title,
    member.department,
    member.departed_why,
    relation.exchanges,
    relation.then_strength,
    CAST(CAST(FLOOR(ROUND(100 * depth.reply_rate, 6) + 5e-1) AS BIGINT) AS TEXT) || ' %' AS reply_rate,
    tie_sum.in_now,
    tie_sum.out_now,
    calendar.iso AS two_way_on,
    COALESCE(' (' || last_exchange.record || ')', '') AS exchange_record,
    rule_depth.window_days,
    rule_depth.trend_days
FROM explained_contact
CROSS JOIN rule_depth
JOIN member ON member.account_key = explained_contact.account_key AND member.person_id = explained_contact.person_id
JOIN depth ON depth.account_key = explained_contact.account_key AND depth.person_id = explained_contact.person_id
JOIN relation ON relation.account_key = explained_contact.account_key
    AND relation.person_id = explained_contact.person_id
LEFT JOIN depth_name ON depth_name.level = depth.level
LEFT JOIN depth_name AS higher ON higher.level = depth.level + 1
LEFT JOIN rule_criterion ON rule_criterion.why = depth.why
LEFT JOIN tie_sum ON tie_sum.pair = relation.pair
LEFT JOIN calendar ON calendar.day = CAST(FLOOR(depth.two_way_at / 86400e0) AS BIGINT)
LEFT JOIN last_exchange ON last_exchange.pair = relation.pair;

-- What the coverage of an account counts a person for.
CREATE OR REPLACE TEMP TABLE counted_words AS
SELECT
    asked.pair,
    STRING_AGG(CASE WHEN credit.head THEN credit.role || COALESCE(' of ' || credit.product, '')
        || COALESCE(' (' || credit.subtype || ')', '') END, ' and '
        ORDER BY credit.role, credit.product)
        AS heads,
    STRING_AGG(CASE WHEN NOT credit.head AND credit.credit > 0 THEN credit.role || COALESCE(' of ' || credit.product, '')
        END, ' and ' ORDER BY credit.role, credit.product)
        AS halves
FROM explained_person AS asked
JOIN counted_for AS credit ON credit.account_key = asked.account_key AND credit.person_id = asked.person_id
GROUP BY asked.pair;

-- The sentences about contacts, a row a record and a column each, in the order they are read. Fields that say the same
-- share a column.
CREATE OR REPLACE TEMP TABLE contact_sentence AS
SELECT
    person_words.source,
    person_words.id,
    role_text.words AS roles,
    CASE
        WHEN buyer.role IS NULL THEN NULL
        WHEN buyer.subtype = 'advocate' THEN 'Advocate buyer: the attitude endorses us.'
        WHEN buyer.subtype = 'department leader' THEN 'Department leader: works in ' || person_words.department
            || ', which the product is sold to.'
        ELSE 'Check-signer: ' || COALESCE('works in ' || person_words.department
            || ', outside the department the product is sold to.',
            'the department is unknown.')
    END AS buyer_type,
    UPPER(SUBSTR(stance.stance, 1, 1)) || SUBSTR(stance.stance, 2) || ': attitude '
        || COALESCE(CASE WHEN ROUND(profile.attitude) > 0 THEN '+' ELSE '' END
            || CAST(CAST(ROUND(profile.attitude) AS BIGINT) AS TEXT) || ' of 100', 'unknown')
        || ', capacity to drive change '
        || COALESCE(CAST(CAST(ROUND(profile.capacity) AS BIGINT) AS TEXT) || ' of 100', 'unknown') || '.' AS stance,
    UPPER(SUBSTR(stance.quartet, 1, 1)) || SUBSTR(stance.quartet, 2)
        || COALESCE(' by the title ' || person_words.title, '') || '.' AS quartet,
    'Leading role: ' || leading_role.role || ', ' || leading_role.status
        || COALESCE(' with ' || CAST(CAST(FLOOR(ROUND(100 * leading_role.confidence, 6) + 5e-1) AS BIGINT) AS TEXT)
            || ' % confidence', '') || '.' AS leading_role,
    CASE
        WHEN person_words.why = 'departed' THEN 'Depth 0 Unknown: departed'
            || COALESCE(', ' || person_words.departed_why, '') || '.'
        WHEN person_words.why = 'confirmed by a human' THEN 'Depth ' || CAST(person_words.level AS TEXT) || ' '
            || person_words.depth_name || ': confirmed by a human.'
        WHEN person_words.level IS NULL THEN 'Depth cannot be told: activity capture is missing or too young.'
        ELSE 'Depth ' || CAST(person_words.level AS TEXT) || ' ' || person_words.depth_name || ': '
            || CASE person_words.exchanges
                WHEN 0 THEN 'no exchange'
                WHEN 1 THEN '1 exchange'
                ELSE CAST(person_words.exchanges AS TEXT) || ' exchanges'
            END || ' in '
            || CAST(person_words.window_days AS TEXT) || ' days'
            || COALESCE(', reply rate ' || person_words.reply_rate, '')
            || COALESCE('; needs ' || person_words.needs || ' to be ' || person_words.higher_name, '') || '.'
    END AS depth,
    'Tie strength ' || CAST(CAST(FLOOR(person_words.strength + 5e-1) AS BIGINT) AS TEXT) || ' of 100: '
        || COALESCE('recent contact weighs ' || CAST(ROUND(person_words.in_now, 1) AS TEXT) || ' from them and '
            || CAST(ROUND(person_words.out_now, 1) AS TEXT) || ' from us', 'no contact so far') || '.' AS tie_strength,
    UPPER(SUBSTR(person_words.trend, 1, 1)) || SUBSTR(person_words.trend, 2) || ': '
        || CASE WHEN person_words.trend = 'ghosting' THEN 'the last messages stay unanswered; ' ELSE '' END
        || CAST(person_words.trend_days AS TEXT) || ' days ago the strength was '
        || CAST(CAST(FLOOR(person_words.then_strength + 5e-1) AS BIGINT) AS TEXT) || ', now it is '
        || CAST(CAST(FLOOR(person_words.strength + 5e-1) AS BIGINT) AS TEXT) || '.' AS trend,
    'Last exchange on ' || person_words.two_way_on || person_words.exchange_record || '.' AS last_two_way,
    CASE
        WHEN counted_words.heads IS NOT NULL THEN 'Counts toward coverage as ' || counted_words.heads || '.'
        WHEN counted_words.halves IS NOT NULL THEN 'Counts half toward coverage as ' || counted_words.halves
            || ': not deep enough to count in full.'
        ELSE 'Does not count toward coverage: holds no buyer, champion or power user role at the depth it takes.'
    END AS counted
FROM person_words
JOIN profile ON profile.account_key = person_words.account_key AND profile.person_id = person_words.person_id
LEFT JOIN stance ON stance.account_key = person_words.account_key AND stance.person_id = person_words.person_id
LEFT JOIN (
    SELECT pair, STRING_AGG(words, ' ' ORDER BY place) AS words FROM role_sentence GROUP BY pair
) AS role_text ON role_text.pair = person_words.pair
LEFT JOIN shown_role AS buyer
    ON buyer.account_key = person_words.account_key AND buyer.person_id = person_words.person_id
        AND buyer.role = 'buyer'
LEFT JOIN leading_role ON leading_role.source = person_words.source AND leading_role.id = person_words.id
LEFT JOIN counted_words ON counted_words.pair = person_words.pair;

-- The same, one a field.
CREATE OR REPLACE TEMP TABLE sentence AS
SELECT 'contact' AS object, source, id, field, text
FROM (
    SELECT
        source, id, roles, buyer_type, stance, quartet, leading_role AS role_status, leading_role AS role_confidence,
        depth, depth AS depth_name, tie_strength, trend, last_two_way, counted
    FROM contact_sentence
) AS told
UNPIVOT (
    text FOR field IN (
        roles, buyer_type, stance, quartet, role_status, role_confidence, depth, depth_name, tie_strength, trend,
        last_two_way, counted
    )
);

-- The live heads of each role of the accounts to explain, each with the record in the account's home CRM where there
-- is one.
CREATE OR REPLACE TEMP TABLE head_names AS
SELECT
    named.account_key,
    named.role,
    STRING_AGG(COALESCE(named.name, named.record) || ' (' || named.record || ')', ', '
        ORDER BY named.name, named.record)
        AS names
FROM (
    SELECT
        credit.account_key,
        credit.role,
        member.name,
        person_record.record,
        ROW_NUMBER() OVER (
            PARTITION BY credit.account_key, credit.person_id, credit.role
            ORDER BY CASE WHEN person_record.source = home.source THEN 0 ELSE 1 END, person_record.turn
        ) AS place
    FROM credit
    JOIN (SELECT DISTINCT account_key FROM explained_account) AS asked ON asked.account_key = credit.account_key
    JOIN member ON member.account_key = credit.account_key AND member.person_id = credit.person_id
    JOIN company AS home ON home.account_key = credit.account_key AND home.home
    JOIN person_record ON person_record.person_id = credit.person_id
    WHERE credit.head
) AS named
WHERE named.place = 1
GROUP BY named.account_key, named.role;

-- The people of those accounts who answer us, by name.
CREATE OR REPLACE TEMP TABLE answering_names AS
SELECT
    depth.account_key,
    COUNT(*) AS people,
    STRING_AGG(COALESCE(member.name, member.person_id), ', ' ORDER BY member.name, member.person_id) AS names
FROM depth
JOIN (SELECT DISTINCT account_key FROM explained_account) AS asked ON asked.account_key = depth.account_key
JOIN member ON member.account_key = depth.account_key AND member.person_id = depth.person_id
CROSS JOIN rule_coverage
WHERE depth.level >= rule_coverage.threaded_depth
GROUP BY depth.account_key;

-- What the stage of each of those accounts rests on.
CREATE OR REPLACE TEMP TABLE stage_words AS
SELECT
    standing.account_key,
    CASE standing.stage
        WHEN 'advocating' THEN advocating.record
        WHEN 'purchasing' THEN purchase.record
    END AS record,
    UPPER(SUBSTR(standing.stage, 1, 1)) || SUBSTR(standing.stage, 2) || ': ' || CASE standing.stage
        WHEN 'advocating' THEN COALESCE(advocating.what, 'advocacy act') || ' of '
            || COALESCE(member.name, member.person_id) || COALESCE(' on ' || act_day.iso, '')
            || ' (' || advocating.record || ')'
        WHEN 'realising value' THEN 'the value received is ' || customer.value_received || ', a field of the CRM says so'
        WHEN 'using' THEN CASE usage_figure.active_people
            WHEN 1 THEN '1 person was'
            ELSE CAST(usage_figure.active_people AS TEXT) || ' people were'
        END || ' active in the last 30 days'
        WHEN 'purchasing' THEN 'nobody was active in the last 30 days; ' || COALESCE(purchase.name, 'an opportunity')
            || CASE WHEN purchase.won THEN COALESCE(' was won on ' || won_day.iso, ' was won') ELSE ' is open' END
            || ' (' || purchase.record || ')'
        ELSE 'nobody was active in the last 30 days; no opportunity is open or was won in '
            || CAST(rule_segments.won_days AS TEXT) || ' days'
    END || '.' AS words
FROM (SELECT DISTINCT account_key FROM explained_account) AS asked
JOIN standing ON standing.account_key = asked.account_key
JOIN customer ON customer.account_key = asked.account_key
CROSS JOIN rule_segments
LEFT JOIN advocating ON advocating.account_key = asked.account_key
LEFT JOIN member ON member.account_key = advocating.account_key AND member.person_id = advocating.person_id
LEFT JOIN calendar AS act_day ON act_day.day = CAST(FLOOR(advocating.happened_at / 86400e0) AS BIGINT)
LEFT JOIN usage_figure ON usage_figure.account_key = asked.account_key
LEFT JOIN purchase ON purchase.account_key = asked.account_key
LEFT JOIN calendar AS won_day ON won_day.day = CAST(FLOOR(purchase.close_at / 86400e0) AS BIGINT)
WHERE standing.stage IS NOT NULL;

-- The three factors of the equity of each of those accounts, each with what it rests on.
CREATE OR REPLACE TEMP TABLE equity_words AS
SELECT
    standing.account_key,
    'quality ' || COALESCE(CAST(CAST(FLOOR(ROUND(100 * standing.quality, 6) + 5e-1) AS BIGINT) AS TEXT)
        || ' % (mean depth ' || CAST(ROUND(held_depth.levels * 1e0 / held_depth.people, 1) AS TEXT) || ' of 5, '
        || CAST(held_depth.people AS TEXT)
        || CASE WHEN held_depth.people = 1 THEN ' person' ELSE ' people' END || ' with a role)',
        'unknown (no depth of anybody with a role is known)') AS quality,
    'power ' || COALESCE(CAST(CAST(FLOOR(ROUND(100 * standing.power, 6) + 5e-1) AS BIGINT) AS TEXT)
        || ' % (the share in capacity of those for us, '
        || CAST(CAST(known_attitude.positive_people AS BIGINT) AS TEXT) || ' of '
        || CAST(known_attitude.people AS TEXT) || CASE WHEN known_attitude.people = 1 THEN ' person' ELSE ' people' END
        || ' whose attitude is known)', 'unknown (nobody there whose attitude and capacity are known)') AS power,
    'reach ' || COALESCE(CAST(CAST(ROUND(100 * standing.reach) AS BIGINT) AS TEXT) || ' % (coverage score)',
        'unknown (no coverage score)') AS reach
FROM (SELECT DISTINCT account_key FROM explained_account) AS asked
JOIN standing ON standing.account_key = asked.account_key
LEFT JOIN held_depth ON held_depth.account_key = asked.account_key
LEFT JOIN known_attitude ON known_attitude.account_key = asked.account_key;

-- The sentences about accounts, one a field.
INSERT INTO sentence
SELECT 'account' AS object, explained_account.source, explained_account.id, 'segment' AS field,
    'Segment ' || customer.segment || CASE
        WHEN customer_fact.segment IS NOT NULL THEN ': a field of the CRM says so.'
        WHEN customer.arr IS NOT NULL THEN ': by its ARR of ' || arr_words.words || '.'
        ELSE ': by the number of employees.'
    END AS text
FROM explained_account
JOIN customer ON customer.account_key = explained_account.account_key
JOIN customer_fact ON customer_fact.account_key = explained_account.account_key
LEFT JOIN arr_words ON arr_words.account_key = explained_account.account_key
WHERE customer.segment IS NOT NULL
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'breadth' AS field,
    'Product breadth ' || customer.breadth || ': a field of the CRM says so.' AS text
FROM explained_account
JOIN customer ON customer.account_key = explained_account.account_key
WHERE customer.breadth IS NOT NULL
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'tier' AS field,
    'Touch tier ' || customer.tier || CASE
        WHEN customer.arr IS NULL THEN ': by segment, the ARR is unknown.'
        ELSE ': by its ARR of ' || arr_words.words || ' among all customers.'
    END AS text
FROM explained_account
JOIN customer ON customer.account_key = explained_account.account_key
LEFT JOIN arr_words ON arr_words.account_key = explained_account.account_key
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'stage' AS field,
    stage_words.words AS text
FROM explained_account
JOIN stage_words ON stage_words.account_key = explained_account.account_key
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'coverage_status' AS field,
    UPPER(SUBSTR(account_fact.words, 1, 1)) || SUBSTR(account_fact.words, 2) || '.' AS text
FROM explained_account
JOIN account_fact ON account_fact.account_key = explained_account.account_key
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'coverage_score' AS field,
    'Score ' || CAST(coverage.score AS TEXT) || ': the mean of ' || shares.words || ' of what is needed.' AS text
FROM explained_account
JOIN coverage ON coverage.account_key = explained_account.account_key
JOIN (
    SELECT
        account_key,
        STRING_AGG(role || 's ' || CAST(CAST(FLOOR(ROUND(100 * LEAST(1e0, credits / required), 6) + 5e-1) AS BIGINT)
            AS TEXT) || ' %',
            ', ' ORDER BY role) AS words
    FROM need
    WHERE required > 0
        AND known
    GROUP BY account_key
) AS shares ON shares.account_key = explained_account.account_key
WHERE coverage.score IS NOT NULL
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id,
    REPLACE(need.role, ' ', '_') || 's_required' AS field,
    CAST(need.required AS TEXT) || ' ' || need.role || CASE WHEN need.required = 1 THEN '' ELSE 's' END 
        || ' needed for ' || customer.segment || ', ' || COALESCE(offer.breadth, customer.breadth)
        || COALESCE(', ' || offer.product, '')
        || CASE WHEN need.required < rule_need.required THEN ', capped by the active users or seats' ELSE '' END
        || '.' AS text
FROM explained_account
JOIN customer ON customer.account_key = explained_account.account_key
JOIN need ON need.account_key = explained_account.account_key
LEFT JOIN offer ON offer.account_key = explained_account.account_key AND offer.shown
JOIN rule_need
    ON rule_need.segment = customer.segment AND rule_need.breadth = COALESCE(offer.breadth, customer.breadth)
        AND rule_need.role = need.role AND rule_need.product = COALESCE(offer.cell, '')
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id,
    REPLACE(need.role, ' ', '_') || 's_actual' AS field,
    'Live ' || need.role || 's: ' || COALESCE(head_names.names, 'nobody') || '.' AS text
FROM explained_account
JOIN need ON need.account_key = explained_account.account_key
LEFT JOIN head_names ON head_names.account_key = need.account_key AND head_names.role = need.role
WHERE need.known
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, missing.field,
    'Missing: ' || missing_role.words || '.' AS text
FROM explained_account
JOIN missing_role ON missing_role.account_key = explained_account.account_key
CROSS JOIN (SELECT 'missing_roles' AS field UNION ALL SELECT 'missing_text' AS field) AS missing
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'single_threaded' AS field,
    CASE WHEN coverage.single_threaded THEN 'Single-threaded: ' ELSE 'Not single-threaded: ' END
        || CAST(COALESCE(answering_names.people, 0) AS TEXT)
        || CASE WHEN answering_names.people = 1 THEN ' person answers us' ELSE ' people answer us' END
        || COALESCE(': ' || answering_names.names, '') || '.' AS text
FROM explained_account
JOIN coverage ON coverage.account_key = explained_account.account_key
LEFT JOIN answering_names ON answering_names.account_key = explained_account.account_key
WHERE coverage.single_threaded IS NOT NULL
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'redundancy' AS field,
    CAST(COALESCE(champions.people, 0) AS TEXT) || ' live champion'
        || CASE WHEN champions.people = 1 THEN '' ELSE 's' END
        || ': at a turnover of ' || CAST(CAST(ROUND(100 * rule_coverage.turnover) AS BIGINT) AS TEXT)
        || ' % a year, the chance that one is still there in a year is '
        || CAST(CAST(FLOOR(ROUND(100 * coverage.redundancy, 6) + 5e-1) AS BIGINT) AS TEXT) || ' %.' AS text
FROM explained_account
CROSS JOIN rule_coverage
JOIN coverage ON coverage.account_key = explained_account.account_key
LEFT JOIN champions ON champions.account_key = explained_account.account_key
WHERE coverage.redundancy IS NOT NULL
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'equity' AS field,
    'Equity ' || COALESCE(CAST(CAST(FLOOR(standing.equity + 5e-1) AS BIGINT) AS TEXT) || ' of 100', 'cannot be told')
        || ': ' || equity_words.quality || ', ' || equity_words.power || ', ' || equity_words.reach || '.' AS text
FROM explained_account
JOIN standing ON standing.account_key = explained_account.account_key
JOIN equity_words ON equity_words.account_key = explained_account.account_key
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'orientation' AS field,
    standing.orientation || ': lifetime value ' || standing.lifetime_value || CASE
        WHEN customer.lifetime_value IS NOT NULL THEN ' (a field of the CRM says so)'
        ELSE COALESCE(' (' || CAST(rule_equity.lifetime_years AS TEXT) || ' years of an ARR of ' || arr_words.words
            || ')', '')
    END || ', complexity ' || standing.complexity || CASE
        WHEN customer.complexity IS NOT NULL THEN ' (a field of the CRM says so)'
        ELSE ' (product breadth ' || customer.breadth || ')'
    END || '.' AS text
FROM explained_account
JOIN standing ON standing.account_key = explained_account.account_key
JOIN customer ON customer.account_key = explained_account.account_key
CROSS JOIN rule_equity
LEFT JOIN arr_words ON arr_words.account_key = explained_account.account_key
WHERE standing.orientation IS NOT NULL
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'next_best_action' AS field,
    gap.detail || ' ' || rule_gap_kind.why AS text
FROM explained_account
JOIN next_action ON next_action.account_key = explained_account.account_key
JOIN gap ON gap.key = next_action.key
JOIN rule_gap_kind ON rule_gap_kind.kind = gap.kind
UNION ALL
SELECT 'account' AS object, explained_account.source, explained_account.id, 'data_completeness' AS field,
    'Not enough data: ' || coverage.completeness || '.' AS text
FROM explained_account
JOIN coverage ON coverage.account_key = explained_account.account_key
WHERE coverage.completeness IS NOT NULL;
