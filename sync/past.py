"""The past, recomputed from the stage: read only, beside it in memory, without a CRM and without a ledger.

`sync.app` opens it for ``--as-of`` and for ``rapport calibrate``. What was known then and what is today's says
`mapping.replay`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from mapping.replay import rewind
from sync.stage import refusal, set_up

DAY = 86_400


class NothingStagedError(Exception):
    """There is no past to go back to: nothing was pulled, or not up to that day."""


@contextmanager
def opened(stage: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database in memory that sees the stage as ``staged``, read only.

    Raises StageInUseError while a run has the stage, StageClosedError when it cannot be read, NothingStagedError when
    there is none.
    """
    if not stage.exists():
        raise NothingStagedError("nothing was pulled yet; the past is recomputed from the stage: rapport pull")
    with duckdb.connect() as connection:
        set_up(connection)
        try:
            connection.execute(f"ATTACH '{str(stage).replace(chr(39), chr(39) * 2)}' AS staged (READ_ONLY)")
        except duckdb.Error as error:
            raise refusal(stage, error) from error
        yield connection


def known_until(connection: duckdb.DuckDBPyConnection) -> int:
    """Tell the moment of the last computation: nothing later is staged. Raises NothingStagedError before the first."""
    try:
        rows = connection.execute("SELECT as_of FROM staged.run").fetchall()
    except duckdb.CatalogException:
        rows = []
    if not rows:
        raise NothingStagedError("nothing was computed yet; do it once: rapport plan")
    return int(rows[0][0])


def go_back(connection: duckdb.DuckDBPyConnection, day: int) -> int:
    """Show the stage as it was at the end of the UTC day that begins at `day`, or at the last run; tells the moment.

    Raises NothingStagedError for a day that was not pulled yet.
    """
    known = known_until(connection)
    if day > known:
        newest = datetime.fromtimestamp(known, UTC).strftime("%Y-%m-%d")
        raise NothingStagedError(f"this day is not in the stage; the newest is {newest}, that of the last run")
    as_of = min(day + DAY - 1, known)
    rewind(connection, as_of)
    return as_of
