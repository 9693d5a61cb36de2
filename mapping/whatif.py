"""Says what the coverage of an account would be if a person left, the roles and depths of the others held.

`mapping.explain` calls `imagine` for the records it explains. The very statements that compute coverage compute it
again, on accounts in which that person has departed, so that what is imagined is what would come.
"""

import duckdb

from mapping.statements import execute

SHARED = (
    "rule_coverage",
    "rule_need",
    "rule_live",
    "rule_counts_twice",
    "rule_allotment",
    "rule_sold",
)
"""Tables of coverage that a scenario shares with the account; whatif.sql makes the others."""

ANSWER = """
CREATE OR REPLACE TEMP TABLE what_if AS
SELECT scenario.account_key, scenario.person_id, coverage.status, coverage.score
FROM scenario
JOIN imagined.coverage AS coverage ON coverage.account_key = scenario.scenario_key
"""


def imagine(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `what_if` (account_key, person_id, status, score): a row for each person of `explained` who counts.

    Works in a database of its own beside the one of `connection`, because coverage makes its tables by their names; in
    memory, because nothing of it is read again.
    """
    connection.execute("ATTACH ':memory:' AS imagined")
    try:
        execute(connection, "whatif")
        _cover(connection, _quoted(connection))
        connection.execute(ANSWER)
    finally:
        connection.execute("DETACH imagined")


def _cover(connection: duckdb.DuckDBPyConnection, here: str) -> None:
    with connection.cursor() as aside:
        aside.execute("USE imagined")
        try:
            for name in SHARED:
                aside.execute(f"CREATE VIEW {name} AS SELECT * FROM {here}.{name}")
            execute(aside, "coverage")
        finally:
            aside.execute(f"USE {here}")


def _quoted(connection: duckdb.DuckDBPyConnection) -> str:
    """Name the database of the connection, whatever signs are in its name."""
    found = connection.execute("SELECT current_database()").fetchone()
    return '"{}"'.format(str((found or ("memory",))[0]).replace('"', '""')) + ".main"
