"""Values that HubSpot works out from a record itself: completion of tasks, closure of deals, merged records."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import orjson

from .object_types import ObjectType
from .pipelines import Pipelines, Stage
from .records import Record
from .values import split
from .wire import moment, number, stamp

Values = Mapping[str, str | None]


def values(kind: ObjectType, properties: Values, pipelines: Pipelines, now: datetime) -> dict[str, str | None]:
    """Work out what a record's own properties say after a write; only what differs from a stored value matters."""
    owned = {"hs_all_owner_ids": properties["hubspot_owner_id"]} if properties.get("hubspot_owner_id") else {}
    return {**owned, **_own(kind, properties, now), **_staged(kind, properties, pipelines, now)}


def _own(kind: ObjectType, properties: Values, now: datetime) -> dict[str, str | None]:
    match kind.name:
        case "tasks":
            return _task(properties, now)
        case "emails":
            return _addresses(properties.get("hs_email_headers") or "{}")
        case "contacts":
            return {"hs_email_domain": (properties.get("email") or "").rpartition("@")[2] or None}
        case _:
            return {}


def _staged(kind: ObjectType, properties: Values, pipelines: Pipelines, now: datetime) -> dict[str, str | None]:
    """Tell what the stage of a record says; nothing for types without pipelines."""
    if not kind.stages:
        return {}
    pipeline, stage = pipelines.place(properties)
    placed = {kind.stages[0]: pipeline}
    match kind.name:
        case "deals":
            return {**placed, **_deal(properties, stage, now)}
        case "tickets":
            return {**placed, **_ticket(properties, stage, now)}
        case _:
            return placed


def _deal(properties: Values, stage: Stage | None, now: datetime) -> dict[str, str | None]:
    probability = None if stage is None else stage.probability
    odds = None if probability is None else float(probability)
    amount, won = properties.get("amount"), odds == 1
    return {
        "amount_in_home_currency": amount,
        "hs_is_closed": None if odds is None else _flag(odds in {0.0, 1.0}),
        "hs_is_closed_won": None if odds is None else _flag(won),
        "hs_is_closed_lost": None if odds is None else _flag(odds == 0),
        "hs_deal_stage_probability": probability,
        "hs_forecast_amount": format(number(amount) * number(probability), "f") if amount and probability else None,
        "hs_closed_won_date": (properties.get("hs_closed_won_date") or stamp(now)) if won else None,
        "days_to_close": _days(properties.get("createdate"), properties.get("closedate")),
    }


def _days(first: str | None, last: str | None) -> str | None:
    """Count whole days; HubSpot shows no negative ones."""
    return str(max((moment(last) - moment(first)).days, 0)) if first and last else None


def _ticket(properties: Values, stage: Stage | None, now: datetime) -> dict[str, str | None]:
    closed = stage is not None and stage.closed
    at = (properties.get("closed_date") or stamp(now)) if closed else None
    born = moment(properties.get("createdate") or stamp(now))
    taken = None if at is None else str(int((moment(at) - born).total_seconds() * 1000))
    return {"hs_is_closed": _flag(closed), "closed_date": at, "time_to_close": taken}


def _flag(value: bool) -> str:
    return "true" if value else "false"


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
