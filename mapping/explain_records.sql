-- The newest act with each person to explain, by its record.
CREATE OR REPLACE TEMP TABLE newest_act AS
SELECT newest.account_key, newest.person_id, MAX(act.source || '/activity/' || act.id) AS record
FROM (
    SELECT person.account_key, person.person_id, pair_act.number
    FROM explained_person AS person
    JOIN pair_act ON pair_act.pair = person.pair AND pair_act.happened_at = person.last_act_at
) AS newest
JOIN act ON act.number = newest.number
GROUP BY newest.account_key, newest.person_id;

-- The record that stands for each person of the accounts to explain: in the account's home CRM where there is one.
CREATE OR REPLACE TEMP TABLE stand_in AS
SELECT ranked.account_key, ranked.person_id, ranked.record
FROM (
    SELECT
        member.account_key,
        member.person_id,
        person_record.record,
        ROW_NUMBER() OVER (
            PARTITION BY member.account_key, member.person_id
            ORDER BY CASE WHEN person_record.source = home.source THEN 0 ELSE 1 END, person_record.turn
        ) AS place
    FROM (
        SELECT account_key FROM explained_account
        UNION
        SELECT account_key FROM gap
    ) AS asked
    JOIN member ON member.account_key = asked.account_key
    JOIN company AS home ON home.account_key = member.account_key AND home.home
    JOIN person_record ON person_record.person_id = member.person_id
) AS ranked
WHERE ranked.place = 1;

-- What the values about a person rest on, by kind of record.
CREATE OR REPLACE TEMP TABLE person_rest AS
SELECT person.account_key, person.person_id, 'role' AS kind, role_fact.record
FROM role_fact
JOIN explained_person AS person ON person.pair = role_fact.pair
WHERE role_fact.place <= 4
UNION
SELECT person.account_key, person.person_id, 'buyer' AS kind, role_fact.record
FROM role_fact
JOIN explained_person AS person ON person.pair = role_fact.pair
WHERE role_fact.place <= 4
    AND role_fact.role = 'buyer'
UNION
SELECT evidence.account_key, evidence.subject AS person_id, 'stance' AS kind, told_by.record
FROM explained_person AS person
JOIN evidence ON evidence.account_key = person.account_key AND evidence.subject = person.person_id
JOIN told_by ON told_by.fact_record = evidence.record
WHERE evidence.topic IN ('attitude', 'influence', 'process_authority')
UNION
SELECT person.account_key, person.person_id, 'title' AS kind, person_fact.title_record AS record
FROM explained_person AS person
JOIN person_fact ON person_fact.person_id = person.person_id
WHERE person_fact.title_record IS NOT NULL
UNION
SELECT person.account_key, person.person_id, 'exchange' AS kind, last_exchange.record
FROM last_exchange
JOIN explained_person AS person ON person.pair = last_exchange.pair
UNION
SELECT account_key, person_id, 'act' AS kind, record FROM newest_act
UNION
SELECT leaving.account_key, leaving.person_id, 'leaving' AS kind, leaving.record
FROM explained_person AS person
JOIN leaving ON leaving.account_key = person.account_key AND leaving.person_id = person.person_id
UNION
SELECT person.account_key, person.person_id, 'human depth' AS kind, person_record.record
FROM explained_person AS person
JOIN person_record ON person_record.person_id = person.person_id
JOIN contact ON contact.source = person_record.source AND contact.id = person_record.id
WHERE contact.confirmed_depth IS NOT NULL;

-- What the values about an account rest on, by kind of record.
CREATE OR REPLACE TEMP TABLE account_rest AS
SELECT company.account_key, 'account' AS kind, company.source || '/account/' || company.account_id AS record
FROM (SELECT DISTINCT account_key FROM explained_account) AS asked
JOIN company ON company.account_key = asked.account_key
UNION
SELECT credit.account_key, 'live ' || credit.role AS kind, stand_in.record
FROM credit
JOIN stand_in ON stand_in.account_key = credit.account_key AND stand_in.person_id = credit.person_id
WHERE credit.head
UNION
SELECT credit.account_key, 'credit' AS kind, stand_in.record
FROM credit
JOIN stand_in ON stand_in.account_key = credit.account_key AND stand_in.person_id = credit.person_id
WHERE credit.credit > 0
UNION
SELECT depth.account_key, 'answering' AS kind, stand_in.record
FROM depth
JOIN stand_in ON stand_in.account_key = depth.account_key AND stand_in.person_id = depth.person_id
CROSS JOIN rule_coverage
WHERE depth.level >= rule_coverage.threaded_depth
UNION
SELECT role.account_key, 'role' AS kind, stand_in.record
FROM role
JOIN stand_in ON stand_in.account_key = role.account_key AND stand_in.person_id = role.person_id
WHERE role.status IN ('confirmed', 'likely')
UNION
SELECT account_key, 'stage' AS kind, record FROM stage_words WHERE record IS NOT NULL
UNION
SELECT standing.account_key, 'stage' AS kind, stand_in.record
FROM standing
JOIN member ON member.account_key = standing.account_key
JOIN person_usage ON person_usage.person_id = member.person_id AND person_usage.active_days > 0
JOIN stand_in ON stand_in.account_key = member.account_key AND stand_in.person_id = member.person_id
WHERE standing.stage = 'using'
UNION
SELECT company.account_key, 'stage' AS kind, company.source || '/account/' || company.account_id AS record
FROM standing
JOIN company ON company.account_key = standing.account_key
WHERE standing.stage = 'realising value';

-- Where a gap is at home: its account, or the colleague of ours whom it is about.
CREATE OR REPLACE TEMP TABLE gap_home AS
SELECT gap.key, home.source, home.source || '/account/' || home.account_id AS record,
    COALESCE(customer.name, customer.account_key) AS name
FROM gap
JOIN company AS home ON home.account_key = gap.account_key AND home.home
JOIN customer ON customer.account_key = gap.account_key
UNION ALL
SELECT gap.key, SPLIT_PART(workload.colleague, ':', 1) AS source,
    SPLIT_PART(workload.colleague, ':', 1) || '/user/' || SPLIT_PART(workload.colleague, ':', 2) AS record,
    COALESCE(workload.name, workload.colleague) AS name
FROM gap
JOIN workload ON workload.colleague = gap.account_key;

-- What a gap rests on: its home, the person it is about, the people who could be developed.
CREATE OR REPLACE TEMP TABLE gap_rest AS
SELECT key, 'account' AS kind, record FROM gap_home
UNION
SELECT gap.key, 'person' AS kind, stand_in.record
FROM gap
JOIN stand_in ON stand_in.account_key = gap.account_key AND stand_in.person_id = gap.person_id
UNION
SELECT gap.key, 'people' AS kind, stand_in.record
FROM gap
CROSS JOIN rule_gap
JOIN prospect
    ON prospect.account_key = gap.account_key AND prospect.place <= rule_gap.suggestions
        AND prospect.role = COALESCE(gap.role, 'champion')
JOIN stand_in ON stand_in.account_key = prospect.account_key AND stand_in.person_id = prospect.person_id;

-- The records behind every value that has a sentence, by output field.
CREATE OR REPLACE TEMP TABLE field_record AS
SELECT 'contact' AS object, explained_contact.source, explained_contact.id, rule_rest.field, person_rest.record
FROM explained_contact
JOIN person_rest
    ON person_rest.account_key = explained_contact.account_key AND person_rest.person_id = explained_contact.person_id
JOIN rule_rest ON rule_rest.object = 'contact' AND rule_rest.kind = person_rest.kind
UNION
SELECT 'account' AS object, explained_account.source, explained_account.id, rule_rest.field, account_rest.record
FROM explained_account
JOIN account_rest ON account_rest.account_key = explained_account.account_key
JOIN rule_rest ON rule_rest.object = 'account' AND rule_rest.kind = account_rest.kind
UNION
SELECT 'account' AS object, explained_account.source, explained_account.id, 'next_best_action' AS field, gap_rest.record
FROM explained_account
JOIN next_action ON next_action.account_key = explained_account.account_key
JOIN gap_rest ON gap_rest.key = next_action.key;

-- Each sentence once, with the fields it explains, the rule they follow, and the records it rests on.
CREATE OR REPLACE TEMP TABLE reason AS
SELECT
    said.object,
    said.source,
    said.id,
    said.text,
    MIN(said.place) AS place,
    LIST(DISTINCT said.field ORDER BY said.field) AS fields,
    MIN_BY(said.rule, said.place) AS rule,
    MIN_BY(said.part, said.place) AS part,
    COALESCE(
        LIST(DISTINCT field_record.record ORDER BY field_record.record) FILTER (WHERE field_record.record IS NOT NULL),
        []
    ) AS records
FROM (
    SELECT
        sentence.object, sentence.source, sentence.id, sentence.field, sentence.text,
        rule_sentence.place, rule_sentence.rule, rule_sentence.part
    FROM sentence
    JOIN rule_sentence ON rule_sentence.object = sentence.object AND rule_sentence.field = sentence.field
) AS said
LEFT JOIN field_record
    ON field_record.object = said.object AND field_record.source = said.source AND field_record.id = said.id
        AND field_record.field = said.field
GROUP BY said.object, said.source, said.id, said.text;

-- The same for gaps: what is missing, why it matters, how severe it is, who could be developed, how old it is.
CREATE OR REPLACE TEMP TABLE gap_reason AS
SELECT gap.key, 1 AS place, 'detail' AS field, gap.detail AS text, 'gap kinds' AS rule,
    'gaps.kinds.' || gap.kind AS part, 'person' AS kind
FROM gap
UNION ALL
SELECT gap.key, 2 AS place, 'why' AS field, 'Why it matters: ' || rule_gap_kind.why AS text, 'gap kinds' AS rule,
    'gaps.kinds.' || gap.kind AS part, 'account' AS kind
FROM gap
JOIN rule_gap_kind ON rule_gap_kind.kind = gap.kind
UNION ALL
SELECT gap.key, 3 AS place, 'severity' AS field,
    'Severity ' || CAST(CAST(FLOOR(ROUND(gap.severity, 6) + 5e-1) AS BIGINT) AS TEXT) || ' of 100: '
        || COALESCE('nearness of the renewal '
            || CAST(CAST(FLOOR(ROUND(100 * urgency.renewal, 6) + 5e-1) AS BIGINT) AS TEXT)
            || ' %, ARR among all customers '
            || CAST(CAST(FLOOR(ROUND(100 * urgency.arr, 6) + 5e-1) AS BIGINT) AS TEXT) || ' %',
            'renewal and ARR are the mean of the accounts looked after') || ', kind of gap '
        || CAST(CAST(FLOOR(ROUND(100 * rule_gap_kind.weight, 6) + 5e-1) AS BIGINT) AS TEXT) || ' %, weighed '
        || CAST(CAST(ROUND(100 * rule_severity.renewal) AS BIGINT) AS TEXT) || ' : '
        || CAST(CAST(ROUND(100 * rule_severity.arr) AS BIGINT) AS TEXT) || ' : '
        || CAST(CAST(ROUND(100 * rule_severity.kind) AS BIGINT) AS TEXT) || '.' AS text,
    'severity' AS rule, 'gaps.severity' AS part, 'account' AS kind
FROM gap
CROSS JOIN rule_severity
JOIN rule_gap_kind ON rule_gap_kind.kind = gap.kind
LEFT JOIN urgency ON urgency.account_key = gap.account_key
UNION ALL
SELECT gap.key, 4 AS place, 'people' AS field, 'People to develop: ' || gap.people || '.' AS text,
    'suggestions' AS rule, 'gaps.suggestions' AS part, 'people' AS kind
FROM gap
WHERE gap.people IS NOT NULL
UNION ALL
SELECT gap.key, 5 AS place, 'evidence' AS field,
    UPPER(SUBSTR(account_fact.words, 1, 1)) || SUBSTR(account_fact.words, 2) || '.' AS text,
    'coverage status' AS rule, 'coverage' AS part, 'account' AS kind
FROM gap
JOIN account_fact ON account_fact.account_key = gap.account_key
UNION ALL
SELECT gap.key, 6 AS place, 'age' AS field,
    CASE WHEN gap.chronic THEN 'Chronic' ELSE 'Acute' END || ': its task has been open since ' || calendar.iso || '.'
        AS text,
    'chronic gaps' AS rule, 'gaps.chronic_days' AS part, 'account' AS kind
FROM gap
JOIN calendar ON calendar.day = CAST(FLOOR(gap.opened_at / 86400e0) AS BIGINT);

-- Where a gap's sentence has no record of its own kind, the account's stands for it: it is the account that lacks it.
INSERT INTO reason
SELECT
    'gap' AS object,
    gap_home.source,
    gap_reason.key AS id,
    gap_reason.text,
    gap_reason.place,
    [gap_reason.field] AS fields,
    gap_reason.rule,
    gap_reason.part,
    LIST(DISTINCT COALESCE(own.record, account.record) ORDER BY COALESCE(own.record, account.record)) AS records
FROM gap_reason
JOIN gap_home ON gap_home.key = gap_reason.key
JOIN gap_rest AS account ON account.key = gap_reason.key AND account.kind = 'account'
LEFT JOIN gap_rest AS own ON own.key = gap_reason.key AND own.kind = gap_reason.kind
GROUP BY gap_home.source, gap_reason.key, gap_reason.text, gap_reason.place, gap_reason.field, gap_reason.rule,
    gap_reason.part;
