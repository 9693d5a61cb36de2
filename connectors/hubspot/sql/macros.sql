-- A date or a moment, in words or, in older records, as epoch milliseconds of at most 14 digits.
CREATE OR REPLACE MACRO instant(x) AS
  CASE
    WHEN x[5] <> '-' AND REGEXP_FULL_MATCH(x, '-?[0-9]{1,14}') THEN CAST(FLOOR(CAST(x AS BIGINT) / 1000) AS BIGINT)
    ELSE written_instant(x)
  END;

-- A moment as epoch milliseconds; what is none was long ago.
CREATE OR REPLACE MACRO milliseconds(x) AS
  COALESCE(TRY_CAST(x AS BIGINT), EPOCH_MS(TRY_CAST(x AS TIMESTAMPTZ)), 0);

-- The day a date of ours names.
CREATE OR REPLACE MACRO day(x) AS
  CASE
    WHEN x[5] <> '-' AND REGEXP_FULL_MATCH(x, '-?[0-9]{1,14}')
    THEN STRFTIME(MAKE_TIMESTAMP_MS(CAST(x AS BIGINT)), '%Y-%m-%d')
    ELSE LEFT(worded(x), 10)
  END;

-- Whether a lifecycle stage is one of those that make a customer; an empty stage is unknown, and not no.
CREATE OR REPLACE MACRO customer(x) AS
  CASE WHEN worded(x) IS NOT NULL THEN LIST_CONTAINS(GETVARIABLE('customer_stages'), x) END;

-- A flag of HubSpot's own, where it is set at all.
CREATE OR REPLACE MACRO told(x) AS CASE WHEN worded(x) IS NOT NULL THEN x = 'true' END;

-- First and last name in one.
CREATE OR REPLACE MACRO full_name(given, family) AS
  NULLIF(CONCAT_WS(' ', worded(trimmed(given)), worded(trimmed(family))), '');

-- The values of a multiple choice.
CREATE OR REPLACE MACRO parts(x) AS
  LIST_FILTER(LIST_TRANSFORM(STRING_SPLIT(x, ';'), lambda part: trimmed(part)), lambda part: part <> '');

-- Whether a kind of association is the one HubSpot itself calls primary: of a contact (1) or of a deal (5).
CREATE OR REPLACE MACRO is_primary(kind) AS
  kind.category = 'HUBSPOT_DEFINED' AND (kind."typeId" IN ('1', '5') OR kind.label = 'Primary');

-- Whether a kind of association is a label people gave.
CREATE OR REPLACE MACRO is_role(kind) AS worded(kind.label) IS NOT NULL AND NOT is_primary(kind);
