"""Which CRM field feeds which attribute: the defaults of both vendors, and what an organisation may set itself.

Settings hold the organisation's part as ``fields: {account: {segment: Segment__c}}``; `connectors.options` checks it
with `check` and the connectors ask `resolve` what to select. Names, ids and owners are not listed: every CRM has them
in one place only.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from mapping.metadata import FIELDS, PREFIX, Field

Vendor = Literal["salesforce", "hubspot"]
Chosen = Mapping[str, Mapping[str, str | None]]
"""What the settings say: table -> attribute -> CRM field, or None to leave the attribute out."""


class Type(StrEnum):
    """What a mapped field holds once it is read."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    INSTANT = "date or moment"
    FLAG = "flag"


FLAGS: Mapping[str, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
"""What a flag may be written as, in lower case, by a checkbox or by a list of yes and no; all else is unknown."""

LARGEST = 2.0**63
"""Whole numbers stay below it: they are kept in 64 bits."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that may be mapped; a default of None means that the vendor has no standard field for it.

    `override` is the field of ours (see `mapping.metadata`) that feeds the attribute unless another one is mapped.
    """

    table: str
    name: str
    type: Type
    salesforce: str | None
    hubspot: str | None
    meaning: str
    override: str | None = None

    def default(self, vendor: Vendor, prefix: str = PREFIX) -> str | None:
        """Name the CRM field read when nothing is chosen."""
        if self.override:
            own = _override(self.override)
            return own.salesforce_name(prefix) if vendor == "salesforce" else own.hubspot_name(prefix)
        return self.salesforce if vendor == "salesforce" else self.hubspot


def _override(name: str) -> Field:
    return next(field for field in FIELDS if field.override and field.name == name)


_T, _N, _W, _I, _F = Type.TEXT, Type.NUMBER, Type.WHOLE, Type.INSTANT, Type.FLAG

ATTRIBUTES = (
    Attribute("account", "domain", _T, "Website", "domain", "web domain or address"),
    Attribute("account", "other_id", _T, None, None, "id of the same company in the other CRM"),
    Attribute("account", "customer", _T, "Type", "lifecyclestage", "type or stage that says who is a customer"),
    Attribute("account", "segment", _T, None, None, "segment as the CRM spells it"),
    Attribute("account", "breadth", _T, None, None, "product breadth as the CRM spells it"),
    Attribute("account", "products", _T, None, None, "products the account holds, joined by semicolons"),
    Attribute("account", "partner", _T, None, None, "partner or marketplace the account came through"),
    Attribute("account", "value_received", _T, None, None, "value the customer has received: none, partial or full"),
    Attribute("account", "lifetime_value", _N, None, None, "what the account is worth over its lifetime"),
    Attribute("account", "complexity", _T, None, None, "complexity of the offering: high or low"),
    Attribute("account", "arr", _N, None, None, "annual recurring revenue (not the company's own revenue)"),
    Attribute("account", "employees", _W, "NumberOfEmployees", "numberofemployees", "number of employees"),
    Attribute("account", "seats", _W, None, None, "seats bought"),
    Attribute("account", "since_at", _I, None, None, "customer since"),
    Attribute("account", "renewal_at", _I, None, None, "next renewal"),
    Attribute("account", "captured_since_at", _I, None, None, "when activity capture began for the account"),
    Attribute("contact", "other_id", _T, None, None, "id of the same person in the other CRM"),
    Attribute("contact", "title", _T, "Title", "jobtitle", "job title"),
    Attribute("contact", "department", _T, "Department", None, "department"),
    Attribute("contact", "reports_to_id", _T, "ReportsToId", None, "contact the person reports to"),
    Attribute("contact", "core_job", _F, None, None, "needs the product for the core job"),
    Attribute("contact", "bounced_at", _I, "EmailBouncedDate", None, "when mail bounced hard"),
    Attribute("contact", "left_at", _I, None, None, "when the person left the company"),
    Attribute("contact", "confirmed_role", _T, None, None, "human override of the role", "confirmed_role"),
    Attribute("contact", "confirmed_depth", _W, None, None, "human override of the depth", "confirmed_depth"),
    Attribute("contact", "confirmed_at", _I, None, None, "date of the human override", "confirmed_on"),
    Attribute("contact", "not_a_champion", _F, None, None, "human override: no champion", "not_a_champion"),
    Attribute("contact", "do_not_task", _F, None, None, "human override: no task", "do_not_task"),
    Attribute("opportunity", "amount", _N, "Amount", "amount", "deal amount"),
    Attribute("opportunity", "probability", _N, "Probability", "hs_deal_stage_probability", "chance to win"),
    Attribute("usage", "active_days", _W, None, None, "distinct active days of the last 30"),
    Attribute("usage", "last_active_at", _I, None, None, "last day of use"),
    Attribute("signal", "nps", _N, None, None, "NPS answer, 0-10"),
    Attribute("signal", "nps_at", _I, None, None, "when the NPS answer was given"),
    Attribute("signal", "csat", _N, None, None, "CSAT answer, 1-5"),
    Attribute("signal", "csat_at", _I, None, None, "when the CSAT answer was given"),
    Attribute("signal", "advocacy", _T, None, None, "kind of the advocacy act"),
    Attribute("signal", "advocacy_at", _I, None, None, "when the advocacy act happened"),
)
"""Every attribute that may be mapped. `usage` and `signal` are read from fields of the contact."""


def attributes(table: str) -> tuple[Attribute, ...]:
    """List the attributes of one canonical table that may be mapped."""
    return tuple(attribute for attribute in ATTRIBUTES if attribute.table == table)


def problems(chosen: Chosen) -> Iterator[str]:
    """Name every table and attribute of the settings that does not exist, with what was probably meant."""
    tables = sorted({attribute.table for attribute in ATTRIBUTES})
    for table, names in chosen.items():
        if table not in tables:
            yield f"there is no table '{table}' to map{_meant(table, tables)}"
            continue
        known = [attribute.name for attribute in attributes(table)]
        for name in names:
            if name not in known:
                yield f"{table} has no attribute '{name}'{_meant(name, known)}"


def _meant(wrong: str, known: list[str]) -> str:
    close = difflib.get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; it is one of {', '.join(known)}"


def suggestion(name: str, known: Iterable[str]) -> str:
    """Ask whether the CRM field most like `name` was meant, whatever the case; empty when none is alike."""
    spelt = {field.lower(): field for field in known}
    close = difflib.get_close_matches(name.lower(), spelt, n=1)
    return f"Did you mean '{spelt[close[0]]}'?" if close else ""


def resolve(vendor: Vendor, chosen: Chosen, prefix: str = PREFIX) -> Mapping[str, Mapping[str, str]]:
    """Merge defaults and settings: table -> attribute -> CRM field, without the attributes nobody feeds."""
    merged: dict[str, dict[str, str]] = {attribute.table: {} for attribute in ATTRIBUTES}
    for attribute in ATTRIBUTES:
        names = chosen.get(attribute.table, {})
        field = names[attribute.name] if attribute.name in names else attribute.default(vendor, prefix)
        if field:
            merged[attribute.table][attribute.name] = field
    return merged
