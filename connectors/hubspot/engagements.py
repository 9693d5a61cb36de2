"""From HubSpot's e-mails, calls, meetings, notes, messages and tasks to canonical rows; pure functions."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from connectors.hubspot.records import Json, Rows
from connectors.hubspot.values import Properties, instant, lower, row, whole

Values = dict[str, object]

CONNECTED = "f240bbac-87c9-4f6e-bf70-924b57d47db7"
NOT_CONNECTED = frozenset(
    {
        "9d9162e7-6cf3-4944-bf63-4dff82258764",
        "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",
        "b2cf5968-551e-4856-9783-52b3da59a7d0",
        "73a0d17f-1163-4015-bdd5-ec830791da20",
        "17b47fee-58de-441e-a44c-c6300d46f273",
    }
)
"""HubSpot's call outcomes: connected; and busy, live message, voicemail, no answer, wrong number."""
EMAIL_OUTCOMES: Mapping[str, str] = {"BOUNCED": "bounced", "FAILED": "bounced", "SCHEDULED": "open", "SENDING": "open"}
MISSED = frozenset({"BUSY", "NO_ANSWER", "FAILED", "CANCELED"})
MEETING_OUTCOMES: Mapping[str, str] = {
    "COMPLETED": "held",
    "CANCELED": "cancelled",
    "CANCELLED": "cancelled",
    "NO_SHOW": "no-show",
    "RESCHEDULED": "rescheduled",
}
"""SCHEDULED is what a meeting says until somebody edits it, so it tells nothing."""
COMPLETED = "COMPLETED"
PARTS = ("from", "to")
_BETWEEN = re.compile(r"[;,]")
_NAMED = re.compile(r"<([^<>]*@[^<>]*)>")


def email(held: Properties) -> Values:
    """Read an e-mail; a forwarded one does not tell its direction, and one that waits to be sent is only planned."""
    direction = {"EMAIL": "out", "INCOMING_EMAIL": "in"}.get(held.get("hs_email_direction") or "")
    status = held.get("hs_email_status") or ""
    return {
        "direction": direction,
        "outcome": EMAIL_OUTCOMES.get(status),
        "subject": held.get("hs_email_subject"),
        "type": held.get("hs_email_direction"),
    }


def call(held: Properties) -> Values:
    """Read a call; a portal's own outcomes tell nothing we know."""
    begun, milliseconds = instant(held.get("hs_timestamp")), whole(held.get("hs_call_duration"))
    return {
        "direction": {"INBOUND": "in", "OUTBOUND": "out"}.get(held.get("hs_call_direction") or ""),
        "outcome": _call_outcome(held),
        "subject": held.get("hs_call_title"),
        "type": held.get("hs_activity_type"),
        "end_at": None if begun is None or milliseconds is None else begun + milliseconds // 1000,
    }


def _call_outcome(held: Properties) -> str | None:
    disposition = held.get("hs_call_disposition")
    if disposition == CONNECTED:
        return "connected"
    missed = disposition in NOT_CONNECTED or held.get("hs_call_status") in MISSED
    return "not-connected" if missed else None


def meeting(held: Properties) -> Values:
    """Read a meeting, dated by its beginning."""
    return {
        "happened_at": instant(held.get("hs_meeting_start_time")) or instant(held.get("hs_timestamp")),
        "end_at": instant(held.get("hs_meeting_end_time")),
        "outcome": MEETING_OUTCOMES.get((held.get("hs_meeting_outcome") or "").replace(" ", "_").upper()),
        "subject": held.get("hs_meeting_title"),
        "type": held.get("hs_activity_type"),
    }


def note(_: Properties) -> Values:
    """Read a note: that it exists is all that is asked of it."""
    return {}


def message(held: Properties) -> Values:
    """Read a message of another channel; HubSpot does not say who wrote it."""
    return {"type": held.get("hs_communication_channel_type")}


def task(held: Properties) -> Values:
    """Read a colleague's own task, dated by its completion or else by its due date."""
    done = held.get("hs_task_status") == COMPLETED
    return {
        "happened_at": instant(held.get("hs_task_completion_date")) or instant(held.get("hs_timestamp")),
        "outcome": None if done else "open",
        "subject": held.get("hs_task_subject"),
        "type": held.get("hs_task_type"),
    }


@dataclass(frozen=True, slots=True)
class Engagement:
    """One kind of engagement: where HubSpot lists it, which properties are read, and how.

    `captures` says that its records prove that contact with customers is captured at all.
    """

    object_type: str
    kind: str
    read: Callable[[Properties], Values]
    names: tuple[str, ...]
    captures: bool = True


COMMON = ("hs_timestamp", "hs_createdate", "hubspot_owner_id")
TASK_NAMES = ("hs_task_subject", "hs_task_status", "hs_task_type", "hs_task_completion_date")
EMAIL_NAMES = ("hs_email_from_email", "hs_email_to_email", "hs_email_cc_email", "hs_email_headers")

ENGAGEMENTS = (
    Engagement(
        "emails",
        "email",
        email,
        (*COMMON, "hs_email_direction", "hs_email_status", "hs_email_subject", *EMAIL_NAMES),
    ),
    Engagement(
        "calls",
        "call",
        call,
        (
            *COMMON,
            "hs_call_direction",
            "hs_call_disposition",
            "hs_call_status",
            "hs_call_title",
            "hs_call_duration",
            "hs_activity_type",
        ),
    ),
    Engagement(
        "meetings",
        "meeting",
        meeting,
        (
            *COMMON,
            "hs_meeting_start_time",
            "hs_meeting_end_time",
            "hs_meeting_outcome",
            "hs_meeting_title",
            "hs_activity_type",
        ),
    ),
    Engagement("notes", "note", note, COMMON, captures=False),
    Engagement("communications", "message", message, (*COMMON, "hs_communication_channel_type")),
    Engagement("tasks", "task", task, (*COMMON, *TASK_NAMES), captures=False),
)
"""The engagements in the order of a pull."""


def activity(source: str, engagement: Engagement, record: Json, company_ids: Sequence[str]) -> Values:
    """Read what every engagement has, and what its kind adds; a column is a key."""
    held = record["properties"]
    dated = instant(held.get("hs_timestamp")) or instant(held.get("hs_createdate"))
    read = engagement.read(held)
    return {
        **read,
        "source": source,
        "id": record["id"],
        "kind": engagement.kind,
        "happened_at": read.get("happened_at") or dated,
        "owner_id": held.get("hubspot_owner_id") or None,
        "account_id": company_ids[0] if company_ids else None,
    }


def own_task(source: str, key: str, snooze_until: str | None, record: Json) -> Rows:
    """Read a task of ours, with the snooze date a human set."""
    held = record["properties"]
    values = {
        "source": source,
        "id": record["id"],
        "key": key,
        "open": held.get("hs_task_status") != COMPLETED,
        "subject": held.get("hs_task_subject"),
        "owner_id": held.get("hubspot_owner_id") or None,
        "due_at": instant(held.get("hs_timestamp")),
        "completed_at": instant(held.get("hs_task_completion_date")),
        "snooze_until": instant(snooze_until),
    }
    yield "own_task", row("own_task", values)


def participants(act: Values, contacts: Mapping[str, Sequence[str]], held: Properties) -> Rows:
    """Say who took part: the contacts HubSpot links, given with their addresses, and addresses that are nobody's.

    A linked contact whose address the record does not name stands where the direction puts it.
    """
    named = addresses(held) if act["kind"] == "email" else {}
    seen: set[str] = set()
    for contact_id, mails in contacts.items():
        found = [(mail, named[mail]) for mail in mails if mail in named]
        seen.update(mail for mail, _ in found)
        mail, part = found[0] if found else (None, _usual_part(act))
        yield _participant(act, contact_id, mail, part)
    for mail, part in named.items():
        if mail not in seen:
            yield _participant(act, None, mail, part)


def _usual_part(act: Values) -> str:
    if act["kind"] == "meeting":
        return "attendee"
    return {"in": "from", "out": "to"}.get(str(act.get("direction")), "attendee")


def _participant(act: Values, contact_id: str | None, mail: str | None, part: str) -> tuple[str, tuple[object, ...]]:
    values = {
        "source": act["source"],
        "activity_id": act["id"],
        "contact_id": contact_id,
        "email": mail,
        "part": part,
    }
    return "participant", row("participant", values)


def addresses(held: Properties) -> dict[str, str]:
    """Read the addresses of an e-mail and their parts, from its headers and from HubSpot's own properties.

    Copies count as ``to``; an address that is in both parts is the sender's.
    """
    headers = _headers(held.get("hs_email_headers"))
    to = [*_mails(headers, "to", "cc", "bcc"), *map(held.get, ("hs_email_to_email", "hs_email_cc_email"))]
    sent_by = [*_mails(headers, "from"), held.get("hs_email_from_email")]
    found = {**dict.fromkeys(_written(to), "to"), **dict.fromkeys(_written(sent_by), "from")}
    return dict(sorted(found.items(), key=lambda pair: (PARTS.index(pair[1]), pair[0])))


def _written(lists: Iterable[str | None]) -> Iterator[str]:
    """Find the addresses in lists of them, in lower case; a person's name may stand before one, with a comma in it."""
    for written in lists:
        for entry in _BETWEEN.split(written or ""):
            named = _NAMED.search(entry)
            if "@" in entry and (clean := lower(named[1] if named else entry)):
                yield clean


def _headers(text: str | None) -> Mapping[str, Any]:
    """Read the JSON text HubSpot keeps the headers in; a garbled one tells nothing."""
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _mails(headers: Mapping[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        people = headers.get(name) or []
        for person in people if isinstance(people, list) else [people]:
            if isinstance(person, dict) and person.get("email"):
                yield str(person["email"])
