-- How each product of an account is covered. The worst one is shown in the account's fields: by status, then by score,
-- then in the order of the settings.
CREATE OR REPLACE TABLE offer AS
SELECT
    ranked.offer_key, ranked.account_key, ranked.product, ranked.breadth, ranked.cell, ranked.usage_known,
    ranked.place,
    ranked.place = 1 AS shown,
    ranked.status, ranked.score, ranked.words
FROM (
    SELECT
        offer.offer_key, offer.account_key, offer.product, offer.breadth, offer.cell, offer.usage_known,
        coverage.status,
        coverage.score,
        'coverage of ' || offer.product || ' ' || covered_words.words AS words,
        ROW_NUMBER() OVER (
            PARTITION BY offer.account_key
            ORDER BY
                CASE coverage.status WHEN 'gap' THEN 0 WHEN 'partial' THEN 1 WHEN 'cannot tell' THEN 2 ELSE 3 END,
                COALESCE(coverage.score, 101),
                rule_offered.place
        ) AS place
    FROM offer
    JOIN coverage ON coverage.account_key = offer.offer_key
    JOIN covered_words ON covered_words.account_key = offer.offer_key
    JOIN rule_offered ON rule_offered.product = offer.product
) AS ranked;

-- A person counts for every product.
CREATE OR REPLACE TEMP TABLE offer_credit AS
SELECT
    offer.account_key, offer.product, credit.person_id, credit.role, credit.subtype, credit.credit, credit.head
FROM credit
JOIN offer ON offer.offer_key = credit.account_key;

-- The same under the name that values and sentences ask for.
CREATE OR REPLACE TEMP VIEW counted_for AS
SELECT *
FROM offer_credit;

-- What is missing of every product, each under its own.
UPDATE need_finding
SET account_key = offer.account_key, product = offer.product, detail = offer.product || ': ' || need_finding.detail
FROM offer
WHERE offer.offer_key = need_finding.account_key;

-- The account itself has the answer of the product that is shown; those of the others leave.
CREATE OR REPLACE TEMP TABLE shown_offer AS
SELECT offer_key, account_key
FROM offer
WHERE shown;

-- What its people count.
CREATE OR REPLACE TABLE credit AS
SELECT credit.* REPLACE (shown_offer.account_key AS account_key)
FROM credit
JOIN shown_offer ON shown_offer.offer_key = credit.account_key;

-- So with the needs,
CREATE OR REPLACE TABLE need AS
SELECT need.* REPLACE (shown_offer.account_key AS account_key)
FROM need
JOIN shown_offer ON shown_offer.offer_key = need.account_key;

-- the coverage,
CREATE OR REPLACE TABLE coverage AS
SELECT coverage.* REPLACE (shown_offer.account_key AS account_key)
FROM coverage
JOIN shown_offer ON shown_offer.offer_key = coverage.account_key;

-- what is short,
CREATE OR REPLACE TEMP TABLE shortfall AS
SELECT shortfall.* REPLACE (shown_offer.account_key AS account_key)
FROM shortfall
JOIN shown_offer ON shown_offer.offer_key = shortfall.account_key;

-- the numbers side by side
CREATE OR REPLACE TEMP TABLE need_row AS
SELECT need_row.* REPLACE (shown_offer.account_key AS account_key)
FROM need_row
JOIN shown_offer ON shown_offer.offer_key = need_row.account_key;

-- and the live champions.
CREATE OR REPLACE TEMP TABLE champions AS
SELECT champions.* REPLACE (shown_offer.account_key AS account_key)
FROM champions
JOIN shown_offer ON shown_offer.offer_key = champions.account_key;
