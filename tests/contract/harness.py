"""What the contract suite needs of a CRM besides its connector, and a small stage that obeys the port's words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from connectors.base import Connector, Page, StreamEnd, UpdateRecord
from mapping.metadata import observed_tables
from mapping.records import MERGED, STAGED

TABLES = (*STAGED, *MERGED.values(), *observed_tables())
MERGES = {table.name for table in MERGED.values()}
PARENTS = {table.name: table.parent for table in TABLES}
COLUMNS = {table.name: table.column_names() for table in TABLES}


@dataclass(frozen=True, slots=True)
class Harness:
    """A connector over a CRM that holds at least two contacts of one account.

    `delete_contact` lets a person delete `spare_contact_id`; `rejected` is a write to `contact_id` that the vendor
    refuses, and `rejected_words` stands in the vendor's message; `settle` lets as much time pass as the vendor needs
    before the next pull must show everything; `clock` is the CRM's clock. `manager_id` is another colleague than
    `owner_id`; `snooze` lets a person put a date (or nothing) into our field on a task, `finish` complete one.
    """

    connector: Connector
    account_id: str
    contact_id: str
    spare_contact_id: str
    owner_id: str
    manager_id: str
    delete_contact: Callable[[], None]
    rejected: UpdateRecord
    rejected_words: str
    clock: Callable[[], float]
    settle: Callable[[], None]
    snooze: Callable[[str, str | None], None]
    finish: Callable[[str], None]


Record = dict[str, object]


@dataclass(slots=True)
class Mirror:
    """Applies pages by the letter of the port: replace by parent, forget what was deleted or not listed."""

    rows: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in PARENTS})
    cursors: dict[str, str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    ends: list[StreamEnd] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)

    def pull(self, connector: Connector) -> "Mirror":
        """Pull everything since the last time."""
        self.ends.clear()
        seen: set[str] = set()
        for part in connector.pull(dict(self.cursors)):
            match part:
                case Page():
                    seen |= set(part.ids)
                    self._take(part)
                case StreamEnd():
                    self._end(part, seen)
                    seen = set()
        return self

    def all(self, table: str, **wanted: object) -> list[Record]:
        """List the rows of `table` that hold all the `wanted` values."""
        return [row for row in self.rows[table] if all(row[name] == value for name, value in wanted.items())]

    def one(self, table: str, **wanted: object) -> Record:
        """Give the only such row."""
        (row,) = self.all(table, **wanted)
        return row

    def _take(self, page: Page) -> None:
        self.members.setdefault(page.stream, set()).update(one for one in page.ids if not one.endswith(":"))
        self.deleted |= set(page.deleted)
        self._forget(page.tables.keys() - MERGES, page.deleted)  # a loser is known for ever
        for name, arrived in page.tables.items():
            names = arrived.column_names
            columns = [arrived.column(column).to_pylist() for column in names]
            rows: list[Record] = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
            if len(names) < len(COLUMNS[name]):
                self._patch(name, rows)
                continue
            assert tuple(names) == COLUMNS[name], name
            assert name not in page.listed or {row[PARENTS[name]] for row in rows} <= set(page.ids), name
            self._forget([name], page.ids)
            self.rows[name] += rows

    def _patch(self, name: str, rows: list[Record]) -> None:
        new = {row[PARENTS[name]]: row for row in rows}
        self.rows[name] = [{**row, **new.get(row[PARENTS[name]], {})} for row in self.rows[name]]

    def _end(self, end: StreamEnd, seen: set[str]) -> None:
        self.ends.append(end)
        if end.cursor is not None:
            self.cursors[end.stream] = end.cursor
        if end.whole:
            self._forget(PARENTS.keys() - MERGES, self.members.get(end.stream, set()) - seen)
            self.members[end.stream] = seen

    def _forget(self, tables: Iterable[str], ids: Iterable[str]) -> None:
        gone = set(ids)
        begin = tuple(one for one in gone if one.endswith(":"))
        for name in tables:
            parent = PARENTS[name]
            self.rows[name] = [
                row for row in self.rows[name] if row[parent] not in gone and not str(row[parent]).startswith(begin)
            ]
