-- Domains of our own colleagues; free-mail domains belong to nobody.
CREATE OR REPLACE TEMP TABLE own_domain AS
SELECT DISTINCT domain
FROM (
    SELECT SPLIT_PART(LOWER(TRIM(email)), '@', 2) AS domain FROM user_account WHERE email LIKE '%_@_%'
    UNION ALL
    SELECT domain FROM rule_own_domain
) AS candidate
WHERE domain NOT IN (SELECT domain FROM rule_free_mail);

-- Their very addresses, whatever the domain, in the same form as those of contacts.
CREATE OR REPLACE TEMP TABLE own_address AS
SELECT DISTINCT REGEXP_REPLACE(LOWER(TRIM(email)), '[+][^@]*@', '@') AS email
FROM user_account
WHERE email LIKE '%_@_%';

-- Contact records with their address in comparable form: lower case, trimmed, without a plus-tag.
CREATE OR REPLACE TEMP TABLE contact_address AS
SELECT
    source, id, other_id,
    CASE WHEN email LIKE '%_@_%' THEN REGEXP_REPLACE(LOWER(TRIM(email)), '[+][^@]*@', '@') END AS email
FROM contact;

-- All records that could be one with another: contacts that are no colleagues, and accounts. `token` is what two
-- records of different sources may share to be one: the address, or the web domain unless it is a free-mail domain.
CREATE OR REPLACE TEMP TABLE party AS
SELECT
    'person' AS kind, contact_address.source, contact_address.id,
    contact_address.source || ':' || contact_address.id AS ref,
    contact_address.other_id, contact_address.email AS token
FROM contact_address
LEFT JOIN own_domain ON own_domain.domain = SPLIT_PART(contact_address.email, '@', 2)
LEFT JOIN own_address ON own_address.email = contact_address.email
WHERE own_domain.domain IS NULL
    AND own_address.email IS NULL
UNION ALL
SELECT
    'company' AS kind, account.source, account.id,
    account.source || ':' || account.id AS ref,
    account.other_id,
    CASE
        WHEN rule_free_mail.domain IS NULL
            THEN NULLIF(REGEXP_REPLACE(LOWER(TRIM(account.domain)), '^www[.]', ''), '')
    END AS token
FROM account
LEFT JOIN rule_free_mail ON rule_free_mail.domain = REGEXP_REPLACE(LOWER(TRIM(account.domain)), '^www[.]', '');

-- The ids under which a record may be named elsewhere: its own, and the short form of a Salesforce id.
CREATE OR REPLACE TEMP TABLE party_name AS
SELECT kind, source, ref, id AS name FROM party
UNION ALL
SELECT kind, source, ref, SUBSTR(id, 1, 15) AS name FROM party WHERE LENGTH(id) = 18;

-- Pairs that an integration id ties together, whichever side holds it; each pair stands once in each direction.
CREATE OR REPLACE TEMP TABLE claim AS
SELECT party.kind, party.ref, party.source, party_name.ref AS other_ref, party_name.source AS other_source
FROM party
JOIN party_name ON party_name.kind = party.kind AND party_name.name = party.other_id
    AND party_name.source <> party.source
UNION
SELECT party.kind, party_name.ref, party_name.source, party.ref AS other_ref, party.source AS other_source
FROM party
JOIN party_name ON party_name.kind = party.kind AND party_name.name = party.other_id
    AND party_name.source <> party.source;

-- How many records of each other source claim to be one with a record; more than one is for a human to settle.
CREATE OR REPLACE TEMP TABLE claimed AS
SELECT kind, ref, other_source, COUNT(*) AS rivals FROM claim GROUP BY kind, ref, other_source;

-- Tokens that no source uses twice and at least two sources use.
CREATE OR REPLACE TEMP TABLE clear_token AS
SELECT kind, token
FROM (SELECT kind, token, source, COUNT(*) AS uses FROM party WHERE token IS NOT NULL GROUP BY kind, token, source)
    AS used
GROUP BY kind, token
HAVING MAX(uses) = 1 AND COUNT(*) > 1;

-- Accepted ties in both directions: undisputed integration ids first; then shared tokens, where no id says otherwise.
CREATE OR REPLACE TEMP TABLE tie AS
SELECT claim.kind, claim.ref, claim.other_ref, 'integration-id' AS rule
FROM claim
JOIN claimed AS here
    ON here.kind = claim.kind AND here.ref = claim.ref AND here.other_source = claim.other_source
JOIN claimed AS there
    ON there.kind = claim.kind AND there.ref = claim.other_ref AND there.other_source = claim.source
WHERE here.rivals = 1 AND there.rivals = 1
UNION ALL
SELECT
    party.kind, party.ref, twin.ref AS other_ref,
    CASE WHEN party.kind = 'person' THEN 'email' ELSE 'domain' END AS rule
FROM clear_token
JOIN party ON party.kind = clear_token.kind AND party.token = clear_token.token
JOIN party AS twin
    ON twin.kind = clear_token.kind AND twin.token = clear_token.token AND twin.source <> party.source
LEFT JOIN claimed AS here
    ON here.kind = party.kind AND here.ref = party.ref AND here.other_source = twin.source
LEFT JOIN claimed AS there
    ON there.kind = party.kind AND there.ref = twin.ref AND there.other_source = party.source
WHERE here.ref IS NULL AND there.ref IS NULL;

-- Everything that can be reached over ties, so that three records in a row are one whatever their order.
CREATE OR REPLACE TEMP TABLE reached AS
WITH RECURSIVE walk AS (
    SELECT kind, ref, other_ref FROM tie
    UNION
    SELECT walk.kind, walk.ref, tie.other_ref
    FROM walk
    JOIN tie ON tie.kind = walk.kind AND tie.ref = walk.other_ref
)
SELECT kind, ref, MIN(other_ref) AS first_ref FROM walk GROUP BY kind, ref;

-- Groups that would join two records of one source are not merged.
CREATE OR REPLACE TEMP TABLE overreached AS
SELECT DISTINCT kind, first_ref
FROM (
    SELECT reached.kind, reached.first_ref, party.source
    FROM reached
    JOIN party ON party.kind = reached.kind AND party.ref = reached.ref
    GROUP BY reached.kind, reached.first_ref, party.source
    HAVING COUNT(*) > 1
) AS crowded;

-- Each record with the smallest record it is one with, and the rule that says so.
CREATE OR REPLACE TEMP TABLE matched AS
SELECT
    party.kind, party.source, party.id, party.ref, party.token,
    COALESCE(reached.first_ref, party.ref) AS first_ref,
    CASE
        WHEN reached.ref IS NULL THEN 'single'
        WHEN by_id.ref IS NOT NULL THEN 'integration-id'
        WHEN party.kind = 'person' THEN 'email'
        ELSE 'domain'
    END AS rule
FROM party
LEFT JOIN (
    SELECT reached.kind, reached.ref, reached.first_ref
    FROM reached
    LEFT JOIN overreached ON overreached.kind = reached.kind AND overreached.first_ref = reached.first_ref
    WHERE overreached.first_ref IS NULL
) AS reached ON reached.kind = party.kind AND reached.ref = party.ref
LEFT JOIN (SELECT DISTINCT kind, ref FROM tie WHERE rule = 'integration-id') AS by_id
    ON by_id.kind = party.kind AND by_id.ref = party.ref;

-- Which contact records are one human being.
CREATE OR REPLACE TABLE person AS
SELECT source, id AS contact_id, first_ref AS person_id, rule
FROM matched
WHERE kind = 'person';

-- Which account records are one company; home is the first source of the organisation's order that holds it.
CREATE OR REPLACE TABLE company AS
SELECT
    source, account_id,
    MIN(CASE WHEN turn = 1 THEN ref END) OVER (PARTITION BY first_ref) AS account_key,
    turn = 1 AS home,
    rule
FROM (
    SELECT
        matched.source, matched.id AS account_id, matched.ref, matched.first_ref, matched.rule,
        ROW_NUMBER() OVER (
            PARTITION BY matched.first_ref ORDER BY COALESCE(rule_source.place, 1000), matched.ref
        ) AS turn
    FROM matched
    LEFT JOIN rule_source ON rule_source.source = matched.source
    WHERE matched.kind = 'company'
) AS ranked;

-- Records that share something and were still not merged, each beside the first record that shares it.
CREATE OR REPLACE TABLE ambiguity AS
SELECT kind, left_ref, right_ref, MIN(why) AS why
FROM (
    SELECT
        matched.kind, first_of_token.ref AS left_ref, matched.ref AS right_ref,
        CASE WHEN matched.kind = 'person' THEN 'share the address ' ELSE 'share the domain ' END || matched.token AS why
    FROM matched
    JOIN (SELECT kind, token, MIN(ref) AS ref FROM matched WHERE token IS NOT NULL GROUP BY kind, token) AS first_token
        ON first_token.kind = matched.kind AND first_token.token = matched.token
    JOIN matched AS first_of_token ON first_of_token.kind = matched.kind AND first_of_token.ref = first_token.ref
    WHERE first_of_token.first_ref <> matched.first_ref
    UNION ALL
    SELECT claim.kind, claim.ref AS left_ref, claim.other_ref AS right_ref,
        'share an integration id that others claim too' AS why
    FROM claim
    JOIN matched ON matched.kind = claim.kind AND matched.ref = claim.ref
    JOIN matched AS other ON other.kind = claim.kind AND other.ref = claim.other_ref
    WHERE claim.ref < claim.other_ref AND matched.first_ref <> other.first_ref
) AS doubtful
GROUP BY kind, left_ref, right_ref;

-- Companies that are customers: by the CRM's own word in any of their records, or by a won deal.
CREATE OR REPLACE TEMP TABLE customer_key AS
SELECT company.account_key
FROM company
JOIN account ON account.source = company.source AND account.id = company.account_id
WHERE account.customer
UNION
SELECT company.account_key
FROM company
JOIN opportunity ON opportunity.source = company.source AND opportunity.account_id = company.account_id
WHERE opportunity.won;

-- The place of each source in home order.
CREATE OR REPLACE TEMP TABLE source_turn AS
SELECT used.source, ROW_NUMBER() OVER (ORDER BY COALESCE(rule_source.place, 1000), used.source) AS turn
FROM (SELECT DISTINCT source FROM contact) AS used
LEFT JOIN rule_source ON rule_source.source = used.source;

-- Records of each person in home order: the first that knows a value gives it. Nobody has two of one source, so that
-- the place of the source tells which comes first.
CREATE OR REPLACE TEMP TABLE person_record AS
SELECT
    person.person_id, contact.source, contact.id,
    contact.source || '/contact/' || contact.id AS record,
    NULLIF(TRIM(contact.name), '') AS name,
    NULLIF(TRIM(contact.title), '') AS title,
    contact.title AS title_text,
    LOWER(TRIM(contact.department)) AS department,
    contact.account_id, contact.core_job, contact.bounced_at, contact.left_at,
    source_turn.turn
FROM person
JOIN contact ON contact.source = person.source AND contact.id = person.contact_id
JOIN source_turn ON source_turn.source = contact.source;

-- What is known of each person, with the record the title and the core-job flag came from.
CREATE OR REPLACE TEMP TABLE person_fact AS
SELECT
    fact.person_id, fact.name, fact.title, fact.title_record, fact.core_job, fact.core_job_record,
    title_reading.level, title_reading.function, title_reading.note,
    COALESCE(rule_department.department, title_reading.function) AS department,
    CASE
        WHEN rule_department.department IS NOT NULL THEN fact.department_record
        ELSE fact.title_record
    END AS department_record
FROM (
    SELECT
        person_record.person_id,
        MIN_BY(person_record.name, CASE WHEN person_record.name IS NOT NULL THEN turn END) AS name,
        MIN_BY(person_record.title, CASE WHEN person_record.title IS NOT NULL THEN turn END) AS title,
        MIN_BY(person_record.title_text, CASE WHEN person_record.title IS NOT NULL THEN turn END) AS title_text,
        MIN_BY(person_record.record, CASE WHEN person_record.title IS NOT NULL THEN turn END) AS title_record,
        MIN_BY(person_record.core_job, CASE WHEN person_record.core_job IS NOT NULL THEN turn END) AS core_job,
        MIN_BY(person_record.record, CASE WHEN person_record.core_job IS NOT NULL THEN turn END) AS core_job_record,
        MIN_BY(person_record.department, CASE WHEN known.spelling IS NOT NULL THEN turn END) AS department,
        MIN_BY(person_record.record, CASE WHEN known.spelling IS NOT NULL THEN turn END) AS department_record
    FROM person_record
    LEFT JOIN rule_department AS known ON known.spelling = person_record.department
    GROUP BY person_record.person_id
) AS fact
LEFT JOIN rule_department ON rule_department.spelling = fact.department
LEFT JOIN title_reading ON title_reading.title = fact.title_text;

-- What each person's title says.
CREATE OR REPLACE TEMP TABLE person_title AS
SELECT person_id, title, title_record AS record, level, function, note
FROM person_fact
WHERE title IS NOT NULL;

-- Where each record says its person belongs: affiliations, and a primary account that no affiliation speaks of.
CREATE OR REPLACE TEMP TABLE belonging AS
SELECT source, contact_id, account_id, COALESCE(active, TRUE) AS active, 'affiliation/' || id AS record
FROM affiliation
UNION ALL
SELECT contact.source, contact.id AS contact_id, contact.account_id, TRUE AS active, 'contact/' || contact.id AS record
FROM contact
LEFT JOIN affiliation
    ON affiliation.source = contact.source
    AND affiliation.contact_id = contact.id
    AND affiliation.account_id = contact.account_id
WHERE contact.account_id IS NOT NULL AND affiliation.id IS NULL;

-- Signs in a person's own records that the person has gone, wherever he or she worked.
CREATE OR REPLACE TEMP TABLE gone AS
SELECT person_id, why, record, happened_at
FROM (
    SELECT
        sign.*,
        ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY strength, turn, why) AS place
    FROM (
        SELECT person_id, 'left the company' AS why, record, left_at AS happened_at, turn, 1 AS strength
        FROM person_record
        CROSS JOIN run
        WHERE left_at <= run.as_of
        UNION ALL
        SELECT person_id, 'mail bounced hard' AS why, record, bounced_at AS happened_at, turn, 2 AS strength
        FROM person_record
        CROSS JOIN run
        WHERE bounced_at <= run.as_of
        UNION ALL
        SELECT
            person_record.person_id, 'name is marked ' || rule_gone.marker AS why, person_record.record,
            CAST(NULL AS BIGINT) AS happened_at, person_record.turn, 3 AS strength
        FROM person_record
        JOIN rule_gone ON STRPOS(LOWER(person_record.name), rule_gone.marker) > 0
    ) AS sign
) AS ranked
WHERE place = 1;

-- Each person's place in each customer: all records of the person speak, and one active tie is enough to belong.
CREATE OR REPLACE TEMP TABLE place AS
SELECT
    company.account_key, person.person_id,
    MAX(CASE WHEN belonging.active THEN 1 ELSE 0 END) = 1 AS active,
    MIN(belonging.source || '/' || belonging.record) AS record
FROM belonging
JOIN person ON person.source = belonging.source AND person.contact_id = belonging.contact_id
JOIN company ON company.source = belonging.source AND company.account_id = belonging.account_id
JOIN customer_key ON customer_key.account_key = company.account_key
GROUP BY company.account_key, person.person_id;

-- Who has gone from where, and the record that says so.
CREATE OR REPLACE TEMP TABLE leaving AS
SELECT place.account_key, place.person_id, gone.why, gone.record, gone.happened_at
FROM place
JOIN gone ON gone.person_id = place.person_id
UNION ALL
SELECT
    place.account_key, place.person_id, 'no longer active in the account' AS why, place.record,
    CAST(NULL AS BIGINT) AS happened_at
FROM place
LEFT JOIN gone ON gone.person_id = place.person_id
WHERE NOT place.active AND gone.person_id IS NULL;

-- One row a person and customer.
CREATE OR REPLACE TABLE member AS
SELECT
    place.account_key, place.person_id,
    person_fact.name, person_fact.title, person_fact.department,
    leaving.person_id IS NOT NULL AS departed,
    leaving.why || ' (' || leaving.record || ')' AS departed_why,
    leaving.happened_at AS departed_at
FROM place
JOIN person_fact ON person_fact.person_id = place.person_id
LEFT JOIN leaving ON leaving.account_key = place.account_key AND leaving.person_id = place.person_id;

-- What the later steps do not need gives its room back: the records as they are compared.
DROP TABLE matched;

-- The same for the records before that.
DROP TABLE party;

-- The same for their names.
DROP TABLE party_name;

-- The same for what ties two of them.
DROP TABLE tie;

-- The same for whom those ties reach.
DROP TABLE reached;

-- The same for the accounts that a record names.
DROP TABLE belonging;

-- The same for the account of each person.
DROP TABLE place;
