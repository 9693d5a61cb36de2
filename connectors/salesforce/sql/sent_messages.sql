-- Messages whose people are wanted: those that were sent.
SELECT "Id" AS id FROM raw WHERE COALESCE("Status", '') <> '5'
