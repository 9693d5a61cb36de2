"""Pulls a portal: stream after stream from HubSpot's lists, which are complete and never lag, unlike its search.

Every stream is listed in full (`StreamEnd.whole`): that finds deletions and merges without asking for them, and a list
costs one request for 100 records. Pages carry up to 1,000 records, because so many may be asked for their associations
at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.base import Page, StreamEnd
from connectors.errors import Forbidden, Rejected, Unusable
from connectors.hubspot import records
from connectors.hubspot.client import Client, next_page
from connectors.hubspot.engagements import ENGAGEMENTS, Engagement, activity, own_task, participants
from connectors.hubspot.records import Reading, Rows
from connectors.hubspot.values import TABLES, Row, lower, parts, row
from mapping.metadata import FIELDS, SNOOZE, TASK_KEY, results
from mapping.statements import arrow_table

Json = dict[str, Any]

GATHERED = 1000
"""Records a page carries at most."""
REMEMBERED = 200_000
"""Contacts whose addresses are kept in memory while engagements are read."""

STREAMS: Mapping[str, tuple[str, ...]] = {
    "owners": ("user_account",),
    "companies": ("account", "observed_account"),
    "contacts": ("contact", "observed_contact", "affiliation", "contact_role", "usage", "signal"),
    "deals": ("opportunity", "contact_role"),
    **{one.object_type: ("activity", "participant") for one in ENGAGEMENTS},
    "tasks": ("activity", "participant", "own_task"),
    "coverage": ("coverage_of_source",),
}
"""The streams in the order of a pull, with the tables each one fills."""


@dataclass(slots=True)
class Seen:
    """What a pull learns on its way: how far back capture reaches, and what it was not allowed to read."""

    since: int | None = None
    closed: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Reader:
    """One pull of one portal."""

    client: Client
    reading: Reading
    seen: Seen = field(default_factory=Seen)
    _addresses: dict[str, list[str]] = field(default_factory=dict)

    def pull(self) -> Iterator[Page | StreamEnd]:
        """Yield every stream; an engagement or deal that the token may not read is left out and said so."""
        yield from self._stream("owners", self._owners())
        yield from self._stream("companies", self._companies())
        yield from self._stream("contacts", self._contacts())
        yield from self._permitted("deals", self._deals())
        for engagement in ENGAGEMENTS:
            yield from self._permitted(engagement.object_type, self._engagements(engagement))
        yield from self._stream("coverage", self._coverage())

    # --- streams -----------------------------------------------------------------------------------------------------

    def _stream(self, stream: str, batches: Iterable[tuple[int, Rows]]) -> Iterator[Page | StreamEnd]:
        """Turn batches of (records read, rows) into pages and their end."""
        total = 0
        try:
            for count, rows in batches:
                total += count
                yield page(stream, rows)
        except Rejected as error:
            raise Unusable(str(error)) from error
        yield StreamEnd(stream, None, whole=True, read=total)

    def _permitted(self, stream: str, batches: Iterable[tuple[int, Rows]]) -> Iterator[Page | StreamEnd]:
        try:
            yield from self._stream(stream, batches)
        except Unusable as error:
            if not _forbidden(error):
                raise
            self.seen.closed.add(stream)
            yield StreamEnd(stream, None, whole=False, read=0, dropped={str(error): 1}, missing=str(error))

    def _owners(self) -> Iterator[tuple[int, Rows]]:
        for archived in (True, False):  # of a colleague who is in both lists the active state counts
            for owners in self.client.owners(archived):
                yield len(owners), flat(records.owner(self.reading, one) for one in owners)

    def _companies(self) -> Iterator[tuple[int, Rows]]:
        names = self.reading.properties(records.COMPANY, "account")
        for found in gathered(self.client.pages("companies", names)):
            yield len(found), flat(records.company(self.reading, one) for one in found)

    def _contacts(self) -> Iterator[tuple[int, Rows]]:
        names = self.reading.properties(records.CONTACT, "contact", "usage", "signal")
        for found in gathered(self.client.pages("contacts", names)):
            yield len(found), self._contact_rows(found)

    def _contact_rows(self, found: Sequence[Json]) -> Rows:
        companies = self.client.associations("contacts", "companies", ids_of(found))
        for one in found:
            yield from records.contact(self.reading, one, companies.get(one["id"], []))

    def _deals(self) -> Iterator[tuple[int, Rows]]:
        names = self.reading.properties(records.DEAL, "opportunity")
        for found in gathered(self.client.pages("deals", names)):
            yield len(found), self._deal_rows(found)

    def _deal_rows(self, found: Sequence[Json]) -> Rows:
        companies = self.client.associations("deals", "companies", ids_of(found))
        contacts = self.client.associations("deals", "contacts", ids_of(found))
        for one in found:
            yield from records.deal(self.reading, one, companies.get(one["id"], []), contacts.get(one["id"], []))

    def _engagements(self, engagement: Engagement) -> Iterator[tuple[int, Rows]]:
        key = task_key(self.reading.prefix)
        own = [key, snooze(self.reading.prefix)] if engagement.object_type == "tasks" else []
        names = [*engagement.names, *own]
        for found in gathered(self.client.pages(engagement.object_type, names, ("contacts", "companies"))):
            yield len(found), self._engagement_rows(engagement, found, key)

    def _engagement_rows(self, engagement: Engagement, found: Sequence[Json], key: str) -> Rows:
        contacts = {one["id"]: self._linked(engagement, one, "contacts") for one in found}
        if engagement.kind == "email":
            self._learn_addresses({contact for linked in contacts.values() for contact in linked})
        for one in found:
            if ours := one["properties"].get(key):
                until = one["properties"].get(snooze(self.reading.prefix))
                yield from own_task(self.reading.source, ours, until, one)
            else:
                yield from self._engagement(engagement, one, contacts[one["id"]])

    def _engagement(self, engagement: Engagement, record: Json, contacts: Sequence[str]) -> Rows:
        values = activity(self.reading.source, engagement, record, self._linked(engagement, record, "companies"))
        if engagement.captures and isinstance(values["happened_at"], int):
            self.seen.since = min(values["happened_at"], self.seen.since or values["happened_at"])
        yield "activity", row("activity", values)
        known = {contact: self._addresses.get(contact, []) for contact in contacts}
        yield from participants(values, known, record["properties"])

    def _coverage(self) -> Iterator[tuple[int, Rows]]:
        captured = {one.object_type for one in ENGAGEMENTS if one.captures}
        unread = bool(captured & self.seen.closed)
        facts = {
            "activity": (not unread, self.seen.since, unread),
            "usage": (bool(self.reading.mapped.get("usage")), None, False),
        }
        yield len(facts), iter([_fact(self.reading.source, name, *known) for name, known in facts.items()])

    # --- what a record is tied to ------------------------------------------------------------------------------------

    def _linked(self, engagement: Engagement, record: Json, to_type: str) -> list[str]:
        """List the ids a record is tied to, each once; a list that HubSpot cut short is read to its end."""
        ties = record.get("associations", {}).get(to_type, {})
        if next_page(ties):
            whole = self.client.associations(engagement.object_type, to_type, [record["id"]])
            return list(dict.fromkeys(str(tie["toObjectId"]) for tie in whole.get(record["id"], [])))
        return list(dict.fromkeys(str(tie["id"]) for tie in ties.get("results", [])))

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


def page(stream: str, rows: Rows) -> Page:
    """Sort rows into the tables of a stream; its ids are those of all rows, so that each one is known to the stream."""
    tables: dict[str, list[Row]] = {name: [] for name in STREAMS[stream]}
    ids: dict[str, None] = {}
    for table, values in rows:
        tables[table].append(values)
        ids[str(values[_PARENT[table]])] = None
    return Page(stream, list(ids), {name: arrow_table(TABLES[name], found) for name, found in tables.items()})


_PARENT = {name: table.column_names().index(table.parent) for name, table in TABLES.items()}


def gathered(pages: Iterable[list[Json]]) -> Iterator[list[Json]]:
    """Put list pages together until they hold `GATHERED` records."""
    held: list[Json] = []
    for found in pages:
        held += found
        if len(held) >= GATHERED:
            yield held
            held = []
    if held:
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


def _forbidden(error: Unusable) -> bool:
    return isinstance(error.__cause__, Forbidden)
