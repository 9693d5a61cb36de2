-- The letter that spells which of five digits of an id are upper-case letters; digits count to 62.
CREATE TEMP MACRO id_check(n) AS substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 1
    + CAST(n // 14776336 % 62 BETWEEN 10 AND 35 AS INTEGER) + 2 * CAST(n // 238328 % 62 BETWEEN 10 AND 35 AS INTEGER)
    + 4 * CAST(n // 3844 % 62 BETWEEN 10 AND 35 AS INTEGER) + 8 * CAST(n // 62 % 62 BETWEEN 10 AND 35 AS INTEGER)
    + 16 * CAST(n % 62 BETWEEN 10 AND 35 AS INTEGER), 1);

CREATE TEMP MACRO id_digit(n) AS
    substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + CAST(n % 62 AS INTEGER), 1);

-- The same letter for the five characters an id begins with: its prefix and `Rp`.
CREATE TEMP MACRO head_check(prefix) AS substr('ABCDEFGHIJKLMNOPQRSTUVWXYZ012345', 9
    + CAST(substr(prefix, 1, 1) BETWEEN 'A' AND 'Z' AS INTEGER)
    + 2 * CAST(substr(prefix, 2, 1) BETWEEN 'A' AND 'Z' AS INTEGER)
    + 4 * CAST(substr(prefix, 3, 1) BETWEEN 'A' AND 'Z' AS INTEGER), 1);

-- The id of the n-th record under a key prefix, as `ids.make` spells it.
CREATE TEMP MACRO sfid(prefix, n) AS concat(prefix, 'Rp00000', id_digit(n // 14776336), id_digit(n // 238328),
    id_digit(n // 3844), id_digit(n // 62), id_digit(n), head_check(prefix), 'A', id_check(n));

-- Our users.
CREATE TABLE made.salesforce.colleague AS
SELECT
    sfid('005', n) AS Id, email AS Username, email AS Email, first_name AS FirstName, last_name AS LastName,
    concat(first_name, ' ', last_name) AS Name, TRUE AS IsActive
FROM colleague
ORDER BY n;

-- Who works where in Salesforce: the first person of each account and how many there are.
CREATE TEMP TABLE staff AS
SELECT a, min(p) AS first_person, count(*) AS people
FROM person, size
WHERE p <= salesforce_people
GROUP BY a;

CREATE TABLE made.salesforce.Account AS
SELECT
    firm.a AS seq, sfid('001', firm.a) AS Id, name AS Name,
    CASE draw(given, 1) % 3 WHEN 0 THEN 'Prospect' ELSE 'Customer - Direct' END AS Type,
    getvariable('industries')[industry] AS Industry, employees AS NumberOfEmployees,
    CAST(employees * 185000 AS DOUBLE) AS AnnualRevenue, concat(1 + draw(given, 3) % 400, ' Main Street') AS BillingStreet,
    city AS BillingCity, CAST(10000 + draw(given, 2) * 17 AS VARCHAR) AS BillingPostalCode, country AS BillingCountry,
    concat('+1 555 1', lpad(CAST(a % 1000000 AS VARCHAR), 6, '0')) AS Phone, concat('https://www.', domain) AS Website,
    CASE draw(given, 0) % 4 WHEN 0 THEN 'Hot' WHEN 1 THEN 'Warm' WHEN 2 THEN 'Cold' END AS Rating,
    CASE WHEN employees < 200 THEN 'SMB' WHEN employees < 1500 THEN 'Mid-Market' ELSE 'Enterprise' END AS Segment__c,
    CASE draw(given, 4) % 3 WHEN 0 THEN 'workgroup' WHEN 1 THEN 'department' ELSE 'company-wide' END
        AS Product_Breadth__c,
    CASE WHEN draw(given, 1) % 3 > 0 THEN CAST(employees * 40 AS DOUBLE) END AS ARR__c,
    CASE WHEN draw(given, 1) % 3 > 0 THEN CAST(1 + employees // 4 AS DOUBLE) END AS Seats__c,
    CASE WHEN draw(given, 1) % 3 > 0 THEN day(arrived(a, accounts)) END AS Customer_Since__c,
    CASE WHEN draw(given, 1) % 3 > 0 THEN day(DATE '2026-08-01' + draw(given, 0) % 500) END AS Renewal_Date__c,
    '2025-09-01' AS Activity_Capture_Since__c, FALSE AS IsDeleted,
    sfid('005', owner) AS OwnerId, sfid('005', owner) AS CreatedById, sfid('005', owner) AS LastModifiedById,
    salesforce_stamp(arrived(a, accounts)) AS CreatedDate,
    salesforce_stamp(greatest(arrived(a, accounts), worked(1 + draw(given, 2), 4096))) AS LastModifiedDate,
    salesforce_stamp(greatest(arrived(a, accounts), worked(1 + draw(given, 2), 4096))) AS SystemModstamp
FROM firm, size
WHERE a <= (SELECT max(a) FROM staff)
ORDER BY firm.a;

CREATE TABLE made.salesforce.Contact AS
SELECT
    p AS seq, sfid('003', p) AS Id, sfid('001', a) AS AccountId, first_name AS FirstName, last_name AS LastName,
    concat(first_name, ' ', last_name) AS Name,
    CASE draw(given, 0) % 9 WHEN 0 THEN 'Ms.' WHEN 1 THEN 'Mr.' WHEN 2 THEN 'Dr.' END AS Salutation,
    CASE WHEN draw(given, 2) % 12 > 0 THEN title END AS Title,
    CASE WHEN draw(given, 1) % 3 > 0 THEN department END AS Department,
    email AS Email, phone AS Phone,
    CASE WHEN draw(given, 3) % 2 = 0 THEN replace(phone, '+1 555', '+1 556') END AS MobilePhone,
    ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other'][1 + draw(given, 4) % 5] AS LeadSource,
    city AS MailingCity, country AS MailingCountry, draw(given, 0) % 40 = 0 AS HasOptedOutOfEmail,
    FALSE AS HasOptedOutOfFax, draw(given, 0) % 60 = 1 AS DoNotCall, FALSE AS IsEmailBounced,
    CASE WHEN draw(given, 1) % 2 = 0 THEN CAST(draw(given, 2) % 23 AS DOUBLE) END AS Active_Days_30__c,
    CASE WHEN draw(given, 1) % 2 = 0 THEN day(worked(4096 - draw(given, 4) // 8, 4096)) END AS Last_Active__c,
    CASE WHEN draw(given, 4) % 6 = 0 THEN CAST(draw(given, 3) % 11 AS DOUBLE) END AS NPS_Score__c,
    CASE WHEN draw(given, 4) % 6 = 0 THEN day(worked(1 + draw(given, 2), 4096)) END AS NPS_Date__c,
    FALSE AS Rapport_Not_A_Champion__c, FALSE AS Rapport_Do_Not_Task__c, FALSE AS IsDeleted,
    sfid('005', owner) AS OwnerId, sfid('005', owner) AS CreatedById, sfid('005', owner) AS LastModifiedById,
    salesforce_stamp(arrived(p, people)) AS CreatedDate,
    salesforce_stamp(greatest(arrived(p, people), worked(1 + draw(given, 3), 4096))) AS LastModifiedDate,
    salesforce_stamp(greatest(arrived(p, people), worked(1 + draw(given, 3), 4096))) AS SystemModstamp
FROM person, size
WHERE p <= salesforce_people
ORDER BY p;

-- Every contact's direct relation to the account.
CREATE TABLE made.salesforce.AccountContactRelation AS
SELECT
    seq, sfid('07k', seq) AS Id, AccountId, Id AS ContactId, TRUE AS IsDirect, TRUE AS IsActive, FALSE AS IsDeleted,
    CreatedById, LastModifiedById, CreatedDate, LastModifiedDate, SystemModstamp
FROM made.salesforce.Contact
ORDER BY seq;

-- Deals: every account has one, every other account two.
CREATE TEMP TABLE deal AS
SELECT
    o, a, given,
    ['Prospecting', 'Qualification', 'Needs Analysis', 'Value Proposition', 'Proposal/Price Quote',
        'Negotiation/Review', 'Closed Won', 'Closed Won', 'Closed Won', 'Closed Lost'][1 + draw(given, 0) % 10] AS stage
FROM (
    SELECT o, 1 + (o - 1) % many AS a, bits('deal', o) AS given
    FROM (SELECT max(a) AS many FROM staff) AS counted, range(1, many + many // 2 + 1) AS numbered (o)
) AS drawn
ORDER BY o;

CREATE TABLE made.salesforce.Opportunity AS
SELECT
    o AS seq, sfid('006', o) AS Id, sfid('001', deal.a) AS AccountId,
    concat(firm.name, ' - ', pick(getvariable('topics'), deal.given, 1)) AS Name, stage AS StageName,
    CAST(1000 + draw(deal.given, 2) * 25 AS DOUBLE) AS Amount,
    CAST(CASE stage WHEN 'Closed Won' THEN 100 WHEN 'Closed Lost' THEN 0 WHEN 'Proposal/Price Quote' THEN 75
        WHEN 'Negotiation/Review' THEN 90 WHEN 'Needs Analysis' THEN 20 WHEN 'Value Proposition' THEN 50
        ELSE 10 END AS DOUBLE) AS Probability,
    day(CASE WHEN stage LIKE 'Closed%' THEN worked(1 + draw(deal.given, 3), 4096)
        ELSE DATE '2026-11-02' + draw(deal.given, 3) % 200 END) AS CloseDate,
    CASE draw(deal.given, 4) % 2 WHEN 0 THEN 'New Customer' ELSE 'Existing Customer - Upgrade' END AS Type,
    stage LIKE 'Closed%' AS IsClosed, stage = 'Closed Won' AS IsWon,
    CASE stage WHEN 'Closed Won' THEN 'Closed' WHEN 'Closed Lost' THEN 'Omitted' ELSE 'Pipeline' END AS ForecastCategory,
    CASE stage WHEN 'Closed Won' THEN 'Closed' WHEN 'Closed Lost' THEN 'Omitted' ELSE 'Pipeline' END
        AS ForecastCategoryName,
    FALSE AS IsDeleted, sfid('005', owner) AS OwnerId, sfid('005', owner) AS CreatedById,
    sfid('005', owner) AS LastModifiedById, salesforce_stamp(arrived(o, many)) AS CreatedDate,
    salesforce_stamp(greatest(arrived(o, many), worked(1 + draw(deal.given, 4), 4096))) AS LastModifiedDate,
    salesforce_stamp(greatest(arrived(o, many), worked(1 + draw(deal.given, 4), 4096))) AS SystemModstamp
FROM deal
JOIN firm ON firm.a = deal.a
CROSS JOIN (SELECT max(o) AS many FROM deal) AS counted
ORDER BY o;

-- Two people of the account stand in each deal's roles.
CREATE TABLE made.salesforce.OpportunityContactRole AS
SELECT
    seated.seq, sfid('00K', seated.seq) AS Id, sfid('006', o) AS OpportunityId, sfid('003', p) AS ContactId,
    ['Business User', 'Decision Maker', 'Economic Buyer', 'Evaluator', 'Executive Sponsor', 'Influencer',
        'Technical Buyer'][1 + (draw(given, 3) + side) % 7] AS Role,
    side = 0 AS IsPrimary, FALSE AS IsDeleted, opportunity.CreatedById, opportunity.LastModifiedById,
    opportunity.CreatedDate, opportunity.LastModifiedDate, opportunity.SystemModstamp
FROM (
    SELECT o, side, given, 2 * o - 1 + side AS seq, first_person + (draw(given, 2) + side) % people AS p
    FROM deal
    JOIN staff ON staff.a = deal.a
    CROSS JOIN (SELECT 0 AS side UNION ALL SELECT 1 AS side) AS sides
    WHERE side < people
) AS seated
JOIN made.salesforce.Opportunity AS opportunity ON opportunity.seq = seated.o
ORDER BY seated.seq;

-- What was done: who with, when, about what; three in five are tasks, one in five events, the rest e-mails.
CREATE TEMP TABLE deed AS
SELECT
    kind, k, many, drawn.given, bits('more', drawn.given) AS further, p, person.a, person.owner, person.email,
    person.first_name, person.last_name, worked(k, many) AS moment
FROM (
    SELECT kind, k, many, bits(kind, k) AS given, crowd(bits(kind, k), (SELECT salesforce_people FROM size)) AS who
    FROM (
        SELECT 'task' AS kind, activities * 3 // 10 AS many FROM (SELECT getvariable('activities') AS activities) AS asked
        UNION ALL
        SELECT 'event' AS kind, activities // 10 AS many FROM (SELECT getvariable('activities') AS activities) AS asked
        UNION ALL
        SELECT 'email' AS kind, activities // 2 - activities * 3 // 10 - activities // 10 AS many
        FROM (SELECT getvariable('activities') AS activities) AS asked
    ) AS kinds, range(1, many + 1) AS numbered (k)
) AS drawn
JOIN person ON person.p = drawn.who;

CREATE TABLE made.salesforce.Task AS
SELECT
    k AS seq, sfid('00T', k) AS Id, sfid('003', p) AS WhoId,
    CASE WHEN what = 0 THEN sfid('006', a) WHEN what < 5 THEN sfid('001', a) END AS WhatId, 1 AS WhoCount,
    CASE WHEN what < 5 THEN 1 ELSE 0 END AS WhatCount,
    concat(subtype, ': ', pick(getvariable('topics'), further, 0)) AS Subject,
    CASE WHEN closed THEN day(moment) ELSE day(moment + to_days(draw(further, 1) % 21)) END AS ActivityDate,
    CASE WHEN closed THEN 'Completed' WHEN draw(further, 1) % 3 = 0 THEN 'In Progress' ELSE 'Not Started' END AS Status,
    CASE draw(further, 2) % 8 WHEN 0 THEN 'High' WHEN 1 THEN 'Low' ELSE 'Normal' END AS Priority,
    draw(further, 2) % 8 = 0 AS IsHighPriority,
    CASE WHEN draw(further, 3) % 2 = 0 THEN pick(getvariable('remarks'), further, 4) END AS Description,
    CASE subtype WHEN 'Task' THEN 'Other' ELSE subtype END AS Type, sfid('001', a) AS AccountId, closed AS IsClosed,
    FALSE AS IsArchived, CASE WHEN closed THEN CASE subtype WHEN 'Call' THEN 30 + draw(further, 4) END END
        AS CallDurationInSeconds,
    CASE subtype WHEN 'Call' THEN CASE draw(further, 4) % 3 WHEN 0 THEN 'Inbound' ELSE 'Outbound' END END AS CallType,
    CASE WHEN closed THEN salesforce_stamp(moment) END AS CompletedDateTime, FALSE AS IsReminderSet, FALSE AS IsRecurrence,
    subtype AS TaskSubtype, FALSE AS IsDeleted, sfid('005', owner) AS OwnerId, sfid('005', owner) AS CreatedById,
    sfid('005', owner) AS LastModifiedById, salesforce_stamp(moment) AS CreatedDate,
    salesforce_stamp(moment) AS LastModifiedDate, salesforce_stamp(moment) AS SystemModstamp
FROM (
    SELECT
        *, draw(further, 0) % 10 AS what, ['Call', 'Call', 'Call', 'Email', 'Email', 'Task'][1 + draw(further, 3) % 6]
            AS subtype,
        draw(further, 4) % 20 > CASE WHEN k > many - many // 20 THEN 9 ELSE 0 END AS closed
    FROM deed
    WHERE kind = 'task'
) AS told
ORDER BY k;

CREATE TABLE made.salesforce.Event AS
SELECT
    k AS seq, sfid('00U', k) AS Id, sfid('003', p) AS WhoId,
    CASE WHEN draw(further, 0) % 10 < 6 THEN sfid('001', a) END AS WhatId, 1 AS WhoCount,
    CASE WHEN draw(further, 0) % 10 < 6 THEN 1 ELSE 0 END AS WhatCount,
    concat('Meeting: ', pick(getvariable('topics'), further, 1)) AS Subject,
    CASE WHEN draw(further, 2) % 3 = 0 THEN pick(getvariable('cities'), further, 3) END AS Location,
    FALSE AS IsAllDayEvent, salesforce_stamp(moment) AS ActivityDateTime, day(moment) AS ActivityDate,
    30 + 15 * (draw(further, 2) % 5) AS DurationInMinutes, salesforce_stamp(moment) AS StartDateTime,
    salesforce_stamp(moment + to_minutes(30 + 15 * (draw(further, 2) % 5))) AS EndDateTime,
    CASE WHEN draw(further, 4) % 2 = 0 THEN pick(getvariable('remarks'), further, 3) END AS Description,
    'Meeting' AS Type, sfid('001', a) AS AccountId, FALSE AS IsPrivate, 'Busy' AS ShowAs, FALSE AS IsChild,
    FALSE AS IsGroupEvent, FALSE AS IsArchived, FALSE AS IsReminderSet, FALSE AS IsRecurrence, 'Event' AS EventSubtype,
    FALSE AS IsDeleted, sfid('005', owner) AS OwnerId, sfid('005', owner) AS CreatedById,
    sfid('005', owner) AS LastModifiedById, salesforce_stamp(moment) AS CreatedDate,
    salesforce_stamp(moment) AS LastModifiedDate, salesforce_stamp(moment) AS SystemModstamp
FROM deed
WHERE kind = 'event'
ORDER BY k;

CREATE TABLE made.salesforce.EmailMessage AS
SELECT
    k AS seq, sfid('02s', k) AS Id, sfid('001', a) AS RelatedToId,
    concat(CASE WHEN incoming THEN 'Re: ' ELSE '' END, pick(getvariable('topics'), further, 1)) AS Subject,
    pick(getvariable('remarks'), further, 2) AS TextBody,
    CASE WHEN incoming THEN concat(deed.first_name, ' ', deed.last_name)
        ELSE concat(colleague.first_name, ' ', colleague.last_name) END AS FromName,
    CASE WHEN incoming THEN deed.email ELSE colleague.email END AS FromAddress,
    CASE WHEN incoming THEN colleague.email ELSE deed.email END AS ToAddress, incoming AS Incoming,
    FALSE AS HasAttachment, CASE WHEN incoming THEN '1' ELSE '3' END AS Status, salesforce_stamp(moment) AS MessageDate,
    FALSE AS IsBounced, FALSE AS IsClientManaged, FALSE AS IsDeleted, sfid('005', deed.owner) AS CreatedById,
    sfid('005', deed.owner) AS LastModifiedById, salesforce_stamp(moment) AS CreatedDate,
    salesforce_stamp(moment) AS LastModifiedDate, salesforce_stamp(moment) AS SystemModstamp
FROM (SELECT *, draw(further, 0) % 5 < 2 AS incoming FROM deed WHERE kind = 'email') AS deed
JOIN colleague ON colleague.n = deed.owner
ORDER BY k;

-- Both ends of every e-mail.
CREATE TABLE made.salesforce.EmailMessageRelation AS
SELECT
    2 * k - 1 + side AS seq, sfid('0CZ', 2 * k - 1 + side) AS Id, sfid('02s', k) AS EmailMessageId,
    CASE WHEN ours THEN sfid('005', deed.owner) ELSE sfid('003', p) END AS RelationId,
    CASE side WHEN 0 THEN 'FromAddress' ELSE 'ToAddress' END AS RelationType,
    CASE WHEN ours THEN colleague.email ELSE deed.email END AS RelationAddress,
    CASE WHEN ours THEN 'User' ELSE 'Contact' END AS RelationObjectType, FALSE AS IsDeleted,
    sfid('005', deed.owner) AS CreatedById, sfid('005', deed.owner) AS LastModifiedById,
    salesforce_stamp(moment) AS CreatedDate, salesforce_stamp(moment) AS LastModifiedDate, salesforce_stamp(moment) AS SystemModstamp
FROM (
    SELECT *, (draw(further, 0) % 5 < 2) = (side = 1) AS ours
    FROM deed
    CROSS JOIN (SELECT 0 AS side UNION ALL SELECT 1 AS side) AS sides
    WHERE kind = 'email'
) AS deed
JOIN colleague ON colleague.n = deed.owner
ORDER BY 2 * k - 1 + side;

DROP TABLE deed;

DROP TABLE deal;

DROP TABLE staff;
