"""Fields the org fills in itself, from other fields of the record and from records it points at."""

from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.emulator.salesforce import moments
from connectors.emulator.salesforce.store import Store
from connectors.emulator.wire import JsonObject

Rule = Callable[[JsonObject, Store, str], None]


def derive(name: str, row: JsonObject, store: Store, now: str) -> None:
    """Set the derived fields of a row that is about to be stored; `now` in the wire form."""
    if (rule := _RULES.get(name)) is not None:
        rule(row, store, now)
    for kind in _ADDRESSES.get(name, ()):
        parts = {key: row.get(f"{kind}{part}") for key, part in _ADDRESS_PARTS.items()}
        row[f"{kind}Address"] = parts if any(each is not None for each in parts.values()) else None


def _person(row: JsonObject, _store: Store, _now: str) -> None:
    parts = [row.get("FirstName"), row.get("LastName")]
    row["Name"] = " ".join(each for each in parts if each) or row.get("Name")


def _contact(row: JsonObject, store: Store, now: str) -> None:
    _person(row, store, now)
    row["IsEmailBounced"] = bool(row.get("EmailBouncedDate") or row.get("EmailBouncedReason"))


def _task(row: JsonObject, store: Store, now: str) -> None:
    was_closed = bool(row.get("IsClosed"))
    row["IsClosed"] = _labelled(store, "TaskStatus", row.get("Status")).get("IsClosed", False)
    row["IsHighPriority"] = row.get("Priority") == "High"
    if not row["IsClosed"]:
        row["CompletedDateTime"] = None
    elif not was_closed:
        row["CompletedDateTime"] = row.get("CompletedDateTime") or now
    _activity(row, store)


def _event(row: JsonObject, store: Store, _now: str) -> None:
    start = moments.parse_datetime(row.get("StartDateTime") or row.get("ActivityDateTime") or "")
    if start is not None:
        end = moments.parse_datetime(row.get("EndDateTime") or "") or _end(start, row.get("DurationInMinutes"))
        row["StartDateTime"] = row["ActivityDateTime"] = moments.stamp(start)
        row["EndDateTime"] = moments.stamp(end)
        row["DurationInMinutes"] = int((end - start).total_seconds() // 60)
        row["ActivityDate"] = start.date().isoformat()
    _activity(row, store)


def _end(start: datetime, minutes: int | None) -> datetime:
    return start + timedelta(minutes=minutes or 0)


def _activity(row: JsonObject, store: Store) -> None:
    row["AccountId"] = _account_of(row.get("WhatId"), store) or _account_of(row.get("WhoId"), store)
    row["WhoCount"] = max(row.get("WhoCount") or 0, 1) if row.get("WhoId") else 0
    row["WhatCount"] = 1 if row.get("WhatId") else 0


def _account_of(record_id: str | None, store: Store) -> str | None:
    if not record_id:
        return None
    if store.kind(record_id) == "Account":
        return record_id
    return (store.find(record_id) or {}).get("AccountId")


def _opportunity(row: JsonObject, store: Store, _now: str) -> None:
    stage = _labelled(store, "OpportunityStage", row.get("StageName"))
    for name in ("IsClosed", "IsWon"):
        row[name] = bool(stage.get(name))
    for name in ("ForecastCategory", "ForecastCategoryName"):
        row[name] = stage.get(name) or row.get(name)
    if row.get("Probability") is None:
        row["Probability"] = stage.get("DefaultProbability")
    if row.get("Amount") is not None and row["Probability"] is not None:
        row["ExpectedRevenue"] = row["Amount"] * row["Probability"] / 100


def _case(row: JsonObject, store: Store, now: str) -> None:
    row["IsClosed"] = row.get("Status") == "Closed"
    row["ClosedDate"] = (row.get("ClosedDate") or now) if row["IsClosed"] else None
    row["CaseNumber"] = row.get("CaseNumber") or f"{len(store.table('Case')) + 1000:08d}"


def _email_relation(row: JsonObject, store: Store, _now: str) -> None:
    row["RelationObjectType"] = store.kind(row["RelationId"]) if row.get("RelationId") else None


def _labelled(store: Store, name: str, label: str | None) -> JsonObject:
    return next((row for row in store.table(name).values() if row["MasterLabel"] == label), {})


_ADDRESSES = {"Account": ("Billing", "Shipping"), "Contact": ("Mailing", "Other"), "Lead": ("",)}
_ADDRESS_PARTS = {
    "city": "City",
    "country": "Country",
    "geocodeAccuracy": "GeocodeAccuracy",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "postalCode": "PostalCode",
    "state": "State",
    "street": "Street",
}
_RULES: dict[str, Rule] = {
    "Contact": _contact,
    "Lead": _person,
    "User": _person,
    "Task": _task,
    "Event": _event,
    "Opportunity": _opportunity,
    "Case": _case,
    "EmailMessageRelation": _email_relation,
}
