-- Sixty-four bits for the n-th thing of a kind; MD5, because DuckDB's own hash may change from release to release.
CREATE TEMP MACRO bits(kind, n) AS md5_number_lower(concat(getvariable('rng'), ' ', kind, ' ', n));

-- A number from 0 to 4095 out of such bits; `place` is 0 to 4 and names bits that no other place shares.
CREATE TEMP MACRO draw(given, place) AS CAST((given >> (12 * place)) & 4095 AS INTEGER);

-- A word of a list.
CREATE TEMP MACRO pick(words, given, place) AS words[1 + draw(given, place) % len(words)];

-- One of `many` by a power law: the square of an even draw crowds at the front, the factor scatters the crowd.
CREATE TEMP MACRO crowd(given, many) AS
    1 + CAST(floor(many * pow((given >> 12) / 4503599627370496.0, 2)) AS BIGINT) % many * 2654435761 % many;

-- Step k of n as seconds worked, of 305 days with eleven hours each.
CREATE TEMP MACRO seconds_worked(k, n) AS (CAST(k AS BIGINT) - 1) * 12078000 // n;

-- The moment of step k of n within the 305 working days up to 30 October 2026, from 07:00 to 18:00 UTC.
CREATE TEMP MACRO worked(k, n) AS TIMESTAMP '2025-09-01 07:00:00'
    + to_days(CAST(seconds_worked(k, n) // 198000 * 7 + seconds_worked(k, n) // 39600 % 5 AS INTEGER))
    + to_seconds(seconds_worked(k, n) % 39600);

-- The moment of step k of n within the years before, in which accounts and people came.
CREATE TEMP MACRO arrived(k, n) AS TIMESTAMP '2020-01-06 08:00:00' + to_seconds((CAST(k AS BIGINT) - 1) * 214000000 // n);

-- The wire forms of moments.
CREATE TEMP MACRO salesforce_stamp(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S.000+0000');

CREATE TEMP MACRO hubspot_stamp(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S.000Z');

CREATE TEMP MACRO day(moment) AS strftime(moment, '%Y-%m-%d');

-- How many people, accounts and colleagues there are; the last people of Salesforce are the first of HubSpot.
CREATE TEMP TABLE size AS
SELECT *, CAST(ceil(people / 20) AS BIGINT) AS accounts
FROM (
    SELECT
        contacts // 2 AS salesforce_people,
        contacts - contacts // 2 AS hubspot_people,
        contacts - contacts // 20 AS people,
        contacts - contacts // 20 - (contacts - contacts // 2) AS only_salesforce,
        least(10 + contacts // 2500, 400) AS colleagues
    FROM (SELECT getvariable('contacts') AS contacts) AS asked
) AS counted;

-- Our own people: the first is the integration user, the others own records.
CREATE TEMP TABLE colleague AS
SELECT
    n, first_name, last_name,
    CASE n WHEN 1 THEN 'integration'
        ELSE concat(lower(strip_accents(concat(first_name, '.', last_name))), '.', n) END || '@rapport.example' AS email
FROM (
    SELECT
        n,
        CASE n WHEN 1 THEN 'Integration' ELSE pick(getvariable('first_names'), given, 0) END AS first_name,
        CASE n WHEN 1 THEN 'User'
            ELSE pick(getvariable('name_heads'), given, 1) || pick(getvariable('name_tails'), given, 2) END AS last_name
    FROM (SELECT n, bits('colleague', n) AS given FROM size, range(1, colleagues + 1) AS counted (n)) AS drawn
) AS named
ORDER BY n;

-- Companies; the factor is prime to the number of names, so that no two share one.
CREATE TEMP TABLE firm AS
SELECT
    a, given, name, domain,
    pick(getvariable('cities'), given, 0) AS city,
    pick(getvariable('countries'), given, 1) AS country,
    1 + draw(given, 2) % len(getvariable('industries')) AS industry,
    CAST(5 + pow(draw(given, 3) / 64.0, 2) AS INTEGER) AS employees,
    2 + draw(given, 4) % (SELECT colleagues - 1 FROM size) AS owner
FROM (
    SELECT
        a, bits('firm', a) AS given,
        concat_ws(' ', getvariable('firm_names')[1 + x % 127], getvariable('trades')[1 + x // 127 % 141],
            getvariable('firm_ends')[1 + x // 17907]) AS name,
        lower(concat(getvariable('firm_names')[1 + x % 127], getvariable('trades')[1 + x // 127 % 141], '-',
            getvariable('firm_ends')[1 + x // 17907], '.example')) AS domain
    FROM (SELECT a, a * 100003 % 268605 AS x FROM size, range(1, accounts + 1) AS counted (a)) AS numbered
) AS named
ORDER BY a;

-- People, nine to thirty-one a firm; where a namesake works in the same firm the address is numbered.
CREATE TEMP TABLE person AS
SELECT
    p, a, given, first_name, last_name, title, department, owner, city, country, firm_name, domain,
    concat(regexp_replace(lower(strip_accents(concat(first_name, '.', last_name))), '[^a-z.]', '', 'g'),
        CASE WHEN twin > 1 THEN CAST(twin AS VARCHAR) ELSE '' END, '@', domain) AS email,
    concat('+1 555 ', lpad(CAST(p // 10000 % 1000 AS VARCHAR), 3, '0'), ' ', lpad(CAST(p % 10000 AS VARCHAR), 4, '0'))
        AS phone
FROM (
    SELECT *, row_number() OVER (PARTITION BY a, first_name, last_name ORDER BY p) AS twin
    FROM (
        SELECT
            one.p, one.given, firm.a, firm.owner, firm.city, firm.country, firm.name AS firm_name, firm.domain,
            pick(getvariable('first_names'), one.given, 0) AS first_name,
            pick(getvariable('name_heads'), one.given, 1) || pick(getvariable('name_tails'), one.given, 2) AS last_name,
            pick(getvariable('departments'), one.given, 3) AS department,
            replace(pick(getvariable('levels'), one.given, 4), '%', pick(getvariable('departments'), one.given, 3))
                AS title
        FROM (
            SELECT
                p, bits('person', p) AS given,
                (p - 1) // 20 + CASE
                    WHEN (p - 1) % 20 >= CASE WHEN p > 20 THEN draw(bits('size', (p - 1) // 20), 0) % 12 ELSE 0 END
                        THEN 1
                    ELSE 0
                END AS home
            FROM size, range(1, people + 1) AS counted (p)
        ) AS one
        JOIN firm ON firm.a = one.home
    ) AS placed
) AS told
ORDER BY p;
