-- Ties as they stood at a cut date, of people who were there, where activity was captured at all.
INSERT INTO cut_tie
SELECT run.as_of, relation.account_key, relation.person_id, relation.now_strength AS strength, relation.two_way_at
FROM relation
CROSS JOIN run
WHERE relation.activity_known
    AND NOT relation.departed;
