-- The sentences in the order they are read. A view: all of them are asked for by dossiers only.
CREATE OR REPLACE TEMP VIEW ordered_sentence AS
SELECT sentence.object, sentence.source, sentence.id, sentence.text, rule_sentence.place
FROM sentence
JOIN rule_sentence
    ON rule_sentence.object = sentence.object AND rule_sentence.field = sentence.field AND rule_sentence.shown;

-- All that is said about a contact, as one text.
CREATE OR REPLACE TEMP TABLE contact_text AS
SELECT
    contact_sentence.source,
    contact_sentence.id,
    CONCAT_WS(
        ' ', roles, product_roles.words, buyer_type, stance, quartet, leading_role, depth, tie_strength,
        colleagues.text, trend, last_two_way, counted, what_if.text
    ) AS text
FROM contact_sentence
LEFT JOIN explained_contact
    ON explained_contact.source = contact_sentence.source AND explained_contact.id = contact_sentence.id
LEFT JOIN product_roles
    ON product_roles.account_key = explained_contact.account_key
        AND product_roles.person_id = explained_contact.person_id
LEFT JOIN sentence AS colleagues
    ON colleagues.object = 'contact' AND colleagues.field = 'colleagues'
        AND colleagues.source = contact_sentence.source AND colleagues.id = contact_sentence.id
LEFT JOIN sentence AS what_if
    ON what_if.object = 'contact' AND what_if.field = 'what_if'
        AND what_if.source = contact_sentence.source AND what_if.id = contact_sentence.id;

-- The sentences of the records of which more is to be said than may fit their evidence field, with the room they take.
CREATE OR REPLACE TEMP TABLE crowded_sentence AS
SELECT
    said.object,
    said.source,
    said.id,
    said.text,
    said.place,
    SUM(LENGTH(said.text) + 1) OVER (
        PARTITION BY said.object, said.source, said.id ORDER BY said.place ROWS UNBOUNDED PRECEDING
    ) - 1 AS room
FROM (
    SELECT * FROM ordered_sentence WHERE object = 'account'
    UNION ALL
    SELECT ordered_sentence.*
    FROM contact_text
    JOIN rule_companion ON rule_companion.object = 'contact' AND LENGTH(contact_text.text) > rule_companion.length
    JOIN ordered_sentence
        ON ordered_sentence.object = 'contact' AND ordered_sentence.source = contact_text.source
            AND ordered_sentence.id = contact_text.id
) AS said;

-- What a plan writes together with another change: the sentences that fit, and the date. A first text that does not fit is
-- cut after its last sentence that does.
CREATE OR REPLACE TEMP TABLE companion AS
SELECT evidence.object, evidence.source, evidence.id, evidence.text AS evidence, calendar.iso AS computed_on
FROM (
    SELECT rule_companion.object, contact_text.source, contact_text.id, contact_text.text
    FROM contact_text
    JOIN rule_companion ON rule_companion.object = 'contact' AND LENGTH(contact_text.text) <= rule_companion.length
    UNION ALL
    SELECT
        crowded_sentence.object,
        crowded_sentence.source,
        crowded_sentence.id,
        STRING_AGG(
            CASE
                WHEN LENGTH(crowded_sentence.text) <= rule_companion.length THEN crowded_sentence.text
                ELSE COALESCE(
                    NULLIF(
                        REGEXP_EXTRACT(SUBSTR(crowded_sentence.text, 1, rule_companion.length), '^(.*[.]) ', 1), ''
                    ),
                    SUBSTR(crowded_sentence.text, 1, rule_companion.length)
                )
            END,
            ' ' ORDER BY crowded_sentence.place
        ) AS text
    FROM crowded_sentence
    JOIN rule_companion ON rule_companion.object = crowded_sentence.object
    WHERE crowded_sentence.room <= rule_companion.length
        OR crowded_sentence.room = LENGTH(crowded_sentence.text)
    GROUP BY crowded_sentence.object, crowded_sentence.source, crowded_sentence.id
) AS evidence
CROSS JOIN run
JOIN calendar ON calendar.day = CAST(FLOOR(run.as_of / 86400e0) AS BIGINT);
