"""Turns staged activities into touches: one row an act and person (see activity.sql).

`mapping.compute` runs it after people and customers are known. What is no act between us and a person never becomes a
touch: cancelled meetings, missed ones, automatic replies, planned calls, bounced mail, records that log an act twice.

Decisions where the domain is silent: an act counts for the account it names when the person belongs to it, else for
every account of the person. Acts of one person with the same kind and direction that two CRMs hold within five minutes
are one act; the record of the connection that comes first in home order stays. Of an inbound mail only the sender has
contact with us, not those who read it.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import DepthRules, Profile, Rows, Rules, figures, listing

OPENING = 4
"""Letters that the subject and a prefix are first compared by, so that the comparison is a join of equals."""


KINDS = (
    ("email", True, False),
    ("message", True, False),
    ("call", False, False),
    ("meeting", False, True),
    ("review", False, True),
    ("case", False, False),
)
"""The kinds of acts, whether each is written, and whether both sides are there; the place is the number of the kind."""


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_depth` (figures), `rule_kind`, `rule_subject` (opening words), `rule_parting` (words of a
    reply whose sender has left), `rule_review` and `rule_bulk_type`.
    """
    yield figures("rule_depth", rules.depth)
    kinds = [(number, *kind) for number, kind in enumerate(KINDS)]
    yield listing("rule_kind", "number BIGINT, kind TEXT, written BOOLEAN, mutual BOOLEAN", kinds)
    yield listing("rule_subject", "opening TEXT, prefix TEXT, meaning TEXT", sorted(_subjects(rules.depth)))
    yield listing("rule_review", "pattern TEXT", [(f" {word} ",) for word in sorted(rules.depth.review_patterns)])
    yield listing("rule_parting", "phrase TEXT", [(phrase,) for phrase in sorted(set(rules.identity.gone_phrases))])
    yield listing("rule_bulk_type", "type TEXT", [(word,) for word in sorted(rules.depth.one_to_many_types)])


def _subjects(rules: DepthRules) -> Iterator[tuple[str, str, str]]:
    grouped = {
        "cancelled": rules.cancelled_prefixes,
        "automatic": rules.auto_reply_prefixes,
        "bulk": rules.bulk_prefixes,
    }
    for meaning, prefixes in grouped.items():
        yield from ((prefix[:OPENING], prefix, meaning) for prefix in prefixes)
