"""What changed in one object type since the last pull: found by HubSpot's search, which is late and short-sighted.

`connectors.hubspot.read` asks `look` and reads the named ids by batch/read, because a search tells old content. Where
asking costs more than listing, or the answer does not add up, `look` gives None and the stream is listed in full.

Four things make up for the search: each window begins `OVERLAP` before the last one's end, so that what the index
showed late is met by a second pass; what that pass meets again unchanged is not read again; the archived, whom no
search shows, come from a list; and the number of records must be the one that follows from what was read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.errors import Forbidden, Rejected, RetryLater
from connectors.hubspot.client import PAGE, Client, next_page
from connectors.hubspot.records import MERGED_IDS
from connectors.hubspot.values import parts

Json = dict[str, Any]

OVERLAP = 600
"""Seconds of the last window that are searched again; an index later than this is found by the count of records."""
RECONCILE = 7 * 86_400
"""Seconds after which a stream is listed in full whatever the searches say (our default)."""
SHARE = 1 / 3
"""Part of the known records from which listing them all is cheaper than reading the changed ones by id."""
REMEMBERED = 1_000
"""Records of the overlap whose versions a cursor holds at most; of more none is held, and they are read again."""
_VERSION = 3
"""Raised where records are read otherwise than before, so that all are read again."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a stream knows of the portal; moments are HubSpot's, in epoch seconds.

    `start` is where the next window begins, `known` the number of living records created until then; `as_of` and
    `whole_at` are the times of the last pull and of the last full list. `shape` digests what is read and how: another
    shape makes a list. `seen` holds the versions, by id, that the overlap will meet again; `since` is the earliest act.
    """

    start: int
    known: int
    as_of: int
    whole_at: int
    shape: str
    since: int | None = None
    seen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | None) -> "Cursor | None":
        """Read what `text` wrote; anything else counts as no cursor."""
        try:
            version, *values = orjson.loads(text or "")
            return cls(*values) if version == _VERSION else None
        except (ValueError, TypeError):
            return None

    def text(self) -> str:
        """Write the cursor for the stage."""
        values = (self.start, self.known, self.as_of, self.whole_at, self.shape, self.since, self.seen)
        return orjson.dumps([_VERSION, *values]).decode()

    def usable(self, now: int, shape: str) -> bool:
        """Tell whether what changed since may be asked for, instead of everything, which one request may list."""
        return self.known > PAGE and self.shape == shape and self.as_of <= now <= self.whole_at + RECONCILE

    def outgrown(self, changed: int) -> bool:
        """Tell whether listing everything costs less than reading so many changed records by id."""
        return changed > self.known * SHARE

    def reaching(self, since: int | None) -> "Cursor":
        """Note the earliest act that is known."""
        return replace(self, since=since)


@dataclass(frozen=True, slots=True)
class Kind:
    """An object type with the names of its two moments."""

    name: str
    modified: str
    created: str


def kind_of(object_type: str) -> Kind:
    """Name the moments of an object type: contacts have their own word for the last change."""
    modified = "lastmodifieddate" if object_type == "contacts" else "hs_lastmodifieddate"
    created = "createdate" if object_type in {"contacts", "companies", "deals"} else "hs_createdate"
    return Kind(object_type, modified, created)


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that a search found: the version it found, when it was created (ms), how many records it took up."""

    id: str
    modified: str
    created: int
    merged: int


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed: records to read by id, records that are gone, and the cursor to keep once both are stored."""

    ids: Sequence[str]
    gone: Sequence[str]
    cursor: Cursor


def look(client: Client, object_type: str, cursor: Cursor, now: int, written: Sequence[str]) -> Delta | None:
    """Ask what changed until `now`, besides the records we have `written` ourselves; None asks for a full list."""
    try:
        return _Look(client, kind_of(object_type), cursor, now).delta(written)
    except Forbidden:
        raise
    except Rejected:
        return None


def changes(client: Client, object_type: str, cursor: Cursor, now: int) -> int:
    """Count what `look` will find, or as many as ask for a full list; one search."""
    kind = kind_of(object_type)
    return client.count(object_type, [_between(kind.modified, cursor.start * 1000, now * 1000)])


@dataclass(slots=True)
class _Look:
    client: Client
    kind: Kind
    cursor: Cursor
    now: int

    def delta(self, written: Sequence[str]) -> Delta | None:
        found = self._hits()
        if found is None:
            return None
        archived = [one for page in self.client.archived(self.kind.name, [self.kind.created]) for one in page]
        known = self._known(found, archived)
        if known is None:
            return None
        gone = [str(one["id"]) for one in archived if _archived_at(one) >= (self.cursor.as_of - OVERLAP) * 1000]
        fresh = [hit.id for hit in found if self.cursor.seen.get(hit.id) != hit.modified]
        ids = dict.fromkeys([*fresh, *written])
        return Delta([one for one in ids if one not in set(gone)], gone, self._next(found, known))

    def _hits(self) -> list[Hit] | None:
        """Collect what the window holds; None when it is too much to be read one by one."""
        found: dict[str, Hit] = {}
        for left, hits in windows(self.client, self.kind, self.cursor.start * 1000, self.now * 1000):
            if self.cursor.outgrown(left):
                return None
            found |= {hit.id: hit for hit in hits}
        return list(found.values())

    def _next(self, found: Sequence[Hit], known: int) -> Cursor:
        start = max(self.cursor.start, self.now - OVERLAP)
        again = {hit.id: hit.modified for hit in found if milliseconds(hit.modified) >= start * 1000}
        seen = again if len(again) <= REMEMBERED else {}
        return Cursor(start, known, self.now, self.cursor.whole_at, self.cursor.shape, self.cursor.since, seen)

    def _known(self, found: Sequence[Hit], archived: Sequence[Json]) -> int | None:
        """Count the living records created until the next window; None when they are not those we know of.

        Fewer is a deletion nobody told of, more is a record that no window showed. Merges explain the one, an index
        that still shows what was just archived the other.
        """
        old, new = self.cursor.start * 1000, max(self.cursor.start, self.now - OVERLAP) * 1000
        if new == old:  # too soon: the index may not hold all of them yet
            return self.cursor.known
        born = sum(old < hit.created <= new for hit in found)
        lost = [one for one in archived if _archived_at(one) >= self.cursor.as_of * 1000]
        left = sum(_created(one, self.kind) <= old for one in lost)
        late = sum(_archived_at(one) >= (self.now - OVERLAP) * 1000 for one in archived)
        expected = self.cursor.known + born - left
        total = self.client.count(self.kind.name, [_between(self.kind.created, 0, new)])
        if total == expected or expected < total <= expected + late:
            return expected
        return total if expected - sum(hit.merged for hit in found) <= total < expected else None


def windows(client: Client, kind: Kind, low: int, high: int) -> Iterator[tuple[int, list[Hit]]]:
    """Find what was modified from `low` to `high` (epoch milliseconds), a page at a time; a record may come twice.

    With each page goes the number of records that were left to be found before it.

    Each page begins at the last moment of the one before, never at an offset: records that change meanwhile leave the
    window, and HubSpot counts no further than 10,000. Where a page holds nothing but one moment, its ids are followed.
    """
    while low <= high:
        page = client.find(kind.name, [_between(kind.modified, low, high)], kind.modified, _told(kind))
        hits = [_hit(one, kind) for one in page["results"]]
        yield page["total"], hits
        if next_page(page) is None:
            return
        last = milliseconds(hits[-1].modified) if hits else -1  # an empty page that has a next one leads nowhere
        _insist(low <= last <= high, kind)
        if last == low:
            yield from _moment(client, kind, low)
            last += 1
        low = last


def _moment(client: Client, kind: Kind, moment: int) -> Iterator[tuple[int, list[Hit]]]:
    """Find what was modified in one millisecond, in the order of ids: an import stamps any number of records alike."""
    last = 0
    while True:
        above = {"propertyName": "hs_object_id", "operator": "GT", "value": str(last)}
        page = client.find(kind.name, [_between(kind.modified, moment, moment), above], "hs_object_id", _told(kind))
        hits = [_hit(one, kind) for one in page["results"]]
        yield page["total"], hits
        if next_page(page) is None:
            return
        _insist(bool(hits) and int(hits[-1].id) > last, kind)
        last = int(hits[-1].id)


def _insist(progress: bool, kind: Kind) -> None:
    """Refuse to go in circles with a search that is not in order."""
    if not progress:
        raise RetryLater(f"HubSpot's search of {kind.name} came back out of order. Run again later.")


def _told(kind: Kind) -> list[str]:
    return [kind.modified, kind.created, MERGED_IDS]


def _between(name: str, low: int, high: int) -> Json:
    return {"propertyName": name, "operator": "BETWEEN", "value": str(low), "highValue": str(high)}


def _hit(record: Json, kind: Kind) -> Hit:
    held = record["properties"]
    return Hit(str(record["id"]), held[kind.modified], _created(record, kind), len(list(parts(held.get(MERGED_IDS)))))


def _created(record: Json, kind: Kind) -> int:
    """Tell when a record was created; one that does not say so has been there for ever."""
    return milliseconds(record["properties"].get(kind.created) or record.get("createdAt") or "0")


def _archived_at(record: Json) -> int:
    """Tell when a record was archived; one that does not say so counts as just archived."""
    told = record.get("archivedAt")
    return milliseconds(told) if told else 1 << 62


def milliseconds(text: str) -> int:
    """Read a moment as HubSpot writes it.

    >>> milliseconds("2024-01-17T19:55:04.281Z"), milliseconds("1705521304281")
    (1705521304281, 1705521304281)
    """
    return int(text) if text.isdecimal() else round(datetime.fromisoformat(text).timestamp() * 1000)


def counted(found: Sequence[Json], object_type: str, until: int) -> int:
    """Count the listed records that were created until an epoch second.

    They are all old in nearly every batch, as their days alone tell; epoch milliseconds would begin with less.
    """
    kind = kind_of(object_type)
    day = datetime.fromtimestamp(until - 2 * 86_400, UTC).strftime("%Y-%m-%d")
    created = [one["properties"].get(kind.created) or "" for one in found]
    if created and min(created) > "19" and max(created) < day:
        return len(found)
    return sum(_created(one, kind) <= until * 1000 for one in found)
