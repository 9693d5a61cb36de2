"""Segment, breadth, revenue, tier of each customer, and what can be known about it at all (see lifecycle.sql)."""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, figures, listing


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_segments` (figures), `rule_capture`, `rule_spelling` (segment, breadth) and `rule_segment_tier`."""
    yield figures("rule_segments", rules.segments)
    yield listing("rule_capture", "days BIGINT", [(rules.depth.capture_days,)])
    yield listing("rule_spelling", "kind TEXT, spelling TEXT, value TEXT", sorted(set(_spellings(rules))))
    tiers = rules.segments.tier_of_segment
    yield listing("rule_segment_tier", "segment TEXT, tier TEXT", sorted(tiers.items()))


def _spellings(rules: Rules) -> Iterator[tuple[str, str, str]]:
    for segment, texts in rules.segments.segments.items():
        yield from (("segment", text.lower(), segment) for text in (segment, *texts))
    for breadth, texts in rules.segments.breadths.items():
        yield from (("breadth", text.lower(), breadth) for text in (breadth, *texts))
