"""What is read from Salesforce's activities: e-mail messages, tasks, events, and who took part in them.

Relations are fetched apart from their activity (a query over polymorphic relations fails when it is large) and only
where the organisation has them: TaskRelation exists with Shared Activities alone. An e-mail logged by Enhanced Email is
an EmailMessage and a Task; the message is kept, it knows the direction and the addresses.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from email.utils import parseaddr

import arro3.core as arrow

from connectors.salesforce import columns
from connectors.salesforce.client import Record
from connectors.salesforce.columns import Column
from connectors.salesforce.soql import epoch
from connectors.salesforce.streams import Batch, Stream, World
from mapping.metadata import FIELDS, SNOOZE, TASK_KEY

CONTACT, ACCOUNT, USER = "003", "001", "005"
"""Beginnings of identifiers, by object."""
DRAFT = "5"
"""EmailMessage.Status of a message that was never sent."""

Part = tuple[str, str | None, str | None, str]
"""One participant: activity id, contact id, address, part (from, to or attendee)."""


def task_key_field(prefix: str) -> str:
    """Name the field of Task that holds our key."""
    return next(entry for entry in FIELDS if entry.name == TASK_KEY).salesforce_name(prefix)


def snooze_field(prefix: str) -> str:
    """Name the field of Task in which a human sets until when nobody wants to hear of it."""
    return next(entry for entry in FIELDS if entry.name == SNOOZE).salesforce_name(prefix)


def activity_streams(world: World) -> Iterator[Stream]:
    """Give the streams of activities in the order they are pulled."""
    yield _messages(world)
    yield _tasks(world)
    yield _events(world)


def _related(world: World, name: str, key: str, ids: Iterable[str], wanted: Sequence[str]) -> dict[str, list[Record]]:
    """Fetch the relation rows of some activities by activity; empty where the organisation has no such object."""
    found: dict[str, list[Record]] = defaultdict(list)
    if not world.schema.exists(name):
        return found
    fields = world.schema.visible(name, (key, *wanted))
    alive = bool(world.schema.visible(name, ["IsDeleted"]))
    for record in world.lookup.related(name, fields, key, ids, alive=alive):
        found[record[key]].append(record)
    return found


def _participants(world: World, parts: Iterable[Part]) -> arrow.Table:
    rows = list(dict.fromkeys(parts))
    names = ("activity_id", "contact_id", "email", "part")
    values: Mapping[str, Column] = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    return columns.table("participant", world.source, len(rows), values)


def _activities(
    world: World, records: Sequence[Record], facts: Callable[[Record], Mapping[str, object]]
) -> arrow.Table:
    """Build the activity table from the facts of each record."""
    rows = [facts(record) for record in records]
    names = rows[0].keys() if rows else ()
    return columns.table("activity", world.source, len(rows), {name: [row[name] for row in rows] for name in names})


# --- e-mail messages ------------------------------------------------------------------------------------------------

_MESSAGE = (
    "MessageDate",
    "CreatedDate",
    "CreatedById",
    "Incoming",
    "IsBounced",
    "Status",
    "Subject",
    "FromAddress",
    "ToAddress",
    "CcAddress",
    "BccAddress",
    "ActivityId",
    "RelatedToId",
)
_SENT: Mapping[object, tuple[str | None, str | None]] = {True: ("in", "contact"), False: ("out", "us")}
"""Direction and sender of a message by `Incoming`; where that field is hidden, nobody can tell."""
_ADDRESSES = {"FromAddress": "from", "ToAddress": "to", "CcAddress": "to", "BccAddress": "to"}


def _messages(world: World) -> Stream:
    def convert(records: Sequence[Record]) -> Batch:
        sent = [record for record in records if record.get("Status") != DRAFT]
        wanted = ("RelationId", "RelationType", "RelationAddress")
        ids = [record["Id"] for record in sent]
        relations = _related(world, "EmailMessageRelation", "EmailMessageId", ids, wanted)
        emails = _emails(world, relations)
        readers = (part for record in sent for part in _readers(record, relations[record["Id"]], emails))
        tables = {
            "activity": _activities(world, sent, lambda record: _message(record, relations[record["Id"]])),
            "participant": _participants(world, readers),
        }
        drafts = len(records) - len(sent)
        twins = [str(record["ActivityId"]) for record in sent if record.get("ActivityId")]
        return Batch(tables, {"draft": drafts} if drafts else {}, twins)

    return Stream("EmailMessage", _MESSAGE, convert)


def _emails(world: World, relations: Mapping[str, Sequence[Record]]) -> Mapping[str, str]:
    """Look the addresses of related contacts up where the relation itself does not say."""
    silent = {
        str(row.get("RelationId") or "")
        for rows in relations.values()
        for row in rows
        if not row.get("RelationAddress")
    }
    contacts = (contact for contact in silent if contact.startswith(CONTACT))
    found = world.lookup.related("Contact", ["Id", "Email"], "Id", contacts, alive=True)
    return {record["Id"]: record["Email"] for record in found if record.get("Email")}


def _message(record: Record, relations: Sequence[Record]) -> Mapping[str, object]:
    direction, organizer = _SENT.get(record.get("Incoming"), (None, None))
    ours = [row["RelationId"] for row in relations if str(row.get("RelationId") or "").startswith(USER)]
    about = str(record.get("RelatedToId") or "")
    return {
        "id": record["Id"],
        "kind": "email",
        "happened_at": epoch(record.get("MessageDate") or record.get("CreatedDate")),
        "direction": direction,
        "outcome": "bounced" if record.get("IsBounced") else None,
        "owner_id": ours[0] if ours else record.get("CreatedById"),
        "account_id": about if about.startswith(ACCOUNT) else None,
        "subject": record.get("Subject"),
        "type": None,
        "organizer": organizer,
        "twin_id": record.get("ActivityId"),
    }


def _readers(record: Record, relations: Sequence[Record], emails: Mapping[str, str]) -> Iterator[Part]:
    """Name sender and recipients: contacts by their relation, everybody else by address."""
    linked = set()
    for row in relations:
        part = _ADDRESSES.get(str(row.get("RelationType")))
        contact = str(row.get("RelationId") or "")
        if part and contact.startswith(CONTACT):
            address = next(iter(_addresses(row.get("RelationAddress") or emails.get(contact))), None)
            linked.add((address, part))
            yield record["Id"], contact, address, part
    for name, part in _ADDRESSES.items():
        for address in _addresses(record.get(name)):
            if (address, part) not in linked:
                yield record["Id"], None, address, part


def _addresses(text: str | None) -> list[str]:
    """Read a list of addresses, with or without the names of the people."""
    return [address.lower() for piece in (text or "").split(";") if "@" in (address := parseaddr(piece)[1])]


# --- tasks ----------------------------------------------------------------------------------------------------------

_TASK = (
    "Subject",
    "TaskSubtype",
    "Type",
    "Status",
    "IsClosed",
    "ActivityDate",
    "CompletedDateTime",
    "CreatedDate",
    "OwnerId",
    "AccountId",
    "WhoId",
    "CallType",
    "CallDurationInSeconds",
    "CallDisposition",
)
_CALL_DIRECTIONS = {"Inbound": "in", "Outbound": "out"}
_NOT_REACHED = (
    "no answer",
    "not connected",
    "voicemail",
    "voice mail",
    "left message",
    "busy",
    "wrong number",
    "missed",
)
_REACHED = ("connected", "reached", "answered", "spoke", "completed")


def _tasks(world: World) -> Stream:
    key = task_key_field(world.prefix)

    def convert(records: Sequence[Record]) -> Batch:
        own = [record for record in records if record.get(key)]
        others = [record for record in records if not record.get(key)]
        twins = _twins(world, others)
        acts = [record for record in others if record["Id"] not in twins]
        relations = _related(world, "TaskRelation", "TaskId", [record["Id"] for record in acts], ("RelationId",))
        tables = {
            "activity": _activities(world, acts, _task),
            "participant": _participants(
                world,
                (part for record in acts for part in _people(record, relations[record["Id"]], _task_part(record))),
            ),
            "own_task": _own_tasks(world, own, key),
        }
        return Batch(tables, {"twin of an e-mail message": len(twins)} if twins else {})

    return Stream("Task", (*_TASK, key, snooze_field(world.prefix)), convert)


def _twins(world: World, records: Sequence[Record]) -> frozenset[str]:
    """Find the e-mail tasks that an EmailMessage logs as well."""
    mails = [record["Id"] for record in records if _kind(record) == "email"]
    return frozenset(_related(world, "EmailMessage", "ActivityId", mails, ()))


def _kind(record: Record) -> str:
    subtype, kind = str(record.get("TaskSubtype") or ""), str(record.get("Type") or "")
    if subtype == "Call" or kind == "Call" or record.get("CallType"):
        return "call"
    if subtype in {"Email", "List Email"} or kind == "Email":
        return "email"
    return "message" if subtype == "LinkedIn" else "task"


def _task(record: Record) -> Mapping[str, object]:
    at = _done_at(record)
    kind = _kind(record)
    seconds = record.get("CallDurationInSeconds")
    return {
        "id": record["Id"],
        "kind": kind,
        "happened_at": at,
        "end_at": at + int(seconds) if at is not None and seconds else None,
        "direction": _task_direction(record),
        "outcome": _task_outcome(record, kind),
        "owner_id": record.get("OwnerId"),
        "account_id": record.get("AccountId"),
        "subject": record.get("Subject"),
        "type": record.get("Type"),
    }


def _done_at(record: Record) -> int | None:
    """Date a task by the day it was for; the moment of completion is finer when it falls on that day."""
    day, completed = record.get("ActivityDate"), record.get("CompletedDateTime")
    if completed and (not day or completed[:10] == day):
        return epoch(completed)
    return epoch(day or record.get("CreatedDate"))


def _task_outcome(record: Record, kind: str) -> str | None:
    if not record.get("IsClosed"):
        return "open"
    if kind != "call":
        return None
    said = str(record.get("CallDisposition") or "").lower()
    if any(word in said for word in _NOT_REACHED):
        return "not-connected"
    reached = any(word in said for word in _REACHED) or bool(record.get("CallDurationInSeconds"))
    return "connected" if reached else None


def _task_direction(record: Record) -> str | None:
    """Tell a call's direction by its type; an e-mail that only a task logs was sent by us, nobody answers in a task."""
    return "out" if _kind(record) == "email" else _CALL_DIRECTIONS.get(str(record.get("CallType")))


def _task_part(record: Record) -> str:
    return {"in": "from", "out": "to"}.get(_task_direction(record) or "", "attendee")


def _people(record: Record, relations: Sequence[Record], part: str) -> Iterator[Part]:
    """Name the contacts of a task or event: its main one and, with Shared Activities, all the others."""
    named = [record.get("WhoId"), *(row.get("RelationId") for row in relations)]
    for contact in dict.fromkeys(str(who) for who in named if who):
        if contact.startswith(CONTACT):
            yield record["Id"], contact, None, part


def _own_tasks(world: World, records: Sequence[Record], key: str) -> arrow.Table:
    readers = {
        "id": columns.text("Id"),
        "key": columns.text(key),
        "open": lambda rows: [not row.get("IsClosed") for row in rows],
        "subject": columns.text("Subject"),
        "owner_id": columns.text("OwnerId"),
        "due_at": columns.instant("ActivityDate"),
        "completed_at": columns.instant("CompletedDateTime"),
        "snooze_until": columns.instant(snooze_field(world.prefix)),
    }
    return columns.read("own_task", world.source, records, readers)


# --- events ---------------------------------------------------------------------------------------------------------

_EVENT = (
    "Subject",
    "Type",
    "StartDateTime",
    "EndDateTime",
    "ActivityDateTime",
    "ActivityDate",
    "OwnerId",
    "AccountId",
    "WhoId",
    "IsChild",
    "IsGroupEvent",
)


def _events(world: World) -> Stream:
    def convert(records: Sequence[Record]) -> Batch:
        held = [record for record in records if not record.get("IsChild")]
        relations = _related(world, "EventRelation", "EventId", [record["Id"] for record in held], ("RelationId",))
        tables = {
            "activity": _activities(world, held, _event),
            "participant": _participants(
                world, (part for record in held for part in _people(record, relations[record["Id"]], "attendee"))
            ),
        }
        copies = len(records) - len(held)
        return Batch(tables, {"copy for an invitee": copies} if copies else {})

    return Stream("Event", _EVENT, convert)


def _event(record: Record) -> Mapping[str, object]:
    begins = record.get("StartDateTime") or record.get("ActivityDateTime") or record.get("ActivityDate")
    return {
        "id": record["Id"],
        "kind": "meeting",
        "happened_at": epoch(begins),
        "end_at": epoch(record.get("EndDateTime")),
        "direction": None,
        "outcome": None,
        "owner_id": record.get("OwnerId"),
        "account_id": record.get("AccountId"),
        "subject": record.get("Subject"),
        "type": record.get("Type"),
        "organizer": "us" if record.get("IsGroupEvent") else None,
        "twin_id": None,
    }
