-- A number in words: a whole one without its fraction.
CREATE OR REPLACE MACRO worded_number(x) AS
  CASE
    WHEN TRY_CAST(x AS DOUBLE) = TRUNC(TRY_CAST(x AS DOUBLE)) AND ABS(TRY_CAST(x AS DOUBLE)) < 1e18
    THEN CAST(CAST(TRY_CAST(x AS DOUBLE) AS BIGINT) AS TEXT)
    ELSE NULLIF(x, '')
  END;

-- An identifier of 15 characters, which distinguishes case, completed to the 18 that do not.
CREATE OR REPLACE MACRO id18(x) AS
  CASE
    WHEN LENGTH(x) = 15 AND REGEXP_FULL_MATCH(x, '[0-9A-Za-z]{15}')
    THEN x || ARRAY_TO_STRING(
      LIST_TRANSFORM(
        [0, 1, 2],
        lambda block: SUBSTRING(
          'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
          CAST(1 + LIST_SUM(
            LIST_TRANSFORM(
              [0, 1, 2, 3, 4],
              lambda place: CASE
                WHEN SUBSTRING(x, block * 5 + place + 1, 1) BETWEEN 'A' AND 'Z' THEN 1 << place ELSE 0
              END
            )
          ) AS BIGINT),
          1
        )
      ),
      ''
    )
    ELSE NULLIF(x, '')
  END;

-- Whether a picklist value begins with the word for a customer, whatever the case; a checkbox says so itself.
CREATE OR REPLACE MACRO customer(x) AS
  CASE
    WHEN NULLIF(x, '') IS NULL THEN NULL
    WHEN x IN ('true', 'false') THEN x = 'true'
    ELSE LEN(LIST_FILTER(GETVARIABLE('customer_types'), lambda word: STARTS_WITH(LOWER(x), word))) > 0
  END;

-- The address in one entry of a list of recipients, with or without the name of the person; most entries are nothing
-- but an address, which is told much faster than one is found.
CREATE OR REPLACE MACRO mail_address(x) AS
  CASE
    WHEN REGEXP_FULL_MATCH(x, '[^\s<>(),;:"]+@[^\s<>(),;:"]+') THEN LOWER(x)
    ELSE LOWER(
      COALESCE(
        NULLIF(REGEXP_EXTRACT(x, '<\s*([^<>\s]+@[^<>\s]+)\s*>', 1), ''),
        NULLIF(REGEXP_EXTRACT(x, '([^\s<>(),;:"]+@[^\s<>(),;:"]+)', 1), '')
      )
    )
  END;

-- A date or a moment: Salesforce writes them in words.
CREATE OR REPLACE MACRO instant(x) AS written_instant(x);

-- The day a date of ours names.
CREATE OR REPLACE MACRO day(x) AS LEFT(worded(x), 10);
