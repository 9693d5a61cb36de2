-- What each role named in the CRM means in our words, for the people of customers who are still there.
CREATE OR REPLACE TABLE judged_role AS
SELECT DISTINCT 'crm' AS judge, crm_role.account_key, crm_role.person_id, rule_group_role.role
FROM crm_role
JOIN rule_group_role ON rule_group_role.role_group = crm_role.role_group
JOIN member ON member.account_key = crm_role.account_key AND member.person_id = crm_role.person_id
WHERE NOT member.departed
UNION ALL
SELECT DISTINCT 'human' AS judge, member.account_key, member.person_id, human_role.role
FROM human_role
JOIN member ON member.person_id = human_role.person_id
WHERE NOT member.departed
    AND human_role.role <> 'none';

-- Of whom somebody said something: only there a role that was not said is a no. A human who says "none" says no to every
-- role, one who says "not a champion" says no to that one.
CREATE OR REPLACE TABLE judged_person AS
SELECT DISTINCT judge, account_key, person_id, judged.role
FROM (SELECT DISTINCT judge, account_key, person_id FROM judged_role WHERE judge = 'crm') AS spoken
CROSS JOIN (SELECT DISTINCT role FROM rule_group_role) AS judged
UNION
SELECT 'human' AS judge, member.account_key, member.person_id, rule_role.role
FROM contact
JOIN person ON person.source = contact.source AND person.contact_id = contact.id
JOIN member ON member.person_id = person.person_id AND NOT member.departed
CROSS JOIN (SELECT role FROM rule_role WHERE role <> 'none') AS rule_role
WHERE contact.confirmed_role IS NOT NULL
    OR (contact.not_a_champion AND rule_role.role = 'champion');

-- How often each rule fired; a rule that is there and never fired has a zero.
CREATE OR REPLACE TABLE fired AS
SELECT 'evidence' AS family, evidence.topic || ': ' || evidence.rule AS rule, COUNT(*) AS times
FROM evidence
GROUP BY evidence.topic, evidence.rule
UNION ALL
SELECT 'depth' AS family, criterion.why AS rule, COUNT(depth.person_id) AS times
FROM (
    SELECT why FROM rule_criterion
    UNION
    SELECT why FROM depth
) AS criterion
LEFT JOIN depth ON depth.why = criterion.why
GROUP BY criterion.why
UNION ALL
SELECT 'role' AS family, role.role || ', ' || role.status AS rule, COUNT(*) AS times
FROM role
GROUP BY role.role, role.status
UNION ALL
SELECT 'title level' AS family, level.level AS rule, COUNT(person_title.person_id) AS times
FROM (SELECT DISTINCT level FROM rule_title_points) AS level
LEFT JOIN person_title ON person_title.level = level.level
GROUP BY level.level
UNION ALL
SELECT 'CRM role' AS family, spelt.role_group AS rule, COUNT(crm_role.person_id) AS times
FROM (SELECT DISTINCT role_group FROM rule_crm_role) AS spelt
LEFT JOIN crm_role ON crm_role.role_group = spelt.role_group
GROUP BY spelt.role_group
UNION ALL
SELECT 'gap' AS family, rule_gap_kind.kind AS rule, COUNT(gap.key) AS times
FROM rule_gap_kind
LEFT JOIN gap ON gap.kind = rule_gap_kind.kind
GROUP BY rule_gap_kind.kind;
