"""Says how much of us an account gets and should get after the sale (see engagement.sql; domain sections 4 and 6 to 8).

`mapping.compute` runs it after equity. Decisions where the domain is silent: handover comes before renewal, renewal
before everything else; where nobody says when a tech-touch customer went live, the start of the contract stands for
it; an act counts once for each person it was with; a colleague whom both CRMs know by one address is one colleague.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, TierDays, figures, listing


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give the figures and, by tier, lifecycle, orientation and stage, what is normal."""
    engagement = rules.engagement
    yield figures("rule_engagement", engagement)
    cadence = [(step, *row) for step, days in rules.gaps.cadence.items() for row in _by_tier(days)]
    yield listing("rule_cadence", "lifecycle TEXT, tier TEXT, days BIGINT", cadence)
    yield listing("rule_introduction", "tier TEXT, days BIGINT", list(_by_tier(engagement.introduction_days)))
    yield listing("rule_load", "tier TEXT, accounts BIGINT", list(_by_tier(rules.gaps.load)))
    shares = [(step, share.ours, share.theirs) for step, share in engagement.expected.items()]
    yield listing("rule_expected", "lifecycle TEXT, ours DOUBLE, theirs DOUBLE", shares)
    scopes = [
        (orientation, stage, exchanges * part)
        for orientation, exchanges in engagement.scope.items()
        for stage, part in engagement.scope_of_stage.items()
    ]
    yield listing("rule_scope", "orientation TEXT, stage TEXT, exchanges DOUBLE", scopes)


def _by_tier(days: TierDays) -> Iterator[tuple[str, int | None]]:
    yield from (("high", days.high), ("low", days.low), ("tech", days.tech))
