-- The pairs of records that could be one and were not merged, with their names, for a human to settle.
CREATE OR REPLACE TEMP TABLE ambiguous_pair AS
SELECT
    ambiguity.kind,
    CASE ambiguity.kind WHEN 'person' THEN 'contact' ELSE 'account' END AS object,
    ambiguity.left_ref,
    named.name AS left_name,
    ambiguity.right_ref,
    other.name AS right_name,
    ambiguity.why
FROM ambiguity
LEFT JOIN (
    SELECT 'person' AS kind, source || ':' || id AS ref, name FROM contact
    UNION ALL
    SELECT 'company' AS kind, source || ':' || id AS ref, name FROM account
) AS named ON named.kind = ambiguity.kind AND named.ref = ambiguity.left_ref
LEFT JOIN (
    SELECT 'person' AS kind, source || ':' || id AS ref, name FROM contact
    UNION ALL
    SELECT 'company' AS kind, source || ':' || id AS ref, name FROM account
) AS other ON other.kind = ambiguity.kind AND other.ref = ambiguity.right_ref
ORDER BY ambiguity.kind DESC, ambiguity.why, ambiguity.left_ref, ambiguity.right_ref
