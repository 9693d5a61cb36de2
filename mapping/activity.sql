-- Which subjects begin with words that mean something: a cancelled meeting, an automatic reply, bulk mail. An automatic
-- reply may say more, so its subject and its time come along.
CREATE OR REPLACE TEMP TABLE subject_mark AS
SELECT
    activity.source,
    activity.id,
    rule_subject.meaning,
    CASE WHEN rule_subject.meaning = 'automatic' THEN activity.subject END AS reply,
    activity.happened_at
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

-- What meetings are called that match the review rule by type or subject, compared word by word. Most meetings are called
-- like others: each name is looked at once.
CREATE OR REPLACE TEMP TABLE review_name AS
SELECT DISTINCT meeting.name
FROM (
    SELECT name, ' ' || REGEXP_REPLACE(LOWER(name), '[^a-z0-9]+', ' ', 'g') || ' ' AS words
    FROM (
        SELECT DISTINCT COALESCE(type, '') || ' ' || COALESCE(subject, '') AS name FROM activity WHERE kind = 'meeting'
    ) AS named_meeting
) AS meeting
JOIN rule_review ON meeting.words LIKE '%' || rule_review.pattern || '%';

-- The meetings of these names.
CREATE OR REPLACE TEMP TABLE review_meeting AS
SELECT activity.source, activity.id
FROM activity
JOIN review_name ON review_name.name = COALESCE(activity.type, '') || ' ' || COALESCE(activity.subject, '')
WHERE activity.kind = 'meeting';

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

-- Six answers of yes or no as one number. Below, acts carry numbers: a text of twenty million rows costs more than all
-- the sums over them, and each of six flags would be a column more in every join and sort.
CREATE OR REPLACE TEMP TABLE answers AS
SELECT
    a.bit * 32 + b.bit * 16 + c.bit * 8 + d.bit * 4 + e.bit * 2 + f.bit AS number,
    a.bit = 1 AS first,
    b.bit = 1 AS second,
    c.bit = 1 AS third,
    d.bit = 1 AS fourth,
    e.bit = 1 AS fifth,
    f.bit = 1 AS sixth
FROM (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS a
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS b
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS c
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS d
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS e
CROSS JOIN (SELECT 0 AS bit UNION ALL SELECT 1 AS bit) AS f;

-- Every form that an act can have in its record, with the place of its connection (0: not in home order) and its kind.
-- `inward`: the contact turned to us, `outward`: we to the contact, both when both were there, none where nobody says;
-- `opened`: the contact called or invited, `unsaid`: a call of which nobody says who did.
CREATE OR REPLACE TEMP TABLE record_form AS
SELECT
    CAST((home.place * 8 + rule_kind.number) * 64 + answers.number AS INT) AS form,
    (home.place * 8 + rule_kind.number) * 64 AS kind_form,
    rule_kind.kind,
    rule_kind.written,
    rule_kind.mutual,
    answers.first AS inward,
    answers.second AS outward,
    answers.third AS opened,
    answers.fourth AS unsaid,
    answers.fifth AS one_to_many,
    answers.sixth AS held
FROM (SELECT 0 AS place UNION ALL SELECT place + 1 AS place FROM rule_source) AS home
CROSS JOIN rule_kind
CROSS JOIN answers;

-- Every form that an act can have for one person.
CREATE OR REPLACE TEMP TABLE act_form AS
SELECT
    CAST((home.place * 8 + rule_kind.number) * 64 + answers.number AS INT) AS form,
    home.place,
    rule_kind.kind,
    rule_kind.written,
    rule_kind.mutual,
    answers.first AS inward,
    answers.second AS outward,
    answers.third AS started_by_contact,
    answers.fourth AS one_to_one,
    answers.fifth AS one_to_many,
    answers.sixth AS held
FROM (SELECT 0 AS place UNION ALL SELECT place + 1 AS place FROM rule_source) AS home
CROSS JOIN rule_kind
CROSS JOIN answers;

-- Each user of a CRM with a number: whose act it was is asked of millions of acts.
CREATE OR REPLACE TEMP TABLE user_number AS
SELECT source, id, CAST(ROW_NUMBER() OVER (ORDER BY source, id) AS INT) AS owner
FROM (SELECT DISTINCT source, id FROM user_account) AS colleague;

-- What happened before as_of between us and anybody, without twins, automatic replies, cancelled, planned and bounced
-- records. A missed review stays, not held: it was an invitation. `told` is when it was, times 65536, plus its form: acts
-- are grouped by what they carry, and one column more costs a tenth of that.
CREATE OR REPLACE TEMP TABLE kept_activity AS
SELECT
    activity.source,
    activity.id,
    user_number.owner,
    activity.happened_at * 65536 + ((COALESCE(rule_source.place, -1) + 1) * 8 + rule_kind.number) * 64
        + CASE
            WHEN rule_kind.mutual THEN 48
            WHEN rule_kind.kind = 'case' THEN 32
            WHEN rule_kind.kind = 'call' AND activity.outcome IN ('connected', 'held') THEN 48
            WHEN activity.direction = 'in' THEN 32
            WHEN activity.direction = 'out' THEN 16
            ELSE 0
        END
        + CASE
            WHEN rule_kind.mutual THEN CASE WHEN activity.organizer = 'contact' THEN 8 ELSE 0 END
            WHEN rule_kind.kind <> 'call' THEN 0
            WHEN activity.direction = 'in' THEN 8
            WHEN activity.direction IS NULL THEN 4
            ELSE 0
        END
        + CASE WHEN mark.bulk OR rule_bulk_type.type IS NOT NULL THEN 2 ELSE 0 END
        + CASE WHEN activity.outcome = 'no-show' THEN 0 ELSE 1 END AS told
FROM activity
CROSS JOIN run
LEFT JOIN activity_mark AS mark ON mark.source = activity.source AND mark.id = activity.id
LEFT JOIN rule_bulk_type ON rule_bulk_type.type = LOWER(activity.type)
LEFT JOIN rule_source ON rule_source.source = activity.source
LEFT JOIN user_number ON user_number.source = activity.source AND user_number.id = activity.owner_id
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

-- Each act with a number, by which it is known from here on: its place in that table, which never changes. A view,
-- because numbering rows is work for one thread, and writing them again with their texts was half as dear as choosing
-- them.
CREATE OR REPLACE TEMP VIEW act AS
SELECT CAST(rowid AS INT) AS number, source, id, owner, told
FROM kept_activity;

-- Every membership as a number, to which the acts of a person in an account are tied: its place in that table. Rows
-- are numbered by one thread, so as few as possible are, here and below.
CREATE OR REPLACE TEMP TABLE pair AS
SELECT account_key, person_id, CAST(rowid + 1 AS INT) AS pair
FROM member;

-- In how many accounts each member is.
CREATE OR REPLACE TEMP TABLE belongs AS
SELECT person_id, MIN(pair) AS pair, COUNT(*) AS pairs FROM pair GROUP BY person_id;

-- Every person as a number. Whoever belongs to one account has the number of that membership, which spares the acts of
-- most people a join; those of several accounts and of none are numbered from a thousand million on.
CREATE OR REPLACE TEMP TABLE person_number AS
SELECT person_id, pair AS who
FROM belongs
WHERE pairs = 1
UNION ALL
SELECT people.person_id, CAST(1000000000 + ROW_NUMBER() OVER () AS INT) AS who
FROM (
    SELECT DISTINCT person.person_id
    FROM person
    LEFT JOIN belongs ON belongs.person_id = person.person_id AND belongs.pairs = 1
    WHERE belongs.person_id IS NULL
) AS people;

-- Contact records as people; whoever has an address of ours is a colleague, numbered below zero.
CREATE OR REPLACE TEMP TABLE known_contact AS
SELECT
    contact_address.source,
    contact_address.id AS contact_id,
    contact_address.email,
    CAST(COALESCE(person_number.who, -1000000000 - contact_address.rowid) AS INT) AS who,
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
-- that tell of an act are its own and its twins, whose people were there too. The one join of the acts by their texts;
-- what else is to be known of the act comes along, which spares a second join. Records are found by their id and the few
-- of one id told apart by their source: hashing both texts of forty million rows took a third more time for that join.
CREATE OR REPLACE TEMP TABLE named AS
SELECT
    act_record.number,
    act_record.told,
    COALESCE(known_contact.who, known_address.who, 0) AS who,
    COALESCE(participant.part = 'from', FALSE) AS sent,
    COALESCE(known_contact.ours, FALSE) OR COALESCE(known_address.ours, FALSE) AS ours
FROM participant
JOIN (
    SELECT source, id, number, told FROM act
    UNION ALL
    SELECT twin.source, twin.id, act.number, act.told
    FROM twin
    JOIN act ON act.source = twin.source AND act.id = twin.twin_id
) AS act_record
    ON act_record.id = participant.activity_id
    AND act_record.source >= participant.source
    AND act_record.source <= participant.source
LEFT JOIN known_contact
    ON known_contact.source = participant.source AND known_contact.contact_id = participant.contact_id
LEFT JOIN known_address ON known_address.email = participant.email;

-- Up to three people counted as one number: each figure a digit to the base of four.
CREATE OR REPLACE TEMP TABLE tally AS
SELECT
    CAST(e.digit * 1024 + p.digit * 256 + q.digit * 64 + o.digit * 16 + m.digit * 4 + n.digit AS INT) AS digits,
    e.digit AS everybody,
    p.digit AS people,
    q.digit AS person_senders,
    o.digit AS ours,
    m.digit AS our_senders,
    n.digit AS senders
FROM (SELECT 0 AS digit UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS e
CROSS JOIN (SELECT 0 AS digit UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS p
CROSS JOIN (SELECT 0 AS digit UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS q
CROSS JOIN (SELECT 0 AS digit UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS o
CROSS JOIN (SELECT 0 AS digit UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS m
CROSS JOIN (SELECT 0 AS digit UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS n;

-- The acts with people we know, each with the tally of all that were there, and the person where it was only one.
-- `doubtful` are acts that name more than three, or may name somebody twice, which the smallest, the largest and the sum
-- of their numbers tell; their tally says nothing. The sum of the numbers, times 4096, and the digits are one figure:
-- that of three people is exact, and three sums take two thirds of the time of six.
CREATE OR REPLACE TEMP TABLE crowd AS
SELECT
    number,
    told,
    largest AS who,
    CASE WHEN people <= 3 THEN CAST(people * 1024 + figure - 4096e0 * total AS INT) END AS digits,
    CASE people
        WHEN 1 THEN FALSE
        WHEN 2 THEN smallest = largest
        WHEN 3 THEN total - smallest - largest IN (smallest, largest)
        ELSE TRUE
    END AS doubtful
FROM (
    SELECT *, FLOOR(figure / 4096e0) AS total
    FROM (
        SELECT
            number,
            told,
            COUNT(*) AS people,
            MIN(who) AS smallest,
            MAX(who) AS largest,
            SUM(who * 4096e0
                + CASE WHEN who > 0 THEN 256 ELSE 0 END
                + CASE WHEN who > 0 AND sent THEN 64 ELSE 0 END
                + CASE WHEN ours THEN 16 ELSE 0 END
                + CASE WHEN ours AND sent THEN 4 ELSE 0 END
                + CASE WHEN sent THEN 1 ELSE 0 END) AS figure
        FROM named
        GROUP BY number, told
        HAVING MAX(who) > 0
    ) AS counted
) AS told_apart;

-- The people of the doubtful acts, each once. Only they are grouped by person, which is the dearest grouping of all.
CREATE OR REPLACE TEMP TABLE named_once AS
SELECT
    named.number,
    named.who,
    named.told,
    MAX(named.sent) AS sent,
    MAX(named.ours) AS ours
FROM named
JOIN crowd ON crowd.number = named.number AND crowd.doubtful
GROUP BY named.number, named.who, named.told;

-- The tally of the doubtful acts, now that nobody counts twice.
CREATE OR REPLACE TEMP TABLE crowd_once AS
SELECT
    number,
    CAST(COUNT(*) AS INT) AS everybody,
    CAST(COUNT(CASE WHEN who > 0 AND sent THEN 1 END) AS INT) AS person_senders,
    CAST(COUNT(CASE WHEN ours THEN 1 END) AS INT) AS ours,
    CAST(COUNT(CASE WHEN ours AND sent THEN 1 END) AS INT) AS our_senders,
    CAST(COUNT(CASE WHEN sent THEN 1 END) AS INT) AS senders
FROM named_once
GROUP BY number;

-- Acts and the people they were with: of an inbound mail only its sender, of an outbound one only who received it. An
-- act with one person needs no second look at who was there.
CREATE OR REPLACE TEMP TABLE act_person AS
SELECT
    number,
    who,
    happened_at,
    CASE WHEN written THEN GREATEST(1, everybody - senders) ELSE GREATEST(1, everybody - 1) END AS others,
    CAST(kind_form
        + CASE WHEN inward THEN 32 ELSE 0 END
        + CASE WHEN outward THEN 16 ELSE 0 END
        + CASE
            WHEN mutual THEN CASE WHEN opened AND (sent OR person_senders = 0) THEN 8 ELSE 0 END
            WHEN opened OR (unsaid AND heard) THEN 8
            ELSE 0
        END
        + CASE WHEN kind = 'meeting' AND everybody - ours = 1 AND everybody <= 2 THEN 4 ELSE 0 END
        + CASE
            WHEN one_to_many THEN 2
            WHEN kind = 'email' AND outward AND NOT inward
                AND everybody - senders - ours + our_senders > rule_depth.bulk_recipients THEN 2
            ELSE 0
        END
        + CASE WHEN held THEN 1 ELSE 0 END AS INT) AS form
FROM (
    SELECT
        present.number, present.who, present.happened_at, present.sent, present.everybody, present.person_senders,
        present.ours, present.our_senders, present.senders, present.heard,
        record_form.kind_form, record_form.kind, record_form.written, record_form.mutual, record_form.opened,
        record_form.unsaid, record_form.one_to_many, record_form.held,
        record_form.inward OR (NOT record_form.outward AND present.heard) AS inward,
        record_form.outward OR (NOT record_form.inward AND present.our_senders > 0) AS outward
    FROM (
        SELECT
            *,
            CAST(FLOOR(told / 65536e0) AS BIGINT) AS happened_at,
            CAST(told - 65536e0 * FLOOR(told / 65536e0) AS INT) AS form,
            senders > 0 AND our_senders = 0 AS heard
        FROM (
            SELECT
                crowd.number, crowd.who, crowd.told, tally.person_senders = 1 AS sent,
                tally.everybody, tally.person_senders, tally.ours, tally.our_senders, tally.senders
            FROM crowd
            JOIN tally ON tally.digits = crowd.digits
            WHERE NOT crowd.doubtful
                AND tally.people = 1
            UNION ALL
            SELECT
                named.number, named.who, named.told, named.sent,
                tally.everybody, tally.person_senders, tally.ours, tally.our_senders, tally.senders
            FROM named
            JOIN crowd ON crowd.number = named.number AND NOT crowd.doubtful
            JOIN tally ON tally.digits = crowd.digits
            WHERE named.who > 0
                AND tally.people > 1
            UNION ALL
            SELECT
                named_once.number, named_once.who, named_once.told, named_once.sent,
                crowd_once.everybody, crowd_once.person_senders, crowd_once.ours, crowd_once.our_senders,
                crowd_once.senders
            FROM named_once
            JOIN crowd_once ON crowd_once.number = named_once.number
            WHERE named_once.who > 0
        ) AS counted
    ) AS present
    JOIN record_form ON record_form.form = present.form
) AS seen
CROSS JOIN rule_depth
WHERE CASE
    WHEN inward = outward THEN TRUE
    WHEN inward THEN sent OR person_senders = 0
    ELSE kind = 'call' OR NOT sent
END;

-- People whose acts more than one CRM holds: only they can have an act twice.
CREATE OR REPLACE TEMP TABLE two_homed AS
SELECT act_person.who
FROM act_person
JOIN act_form ON act_form.form = act_person.form
WHERE act_form.place > 0
GROUP BY act_person.who
HAVING MIN(act_form.place) < MAX(act_form.place);

-- The second record of an act that two CRMs hold: the same person, kind and direction within five minutes.
CREATE OR REPLACE TEMP TABLE second_record AS
SELECT near.number, near.who
FROM (
    SELECT
        act_person.number,
        act_person.who,
        act_form.place,
        MIN(act_form.place) OVER (
            PARTITION BY act_person.who, act_form.kind, act_form.inward, act_form.outward
            ORDER BY act_person.happened_at
            RANGE BETWEEN 300 PRECEDING AND 300 FOLLOWING
        ) AS first_place
    FROM act_person
    JOIN two_homed ON two_homed.who = act_person.who
    JOIN act_form ON act_form.form = act_person.form
    WHERE act_form.place > 0
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
-- person belongs to it, else all of them. Their form is that of the first place: which connection an act came from is
-- asked no more.
CREATE OR REPLACE TEMP TABLE pair_act AS
SELECT
    COALESCE(further_pair.pair, act_person.who) AS pair,
    act_person.number,
    act_person.happened_at,
    act_person.others,
    act_person.form % 512 AS form
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

-- Automatic replies that say their sender has left: the latest of each person. Only replies already told by their
-- opening words are looked at.
CREATE OR REPLACE TEMP TABLE parting AS
SELECT
    person_number.person_id,
    MAX(subject_mark.happened_at) AS happened_at,
    MAX(subject_mark.source || '/activity/' || subject_mark.id) AS record
FROM subject_mark
JOIN rule_parting ON STRPOS(LOWER(subject_mark.reply), rule_parting.phrase) > 0
JOIN participant
    ON participant.source = subject_mark.source AND participant.activity_id = subject_mark.id
    AND participant.part = 'from'
LEFT JOIN known_contact
    ON known_contact.source = participant.source AND known_contact.contact_id = participant.contact_id
LEFT JOIN known_address ON known_address.email = participant.email
JOIN person_number ON person_number.who = COALESCE(known_contact.who, known_address.who)
CROSS JOIN run
WHERE subject_mark.happened_at <= run.as_of
GROUP BY person_number.person_id;

-- What the later steps do not need gives its room back.
DROP TABLE named;

-- The same for the people of doubtful acts.
DROP TABLE named_once;

-- The same for the crowds.
DROP TABLE crowd;

-- The same for those of doubtful acts.
DROP TABLE crowd_once;

-- The same for the people of the acts.
DROP TABLE act_person;

-- The same for what subjects mean.
DROP TABLE subject_mark;

-- The same for what records say.
DROP TABLE activity_mark;

-- The same for addresses by record.
DROP TABLE contact_address;

-- The same for records by number.
DROP TABLE known_contact;

-- The same for addresses by number.
DROP TABLE known_address;

-- The same for people by number.
DROP TABLE person_number;

-- The same for how many accounts they are in.
DROP TABLE belongs;
