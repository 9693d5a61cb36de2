-- Text as it is, whatever it says; only nothing is unknown.
CREATE OR REPLACE MACRO worded(x) AS NULLIF(x, '');

-- What stands around a text and is not seen: blanks of all widths, the one that does not break a line, and none at all.
CREATE OR REPLACE MACRO blanks() AS
  E' \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f' || CHR(133) || CHR(160) || CHR(5760)
  || ARRAY_TO_STRING(LIST_TRANSFORM(RANGE(8192, 8204), lambda code: CHR(CAST(code AS INTEGER))), '')
  || CHR(8232) || CHR(8233) || CHR(8239) || CHR(8287) || CHR(12288) || CHR(65279);

-- Text without the blanks around it; looking whether there may be any is much faster than taking them away.
CREATE OR REPLACE MACRO trimmed(x) AS
  CASE WHEN x[1] <= ' ' OR x[-1] <= ' ' OR x[1] > '~' OR x[-1] > '~' THEN TRIM(x, blanks()) ELSE x END;

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
