-- Each distinct title once; `mapping.titles` reads them into title_reading.
CREATE OR REPLACE TEMP TABLE title_text AS
SELECT DISTINCT title FROM contact WHERE title IS NOT NULL;
