-- What each customer holds of the products we sell: those that a field of any of its records names. Where none of
-- them is known, it is taken to hold the first product of the settings.
CREATE OR REPLACE TEMP TABLE held_product AS
SELECT DISTINCT said.account_key, rule_offered.product
FROM (
    SELECT account_key, UNNEST(STRING_SPLIT(LOWER(products), ';')) AS word
    FROM customer_record
    WHERE products IS NOT NULL
) AS said
JOIN rule_offered ON LOWER(rule_offered.product) = TRIM(said.word);

-- How often people use each product; usage of which no product is told counts for every one.
CREATE OR REPLACE TEMP TABLE product_use AS
SELECT member.account_key, member.person_id, member.departed, rule_offered.product, MAX(usage.active_days) AS days
FROM member
JOIN person ON person.person_id = member.person_id
JOIN usage ON usage.source = person.source AND usage.contact_id = person.contact_id
JOIN rule_offered ON LOWER(rule_offered.product) = LOWER(TRIM(usage.product)) OR usage.product = 'default'
GROUP BY member.account_key, member.person_id, member.departed, rule_offered.product;

-- One row an account and product. The settings may say how widely a product is used, the rule file what it needs.
CREATE OR REPLACE TABLE offer AS
SELECT
    customer.account_key || '|' || rule_offered.product AS offer_key,
    customer.account_key,
    rule_offered.product,
    COALESCE(rule_offered.breadth, customer.breadth) AS breadth,
    COALESCE(own_need.product, '') AS cell,
    used.account_key IS NOT NULL AS usage_known,
    CAST(NULL AS BIGINT) AS place,
    FALSE AS shown,
    CAST(NULL AS TEXT) AS status,
    CAST(NULL AS BIGINT) AS score,
    CAST(NULL AS TEXT) AS words
FROM customer
CROSS JOIN rule_offered
LEFT JOIN held_product ON held_product.account_key = customer.account_key AND held_product.product = rule_offered.product
LEFT JOIN (SELECT DISTINCT account_key FROM held_product) AS told ON told.account_key = customer.account_key
LEFT JOIN (SELECT DISTINCT account_key, product FROM product_use) AS used
    ON used.account_key = customer.account_key AND used.product = rule_offered.product
LEFT JOIN rule_own_need AS own_need
    ON own_need.product = rule_offered.product AND own_need.segment = customer.segment
        AND own_need.breadth = COALESCE(rule_offered.breadth, customer.breadth)
WHERE held_product.product IS NOT NULL
    OR (told.account_key IS NULL AND rule_offered.place = 0);

-- Coverage judges each of them as an account.
CREATE OR REPLACE TEMP VIEW covered_customer AS
SELECT
    offer.offer_key AS account_key, customer.segment, offer.breadth, customer.seats, customer.unread,
    customer.activity_known, offer.usage_known, offer.product, offer.cell
FROM offer
JOIN customer ON customer.account_key = offer.account_key;

-- Those who use the product.
CREATE OR REPLACE TEMP VIEW active_person AS
SELECT offer.offer_key AS account_key, product_use.person_id
FROM offer
JOIN product_use ON product_use.account_key = offer.account_key AND product_use.product = offer.product
WHERE product_use.days > 0
    AND NOT product_use.departed;

-- Roles as they are toward the product: a department leader heads a department it is sold to, a power user uses it
-- often, unless a human said so. Somebody endorses us, and leads a change, whatever the product.
CREATE OR REPLACE TEMP TABLE offer_role AS
SELECT
    offer.offer_key AS account_key,
    role.person_id,
    role.role,
    CASE
        WHEN role.role <> 'buyer' OR role.subtype = 'advocate' THEN role.subtype
        WHEN target.department IS NOT NULL THEN 'department leader'
        ELSE 'check-signer'
    END AS subtype,
    member.department,
    depth.level
FROM offer
JOIN role ON role.account_key = offer.account_key
JOIN member ON member.account_key = role.account_key AND member.person_id = role.person_id
JOIN depth ON depth.account_key = role.account_key AND depth.person_id = role.person_id
CROSS JOIN rule_evidence
LEFT JOIN rule_sold AS target
    ON target.product = offer.product AND target.side = 'sold_to' AND target.department = member.department
LEFT JOIN product_use
    ON product_use.account_key = role.account_key AND product_use.person_id = role.person_id
        AND product_use.product = offer.product
WHERE role.status IN ('confirmed', 'likely')
    AND NOT member.departed
    AND (role.role <> 'power user' OR role.status = 'confirmed' OR product_use.days >= rule_evidence.frequent_days);

-- The same under the name that coverage asks for.
CREATE OR REPLACE TEMP VIEW role_held AS
SELECT *
FROM offer_role;

-- Whether an account hangs on one person is the same for all its products.
CREATE OR REPLACE TEMP VIEW known_depth AS
SELECT offer.offer_key AS account_key, depth.level
FROM offer
JOIN depth ON depth.account_key = offer.account_key;
