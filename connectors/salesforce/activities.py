"""What is read from Salesforce's activities: e-mail messages, tasks, events, and who took part in them.

Relations are fetched apart from their activity (a query over polymorphic relations fails when it is large) and only
where the organisation has them: TaskRelation exists with Shared Activities alone. An e-mail logged by Enhanced Email is
an EmailMessage and a Task; the message is kept, it knows the direction and the addresses. What the fields mean stands
in ``sql/message.sql``, ``sql/task.sql`` and ``sql/event.sql``.
"""

from collections.abc import Iterator

from connectors.salesforce.streams import Batch, Beside, Stream, World
from connectors.salesforce.workbench import Workbench
from mapping.metadata import FIELDS, SNOOZE, TASK_KEY


def task_key_field(prefix: str) -> str:
    """Name the field of Task that holds our key."""
    return next(entry for entry in FIELDS if entry.name == TASK_KEY).salesforce_name(prefix)


def snooze_field(prefix: str) -> str:
    """Name the field of Task in which a human sets until when nobody wants to hear of it."""
    return next(entry for entry in FIELDS if entry.name == SNOOZE).salesforce_name(prefix)


def activity_streams(world: World) -> Iterator[Stream]:
    """Give the streams of activities in the order they are pulled: messages first, they say which tasks are twins."""
    yield Stream("EmailMessage", _MESSAGE, _messages, beside=(_MESSAGE_RELATION, _CONTACT_ADDRESS), tells="twin")
    key, snooze = task_key_field(world.prefix), snooze_field(world.prefix)
    aliases = {key: "own_key", snooze: "snooze_until"}
    yield Stream("Task", (*_TASK, key, snooze), _tasks, aliases=aliases, beside=(_TASK_RELATION, _TWIN))
    yield Stream("Event", _EVENT, _events, beside=(_EVENT_RELATION,))


_MESSAGE_RELATION = Beside(
    "EmailMessageRelation",
    "EmailMessageId",
    "sent_messages",
    "relation",
    {
        "relation_id": "Id",
        "activity_id": "EmailMessageId",
        "person_id": "RelationId",
        "part": "RelationType",
        "address": "RelationAddress",
    },
)
_CONTACT_ADDRESS = Beside(
    "Contact",
    "Id",
    "silent_contacts",
    "contact_address",
    {"contact_id": "Id", "email": "Email"},
    ("Email != null",),
    lasting=True,
)
"""Addresses of contacts whose link to a message does not say one."""
_TASK_RELATION = Beside(
    "TaskRelation",
    "TaskId",
    "foreign_tasks",
    "relation",
    {"relation_id": "Id", "activity_id": "TaskId", "person_id": "RelationId"},
)
_TWIN = Beside(
    "EmailMessage",
    "ActivityId",
    "unsure_mails",
    "twin",
    {"task_id": "ActivityId"},
    ("ActivityId != null",),
    lasting=True,
)
"""The messages that log the same e-mail as a task."""
_EVENT_RELATION = Beside(
    "EventRelation",
    "EventId",
    "held_meetings",
    "relation",
    {"relation_id": "Id", "activity_id": "EventId", "person_id": "RelationId"},
)

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


def _messages(bench: Workbench) -> Batch:
    bench.prepare("message")
    tables = {
        "activity": bench.read_view("activity", "message_activity"),
        "participant": bench.read_view("participant", "message_participant"),
    }
    drafts = bench.count("\"Status\" = '5'")
    return Batch(tables, {"draft": drafts} if drafts else {}, bench.ids("twins"))


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


def _tasks(bench: Workbench) -> Batch:
    bench.prepare("task")
    tables = {
        "activity": bench.read_view("activity", "task_activity"),
        "participant": bench.read_view("participant", "task_participant"),
        "own_task": bench.read_view("own_task", "task_own"),
    }
    twins = bench.count("TRUE", of="logged_twice")
    return Batch(tables, {"twin of an e-mail message": twins} if twins else {})


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


def _events(bench: Workbench) -> Batch:
    bench.prepare("event")
    tables = {
        "activity": bench.read_view("activity", "event_activity"),
        "participant": bench.read_view("participant", "event_participant"),
    }
    copies = bench.count("\"IsChild\" = 'true'")
    return Batch(tables, {"copy for an invitee": copies} if copies else {})
