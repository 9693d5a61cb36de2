"""Measures each relationship: depth 0-5, tie strength, trend (see depth.sql; domain section 5, exact wording).

`mapping.compute` runs it on the touches. Everything is counted in whole seconds before `as_of`; a limit of so many days
includes its last second. Decisions where the domain is silent: departed comes before a level that a human set; a level
without a date does not lapse; several outreaches that one act answers are one exchange, dated by that act; of more than
three events of a kind and day the strongest three count; rising mirrors fading (strength grows by 20 % in 60 days).
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing

NAMES = ("Unknown", "Identified", "Responsive", "Engaged", "Trusted", "Advocate")
"""Name of each level; the number stands in `depth.level`."""


CRITERIA = {
    "departed": 0,
    "no activity": 0,
    "ghosting": 1,
    "no exchange": 1,
    "low reply rate": 1,
    "too few months": 2,
    "reply rate": 2,
    "no meeting or question": 2,
    "too few contact-initiated acts": 3,
    "reviews missed": 3,
    "no advocacy act": 4,
    "all conditions hold": 5,
}
"""The level that each first failing criterion holds a person at; its name is `depth.why`."""


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_event` (weight of a kind), `rule_criterion` (level) and `depth_name`; `activity` gave the figures."""
    yield listing("rule_event", "kind TEXT, weight DOUBLE", sorted(rules.depth.kind_weights.items()))
    yield listing("rule_criterion", "why TEXT, level BIGINT", sorted(CRITERIA.items()))
    yield listing("depth_name", "level BIGINT, name TEXT", list(enumerate(NAMES)))
