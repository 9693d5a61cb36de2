"""Counts who of an account sits in meetings with whom (see network.sql; domain section 3, influence).

`mapping.compute` runs it on the acts; `mapping.evidence` makes evidence of it. Only held meetings count: whoever
answers the most mail is often an assistant, and being written to proves no weight.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_network`: how many people a meeting may have to say something about each of them."""
    yield listing("rule_network", "attendees BIGINT", [(rules.evidence.network_attendees,)])
