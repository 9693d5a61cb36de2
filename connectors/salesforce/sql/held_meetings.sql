-- Meetings whose people are wanted: those that are no copies.
SELECT "Id" AS id FROM raw WHERE COALESCE("IsChild", 'false') <> 'true'
