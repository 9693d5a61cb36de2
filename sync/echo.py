"""What was written is in the stage at once: a CRM whose index is late must not make our own value look like a human's.

`sync.apply` notes every write that was carried out and settles them in the end; the next pull reads the records again.
"""

from collections.abc import Iterable

import duckdb

from connectors.base import CreateTask, Outcome, UpdateRecord, WriteResult
from mapping.metadata import results
from mapping.records import Column, Table
from mapping.statements import create, execute

_WRITTEN = Table(
    "written",
    "Writes that were carried out.",
    (),
    tuple(Column(name, "TEXT", "see connectors.base") for name in ("source", "object", "id", "key")),
)


class Echo:
    """The writes of one plan, on the connection that holds its tables and the stage."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._written: list[tuple[str, str, str, str | None]] = []

    def note(self, source: str, answered: Iterable[WriteResult]) -> None:
        """Remember the writes that were carried out."""
        for result in answered:
            write = result.write
            record_id = result.id if isinstance(write, CreateTask) else write.id
            if result.outcome is Outcome.DONE and record_id:
                told = (write.object, None) if isinstance(write, UpdateRecord) else ("task", write.key)
                self._written.append((source, told[0], record_id, told[1]))

    def settle(self) -> None:
        """Bring what the plan meant to write into the stage, where it was written."""
        if not self._written:
            return
        self._connection.begin()
        create(self._connection, _WRITTEN, self._written)
        for name, field in self._connection.execute("SELECT DISTINCT object, field FROM plan_change").fetchall():
            if field in {declared.name for declared in results(name)}:
                self._set(name, field)
        execute(self._connection, "sql/stage_written", "sync")
        self._connection.commit()
        self._written.clear()

    def _set(self, object_name: str, field: str) -> None:
        self._connection.execute(
            f"UPDATE observed_{object_name} AS o SET {field} = c.after FROM written AS w"
            " JOIN plan_change AS c ON c.source = w.source AND c.object = w.object AND c.id = w.id"
            " WHERE w.object = ? AND c.field = ? AND o.source = w.source AND o.id = w.id",
            [object_name, field],
        )
