"""From HubSpot's owners, companies, contacts and deals to canonical rows; pure functions over one record each.

A record is the JSON object HubSpot lists: ``{"id", "properties": {...}, "associations"?: {...}}``. Each function yields
``(table, row)`` pairs; `connectors.hubspot.read` collects them into pages.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.hubspot.values import Properties, Row, canonical, domain, instant, lower, number, parts, row, typed
from mapping.fields import attributes
from mapping.metadata import Field, results

Json = Mapping[str, Any]
Rows = Iterator[tuple[str, Row]]

BUYING_ROLE = "hs_buying_role"
PRIMARY = 1
"""Type id of contact -> primary company, HubSpot's own."""
DEFAULT_PRODUCT = "default"

COMPANY = ("name", "hubspot_owner_id", "hs_parent_company_id")
CONTACT = ("firstname", "lastname", "email", "hubspot_owner_id", BUYING_ROLE)
DEAL = ("dealname", "hubspot_owner_id", "closedate", "dealstage", "hs_is_closed", "hs_is_closed_won")
"""Properties that are read whatever is mapped."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one portal is read: the connection's name, its mapped properties, and which stages make a customer."""

    source: str
    mapped: Mapping[str, Mapping[str, str]]
    prefix: str
    customer_stages: frozenset[str]
    role_labels: Mapping[str, str]
    """Internal value of a buying role -> the label people see."""
    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Object type -> properties the settings name that nobody has."""

    def properties(self, fixed: Iterable[str], *tables: str) -> Sequence[str]:
        """List the properties to ask for: the fixed ones, the mapped ones of `tables` and our own results."""
        chosen = [name for table in tables for name in self.mapped.get(table, {}).values()]
        own = [field.hubspot_name(self.prefix) for table in tables for field in _written(table)]
        return list(dict.fromkeys([*fixed, *chosen, *own]))

    def attributes(self, table: str, properties: Properties) -> dict[str, object]:
        """Read the mapped attributes of a table, typed."""
        names = self.mapped.get(table, {})
        return {
            attribute.name: typed(attribute.type, properties.get(names[attribute.name]))
            for attribute in attributes(table)
            if attribute.name in names
        }

    def terms(self) -> tuple[object, ...]:
        """Tell what of the settings and the portal decides how a record is read, in one order."""
        mapped = {table: sorted(names.items()) for table, names in sorted(self.mapped.items())}
        return (mapped, self.prefix, sorted(self.customer_stages), sorted(self.role_labels.items()))

    def observed(self, table: str, record: Json) -> tuple[str, Row]:
        """Read what the CRM holds in our fields."""
        held = record["properties"]
        values = {field.name: canonical(field, held.get(field.hubspot_name(self.prefix))) for field in _written(table)}
        return f"observed_{table}", row(f"observed_{table}", {"source": self.source, "id": record["id"], **values})


def _written(table: str) -> tuple[Field, ...]:
    return results(table) if table in {"account", "contact"} else ()


def owner(reading: Reading, record: Json) -> Rows:
    """Read a colleague; the team is the primary one."""
    teams = sorted(record.get("teams") or [], key=lambda team: not team.get("primary"))
    values = {
        "source": reading.source,
        "id": str(record["id"]),
        "name": full_name(record.get("firstName"), record.get("lastName")) or record.get("email"),
        "email": lower(record.get("email")),
        "team": teams[0]["name"] if teams else None,
        "active": not record.get("archived", False),
    }
    yield "user_account", row("user_account", values)


def full_name(*names: str | None) -> str | None:
    """Join first and last name; None when both are missing."""
    return " ".join(clean for name in names if (clean := (name or "").strip())) or None


def company(reading: Reading, record: Json) -> Rows:
    """Read a company and what it holds in our fields."""
    held = record["properties"]
    mapped = reading.attributes("account", held)
    stage = mapped.get("customer")
    values = {
        **mapped,
        "source": reading.source,
        "id": record["id"],
        "name": held.get("name"),
        "domain": domain(str(mapped["domain"])) if mapped.get("domain") else None,
        "owner_id": held.get("hubspot_owner_id") or None,
        "parent_id": held.get("hs_parent_company_id") or None,
        "customer": stage in reading.customer_stages if stage else None,
    }
    yield "account", row("account", values)
    yield reading.observed("account", record)


def contact(reading: Reading, record: Json, companies: Sequence[Json]) -> Rows:
    """Read a person with the companies they belong to, as `Client.associations` gives them."""
    held = record["properties"]
    primary = primary_company(companies)
    values = {
        **reading.attributes("contact", held),
        "source": reading.source,
        "id": record["id"],
        "name": full_name(held.get("firstname"), held.get("lastname")),
        "email": lower(held.get("email")),
        "account_id": primary,
        "owner_id": held.get("hubspot_owner_id") or None,
    }
    yield "contact", row("contact", values)
    yield reading.observed("contact", record)
    yield from _affiliations(reading, record["id"], companies, primary)
    yield from _buying_roles(reading, record)
    yield from _usage(reading, record)
    yield from _signals(reading, record)


def contact_parts(contact_id: str) -> Sequence[str]:
    """Name the beginnings of the ids that rows about a contact's ties and roles have."""
    return (f"{contact_id}:", f"company-label:{contact_id}:", f"buying-role:{contact_id}:")


def deal_parts(deal_id: str) -> Sequence[str]:
    """Name the beginning of the ids that rows about a deal's roles have."""
    return (f"deal-label:{deal_id}:",)


def primary_company(companies: Sequence[Json]) -> str | None:
    """Tell the company HubSpot calls primary; where it names none, the only one."""
    named = [str(one["toObjectId"]) for one in companies if PRIMARY in _own_types(one)]
    if named:
        return named[0]
    return str(companies[0]["toObjectId"]) if len(companies) == 1 else None


def _own_types(association: Json) -> set[int]:
    types = association["associationTypes"]
    return {int(kind["typeId"]) for kind in types if kind.get("category") == "HUBSPOT_DEFINED"}


def _affiliations(reading: Reading, contact_id: str, companies: Sequence[Json], primary: str | None) -> Rows:
    for association in companies:
        company_id = str(association["toObjectId"])
        values = {
            "source": reading.source,
            "id": f"{contact_id}:{company_id}",
            "contact_id": contact_id,
            "account_id": company_id,
            "direct": company_id == primary,
            "active": True,
        }
        yield "affiliation", row("affiliation", values)
        about = {"contact_id": contact_id, "account_id": company_id, "origin": "company association label"}
        yield from _labels(reading, association, f"company-label:{contact_id}:{company_id}", about)


def _labels(reading: Reading, association: Json, prefix: str, about: Mapping[str, str | None]) -> Rows:
    """Read the labels people put on an association; HubSpot's own "Primary" is no role."""
    for kind in association["associationTypes"]:
        label = kind.get("label")
        if not label or (kind.get("category") == "HUBSPOT_DEFINED" and int(kind["typeId"]) == PRIMARY):
            continue
        values = {
            "source": reading.source,
            "id": f"{prefix}:{kind['typeId']}",
            "role": label,
            **about,
        }
        yield "contact_role", row("contact_role", values)


def _buying_roles(reading: Reading, record: Json) -> Rows:
    for value in parts(record["properties"].get(BUYING_ROLE)):
        values = {
            "source": reading.source,
            "id": f"buying-role:{record['id']}:{value}",
            "contact_id": record["id"],
            "role": reading.role_labels.get(value, value),
            "origin": BUYING_ROLE,
        }
        yield "contact_role", row("contact_role", values)


def _usage(reading: Reading, record: Json) -> Rows:
    used = reading.attributes("usage", record["properties"])
    if any(value is not None for value in used.values()):
        key = {"source": reading.source, "contact_id": record["id"], "product": DEFAULT_PRODUCT}
        yield "usage", row("usage", {**used, **key})


def _signals(reading: Reading, record: Json) -> Rows:
    given = reading.attributes("signal", record["properties"])
    for kind in ("nps", "csat", "advocacy"):
        answer = given.get(kind)
        if answer is None:
            continue
        values = {
            "source": reading.source,
            "contact_id": record["id"],
            "kind": kind,
            "what" if kind == "advocacy" else "score": answer,
            "happened_at": given.get(f"{kind}_at"),
        }
        yield "signal", row("signal", values)


def deal(reading: Reading, record: Json, companies: Sequence[Json], contacts: Sequence[Json]) -> Rows:
    """Read a deal with the roles people were given on it."""
    held = record["properties"]
    account_id = deal_company(companies)
    mapped = reading.attributes("opportunity", held)
    probability = number(held.get(reading.mapped["opportunity"].get("probability", "")))
    won, closed = _outcome(held)
    values = {
        **mapped,
        "source": reading.source,
        "id": record["id"],
        "name": held.get("dealname"),
        "account_id": account_id,
        "owner_id": held.get("hubspot_owner_id") or None,
        "closed": closed,
        "won": won,
        "close_at": instant(held.get("closedate")),
        "probability": None if probability is None else round(100 * probability, 4),
    }
    yield "opportunity", row("opportunity", values)
    for association in contacts:
        contact_id = str(association["toObjectId"])
        about = {
            "contact_id": contact_id,
            "account_id": account_id,
            "opportunity_id": record["id"],
            "origin": "deal association label",
        }
        yield from _labels(reading, association, f"deal-label:{record['id']}:{contact_id}", about)


def deal_company(companies: Sequence[Json]) -> str | None:
    """Tell a deal's company: the one HubSpot calls primary, else the first."""
    primary = [one for one in companies if any(kind.get("label") == "Primary" for kind in one["associationTypes"])]
    found = [*primary, *companies]
    return str(found[0]["toObjectId"]) if found else None


def _outcome(held: Properties) -> tuple[bool, bool]:
    """Tell (won, closed): HubSpot's own flags, else the stages every portal begins with."""
    stage = held.get("dealstage")
    won = held["hs_is_closed_won"] == "true" if held.get("hs_is_closed_won") else stage == "closedwon"
    closed = held["hs_is_closed"] == "true" if held.get("hs_is_closed") else stage == "closedlost"
    return won, closed or won
