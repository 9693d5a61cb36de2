"""Step lifecycle (see lifecycle.sql)."""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules


def tables(_rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give the rule tables that lifecycle.sql joins."""
    yield from ()
