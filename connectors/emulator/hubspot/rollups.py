"""Properties a record works out from its neighbours: counts, sums, mirrors of links, dates of activities."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .associations import Associations
from .object_types import ObjectType
from .values import split
from .wire import number, stamp

Values = Mapping[str, str | None]
Work = Callable[[list[Values]], str | None]
Neighbours = Callable[[str, int, str], list[Values]]
"""The properties of all live records of one type that a record is linked to: (type, id, other type)."""

PRIMARY_COMPANY = 1
CHILD_TO_PARENT, PARENT_TO_CHILD = 14, 13
"""Association type ids whose other end is mirrored in a property."""


@dataclass(frozen=True, slots=True)
class Rollup:
    """One property of `kind` worked out from linked records of type `other`."""

    kind: str
    name: str
    other: str
    watched: tuple[str, ...]
    """Properties of the neighbours that it depends on."""
    work: Work


def _count(rows: list[Values]) -> str:
    return str(len(rows))


def _roles(*wanted: str) -> Work:
    def work(rows: list[Values]) -> str:
        held = [set(split(row.get("hs_buying_role"))) for row in rows]
        return str(sum(1 for roles in held if (roles & set(wanted) if wanted else roles)))

    return work


def _won(rows: Iterable[Values]) -> list[Values]:
    return [row for row in rows if row.get("hs_is_closed_won") == "true"]


def _total(rows: list[Values]) -> str | None:
    amounts = [number(row["amount"] or "") for row in _won(rows) if row.get("amount")]
    return format(sum(amounts, Decimal(0)), "f") if amounts else None


def _latest_won(name: str) -> Work:
    def work(rows: list[Values]) -> str | None:
        won = sorted(_won(rows), key=lambda row: row.get("closedate") or "")
        return won[-1].get(name) if won else None

    return work


def _open(rows: list[Values]) -> str:
    return str(sum(1 for row in rows if row.get("hs_is_closed") != "true"))


def _first_created(rows: list[Values]) -> str | None:
    return min((row["createdate"] or "" for row in rows if row.get("createdate")), default=None)


_ROLE = ("hs_buying_role",)
_DEAL = ("hs_is_closed", "hs_is_closed_won", "amount", "closedate")

ROLLUPS = (
    Rollup("companies", "num_associated_contacts", "contacts", (), _count),
    Rollup("companies", "hs_num_decision_makers", "contacts", _ROLE, _roles("DECISION_MAKER")),
    Rollup("companies", "hs_num_blockers", "contacts", _ROLE, _roles("BLOCKER")),
    Rollup("companies", "hs_num_contacts_with_buying_roles", "contacts", _ROLE, _roles()),
    Rollup("companies", "num_associated_deals", "deals", (), _count),
    Rollup("companies", "hs_num_open_deals", "deals", _DEAL, _open),
    Rollup("companies", "total_revenue", "deals", _DEAL, _total),
    Rollup("companies", "recent_deal_amount", "deals", _DEAL, _latest_won("amount")),
    Rollup("companies", "recent_deal_close_date", "deals", _DEAL, _latest_won("closedate")),
    Rollup("contacts", "num_associated_deals", "deals", (), _count),
    Rollup("contacts", "first_deal_created_date", "deals", (), _first_created),
    Rollup("deals", "num_associated_contacts", "contacts", (), _count),
)


def dependents(kind: str, before: Values, after: Values) -> set[str]:
    """List the object types whose rollups change with a record's change."""
    return {
        rollup.kind
        for rollup in ROLLUPS
        if rollup.other == kind and any(before.get(name) != after.get(name) for name in rollup.watched)
    }


def from_links(
    kind: ObjectType, record_id: int, other: str, associations: Associations, neighbours: Neighbours
) -> dict[str, str | None]:
    """Work out what follows for a record from its links to one type."""
    wanted = [rollup for rollup in ROLLUPS if (rollup.kind, rollup.other) == (kind.name, other)]
    rows = neighbours(kind.name, record_id, other) if wanted else []
    return {**{r.name: r.work(rows) for r in wanted}, **_mirrors((kind.name, other), record_id, associations)}


def _mirrors(pair: tuple[str, str], record_id: int, associations: Associations) -> dict[str, str | None]:
    match pair:
        case ("contacts", "companies"):
            return {"associatedcompanyid": _id(associations.with_type(pair, record_id, PRIMARY_COMPANY))}
        case ("companies", "companies"):
            children = [types for _, types in associations.of(pair, record_id)]
            count = sum(1 for types in children if any(t.id == PARENT_TO_CHILD for t in types))
            parent = _id(associations.with_type(pair, record_id, CHILD_TO_PARENT))
            return {"hs_parent_company_id": parent, "hs_num_child_companies": str(count)}
        case _:
            return {}


def _id(found: int | None) -> str | None:
    return None if found is None else str(found)


# --- activities -------------------------------------------------------------------------------------------------------

COUNTED = {"calls", "emails", "meetings", "notes", "communications", "postal_mail"}
"""Activities that `num_notes` counts."""
PLANNED = {"tasks", "meetings", "calls"}
"""Activities whose future date is the next one."""


def from_activity(
    kind: ObjectType, held: Values, activity: Values, now: datetime, *, new: bool
) -> dict[str, str | None]:
    """Work out what a logged activity says on the record it is logged on; `new` when it was not logged there yet."""
    counted = _counts(kind, held) if new else {}
    at = activity.get("hs_timestamp")
    if not at:
        return counted
    if at > stamp(now):
        return {**counted, **_planned(kind, held, activity, at)}
    return {**counted, **_told(kind, held, activity, at)}


def _counts(kind: ObjectType, held: Values) -> dict[str, str | None]:
    names = (["num_notes"] if kind.name in COUNTED else []) + (
        ["num_contacted_notes"] if kind.name in COUNTED - {"notes"} else []
    )
    return {name: str(int(held.get(name) or "0") + 1) for name in names}


def _planned(kind: ObjectType, held: Values, activity: Values, at: str) -> dict[str, str | None]:
    if kind.name not in PLANNED or activity.get("hs_task_is_completed") == "1":
        return {}
    return {"notes_next_activity_date": min(held.get("notes_next_activity_date") or at, at)}


def _told(kind: ObjectType, held: Values, activity: Values, at: str) -> dict[str, str | None]:
    if kind.name == "tasks":
        return {}
    names = ["notes_last_updated"] if kind.name == "notes" else ["notes_last_updated", "notes_last_contacted"]
    sales = _sales_type(kind, activity)
    if sales == "EMAIL_REPLY":
        names.append("hs_sales_email_last_replied")
    told: dict[str, str | None] = {name: max(held.get(name) or at, at) for name in names}
    if sales and (held.get("hs_last_sales_activity_timestamp") or at) <= at:
        told |= {"hs_last_sales_activity_timestamp": at, "hs_last_sales_activity_type": sales}
    return told


def _sales_type(kind: ObjectType, activity: Values) -> str | None:
    if kind.name == "meetings":
        return "MEETING_BOOKED"
    return "EMAIL_REPLY" if activity.get("hs_email_direction") == "INCOMING_EMAIL" else None
