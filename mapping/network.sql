-- Who of ours and theirs sat in the held meetings of the window, without assemblies; people as numbers.
CREATE OR REPLACE TEMP TABLE sat_in AS
SELECT pair_act.number, pair_act.pair
FROM pair_act
JOIN act_form ON act_form.form = pair_act.form AND act_form.mutual AND act_form.held AND NOT act_form.one_to_many
CROSS JOIN run
CROSS JOIN rule_depth
CROSS JOIN rule_network
WHERE pair_act.happened_at >= run.as_of - rule_depth.window_days * 86400
    AND pair_act.others < rule_network.attendees;

-- How many meetings two people had together with us, by their numbers; a table of its own, so that few rows and not all
-- pairs of people of an account are joined by their names below.
CREATE OR REPLACE TEMP TABLE met AS
SELECT one.pair, other.pair AS other_pair, COUNT(*) AS meetings
FROM sat_in AS one
JOIN sat_in AS other ON other.number = one.number AND other.pair <> one.pair
GROUP BY one.pair, other.pair;

-- The same of two people of one account, by name.
CREATE OR REPLACE TABLE shared_meeting AS
SELECT here.account_key, here.person_id, there.person_id AS other_id, met.meetings
FROM met
JOIN pair AS here ON here.pair = met.pair
JOIN pair AS there ON there.pair = met.other_pair AND there.account_key = here.account_key;
