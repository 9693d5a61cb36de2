-- Tie strength of every linked contact and nothing else, as one would write it by hand for one CRM: each event by its
-- kind, its age and the number of people it was shared with, both directions, the formula of the domain. No addresses, no
-- two CRMs, no twins, no automatic replies, no accounts.
CREATE OR REPLACE TEMP TABLE bare_tie AS
SELECT
    source,
    contact_id,
    LEAST(
        CASE WHEN received > 0 THEN 1e2 ELSE 15e0 END,
        1e2 * (1e0 - EXP(-(received + 5e-1 * sent) / 4e0))
            * (5e-1 + 5e-1 * CASE WHEN received + sent > 0 THEN 2e0 * LEAST(received, sent) / (received + sent) ELSE 0 END)
    ) AS strength
FROM (
    SELECT
        participant.source,
        participant.contact_id,
        SUM(CASE
            WHEN activity.direction = 'in' OR activity.kind IN ('meeting', 'call')
                THEN CAST(ROUND(1e6 * weight.weight * POWER(5e-1, (size.as_of - activity.happened_at) / 5184000e0)
                    / SQRT(crowd.others)) AS BIGINT)
            ELSE 0
        END) / 1e6 AS received,
        SUM(CASE
            WHEN activity.direction = 'out' OR activity.kind IN ('meeting', 'call')
                THEN CAST(ROUND(1e6 * weight.weight * POWER(5e-1, (size.as_of - activity.happened_at) / 5184000e0)
                    / SQRT(crowd.others)) AS BIGINT)
            ELSE 0
        END) / 1e6 AS sent
    FROM participant
    CROSS JOIN size
    JOIN activity ON activity.source = participant.source AND activity.id = participant.activity_id
    JOIN (
        SELECT source, activity_id, GREATEST(1, COUNT(*) - 1) AS others FROM participant GROUP BY source, activity_id
    ) AS crowd ON crowd.source = activity.source AND crowd.activity_id = activity.id
    JOIN (
        SELECT 'email' AS kind, 1 AS weight
        UNION ALL SELECT 'message' AS kind, 1 AS weight
        UNION ALL SELECT 'call' AS kind, 2 AS weight
        UNION ALL SELECT 'meeting' AS kind, 3 AS weight
    ) AS weight ON weight.kind = activity.kind
    WHERE participant.contact_id IS NOT NULL
        AND activity.happened_at <= size.as_of
    GROUP BY participant.source, participant.contact_id
) AS flow;
