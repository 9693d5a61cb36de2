"""The past, recomputed from the stage: read only, beside it in memory, without a CRM and without a ledger.

`sync.app` opens it for ``--as-of`` and for ``rapport calibrate``. What was known then and what is today's says
`mapping.replay`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from mapping.replay import rewind
from mapping.statements import execute
from sync.engine import set_up
from sync.stage import refusal

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


def month_ends(moment: int, months: int) -> list[int]:
    """Name the last days of so many months before `moment`, oldest first, each by its beginning in UTC."""
    ends: list[int] = []
    first = datetime.fromtimestamp(moment, UTC).replace(hour=0, minute=0, second=0, microsecond=0, day=1)
    for _ in range(months):
        last = first - timedelta(days=1)
        ends.append(int(last.timestamp()))
        first = last.replace(day=1)
    return ends[::-1]


def standings(connection: duckdb.DuckDBPyConnection, text: str) -> list[dict[str, Any]]:
    """Read the coverage just computed of the accounts whose name or id contains `text`, in the shape of the history."""
    execute(connection, "sql/standings", "sync")
    found = connection.execute(
        "SELECT * FROM standing_then WHERE CONTAINS(LOWER(name), ?) OR CONTAINS(LOWER(id), ?) ORDER BY source, id",
        [text.lower(), text.lower()],
    )
    names = [column[0] for column in found.description or ()]
    return [_remembered(dict(zip(names, row, strict=True))) for row in found.fetchall()]


def _remembered(row: dict[str, Any]) -> dict[str, Any]:
    head = {name: row.pop(name) for name in ("source", "id", "name")}
    return {**head, "coverage": {name: value for name, value in row.items() if value is not None}}


def course(recomputed: Iterable[Mapping[str, Any]], noted: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put what was recomputed, in the order of time, before what was noted of each account: one row a change.

    A moment from the first note on is not recomputed: what was published then counts. Every row says which it is.
    """
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    begins: dict[tuple[str, str], int] = {}
    notes = [dict(row) for row in noted]
    for note in notes:
        begins.setdefault((note["source"], note["id"]), note["as_of"])
    for row in recomputed:
        account = row["source"], row["id"]
        told = rows.setdefault(account, [])
        before = row["as_of"] < begins.get(account, row["as_of"] + 1)
        if before and (not told or told[-1]["coverage"] != row["coverage"]):
            told.append({**row, "recomputed": True})
    for note in notes:
        rows.setdefault((note["source"], note["id"]), []).append({**note, "recomputed": False})
    return [row for account in sorted(rows) for row in rows[account]]
