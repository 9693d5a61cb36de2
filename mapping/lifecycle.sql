-- Account records of each customer in home order: the first that knows a value gives it.
CREATE OR REPLACE TEMP TABLE customer_record AS
SELECT
    company.account_key, company.home, account.*,
    segment.value AS known_segment,
    breadth.value AS known_breadth,
    value_received.value AS known_value_received,
    complexity.value AS known_complexity,
    ROW_NUMBER() OVER (
        PARTITION BY company.account_key
        ORDER BY CASE WHEN company.home THEN 0 ELSE 1 END, COALESCE(rule_source.place, 1000), account.source, account.id
    ) AS turn
FROM company
JOIN customer_key ON customer_key.account_key = company.account_key
JOIN account ON account.source = company.source AND account.id = company.account_id
LEFT JOIN rule_source ON rule_source.source = company.source
LEFT JOIN rule_spelling AS segment ON segment.kind = 'segment' AND segment.spelling = LOWER(TRIM(account.segment))
LEFT JOIN rule_spelling AS breadth ON breadth.kind = 'breadth' AND breadth.spelling = LOWER(TRIM(account.breadth))
LEFT JOIN rule_spelling AS value_received
    ON value_received.kind = 'value received' AND value_received.spelling = LOWER(TRIM(account.value_received))
LEFT JOIN rule_spelling AS complexity
    ON complexity.kind = 'complexity' AND complexity.spelling = LOWER(TRIM(account.complexity));

-- Amounts won in each account record within the last year, in cents so that sums are exact.
CREATE OR REPLACE TEMP TABLE won_amount AS
SELECT opportunity.source, opportunity.account_id, SUM(CAST(ROUND(opportunity.amount * 100) AS BIGINT)) AS cents
FROM opportunity
CROSS JOIN run
CROSS JOIN rule_segments
WHERE opportunity.won
  AND opportunity.amount IS NOT NULL
  AND opportunity.close_at <= run.as_of
  AND opportunity.close_at > run.as_of - rule_segments.won_days * 86400
GROUP BY opportunity.source, opportunity.account_id;

-- Customers of whose acts some could not be read this time: of one of their records, or of one of their people.
CREATE OR REPLACE TEMP TABLE unread_customer AS
SELECT company.account_key
FROM company
JOIN coverage_of_source AS capture ON capture.source = company.source AND capture.unread
UNION
SELECT member.account_key
FROM member
JOIN person ON person.person_id = member.person_id
JOIN coverage_of_source AS capture ON capture.source = person.source AND capture.unread;

-- When each account record's first deal was won: what an unknown date of becoming a customer is read from.
CREATE OR REPLACE TEMP TABLE first_won AS
SELECT opportunity.source, opportunity.account_id, MIN(opportunity.close_at) AS close_at
FROM opportunity
CROSS JOIN run
WHERE opportunity.won
    AND opportunity.close_at <= run.as_of
GROUP BY opportunity.source, opportunity.account_id;

-- What is known of each customer. Deals are often copied between CRMs, so won amounts come from one record alone.
CREATE OR REPLACE TEMP TABLE customer_fact AS
SELECT
    record.account_key,
    MIN_BY(record.name, CASE WHEN record.name IS NOT NULL THEN turn END) AS name,
    MIN_BY(record.known_segment, CASE WHEN record.known_segment IS NOT NULL THEN turn END) AS segment,
    MIN_BY(record.known_breadth, CASE WHEN record.known_breadth IS NOT NULL THEN turn END) AS breadth,
    COALESCE(
        MIN_BY(record.arr, CASE WHEN record.arr IS NOT NULL THEN turn END),
        MIN_BY(won_amount.cents, CASE WHEN won_amount.cents IS NOT NULL THEN turn END) / 100e0
    ) AS arr,
    MIN_BY(record.employees, CASE WHEN record.employees IS NOT NULL THEN turn END) AS employees,
    MIN_BY(record.seats, CASE WHEN record.seats IS NOT NULL THEN turn END) AS seats,
    COALESCE(
        MIN_BY(record.since_at, CASE WHEN record.since_at IS NOT NULL THEN turn END),
        MIN(first_won.close_at)
    ) AS since_at,
    MIN_BY(record.renewal_at, CASE WHEN record.renewal_at IS NOT NULL THEN turn END) AS renewal_at,
    MIN_BY(record.known_value_received, CASE WHEN record.known_value_received IS NOT NULL THEN turn END)
        AS value_received,
    MIN_BY(record.lifetime_value, CASE WHEN record.lifetime_value IS NOT NULL THEN turn END) AS lifetime_value,
    MIN_BY(record.known_complexity, CASE WHEN record.known_complexity IS NOT NULL THEN turn END) AS complexity,
    MIN_BY(TRIM(record.partner), CASE WHEN TRIM(record.partner) <> '' THEN turn END) AS partner,
    MAX(CASE WHEN record.home THEN record.source END) AS home_source,
    MAX(CASE WHEN record.home THEN record.owner_id END) AS owner_id,
    MAX(
        CASE
            WHEN capture.available
                AND COALESCE(record.captured_since_at, capture.since_at) <= run.as_of - rule_capture.days * 86400 THEN 1
            ELSE 0
        END
    ) = 1 AS activity_known
FROM customer_record AS record
CROSS JOIN run
CROSS JOIN rule_capture
LEFT JOIN won_amount ON won_amount.source = record.source AND won_amount.account_id = record.id
LEFT JOIN first_won ON first_won.source = record.source AND first_won.account_id = record.id
LEFT JOIN coverage_of_source AS capture ON capture.source = record.source AND capture.fact = 'activity'
GROUP BY record.account_key;

-- The segment: the CRM's word, else by revenue, else by employees.
CREATE OR REPLACE TEMP TABLE customer_segment AS
SELECT
    account_key,
    CASE
        WHEN segment IS NOT NULL THEN segment
        WHEN arr < smb_arr_below THEN 'SMB'
        WHEN arr > enterprise_arr_above THEN 'Enterprise'
        WHEN arr IS NOT NULL THEN 'Mid-Market'
        WHEN employees < smb_employees_below THEN 'SMB'
        WHEN employees >= enterprise_employees_from THEN 'Enterprise'
        WHEN employees IS NOT NULL THEN 'Mid-Market'
    END AS segment
FROM customer_fact
CROSS JOIN rule_segments;

-- Revenue of all customers larger than one, as a share of the whole: equal customers stand at the same place.
CREATE OR REPLACE TEMP TABLE revenue_place AS
SELECT
    cents,
    COALESCE(SUM(total) OVER (ORDER BY cents DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) * 1e0
        / NULLIF(SUM(total) OVER (), 0) AS larger_share
FROM (
    SELECT cents, SUM(cents) AS total
    FROM (SELECT CAST(ROUND(arr * 100) AS BIGINT) AS cents FROM customer_fact WHERE arr > 0) AS revenue
    GROUP BY cents
) AS step;

-- Customers with at least one person whose usage is reported, be it no day at all.
CREATE OR REPLACE TEMP TABLE usage_seen AS
SELECT DISTINCT member.account_key
FROM usage
JOIN person ON person.source = usage.source AND person.contact_id = usage.contact_id
JOIN member ON member.person_id = person.person_id;

-- The tier each customer had: of its home record first.
CREATE OR REPLACE TEMP TABLE previous_tier AS
SELECT company.account_key, MIN_BY(remembered_tier.tier, CASE WHEN company.home THEN 0 ELSE 1 END) AS tier
FROM remembered_tier
JOIN company ON company.source = remembered_tier.source AND company.account_id = remembered_tier.id
WHERE remembered_tier.tier IS NOT NULL
GROUP BY company.account_key;

-- One row a customer; the touch tier goes by revenue from the largest down, and by segment where revenue is unknown. An
-- account leaves the tier it had only when it is well past the line.
CREATE OR REPLACE TABLE customer AS
SELECT
    fact.account_key, fact.name, customer_segment.segment, fact.breadth,
    CAST(fact.arr AS DOUBLE) AS arr,
    fact.seats,
    CASE
        WHEN fact.arr IS NULL THEN COALESCE(rule_segment_tier.tier, rule.tier_unknown)
        WHEN fact.arr >= rule.high_arr_from THEN 'high'
        WHEN revenue_place.larger_share < rule.high_share + CASE
            WHEN previous.tier = 'high' THEN rule.tier_slack
            WHEN previous.tier IN ('low', 'tech') THEN -rule.tier_slack
            ELSE 0
        END THEN 'high'
        WHEN revenue_place.larger_share < rule.low_share + CASE
            WHEN previous.tier IN ('high', 'low') THEN rule.tier_slack
            WHEN previous.tier = 'tech' THEN -rule.tier_slack
            ELSE 0
        END THEN 'low'
        ELSE 'tech'
    END AS tier,
    fact.since_at,
    fact.renewal_at,
    fact.value_received,
    fact.lifetime_value,
    fact.complexity,
    fact.partner,
    fact.home_source AS owner_source,
    fact.owner_id,
    unread.account_key IS NOT NULL AS unread,
    fact.activity_known AND unread.account_key IS NULL AS activity_known,
    usage_seen.account_key IS NOT NULL AS usage_known
FROM customer_fact AS fact
CROSS JOIN rule_segments AS rule
JOIN customer_segment ON customer_segment.account_key = fact.account_key
LEFT JOIN revenue_place ON revenue_place.cents = CAST(ROUND(fact.arr * 100) AS BIGINT)
LEFT JOIN previous_tier AS previous ON previous.account_key = fact.account_key
LEFT JOIN rule_segment_tier ON rule_segment_tier.segment = customer_segment.segment
LEFT JOIN unread_customer AS unread ON unread.account_key = fact.account_key
LEFT JOIN usage_seen ON usage_seen.account_key = fact.account_key;
