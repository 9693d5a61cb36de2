-- The records the sentences rest on.
CREATE OR REPLACE TEMP TABLE rested AS
SELECT 'contact' AS object, explained_contact.source, explained_contact.id, role_fact.record
FROM explained_contact
JOIN role_fact
    ON role_fact.account_key = explained_contact.account_key AND role_fact.person_id = explained_contact.person_id
WHERE role_fact.place <= 4
UNION
SELECT 'contact' AS object, explained_contact.source, explained_contact.id, last_exchange.record
FROM explained_contact
JOIN last_exchange
    ON last_exchange.account_key = explained_contact.account_key
        AND last_exchange.person_id = explained_contact.person_id
UNION
SELECT 'account' AS object, explained_account.source, explained_account.id,
    person.source || '/contact/' || person.contact_id AS record
FROM explained_account
JOIN credit ON credit.account_key = explained_account.account_key AND credit.head
JOIN person ON person.person_id = credit.person_id
UNION
SELECT 'account' AS object, explained_account.source, explained_account.id, stage_words.record
FROM explained_account
JOIN stage_words ON stage_words.account_key = explained_account.account_key AND stage_words.record IS NOT NULL;

-- The sentences of each record in the order they are read.
CREATE OR REPLACE TEMP TABLE dossier_sentence AS
SELECT object, source, id, LIST(text ORDER BY place) AS sentences
FROM ordered_sentence
GROUP BY object, source, id;

-- The records they rest on.
CREATE OR REPLACE TEMP TABLE dossier_record AS
SELECT object, source, id, LIST(record ORDER BY record) AS records
FROM rested
WHERE record IS NOT NULL
GROUP BY object, source, id;

-- The record that stands for a person where each is listed once: the one in the account's home CRM, else the first in
-- home order.
CREATE OR REPLACE TEMP TABLE standing_contact AS
SELECT ranked.source, ranked.id
FROM (
    SELECT
        contact_record.source,
        contact_record.id,
        ROW_NUMBER() OVER (
            PARTITION BY contact_record.account_key, contact_record.person_id
            ORDER BY CASE WHEN contact_record.source = home.source THEN 0 ELSE 1 END, person_record.turn
        ) AS place
    FROM contact_record
    JOIN company AS home ON home.account_key = contact_record.account_key AND home.home
    JOIN person_record
        ON person_record.person_id = contact_record.person_id AND person_record.source = contact_record.source
     AND person_record.id = contact_record.id
) AS ranked
WHERE ranked.place = 1;

-- What a contact's dossier shows beside its values.
CREATE OR REPLACE TEMP TABLE dossier_contact AS
SELECT
    COALESCE(contact.name, contact.email, contact.id) AS name,
    COALESCE(customer.name, customer.account_key) AS account_name,
    standing_contact.id IS NOT NULL AS home,
    dossier_sentence.sentences,
    dossier_record.records,
    desired_contact.*
FROM explained_contact
JOIN desired_contact ON desired_contact.source = explained_contact.source AND desired_contact.id = explained_contact.id
JOIN contact ON contact.source = explained_contact.source AND contact.id = explained_contact.id
JOIN customer ON customer.account_key = explained_contact.account_key
LEFT JOIN standing_contact
    ON standing_contact.source = explained_contact.source AND standing_contact.id = explained_contact.id
LEFT JOIN dossier_sentence
    ON dossier_sentence.object = 'contact' AND dossier_sentence.source = explained_contact.source
 AND dossier_sentence.id = explained_contact.id
LEFT JOIN dossier_record
    ON dossier_record.object = 'contact' AND dossier_record.source = explained_contact.source
 AND dossier_record.id = explained_contact.id;

-- The same for accounts.
CREATE OR REPLACE TEMP TABLE dossier_account AS
SELECT
    COALESCE(account.name, account.id) AS name,
    COALESCE(customer.name, customer.account_key) AS account_name,
    company.home,
    dossier_sentence.sentences,
    dossier_record.records,
    desired_account.*
FROM explained_account
JOIN desired_account ON desired_account.source = explained_account.source AND desired_account.id = explained_account.id
JOIN account ON account.source = explained_account.source AND account.id = explained_account.id
JOIN customer ON customer.account_key = explained_account.account_key
JOIN company ON company.source = explained_account.source AND company.account_id = explained_account.id
LEFT JOIN dossier_sentence
    ON dossier_sentence.object = 'account' AND dossier_sentence.source = explained_account.source
 AND dossier_sentence.id = explained_account.id
LEFT JOIN dossier_record
    ON dossier_record.object = 'account' AND dossier_record.source = explained_account.source
 AND dossier_record.id = explained_account.id;
