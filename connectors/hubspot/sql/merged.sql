-- The records that a merge took up into one of those at hand.
CREATE OR REPLACE TEMP VIEW merged AS
SELECT taken.id, taken.winner_id
FROM (
  SELECT UNNEST(parts("hs_merged_object_ids")) AS id, "@id" AS winner_id FROM raw WHERE "hs_merged_object_ids" <> ''
) AS taken
WHERE taken.id <> taken.winner_id;
