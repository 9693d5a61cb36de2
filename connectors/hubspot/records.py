"""From HubSpot's owners, companies, contacts and deals to canonical rows; pure functions.

A record is the JSON object HubSpot lists: ``{"id", "properties": {...}, "associations"?: {...}}``. Of owners and deals
each is read by itself into ``(table, row)`` pairs, companies and contacts, of which there may be a million, column by
column; `connectors.hubspot.pages` makes pages of both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, compress
from operator import eq
from typing import Any

from connectors.hubspot.values import (
    Columns,
    Properties,
    Row,
    canonical,
    columns_of,
    domain,
    each,
    instant,
    lower,
    number,
    parts,
    row,
    told,
    typed,
)
from mapping.fields import Type, attributes
from mapping.metadata import Field, results

Json = Mapping[str, Any]
Rows = Iterator[tuple[str, Row]]

BUYING_ROLE = "hs_buying_role"
MERGED_IDS = "hs_merged_object_ids"
"""Property that names the records a merge took up."""
PRIMARY = 1
"""Type id of contact -> primary company, HubSpot's own."""
_PRIMARY = frozenset({PRIMARY, str(PRIMARY)})
"""The same as number and as text, which older paths tell."""
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

    def columns(self, table: str, held: Sequence[Properties]) -> dict[str, Sequence[object]]:
        """Read the mapped attributes of a table for many records at once."""
        names = self.mapped.get(table, {})
        return {
            attribute.name: _given_all(told(held, names[attribute.name]))
            if attribute.type is Type.TEXT
            else each(partial(typed, attribute.type), told(held, names[attribute.name]))
            for attribute in attributes(table)
            if attribute.name in names
        }

    def terms(self) -> tuple[object, ...]:
        """Tell what of the settings and the portal decides how a record is read, in one order."""
        mapped = {table: sorted(names.items()) for table, names in sorted(self.mapped.items())}
        return (mapped, self.prefix, sorted(self.customer_stages), sorted(self.role_labels.items()))

    def observed(self, table: str, found: Sequence[Json]) -> Columns:
        """Read what the CRM holds in our fields, for many records at once."""
        held = [one["properties"] for one in found]
        return {
            **self.keys(found),
            **{
                field.name: each(partial(canonical, field), told(held, field.hubspot_name(self.prefix)))
                for field in _written(table)
            },
        }

    def keys(self, found: Sequence[Json]) -> dict[str, Sequence[object]]:
        """Name connection and record, for many records at once."""
        return {"source": [self.source] * len(found), "id": [one["id"] for one in found]}


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


def full_name(first: str | None, last: str | None) -> str | None:
    """Join first and last name; None when both are missing."""
    given, family = (first or "").strip(), (last or "").strip()
    return f"{given} {family}" if given and family else given or family or None


def companies(reading: Reading, found: Sequence[Json]) -> dict[str, Columns]:
    """Read companies and what they hold in our fields."""
    held = [one["properties"] for one in found]
    mapped = reading.columns("account", held)
    unknown: Sequence[Any] = [None] * len(found)
    account = {
        **mapped,
        **reading.keys(found),
        "name": told(held, "name"),
        "domain": each(domain, mapped.get("domain", unknown)),
        "owner_id": _given_all(told(held, "hubspot_owner_id")),
        "parent_id": _given_all(told(held, "hs_parent_company_id")),
        "customer": each(partial(_customer, reading.customer_stages), mapped.get("customer", unknown)),
    }
    observed = reading.observed("account", found)
    return {"account": account, "observed_account": observed, "merged_account": merged(reading, found)}


def merged(reading: Reading, found: Sequence[Json]) -> Columns:
    """Read who lives on as whom."""
    pairs = [(loser, one["id"]) for one in found if one["properties"].get(MERGED_IDS) for loser in losers(one)]
    values = list(zip(*pairs, strict=True)) or [(), ()]
    return {"source": [reading.source] * len(pairs), "id": values[0], "winner_id": values[1]}


def losers(record: Json) -> Sequence[str]:
    """Name the records that a merge took up into this one."""
    taken = record["properties"].get(MERGED_IDS)
    return [one for one in parts(taken) if one != record["id"]] if taken else ()


def _given_all(texts: Sequence[str | None]) -> list[str | None]:
    return [text or None for text in texts]


def _customer(stages: frozenset[str], stage: str | None) -> bool | None:
    return stage in stages if stage else None


def contacts(reading: Reading, found: Sequence[Json], ties: Mapping[str, Sequence[Json]]) -> dict[str, Columns]:
    """Read people with the companies they belong to, as `Client.associations` gives them by the person's id."""
    held = [one["properties"] for one in found]
    keys = reading.keys(found)
    primary = {one["id"]: primary_company(ties.get(one["id"], ())) for one in found}
    contact = {
        **reading.columns("contact", held),
        **keys,
        "name": list(map(full_name, told(held, "firstname"), told(held, "lastname"))),
        "email": list(map(lower, told(held, "email"))),
        "account_id": list(primary.values()),
        "owner_id": _given_all(told(held, "hubspot_owner_id")),
    }
    roles = chain(_company_labels(reading, found, ties), _buying_roles(reading, found))
    return {
        "contact": contact,
        "observed_contact": reading.observed("contact", found),
        "merged_contact": merged(reading, found),
        "affiliation": _affiliations(reading, primary, ties),
        "usage": _usage(reading, found),
        **columns_of(chain(roles, _signals(reading, found))),
    }


def contact_parts(contact_id: str) -> Sequence[str]:
    """Name the beginnings of the ids that rows about a contact's ties and roles have."""
    return (f"{contact_id}:", f"company-label:{contact_id}:", f"buying-role:{contact_id}:")


def deal_parts(deal_id: str) -> Sequence[str]:
    """Name the beginning of the ids that rows about a deal's roles have."""
    return (f"deal-label:{deal_id}:",)


def primary_company(companies: Sequence[Json]) -> str | None:
    """Tell the company HubSpot calls primary; where it names none, the only one."""
    for one in companies:
        for kind in one["associationTypes"]:
            if _is_primary(kind):
                return str(one["toObjectId"])
    return str(companies[0]["toObjectId"]) if len(companies) == 1 else None


def _is_primary(kind: Json) -> bool:
    return kind["typeId"] in _PRIMARY and kind.get("category") == "HUBSPOT_DEFINED"


def _affiliations(reading: Reading, primary: Mapping[str, str | None], ties: Mapping[str, Sequence[Json]]) -> Columns:
    people = [contact_id for contact_id in primary if contact_id in ties for _ in ties[contact_id]]
    accounts = [str(tie["toObjectId"]) for contact_id in primary if contact_id in ties for tie in ties[contact_id]]
    return {
        "source": [reading.source] * len(people),
        "id": list(map("{}:{}".format, people, accounts)),
        "contact_id": people,
        "account_id": accounts,
        "direct": list(map(eq, accounts, map(primary.__getitem__, people))),
        "active": [True] * len(people),
    }


def _company_labels(reading: Reading, found: Sequence[Json], ties: Mapping[str, Sequence[Json]]) -> Rows:
    labelled = (
        (one["id"], tie)
        for one in found
        if one["id"] in ties
        for tie in ties[one["id"]]
        if any(map(_is_role, tie["associationTypes"]))
    )
    for contact_id, tie in labelled:
        company_id = str(tie["toObjectId"])
        about = {"contact_id": contact_id, "account_id": company_id, "origin": "company association label"}
        yield from _labels(reading, tie, f"company-label:{contact_id}:{company_id}", about)


def _labels(reading: Reading, association: Json, prefix: str, about: Mapping[str, str | None]) -> Rows:
    """Read the labels people put on an association."""
    for kind in filter(_is_role, association["associationTypes"]):
        values = {"source": reading.source, "id": f"{prefix}:{kind['typeId']}", "role": kind["label"], **about}
        yield "contact_role", row("contact_role", values)


def _is_role(kind: Json) -> bool:
    """Tell a label of people's from none and from HubSpot's own "Primary"."""
    return bool(kind.get("label")) and not _is_primary(kind)


def _buying_roles(reading: Reading, found: Sequence[Json]) -> Rows:
    held = [(one["id"], text) for one in found if (text := one["properties"].get(BUYING_ROLE))]
    for contact_id, text in held:
        for value in parts(text):
            values = {
                "source": reading.source,
                "id": f"buying-role:{contact_id}:{value}",
                "contact_id": contact_id,
                "role": reading.role_labels.get(value, value),
                "origin": BUYING_ROLE,
            }
            yield "contact_role", row("contact_role", values)


def _usage(reading: Reading, found: Sequence[Json]) -> Columns:
    """Read who uses the product how much; of whom nothing is known there is no row."""
    told_of = reading.columns("usage", [one["properties"] for one in found])
    nothing = (None,) * len(told_of)
    known = [answers != nothing for answers in zip(*told_of.values(), strict=True)]
    using = [one["id"] for one in compress(found, known)]
    key = {"source": [reading.source] * len(using), "contact_id": using, "product": [DEFAULT_PRODUCT] * len(using)}
    return {**{name: list(compress(values, known)) for name, values in told_of.items()}, **key}


def _signals(reading: Reading, found: Sequence[Json]) -> Rows:
    given = reading.columns("signal", [one["properties"] for one in found])
    unknown = [None] * len(found)
    for kind in ("nps", "csat", "advocacy"):
        answers = zip(found, given.get(kind, unknown), given.get(f"{kind}_at", unknown), strict=True)
        for one, answer, at in (answered for answered in answers if answered[1] is not None):
            values = {
                "source": reading.source,
                "contact_id": one["id"],
                "kind": kind,
                "what" if kind == "advocacy" else "score": answer,
                "happened_at": at,
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
