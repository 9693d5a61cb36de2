"""Turns the clock of the stage back, so that the computation can be run as of a day in the past.

`sync.past` lays the stage, read only, under the name ``staged`` beside an empty database; `rewind` makes there one view
a staged table that shows what was known at a moment. What carries a date is respected; what does not is today's
(`TODAYS`).
"""

import duckdb

from mapping.records import REMEMBERED, Column, Table
from mapping.statements import create, execute

TODAYS = (
    "names, titles, departments and owners",
    "ties between people and companies",
    "roles named in the CRM",
    "usage",
    "segment, breadth, revenue and renewal date",
)
"""What has no history in the stage and is therefore today's also in a replay; said with every answer about the past."""

_MOMENT = Table(
    "replay_moment",
    "One row: the moment to go back to, and which words are left out because they are what is judged.",
    (),
    (
        Column("as_of", "BIGINT", "the moment"),
        Column("human_roles", "BOOLEAN", "roles that humans confirmed are seen"),
        Column("crm_roles", "BOOLEAN", "roles that somebody named in the CRM are seen"),
    ),
)


def rewind(
    connection: duckdb.DuckDBPyConnection, as_of: int, *, human_roles: bool = True, crm_roles: bool = True
) -> None:
    """Show the staged tables as they were at `as_of` (epoch seconds); the tables lie in ``staged``."""
    create(connection, _MOMENT, [(as_of, human_roles, crm_roles)])
    for table in REMEMBERED:  # what runs remember is of today: the past is computed as if it were the first run
        create(connection, table)
    execute(connection, "replay")
