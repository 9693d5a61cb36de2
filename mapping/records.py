"""The canonical tables: what a connector delivers, what each step of the computation adds.

Connectors fill the *staged* tables, `sync.stage` keeps them in DuckDB, the SQL beside this module reads
them and creates the *derived* ones. Everything is declared here once: the stage's DDL, the Arrow schema of
a page and the check of every step's output come from these declarations.

Conventions, valid for every table:

- `source` is the name of the connection a row came from (for example ``salesforce``); `id` is the CRM's own
  identifier as text (Salesforce: 18 characters). A reference column ``xyz_id`` points into the same source.
- a column ending in ``_at`` is an instant in integer epoch seconds, UTC (a date is its midnight);
- money is in the organisation's currency, durations are in seconds, flags are BOOLEAN;
- NULL means *unknown*, never "no".
"""

from collections.abc import Iterator

from mapping.assessed import ASSESSED
from mapping.shape import Column, Rows, Table, table

__all__ = ["ASSESSED", "DERIVED", "REMEMBERED", "STAGED", "Column", "Rows", "Table", "all_tables"]

STAGED = (
    table(
        "user_account",
        "A colleague on our side: a CRM user or owner.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT Salesforce User.Id, HubSpot owner id
        name TEXT full name
        email TEXT lower-cased address; its domain is one of our own domains
        manager_id TEXT user this one reports to
        team TEXT primary team, where the CRM has teams instead of managers
        active BOOLEAN may own records and receive tasks
        """,
    ),
    table(
        "account",
        "A company: Salesforce Account, HubSpot company.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT record id
        name TEXT company name
        domain TEXT lower-cased web domain without scheme and www
        other_id TEXT id of the same company in the other CRM (integration id)
        owner_id TEXT the CSM: user who owns the account
        parent_id TEXT parent company
        customer BOOLEAN is a customer by the CRM's own word (type or lifecycle stage)
        segment TEXT mapped segment as the CRM spells it
        breadth TEXT mapped product breadth as the CRM spells it
        products TEXT mapped products the account holds, joined by semicolons
        value_received TEXT mapped value the customer has received as the CRM spells it
        lifetime_value DOUBLE lifetime value of the mapped field
        complexity TEXT mapped complexity of the offering as the CRM spells it
        partner TEXT mapped partner or marketplace that the account came through
        arr DOUBLE annual recurring revenue of the mapped field
        employees BIGINT number of employees
        seats BIGINT seats bought
        since_at BIGINT customer since
        renewal_at BIGINT next renewal
        captured_since_at BIGINT when activity capture began for this account, where a field says so
        """,
    ),
    table(
        "contact",
        "A person's record in one CRM.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT record id
        name TEXT first and last name as the CRM shows them
        email TEXT lower-cased primary address
        other_id TEXT id of the same person in the other CRM (integration id)
        account_id TEXT primary account
        owner_id TEXT user who owns the contact
        title TEXT job title
        department TEXT department as the CRM spells it
        reports_to_id TEXT contact this person reports to
        core_job BOOLEAN needs the product for the core job
        bounced_at BIGINT when mail to the person bounced hard
        left_at BIGINT when the person left the company, by a field of the CRM
        confirmed_role TEXT human override: roles joined by a semicolon, or none
        confirmed_depth BIGINT human override: depth 0-5
        confirmed_at BIGINT date of the human override
        not_a_champion BOOLEAN human override: never call this person a champion
        do_not_task BOOLEAN human override: never open a task about this person
        """,
    ),
    table(
        "affiliation",
        "A person's tie to an account: AccountContactRelation, HubSpot association.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT record id, or contact and company id joined by a colon
        contact_id TEXT the person
        account_id TEXT the company
        direct BOOLEAN is the person's primary account
        active BOOLEAN still works there
        """,
    ),
    table(
        "contact_role",
        "A role that somebody named in the CRM: opportunity contact role, account relation role, label, buying role.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT record id, made unique per role
        contact_id TEXT the person
        account_id TEXT account the role is about, when the record names one
        opportunity_id TEXT opportunity the role is about, when the record names one
        role TEXT the role as the CRM spells it
        origin TEXT the CRM object or field that says so, for the evidence
        """,
    ),
    table(
        "opportunity",
        "A deal.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT record id
        name TEXT deal name
        account_id TEXT the company
        owner_id TEXT user who owns the deal
        amount DOUBLE deal amount
        closed BOOLEAN is closed
        won BOOLEAN is won
        close_at BIGINT close date
        probability DOUBLE 0-100
        """,
    ),
    table(
        "activity",
        "An e-mail, call, meeting, task, note or message. Tasks that carry our key are never staged here.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT record id
        kind TEXT email, call, meeting, task, note or message
        happened_at BIGINT when it happened (a meeting: when it began)
        end_at BIGINT when it ended
        direction TEXT in (contact to us), out (us to contact) or NULL
        outcome TEXT canonical: held, cancelled, no-show, rescheduled, connected, not-connected, bounced, open or NULL
        owner_id TEXT colleague who owns it
        account_id TEXT company the record names
        subject TEXT subject line or title
        type TEXT type as the CRM spells it
        organizer TEXT us or contact, where the record tells
        twin_id TEXT id of another record of the same source that logs the same act
        """,
    ),
    table(
        "participant",
        "Who took part in an activity; a contact, or only an address.",
        "source activity_id contact_id email part",
        """
        source TEXT connection the row came from
        activity_id TEXT the activity
        contact_id TEXT the contact, when the CRM links one
        email TEXT lower-cased address, when the record holds one
        part TEXT from, to or attendee
        """,
        parent="activity_id",
    ),
    table(
        "usage",
        "How much a person uses a product, from fields of the CRM or a feed.",
        "source contact_id product",
        """
        source TEXT connection the row came from
        contact_id TEXT the person
        product TEXT product name, default when only one is sold
        active_days BIGINT distinct active days of the last 30
        last_active_at BIGINT last day of use
        """,
        parent="contact_id",
    ),
    table(
        "signal",
        "A survey answer or an advocacy act of a person.",
        "source contact_id kind happened_at",
        """
        source TEXT connection the row came from
        contact_id TEXT the person
        kind TEXT nps, csat or advocacy
        score DOUBLE the answer: nps 0-10, csat 1-5; NULL for an act
        what TEXT the act: reference, referral, case study, advisory board, community post
        happened_at BIGINT when it was given
        """,
        parent="contact_id",
    ),
    table(
        "own_task",
        "A follow-up task that carries our key.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT record id
        key TEXT our key (see mapping/gaps.sql)
        open BOOLEAN is not completed
        subject TEXT subject as the CRM holds it
        owner_id TEXT assignee
        due_at BIGINT due date
        completed_at BIGINT when it was completed; NULL while it is open, or where the CRM does not tell
        snooze_until BIGINT human override: the day until which nobody wants to hear of it
        """,
    ),
    table(
        "coverage_of_source",
        "What a connection can see at all, so that silence is not mistaken for absence.",
        "source fact",
        """
        source TEXT connection the row came from
        fact TEXT activity (captured at all), usage (mapped at all)
        available BOOLEAN the source is mapped and visible
        since_at BIGINT earliest captured record
        unread BOOLEAN it is there, and the last pull could not read all of it; NULL and false: all was read
        """,
        parent="fact",
    ),
)
"""What connectors deliver. The observed values of our own output fields come in two more tables, one column a
field, declared by `mapping.metadata.observed_tables`."""


def _merged(object_name: str) -> Table:
    """Declare who was merged into whom; ids of two objects may be equal, so each has a table of its own."""
    return table(
        f"merged_{object_name}",
        "A record that was merged into another one: what pointed at it points at the winner now.",
        "source id",
        """
        source TEXT connection the row came from
        id TEXT the loser, which is gone
        winner_id TEXT the record that lives on
        """,
    )


MERGED = {object_name: _merged(object_name) for object_name in ("account", "contact")}
"""What a connector may deliver with the page that reports a loser as deleted, by object; the stage repoints
references."""

REMEMBERED = (
    table(
        "remembered_tier",
        "The touch tier we last gave an account: it changes only well past the line.",
        "source id",
        """
        source TEXT connection of the record
        id TEXT account record
        tier TEXT high, low or tech
        """,
    ),
    table(
        "remembered_gap",
        "Gaps whose task is open: since when.",
        "key",
        """
        key TEXT the gap's key
        opened_at BIGINT when its task was opened
        """,
    ),
    table(
        "remembered_csm",
        "Who looked after an account when we last looked, and since when, where we saw it change hands.",
        "source id",
        """
        source TEXT connection of the home record
        id TEXT home record of the account
        colleague TEXT ``source:id`` of the user record that stood for the colleague
        since_at BIGINT when the account came into these hands; NULL it has been there since we first looked
        """,
    ),
)
"""What the computation asks of the past, from the ledger; empty where nothing is remembered."""


DERIVED = (
    table(
        "person",
        "Step resolve: which contact records are one human being.",
        "source contact_id",
        """
        source TEXT connection of the record
        contact_id TEXT the record
        person_id TEXT the person: the smallest ``source:id`` of its records
        rule TEXT how the record was matched: single, integration-id or email
        """,
    ),
    table(
        "company",
        "Step resolve: which account records are one customer, and which of them is home.",
        "source account_id",
        """
        source TEXT connection of the record
        account_id TEXT the record
        account_key TEXT the company: the ``source:id`` of its home record
        home BOOLEAN this record is in the CRM that owns the customer record; tasks live there
        rule TEXT how the record was matched: single, integration-id or domain
        """,
    ),
    table(
        "ambiguity",
        "Step resolve: records that could be one but were not merged; for a human.",
        "kind left_ref right_ref",
        """
        kind TEXT person or company
        left_ref TEXT ``source:id`` of the first record
        right_ref TEXT ``source:id`` of the second record
        why TEXT what they share, in words
        """,
    ),
    table(
        "customer",
        "Step resolve: one row a customer account with everything the later steps ask of it.",
        "account_key",
        """
        account_key TEXT the company
        name TEXT its name
        segment TEXT SMB, Mid-Market or Enterprise; NULL unknown
        breadth TEXT workgroup, department or company-wide; NULL unknown
        arr DOUBLE annual recurring revenue; NULL unknown
        seats BIGINT seats bought; NULL unknown
        tier TEXT high, low or tech
        since_at BIGINT became a customer: by a field of the CRM, else the first won deal; NULL unknown
        renewal_at BIGINT next renewal
        value_received TEXT none, partial or full; NULL unknown
        lifetime_value DOUBLE by a field of the CRM; NULL unknown
        complexity TEXT of the offering, by a field of the CRM: high or low; NULL unknown
        partner TEXT partner or marketplace it came through; NULL none is named
        owner_source TEXT connection of the CSM's user row
        owner_id TEXT the CSM
        unread BOOLEAN activity of one of its CRMs could not be read to the end
        activity_known BOOLEAN activity capture is there, was read and reaches back at least 90 days
        usage_known BOOLEAN usage is mapped for the account's people
        """,
    ),
    table(
        "member",
        "Step resolve: a person belongs to a customer account.",
        "account_key person_id",
        """
        account_key TEXT the company
        person_id TEXT the person
        name TEXT the person's name
        title TEXT job title
        department TEXT department in canonical spelling; NULL unknown
        departed BOOLEAN bounced, left, inactive, marked gone, an automatic reply said so, silent after steady traffic
        departed_why TEXT the record that says so, in words
        departed_at BIGINT when, where the record is dated
        """,
    ),
    table(
        "touch",
        "Step assess: one row an act and person, after sync artefacts, duplicates and colleagues are taken out.",
        "record account_key person_id",
        """
        record TEXT ``source/activity/id``
        account_key TEXT the company
        person_id TEXT the person
        kind TEXT email, call, meeting, review (a meeting that matches the review rule), case or message
        happened_at BIGINT when it happened
        direction TEXT in, out or both (a held meeting, a connected call)
        others BIGINT n of the tie-strength formula: recipients or other attendees, at least 1
        colleague TEXT ``source:id`` of the user on our side; NULL unknown
        started_by_contact BOOLEAN the contact organised it
        one_to_many BOOLEAN newsletter, webinar, campaign: keeps cadence, never raises depth
        """,
    ),
    table(
        "shared_meeting",
        "Step classify: how many meetings two people of an account had together with us, in the last 90 days.",
        "account_key person_id other_id",
        """
        account_key TEXT the company
        person_id TEXT the person
        other_id TEXT the other person
        meetings BIGINT held meetings of both
        """,
    ),
    table(
        "evidence",
        "Why we say what we say: one row a fact that a later value rests on.",
        "subject topic rule record",
        """
        subject TEXT ``person_id`` or ``account_key``
        account_key TEXT account the fact is about
        topic TEXT an axis of `axis`, or role, guardian, departed
        rule TEXT name of the rule that made the row
        value DOUBLE the points or level the fact speaks for
        weight DOUBLE source weight 0-1
        record TEXT ``source/object/id`` of the record it came from
        happened_at BIGINT when the fact was true
        detail TEXT the words a sentence is made of, for example a title or a count
        """,
    ),
    table(
        "axis",
        "Step classify: what is known about a person on one axis.",
        "account_key person_id axis",
        """
        account_key TEXT the company
        person_id TEXT the person
        axis TEXT one of the seven axes of the domain
        value DOUBLE 0-100 (attitude: -100 to 100); a missing row is unknown
        confidence DOUBLE 0-1
        """,
    ),
    table(
        "depth",
        "Step assess: how deep the relationship with a person is.",
        "account_key person_id",
        """
        account_key TEXT the company
        person_id TEXT the person
        level BIGINT 0-5; NULL cannot tell
        why TEXT name of the criterion that holds the person at this level
        confirmed BOOLEAN set by a human
        strength DOUBLE tie strength 0-100
        trend TEXT rising, steady, fading or ghosting
        two_way_at BIGINT last exchange
        exchanges BIGINT exchanges of the last 90 days
        reply_rate DOUBLE 0-1; NULL nothing to reply to
        """,
    ),
    table(
        "role",
        "Step classify: a role a person holds in an account.",
        "account_key person_id role",
        """
        account_key TEXT the company
        person_id TEXT the person
        role TEXT buyer, champion, power user, user or guardian
        subtype TEXT buyer: advocate, department leader or check-signer
        status TEXT confirmed, likely, candidate, lapsed or departed
        confidence DOUBLE 0-1
        missing TEXT for a candidate: the axis that is missing
        """,
    ),
    table(
        "stance",
        "Step classify: capacity to drive change x attitude.",
        "account_key person_id",
        """
        account_key TEXT the company
        person_id TEXT the person
        stance TEXT champion-stance, blocker, influencer, detractor or unaligned
        quartet TEXT business buyer, technical buyer, business user or technical user
        """,
    ),
    *ASSESSED,
)
"""What the computation creates, in order. `desired_contact` and `desired_account`, one column an output field,
are declared by `mapping.metadata.desired_tables`."""


def all_tables() -> Iterator[Table]:
    """Yield every staged, remembered and derived table declared here."""
    yield from STAGED
    yield from REMEMBERED
    yield from DERIVED
