-- Tie strength 0-100 of every flow of contact in both directions: volume by reciprocity, capped when only we write. The
-- flows are those of a person with all of us (see tie.sql), or with each colleague (see explain_ties.sql).
CREATE OR REPLACE TEMP TABLE tie_strength AS
SELECT
    flow.pair,
    flow.side,
    ROUND(LEAST(
        CASE WHEN flow.received > 0 THEN 1e2 ELSE rule_depth.one_way_cap END,
        1e2 * (1e0 - EXP(-(flow.received + rule_depth.out_weight * flow.sent) / rule_depth.saturation))
            * (5e-1 + 5e-1 * CASE
                WHEN flow.received + flow.sent > 0
                    THEN 2e0 * LEAST(flow.received, flow.sent) / (flow.received + flow.sent)
                ELSE 0
            END)
    ), 6) AS strength
FROM tie_flow AS flow
CROSS JOIN rule_depth;
