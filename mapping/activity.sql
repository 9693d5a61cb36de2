-- Which subjects begin with words that mean something: a cancelled meeting, an automatic reply, bulk mail.
CREATE OR REPLACE TEMP TABLE subject_mark AS
SELECT DISTINCT activity.source, activity.id, rule_subject.meaning
FROM activity
JOIN rule_subject
  ON LOWER(SUBSTR(activity.subject, 1, 4)) = rule_subject.opening
 AND LOWER(SUBSTR(activity.subject, 1, LENGTH(rule_subject.prefix))) = rule_subject.prefix;

-- Records that log an act which another record of the same source logs too; of a pair that names each other the smaller id stays.
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
    ' ' || REGEXP_REPLACE(LOWER(COALESCE(type, '') || ' ' || COALESCE(subject, '')), '[^a-z0-9]+', ' ', 'g') || ' ' AS words
  FROM activity
  WHERE kind = 'meeting'
) AS meeting
JOIN rule_review ON meeting.words LIKE '%' || rule_review.pattern || '%';

-- What happened before as_of between us and anybody, without twins, automatic replies, cancelled, planned and bounced records.
-- A missed review stays, not held: it was an invitation.
CREATE OR REPLACE TEMP TABLE act AS
SELECT
  activity.source,
  activity.id,
  activity.account_id,
  CASE WHEN review_meeting.id IS NOT NULL THEN 'review' ELSE activity.kind END AS kind,
  activity.happened_at,
  CASE
    WHEN activity.kind = 'meeting' THEN 'both'
    WHEN activity.kind = 'case' THEN 'in'
    WHEN activity.kind = 'call' AND activity.outcome IN ('connected', 'held') THEN 'both'
    ELSE activity.direction
  END AS direction,
  activity.direction AS begun,
  activity.owner_id,
  activity.organizer,
  bulk.id IS NOT NULL OR rule_bulk_type.type IS NOT NULL AS one_to_many,
  activity.outcome IS NULL OR activity.outcome <> 'no-show' AS held
FROM activity
CROSS JOIN run
LEFT JOIN twin ON twin.source = activity.source AND twin.id = activity.id
LEFT JOIN review_meeting ON review_meeting.source = activity.source AND review_meeting.id = activity.id
LEFT JOIN subject_mark AS bulk
  ON bulk.source = activity.source AND bulk.id = activity.id AND bulk.meaning = 'bulk'
LEFT JOIN subject_mark AS automatic
  ON automatic.source = activity.source AND automatic.id = activity.id AND automatic.meaning = 'automatic'
LEFT JOIN subject_mark AS cancelled
  ON cancelled.source = activity.source AND cancelled.id = activity.id AND cancelled.meaning = 'cancelled'
LEFT JOIN rule_bulk_type ON rule_bulk_type.type = LOWER(activity.type)
WHERE activity.kind IN ('email', 'call', 'meeting', 'message', 'case')
  AND twin.id IS NULL
  AND automatic.id IS NULL
  AND activity.happened_at <= run.as_of
  AND CASE
    WHEN activity.kind = 'meeting'
      THEN cancelled.id IS NULL
        AND COALESCE(activity.end_at, activity.happened_at) < run.as_of
        AND COALESCE(activity.outcome, 'held') NOT IN ('cancelled', 'rescheduled')
        AND (COALESCE(activity.outcome, 'held') <> 'no-show' OR review_meeting.id IS NOT NULL)
    WHEN activity.kind = 'case' THEN TRUE
    ELSE COALESCE(activity.outcome, 'held') NOT IN ('cancelled', 'rescheduled', 'no-show', 'bounced', 'open')
  END;

-- Contact records as people; whoever has an address of ours is a colleague and no person.
CREATE OR REPLACE TEMP TABLE known_contact AS
SELECT
  contact_address.source,
  contact_address.id AS contact_id,
  contact_address.email,
  person.person_id,
  CASE WHEN person.person_id IS NULL THEN 1 ELSE 0 END AS ours
FROM contact_address
LEFT JOIN person ON person.source = contact_address.source AND person.contact_id = contact_address.id;

-- Every address that took part, once, with the one person it belongs to; an address of two people speaks for neither.
CREATE OR REPLACE TEMP TABLE known_address AS
SELECT
  address.email,
  owner.person_id,
  CASE WHEN own_domain.domain IS NOT NULL OR colleague.email IS NOT NULL THEN 1 ELSE 0 END AS ours
FROM (
  SELECT DISTINCT
    email,
    CASE WHEN email LIKE '%+%@%' THEN REGEXP_REPLACE(email, '[+][^@]*@', '@') ELSE email END AS plain
  FROM participant
  WHERE email IS NOT NULL
) AS address
LEFT JOIN (
  SELECT email, MIN(person_id) AS person_id
  FROM known_contact
  WHERE person_id IS NOT NULL
  GROUP BY email
  HAVING MIN(person_id) = MAX(person_id)
) AS owner ON owner.email = address.plain
LEFT JOIN own_domain ON own_domain.domain = SPLIT_PART(address.email, '@', 2)
LEFT JOIN (SELECT DISTINCT email FROM user_account) AS colleague ON colleague.email = address.email;

-- Who was there: one row an act and somebody, whether a CRM link or an address names them. The people of a twin were at the
-- act that stays.
CREATE OR REPLACE TEMP TABLE presence AS
SELECT
  named.source,
  named.activity_id,
  named.who,
  MAX(named.person_id) AS person_id,
  MAX(named.sent) AS sent,
  MAX(named.ours) AS ours
FROM (
  SELECT
    participant.source,
    COALESCE(twin.twin_id, participant.activity_id) AS activity_id,
    COALESCE(known_contact.person_id, known_address.person_id, participant.email, participant.contact_id) AS who,
    COALESCE(known_contact.person_id, known_address.person_id) AS person_id,
    CASE WHEN participant.part = 'from' THEN 1 ELSE 0 END AS sent,
    GREATEST(COALESCE(known_contact.ours, 0), COALESCE(known_address.ours, 0)) AS ours
  FROM participant
  LEFT JOIN twin ON twin.source = participant.source AND twin.id = participant.activity_id
  LEFT JOIN known_contact
    ON known_contact.source = participant.source AND known_contact.contact_id = participant.contact_id
  LEFT JOIN known_address ON known_address.email = participant.email
) AS named
WHERE named.who IS NOT NULL
GROUP BY named.source, named.activity_id, named.who;

-- How many took part in each act and who sent it.
CREATE OR REPLACE TEMP TABLE crowd AS
SELECT
  source,
  activity_id,
  COUNT(*) AS everybody,
  SUM(1 - sent) AS recipients,
  SUM(1 - ours) AS outsiders,
  SUM((1 - sent) * (1 - ours)) AS reached_outsiders,
  MAX(CASE WHEN sent = 1 AND person_id IS NOT NULL AND ours = 0 THEN 1 ELSE 0 END) AS person_sent,
  CASE WHEN MAX(sent * ours) = 1 THEN 'out' WHEN MAX(sent) = 1 THEN 'in' END AS direction
FROM presence
GROUP BY source, activity_id;

-- Acts and the people of ours they were with: of an inbound mail only its sender, of an outbound one only who received it.
CREATE OR REPLACE TEMP TABLE act_person AS
SELECT
  act.source,
  act.id,
  act.account_id,
  presence.person_id,
  act.kind,
  act.happened_at,
  COALESCE(act.direction, crowd.direction) AS direction,
  CASE
    WHEN act.kind IN ('email', 'message') THEN GREATEST(1, crowd.recipients)
    ELSE GREATEST(1, crowd.everybody - 1)
  END AS others,
  act.owner_id,
  CASE
    WHEN act.kind = 'call' THEN COALESCE(act.begun, crowd.direction) = 'in'
    WHEN act.kind IN ('meeting', 'review') THEN act.organizer = 'contact' AND (presence.sent = 1 OR crowd.person_sent = 0)
    ELSE FALSE
  END AS started_by_contact,
  act.one_to_many OR (act.kind = 'email' AND COALESCE(act.direction, crowd.direction) = 'out'
    AND crowd.reached_outsiders > rule_depth.bulk_recipients) AS one_to_many,
  act.kind = 'meeting' AND crowd.outsiders = 1 AND crowd.everybody <= 2 AS one_to_one,
  act.held
FROM act
CROSS JOIN rule_depth
JOIN crowd ON crowd.source = act.source AND crowd.activity_id = act.id
JOIN presence ON presence.source = act.source AND presence.activity_id = act.id
WHERE presence.person_id IS NOT NULL
  AND presence.ours = 0
  AND CASE COALESCE(act.direction, crowd.direction)
    WHEN 'in' THEN presence.sent = 1 OR crowd.person_sent = 0
    WHEN 'out' THEN presence.sent = 0 OR act.kind = 'call'
    ELSE TRUE
  END;

-- People whose acts more than one CRM holds: only they can have an act twice.
CREATE OR REPLACE TEMP TABLE two_homed AS
SELECT person_id
FROM act_person
GROUP BY person_id
HAVING MIN(source) < MAX(source);

-- The second record of an act that two CRMs hold: the same person, kind and direction within five minutes.
CREATE OR REPLACE TEMP TABLE second_record AS
SELECT near.source, near.id, near.person_id
FROM (
  SELECT
    act_person.source,
    act_person.id,
    act_person.person_id,
    rule_source.place,
    MIN(rule_source.place) OVER (
      PARTITION BY act_person.person_id, act_person.kind, COALESCE(act_person.direction, '')
      ORDER BY act_person.happened_at
      RANGE BETWEEN 300 PRECEDING AND 300 FOLLOWING
    ) AS first_place
  FROM act_person
  JOIN two_homed ON two_homed.person_id = act_person.person_id
  JOIN rule_source ON rule_source.source = act_person.source
) AS near
WHERE near.place > near.first_place;

-- Acts in the accounts they count for: the one the record names when the person belongs to it, else every account of the person.
CREATE OR REPLACE TEMP TABLE act_account AS
SELECT
  act_person.source || '/activity/' || act_person.id AS record,
  member.account_key,
  act_person.person_id,
  act_person.kind,
  act_person.happened_at,
  act_person.direction,
  act_person.others,
  act_person.source || ':' || act_person.owner_id AS colleague,
  COALESCE(act_person.started_by_contact, FALSE) AS started_by_contact,
  act_person.one_to_many,
  act_person.one_to_one,
  act_person.held
FROM act_person
LEFT JOIN second_record
  ON second_record.source = act_person.source AND second_record.id = act_person.id
 AND second_record.person_id = act_person.person_id
LEFT JOIN company ON company.source = act_person.source AND company.account_id = act_person.account_id
LEFT JOIN member AS named ON named.person_id = act_person.person_id AND named.account_key = company.account_key
JOIN member
  ON member.person_id = act_person.person_id
 AND (named.account_key IS NULL OR member.account_key = named.account_key)
WHERE second_record.id IS NULL;

-- Reviews a person was invited to, attended or not.
CREATE OR REPLACE TEMP TABLE invitation AS
SELECT record, account_key, person_id, happened_at, held
FROM act_account
WHERE kind = 'review';

-- Meetings of one person with one of us.
CREATE OR REPLACE TEMP TABLE one_to_one AS
SELECT DISTINCT record
FROM act_account
WHERE one_to_one
  AND held;

-- One row an act and person: what depth and tie strength are made of.
CREATE OR REPLACE TABLE touch AS
SELECT
  record,
  account_key,
  person_id,
  kind,
  happened_at,
  direction,
  CAST(others AS BIGINT) AS others,
  colleague,
  started_by_contact,
  one_to_many
FROM act_account
WHERE held;
