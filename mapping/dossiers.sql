-- Who is worth a dossier: every account record, and the contacts that hold a role or had any contact with us.
CREATE OR REPLACE TEMP TABLE explained AS
SELECT 'account' AS object, source, id
FROM desired_account
UNION ALL
SELECT 'contact' AS object, contact_record.source, contact_record.id
FROM contact_record
LEFT JOIN role_list ON role_list.person_id = contact_record.person_id
LEFT JOIN last_act
  ON last_act.account_key = contact_record.account_key AND last_act.person_id = contact_record.person_id
WHERE role_list.person_id IS NOT NULL
   OR last_act.person_id IS NOT NULL;
