"""The tables that the steps assess and desire create; `mapping.records` lists them after those of the steps before."""

from mapping.shape import table

ASSESSED = (
    table(
        "credit",
        "Step assess: what a role-holder counts toward coverage.",
        "account_key person_id role",
        """
        account_key TEXT the company
        person_id TEXT the person
        role TEXT buyer, champion or power user
        subtype TEXT the buyer sub-type that the person's depth supports
        credit DOUBLE 0-1
        head BOOLEAN counts as a live head
        """,
    ),
    table(
        "need",
        "Step assess: required and actual numbers of a role.",
        "account_key role",
        """
        account_key TEXT the company
        role TEXT buyer, champion or power user
        required BIGINT after the seats cap; 0 leaves the score
        heads BIGINT live heads
        credits DOUBLE sum of credits
        known BOOLEAN evidence for this role is there at all
        outside_required BIGINT champions needed outside the department the product is sold to
        outside BIGINT live champions there
        departments_required BIGINT distinct departments the live champions must come from
        departments BIGINT distinct departments they come from
        """,
    ),
    table(
        "coverage",
        "Step assess: the answer per account.",
        "account_key",
        """
        account_key TEXT the company
        status TEXT covered, partial, gap or cannot tell
        score BIGINT 0-100; NULL no needs
        single_threaded BOOLEAN fewer than two distinct people at depth >= 2; NULL cannot tell
        redundancy DOUBLE chance 0-1 that a live champion remains after a year
        completeness TEXT what was missing to judge, in words; NULL nothing
        """,
    ),
    table(
        "offer",
        "Step assess: a product that an account holds and how it is covered; no row where only one product is sold.",
        "account_key product",
        """
        offer_key TEXT ``account_key|product``
        account_key TEXT the company
        product TEXT product of the settings
        breadth TEXT workgroup, department or company-wide; NULL unknown
        cell TEXT the product, where it has required numbers of its own; else empty
        usage_known BOOLEAN usage of the product by the account's people is mapped
        place BIGINT 1 the worst covered one, and so on
        shown BOOLEAN the account's fields show this product: the worst covered one
        status TEXT covered, partial, gap or cannot tell
        score BIGINT 0-100; NULL no needs
        words TEXT coverage of the product in words
        """,
    ),
    table(
        "standing",
        "Step assess: how far the relationship has come, what it is worth, what it asks of us.",
        "account_key",
        """
        account_key TEXT the company
        stage TEXT aware, purchasing, using, realising value or advocating; NULL unknown
        quality DOUBLE mean depth of the people holding a role, 0-1; NULL nobody's is known
        power DOUBLE capacity of those for us / of all whose attitude is known, 0-1; NULL nobody's is known
        reach DOUBLE coverage score, 0-1; NULL no score
        equity DOUBLE 0-100, the geometric mean of the three; NULL one of them is unknown
        lifetime_value TEXT high or low; NULL unknown
        complexity TEXT of the offering: high or low; NULL unknown
        orientation TEXT Expert Consultant, Concierge Guide, Specialist Fixer or Service Coordinator; NULL unknown
        """,
    ),
    table(
        "voice",
        "Step assess: what the power users of an account say together; no row without power users.",
        "account_key",
        """
        account_key TEXT the company
        people BIGINT power users who are still there
        told BIGINT those of them whose attitude is known
        influence DOUBLE 0-100, of all of them together
        attitude DOUBLE -100 to 100, the mean of those told; NULL nobody's is known
        weak BOOLEAN they speak against us; NULL too few attitudes are known
        """,
    ),
    table(
        "colleague",
        "Step assess: which user records are one colleague of ours.",
        "source id",
        """
        source TEXT connection of the user record
        id TEXT the user record
        colleague TEXT ``source:id`` of the record that stands for the colleague
        leads BOOLEAN it is this record
        name TEXT the colleague
        active BOOLEAN this record may own accounts and receive tasks
        """,
    ),
    table(
        "csm",
        "Step assess: who looks after a customer, and since when, where we saw the account change hands.",
        "source id",
        """
        source TEXT connection of the home record
        id TEXT home record of the account
        account_key TEXT the company
        colleague TEXT ``source:id`` of the user record that stands for the colleague
        since_at BIGINT when the account came into these hands; NULL it has been there since we first looked
        news BOOLEAN differs from what is remembered
        """,
    ),
    table(
        "engagement",
        "Step assess: what an account gets of us after the sale and what it should get.",
        "account_key",
        """
        account_key TEXT the company
        lifecycle TEXT handover, onboarding, adoption, value realised, renewal or advocacy
        cadence_days BIGINT most days between two contacts in both directions; NULL none is asked for
        last_at BIGINT last contact that keeps the cadence
        cadence_overdue BOOLEAN it is longer ago; NULL cannot tell
        handover TEXT what of handover and introduction is overdue, in words; NULL nothing
        handover_at BIGINT since when: became a customer, or came to another CSM; NULL neither was of late
        ours DOUBLE 0-1, our engagement; NULL cannot tell
        theirs DOUBLE 0-1, the customer's; NULL cannot tell
        ours_expected DOUBLE 0-1
        theirs_expected DOUBLE 0-1
        exchanges BIGINT exchanges of the last 90 days, each with each person; NULL cannot tell
        normal DOUBLE exchanges that orientation and stage ask for; NULL unknown
        scope TEXT under, normal or over; NULL cannot tell
        """,
    ),
    table(
        "workload",
        "Step assess: how many accounts of each tier a colleague of ours looks after.",
        "colleague",
        """
        colleague TEXT ``source:id`` of the user record that stands for the colleague
        source TEXT connection of that record
        user_id TEXT its id
        name TEXT the colleague
        high BIGINT high-touch accounts
        low BIGINT low-touch accounts
        tech BIGINT tech-touch accounts
        over BOOLEAN beyond the guideline of one tier
        """,
    ),
    table(
        "undecided",
        "Step assess: gaps nobody can tell today for lack of evidence: their tasks are neither opened nor closed.",
        "account_key kind",
        """
        account_key TEXT the company
        kind TEXT gap kind
        """,
    ),
    table(
        "gap",
        "Step assess: something missing that deserves a task.",
        "key",
        """
        key TEXT one gap, one key for life (see mapping/gaps.sql)
        account_key TEXT the company; of a gap about a colleague: the colleague
        product TEXT product it is about; NULL the whole account, or the only product
        kind TEXT gap kind of the domain
        role TEXT role it is about; NULL none
        person_id TEXT person it is about; NULL none
        severity DOUBLE 0-100
        to_manager BOOLEAN goes to the CSM's manager
        detail TEXT what is missing, in words
        people TEXT suggested people, in words
        opened_at BIGINT when its task was opened; NULL it has none yet
        chronic BOOLEAN open for longer than 90 days; else acute
        """,
    ),
    table(
        "slice",
        "Step assess: accounts rolled up, for a leader.",
        "dimension name",
        """
        dimension TEXT portfolio, segment, tier, breadth, orientation, csm, partner or product
        name TEXT which of them
        accounts BIGINT customers in it
        arr DOUBLE annual recurring revenue known; NULL nobody's is
        covered BIGINT accounts with status covered
        partly BIGINT accounts with status partial
        uncovered BIGINT accounts with status gap
        untold BIGINT accounts with status cannot tell
        arr_uncovered DOUBLE annual recurring revenue of accounts with status gap
        score DOUBLE mean coverage score; NULL nobody has one
        equity DOUBLE mean relationship equity; NULL nobody has one
        renewed BIGINT deals won in the last year after the first one
        lost BIGINT deals lost in the last year after the first one
        gaps BIGINT open gaps
        chronic BIGINT those of them that have been open for long
        """,
    ),
    table(
        "sentence",
        "Step plan: why a value is what it is, rendered for the records a plan writes and on demand.",
        "object source id field",
        """
        object TEXT contact or account
        source TEXT connection of the record
        id TEXT record id
        field TEXT output field the sentence is about, or a name of `mapping.explain.FURTHER`
        text TEXT one sentence with the records it rests on
        """,
    ),
    table(
        "desired_task",
        "Step desire: the follow-up task a gap deserves, in the account's home CRM.",
        "key",
        """
        key TEXT the gap's key
        source TEXT connection of the home CRM
        account_id TEXT home account record; NULL: it is about a colleague
        contact_id TEXT contact it is about; NULL none
        owner_id TEXT assignee in that CRM
        subject TEXT one line
        body TEXT what is missing, why it matters, evidence, suggested people
        due_at BIGINT due date
        severity DOUBLE 0-100
        manager_id TEXT who gets it when it is overdue past its grace; NULL nobody is known
        overdue_before BIGINT a task that was due before this day is past its grace today
        """,
    ),
    table(
        "also_right",
        "Step desire: values as right as the desired one; what we wrote stays while it is among them.",
        "source object id field value",
        """
        source TEXT connection of the record
        object TEXT contact or account
        id TEXT record id
        field TEXT output field
        value TEXT canonical text
        """,
    ),
)
"""In the order in which they are made."""
