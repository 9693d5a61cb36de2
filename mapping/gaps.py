"""Finds what is missing and deserves a task (see gaps.sql; domain section 9).

`mapping.compute` runs it on needs, roles and depth. A gap has one key for life:
``organisation|account_key|product|kind|role|person``, the last two empty where the kind is not about one. No gap is
claimed from what is unknown: a role without evidence, a champion whose department nobody knows, silence in an account
whose activity we do not see.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, figures, listing

FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2100, 1, 1)
EPOCH = date(1970, 1, 1)
FRIDAY = 4


def tables(rules: Rules, profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give the figures, the kinds and their words, the product and the calendar (for `desired` and `explain` too)."""
    yield figures("rule_gap", rules.gaps)
    yield figures("rule_severity", rules.gaps.severity)
    yield listing("rule_gap_kind", "kind TEXT, weight DOUBLE, to_manager BOOLEAN, why TEXT, action TEXT", _kinds(rules))
    yield listing("rule_product", "name TEXT", [(profile.products[0].name,)])
    yield listing("calendar", "day BIGINT, iso TEXT, workdays BIGINT, workday BOOLEAN", list(_calendar()))


def _kinds(rules: Rules) -> Rows:
    return [
        (name, kind.weight, name in rules.gaps.manager_kinds, kind.why, kind.action)
        for name, kind in sorted(rules.gaps.kinds.items())
    ]


@cache
def _calendar() -> tuple[tuple[object, ...], ...]:
    """List every day: days since 1970, ISO text, Mondays to Fridays counted up to it, whether it is one of them."""
    rows: list[tuple[object, ...]] = []
    workdays = 0
    for number in range((FIRST_DAY - EPOCH).days, (LAST_DAY - EPOCH).days):
        day = EPOCH + timedelta(days=number)
        workdays += day.weekday() <= FRIDAY
        rows.append((number, day.isoformat(), workdays, day.weekday() <= FRIDAY))
    return tuple(rows)
