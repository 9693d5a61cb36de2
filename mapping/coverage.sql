-- The departments the product is sold to and consumed in, each once.
CREATE OR REPLACE TEMP TABLE product_department AS
SELECT
    product,
    department,
    MAX(CASE WHEN side = 'sold_to' THEN 1 ELSE 0 END) = 1 AS sold_to,
    MAX(CASE WHEN side = 'consumed_in' THEN 1 ELSE 0 END) = 1 AS consumes
FROM rule_sold
GROUP BY product, department;

-- People with usage in the last 30 days, an account at a time; half of them is the most power users we can ask for.
CREATE OR REPLACE TEMP TABLE active_users AS
SELECT account_key, COUNT(DISTINCT person_id) AS people
FROM active_person
GROUP BY account_key;

-- Required numbers of every account (see products.sql) whose segment and breadth are known.
CREATE OR REPLACE TEMP TABLE requirement AS
SELECT
    customer.account_key,
    customer.activity_known,
    customer.usage_known,
    rule_need.role,
    CASE
        WHEN rule_need.role <> 'power user' THEN rule_need.required
        ELSE LEAST(
            rule_need.required,
            COALESCE(customer.seats, rule_need.required),
            CASE
                WHEN customer.usage_known
                    THEN CAST(CEIL(ROUND(rule_coverage.power_user_share * COALESCE(active_users.people, 0), 6))
                        AS BIGINT)
                ELSE rule_need.required
            END
        )
    END AS required,
    CASE WHEN product.told THEN rule_need.outside ELSE 0 END AS outside_required,
    rule_need.outside_consuming AND COALESCE(product.consumer_told, FALSE) AS outside_consuming,
    rule_need.departments AS departments_required,
    rule_counts_twice.segment IS NULL AS counts_once
FROM covered_customer AS customer
CROSS JOIN rule_coverage
JOIN rule_need
    ON rule_need.segment = customer.segment AND rule_need.breadth = customer.breadth
        AND rule_need.product = customer.cell
LEFT JOIN (
    SELECT
        product,
        MAX(CASE WHEN sold_to THEN 1 ELSE 0 END) = 1 AS told,
        MAX(CASE WHEN consumes THEN 1 ELSE 0 END) = 1 AS consumer_told
    FROM product_department
    GROUP BY product
) AS product ON product.product = customer.product
LEFT JOIN active_users ON active_users.account_key = customer.account_key
LEFT JOIN rule_counts_twice ON rule_counts_twice.segment = customer.segment;

-- What each role-holder is worth alone: the best way to count that the depth allows, from the person's own sub-type
-- down.
CREATE OR REPLACE TEMP TABLE holder AS
SELECT best.account_key, best.person_id, best.role, best.subtype, best.department, best.credit, best.head
FROM (
    SELECT
        role.account_key,
        role.person_id,
        role.role,
        role.department,
        NULLIF(way.subtype, '') AS subtype,
        way.credit,
        way.head,
        ROW_NUMBER() OVER (PARTITION BY role.account_key, role.person_id, role.role ORDER BY way.rank) AS place
    FROM role_held AS role
    JOIN rule_live AS own
        ON own.role = role.role
     AND (own.subtype = role.subtype OR (own.subtype = '' AND own.rank = 1))
    JOIN rule_live AS way
        ON way.role = role.role AND way.rank >= own.rank AND role.level >= way.depth
) AS best
WHERE best.place = 1;

-- Live role-holders whose department nobody knows: such a champion may be the one outside, such a buyer the one inside.
CREATE OR REPLACE TEMP TABLE unplaced AS
SELECT account_key, role, COUNT(*) AS people
FROM holder
WHERE head
    AND department IS NULL
GROUP BY account_key, role;

-- People who are worth something as buyer and as champion where each person counts once, numbered within the account.
CREATE OR REPLACE TEMP TABLE dual AS
SELECT
    buyer.account_key,
    buyer.person_id,
    buyer.credit AS buyer_credit,
    champion.credit AS champion_credit,
    buyer_need.required AS buyers_required,
    champion_need.required AS champions_required,
    ROW_NUMBER() OVER (
        PARTITION BY buyer.account_key ORDER BY champion.credit DESC, buyer.credit, buyer.person_id
    ) AS place,
    COUNT(*) OVER (PARTITION BY buyer.account_key) AS people
FROM holder AS buyer
JOIN holder AS champion
    ON champion.account_key = buyer.account_key AND champion.person_id = buyer.person_id AND champion.role = 'champion'
JOIN requirement AS buyer_need ON buyer_need.account_key = buyer.account_key AND buyer_need.role = 'buyer'
JOIN requirement AS champion_need ON champion_need.account_key = buyer.account_key AND champion_need.role = 'champion'
WHERE buyer.role = 'buyer'
    AND buyer_need.counts_once;

-- Credits of those who need no choice, for the accounts that have to choose.
CREATE OR REPLACE TEMP TABLE settled AS
SELECT
    chooser.account_key,
    SUM(CASE WHEN holder.role = 'buyer' AND (dual.person_id IS NULL OR dual.place > 8) THEN holder.credit ELSE 0 END)
        AS buyer_credit,
    SUM(CASE WHEN holder.role = 'champion' AND dual.person_id IS NULL THEN holder.credit ELSE 0 END) AS champion_credit
FROM (SELECT DISTINCT account_key FROM dual) AS chooser
JOIN holder ON holder.account_key = chooser.account_key
LEFT JOIN dual ON dual.account_key = holder.account_key AND dual.person_id = holder.person_id
GROUP BY chooser.account_key;

-- Every way to count such people, and the two needs' share of the score under it.
CREATE OR REPLACE TEMP TABLE choice AS
SELECT
    weighed.account_key,
    weighed.allotment,
    ROW_NUMBER() OVER (PARTITION BY weighed.account_key ORDER BY weighed.score DESC, weighed.allotment) AS place
FROM (
    SELECT
        dual.account_key,
        rule_allotment.allotment,
        ROUND(
            CASE
                WHEN MAX(dual.buyers_required) = 0 THEN 0
                ELSE LEAST(1e0, (MAX(settled.buyer_credit)
                    + SUM(CASE WHEN rule_allotment.as_champion THEN 0 ELSE dual.buyer_credit END))
                    / (1e2 * MAX(dual.buyers_required)))
            END + CASE
                WHEN MAX(dual.champions_required) = 0 THEN 0
                ELSE LEAST(1e0, (MAX(settled.champion_credit)
                    + SUM(CASE WHEN rule_allotment.as_champion THEN dual.champion_credit ELSE 0 END))
                    / (1e2 * MAX(dual.champions_required)))
            END, 9) AS score
    FROM dual
    JOIN settled ON settled.account_key = dual.account_key
    JOIN rule_allotment ON rule_allotment.place = dual.place AND rule_allotment.people <= dual.people
    GROUP BY dual.account_key, rule_allotment.allotment
) AS weighed;

-- What each role-holder counts after that choice; a role that the person is not counted in is worth nothing.
CREATE OR REPLACE TABLE credit AS
SELECT
    holder.account_key,
    holder.person_id,
    holder.role,
    holder.subtype,
    CASE WHEN counted.elsewhere THEN 0e0 ELSE holder.credit / 1e2 END AS credit,
    holder.head AND NOT counted.elsewhere AS head
FROM (
    SELECT
        holder.account_key,
        holder.person_id,
        holder.role,
        dual.person_id IS NOT NULL
            AND (holder.role = 'buyer' AND COALESCE(rule_allotment.as_champion, FALSE)
                OR holder.role = 'champion' AND NOT COALESCE(rule_allotment.as_champion, FALSE)) AS elsewhere
    FROM holder
    LEFT JOIN dual ON dual.account_key = holder.account_key AND dual.person_id = holder.person_id
    LEFT JOIN choice ON choice.account_key = dual.account_key AND choice.place = 1
    LEFT JOIN rule_allotment ON rule_allotment.allotment = choice.allotment AND rule_allotment.place = dual.place
) AS counted
JOIN holder
    ON holder.account_key = counted.account_key AND holder.person_id = counted.person_id AND holder.role = counted.role;

-- Live champions of an account and the departments they come from; a person without a known department is in none.
CREATE OR REPLACE TEMP TABLE champions AS
SELECT
    holder.account_key,
    COUNT(*) AS people,
    COUNT(DISTINCT holder.department) AS departments,
    SUM(CASE WHEN holder.department IS NOT NULL AND NOT COALESCE(product_department.sold_to, FALSE) THEN 1 ELSE 0 END)
        AS outside,
    SUM(CASE WHEN product_department.consumes AND NOT product_department.sold_to THEN 1 ELSE 0 END) AS outside_consuming
FROM holder
JOIN covered_customer AS customer ON customer.account_key = holder.account_key
LEFT JOIN product_department
    ON product_department.product = customer.product AND product_department.department = holder.department
WHERE holder.role = 'champion'
    AND holder.head
GROUP BY holder.account_key;

-- Required and actual numbers of each role.
CREATE OR REPLACE TABLE need AS
SELECT
    requirement.account_key,
    requirement.role,
    requirement.required,
    CAST(COALESCE(counted.heads, 0) AS BIGINT) AS heads,
    COALESCE(counted.credits, 0) / 1e2 AS credits,
    COALESCE(counted.heads, 0) >= requirement.required
        OR (requirement.activity_known AND (requirement.role <> 'power user' OR requirement.usage_known)) AS known,
    requirement.outside_required,
    CAST(CASE
        WHEN requirement.role <> 'champion' THEN 0
        WHEN requirement.outside_consuming THEN COALESCE(champions.outside_consuming, 0)
        ELSE COALESCE(champions.outside, 0)
    END AS BIGINT) AS outside,
    requirement.departments_required,
    CAST(CASE WHEN requirement.role = 'champion' THEN COALESCE(champions.departments, 0) ELSE 0 END AS BIGINT)
        AS departments
FROM requirement
LEFT JOIN champions ON champions.account_key = requirement.account_key
LEFT JOIN (
    SELECT
        account_key,
        role,
        SUM(CASE WHEN head THEN 1 ELSE 0 END) AS heads,
        SUM(CAST(ROUND(credit * 100) AS BIGINT)) AS credits
    FROM credit
    GROUP BY account_key, role
) AS counted ON counted.account_key = requirement.account_key AND counted.role = requirement.role;

-- What the status and the score are made of, one row an account that needs anything.
CREATE OR REPLACE TEMP TABLE verdict AS
SELECT
    account_key,
    SUM(CASE WHEN required > 0 THEN 1 ELSE 0 END) AS needed,
    MAX(CASE WHEN required > 0 AND known AND heads = 0 THEN 1 ELSE 0 END) = 1 AS gap,
    MAX(CASE WHEN required > 0 AND NOT known THEN 1 ELSE 0 END) = 1 AS missing_evidence,
    MIN(CASE
        WHEN required > 0 AND (heads < required OR outside < outside_required OR departments < departments_required)
            THEN 0
        ELSE 1
    END) = 1 AS reached,
    AVG(CASE WHEN required > 0 AND known THEN LEAST(1e0, credits / required) END) AS mean
FROM need
GROUP BY account_key;

-- Accounts whose live buyers are check-signers and nothing better.
CREATE OR REPLACE TEMP TABLE only_check_signer AS
SELECT account_key
FROM credit
WHERE role = 'buyer'
    AND head
GROUP BY account_key
HAVING MIN(subtype) = 'check-signer' AND MAX(subtype) = 'check-signer';

-- How many distinct people answer us, and how many more would have to for the account not to hang on one.
CREATE OR REPLACE TEMP TABLE thread AS
SELECT
    depth.account_key,
    SUM(CASE WHEN depth.level >= rule_coverage.threaded_depth THEN 1 ELSE 0 END) >= rule_coverage.threaded_people
        AS enough
FROM known_depth AS depth
CROSS JOIN rule_coverage
GROUP BY depth.account_key, rule_coverage.threaded_people;

-- The answer per account.
CREATE OR REPLACE TABLE coverage AS
SELECT
    customer.account_key,
    CASE
        WHEN verdict.account_key IS NULL THEN 'cannot tell'
        WHEN verdict.gap THEN 'gap'
        WHEN verdict.missing_evidence THEN 'cannot tell'
        WHEN verdict.reached AND only_check_signer.account_key IS NULL THEN 'covered'
        ELSE 'partial'
    END AS status,
    CAST(FLOOR(ROUND(100 * verdict.mean, 6) + 5e-1) AS BIGINT) AS score,
    CASE
        WHEN COALESCE(thread.enough, FALSE) THEN FALSE
        WHEN customer.activity_known THEN TRUE
    END AS single_threaded,
    CASE
        WHEN customer.activity_known OR champions.people > 0
            THEN ROUND(1e0 - POWER(rule_coverage.turnover, COALESCE(champions.people, 0)), 6)
    END AS redundancy,
    NULLIF(SUBSTR(
        CASE WHEN customer.segment IS NULL THEN '; segment unknown' ELSE '' END
            || CASE WHEN customer.breadth IS NULL THEN '; product breadth unknown' ELSE '' END
            || CASE
                WHEN customer.activity_known THEN ''
                WHEN customer.unread THEN '; activity could not be read to the end'
                ELSE '; activity capture missing or too young'
            END
            || CASE WHEN customer.usage_known THEN '' ELSE '; usage unknown' END
            || CASE
                WHEN unplaced_champion.account_key IS NOT NULL
                    AND (champion_need.outside < champion_need.outside_required
                        OR champion_need.departments < champion_need.departments_required)
                    THEN '; department of a champion unknown'
                ELSE ''
            END
            || CASE
                WHEN only_check_signer.account_key IS NOT NULL AND unplaced_buyer.account_key IS NOT NULL
                    THEN '; department of a buyer unknown'
                ELSE ''
            END, 3), '') AS completeness
FROM covered_customer AS customer
CROSS JOIN rule_coverage
LEFT JOIN verdict ON verdict.account_key = customer.account_key
LEFT JOIN thread ON thread.account_key = customer.account_key
LEFT JOIN champions ON champions.account_key = customer.account_key
LEFT JOIN only_check_signer ON only_check_signer.account_key = customer.account_key
LEFT JOIN need AS champion_need ON champion_need.account_key = customer.account_key AND champion_need.role = 'champion'
LEFT JOIN unplaced AS unplaced_champion
    ON unplaced_champion.account_key = customer.account_key AND unplaced_champion.role = 'champion'
LEFT JOIN unplaced AS unplaced_buyer
    ON unplaced_buyer.account_key = customer.account_key AND unplaced_buyer.role = 'buyer';

-- What the later steps do not need gives its room back.
DROP TABLE holder;
