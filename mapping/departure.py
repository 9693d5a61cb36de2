"""Marks as departed whom only the acts show to have gone (see departure.sql; domain section 4).

`mapping.compute` runs it after depth, which finds them. Decisions where the domain is silent: an automatic reply counts
until something comes from the person again; silence counts only after steady traffic, where activity is known, our
messages stay unanswered, the product is not used and no human has set a depth.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules


def tables(_rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give nothing: the figures were given by `mapping.activity`."""
    return iter(())
