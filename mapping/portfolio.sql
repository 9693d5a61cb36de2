-- Deals of each customer that closed in the last year after its first one: renewals that came and renewals that did not.
-- The first record in home order that has any tells of them.
CREATE OR REPLACE TEMP TABLE closed_deal AS
SELECT counted.account_key, counted.won, counted.lost
FROM (
    SELECT
        record.account_key,
        SUM(CASE WHEN opportunity.won THEN 1 ELSE 0 END) AS won,
        SUM(CASE WHEN NOT opportunity.won THEN 1 ELSE 0 END) AS lost,
        ROW_NUMBER() OVER (PARTITION BY record.account_key ORDER BY MIN(record.turn)) AS place
    FROM customer_record AS record
    JOIN opportunity ON opportunity.source = record.source AND opportunity.account_id = record.id AND opportunity.closed
    JOIN first_won ON first_won.source = record.source AND first_won.account_id = record.id
    CROSS JOIN run
    CROSS JOIN rule_segments
    WHERE opportunity.close_at > first_won.close_at
        AND opportunity.close_at <= run.as_of
        AND opportunity.close_at > run.as_of - rule_segments.won_days * 86400
    GROUP BY record.account_key, record.source, record.id
) AS counted
WHERE counted.place = 1;

-- What is summed of each customer.
CREATE OR REPLACE TEMP TABLE portfolio_row AS
SELECT
    customer.account_key,
    customer.segment,
    customer.tier,
    customer.breadth,
    customer.partner,
    standing.orientation,
    COALESCE(leader.name, colleague.colleague) AS csm,
    CAST(ROUND(customer.arr * 100) AS BIGINT) AS cents,
    coverage.status,
    coverage.score,
    CAST(ROUND(standing.equity * 1000000) AS BIGINT) AS equity,
    COALESCE(closed_deal.won, 0) AS won,
    COALESCE(closed_deal.lost, 0) AS lost,
    COALESCE(opened.gaps, 0) AS gaps,
    COALESCE(opened.chronic, 0) AS chronic
FROM customer
JOIN coverage ON coverage.account_key = customer.account_key
JOIN standing ON standing.account_key = customer.account_key
LEFT JOIN colleague ON colleague.source = customer.owner_source AND colleague.id = customer.owner_id
LEFT JOIN colleague AS leader ON leader.colleague = colleague.colleague AND leader.leads
LEFT JOIN closed_deal ON closed_deal.account_key = customer.account_key
LEFT JOIN (
    SELECT account_key, COUNT(*) AS gaps, SUM(CASE WHEN chronic THEN 1 ELSE 0 END) AS chronic
    FROM gap
    GROUP BY account_key
) AS opened ON opened.account_key = customer.account_key;

-- The same of each product that a customer holds, where several are sold: its own coverage and gaps. Revenue, equity and
-- deals are those of the customer.
CREATE OR REPLACE TEMP TABLE product_row AS
SELECT
    offer.product,
    held.cents,
    offer.status,
    offer.score,
    held.equity,
    held.won,
    held.lost,
    COALESCE(opened.gaps, 0) AS gaps,
    COALESCE(opened.chronic, 0) AS chronic
FROM offer
JOIN portfolio_row AS held ON held.account_key = offer.account_key
LEFT JOIN (
    SELECT account_key, product, COUNT(*) AS gaps, SUM(CASE WHEN chronic THEN 1 ELSE 0 END) AS chronic
    FROM gap
    GROUP BY account_key, product
) AS opened ON opened.account_key = offer.account_key AND opened.product = offer.product;

-- One row a slice: the whole portfolio, then every segment, tier, breadth, orientation, CSM, partner and product. Coverage
-- stands beside what was renewed and lost, so that a leader sees which gap costs renewals.
CREATE OR REPLACE TABLE slice AS
SELECT
    dimension,
    name,
    COUNT(*) AS accounts,
    SUM(cents) / 1e2 AS arr,
    CAST(SUM(CASE WHEN status = 'covered' THEN 1 ELSE 0 END) AS BIGINT) AS covered,
    CAST(SUM(CASE WHEN status = 'partial' THEN 1 ELSE 0 END) AS BIGINT) AS partly,
    CAST(SUM(CASE WHEN status = 'gap' THEN 1 ELSE 0 END) AS BIGINT) AS uncovered,
    CAST(SUM(CASE WHEN status = 'cannot tell' THEN 1 ELSE 0 END) AS BIGINT) AS untold,
    COALESCE(SUM(CASE WHEN status = 'gap' THEN cents END), 0) / 1e2 AS arr_uncovered,
    ROUND(SUM(score) * 1e0 / NULLIF(COUNT(score), 0), 6) AS score,
    ROUND(SUM(equity) / (1e6 * NULLIF(COUNT(equity), 0)), 6) AS equity,
    CAST(SUM(won) AS BIGINT) AS renewed,
    CAST(SUM(lost) AS BIGINT) AS lost,
    CAST(SUM(gaps) AS BIGINT) AS gaps,
    CAST(SUM(chronic) AS BIGINT) AS chronic
FROM (
    SELECT 'portfolio' AS dimension, 'all' AS name, cents, status, score, equity, won, lost, gaps, chronic
    FROM portfolio_row
    UNION ALL
    SELECT 'segment' AS dimension, COALESCE(segment, 'unknown') AS name, cents, status, score, equity, won, lost, gaps, chronic
    FROM portfolio_row
    UNION ALL
    SELECT 'tier' AS dimension, tier AS name, cents, status, score, equity, won, lost, gaps, chronic
    FROM portfolio_row
    UNION ALL
    SELECT 'breadth' AS dimension, COALESCE(breadth, 'unknown') AS name, cents, status, score, equity, won, lost, gaps, chronic
    FROM portfolio_row
    UNION ALL
    SELECT 'orientation' AS dimension, COALESCE(orientation, 'unknown') AS name, cents, status, score, equity, won, lost, gaps, chronic
    FROM portfolio_row
    UNION ALL
    SELECT 'csm' AS dimension, COALESCE(csm, 'nobody') AS name, cents, status, score, equity, won, lost, gaps, chronic
    FROM portfolio_row
    UNION ALL
    SELECT 'partner' AS dimension, COALESCE(partner, 'direct') AS name, cents, status, score, equity, won, lost, gaps, chronic
    FROM portfolio_row
    UNION ALL
    SELECT 'product' AS dimension, product AS name, cents, status, score, equity, won, lost, gaps, chronic
    FROM product_row
) AS sliced
GROUP BY dimension, name;
