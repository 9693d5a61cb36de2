"""The records of the org: tables of rows by id, with an undo for requests that must happen as a whole.

A row is never changed in place but replaced, so that an open query cursor keeps what it found.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.columnar.layered import Layered
from connectors.emulator.salesforce.schema import Schema, SObject
from connectors.emulator.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Deletion:
    """One entry of the log that getDeleted() reads; `at` in the wire form."""

    entity: str
    record_id: str
    at: str


class Store:
    """All tables. Ids are canonical (18 characters) everywhere inside."""

    def __init__(self, schema: Schema) -> None:
        self._tables: dict[str, MutableMapping[str, JsonObject]] = {each.name: {} for each in schema.objects.values()}
        self._names = {each.prefix: each.name for each in schema.objects.values() if each.prefix}
        self._serials: dict[str, int] = {}
        self._indexes: dict[tuple[str, str], dict[str, set[str]]] = {}
        self._undo: list[tuple[str, str, JsonObject | None]] | None = None
        self.deletions: list[Deletion] = []
        self.fresh: dict[str, dict[str, None]] | None = None
        """By object, the ids of rows written since somebody who follows the writes last looked; None for nobody."""

    def lay(self, entity: SObject, table: Layered) -> None:
        """Replace an object's empty table by one that has rows in a file."""
        self._tables[entity.name] = table
        self._serials[entity.prefix] = table.base.last

    def tables(self) -> Iterable[tuple[str, Mapping[str, JsonObject]]]:
        """All tables by the name of their object."""
        return self._tables.items()

    def filed(self, name: str) -> bool:
        """Whether an object has rows in a file."""
        return isinstance(self._tables[name], Layered)

    def warm(self, texts: Iterable[object]) -> None:
        """Read rows of files together that are about to be asked for one by one; what is no id is passed over."""
        found = [canonical for each in texts if isinstance(each, str) and (canonical := ids.canonical(each))]
        for name, table in self._tables.items():
            if isinstance(table, Layered):
                table.base.warm(each for each in found if self.kind(each) == name)

    def age(self, name: str, day: str) -> None:
        """Archive the activities of a file that happened up to a day, ISO."""
        if isinstance(table := self._tables[name], Layered):
            table.base.age(day)

    def written(self, name: str) -> Iterable[JsonObject]:
        """The rows of an object that do not lie in a file as they are: all, where there is no file."""
        table = self._tables[name]
        return table.written() if isinstance(table, Layered) else table.values()

    def having(self, name: str, field: str) -> list[JsonObject]:
        """The rows that hold a field, be it null."""
        table = self._tables[name]
        narrow = isinstance(table, Layered) and field not in table.base.columns
        return [row for row in (self.written(name) if narrow else table.values()) if field in row]

    def add(self, entity: SObject) -> None:
        """Give an object a table, unless it has one."""
        self._tables.setdefault(entity.name, {})
        if entity.prefix:
            self._names[entity.prefix] = entity.name

    def size(self) -> int:
        """How many records there are."""
        return sum(map(len, self._tables.values()))

    def table(self, name: str) -> Mapping[str, JsonObject]:
        """The rows of an object by id, in the order they came."""
        return self._tables[name]

    def find(self, record_id: str) -> JsonObject | None:
        """Any row by canonical id."""
        name = self._names.get(record_id[:3])
        return self._tables[name].get(record_id) if name else None

    def kind(self, record_id: str) -> str:
        """The name of the object the id belongs to, `Name` for an unknown prefix."""
        return self._names.get(record_id[:3], "Name")

    def new_id(self, entity: SObject) -> str:
        """An id nobody has."""
        serial = self._serials.get(entity.prefix, 0)
        while True:
            serial += 1
            made = ids.make(entity.prefix, serial)
            if made not in self._tables[entity.name]:
                self._serials[entity.prefix] = serial
                return made

    def put(self, name: str, row: JsonObject) -> None:
        """Add or replace a row."""
        self._remember(name, row["Id"])
        self._set(name, row["Id"], row)

    def remove(self, name: str, record_id: str) -> None:
        """Take a row away for good, leaving nothing in the recycle bin."""
        self._remember(name, record_id)
        self._set(name, record_id, None)

    def matching(self, name: str, field: str, value: str) -> list[str]:
        """The ids of the rows whose field holds the text, without regard to case; kept in an index from first use."""
        if (name, field) not in self._indexes:
            index = self._indexes[name, field] = {}
            for row in self.written(name):
                index.setdefault(_key(row, field), set()).add(row["Id"])
        table = self._tables[name]
        filed = table.untouched(field, value) if isinstance(table, Layered) else ()
        return sorted((*self._indexes[name, field].get(value.lower(), ()), *filed))

    @contextmanager
    def transaction(self) -> Iterator[Callable[[], None]]:
        """Take back what is written inside when an exception leaves the block, or when the yielded function is called.

        Blocks may be nested; each takes back only its own part.
        """
        outermost = self._undo is None
        undo = self._undo = [] if self._undo is None else self._undo
        take_back = partial(self._restore, len(undo), len(self.deletions))
        try:
            yield take_back
        except BaseException:
            take_back()
            raise
        finally:
            if outermost:
                self._undo = None

    def _set(self, name: str, record_id: str, row: JsonObject | None) -> None:
        before = self._tables[name].pop(record_id, None) if row is None else self._tables[name].get(record_id)
        if row is not None:
            self._tables[name][record_id] = row
        if self.fresh is not None:
            self.fresh.setdefault(name, {})[record_id] = None
        for (table, field), index in self._indexes.items():
            if table == name and before is not None:
                index.get(_key(before, field), set()).discard(record_id)
            if table == name and row is not None:
                index.setdefault(_key(row, field), set()).add(record_id)

    def _remember(self, name: str, record_id: str) -> None:
        if self._undo is not None:
            self._undo.append((name, record_id, self._tables[name].get(record_id)))

    def _restore(self, writes: int, deletions: int) -> None:
        undo = self._undo or []
        while len(undo) > writes:
            name, record_id, row = undo.pop()
            self._set(name, record_id, row)
        del self.deletions[deletions:]


def _key(row: JsonObject, field: str) -> str:
    return str(value).lower() if (value := row.get(field)) is not None else ""
