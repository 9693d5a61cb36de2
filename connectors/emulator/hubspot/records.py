"""The records of one object type: found by id, listed by ascending id, remembered as search still sees them.

Pure state without rules; `crm.Crm` holds one table per object type. Whoever reads records does it through `Reading`,
so that a table may be backed by something else than a dictionary.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

SEED_TIME = 0.0
"""`written` of a record that was there before anybody called: search sees it at once."""

FURTHER = {"email": "hs_additional_emails"}
"""Properties that hold further values of an identifying one."""

HISTORY_LENGTH = 20
"""Values remembered per property, newest first."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and by which road: what history and webhooks tell of a change."""

    source: str
    """HubSpot's word: INTEGRATION, CALCULATED, MERGE_OBJECTS, IMPORT, ..."""
    id: str | None = None
    label: str | None = None
    ruled: bool = False
    """Whether the portal's validation rules bind this road."""


SEED = Author("CRM_UI")
CALCULATED = Author("CALCULATED")


@dataclass(frozen=True, slots=True)
class Change:
    """One earlier or present value of a property."""

    value: str | None
    at: datetime
    by: Author


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is after a write; a write makes a new one."""

    id: int
    properties: Mapping[str, str | None]
    created: datetime
    updated: datetime
    archived_at: datetime | None = None
    written: float = SEED_TIME
    """Epoch seconds of the write, by which search's lag is told."""
    maker: Author = SEED
    history: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    """Newest first; only of properties changed since the record was made."""

    @property
    def archived(self) -> bool:
        """Whether the record is in the recycle bin."""
        return self.archived_at is not None

    def versions(self, name: str) -> tuple[Change, ...]:
        """List the values of a property, newest first; none when it never had one."""
        first = Change(self.properties.get(name), self.created, self.maker)
        return self.history.get(name) or ((first,) if first.value is not None else ())


Test = Callable[[Record], bool]


class Reading(Protocol):
    """All that list, get, batch read and search ask of a table."""

    aliases: dict[int, int]
    """Ids of merged records and the winner each became."""
    revision: int
    """Grows with each change; for caches."""

    def __len__(self) -> int: ...

    def find(self, record_id: int, *, archived: bool = False) -> Record | None:
        """Find a record of exactly this id and state."""
        ...

    def holds(self, record_id: int) -> bool:
        """Whether a live record has exactly this id; cheaper than to find it."""
        ...

    def winner(self, record_id: int) -> int:
        """Follow merges from an old id to the record that lives on."""
        ...

    def by_unique(self, name: str, value: str) -> Record | None:
        """Find the live record that holds this value of a unique property, in any case."""
        ...

    def unique(self, name: str) -> bool:
        """Whether the property identifies records."""
        ...

    def page(self, after: int, limit: int, *, archived: bool) -> tuple[list[Record], int | None]:
        """List up to `limit` records with ids from `after` on, and the id the next page begins with."""
        ...

    def select(self, test: Test, horizon: float) -> list[Record]:
        """List the live records that pass a test, as they were at `horizon` (epoch seconds): what search sees."""
        ...

    def unsettled(self, horizon: float) -> bool:
        """Whether some write is newer than `horizon`."""
        ...


class Table:
    """Records of one object type, live and archived, with an index per unique property; a `Reading`."""

    def __init__(self) -> None:
        self._records: dict[int, Record] = {}
        self._ids: dict[bool, list[int]] = {False: [], True: []}
        self._unique: dict[str, dict[str, int]] = {}
        self._earlier: dict[int, list[Record]] = {}
        self._recent: set[int] = set()
        self.aliases: dict[int, int] = {}
        self.revision = 0

    def __len__(self) -> int:
        return len(self._records)

    def find(self, record_id: int, *, archived: bool = False) -> Record | None:
        """As `Reading.find`."""
        found = self._records.get(record_id)
        return found if found is not None and found.archived is archived else None

    def holds(self, record_id: int) -> bool:
        """As `Reading.holds`."""
        found = self._records.get(record_id)
        return found is not None and not found.archived

    def winner(self, record_id: int) -> int:
        """As `Reading.winner`."""
        while record_id in self.aliases:
            record_id = self.aliases[record_id]
        return record_id

    def page(self, after: int, limit: int, *, archived: bool) -> tuple[list[Record], int | None]:
        """As `Reading.page`."""
        ids = self._ids[archived]
        start = bisect_left(ids, after)
        end = start + limit
        return [self._records[i] for i in ids[start:end]], ids[end] if end < len(ids) else None

    def select(self, test: Test, horizon: float) -> list[Record]:
        """As `Reading.select`."""
        return [record for record in self.settled(horizon) if test(record)]

    def warm(self, ids: Iterable[int]) -> None:
        """Get ready for many finds; a table over a file reads these records together."""

    def put(self, new: Record) -> Record | None:
        """Store a record and answer the one it replaces."""
        old = self._records.get(new.id)
        if old is None:
            insort(self._ids[new.archived], new.id)
        elif old.archived is not new.archived:
            self._unlist(old)
            insort(self._ids[new.archived], new.id)
        self._reindex(old, new)
        self._records[new.id] = new
        if new.written > SEED_TIME:
            self._recent.add(new.id)
            if old is not None:
                self._earlier.setdefault(new.id, []).append(old)
        self.revision += 1
        return old

    def drop(self, record_id: int) -> None:
        """Forget a record for good."""
        old = self._records.pop(record_id, None)
        if old is None:
            return
        self._unlist(old)
        self._reindex(old, None)
        self._earlier.pop(record_id, None)
        self._recent.discard(record_id)
        self.revision += 1

    def _unlist(self, old: Record) -> None:
        ids = self._ids[old.archived]
        del ids[bisect_left(ids, old.id)]

    def index(self, name: str) -> None:
        """Keep an index of a unique property from now on."""
        if name not in self._unique:
            self._unique[name] = {value: r.id for r in self._records.values() for value in _live_values(r, name)}

    def forget_index(self, name: str) -> None:
        """Let a property hold a value more than once."""
        self._unique.pop(name, None)

    def unique(self, name: str) -> bool:
        """As `Reading.unique`."""
        return name in self._unique

    def uniques(self) -> list[str]:
        """List the properties that identify records."""
        return list(self._unique)

    def by_unique(self, name: str, value: str) -> Record | None:
        """As `Reading.by_unique`."""
        found = self._unique.get(name, {}).get(value.strip().lower())
        return None if found is None else self._records[found]

    def _reindex(self, old: Record | None, new: Record | None) -> None:
        for name, index in self._unique.items():
            before, after = _live_values(old, name), _live_values(new, name)
            for value in before - after:
                if old is not None and index.get(value) == old.id:
                    del index[value]
            if new is not None:
                index.update(dict.fromkeys(after, new.id))

    def settled(self, horizon: float) -> Iterator[Record]:
        """Every live record as it was at `horizon` (epoch seconds): what search has caught up with."""
        self.unsettled(horizon)
        for record_id, record in self._records.items():
            seen = record if record.written <= horizon else self._as_of(record_id, horizon)
            if seen is not None and not seen.archived and not record.archived:
                yield seen

    def unsettled(self, horizon: float) -> bool:
        """As `Reading.unsettled`; forgets versions that no longer matter."""
        for record_id in [i for i in self._recent if self._records[i].written <= horizon]:
            self._recent.discard(record_id)
            self._earlier.pop(record_id, None)
        return bool(self._recent)

    def _as_of(self, record_id: int, horizon: float) -> Record | None:
        earlier = self._earlier.get(record_id, [])
        return next((r for r in reversed(earlier) if r.written <= horizon), None)


def _live_values(record: Record | None, name: str) -> set[str]:
    """List the values by which a record is found: of a contact's email the further ones a merge has left, too."""
    if record is None or record.archived:
        return set()
    value = record.properties.get(name)
    found = {value.strip().lower()} if value else set()
    more = record.properties.get(FURTHER[name]) if name in FURTHER else None
    return found | {part.strip().lower() for part in more.split(";") if part.strip()} if more else found


def changed(old: Record, values: Mapping[str, str | None], at: datetime, by: Author) -> Record:
    """Make the record that a write of `values` leaves behind, its history prolonged."""
    history = dict(old.history)
    for name, value in values.items():
        if value != old.properties.get(name):
            history[name] = (Change(value, at, by), *old.versions(name))[:HISTORY_LENGTH]
    properties = {**old.properties, **values}
    return replace(old, properties=properties, updated=at, written=at.timestamp(), history=history)
