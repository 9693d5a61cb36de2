-- Of each record the last one that came; the place of a row is the order in which they were read.
CREATE OR REPLACE TEMP TABLE latest AS
SELECT * EXCLUDE ("@place")
FROM (SELECT *, ROW_NUMBER() OVER () AS "@place" FROM raw) AS placed
QUALIFY ROW_NUMBER() OVER (PARTITION BY "@id" ORDER BY "@place" DESC) = 1
ORDER BY "@place";

-- They take the place of all.
CREATE OR REPLACE TEMP TABLE raw AS
SELECT * FROM latest;

-- What is not needed any more gives its room back.
DROP TABLE latest;
