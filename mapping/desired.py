"""Says what each CRM record should hold and which task each gap deserves (see desired.sql; domain sections 9 and 10).

`mapping.compute` runs it last. Every record of a person and of an account gets its values, in both CRMs. A person of
several accounts: the fields speak of the record's primary account, only the roles are those of all accounts. Values
are canonical text, as `mapping.metadata.Field.canonical` makes it, so that `sync.plan` compares text with text.
`evidence` and `computed_on` stay NULL: `mapping.explain` renders them for the records that a plan writes.
"""

from collections.abc import Iterator

from mapping.metadata import ROLES
from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing

STATUSES = ("confirmed", "likely", "lapsed", "departed", "candidate")
"""From what leads a person's fields to what leads last: a role that is only possible never hides one that is held."""


def tables(rules: Rules, profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_due` (business days until due and of grace, by tier), `rule_manager` (team -> address), the orders."""
    due, grace = rules.gaps.due_days, rules.gaps.grace_days
    days = [("high", due.high, grace.high), ("low", due.low, grace.low), ("tech", due.tech, grace.tech)]
    yield listing("rule_due", "tier TEXT, days BIGINT, grace BIGINT", days)
    yield listing(
        "rule_manager", "team TEXT, email TEXT", [(t, email.lower()) for t, email in profile.managers.items()]
    )
    yield listing("rule_role_order", "role TEXT, place BIGINT", [(role, place) for place, role in enumerate(ROLES)])
    yield listing("rule_status_order", "status TEXT, place BIGINT", [(name, n) for n, name in enumerate(STATUSES)])
