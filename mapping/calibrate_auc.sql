-- Each tie of a cut date with what came of it: an exchange within the horizon, by the ties at its end. Only ties with an
-- act on record are ranked: that nobody writes to strangers is no achievement.
CREATE OR REPLACE TEMP TABLE cut_outcome AS
SELECT
    cut.as_of,
    cut.strength,
    COALESCE(later.two_way_at > cut.as_of, FALSE) AS came
FROM cut_tie AS cut
CROSS JOIN rule_horizon
JOIN (SELECT DISTINCT as_of FROM cut_tie) AS known ON known.as_of = cut.as_of + rule_horizon.seconds
LEFT JOIN cut_tie AS later
    ON later.as_of = known.as_of AND later.account_key = cut.account_key AND later.person_id = cut.person_id
WHERE cut.strength IS NOT NULL;

-- The chance that of two people, one with an exchange afterwards and one without, the first had the stronger tie; ties of
-- equal strength count half (the sum of ranks, by Mann and Whitney).
CREATE OR REPLACE TEMP TABLE cut_auc AS
SELECT
    as_of,
    COUNT(*) AS people,
    COUNT(CASE WHEN came THEN 1 END) AS came,
    (SUM(CASE WHEN came THEN place END) - COUNT(CASE WHEN came THEN 1 END) * (COUNT(CASE WHEN came THEN 1 END) + 1) / 2e0)
        / NULLIF(COUNT(CASE WHEN came THEN 1 END) * COUNT(CASE WHEN NOT came THEN 1 END), 0) AS auc
FROM (
    SELECT
        as_of,
        came,
        RANK() OVER (PARTITION BY as_of ORDER BY strength)
            + (COUNT(*) OVER (PARTITION BY as_of, strength) - 1) / 2e0 AS place
    FROM cut_outcome
) AS ranked
GROUP BY as_of;
