"""Values that HubSpot works out by itself: completion of tasks, closure of deals, mirrors of links, merged records."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import orjson

from .associations import Associations
from .object_types import ObjectType
from .pipelines import Pipelines
from .records import Record
from .values import split
from .wire import stamp

Values = Mapping[str, str | None]

PRIMARY_COMPANY = 1
CHILD_TO_PARENT = 14
"""Association type ids whose other end is mirrored in a property."""


def values(kind: ObjectType, properties: Values, pipelines: Pipelines, now: datetime) -> dict[str, str | None]:
    """Complete a record's properties after a write."""
    match kind.name:
        case "tasks":
            return {**properties, **_task(properties, now)}
        case "deals":
            home = {"amount_in_home_currency": properties.get("amount")}
            return {**properties, **home, **pipelines.derive(properties)}
        case "emails":
            return {**properties, **_addresses(properties.get("hs_email_headers") or "{}")}
        case "contacts":
            return {**properties, "hs_email_domain": (properties.get("email") or "").rpartition("@")[2] or None}
        case _:
            return dict(properties)


def _task(properties: Values, now: datetime) -> dict[str, str | None]:
    status = properties.get("hs_task_status") or "NOT_STARTED"
    done = status == "COMPLETED"
    finished = (properties.get("hs_task_completion_date") or stamp(now)) if done else None
    return {
        "hs_task_status": status,
        "hs_task_is_completed": "1" if done else "0",
        "hs_task_completion_date": finished,
    }


def _addresses(headers: str) -> dict[str, str | None]:
    """Read the addresses of an email out of its headers, JSON text with `from`, `to`, `cc`, `bcc`."""
    try:
        parsed = orjson.loads(headers)
    except ValueError:
        return {}
    return dict(_parts(parsed)) if isinstance(parsed, Mapping) else {}


def _parts(headers: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for role in ("from", "to", "cc", "bcc"):
        given = headers.get(role)
        people = [p for p in (given if isinstance(given, list) else [given]) if isinstance(p, Mapping)]
        for key, suffix in (("email", "email"), ("firstName", "firstname"), ("lastName", "lastname")):
            found = [str(person[key]) for person in people if person.get(key)]
            if found and (key == "email" or role in {"from", "to"}):
                yield f"hs_email_{role}_{suffix}", ";".join(found)


def from_activity(kind: ObjectType, held: Values, activity: Values, now: datetime) -> dict[str, str | None]:
    """Work out what a logged activity says on the record it is logged on; a task says nothing."""
    at = activity.get("hs_timestamp")
    if kind.name == "tasks" or not at or at > stamp(now):
        return {}
    names = ["notes_last_updated"] if kind.name == "notes" else ["notes_last_updated", "notes_last_contacted"]
    return {name: max(held.get(name) or at, at) for name in names}


def from_links(kind: ObjectType, record_id: int, associations: Associations) -> dict[str, str | None]:
    """Work out the properties that mirror links: a contact's primary company, a company's parent."""
    match kind.name:
        case "contacts":
            found = associations.with_type(("contacts", "companies"), record_id, PRIMARY_COMPANY)
            return {"associatedcompanyid": _id(found)}
        case "companies":
            found = associations.with_type(("companies", "companies"), record_id, CHILD_TO_PARENT)
            return {"hs_parent_company_id": _id(found), **_contacts(kind, record_id, associations)}
        case "deals":
            return _contacts(kind, record_id, associations)
        case _:
            return {}


def _id(found: int | None) -> str | None:
    return None if found is None else str(found)


def _contacts(kind: ObjectType, record_id: int, associations: Associations) -> dict[str, str | None]:
    return {"num_associated_contacts": str(len(associations.of((kind.name, "contacts"), record_id)))}


def merged(kind: ObjectType, winner: Record, loser: Record) -> dict[str, str | None]:
    """Work out the winner's values after a merge: its own where it has them, else the loser's."""
    inherited = {name: value for name, value in loser.properties.items() if not winner.properties.get(name)}
    ids = _joined(winner, loser, "hs_merged_object_ids", str(loser.id))
    own = {"hs_merged_object_ids": ids}
    if kind.name == "contacts":
        own["hs_calculated_merged_vids"] = ids
        own["hs_additional_emails"] = _joined(winner, loser, "hs_additional_emails", _second_email(winner, loser))
    return {**inherited, **own}


def _second_email(winner: Record, loser: Record) -> str:
    email = loser.properties.get("email") or ""
    return email if winner.properties.get("email") else ""


def _joined(winner: Record, loser: Record, name: str, further: str) -> str | None:
    parts = [*split(winner.properties.get(name)), *split(loser.properties.get(name)), *split(further)]
    return ";".join(dict.fromkeys(parts)) or None
