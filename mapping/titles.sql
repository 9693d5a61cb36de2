-- Each distinct title once, in comparable form: lower case, without accents, every other sign a space, a space at both
-- ends.
CREATE OR REPLACE TEMP TABLE title_text AS
SELECT
    title,
    ' ' || TRIM(REGEXP_REPLACE(
        TRANSLATE(
            REPLACE(LOWER(title), 'ß', 'ss'),
            'àáâãäåāçćčèéêëēìíîïīñńòóôõöøōùúûüūýÿžšł',
            'aaaaaaaccceeeeeiiiiinnooooooouuuuuyyzsl'
        ),
        '[^a-z0-9]+', ' ', 'g'
    )) || ' ' AS words
FROM (SELECT DISTINCT title FROM contact WHERE title IS NOT NULL) AS distinct_title;

-- The words of each title, so that a phrase is looked for only where its first word stands.
CREATE OR REPLACE TEMP TABLE title_word AS
SELECT DISTINCT title, words, word
FROM (SELECT title, words, UNNEST(STRING_SPLIT(TRIM(words), ' ')) AS word FROM title_text) AS split;

-- Every phrase that stands in a title, with its place.
CREATE OR REPLACE TEMP TABLE title_phrase AS
SELECT
    title_word.title,
    rule_title.kind,
    rule_title.value,
    rule_title.rank,
    STRPOS(title_word.words, rule_title.phrase) AS first_letter,
    STRPOS(title_word.words, rule_title.phrase) + LENGTH(rule_title.phrase) AS after_letter
FROM title_word
JOIN rule_title ON rule_title.first_word = title_word.word
WHERE STRPOS(title_word.words, rule_title.phrase) > 0;

-- From here on a title speaks of the past or of somebody else; a retired person's title does so from its first letter.
CREATE OR REPLACE TEMP TABLE title_end AS
SELECT title, MIN(CASE WHEN kind = 'retired' THEN 0 ELSE first_letter END) AS end_letter
FROM title_phrase
WHERE kind IN ('former', 'retired', 'other_person')
GROUP BY title;

-- The phrases that mean what they say: inside no longer phrase of their kind, of a board seat or of words to ignore.
CREATE OR REPLACE TEMP TABLE title_meant AS
SELECT phrase.title, phrase.kind, phrase.value, phrase.rank, phrase.first_letter
FROM title_phrase AS phrase
LEFT JOIN title_end ON title_end.title = phrase.title
WHERE phrase.first_letter < COALESCE(title_end.end_letter, 100000)
  AND NOT EXISTS (
    SELECT 1
    FROM title_phrase AS longer
    WHERE longer.title = phrase.title
      AND longer.kind IN (phrase.kind, 'board', 'ignored')
      AND longer.first_letter <= phrase.first_letter
      AND longer.after_letter >= phrase.after_letter
      AND longer.after_letter - longer.first_letter > phrase.after_letter - phrase.first_letter
  );

-- The highest level of each title and where it stands; the earlier one of two that are equally high.
CREATE OR REPLACE TEMP TABLE title_level AS
SELECT title, value AS level, first_letter, levels
FROM (
    SELECT
        title, value, first_letter,
        ROW_NUMBER() OVER (PARTITION BY title ORDER BY rank DESC, first_letter) AS turn,
        SUM(CASE WHEN rank > 1 THEN 1 ELSE 0 END) OVER (PARTITION BY title) AS levels
    FROM title_meant
    WHERE kind = 'level'
) AS ranked
WHERE turn = 1;

-- The department each title speaks for: the one inside the phrase of its level, else the first one named.
CREATE OR REPLACE TEMP TABLE title_function AS
SELECT title, value AS function
FROM (
    SELECT
        title_meant.title, title_meant.value,
        ROW_NUMBER() OVER (
            PARTITION BY title_meant.title
            ORDER BY
                CASE WHEN title_meant.first_letter = title_level.first_letter THEN 0 ELSE 1 END,
                title_meant.first_letter, title_meant.value
        ) AS turn
    FROM title_meant
    LEFT JOIN title_level ON title_level.title = title_meant.title
    WHERE title_meant.kind = 'function'
) AS ranked
WHERE turn = 1;

-- What else a title says, one flag each.
CREATE OR REPLACE TEMP TABLE title_note AS
SELECT
    title,
    MAX(CASE WHEN kind IN ('former', 'retired') THEN 1 ELSE 0 END) AS former,
    MAX(CASE WHEN kind = 'assistant' THEN 1 ELSE 0 END) AS assistant,
    MAX(CASE WHEN kind = 'board' THEN 1 ELSE 0 END) AS board,
    MAX(CASE WHEN kind = 'fractional' THEN 1 ELSE 0 END) AS fractional
FROM title_phrase
GROUP BY title;

-- One row a title: level (NULL unknown), department it speaks for (NULL unknown) and the note that matters most.
-- Whoever leads a company without a department named speaks for the whole: Executive.
CREATE OR REPLACE TEMP TABLE title_reading AS
SELECT
    title_text.title,
    CASE WHEN title_note.assistant = 1 THEN 'individual' ELSE title_level.level END AS level,
    CASE
        WHEN title_function.function IS NOT NULL THEN title_function.function
        WHEN title_level.level = 'c-level' AND title_note.assistant = 0 THEN 'Executive'
    END AS function,
    CASE
        WHEN title_note.former = 1 THEN 'former'
        WHEN title_note.assistant = 1 THEN 'assistant'
        WHEN title_note.board = 1 THEN 'board'
        WHEN title_note.fractional = 1 THEN 'fractional'
        WHEN title_level.levels > 1 THEN 'dual'
    END AS note
FROM title_text
LEFT JOIN title_level ON title_level.title = title_text.title
LEFT JOIN title_function ON title_function.title = title_text.title
LEFT JOIN title_note ON title_note.title = title_text.title;
