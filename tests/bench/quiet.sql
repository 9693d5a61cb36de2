-- One of a million for each act, which looks random and is always the same: for when it happened and for whose it was.
CREATE OR REPLACE TEMP TABLE chance AS
SELECT
    source, id,
    CAST(MD5_NUMBER_LOWER('when ' || id) % 1000000 AS BIGINT) AS moment,
    CAST(MD5_NUMBER_LOWER('whose ' || id) % 1000000 AS BIGINT) AS turn
FROM activity;

-- Zipf's law within an account of twenty: the k-th best known person has a k-th of the acts of the best known one.
CREATE OR REPLACE TEMP TABLE zipf AS
SELECT
    place,
    1e6 * (SUM(1e0 / (place + 1)) OVER (ORDER BY place) - 1e0 / (place + 1)) / SUM(1e0 / (place + 1)) OVER () AS low,
    1e6 * SUM(1e0 / (place + 1)) OVER (ORDER BY place) / SUM(1e0 / (place + 1)) OVER () AS high
FROM (SELECT UNNEST(RANGE(20)) AS place) AS counted;

-- Acts fall on any moment of the 400 days up to the first quiet day.
UPDATE activity
SET happened_at = size.as_of - 1 - chance.moment * 34560 / 1000,
    end_at = size.as_of - 1 - chance.moment * 34560 / 1000 + 1800
FROM chance, size
WHERE chance.source = activity.source AND chance.id = activity.id;

-- Each act is with one of the people of its account, by that law.
UPDATE participant
SET contact_id = 'C' || (20 * CAST(SUBSTR(activity.account_id, 2) AS BIGINT) + zipf.place)
FROM activity, chance, zipf
WHERE participant.contact_id IS NOT NULL
    AND participant.source = activity.source AND participant.activity_id = activity.id
    AND chance.source = activity.source AND chance.id = activity.id
    AND chance.turn >= zipf.low AND chance.turn < zipf.high;
