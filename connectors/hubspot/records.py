"""From HubSpot's owners, companies, contacts and deals to canonical rows.

An owner is read from the JSON object HubSpot lists. Companies, contacts and deals, of which there may be a million, lie
on the workbench when they are read (see `connectors.hubspot.workbench`), with what they are tied to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import arro3.core as arrow

from connectors import columns
from connectors.hubspot.values import BLANKS, Row, lower, row
from connectors.hubspot.workbench import Workbench
from connectors.workbench import Expression
from mapping.fields import attributes
from mapping.metadata import Field, results

Json = Mapping[str, Any]
Rows = Iterator[tuple[str, Row]]
Tables = dict[str, arrow.Table]

BUYING_ROLE = "hs_buying_role"
MERGED_IDS = "hs_merged_object_ids"
"""Property that names the records a merge took up."""
PRIMARY = 1
"""Type id of contact -> primary company, HubSpot's own."""
ID = '"@id"'
"""How a record's own id is read."""

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

    def columns(self, table: str) -> dict[str, Expression]:
        """Give the columns of the mapped attributes of a table."""
        return columns.mapped(attributes(table), self.mapped.get(table, {}))

    def terms(self) -> tuple[object, ...]:
        """Tell what of the settings and the portal decides how a record is read, in one order."""
        mapped = {table: sorted(names.items()) for table, names in sorted(self.mapped.items())}
        return (mapped, self.prefix, sorted(self.customer_stages), sorted(self.role_labels.items()))

    def observed(self, table: str) -> dict[str, Expression]:
        """Give the columns of what the CRM holds in our fields."""
        held = {one.name: columns.observed(one, one.hubspot_name(self.prefix)) for one in _written(table)}
        return {"id": ID, **held}


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
        "team": teams[0].get("name") if teams else None,
        "active": not record.get("archived", False),
    }
    yield "user_account", row("user_account", values)


def full_name(first: str | None, last: str | None) -> str | None:
    """Join first and last name; None when both are missing."""
    given, family = (first or "").strip(BLANKS), (last or "").strip(BLANKS)
    return f"{given} {family}" if given and family else given or family or None


def companies(reading: Reading, bench: Workbench) -> Tables:
    """Read companies and what they hold in our fields."""
    bench.prepare("merged")
    mapped = reading.mapped.get("account", {})
    readers = {"domain": columns.domain, "customer": columns.customer}
    account = {
        **reading.columns("account"),
        **{name: reader(mapped[name]) for name, reader in readers.items() if name in mapped},
        "id": ID,
        "name": columns.plain("name"),
        "owner_id": columns.plain("hubspot_owner_id"),
        "parent_id": columns.plain("hs_parent_company_id"),
    }
    return {
        "account": bench.read("account", account),
        "observed_account": bench.read("observed_account", reading.observed("account")),
        "merged_account": bench.read_view("merged_account", "merged"),
    }


def contacts(reading: Reading, bench: Workbench) -> Tables:
    """Read people with the companies they are tied to."""
    bench.prepare("merged")
    bench.prepare("contacts")
    contact = {
        **reading.columns("contact"),
        "id": ID,
        "name": 'full_name("firstname", "lastname")',
        "email": columns.lowered("email"),
        "account_id": '"@account"',
        "owner_id": columns.plain("hubspot_owner_id"),
    }
    return {
        "contact": bench.read("contact", contact, of="person"),
        "observed_contact": bench.read("observed_contact", reading.observed("contact")),
        "merged_contact": bench.read_view("merged_contact", "merged"),
        "affiliation": bench.read_view("affiliation", "affiliated"),
        "contact_role": bench.read_view("contact_role", "named_role"),
        "usage": columns.usage(bench, ID, reading.columns("usage")),
        "signal": columns.signals(bench, ID, reading.columns("signal")),
    }


def deals(reading: Reading, bench: Workbench) -> Tables:
    """Read deals with their company and the roles people were given on them."""
    bench.prepare("deals")
    read = reading.columns("opportunity")
    deal = {
        **read,
        "id": ID,
        "name": columns.plain("dealname"),
        "account_id": '"@account"',
        "owner_id": columns.plain("hubspot_owner_id"),
        "closed": '"@closed"',
        "won": '"@won"',
        "close_at": columns.instant("closedate"),
        "probability": f"ROUND(100 * {read['probability']}, 4)" if "probability" in read else "NULL",
    }
    return {
        "opportunity": bench.read("opportunity", deal, of="deal"),
        "contact_role": bench.read_view("contact_role", "deal_label"),
    }


def contact_parts(contact_id: str) -> Sequence[str]:
    """Name the beginnings of the ids that rows about a contact's ties and roles have."""
    return (f"{contact_id}:", f"company-label:{contact_id}:", f"buying-role:{contact_id}:")


def deal_parts(deal_id: str) -> Sequence[str]:
    """Name the beginning of the ids that rows about a deal's roles have."""
    return (f"deal-label:{deal_id}:",)
