"""Segment, breadth, revenue, tier of each customer, and what can be known about it at all (see lifecycle.sql)."""

from collections.abc import Iterable, Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, figures, listing


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_segments` (figures), `rule_capture`, `rule_segment_tier` and `rule_spelling` (segment, breadth, value
    received, complexity).
    """
    yield figures("rule_segments", rules.segments)
    yield listing("rule_capture", "days BIGINT", [(rules.depth.capture_days,)])
    yield listing("rule_spelling", "kind TEXT, spelling TEXT, value TEXT", sorted(set(_spellings(rules))))
    tiers = rules.segments.tier_of_segment
    yield listing("rule_segment_tier", "segment TEXT, tier TEXT", sorted(tiers.items()))


def _spellings(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Give kind, spelling and value of every choice of the CRM's own fields; each value is a spelling of itself."""
    kinds: dict[str, Iterable[tuple[str, tuple[str, ...]]]] = {
        "segment": rules.segments.segments.items(),
        "breadth": rules.segments.breadths.items(),
        "value received": rules.equity.values_received.items(),
        "complexity": rules.equity.complexities.items(),
    }
    for kind, choices in kinds.items():
        for value, texts in choices:
            yield from ((kind, text.lower(), value) for text in (value, *texts))
