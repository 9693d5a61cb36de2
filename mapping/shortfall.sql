-- Roles below their required number, where there is evidence for the role at all.
CREATE OR REPLACE TEMP TABLE shortfall AS
SELECT account_key, role, required, heads, required - heads AS missing
FROM need
WHERE known
    AND heads < required;

-- What the required numbers and the conditions miss. No product is named where only one is sold.
CREATE OR REPLACE TEMP TABLE need_finding AS
SELECT
    shortfall.account_key,
    CAST(NULL AS TEXT) AS product,
    CASE shortfall.role WHEN 'power user' THEN 'missing power users' ELSE 'missing ' || shortfall.role END AS kind,
    shortfall.role,
    'Missing ' || CAST(shortfall.missing AS TEXT) || ' ' || shortfall.role
        || CASE WHEN shortfall.missing = 1 THEN '' ELSE 's' END
        || ': ' || CAST(shortfall.heads AS TEXT) || ' of ' || CAST(shortfall.required AS TEXT)
        || ' required with a live relationship.' AS detail
FROM shortfall
UNION ALL
SELECT
    only_check_signer.account_key,
    CAST(NULL AS TEXT) AS product,
    'only a check-signer' AS kind,
    'buyer' AS role,
    'The only buyer with a live relationship is a check-signer.' AS detail
FROM only_check_signer
JOIN need ON need.account_key = only_check_signer.account_key AND need.role = 'buyer' AND need.required > 0
JOIN covered_customer AS customer ON customer.account_key = only_check_signer.account_key
JOIN (SELECT DISTINCT product FROM product_department WHERE sold_to) AS told ON told.product = customer.product
LEFT JOIN unplaced ON unplaced.account_key = only_check_signer.account_key AND unplaced.role = 'buyer'
WHERE unplaced.account_key IS NULL
UNION ALL
SELECT
    need.account_key,
    CAST(NULL AS TEXT) AS product,
    'champion not in another department' AS kind,
    'champion' AS role,
    CASE
        WHEN need.outside < need.outside_required
            THEN CAST(need.outside AS TEXT) || ' of ' || CAST(need.outside_required AS TEXT)
                || ' required champions outside the department that the product is sold to.'
        ELSE 'Champions from ' || CAST(need.departments AS TEXT) || ' of ' || CAST(need.departments_required AS TEXT)
            || ' required departments.'
    END AS detail
FROM need
LEFT JOIN unplaced ON unplaced.account_key = need.account_key AND unplaced.role = need.role
WHERE need.role = 'champion'
    AND need.known
    AND need.required > 0
    AND need.heads > 0
    AND (need.outside + COALESCE(unplaced.people, 0) < need.outside_required
        OR need.departments + COALESCE(unplaced.people, 0) < need.departments_required);

-- Required and actual numbers of an account side by side; what is unknown stays empty.
CREATE OR REPLACE TEMP TABLE need_row AS
SELECT
    account_key,
    MAX(CASE WHEN role = 'buyer' THEN required END) AS buyers_required,
    MAX(CASE WHEN role = 'buyer' AND known THEN heads END) AS buyers_actual,
    MAX(CASE WHEN role = 'champion' THEN required END) AS champions_required,
    MAX(CASE WHEN role = 'champion' AND known THEN heads END) AS champions_actual,
    MAX(CASE WHEN role = 'power user' THEN required END) AS power_users_required,
    MAX(CASE WHEN role = 'power user' AND known THEN heads END) AS power_users_actual
FROM need
GROUP BY account_key;

-- The same in words, after the status.
CREATE OR REPLACE TEMP VIEW covered_words AS
SELECT
    coverage.account_key,
    coverage.status
        || COALESCE(', score ' || CAST(coverage.score AS TEXT), '')
        || COALESCE('; live buyers ' || CAST(need_row.buyers_actual AS TEXT) || ' of '
            || CAST(need_row.buyers_required AS TEXT), '')
        || COALESCE(', champions ' || CAST(need_row.champions_actual AS TEXT) || ' of '
            || CAST(need_row.champions_required AS TEXT), '')
        || COALESCE(', power users ' || CAST(need_row.power_users_actual AS TEXT) || ' of '
            || CAST(need_row.power_users_required AS TEXT), '') AS words
FROM coverage
LEFT JOIN need_row ON need_row.account_key = coverage.account_key;

-- For what every person counts, by product where several are sold.
CREATE OR REPLACE TEMP VIEW counted_for AS
SELECT account_key, CAST(NULL AS TEXT) AS product, person_id, role, subtype, credit, head
FROM credit;
