"""Rolls the accounts up to the slices a leader asks about (see portfolio.sql; domain sections 7 and 8).

`mapping.compute` runs it after the gaps. Decisions where the domain is silent: score and equity of a slice are plain
means over its accounts that have one; a deal that closed after the first won one is a renewal (or an expansion) when it
was won and churn when it was lost; of deals copied between CRMs those of one record count.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules


def tables(_rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give nothing: it uses the figures of the steps before it."""
    return iter(())
