-- Predictions against what was said, role by role, among the people of whom something was said. Whoever is predicted to be
-- a power user is a user too.
INSERT INTO agreement
SELECT
    judged_person.judge,
    judged_person.role,
    COUNT(*) AS people,
    COUNT(CASE WHEN predicted.role IS NOT NULL AND said.role IS NOT NULL THEN 1 END) AS both_say,
    COUNT(CASE WHEN predicted.role IS NOT NULL AND said.role IS NULL THEN 1 END) AS only_predicted,
    COUNT(CASE WHEN predicted.role IS NULL AND said.role IS NOT NULL THEN 1 END) AS only_said,
    COUNT(CASE WHEN predicted.role IS NULL AND said.role IS NOT NULL AND candidate.role IS NOT NULL THEN 1 END)
        AS candidates
FROM judged_person
JOIN rule_judge ON rule_judge.judge = judged_person.judge
LEFT JOIN judged_role AS said
    ON said.judge = judged_person.judge AND said.account_key = judged_person.account_key
        AND said.person_id = judged_person.person_id AND said.role = judged_person.role
LEFT JOIN (
    SELECT account_key, person_id, role FROM role WHERE status = 'likely'
    UNION
    SELECT role.account_key, role.person_id, 'user' AS role
    FROM role
    JOIN rule_judge ON rule_judge.judge = 'crm'
    WHERE role.status = 'likely' AND role.role = 'power user'
) AS predicted
    ON predicted.account_key = judged_person.account_key AND predicted.person_id = judged_person.person_id
        AND predicted.role = judged_person.role
LEFT JOIN role AS candidate
    ON candidate.account_key = judged_person.account_key AND candidate.person_id = judged_person.person_id
        AND candidate.role = judged_person.role AND candidate.status = 'candidate'
GROUP BY judged_person.judge, judged_person.role;
