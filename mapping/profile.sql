-- All axes of a person side by side; a missing value is unknown and satisfies no condition. `capacity` to drive change is
-- the larger of process authority and influence, of one alone where the other is unknown.
CREATE OR REPLACE TEMP TABLE profile AS
SELECT
    known.*,
    GREATEST(
        COALESCE(known.process_authority, known.influence), COALESCE(known.influence, known.process_authority)
    ) AS capacity
FROM (
    SELECT
        member.account_key, member.person_id, member.department, member.departed,
        side_by_side.buying_authority, side_by_side.buying_authority_confidence,
        side_by_side.process_authority, side_by_side.process_authority_confidence,
        side_by_side.influence, side_by_side.influence_confidence,
        side_by_side.product_importance, side_by_side.product_importance_confidence,
        side_by_side.usage_frequency, side_by_side.usage_frequency_confidence,
        side_by_side.attitude, side_by_side.attitude_confidence
    FROM member
    LEFT JOIN (
        SELECT
            account_key, person_id,
            MAX(CASE WHEN axis = 'buying_authority' THEN value END) AS buying_authority,
            MAX(CASE WHEN axis = 'buying_authority' THEN confidence END) AS buying_authority_confidence,
            MAX(CASE WHEN axis = 'process_authority' THEN value END) AS process_authority,
            MAX(CASE WHEN axis = 'process_authority' THEN confidence END) AS process_authority_confidence,
            MAX(CASE WHEN axis = 'influence' THEN value END) AS influence,
            MAX(CASE WHEN axis = 'influence' THEN confidence END) AS influence_confidence,
            MAX(CASE WHEN axis = 'product_importance' THEN value END) AS product_importance,
            MAX(CASE WHEN axis = 'product_importance' THEN confidence END) AS product_importance_confidence,
            MAX(CASE WHEN axis = 'usage_frequency' THEN value END) AS usage_frequency,
            MAX(CASE WHEN axis = 'usage_frequency' THEN confidence END) AS usage_frequency_confidence,
            MAX(CASE WHEN axis = 'attitude' THEN value END) AS attitude,
            MAX(CASE WHEN axis = 'attitude' THEN confidence END) AS attitude_confidence
        FROM axis
        GROUP BY account_key, person_id
    ) AS side_by_side
        ON side_by_side.account_key = member.account_key AND side_by_side.person_id = member.person_id
) AS known;
