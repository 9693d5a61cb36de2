-- Records of the people of customer accounts, each with the account its fields speak of: the primary one of the
-- record when the person belongs to it, else the first of the person's accounts.
CREATE OR REPLACE TEMP TABLE contact_record AS
SELECT
    person.source,
    person.contact_id AS id,
    person.person_id,
    COALESCE(own.account_key, belongs.account_key) AS account_key
FROM person
JOIN contact ON contact.source = person.source AND contact.id = person.contact_id
JOIN (
    SELECT person_id, MIN(account_key) AS account_key FROM member GROUP BY person_id
) AS belongs ON belongs.person_id = person.person_id
LEFT JOIN company ON company.source = contact.source AND company.account_id = contact.account_id
LEFT JOIN member AS own ON own.person_id = person.person_id AND own.account_key = company.account_key;

-- The roles a person is shown with: what is only possible is named when the person holds nothing else.
CREATE OR REPLACE TEMP TABLE shown_role AS
SELECT role.account_key, role.person_id, role.role, role.subtype, role.status, role.confidence
FROM role
LEFT JOIN (
    SELECT DISTINCT person_id FROM role WHERE status <> 'candidate'
) AS holds ON holds.person_id = role.person_id
WHERE role.status <> 'candidate'
     OR holds.person_id IS NULL;

-- All roles of a person as one multi-select value.
CREATE OR REPLACE TEMP TABLE role_list AS
SELECT named.person_id, STRING_AGG(named.role, ';' ORDER BY named.role) AS roles
FROM (SELECT DISTINCT person_id, role FROM shown_role) AS named
GROUP BY named.person_id;

-- The role that leads a record's fields: first those of the record's own account, then the surest, then the highest.
CREATE OR REPLACE TEMP TABLE leading_role AS
SELECT ranked.source, ranked.id, ranked.role, ranked.status, ranked.confidence
FROM (
    SELECT
        contact_record.source,
        contact_record.id,
        shown_role.role,
        shown_role.status,
        shown_role.confidence,
        ROW_NUMBER() OVER (
            PARTITION BY contact_record.source, contact_record.id
            ORDER BY
                CASE WHEN shown_role.account_key = contact_record.account_key THEN 0 ELSE 1 END,
                rule_status_order.place,
                rule_role_order.place,
                shown_role.account_key
        ) AS place
    FROM contact_record
    JOIN shown_role ON shown_role.person_id = contact_record.person_id
    JOIN rule_status_order ON rule_status_order.status = shown_role.status
    JOIN rule_role_order ON rule_role_order.role = shown_role.role
) AS ranked
WHERE ranked.place = 1;

-- People who count as a live head of their account.
CREATE OR REPLACE TEMP TABLE counted_person AS
SELECT DISTINCT account_key, person_id
FROM counted_for
WHERE head;

-- What each contact record should hold.
CREATE OR REPLACE TABLE desired_contact AS
SELECT
    contact_record.source,
    contact_record.id,
    role_list.roles,
    buyer.subtype AS buyer_type,
    stance.stance,
    stance.quartet,
    leading_role.status AS role_status,
    CAST(CAST(FLOOR(ROUND(100 * leading_role.confidence, 6) + 5e-1) AS BIGINT) AS TEXT) AS role_confidence,
    CAST(depth.level AS TEXT) AS depth,
    COALESCE(depth_name.name, 'Cannot tell') AS depth_name,
    CAST(CAST(FLOOR(depth.strength + 5e-1) AS BIGINT) AS TEXT) AS tie_strength,
    depth.trend,
    calendar.iso AS last_two_way,
    CASE WHEN counted_person.person_id IS NULL THEN 'false' ELSE 'true' END AS counted,
    CAST(NULL AS TEXT) AS evidence,
    CAST(NULL AS TEXT) AS computed_on
FROM contact_record
JOIN depth ON depth.account_key = contact_record.account_key AND depth.person_id = contact_record.person_id
LEFT JOIN depth_name ON depth_name.level = depth.level
LEFT JOIN calendar ON calendar.day = CAST(FLOOR(depth.two_way_at / 86400e0) AS BIGINT)
LEFT JOIN role_list ON role_list.person_id = contact_record.person_id
LEFT JOIN leading_role ON leading_role.source = contact_record.source AND leading_role.id = contact_record.id
LEFT JOIN shown_role AS buyer
    ON buyer.account_key = contact_record.account_key AND buyer.person_id = contact_record.person_id
        AND buyer.role = 'buyer'
LEFT JOIN stance ON stance.account_key = contact_record.account_key AND stance.person_id = contact_record.person_id
LEFT JOIN counted_person
    ON counted_person.account_key = contact_record.account_key AND counted_person.person_id = contact_record.person_id;

-- The missing roles of an account, as a multi-select value and in words.
CREATE OR REPLACE TEMP TABLE missing_role AS
SELECT
    account_key,
    STRING_AGG(role, ';' ORDER BY role) AS roles,
    STRING_AGG(CAST(missing AS TEXT) || ' ' || role || CASE WHEN missing = 1 THEN '' ELSE 's' END, ', ' ORDER BY role)
        AS words
FROM shortfall
GROUP BY account_key;

-- What closes the gap to close first: something with its person, else with one of those who may be developed. No figure
-- that moves from day to day is named, so that the words last.
CREATE OR REPLACE TEMP TABLE possible_action AS
SELECT
    first_gap.account_key,
    first_gap.key,
    SUBSTR(first_gap.action || COALESCE(': ' || COALESCE(first_gap.name, prospect.lasting_words), ''), 1, 255) AS words,
    COALESCE(prospect.place, 1) AS place
FROM (
    SELECT
        gap.account_key,
        gap.key,
        rule_gap_kind.action || COALESCE(' (' || gap.product || ')', '') AS action,
        member.name,
        CASE WHEN own.people IS NOT NULL THEN gap.role WHEN gap.people IS NOT NULL THEN 'champion' END AS role,
        ROW_NUMBER() OVER (PARTITION BY gap.account_key ORDER BY gap.severity DESC, gap.key) AS place
    FROM gap
    JOIN rule_gap_kind ON rule_gap_kind.kind = gap.kind
    LEFT JOIN member ON member.account_key = gap.account_key AND member.person_id = gap.person_id
    LEFT JOIN suggestion AS own ON own.account_key = gap.account_key AND own.role = gap.role
) AS first_gap
LEFT JOIN prospect
    ON prospect.account_key = first_gap.account_key AND prospect.role = first_gap.role AND first_gap.name IS NULL
WHERE first_gap.place = 1;

-- The one of them to name: with the person who is nearest to the role.
CREATE OR REPLACE TEMP TABLE next_action AS
SELECT account_key, key, words
FROM possible_action
WHERE place = 1;

-- With any of the others it stays right: who is nearest changes with every message, and what is advised shall not.
CREATE OR REPLACE TABLE also_right AS
SELECT DISTINCT
    company.source,
    'account' AS object,
    company.account_id AS id,
    'next_best_action' AS field,
    possible_action.words AS value
FROM possible_action
JOIN company ON company.account_key = possible_action.account_key
WHERE possible_action.place > 1;

-- What each account record should hold.
CREATE OR REPLACE TABLE desired_account AS
SELECT
    company.source,
    company.account_id AS id,
    customer.segment,
    customer.breadth,
    customer.tier,
    standing.stage,
    coverage.status AS coverage_status,
    CAST(coverage.score AS TEXT) AS coverage_score,
    CAST(need_row.buyers_required AS TEXT) AS buyers_required,
    CAST(need_row.buyers_actual AS TEXT) AS buyers_actual,
    CAST(need_row.champions_required AS TEXT) AS champions_required,
    CAST(need_row.champions_actual AS TEXT) AS champions_actual,
    CAST(need_row.power_users_required AS TEXT) AS power_users_required,
    CAST(need_row.power_users_actual AS TEXT) AS power_users_actual,
    missing_role.roles AS missing_roles,
    missing_role.words AS missing_text,
    CASE
        WHEN coverage.single_threaded THEN 'true'
        WHEN NOT coverage.single_threaded THEN 'false'
    END AS single_threaded,
    CAST(CAST(FLOOR(ROUND(100 * coverage.redundancy, 6) + 5e-1) AS BIGINT) AS TEXT) AS redundancy,
    CAST(CAST(FLOOR(standing.equity + 5e-1) AS BIGINT) AS TEXT) AS equity,
    standing.orientation,
    next_action.words AS next_best_action,
    CAST(NULL AS TEXT) AS evidence,
    coverage.completeness AS data_completeness,
    CAST(NULL AS TEXT) AS computed_on
FROM company
JOIN customer ON customer.account_key = company.account_key
JOIN coverage ON coverage.account_key = company.account_key
JOIN standing ON standing.account_key = company.account_key
LEFT JOIN need_row ON need_row.account_key = company.account_key
LEFT JOIN missing_role ON missing_role.account_key = company.account_key
LEFT JOIN next_action ON next_action.account_key = company.account_key;

-- Whom each colleague reports to: by the CRM, else by the team. A manager who may not own records any more is none: no
-- CRM lets a task pass on to such.
CREATE OR REPLACE TEMP TABLE reporting_line AS
SELECT
    line.source,
    line.id,
    line.active,
    CASE WHEN COALESCE(manager.active, TRUE) THEN line.manager_id END AS manager_id
FROM (
    SELECT csm.source, csm.id, csm.active, COALESCE(csm.manager_id, MIN(lead.id)) AS manager_id
    FROM user_account AS csm
    LEFT JOIN rule_manager ON rule_manager.team = csm.team
    LEFT JOIN user_account AS lead ON lead.source = csm.source AND lead.email = rule_manager.email
    GROUP BY csm.source, csm.id, csm.active, csm.manager_id
) AS line
LEFT JOIN user_account AS manager ON manager.source = line.source AND manager.id = line.manager_id;

-- Who looks after each customer, and that colleague's manager.
CREATE OR REPLACE TEMP TABLE caretaker AS
SELECT
    customer.account_key,
    CASE WHEN COALESCE(csm.active, TRUE) THEN customer.owner_id END AS csm_id,
    csm.manager_id
FROM customer
LEFT JOIN reporting_line AS csm ON csm.source = customer.owner_source AND csm.id = customer.owner_id;

-- The day a task of each tier is due: so many business days from today. And the business day that lies the grace back:
-- what was due before it has been overdue for more business days than the grace has.
CREATE OR REPLACE TEMP TABLE due_day AS
SELECT rule_due.tier, target.day * 86400 AS due_at, bound.day * 86400 AS overdue_before
FROM rule_due
CROSS JOIN run
JOIN calendar AS today ON today.day = CAST(FLOOR(run.as_of / 86400e0) AS BIGINT)
JOIN calendar AS target ON target.workdays = today.workdays + rule_due.days AND target.workday
LEFT JOIN calendar AS bound ON bound.workdays = today.workdays - rule_due.grace AND bound.workday;

-- The ARR of each customer in words, with a comma between thousands.
CREATE OR REPLACE TEMP TABLE arr_words AS
SELECT
    account_key,
    CASE
        WHEN whole >= 1000000000 THEN CAST(CAST(FLOOR(whole / 1e9) AS BIGINT) AS TEXT) || ','
            || LPAD(CAST(CAST(FLOOR(whole / 1e6) AS BIGINT) % 1000 AS TEXT), 3, '0') || ','
            || LPAD(CAST(CAST(FLOOR(whole / 1e3) AS BIGINT) % 1000 AS TEXT), 3, '0') || ','
            || LPAD(CAST(whole % 1000 AS TEXT), 3, '0')
        WHEN whole >= 1000000 THEN CAST(CAST(FLOOR(whole / 1e6) AS BIGINT) AS TEXT) || ','
            || LPAD(CAST(CAST(FLOOR(whole / 1e3) AS BIGINT) % 1000 AS TEXT), 3, '0') || ','
            || LPAD(CAST(whole % 1000 AS TEXT), 3, '0')
        WHEN whole >= 1000 THEN CAST(CAST(FLOOR(whole / 1e3) AS BIGINT) AS TEXT) || ','
            || LPAD(CAST(whole % 1000 AS TEXT), 3, '0')
        ELSE CAST(whole AS TEXT)
    END AS words
FROM (SELECT account_key, CAST(ROUND(arr) AS BIGINT) AS whole FROM customer WHERE arr IS NOT NULL) AS revenue;

-- The facts of an account that stand behind every task about it; `beyond` are those that hold for all its products.
CREATE OR REPLACE TEMP TABLE account_fact AS
SELECT
    fact.account_key,
    COALESCE(shown.words, 'coverage ' || covered_words.words) || fact.beyond AS words,
    fact.beyond
FROM (
    SELECT
        customer.account_key,
        COALESCE('; renewal on ' || calendar.iso, '') || COALESCE('; ARR ' || arr_words.words, '') AS beyond
    FROM customer
    LEFT JOIN arr_words ON arr_words.account_key = customer.account_key
    LEFT JOIN calendar ON calendar.day = CAST(FLOOR(customer.renewal_at / 86400e0) AS BIGINT)
) AS fact
JOIN covered_words ON covered_words.account_key = fact.account_key
LEFT JOIN offer AS shown ON shown.account_key = fact.account_key AND shown.shown;

-- The task each gap deserves, in the CRM that owns the customer record.
CREATE OR REPLACE TABLE desired_task AS
SELECT
    gap.key,
    home.source,
    home.account_id,
    home_contact.contact_id,
    CASE
        WHEN gap.to_manager THEN COALESCE(caretaker.manager_id, caretaker.csm_id)
        ELSE COALESCE(caretaker.csm_id, caretaker.manager_id)
    END AS owner_id,
    SUBSTR(UPPER(SUBSTR(gap.kind, 1, 1)) || SUBSTR(gap.kind, 2) || COALESCE(' (' || gap.product || ')', '') || ': '
        || COALESCE(member.name || ', ', '')
        || COALESCE(customer.name, home.account_id), 1, 255) AS subject,
    'What is missing: ' || gap.detail || CHR(10)
        || 'Why it matters: ' || rule_gap_kind.why || CHR(10)
        || 'Evidence: ' || COALESCE(offer.words || account_fact.beyond, account_fact.words) || '.'
        || COALESCE(CHR(10) || 'People to develop: ' || gap.people || '.', '') AS body,
    due_day.due_at,
    gap.severity,
    caretaker.manager_id,
    due_day.overdue_before
FROM gap
JOIN rule_gap_kind ON rule_gap_kind.kind = gap.kind
JOIN customer ON customer.account_key = gap.account_key
JOIN company AS home ON home.account_key = gap.account_key AND home.home
JOIN caretaker ON caretaker.account_key = gap.account_key
JOIN account_fact ON account_fact.account_key = gap.account_key
LEFT JOIN offer ON offer.account_key = gap.account_key AND offer.product = gap.product
LEFT JOIN due_day ON due_day.tier = customer.tier
LEFT JOIN member ON member.account_key = gap.account_key AND member.person_id = gap.person_id
LEFT JOIN (
    SELECT source, person_id, MIN(contact_id) AS contact_id FROM person GROUP BY source, person_id
) AS home_contact ON home_contact.source = home.source AND home_contact.person_id = gap.person_id;

-- The task about a colleague's load: about no account, for the manager, in the CRM that comes first of those that know
-- the colleague.
INSERT INTO desired_task
SELECT
    gap.key,
    workload.source,
    CAST(NULL AS TEXT) AS account_id,
    CAST(NULL AS TEXT) AS contact_id,
    CASE WHEN gap.to_manager THEN COALESCE(csm.manager_id, workload.user_id) ELSE workload.user_id END AS owner_id,
    SUBSTR(UPPER(SUBSTR(gap.kind, 1, 1)) || SUBSTR(gap.kind, 2) || ': '
        || COALESCE(workload.name, workload.colleague), 1, 255) AS subject,
    'What is missing: ' || gap.detail || CHR(10) || 'Why it matters: ' || rule_gap_kind.why AS body,
    due_day.due_at,
    gap.severity,
    csm.manager_id,
    due_day.overdue_before
FROM gap
JOIN rule_gap_kind ON rule_gap_kind.kind = gap.kind
JOIN workload ON workload.colleague = gap.account_key
JOIN reporting_line AS csm ON csm.source = workload.source AND csm.id = workload.user_id
LEFT JOIN due_day ON due_day.tier = 'high'
WHERE gap.kind = 'over-capacity CSM';

-- A plan follows, which needs the room: whom coverage counts is written down.
DROP TABLE counted_person;

-- So is the next action.
DROP TABLE possible_action;
