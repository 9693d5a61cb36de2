-- Accounts as they were: who became a customer later was none. Everything else about a company is today's.
CREATE OR REPLACE VIEW account AS
SELECT account.* REPLACE (
    CASE WHEN account.since_at > moment.as_of THEN FALSE ELSE account.customer END AS customer
)
FROM staged.account AS account
CROSS JOIN replay_moment AS moment;

-- People as they were: departures, bounces and the word of humans count from their date. Names, titles, departments and
-- owners are today's.
CREATE OR REPLACE VIEW contact AS
SELECT contact.* REPLACE (
    CASE WHEN contact.left_at <= moment.as_of THEN contact.left_at END AS left_at,
    CASE WHEN contact.bounced_at <= moment.as_of THEN contact.bounced_at END AS bounced_at,
    CASE
        WHEN moment.human_roles AND COALESCE(contact.confirmed_at, 0) <= moment.as_of THEN contact.confirmed_role
    END AS confirmed_role,
    CASE WHEN COALESCE(contact.confirmed_at, 0) <= moment.as_of THEN contact.confirmed_depth END AS confirmed_depth,
    CASE
        WHEN moment.human_roles AND COALESCE(contact.confirmed_at, 0) <= moment.as_of THEN contact.not_a_champion
    END AS not_a_champion
)
FROM staged.contact AS contact
CROSS JOIN replay_moment AS moment;

-- Deals as they were: one that closed later was open. When a deal was opened nobody stages.
CREATE OR REPLACE VIEW opportunity AS
SELECT opportunity.* REPLACE (
    CASE WHEN opportunity.close_at > moment.as_of THEN FALSE ELSE opportunity.closed END AS closed,
    CASE WHEN opportunity.close_at > moment.as_of THEN FALSE ELSE opportunity.won END AS won
)
FROM staged.opportunity AS opportunity
CROSS JOIN replay_moment AS moment;

-- What had happened by then.
CREATE OR REPLACE VIEW activity AS
SELECT activity.*
FROM staged.activity AS activity
CROSS JOIN replay_moment AS moment
WHERE activity.happened_at <= moment.as_of;

-- What people had answered and done for us by then.
CREATE OR REPLACE VIEW signal AS
SELECT signal.*
FROM staged.signal AS signal
CROSS JOIN replay_moment AS moment
WHERE signal.happened_at IS NULL
    OR signal.happened_at <= moment.as_of;

-- Roles named in the CRM carry no date: they are today's, or left out where they are what is judged.
CREATE OR REPLACE VIEW contact_role AS
SELECT contact_role.*
FROM staged.contact_role AS contact_role
CROSS JOIN replay_moment AS moment
WHERE moment.crm_roles;

-- Usage is a figure of the last 30 days of the CRM, without a past.
CREATE OR REPLACE VIEW usage AS SELECT * FROM staged.usage;

-- Who took part; without its act a row says nothing.
CREATE OR REPLACE VIEW participant AS SELECT * FROM staged.participant;

-- Today's ties between people and companies.
CREATE OR REPLACE VIEW affiliation AS SELECT * FROM staged.affiliation;

-- Today's colleagues.
CREATE OR REPLACE VIEW user_account AS SELECT * FROM staged.user_account;

-- What the connections can see, each since its own date.
CREATE OR REPLACE VIEW coverage_of_source AS SELECT * FROM staged.coverage_of_source;

-- Tasks of ours are no evidence; they are here because every staged table is.
CREATE OR REPLACE VIEW own_task AS SELECT * FROM staged.own_task;
