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
        MAX(CASE WHEN axis.axis = 'buying_authority' THEN axis.value END) AS buying_authority,
        MAX(CASE WHEN axis.axis = 'buying_authority' THEN axis.confidence END) AS buying_authority_confidence,
        MAX(CASE WHEN axis.axis = 'process_authority' THEN axis.value END) AS process_authority,
        MAX(CASE WHEN axis.axis = 'process_authority' THEN axis.confidence END) AS process_authority_confidence,
        MAX(CASE WHEN axis.axis = 'influence' THEN axis.value END) AS influence,
        MAX(CASE WHEN axis.axis = 'influence' THEN axis.confidence END) AS influence_confidence,
        MAX(CASE WHEN axis.axis = 'product_importance' THEN axis.value END) AS product_importance,
        MAX(CASE WHEN axis.axis = 'product_importance' THEN axis.confidence END) AS product_importance_confidence,
        MAX(CASE WHEN axis.axis = 'usage_frequency' THEN axis.value END) AS usage_frequency,
        MAX(CASE WHEN axis.axis = 'usage_frequency' THEN axis.confidence END) AS usage_frequency_confidence,
        MAX(CASE WHEN axis.axis = 'attitude' THEN axis.value END) AS attitude,
        MAX(CASE WHEN axis.axis = 'attitude' THEN axis.confidence END) AS attitude_confidence
    FROM member
    LEFT JOIN axis ON axis.account_key = member.account_key AND axis.person_id = member.person_id
    GROUP BY member.account_key, member.person_id, member.department, member.departed
) AS known;
