"""A table whose first rows lie in a file: what was written since lies over them in memory."""

from collections.abc import Iterator, MutableMapping, ValuesView

from connectors.emulator.salesforce.columnar.base import Base
from connectors.emulator.wire import JsonObject


class Layered(MutableMapping[str, JsonObject]):
    """Rows by id: those of `base` in their order, as changed since, then new ones in the order they came."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.changed: dict[str, JsonObject] = {}
        self.new: dict[str, JsonObject] = {}
        self.gone: set[str] = set()

    def __getitem__(self, record_id: str) -> JsonObject:
        row = self.new.get(record_id) or self.changed.get(record_id)
        if row is None and record_id not in self.gone:
            row = self.base.find(record_id)
        if row is None:
            raise KeyError(record_id)
        return row

    def __setitem__(self, record_id: str, row: JsonObject) -> None:
        layer = self.changed if self.base.serial(record_id) else self.new
        layer[record_id] = row
        self.gone.discard(record_id)

    def __delitem__(self, record_id: str) -> None:
        if self.new.pop(record_id, None) is None:
            self[record_id]
            self.changed.pop(record_id, None)
            self.gone.add(record_id)

    def __len__(self) -> int:
        return self.base.count - len(self.gone) + len(self.new)

    def __iter__(self) -> Iterator[str]:
        yield from (each for each in self.base.ids() if each not in self.gone)
        yield from self.new

    def values(self) -> ValuesView[JsonObject]:
        """The rows, read from the file many at a time."""
        return _Rows(self)

    def rows(self) -> Iterator[JsonObject]:
        """As `values`, one after the other."""
        for row in self.base.scan():
            if row["Id"] not in self.gone:
                yield self.changed.get(row["Id"], row)
        yield from self.new.values()

    def written(self) -> Iterator[JsonObject]:
        """The rows that are not the file's any more, or never were."""
        yield from self.changed.values()
        yield from self.new.values()

    def untouched(self, field: str, value: str) -> Iterator[str]:
        """The ids of rows of the file that nobody wrote and whose field holds the text, without regard to case."""
        found = self.base.matching(field, value)
        return (each for each in found if each not in self.changed and each not in self.gone)


class _Rows(ValuesView[JsonObject]):
    """The rows of a table; the ready-made view would look each of them up by its id."""

    def __init__(self, table: Layered) -> None:
        super().__init__(table)
        self._table = table

    def __iter__(self) -> Iterator[JsonObject]:
        return self._table.rows()
