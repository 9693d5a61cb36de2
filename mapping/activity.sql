-- Which subjects begin with words that mean something: a cancelled meeting, an automatic reply, bulk mail.
CREATE OR REPLACE TEMP TABLE subject_mark AS
SELECT DISTINCT activity.source, activity.id, rule_subject.meaning
FROM activity
JOIN rule_subject
    ON LOWER(SUBSTR(activity.subject, 1, 4)) = rule_subject.opening
 AND LOWER(SUBSTR(activity.subject, 1, LENGTH(rule_subject.prefix))) = rule_subject.prefix;

-- Records that log an act which another record of the same source logs too; of a pair that names each other the
-- smaller id stays.
CREATE OR REPLACE TEMP TABLE twin AS
SELECT activity.source, activity.id, activity.twin_id
FROM activity
JOIN activity AS other ON other.source = activity.source AND other.id = activity.twin_id
WHERE activity.twin_id <> activity.id
    AND (other.twin_id IS NULL OR other.twin_id <> activity.id OR activity.id > other.id);

-- Meetings that match the review rule by type or subject, compared word by word.
CREATE OR REPLACE TEMP TABLE review_meeting AS
SELECT DISTINCT meeting.source, meeting.id
FROM (
    SELECT
        source,
        id,
        ' ' || REGEXP_REPLACE(LOWER(COALESCE(type, '') || ' ' || COALESCE(subject, '')), '[^a-z0-9]+', ' ', 'g')
            || ' ' AS words
    FROM activity
    WHERE kind = 'meeting'
) AS meeting
JOIN rule_review ON meeting.words LIKE '%' || rule_review.pattern || '%';

-- What the words and the outcome of a record say about it, one row a record that stands out.
CREATE OR REPLACE TEMP TABLE activity_mark AS
SELECT
    source,
    id,
    MAX(CASE WHEN meaning = 'bulk' THEN 1 ELSE 0 END) = 1 AS bulk,
    MAX(CASE WHEN meaning = 'automatic' THEN 1 ELSE 0 END) = 1 AS automatic,
    MAX(CASE WHEN meaning = 'cancelled' THEN 1 ELSE 0 END) = 1 AS cancelled,
    MAX(CASE WHEN meaning = 'review' THEN 1 ELSE 0 END) = 1 AS review,
    MAX(CASE WHEN meaning = 'twin' THEN 1 ELSE 0 END) = 1 AS twin
FROM (
    SELECT source, id, meaning FROM subject_mark
    UNION ALL
    SELECT source, id, 'review' AS meaning FROM review_meeting
    UNION ALL
    SELECT source, id, 'twin' AS meaning FROM twin
) AS mark
GROUP BY source, id;

-- What happened before as_of between us and anybody, without twins, automatic replies, cancelled, planned and bounced
-- records. A missed review stays, not held: it was an invitation. Each act gets a number, so that the joins below
-- compare numbers.
CREATE OR REPLACE TEMP TABLE act AS
SELECT
    ROW_NUMBER() OVER () AS number,
    activity.source,
    activity.id,
    activity.account_id,
    CASE WHEN mark.review THEN 'review' ELSE activity.kind END AS kind,
    activity.happened_at,
    CASE
        WHEN activity.kind = 'meeting' THEN 'both'
        WHEN activity.kind = 'case' THEN 'in'
        WHEN activity.kind = 'call' AND activity.outcome IN ('connected', 'held') THEN 'both'
        ELSE activity.direction
    END AS direction,
    activity.direction AS begun,
    activity.owner_id,
    COALESCE(activity.organizer = 'contact', FALSE) AS organised,
    COALESCE(mark.bulk, FALSE) OR rule_bulk_type.type IS NOT NULL AS one_to_many,
    activity.outcome IS NULL OR activity.outcome <> 'no-show' AS held
FROM activity
CROSS JOIN run
LEFT JOIN activity_mark AS mark ON mark.source = activity.source AND mark.id = activity.id
LEFT JOIN rule_bulk_type ON rule_bulk_type.type = LOWER(activity.type)
WHERE activity.kind IN ('email', 'call', 'meeting', 'message', 'case')
    AND NOT COALESCE(mark.twin, FALSE)
    AND NOT COALESCE(mark.automatic, FALSE)
    AND activity.happened_at <= run.as_of
    AND CASE
        WHEN activity.kind = 'meeting'
            THEN NOT COALESCE(mark.cancelled, FALSE)
                AND COALESCE(activity.end_at, activity.happened_at) < run.as_of
                AND COALESCE(activity.outcome, 'held') NOT IN ('cancelled', 'rescheduled')
                AND (COALESCE(activity.outcome, 'held') <> 'no-show' OR COALESCE(mark.review, FALSE))
        WHEN activity.kind = 'case' THEN TRUE
        ELSE COALESCE(activity.outcome, 'held') NOT IN ('cancelled', 'rescheduled', 'no-show', 'bounced', 'open')
    END;

-- The records that tell of each act: its own and its twins, whose people were there too.
CREATE OR REPLACE TEMP TABLE act_record AS
SELECT source, id, number
FROM act
UNION ALL
SELECT twin.source, twin.id, act.number
FROM twin
JOIN act ON act.source = twin.source AND act.id = twin.twin_id;

-- Every person as a number.
CREATE OR REPLACE TEMP TABLE person_number AS
SELECT person_id, ROW_NUMBER() OVER (ORDER BY person_id) AS who
FROM (SELECT DISTINCT person_id FROM person) AS people;

-- Every membership as a number, to which the acts of a person in an account are tied.
CREATE OR REPLACE TEMP TABLE pair AS
SELECT
    member.account_key,
    member.person_id,
    person_number.who,
    ROW_NUMBER() OVER (ORDER BY member.account_key, member.person_id) AS pair
FROM member
JOIN person_number ON person_number.person_id = member.person_id;

-- Contact records as people; whoever has an address of ours is a colleague, numbered below zero.
CREATE OR REPLACE TEMP TABLE known_contact AS
SELECT
    contact_address.source,
    contact_address.id AS contact_id,
    contact_address.email,
    COALESCE(person_number.who, -1000000000 - ROW_NUMBER() OVER ()) AS who,
    CASE WHEN person_number.who IS NULL THEN 1 ELSE 0 END AS ours
FROM contact_address
LEFT JOIN person ON person.source = contact_address.source AND person.contact_id = contact_address.id
LEFT JOIN person_number ON person_number.person_id = person.person_id;

-- Every address that took part, once: the one person it belongs to, else a number below zero of its own; an address
-- of two people speaks for neither.
CREATE OR REPLACE TEMP TABLE known_address AS
SELECT
    address.email,
    COALESCE(owner.who, -ROW_NUMBER() OVER ()) AS who,
    CASE WHEN own_domain.domain IS NOT NULL OR colleague.email IS NOT NULL THEN 1 ELSE 0 END AS ours
FROM (
    SELECT email, CASE WHEN email LIKE '%+%@%' THEN REGEXP_REPLACE(email, '[+][^@]*@', '@') ELSE email END AS plain
    FROM (SELECT DISTINCT email FROM participant WHERE email IS NOT NULL) AS named
) AS address
LEFT JOIN (
    SELECT email, MIN(who) AS who
    FROM known_contact
    WHERE ours = 0
    GROUP BY email
    HAVING MIN(who) = MAX(who)
) AS owner ON owner.email = address.plain
LEFT JOIN own_domain ON own_domain.domain = SPLIT_PART(address.email, '@', 2)
LEFT JOIN (SELECT DISTINCT email FROM user_account) AS colleague ON colleague.email = address.email;

-- Who was there: one row an act and somebody, whether a CRM link or an address names them. Zero is somebody unknown.
CREATE OR REPLACE TEMP TABLE presence AS
SELECT number, who, MAX(sent) AS sent, MAX(ours) AS ours
FROM (
    SELECT
        act_record.number,
        COALESCE(known_contact.who, known_address.who, 0) AS who,
        CASE WHEN participant.part = 'from' THEN 1 ELSE 0 END AS sent,
        GREATEST(COALESCE(known_contact.ours, 0), COALESCE(known_address.ours, 0)) AS ours
    FROM participant
    JOIN act_record ON act_record.source = participant.source AND act_record.id = participant.activity_id
    LEFT JOIN known_contact
        ON known_contact.source = participant.source AND known_contact.contact_id = participant.contact_id
    LEFT JOIN known_address ON known_address.email = participant.email
) AS named
GROUP BY number, who;

-- How many took part in each act and who sent it.
CREATE OR REPLACE TEMP TABLE crowd AS
SELECT
    number,
    COUNT(*) AS everybody,
    SUM(1 - sent) AS recipients,
    SUM(1 - ours) AS outsiders,
    SUM((1 - sent) * (1 - ours)) AS reached_outsiders,
    MAX(CASE WHEN sent = 1 AND who > 0 THEN 1 ELSE 0 END) AS person_sent,
    CASE WHEN MAX(sent * ours) = 1 THEN 'out' WHEN MAX(sent) = 1 THEN 'in' END AS direction
FROM presence
GROUP BY number;

-- Acts and the people they were with: of an inbound mail only its sender, of an outbound one only who received it.
CREATE OR REPLACE TEMP TABLE act_person AS
SELECT
    act.number,
    presence.who,
    act.source,
    act.kind,
    act.happened_at,
    COALESCE(act.direction, crowd.direction) AS direction,
    CAST(CASE
        WHEN act.kind IN ('email', 'message') THEN GREATEST(1, crowd.recipients)
        ELSE GREATEST(1, crowd.everybody - 1)
    END AS BIGINT) AS others,
    CASE
        WHEN act.kind = 'call' THEN COALESCE(act.begun, crowd.direction, '') = 'in'
        WHEN act.kind IN ('meeting', 'review') THEN act.organised AND (presence.sent = 1 OR crowd.person_sent = 0)
        ELSE FALSE
    END AS started_by_contact,
    act.one_to_many OR (act.kind = 'email' AND COALESCE(act.direction, crowd.direction, '') = 'out'
        AND crowd.reached_outsiders > rule_depth.bulk_recipients) AS one_to_many,
    act.kind = 'meeting' AND crowd.outsiders = 1 AND crowd.everybody <= 2 AS one_to_one,
    act.held
FROM presence
CROSS JOIN rule_depth
JOIN act ON act.number = presence.number
JOIN crowd ON crowd.number = presence.number
WHERE presence.who > 0
    AND CASE COALESCE(act.direction, crowd.direction)
        WHEN 'in' THEN presence.sent = 1 OR crowd.person_sent = 0
        WHEN 'out' THEN presence.sent = 0 OR act.kind = 'call'
        ELSE TRUE
    END;

-- People whose acts more than one CRM holds: only they can have an act twice.
CREATE OR REPLACE TEMP TABLE two_homed AS
SELECT who
FROM act_person
GROUP BY who
HAVING MIN(source) < MAX(source);

-- The second record of an act that two CRMs hold: the same person, kind and direction within five minutes.
CREATE OR REPLACE TEMP TABLE second_record AS
SELECT near.number, near.who
FROM (
    SELECT
        act_person.number,
        act_person.who,
        rule_source.place,
        MIN(rule_source.place) OVER (
            PARTITION BY act_person.who, act_person.kind, COALESCE(act_person.direction, '')
            ORDER BY act_person.happened_at
            RANGE BETWEEN 300 PRECEDING AND 300 FOLLOWING
        ) AS first_place
    FROM act_person
    JOIN two_homed ON two_homed.who = act_person.who
    JOIN rule_source ON rule_source.source = act_person.source
) AS near
WHERE near.place > near.first_place;

-- The account each act names, where it is a company we know.
CREATE OR REPLACE TEMP TABLE act_company AS
SELECT act.number, company.account_key
FROM act
JOIN company ON company.source = act.source AND company.account_id = act.account_id;

-- Acts in the accounts they count for: the one the record names when the person belongs to it, else every account of
-- the person.
CREATE OR REPLACE TEMP TABLE pair_act AS
SELECT
    pair.pair,
    act_person.number,
    act_person.kind,
    act_person.happened_at,
    act_person.direction,
    act_person.others,
    act_person.started_by_contact,
    act_person.one_to_many,
    act_person.one_to_one,
    act_person.held
FROM act_person
LEFT JOIN second_record ON second_record.number = act_person.number AND second_record.who = act_person.who
LEFT JOIN act_company ON act_company.number = act_person.number
LEFT JOIN pair AS named ON named.who = act_person.who AND named.account_key = act_company.account_key
JOIN pair ON pair.who = act_person.who AND (named.pair IS NULL OR pair.pair = named.pair)
WHERE second_record.number IS NULL;

-- One row an act and person: what depth and tie strength are made of. A view, because the steps work on the numbered
-- acts: writing two million touches with their texts cost more than a tenth of the whole computation.
CREATE OR REPLACE TEMP VIEW touch AS
SELECT
    act.source || '/activity/' || act.id AS record,
    pair.account_key,
    pair.person_id,
    pair_act.kind,
    pair_act.happened_at,
    pair_act.direction,
    pair_act.others,
    act.source || ':' || act.owner_id AS colleague,
    pair_act.started_by_contact,
    pair_act.one_to_many
FROM pair_act
JOIN act ON act.number = pair_act.number
JOIN pair ON pair.pair = pair_act.pair
WHERE pair_act.held;

-- What the later steps do not need gives its room back.
DROP TABLE presence;

-- The same for the people of the acts.
DROP TABLE act_person;

-- The same for the crowds.
DROP TABLE crowd;

-- The same for the names of the acts.
DROP TABLE act_record;

-- The same for the accounts they name.
DROP TABLE act_company;
