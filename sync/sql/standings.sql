-- The coverage of each customer at the moment of the computation, by its home record, as its history keeps it.
CREATE OR REPLACE TEMP TABLE standing_then AS
SELECT
    home.source,
    home.account_id AS id,
    COALESCE(customer.name, home.account_id) AS name,
    wanted.coverage_status,
    wanted.coverage_score,
    wanted.buyers_required,
    wanted.buyers_actual,
    wanted.champions_required,
    wanted.champions_actual,
    wanted.power_users_required,
    wanted.power_users_actual,
    wanted.missing_roles,
    wanted.single_threaded
FROM company AS home
JOIN customer ON customer.account_key = home.account_key
JOIN desired_account AS wanted ON wanted.source = home.source AND wanted.id = home.account_id
WHERE home.home;
