-- The sentences of each record in the order they are read, each with its fields, its rule and its records.
CREATE OR REPLACE TEMP TABLE dossier_sentence AS
SELECT
    object, source, id,
    LIST(
        STRUCT_PACK(text := text, fields := fields, rule := rule, part := part, records := records)
        ORDER BY place, text
    ) AS reasons
FROM reason
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
    dossier_sentence.reasons,
    desired_contact.*
FROM explained_contact
JOIN desired_contact ON desired_contact.source = explained_contact.source AND desired_contact.id = explained_contact.id
JOIN contact ON contact.source = explained_contact.source AND contact.id = explained_contact.id
JOIN customer ON customer.account_key = explained_contact.account_key
LEFT JOIN standing_contact
    ON standing_contact.source = explained_contact.source AND standing_contact.id = explained_contact.id
LEFT JOIN dossier_sentence
    ON dossier_sentence.object = 'contact' AND dossier_sentence.source = explained_contact.source
 AND dossier_sentence.id = explained_contact.id;

-- The same for accounts.
CREATE OR REPLACE TEMP TABLE dossier_account AS
SELECT
    COALESCE(account.name, account.id) AS name,
    COALESCE(customer.name, customer.account_key) AS account_name,
    company.home,
    dossier_sentence.reasons,
    desired_account.*
FROM explained_account
JOIN desired_account ON desired_account.source = explained_account.source AND desired_account.id = explained_account.id
JOIN account ON account.source = explained_account.source AND account.id = explained_account.id
JOIN customer ON customer.account_key = explained_account.account_key
JOIN company ON company.source = explained_account.source AND company.account_id = explained_account.id
LEFT JOIN dossier_sentence
    ON dossier_sentence.object = 'account' AND dossier_sentence.source = explained_account.source
 AND dossier_sentence.id = explained_account.id;

-- Gaps, under their keys; they are in the account's home CRM.
CREATE OR REPLACE TEMP TABLE dossier_gap AS
SELECT
    UPPER(SUBSTR(gap.kind, 1, 1)) || SUBSTR(gap.kind, 2) || ': ' || COALESCE(member.name || ', ', '')
        || gap_home.name AS name,
    gap_home.name AS account_name,
    TRUE AS home,
    dossier_sentence.reasons,
    dossier_sentence.source,
    gap.key AS id,
    gap.kind,
    gap.role,
    CAST(gap.severity AS TEXT) AS severity
FROM gap
JOIN gap_home ON gap_home.key = gap.key
JOIN dossier_sentence ON dossier_sentence.object = 'gap' AND dossier_sentence.id = gap.key
LEFT JOIN member ON member.account_key = gap.account_key AND member.person_id = gap.person_id;
