-- Text as it is, whatever it says; only nothing is unknown.
CREATE OR REPLACE MACRO worded(x) AS NULLIF(x, '');

-- Text without what stands around it and is not seen: blanks of all widths, the one that does not break a line, and
-- none at all. They are written out, for to put their list together took longer than to read ten thousand names.
CREATE OR REPLACE MACRO trimmed(x) AS
  REGEXP_REPLACE(
    x,
    '^[\x09-\x0d\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200b}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]+'
    || '|[\x09-\x0d\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200b}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]+$',
    '',
    'g'
  );

-- An address in lower case.
CREATE OR REPLACE MACRO lowered(x) AS NULLIF(LOWER(trimmed(x)), '');

-- The host in an address that begins with its host, if there is one.
CREATE OR REPLACE MACRO host(x) AS
  REGEXP_EXTRACT(x, '^(?:[^/?#@]*@)?([^/?#:@\[\]\s]+)(?:[:/?#]|$)', 1);

-- A web address cut down to its domain, without scheme, www and path; what is no address is unknown.
CREATE OR REPLACE MACRO web_domain(x) AS
  NULLIF(REGEXP_REPLACE(host(REGEXP_REPLACE(LOWER(trimmed(x)), '^[^/]*//', '')), '^www\.', ''), '');

-- A moment as whole epoch seconds; before the year 1 and after 9999 nobody is meant.
CREATE OR REPLACE MACRO seconds(moment) AS
  CASE WHEN ISFINITE(moment) THEN CAST(FLOOR(EPOCH(moment)) AS BIGINT) END;

-- A date (its midnight, UTC) or a moment in epoch seconds; what is neither is unknown.
CREATE OR REPLACE MACRO written_instant(x) AS
  CASE
    WHEN x[1] NOT BETWEEN '0' AND '9' THEN NULL
    WHEN x LIKE '____-__-__T__:__:__.___+0000' OR x LIKE '____-__-__T__:__:__.___Z'
    THEN seconds(TRY_CAST(LEFT(x, 19) AS TIMESTAMP))
    WHEN LENGTH(x) = 10 THEN seconds(CAST(TRY_CAST(x AS DATE) AS TIMESTAMP))
    ELSE seconds(TRY_CAST(REGEXP_REPLACE(x, '([+-]\d{2})(\d{2})$', '\1:\2') AS TIMESTAMPTZ))
  END;

-- A finite number; text that is none is unknown.
CREATE OR REPLACE MACRO number(x) AS
  CASE WHEN ISFINITE(TRY_CAST(x AS DOUBLE)) THEN TRY_CAST(x AS DOUBLE) END;

-- A whole number with the fraction cut off; what 64 bits cannot hold is unknown.
CREATE OR REPLACE MACRO whole(x) AS TRY_CAST(TRUNC(number(x)) AS BIGINT);

-- A checkbox, or a text that says yes or no; anything else is unknown.
CREATE OR REPLACE MACRO flag(x) AS
  CASE
    WHEN x = 'true' THEN TRUE
    WHEN x = 'false' THEN FALSE
    WHEN LOWER(trimmed(x)) IN ('true', 'yes', '1') THEN TRUE
    WHEN LOWER(trimmed(x)) IN ('false', 'no', '0') THEN FALSE
  END;

-- Several choices in the one order in which equal sets are equal texts.
CREATE OR REPLACE MACRO choices(x) AS
  NULLIF(ARRAY_TO_STRING(LIST_SORT(LIST_FILTER(STRING_SPLIT(x, ';'), lambda choice: choice <> '')), ';'), '');
