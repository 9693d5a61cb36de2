-- What humans said about people in the CRM, record by record: no run takes it back, so it has to be looked at again some
-- day. A level lapses by itself; a role wants a review after as long; a date is needed for either.
CREATE OR REPLACE TEMP TABLE human_word AS
SELECT
    contact.source,
    contact.id,
    contact.name,
    account.name AS account,
    contact.confirmed_role AS role,
    contact.confirmed_depth AS depth,
    COALESCE(contact.not_a_champion, FALSE) AS not_a_champion,
    COALESCE(contact.do_not_task, FALSE) AS do_not_task,
    calendar.iso AS said_on,
    CASE
        WHEN contact.confirmed_role IS NULL AND contact.confirmed_depth IS NULL THEN NULL
        WHEN contact.confirmed_at IS NULL THEN 'has no date'
        WHEN run.as_of - contact.confirmed_at <= rule_depth.confirmed_days * 86400 THEN NULL
        WHEN contact.confirmed_depth IS NULL THEN 'was said long ago'
        ELSE 'was said long ago; the depth has lapsed'
    END AS review
FROM contact
CROSS JOIN run
CROSS JOIN rule_depth
LEFT JOIN account ON account.source = contact.source AND account.id = contact.account_id
LEFT JOIN calendar ON calendar.day = CAST(FLOOR(contact.confirmed_at / 86400e0) AS BIGINT)
WHERE contact.confirmed_role IS NOT NULL
    OR contact.confirmed_depth IS NOT NULL
    OR contact.not_a_champion
    OR contact.do_not_task
