"""Says what the relationship with an account is worth, how far it has come and what it asks of us (see equity.sql;
domain section 8).

`mapping.compute` runs it on roles, axes, depth and coverage. Decisions where the domain is silent: a person counts once
in the quality, however many roles; a champion candidate holds no role; who has left is in neither quality nor power; an
advocacy act does not speak for an account whose field says that no value is received; stages below *using* are claimed
only where usage figures prove that nobody is active.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, figures, listing


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_equity` (figures) and `rule_breadth_complexity`; the spellings are read by `mapping.lifecycle`."""
    yield figures("rule_equity", rules.equity)
    complexities = sorted(rules.equity.complexity_of_breadth.items())
    yield listing("rule_breadth_complexity", "breadth TEXT, complexity TEXT", complexities)
