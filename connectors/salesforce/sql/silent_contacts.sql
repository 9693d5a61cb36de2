-- Contacts on a message whose link says no address and whose own is not known yet.
SELECT DISTINCT relation.person_id AS id
FROM relation
JOIN raw ON raw."Id" = relation.activity_id
WHERE
  relation.address IS NULL
  AND STARTS_WITH(relation.person_id, '003')
  AND relation.person_id NOT IN (SELECT contact_id FROM contact_address)
