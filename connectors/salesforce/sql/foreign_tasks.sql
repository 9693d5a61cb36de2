-- Tasks whose people are wanted: those that are not ours.
SELECT "Id" AS id FROM raw WHERE worded(own_key) IS NULL
