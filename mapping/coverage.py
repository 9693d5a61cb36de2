"""Compares the live relationships of an account with the required numbers (see coverage.sql; domain section 7).

`mapping.compute` runs it on roles and depth. Decisions where the domain is silent: conditions on departments and the
redundancy look at every live champion, also at one who is counted as buyer; where an organisation has not said which
departments a product is sold to, no champion is asked for outside of them; a role whose required number is reached by
levels that humans set is known although the data cannot tell.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import CoverageRules, Profile, Rows, Rules, figures, listing

FREE_CHOICES = 8
"""So many people of one account who are buyer and champion are allotted in the best way; any more count as buyers."""


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give the figures, the required numbers, what a holder counts and the allotments (`evidence`: departments)."""
    yield figures("rule_coverage", rules.coverage)
    yield listing("rule_need", NEED, sorted(_needs(rules.coverage)))
    yield listing("rule_live", LIVE, sorted(_live(rules.coverage)))
    yield listing("rule_counts_twice", "segment TEXT", [(segment,) for segment in sorted(rules.coverage.both_count_in)])
    yield listing(
        "rule_allotment", "allotment BIGINT, people BIGINT, place BIGINT, as_champion BOOLEAN", list(_allotments())
    )


NEED = (
    "product TEXT, segment TEXT, breadth TEXT, role TEXT, required BIGINT, outside BIGINT, outside_consuming BOOLEAN, "
    "departments BIGINT"
)
LIVE = "role TEXT, rank BIGINT, subtype TEXT, depth BIGINT, credit BIGINT, head BOOLEAN"


def _needs(rules: CoverageRules) -> Iterator[tuple[object, ...]]:
    """Give the cells of every product, named by "", and those that only one product has."""
    for product, needs in {"": rules.needs, **rules.needs_of_product}.items():
        for breadth, cells in needs.items():
            for segment, need in cells.items():
                cell = (product, segment, breadth)
                outside = (need.outside, need.outside_consuming, need.departments)
                yield (*cell, "buyer", need.buyers, 0, False, 0)
                yield (*cell, "champion", need.champions, *outside)
                yield (*cell, "power user", need.power_users, 0, False, 0)


def _live(rules: CoverageRules) -> Iterator[tuple[object, ...]]:
    """Give one row a way to count, best first by rank; credit in hundredths, so that sums are exact."""
    for rank, (subtype, buyer) in enumerate(rules.buyers.items(), start=1):
        yield ("buyer", rank, subtype, buyer.depth, round(100 * buyer.credit), True)
    yield ("champion", 1, "", rules.champion_depth, 100, True)
    yield ("champion", 2, "", rules.champion_half_depth, round(100 * rules.champion_half_credit), False)
    yield ("power user", 1, "", rules.power_user_depth, 100, True)


def _allotments() -> Iterator[tuple[object, ...]]:
    """Number every way to count people as buyer or champion; the fewer champions, the lower the number.

    `people` is the least number of people that a way is about.
    """
    ways = sorted(range(2**FREE_CHOICES), key=lambda way: (way.bit_count(), way))
    for number, way in enumerate(ways):
        for place in range(FREE_CHOICES):
            yield (number, way.bit_length(), place + 1, bool(way >> place & 1))
