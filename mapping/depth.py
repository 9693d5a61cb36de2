"""Measures each relationship: depth 0-5, tie strength, trend (see tie.sql, strength.sql, depth.sql; domain section 5).

`mapping.compute` runs them on the touches. Everything is counted in whole seconds before `as_of`; a limit of so many
days includes its last second. Decisions where the domain is silent: departed comes before a level that a human set; a
level without a date does not lapse; several outreaches that one act answers are one exchange, dated by that act; of
more than three events of a kind and day the strongest three count; rising mirrors fading (strength grows by 20 % in 60
days).
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import DepthRules, Profile, Rows, Rules, listing

NAMES = ("Unknown", "Identified", "Responsive", "Engaged", "Trusted", "Advocate")
"""Name of each level; the number stands in `depth.level`."""


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_event` (weights), `rule_criterion` (level, words) and `depth_name`; `activity` gave the figures."""
    yield listing("rule_event", "kind TEXT, weight DOUBLE", sorted(rules.depth.kind_weights.items()))
    yield listing("rule_criterion", "why TEXT, level BIGINT, needs TEXT", list(_criteria(rules.depth)))
    yield listing("depth_name", "level BIGINT, name TEXT", list(enumerate(NAMES)))


def _criteria(rules: DepthRules) -> Iterator[tuple[str, int, str | None]]:
    """Give each first failing criterion, the level it holds a person at, and what the next level asks for.

    The name of the criterion is `depth.why`; the SQL finds it, this table gives it its level and words.
    """
    months = f"exchanges in {rules.engaged_months} of the last 3 months"
    yield "departed", 0, None
    yield "no activity", 0, f"any contact within {rules.memory_days} days"
    yield "ghosting", 1, f"an answer to the last {rules.ghosting_outreaches} messages"
    yield "no exchange", 1, f"an exchange within {rules.window_days} days"
    yield "low reply rate", 1, f"a reply rate of {rules.responsive_reply_rate:.0%}"
    yield "too few months", 2, months
    yield "reply rate", 2, f"a reply rate of {rules.engaged_reply_rate:.0%}"
    yield "no meeting or question", 2, "one held meeting or a question of the contact"
    yield "too few contact-initiated acts", 3, f"{rules.trusted_acts} contact-initiated acts"
    yield "reviews missed", 3, f"attendance at {rules.trusted_attendance:.0%} of the reviews"
    yield "no advocacy act", 4, f"a verified advocacy act within {rules.advocacy_days} days"
    yield "all conditions hold", 5, None
