"""A table whose first records lie in a file: what was written since lies over them in memory."""

from collections.abc import Iterable, Iterator
from itertools import islice

from connectors.emulator.hubspot.columnar.base import Base
from connectors.emulator.hubspot.records import Record, Table, Test


class LayeredTable(Table):
    """A `Table` that holds what was written; a record of the file is taken over before its first write."""

    def __init__(self, base: Base) -> None:
        super().__init__()
        self.base = base
        self.taken: set[int] = set()
        """Ids of the file's records that are not the file's any more."""

    def __len__(self) -> int:
        return self.base.count - len(self.taken) + super().__len__()

    def find(self, record_id: int, *, archived: bool = False) -> Record | None:
        """As `Reading.find`."""
        found = super().find(record_id, archived=archived)
        return self._filed(record_id) if found is None and not archived else found

    def holds(self, record_id: int) -> bool:
        """As `Reading.holds`."""
        return super().holds(record_id) or (record_id not in self.taken and self.base.holds(record_id))

    def page(self, after: int, limit: int, *, archived: bool) -> tuple[list[Record], int | None]:
        """As `Reading.page`."""
        if archived:
            return super().page(after, limit, archived=True)
        filed = list(islice(self._live(after, limit + 1), limit + 1))
        found = sorted([*filed, *self.written(after, limit + 1)], key=lambda record: record.id)
        return found[:limit], found[limit].id if len(found) > limit else None

    def written(self, after: int, limit: int) -> list[Record]:
        """Up to `limit` live records with ids from `after` on that are not the file's."""
        return super().page(after, limit, archived=False)[0]

    def warm(self, ids: Iterable[int]) -> None:
        """As `Table.warm`."""
        self.base.warm(each for each in ids if each not in self.taken)

    def put(self, new: Record) -> Record | None:
        """Store a record and answer the one it replaces."""
        self._take(new.id)
        return super().put(new)

    def drop(self, record_id: int) -> None:
        """Forget a record for good."""
        self._take(record_id)
        super().drop(record_id)

    def by_unique(self, name: str, value: str) -> Record | None:
        """As `Reading.by_unique`."""
        found = super().by_unique(name, value)
        if found is not None or not self.unique(name) or not value.strip():
            return found
        return next((record for each in self.base.holding(name, value) if (record := self._filed(each))), None)

    def select(self, test: Test, horizon: float, condition: str = "TRUE") -> list[Record]:
        """As `Reading.select`; `condition` in SQL is met by all records of the file that pass the test."""
        filed = [record for record in self.base.scan(condition) if record.id not in self.taken and test(record)]
        return filed + self.select_written(test, horizon)

    def select_written(self, test: Test, horizon: float) -> list[Record]:
        """As `select`, of the records that are not the file's."""
        return super().select(test, horizon)

    def filed(self, condition: str, order: str, most: int) -> tuple[int, list[Record]]:
        """How many records that are still the file's meet a condition in SQL, and the first of them in an order."""
        taken = f"id NOT IN (SELECT unnest([{', '.join(map(str, self.taken))}]))" if self.taken else "TRUE"
        count, ids = self.base.first(f"{condition} AND {taken}", order, most)
        self.base.warm(ids)
        return count, [record for each in ids if (record := self.base.find(each))]

    def _filed(self, record_id: int) -> Record | None:
        return None if record_id in self.taken else self.base.find(record_id)

    def _take(self, record_id: int) -> None:
        filed = self._filed(record_id)
        if filed is not None:
            self.taken.add(record_id)
            super().put(filed)

    def _live(self, after: int, size: int) -> Iterator[Record]:
        while found := self.base.page(after, size):
            yield from (record for record in found if record.id not in self.taken)
            after = found[-1].id + 1
