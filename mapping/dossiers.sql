-- Who is worth a dossier: every account record, and the contacts that hold a role or had any contact with us. No
-- temporary table: one would stand before the list of the next plan on the same connection.
CREATE OR REPLACE TABLE explained AS
SELECT 'account' AS object, source, id
FROM desired_account
UNION ALL
SELECT 'contact' AS object, contact_record.source, contact_record.id
FROM contact_record
LEFT JOIN role_list ON role_list.person_id = contact_record.person_id
LEFT JOIN relation
    ON relation.account_key = contact_record.account_key AND relation.person_id = contact_record.person_id
WHERE role_list.person_id IS NOT NULL
     OR relation.last_act_at IS NOT NULL;
