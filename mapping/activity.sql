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
-- records. A missed review stays, not held: it was an invitation. Each act gets a number and its words become numbers
-- and flags (inward: the contact to us, outward: we to the contact, both of a meeting, none unknown): below, texts of
-- twenty million rows cost more than all the sums over them.
CREATE OR REPLACE TEMP TABLE act AS
SELECT
    CAST(ROW_NUMBER() OVER () AS INT) AS number,
    activity.source,
    activity.id,
    CAST(rule_source.place AS SMALLINT) AS place,
    CAST(rule_kind.number AS SMALLINT) AS kind,
    activity.happened_at,
    rule_kind.mutual OR rule_kind.kind = 'case'
        OR COALESCE(activity.direction IN ('in', 'both'), FALSE)
        OR (rule_kind.kind = 'call' AND COALESCE(activity.outcome IN ('connected', 'held'), FALSE)) AS inward,
    rule_kind.mutual
        OR (rule_kind.kind <> 'case' AND COALESCE(activity.direction IN ('out', 'both'), FALSE))
        OR (rule_kind.kind = 'call' AND COALESCE(activity.outcome IN ('connected', 'held'), FALSE)) AS outward,
    activity.direction = 'in' AS begun_inward,
    COALESCE(activity.organizer = 'contact', FALSE) AS organised,
    COALESCE(mark.bulk, FALSE) OR rule_bulk_type.type IS NOT NULL AS one_to_many,
    activity.outcome IS NULL OR activity.outcome <> 'no-show' AS held
FROM activity
CROSS JOIN run
LEFT JOIN activity_mark AS mark ON mark.source = activity.source AND mark.id = activity.id
LEFT JOIN rule_bulk_type ON rule_bulk_type.type = LOWER(activity.type)
LEFT JOIN rule_source ON rule_source.source = activity.source
JOIN rule_kind ON rule_kind.kind = CASE WHEN mark.review THEN 'review' ELSE activity.kind END
WHERE NOT COALESCE(mark.twin, FALSE)
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

-- Every membership as a number, to which the acts of a person in an account are tied.
CREATE OR REPLACE TEMP TABLE pair AS
SELECT
    account_key,
    person_id,
    CAST(ROW_NUMBER() OVER (ORDER BY account_key, person_id) AS INT) AS pair
FROM member;

-- Every person as a number. Whoever belongs to one account has the number of that membership, which spares the acts of
-- most people a join; those of several accounts and of none are numbered from a thousand million on.
CREATE OR REPLACE TEMP TABLE person_number AS
SELECT
    people.person_id,
    CAST(CASE
        WHEN belongs.pairs = 1 THEN belongs.pair
        ELSE 1000000000 + ROW_NUMBER() OVER (ORDER BY people.person_id)
    END AS INT) AS who
FROM (SELECT DISTINCT person_id FROM person) AS people
LEFT JOIN (
    SELECT person_id, MIN(pair) AS pair, COUNT(*) AS pairs FROM pair GROUP BY person_id
) AS belongs ON belongs.person_id = people.person_id;

-- Contact records as people; whoever has an address of ours is a colleague, numbered below zero.
CREATE OR REPLACE TEMP TABLE known_contact AS
SELECT
    contact_address.source,
    contact_address.id AS contact_id,
    contact_address.email,
    CAST(COALESCE(person_number.who, -1000000000 - ROW_NUMBER() OVER ()) AS INT) AS who,
    person_number.who IS NULL AS ours
FROM contact_address
LEFT JOIN person ON person.source = contact_address.source AND person.contact_id = contact_address.id
LEFT JOIN person_number ON person_number.person_id = person.person_id;

-- Every address that took part, once: the one person it belongs to, else a number below zero of its own; an address
-- of two people speaks for neither.
CREATE OR REPLACE TEMP TABLE known_address AS
SELECT
    address.email,
    CAST(COALESCE(owner.who, -ROW_NUMBER() OVER ()) AS INT) AS who,
    own_domain.domain IS NOT NULL OR colleague.email IS NOT NULL AS ours
FROM (
    SELECT email, CASE WHEN email LIKE '%+%@%' THEN REGEXP_REPLACE(email, '[+][^@]*@', '@') ELSE email END AS plain
    FROM (SELECT DISTINCT email FROM participant WHERE email IS NOT NULL) AS named
) AS address
LEFT JOIN (
    SELECT email, MIN(who) AS who
    FROM known_contact
    WHERE NOT ours
    GROUP BY email
    HAVING MIN(who) = MAX(who)
) AS owner ON owner.email = address.plain
LEFT JOIN own_domain ON own_domain.domain = SPLIT_PART(address.email, '@', 2)
LEFT JOIN (SELECT DISTINCT email FROM user_account) AS colleague ON colleague.email = address.email;

-- Who was there, as often as the records name them, by a CRM link or an address; zero is somebody unknown. The records
-- that tell of an act are its own and its twins, whose people were there too. The one join of the acts by their texts.
CREATE OR REPLACE TEMP TABLE named AS
SELECT
    act_record.number,
    COALESCE(known_contact.who, known_address.who, 0) AS who,
    COALESCE(participant.part = 'from', FALSE) AS sent,
    COALESCE(known_contact.ours, FALSE) OR COALESCE(known_address.ours, FALSE) AS ours
FROM participant
JOIN (
    SELECT source, id, number FROM act
    UNION ALL
    SELECT twin.source, twin.id, act.number
    FROM twin
    JOIN act ON act.source = twin.source AND act.id = twin.twin_id
) AS act_record ON act_record.source = participant.source AND act_record.id = participant.activity_id
LEFT JOIN known_contact
    ON known_contact.source = participant.source AND known_contact.contact_id = participant.contact_id
LEFT JOIN known_address ON known_address.email = participant.email;

-- How many took part in each act with people we know, who sent it, and the person where it was only one. `doubtful`
-- are acts that may name somebody twice; of up to three, the smallest, the largest and the sum of the numbers tell.
CREATE OR REPLACE TEMP TABLE named_crowd AS
SELECT
    number,
    CAST(COUNT(*) AS INT) AS everybody,
    CAST(COUNT(CASE WHEN sent THEN 1 END) AS INT) AS senders,
    CAST(COUNT(CASE WHEN ours THEN 1 END) AS INT) AS ours,
    CAST(COUNT(CASE WHEN sent AND ours THEN 1 END) AS INT) AS our_senders,
    CAST(COUNT(CASE WHEN who > 0 THEN 1 END) AS INT) AS people,
    CAST(COUNT(CASE WHEN sent AND who > 0 THEN 1 END) AS INT) AS person_senders,
    MAX(who) AS who,
    CASE COUNT(*)
        WHEN 1 THEN FALSE
        WHEN 2 THEN MIN(who) = MAX(who)
        WHEN 3 THEN SUM(who * 1e0) - MIN(who) - MAX(who) IN (MIN(who), MAX(who))
        ELSE TRUE
    END AS doubtful
FROM named
GROUP BY number
HAVING MAX(who) > 0;

-- The people of those doubtful acts, each once. Only they are grouped by person: of all acts that took a second longer
-- for every two million.
CREATE OR REPLACE TEMP TABLE named_once AS
SELECT named.number, named.who, MAX(named.sent) AS sent, MAX(named.ours) AS ours
FROM named
JOIN named_crowd ON named_crowd.number = named.number AND named_crowd.doubtful
GROUP BY named.number, named.who;

-- The same figures for every act, now that nobody counts twice.
CREATE OR REPLACE TEMP TABLE crowd AS
SELECT number, everybody, senders, ours, our_senders, people, person_senders, who, doubtful
FROM named_crowd
WHERE NOT doubtful
UNION ALL
SELECT
    number,
    CAST(COUNT(*) AS INT) AS everybody,
    CAST(COUNT(CASE WHEN sent THEN 1 END) AS INT) AS senders,
    CAST(COUNT(CASE WHEN ours THEN 1 END) AS INT) AS ours,
    CAST(COUNT(CASE WHEN sent AND ours THEN 1 END) AS INT) AS our_senders,
    CAST(COUNT(CASE WHEN who > 0 THEN 1 END) AS INT) AS people,
    CAST(COUNT(CASE WHEN sent AND who > 0 THEN 1 END) AS INT) AS person_senders,
    MAX(who) AS who,
    TRUE AS doubtful
FROM named_once
GROUP BY number;

-- Every form an act can have for a person, as one number: its kind and what can be said of it with yes or no. Acts carry
-- the number; whoever needs the words joins this small table.
CREATE OR REPLACE TEMP TABLE act_form AS
SELECT
    CAST(rule_kind.number * 64 + inward.bit * 32 + outward.bit * 16 + started.bit * 8 + many.bit * 4 + alone.bit * 2
        + held.bit AS SMALLINT) AS form,
    rule_kind.number AS kind_number,
    rule_kind.kind,
    rule_kind.written,
    rule_kind.mutual,
    inward.bit = 1 AS inward,
    outward.bit = 1 AS outward,
    started.bit = 1 AS started_by_contact,
    many.bit = 1 AS one_to_many,
    alone.bit = 1 AS one_to_one,
    held.bit = 1 AS held
FROM rule_kind
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS inward
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS outward
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS started
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS many
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS alone
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS held;

-- Acts and the people they were with: of an inbound mail only its sender, of an outbound one only who received it. An act
-- with one person needs no second look at who was there.
CREATE OR REPLACE TEMP TABLE act_person AS
SELECT
    number,
    who,
    place,
    happened_at,
    CASE WHEN written THEN GREATEST(1, everybody - senders) ELSE GREATEST(1, everybody - 1) END AS others,
    CAST(kind * 64
        + CASE WHEN inward THEN 32 ELSE 0 END
        + CASE WHEN outward THEN 16 ELSE 0 END
        + CASE
            WHEN called THEN CASE WHEN COALESCE(begun_inward, crowd_inward) THEN 8 ELSE 0 END
            WHEN organised AND (sent OR person_senders = 0) THEN 8
            ELSE 0
        END
        + CASE
            WHEN one_to_many THEN 4
            WHEN mailed AND outward AND NOT inward
                AND everybody - senders - ours + our_senders > rule_depth.bulk_recipients THEN 4
            ELSE 0
        END
        + CASE WHEN meeting AND everybody - ours = 1 AND everybody <= 2 THEN 2 ELSE 0 END
        + CASE WHEN held THEN 1 ELSE 0 END AS SMALLINT) AS form
FROM (
    SELECT
        present.*,
        act.place, act.kind, act.happened_at, act.begun_inward, act.one_to_many, act.held,
        rule_kind.written,
        rule_kind.kind = 'email' AS mailed,
        rule_kind.kind = 'call' AS called,
        rule_kind.kind = 'meeting' AS meeting,
        rule_kind.mutual AND act.organised AS organised,
        act.inward OR (NOT act.outward AND present.crowd_inward) AS inward,
        act.outward OR (NOT act.inward AND present.our_senders > 0) AS outward
    FROM (
        SELECT
            number, who, person_senders = 1 AS sent, everybody, senders, ours, our_senders, person_senders,
            senders > 0 AND our_senders = 0 AS crowd_inward
        FROM crowd
        WHERE people = 1
        UNION ALL
        SELECT
            crowd.number, person.who, person.sent,
            crowd.everybody, crowd.senders, crowd.ours, crowd.our_senders, crowd.person_senders,
            crowd.senders > 0 AND crowd.our_senders = 0 AS crowd_inward
        FROM crowd
        JOIN (
            SELECT number, who, sent, FALSE AS doubtful FROM named WHERE who > 0
            UNION ALL
            SELECT number, who, sent, TRUE AS doubtful FROM named_once WHERE who > 0
        ) AS person ON person.number = crowd.number AND person.doubtful = crowd.doubtful
        WHERE crowd.people > 1
    ) AS present
    JOIN act ON act.number = present.number
    JOIN rule_kind ON rule_kind.number = act.kind
) AS seen
CROSS JOIN rule_depth
WHERE CASE
    WHEN inward = outward THEN TRUE
    WHEN inward THEN sent OR person_senders = 0
    ELSE called OR NOT sent
END;

-- People whose acts more than one CRM holds: only they can have an act twice.
CREATE OR REPLACE TEMP TABLE two_homed AS
SELECT who
FROM act_person
GROUP BY who
HAVING MIN(place) < MAX(place);

-- The second record of an act that two CRMs hold: the same person, kind and direction within five minutes.
CREATE OR REPLACE TEMP TABLE second_record AS
SELECT near.number, near.who
FROM (
    SELECT
        act_person.number,
        act_person.who,
        act_person.place,
        MIN(act_person.place) OVER (
            PARTITION BY act_person.who, act_form.kind, act_form.inward, act_form.outward
            ORDER BY act_person.happened_at
            RANGE BETWEEN 300 PRECEDING AND 300 FOLLOWING
        ) AS first_place
    FROM act_person
    JOIN two_homed ON two_homed.who = act_person.who
    JOIN act_form ON act_form.form = act_person.form
    WHERE act_person.place IS NOT NULL
) AS near
WHERE near.place > near.first_place;

-- For the acts of people of several accounts: the membership in the account that the record names.
CREATE OR REPLACE TEMP TABLE named_pair AS
SELECT act_person.number, act_person.who, pair.pair
FROM act_person
JOIN person_number ON person_number.who = act_person.who
JOIN act ON act.number = act_person.number
JOIN activity ON activity.source = act.source AND activity.id = act.id
JOIN company ON company.source = activity.source AND company.account_id = activity.account_id
JOIN pair ON pair.account_key = company.account_key AND pair.person_id = person_number.person_id
WHERE act_person.who > 1000000000;

-- The memberships of people of several accounts.
CREATE OR REPLACE TEMP TABLE further_pair AS
SELECT person_number.who, pair.pair
FROM person_number
JOIN pair ON pair.person_id = person_number.person_id
WHERE person_number.who > 1000000000;

-- Acts in the accounts they count for: the one account of a person; of several the one that the record names when the
-- person belongs to it, else all of them.
CREATE OR REPLACE TEMP TABLE pair_act AS
SELECT
    COALESCE(further_pair.pair, act_person.who) AS pair,
    act_person.number,
    act_person.happened_at,
    act_person.others,
    act_person.form
FROM act_person
LEFT JOIN second_record ON second_record.number = act_person.number AND second_record.who = act_person.who
LEFT JOIN further_pair ON further_pair.who = act_person.who
LEFT JOIN named_pair ON named_pair.number = act_person.number AND named_pair.who = act_person.who
WHERE second_record.number IS NULL
    AND (further_pair.pair IS NOT NULL OR act_person.who < 1000000000)
    AND (named_pair.pair IS NULL OR named_pair.pair = further_pair.pair);

-- One row an act and person: what depth and tie strength are made of. A view, because the steps work on the numbered
-- acts: writing two million touches with their texts cost more than a tenth of the whole computation.
CREATE OR REPLACE TEMP VIEW touch AS
SELECT
    act.source || '/activity/' || act.id AS record,
    pair.account_key,
    pair.person_id,
    act_form.kind,
    pair_act.happened_at,
    CASE
        WHEN act_form.inward AND act_form.outward THEN 'both'
        WHEN act_form.inward THEN 'in'
        WHEN act_form.outward THEN 'out'
    END AS direction,
    CAST(pair_act.others AS BIGINT) AS others,
    activity.source || ':' || activity.owner_id AS colleague,
    act_form.started_by_contact,
    act_form.one_to_many
FROM pair_act
JOIN act_form ON act_form.form = pair_act.form
JOIN act ON act.number = pair_act.number
JOIN activity ON activity.source = act.source AND activity.id = act.id
JOIN pair ON pair.pair = pair_act.pair
WHERE act_form.held;

-- What the later steps do not need gives its room back.
DROP TABLE named;

-- The same for the people of doubtful acts.
DROP TABLE named_once;

-- The same for the crowds as the records name them.
DROP TABLE named_crowd;

-- The same for the crowds.
DROP TABLE crowd;

-- The same for the people of the acts.
DROP TABLE act_person;
