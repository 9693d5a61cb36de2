"""Pulls a portal stream after stream: the first time from HubSpot's lists, afterwards what changed.

Lists are complete and never late, and a list that is read to its end (`StreamEnd.whole`) finds deletions without asking
for them. Later pulls ask `connectors.hubspot.delta` what changed and read that by id.

A quiet pull costs at most 35 calls: four for the property definitions (deals' are read by `check`), two for the owners,
two for the association labels, and three for each of the nine other streams: a search of the window, a count and a page
of the recycle bin. A further page comes with every 100 records in the bin or owners; a stream of at most 100 records
takes one request instead of three. Changed rows cost a batch/read for 100, a search for 200 and, for each kind of
association, a request for 1,000.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any

from connectors.base import Page, StreamEnd
from connectors.errors import Forbidden, Rejected, Unusable
from connectors.hubspot import records
from connectors.hubspot.client import PAGE, Answer, Client, chunks, next_page
from connectors.hubspot.delta import Cursor, Delta, counted, kind_of, look
from connectors.hubspot.engagements import ENGAGEMENTS, Engagement, activity, own_task, participants
from connectors.hubspot.pages import Batch, page, tables_of
from connectors.hubspot.records import Reading, Rows, Tables
from connectors.hubspot.values import Row, columns_of, lower, parts, row
from connectors.hubspot.workbench import Workbench
from mapping.metadata import FIELDS, SNOOZE, TASK_KEY, results

Json = dict[str, Any]

GATHERED = 1_000
"""Records that are read together: so many may be asked for their associations at once."""
WIDE = 20_000
"""Records a page of companies, contacts or deals carries at most, which hold no long texts; others carry `GATHERED`."""
REMEMBERED = 200_000
"""Contacts whose addresses are kept in memory while engagements are read."""

LABELLED: Mapping[str, str] = {"contacts": "companies", "deals": "contacts"}
"""Streams whose rows carry association labels, with the other end."""
TIED: Mapping[str, Sequence[str]] = {"contacts": ("companies",), "deals": ("companies", "contacts")}
"""Streams whose associations are read by themselves, with their labels."""
MERGING = frozenset({"companies", "contacts", "deals"})
REQUIRED = frozenset({"companies", "contacts"})
"""Streams without which a run makes no sense; every other one may be forbidden."""


@dataclass(slots=True)
class Seen:
    """What a pull learns on its way.

    `since` tells by stream how far back capture reaches, `closed` what the token may not read, `winners` by object type
    the changed records that took others up: what was tied to those is tied to them now, without having changed itself.
    """

    since: dict[str, int] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    winners: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """How one object type is read.

    `convert` turns answers of HubSpot into rows, told which associations they bring along; `parts` names the beginnings
    that the ids of a record's rows have besides its own; `inline` are associations a list brings along; a page carries
    at most `most` records.
    """

    name: str
    properties: Sequence[str]
    convert: Callable[[Sequence[Answer], Sequence[str]], Batch]
    parts: Callable[[str], Sequence[str]] = lambda _: ()
    inline: Sequence[str] = ()
    most: int = GATHERED


@dataclass(slots=True)
class Reader:
    """One pull of one portal, as of its clock `now`.

    `labels` are the kinds of association of each stream in `LABELLED`; `written` are ids we wrote that a search may not
    show yet.
    """

    client: Client
    reading: Reading
    now: int
    labels: Mapping[str, Sequence[Json]]
    cursors: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, Sequence[str]] = field(default_factory=dict)
    seen: Seen = field(default_factory=Seen)
    _addresses: dict[str, list[str]] = field(default_factory=dict)
    _bench: Workbench = field(init=False)

    def __post_init__(self) -> None:
        self._bench = Workbench(self.reading.source, self.reading.customer_stages, self.reading.role_labels)

    def pull(self) -> Iterator[Page | StreamEnd]:
        """Yield every stream; an engagement or deal that the token may not read is left out and said so."""
        yield from self._required(self._owners())
        with self._bench:
            for stream in self._streams():
                yield from self._required(self._records(stream)) if stream.name in REQUIRED else self._permitted(stream)
        yield from self._coverage()

    def resumed(self) -> Mapping[str, Cursor]:
        """Map the streams that will be asked what changed, instead of being listed, to where they go on."""
        found = {stream.name: self._usable(stream) for stream in self._streams()}
        return {name: cursor for name, cursor in found.items() if cursor}

    # --- how a stream is read ----------------------------------------------------------------------------------------

    def _required(self, items: Iterable[Page | StreamEnd]) -> Iterator[Page | StreamEnd]:
        try:
            yield from items
        except Rejected as error:
            raise Unusable(str(error)) from error

    def _permitted(self, stream: Stream) -> Iterator[Page | StreamEnd]:
        try:
            yield from self._records(stream)
        except Rejected as error:
            if not isinstance(error, Forbidden):
                raise Unusable(str(error)) from error
            self.seen.closed.add(stream.name)
            yield StreamEnd(stream.name, None, whole=False, read=0, dropped={str(error): 1}, missing=str(error))

    def _records(self, stream: Stream) -> Iterator[Page | StreamEnd]:
        """List a stream, or read what changed of it."""
        cursor = self._usable(stream)
        written = self.written.get(stream.name, ())
        delta = look(self.client, stream.name, cursor, self.now, written) if cursor else None
        dropped = {f"no property {name}": 1 for name in self.reading.missing.get(stream.name, ())}
        if cursor is None or delta is None:
            yield from self._listed(stream, dropped)
        else:
            yield from self._changed(stream, cursor.start, delta, dropped)

    def _usable(self, stream: Stream) -> Cursor | None:
        cursor = Cursor.parse(self.cursors.get(stream.name))
        return cursor if cursor and cursor.usable(self.now, self._shape(stream)) else None

    def _listed(self, stream: Stream, dropped: Mapping[str, int]) -> Iterator[Page | StreamEnd]:
        total = known = 0
        pages = self.client.pages(stream.name, self._asked(stream), stream.inline)
        for answers in gathered(pages, stream.most // PAGE):
            batch = stream.convert(answers, stream.inline)
            total += len(batch.ids)
            known += batch.created
            yield page(stream.name, batch.tables, batch.ids, [loser for loser, _ in batch.merged])
        cursor = Cursor(self.now, known, self.now, self.now, self._shape(stream), self.seen.since.get(stream.name))
        yield StreamEnd(stream.name, cursor.text(), whole=True, read=total, dropped=dropped, until=self.now)

    def _changed(
        self, stream: Stream, since: int, delta: Delta, dropped: Mapping[str, int]
    ) -> Iterator[Page | StreamEnd]:
        total = 0
        gone = dict.fromkeys(delta.gone)
        self._note_since(stream.name, delta.cursor.since)
        ids = dict.fromkeys(chain(delta.ids, self._moved_to_winners(stream.name)))
        for asked in chunks(list(ids), GATHERED):
            batch = stream.convert(list(self.client.answers(stream.name, asked, self._asked(stream))), ())
            self.seen.winners.setdefault(stream.name, []).extend(dict.fromkeys(winner for _, winner in batch.merged))
            found = list(batch.ids)
            lost = [*dict.fromkeys(asked).keys() - set(found), *(loser for loser, _ in batch.merged)]
            gone.update(dict.fromkeys(lost))
            total += len(found)
            yield page(stream.name, batch.tables, _with_parts(stream, found))
        if gone:
            yield page(stream.name, {}, deleted=_with_parts(stream, list(gone)))
        cursor = delta.cursor.reaching(self.seen.since.get(stream.name))
        kept = cursor.text()
        yield StreamEnd(stream.name, kept, whole=False, read=total, dropped=dropped, since=since, until=self.now)

    def _asked(self, stream: Stream) -> list[str]:
        return self._with_own(stream.name, stream.properties)

    def _with_own(self, name: str, properties: Sequence[str]) -> list[str]:
        """Add what every record is asked for: when it was created and, where there are merges, whom it took up."""
        merged = [records.MERGED_IDS] if name in MERGING else []
        return list(dict.fromkeys([*properties, kind_of(name).created, *merged]))

    def _shape(self, stream: Stream) -> str:
        """Digest everything that decides how a record becomes rows: labels too, for renaming one moves no record."""
        told = self.labels.get(stream.name, ())
        labels = sorted((kind["category"], kind["typeId"], kind.get("label")) for kind in told)
        decides = (sorted(stream.properties), labels, self.reading.terms())
        return hashlib.sha256(repr(decides).encode()).hexdigest()[:16]

    def _moved_to_winners(self, object_type: str) -> Iterator[str]:
        """Name the records that are tied to a winner of a merge: they may have been tied to a loser."""
        for other, winners in self.seen.winners.items():
            for ties in self.client.associations(other, object_type, winners).values() if other != object_type else ():
                yield from (str(tie["toObjectId"]) for tie in ties)

    # --- streams -----------------------------------------------------------------------------------------------------

    def _owners(self) -> Iterator[Page | StreamEnd]:
        total = 0
        for archived in (True, False):  # of a colleague who is in both lists the active state counts
            for owners in self.client.owners(archived):
                total += len(owners)
                found = tables_of(columns_of(flat(records.owner(self.reading, one) for one in owners)))
                yield page("owners", found, [str(one["id"]) for one in owners])
        yield StreamEnd("owners", None, whole=True, read=total)

    def _streams(self) -> Sequence[Stream]:
        return (self._companies(), self._contacts(), self._deals(), *map(self._engagements, ENGAGEMENTS))

    def _companies(self) -> Stream:
        names = self.reading.properties(records.COMPANY, "account")
        return Stream("companies", names, partial(self._laid, "companies", names, records.companies), most=WIDE)

    def _contacts(self) -> Stream:
        names = self.reading.properties(records.CONTACT, "contact", "usage", "signal")
        convert = partial(self._laid, "contacts", names, records.contacts)
        return Stream("contacts", names, convert, records.contact_parts, most=WIDE)

    def _deals(self) -> Stream:
        names = self.reading.properties(records.DEAL, "opportunity")
        convert = partial(self._laid, "deals", names, records.deals)
        return Stream("deals", names, convert, records.deal_parts, most=WIDE)

    def _laid(
        self,
        name: str,
        properties: Sequence[str],
        read: Callable[[Reading, Workbench], Tables],
        answers: Sequence[Answer],
        _: Sequence[str],
    ) -> Batch:
        """Lay records out on the workbench, with what they are tied to, and read them there."""
        ids = self._bench.lay(self._with_own(name, properties), *_of(answers))
        for other in TIED.get(name, ()):
            self._bench.tie(other, *_of(list(self.client.ties(name, other, ids))))
        created = self._bench.created(kind_of(name).created, self.now)
        return Batch(ids, read(self.reading, self._bench), created, self._bench.merged())

    def _engagements(self, engagement: Engagement) -> Stream:
        own = [self._key(), snooze(self.reading.prefix)] if engagement.object_type == "tasks" else []
        convert = partial(self._engagement_batch, engagement)
        return Stream(engagement.object_type, [*engagement.names, *own], convert, inline=("contacts", "companies"))

    def _engagement_batch(self, engagement: Engagement, answers: Sequence[Answer], inline: Sequence[str]) -> Batch:
        found = {one["id"]: one for answer in answers for one in answer.records()}
        rows = self._engagement_rows(engagement, list(found.values()), inline)
        tables = tables_of(columns_of(rows))
        return Batch(list(found), tables, counted(list(found.values()), engagement.object_type, self.now))

    def _engagement_rows(self, engagement: Engagement, found: Sequence[Json], inline: Sequence[str]) -> Rows:
        linked = self._inline_ties if inline else self._ties
        contacts = linked(engagement.object_type, "contacts", found)
        companies = linked(engagement.object_type, "companies", found)
        if engagement.kind == "email":
            self._learn_addresses({contact for ids in contacts.values() for contact in ids})
        for one in found:
            if ours := one["properties"].get(self._key()):
                until = one["properties"].get(snooze(self.reading.prefix))
                yield from own_task(self.reading.source, ours, until, one)
            else:
                yield from self._engagement(engagement, one, contacts[one["id"]], companies[one["id"]])

    def _engagement(
        self, engagement: Engagement, record: Json, contacts: Sequence[str], companies: Sequence[str]
    ) -> Rows:
        values = activity(self.reading.source, engagement, record, companies)
        if engagement.captures and isinstance(values["happened_at"], int):
            self._note_since(engagement.object_type, values["happened_at"])
        yield "activity", row("activity", values)
        known = {contact: self._addresses.get(contact, []) for contact in contacts}
        yield from participants(values, known, record["properties"])

    def _coverage(self) -> Iterator[Page | StreamEnd]:
        captured = {one.object_type for one in ENGAGEMENTS if one.captures}
        unread = bool(captured & self.seen.closed)
        facts = {
            "activity": (not unread, min(self.seen.since.values(), default=None), unread),
            "usage": (bool(self.reading.mapped.get("usage")), None, False),
        }
        stated = tables_of(columns_of(_fact(self.reading.source, name, *known) for name, known in facts.items()))
        yield page("coverage", stated, list(facts))
        yield StreamEnd("coverage", None, whole=True, read=len(facts))

    def _key(self) -> str:
        return task_key(self.reading.prefix)

    def _note_since(self, stream: str, moment: int | None) -> None:
        if moment is not None:
            self.seen.since[stream] = min(moment, self.seen.since.get(stream, moment))

    # --- what a record is tied to ------------------------------------------------------------------------------------

    def _ties(self, from_type: str, to_type: str, found: Sequence[Json]) -> dict[str, list[str]]:
        """Read the ids that records are tied to, each once."""
        ties = self.client.associations(from_type, to_type, ids_of(found))
        return {
            one["id"]: list(dict.fromkeys(str(tie["toObjectId"]) for tie in ties.get(one["id"], []))) for one in found
        }

    def _inline_ties(self, from_type: str, to_type: str, found: Sequence[Json]) -> dict[str, list[str]]:
        """Take the ids from what a list brought along; where HubSpot cut it short it is read to its end."""
        told = {one["id"]: (one.get("associations") or {}).get(to_type) or {} for one in found}
        ties = {
            key: list(dict.fromkeys(str(tie["id"]) for tie in held.get("results") or ())) for key, held in told.items()
        }
        cut = [one for one in found if next_page(told[one["id"]])]
        return {**ties, **(self._ties(from_type, to_type, cut) if cut else {})}

    def _learn_addresses(self, contacts: set[str]) -> None:
        """Read the addresses of contacts not met before, so that an e-mail's sender is told from its other readers."""
        if len(self._addresses) > REMEMBERED:
            self._addresses.clear()
        unknown = sorted(contacts - self._addresses.keys())
        self._addresses.update((contact, []) for contact in unknown)
        for found in self.client.read("contacts", unknown, ("email", "hs_additional_emails")):
            held = found["properties"]
            mails = [held.get("email"), *parts(held.get("hs_additional_emails"))]
            self._addresses[str(found["id"])] = [clean for mail in mails if (clean := lower(mail))]


def _with_parts(stream: Stream, ids: Sequence[str]) -> list[str]:
    return [*ids, *(part for key in ids for part in stream.parts(key))]


def _of(answers: Sequence[Answer]) -> tuple[list[bytes], Callable[[int], Iterable[bytes]]]:
    """Give answers as the workbench takes them: their bytes, and how one that is garbled is asked for again."""
    return [answer.data for answer in answers], lambda place: answers[place].again()


def gathered(pages: Iterable[Answer], most: int) -> Iterator[list[Answer]]:
    """Put so many answers together, and what is left."""
    left = iter(pages)
    while held := list(islice(left, most)):
        yield held


def task_key(prefix: str) -> str:
    """Name the property that holds our key on a task."""
    return next(one.hubspot_name(prefix) for one in results("task") if one.name == TASK_KEY)


def snooze(prefix: str) -> str:
    """Name the property in which a human sets until when nobody wants to hear of a task."""
    return next(one.hubspot_name(prefix) for one in FIELDS if one.name == SNOOZE)


def flat(rows: Iterable[Rows]) -> Rows:
    """Join the rows of several records."""
    for found in rows:
        yield from found


def ids_of(found: Iterable[Json]) -> list[str]:
    """List the ids of records."""
    return [record["id"] for record in found]


def _fact(source: str, name: str, available: bool, since: int | None, unread: bool) -> tuple[str, Row]:
    values = {"source": source, "fact": name, "available": available, "since_at": since, "unread": unread}
    return "coverage_of_source", row("coverage_of_source", values)
