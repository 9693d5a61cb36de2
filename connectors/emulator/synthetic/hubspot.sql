-- Who works where in HubSpot; ids are contiguous in the order of creation, one range a type.
CREATE TEMP TABLE employed AS
SELECT
    person.*, p - only_salesforce AS k, 2000000000 + p - only_salesforce AS contact_id, 1000000000 + a AS company_id,
    hubspot_people
FROM person, size
WHERE p > only_salesforce
ORDER BY p;

CREATE TEMP TABLE office AS
SELECT a, min(contact_id) AS first_contact, count(*) AS contacts
FROM employed
GROUP BY a;

CREATE TEMP TABLE bargain AS
SELECT
    o, a, given, 3000000000 + o AS deal_id,
    ['appointmentscheduled', 'qualifiedtobuy', 'presentationscheduled', 'decisionmakerboughtin', 'contractsent',
        'closedwon', 'closedwon', 'closedwon', 'closedlost', 'closedlost'][1 + draw(given, 0) % 10] AS stage
FROM (
    SELECT o, since + (o - 1) % (til - since + 1) AS a, bits('bargain', o) AS given
    FROM (SELECT min(a) AS since, max(a) AS til FROM office) AS counted,
        range(1, (til - since + 1) + (til - since + 1) // 2 + 1) AS numbered (o)
) AS drawn
ORDER BY o;

-- Our owners.
CREATE TABLE made.hubspot.owner AS
SELECT 4100 + n AS id, email, first_name AS firstName, last_name AS lastName, 90 + n AS userId
FROM colleague
ORDER BY n;

CREATE TABLE made.hubspot.companies AS
SELECT
    1000000000 + firm.a AS id, name, domain, concat('https://www.', domain) AS website,
    concat('+1 555 1', lpad(CAST(firm.a % 1000000 AS VARCHAR), 6, '0')) AS phone,
    concat(1 + draw(given, 3) % 400, ' Main Street') AS address, city,
    CAST(10000 + draw(given, 2) * 17 AS VARCHAR) AS zip, country,
    getvariable('industry_codes')[industry] AS industry, CAST(employees AS VARCHAR) AS numberofemployees,
    CAST(employees * 185000 AS VARCHAR) AS annualrevenue,
    CASE WHEN draw(given, 1) % 3 > 0 THEN 'customer' ELSE 'opportunity' END AS lifecyclestage,
    CASE WHEN employees < 200 THEN 'SMB' WHEN employees < 1500 THEN 'Mid-Market' ELSE 'Enterprise' END AS segment,
    CASE draw(given, 4) % 3 WHEN 0 THEN 'workgroup' WHEN 1 THEN 'department' ELSE 'company-wide' END AS product_breadth,
    CASE WHEN draw(given, 1) % 3 > 0 THEN CAST(employees * 40 AS VARCHAR) END AS arr,
    CASE WHEN draw(given, 1) % 3 > 0 THEN CAST(1 + employees // 4 AS VARCHAR) END AS seats,
    CASE WHEN draw(given, 1) % 3 > 0 THEN day(arrived(firm.a, accounts)) END AS customer_since,
    CASE WHEN draw(given, 1) % 3 > 0 THEN day(DATE '2026-08-01' + draw(given, 0) % 500) END AS renewal_date,
    '2025-09-01' AS activity_capture_since, CAST(4100 + owner AS VARCHAR) AS hubspot_owner_id,
    CAST(office.contacts AS VARCHAR) AS num_associated_contacts, CAST(1000000000 + firm.a AS VARCHAR) AS hs_object_id,
    hubspot_stamp(arrived(firm.a, accounts)) AS createdate, hubspot_stamp(arrived(firm.a, accounts)) AS hs_createdate,
    hubspot_stamp(greatest(arrived(firm.a, accounts), worked(1 + draw(given, 2), 4096))) AS hs_lastmodifieddate
FROM firm
JOIN office ON office.a = firm.a
CROSS JOIN size
ORDER BY firm.a;

CREATE TABLE made.hubspot.contacts AS
SELECT
    contact_id AS id, email, first_name AS firstname, last_name AS lastname,
    CASE WHEN draw(given, 2) % 12 > 0 THEN title END AS jobtitle,
    CASE WHEN draw(given, 1) % 3 > 0 THEN department END AS department, firm_name AS company, phone,
    CASE WHEN draw(given, 3) % 2 = 0 THEN replace(phone, '+1 555', '+1 556') END AS mobilephone,
    city, country, concat('https://www.', domain) AS website,
    CASE WHEN draw(given, 2) % 3 > 0 THEN 'customer' ELSE 'lead' END AS lifecyclestage,
    CASE draw(given, 3) % 9 WHEN 0 THEN 'CHAMPION' WHEN 1 THEN 'END_USER' WHEN 2 THEN 'BUDGET_HOLDER;DECISION_MAKER'
        END AS hs_buying_role,
    CASE WHEN draw(given, 1) % 2 = 0 THEN CAST(draw(given, 2) % 23 AS VARCHAR) END AS active_days_30,
    CASE WHEN draw(given, 1) % 2 = 0 THEN day(worked(4096 - draw(given, 4) // 8, 4096)) END AS last_active,
    CASE WHEN draw(given, 4) % 6 = 0 THEN CAST(draw(given, 3) % 11 AS VARCHAR) END AS nps_score,
    CASE WHEN draw(given, 4) % 6 = 0 THEN day(worked(1 + draw(given, 2), 4096)) END AS nps_date,
    CAST(4100 + owner AS VARCHAR) AS hubspot_owner_id, CAST(company_id AS VARCHAR) AS associatedcompanyid,
    domain AS hs_email_domain, CAST(contact_id AS VARCHAR) AS hs_object_id,
    hubspot_stamp(arrived(k, hubspot_people)) AS createdate, hubspot_stamp(arrived(k, hubspot_people)) AS hs_createdate,
    hubspot_stamp(greatest(arrived(k, hubspot_people), worked(1 + draw(given, 3), 4096))) AS lastmodifieddate,
    hubspot_stamp(greatest(arrived(k, hubspot_people), worked(1 + draw(given, 3), 4096))) AS hs_lastmodifieddate
FROM employed
ORDER BY contact_id;

-- Two people of the company stand behind each deal.
CREATE TEMP TABLE behind AS
SELECT deal_id, first_contact + (draw(given, 2) + side) % contacts AS contact_id
FROM bargain
JOIN office ON office.a = bargain.a
CROSS JOIN (SELECT 0 AS side UNION ALL SELECT 1 AS side) AS sides
WHERE side < contacts;

CREATE TABLE made.hubspot.deals AS
SELECT
    deal_id AS id, concat(firm.name, ' - ', pick(getvariable('topics'), bargain.given, 1)) AS dealname,
    CAST(1000 + draw(bargain.given, 2) * 25 AS VARCHAR) AS amount,
    CAST(1000 + draw(bargain.given, 2) * 25 AS VARCHAR) AS amount_in_home_currency, 'default' AS pipeline,
    stage AS dealstage,
    hubspot_stamp(CASE WHEN stage LIKE 'closed%' THEN worked(1 + draw(bargain.given, 3), 4096)
        ELSE TIMESTAMP '2026-11-02 12:00:00' + to_days(draw(bargain.given, 3) % 200) END) AS closedate,
    CASE draw(bargain.given, 4) % 2 WHEN 0 THEN 'newbusiness' ELSE 'existingbusiness' END AS dealtype,
    CASE WHEN stage LIKE 'closed%' THEN 'true' ELSE 'false' END AS hs_is_closed,
    CASE stage WHEN 'closedwon' THEN 'true' ELSE 'false' END AS hs_is_closed_won,
    CASE stage WHEN 'closedlost' THEN 'true' ELSE 'false' END AS hs_is_closed_lost,
    CASE stage WHEN 'appointmentscheduled' THEN '0.2' WHEN 'qualifiedtobuy' THEN '0.4'
        WHEN 'presentationscheduled' THEN '0.6' WHEN 'decisionmakerboughtin' THEN '0.8' WHEN 'contractsent' THEN '0.9'
        WHEN 'closedwon' THEN '1.0' ELSE '0.0' END AS hs_deal_stage_probability,
    CAST(4100 + owner AS VARCHAR) AS hubspot_owner_id,
    CAST((SELECT count(*) FROM behind WHERE behind.deal_id = bargain.deal_id) AS VARCHAR) AS num_associated_contacts,
    CAST(deal_id AS VARCHAR) AS hs_object_id, hubspot_stamp(arrived(o, many)) AS createdate,
    hubspot_stamp(arrived(o, many)) AS hs_createdate,
    hubspot_stamp(greatest(arrived(o, many), worked(1 + draw(bargain.given, 4), 4096))) AS hs_lastmodifieddate
FROM bargain
JOIN firm ON firm.a = bargain.a
CROSS JOIN (SELECT max(o) AS many FROM bargain) AS counted
ORDER BY o;

-- What was done: seven e-mails, four calls, three meetings, two notes and four tasks of twenty.
CREATE TEMP TABLE act AS
SELECT
    kind, drawn.k, first_id + drawn.k AS id, many, bits('more', drawn.given) AS further, contact_id, company_id, owner,
    employed.email, employed.first_name, employed.last_name, 4100 + owner AS owner_id, worked(drawn.k, many) AS moment
FROM (
    SELECT
        kind, first_id, k, many, bits(kind, k) AS given,
        crowd(bits(kind, k), (SELECT hubspot_people FROM size)) AS who
    FROM (
        SELECT 'calls' AS kind, 5000000000 AS first_id, whole // 5 AS many
        FROM (SELECT getvariable('activities') - getvariable('activities') // 2 AS whole) AS asked
        UNION ALL
        SELECT 'meetings' AS kind, 6000000000 AS first_id, whole * 3 // 20 AS many
        FROM (SELECT getvariable('activities') - getvariable('activities') // 2 AS whole) AS asked
        UNION ALL
        SELECT 'notes' AS kind, 7000000000 AS first_id, whole // 10 AS many
        FROM (SELECT getvariable('activities') - getvariable('activities') // 2 AS whole) AS asked
        UNION ALL
        SELECT 'tasks' AS kind, 8000000000 AS first_id, whole // 5 AS many
        FROM (SELECT getvariable('activities') - getvariable('activities') // 2 AS whole) AS asked
        UNION ALL
        SELECT 'emails' AS kind, 4000000000 AS first_id, whole - whole // 5 * 2 - whole * 3 // 20 - whole // 10 AS many
        FROM (SELECT getvariable('activities') - getvariable('activities') // 2 AS whole) AS asked
    ) AS kinds, range(1, many + 1) AS numbered (k)
) AS drawn
JOIN employed ON employed.k = drawn.who;

CREATE TABLE made.hubspot.emails AS
SELECT
    id, hubspot_stamp(moment) AS hs_timestamp,
    CASE WHEN incoming THEN 'INCOMING_EMAIL' ELSE 'EMAIL' END AS hs_email_direction, 'SENT' AS hs_email_status,
    concat(CASE WHEN incoming THEN 'Re: ' ELSE '' END, pick(getvariable('topics'), further, 1)) AS hs_email_subject,
    pick(getvariable('remarks'), further, 2) AS hs_email_text,
    CAST(json_object('from', json_object('email', from_email, 'firstName', from_first, 'lastName', from_last),
        'to', json_array(json_object('email', to_email, 'firstName', to_first, 'lastName', to_last)),
        'cc', json_array(), 'bcc', json_array()) AS VARCHAR) AS hs_email_headers,
    from_email AS hs_email_from_email, from_first AS hs_email_from_firstname, from_last AS hs_email_from_lastname,
    to_email AS hs_email_to_email, to_first AS hs_email_to_firstname, to_last AS hs_email_to_lastname,
    CAST(owner_id AS VARCHAR) AS hubspot_owner_id, CAST(id AS VARCHAR) AS hs_object_id,
    hubspot_stamp(moment) AS hs_createdate, hubspot_stamp(moment) AS hs_lastmodifieddate
FROM (
    SELECT
        act.*,
        CASE WHEN incoming THEN act.email ELSE colleague.email END AS from_email,
        CASE WHEN incoming THEN act.first_name ELSE colleague.first_name END AS from_first,
        CASE WHEN incoming THEN act.last_name ELSE colleague.last_name END AS from_last,
        CASE WHEN incoming THEN colleague.email ELSE act.email END AS to_email,
        CASE WHEN incoming THEN colleague.first_name ELSE act.first_name END AS to_first,
        CASE WHEN incoming THEN colleague.last_name ELSE act.last_name END AS to_last
    FROM (SELECT *, draw(further, 0) % 5 < 2 AS incoming FROM act WHERE kind = 'emails') AS act
    JOIN colleague ON colleague.n = act.owner
) AS written
ORDER BY id;

CREATE TABLE made.hubspot.calls AS
SELECT
    id, hubspot_stamp(moment) AS hs_timestamp, concat('Call: ', pick(getvariable('topics'), further, 1)) AS hs_call_title,
    CASE WHEN draw(further, 4) % 2 = 0 THEN pick(getvariable('remarks'), further, 2) END AS hs_call_body,
    CASE draw(further, 0) % 3 WHEN 0 THEN 'INBOUND' ELSE 'OUTBOUND' END AS hs_call_direction,
    CAST(1000 * (30 + draw(further, 3)) AS VARCHAR) AS hs_call_duration,
    CASE WHEN reached THEN 'COMPLETED' ELSE 'NO_ANSWER' END AS hs_call_status,
    CASE WHEN reached THEN 'f240bbac-87c9-4f6e-bf70-924b57d47db7' ELSE '73a0d17f-1163-4015-bdd5-ec830791da20' END
        AS hs_call_disposition,
    CAST(owner_id AS VARCHAR) AS hubspot_owner_id, CAST(id AS VARCHAR) AS hs_object_id,
    hubspot_stamp(moment) AS hs_createdate, hubspot_stamp(moment) AS hs_lastmodifieddate
FROM (SELECT *, draw(further, 0) % 4 > 0 AS reached FROM act WHERE kind = 'calls') AS made
ORDER BY id;

CREATE TABLE made.hubspot.meetings AS
SELECT
    id, hubspot_stamp(moment) AS hs_timestamp,
    concat('Meeting: ', pick(getvariable('topics'), further, 1)) AS hs_meeting_title,
    CASE WHEN draw(further, 4) % 2 = 0 THEN pick(getvariable('remarks'), further, 2) END AS hs_meeting_body,
    CASE WHEN draw(further, 0) % 3 = 0 THEN pick(getvariable('cities'), further, 3) END AS hs_meeting_location,
    hubspot_stamp(moment) AS hs_meeting_start_time,
    hubspot_stamp(moment + to_minutes(30 + 15 * (draw(further, 3) % 5))) AS hs_meeting_end_time,
    CASE draw(further, 0) % 9 WHEN 0 THEN 'NO_SHOW' WHEN 1 THEN 'CANCELED' ELSE 'COMPLETED' END AS hs_meeting_outcome,
    CAST(owner_id AS VARCHAR) AS hubspot_owner_id, CAST(id AS VARCHAR) AS hs_object_id,
    hubspot_stamp(moment) AS hs_createdate, hubspot_stamp(moment) AS hs_lastmodifieddate
FROM act
WHERE kind = 'meetings'
ORDER BY id;

CREATE TABLE made.hubspot.notes AS
SELECT
    id, hubspot_stamp(moment) AS hs_timestamp, pick(getvariable('remarks'), further, 2) AS hs_note_body,
    CAST(owner_id AS VARCHAR) AS hubspot_owner_id, CAST(id AS VARCHAR) AS hs_object_id,
    hubspot_stamp(moment) AS hs_createdate, hubspot_stamp(moment) AS hs_lastmodifieddate
FROM act
WHERE kind = 'notes'
ORDER BY id;

CREATE TABLE made.hubspot.tasks AS
SELECT
    id, hubspot_stamp(moment + to_days(draw(further, 1) % 21)) AS hs_timestamp,
    pick(getvariable('topics'), further, 1) AS hs_task_subject,
    CASE WHEN draw(further, 4) % 2 = 0 THEN pick(getvariable('remarks'), further, 2) END AS hs_task_body,
    CASE WHEN closed THEN 'COMPLETED' ELSE 'NOT_STARTED' END AS hs_task_status,
    ['NONE', 'LOW', 'MEDIUM', 'HIGH'][1 + draw(further, 3) % 4] AS hs_task_priority,
    ['TODO', 'CALL', 'EMAIL'][1 + draw(further, 2) % 3] AS hs_task_type,
    CASE WHEN closed THEN '1' ELSE '0' END AS hs_task_is_completed,
    CASE WHEN closed THEN hubspot_stamp(moment) END AS hs_task_completion_date,
    CAST(owner_id AS VARCHAR) AS hubspot_owner_id, CAST(id AS VARCHAR) AS hs_object_id,
    hubspot_stamp(moment) AS hs_createdate, hubspot_stamp(moment) AS hs_lastmodifieddate
FROM (
    SELECT *, draw(further, 4) % 20 > CASE WHEN k > many - many // 20 THEN 9 ELSE 0 END AS closed
    FROM act
    WHERE kind = 'tasks'
) AS told
ORDER BY id;

-- Which object types are linked, and under which association types; `pair` is the order of the links' table.
CREATE TABLE made.hubspot.link_pair AS
SELECT *
FROM (
    VALUES
    (1, 'contacts', 'companies', [1, 279]), (2, 'companies', 'contacts', [2, 280]),
    (3, 'deals', 'companies', [5, 341]), (4, 'companies', 'deals', [6, 342]),
    (5, 'deals', 'contacts', [3]), (6, 'contacts', 'deals', [4]),
    (11, 'emails', 'contacts', [198]), (12, 'contacts', 'emails', [197]),
    (13, 'emails', 'companies', [186]), (14, 'companies', 'emails', [185]),
    (21, 'calls', 'contacts', [194]), (22, 'contacts', 'calls', [193]),
    (23, 'calls', 'companies', [182]), (24, 'companies', 'calls', [181]),
    (31, 'meetings', 'contacts', [200]), (32, 'contacts', 'meetings', [199]),
    (33, 'meetings', 'companies', [188]), (34, 'companies', 'meetings', [187]),
    (41, 'notes', 'contacts', [202]), (42, 'contacts', 'notes', [201]),
    (43, 'notes', 'companies', [190]), (44, 'companies', 'notes', [189]),
    (51, 'tasks', 'contacts', [204]), (52, 'contacts', 'tasks', [203]),
    (53, 'tasks', 'companies', [192]), (54, 'companies', 'tasks', [191])
) AS listed (pair, origin, target, types);

-- Every link in both directions, in the order in which they are looked up.
CREATE TABLE made.hubspot.link AS
WITH forth AS (
    SELECT 1 AS pair, contact_id AS here, company_id AS there FROM employed
    UNION ALL
    SELECT 3 AS pair, deal_id AS here, 1000000000 + a AS there FROM bargain
    UNION ALL
    SELECT 5 AS pair, deal_id AS here, contact_id AS there FROM behind
    UNION ALL
    SELECT link_pair.pair, id AS here, contact_id AS there
    FROM act
    JOIN made.hubspot.link_pair AS link_pair ON link_pair.origin = act.kind AND link_pair.target = 'contacts'
    UNION ALL
    SELECT link_pair.pair, id AS here, company_id AS there
    FROM act
    JOIN made.hubspot.link_pair AS link_pair ON link_pair.origin = act.kind AND link_pair.target = 'companies'
)
SELECT CAST(pair AS UTINYINT) AS pair, here, there
FROM (SELECT * FROM forth UNION ALL SELECT pair + 1 AS pair, there AS here, here AS there FROM forth) AS both_ways
ORDER BY pair, here, there;

DROP TABLE act;
