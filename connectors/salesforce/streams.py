"""What is read from each Salesforce object that is a record of its own: people, companies, ties, roles, deals.

`connectors.salesforce.read` pulls the streams made here one after the other; activities stand in `activities`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import arro3.core as arrow

from connectors.salesforce import columns
from connectors.salesforce.client import Record
from connectors.salesforce.columns import Column, Reader
from connectors.salesforce.schema import Schema
from mapping.fields import Chosen, Type, attributes
from mapping.metadata import Field, results

FED_BY = {
    "account": "Account",
    "contact": "Contact",
    "usage": "Contact",
    "signal": "Contact",
    "opportunity": "Opportunity",
}
"""The object whose fields feed a canonical table."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The canonical rows of some records.

    `parts` are ids whose earlier rows these ones replace besides the records' own: rows that have an id of their own,
    and other records that log the same act.
    """

    tables: Mapping[str, arrow.Table]
    dropped: Mapping[str, int] = field(default_factory=dict)
    parts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """One object to pull: the fields wanted besides the system's own, and how its records become rows.

    `parts` names, for a record's id, every row id it could have besides its own; it clears those it no longer has.
    """

    object: str
    fields: Sequence[str]
    convert: Callable[[Sequence[Record]], Batch]
    parts: Callable[[str], Sequence[str]] = lambda _: ()


class Lookup(Protocol):
    """Finds records that belong to those of a stream: the organisation's client, or an export of it."""

    def related(
        self, name: str, fields: Sequence[str], key: str, ids: Iterable[str], *, alive: bool
    ) -> Iterator[Record]:
        """Yield the records of `name` whose `key` is among `ids`; `alive` leaves deleted ones out."""
        ...


@dataclass(frozen=True, slots=True)
class World:
    """What every stream needs: the connection's name, where related records are, what is visible and what is mapped.

    `fields` is what `mapping.fields.resolve` gives from `chosen_fields`, the settings' own part; `customer_types` are
    beginnings of Account.Type.
    """

    source: str
    lookup: Lookup
    schema: Schema
    chosen_fields: Chosen
    fields: Mapping[str, Mapping[str, str]]
    customer_types: Sequence[str]
    prefix: str

    def own(self, object_name: str) -> list[tuple[Field, str]]:
        """Pair our result fields of an object with their names in Salesforce."""
        return [(entry, entry.salesforce_name(self.prefix)) for entry in results(object_name)]

    def mapped(self, table: str) -> Sequence[str]:
        """Name the Salesforce fields mapped to a canonical table."""
        return list(self.fields[table].values())

    def chosen(self, name: str) -> list[str]:
        """Name the Salesforce fields of an object that the settings themselves map."""
        tables = [table for table, fed_by in FED_BY.items() if fed_by == name]
        return sorted({field for table in tables for field in self.chosen_fields.get(table, {}).values() if field})

    def readers(self, table: str) -> dict[str, Reader]:
        """Make the readers of the mapped attributes of a table."""
        return columns.mapped(attributes(table), self.fields[table])


def record_streams(world: World) -> Iterator[Stream]:
    """Give the streams of records in the order they are pulled."""
    yield _plain(world, "User", "user_account", _USER)
    yield _accounts(world)
    yield _contacts(world)
    yield _relations(world)
    yield _contact_roles(world)
    yield _plain(world, "Opportunity", "opportunity", {**_OPPORTUNITY, **world.readers("opportunity")}, "opportunity")


_USER = {
    "id": columns.text("Id"),
    "name": columns.text("Name"),
    "email": columns.lowered("Email"),
    "manager_id": columns.text("ManagerId"),
    "active": columns.flag("IsActive"),
}
_OPPORTUNITY = {
    "id": columns.text("Id"),
    "name": columns.text("Name"),
    "account_id": columns.text("AccountId"),
    "owner_id": columns.text("OwnerId"),
    "closed": columns.flag("IsClosed"),
    "won": columns.flag("IsWon"),
    "close_at": columns.instant("CloseDate"),
}
_STANDARD = {
    "User": ("Name", "Email", "ManagerId", "IsActive"),
    "Opportunity": ("Name", "AccountId", "OwnerId", "IsClosed", "IsWon", "CloseDate"),
    "Account": ("Name", "OwnerId", "ParentId"),
    "Contact": ("Name", "Email", "AccountId", "OwnerId"),
}


def _plain(world: World, name: str, table: str, readers: Mapping[str, Reader], mapped: str | None = None) -> Stream:
    """Make a stream whose records become one row of one table."""
    wanted = (*_STANDARD[name], *(world.mapped(mapped) if mapped else ()))
    return Stream(name, wanted, lambda records: Batch({table: columns.read(table, world.source, records, readers)}))


def _accounts(world: World) -> Stream:
    fields = world.fields["account"]
    readers = {
        "id": columns.text("Id"),
        "name": columns.text("Name"),
        "owner_id": columns.text("OwnerId"),
        "parent_id": columns.text("ParentId"),
        **world.readers("account"),
    }
    if "domain" in fields:
        readers["domain"] = columns.domain(fields["domain"])
    if "customer" in fields:
        readers["customer"] = columns.begins(fields["customer"], world.customer_types)
    own = world.own("account")

    def convert(records: Sequence[Record]) -> Batch:
        return Batch(
            {
                "account": columns.read("account", world.source, records, readers),
                "observed_account": _observed(world, "account", own, records),
            }
        )

    return Stream("Account", (*_STANDARD["Account"], *world.mapped("account"), *(name for _, name in own)), convert)


def _contacts(world: World) -> Stream:
    readers = {
        "id": columns.text("Id"),
        "name": columns.text("Name"),
        "email": columns.lowered("Email"),
        "account_id": columns.text("AccountId"),
        "owner_id": columns.text("OwnerId"),
        **world.readers("contact"),
    }
    own = world.own("contact")
    related = world.schema.exists("AccountContactRelation")

    def convert(records: Sequence[Record]) -> Batch:
        tables = {
            "contact": columns.read("contact", world.source, records, readers),
            "usage": _usage(world, records),
            "signal": _signals(world, records),
            "observed_contact": _observed(world, "contact", own, records),
        }
        return Batch({**tables, "affiliation": _primary_ties(world, [] if related else records)})

    wanted = (*world.mapped("contact"), *world.mapped("usage"), *world.mapped("signal"), *(name for _, name in own))
    return Stream("Contact", (*_STANDARD["Contact"], *wanted), convert)


def _observed(
    world: World, object_name: str, own: Sequence[tuple[Field, str]], records: Sequence[Record]
) -> arrow.Table:
    """Read what the CRM holds now in our fields, as canonical text."""
    values: dict[str, Column] = {
        entry.name: [_canonical(entry, record.get(name)) for record in records] for entry, name in own
    }
    values["id"] = [record["Id"] for record in records]
    return columns.table(f"observed_{object_name}", world.source, len(records), values)


def _canonical(entry: Field, raw: object) -> str | None:
    try:
        return entry.canonical(raw)
    except ValueError:
        return str(raw)


def _usage(world: World, records: Sequence[Record]) -> arrow.Table:
    """Make a row for each contact that has a usage figure, 0 days included."""
    fields = world.fields["usage"].values()
    kept = [record for record in records if any(record.get(name) is not None for name in fields)]
    readers = {
        "contact_id": columns.text("Id"),
        "product": lambda rows: ["default"] * len(rows),
        **world.readers("usage"),
    }
    return columns.read("usage", world.source, kept, readers)


_ACTS = ("nps", "csat", "advocacy")


def _signals(world: World, records: Sequence[Record]) -> arrow.Table:
    """Make a row for each survey answer and advocacy act a contact's fields hold."""
    rows = [row for kind in _ACTS for row in _signal_rows(world.fields["signal"], kind, records)]
    names = ("contact_id", "kind", "score", "what", "happened_at")
    return columns.table(
        "signal", world.source, len(rows), dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    )


def _signal_rows(fields: Mapping[str, str], kind: str, records: Sequence[Record]) -> Iterator[tuple[object, ...]]:
    if kind not in fields:
        return
    answered = [record for record in records if record.get(fields[kind]) not in {None, ""}]
    moments = columns.instant(fields.get(f"{kind}_at", ""))(answered)
    scored = next(entry for entry in attributes("signal") if entry.name == kind).type is Type.NUMBER
    values = (columns.number if scored else columns.text)(fields[kind])(answered)
    for record, value, at in zip(answered, values, moments, strict=True):
        if value is not None:
            yield record["Id"], kind, value if scored else None, None if scored else value, at


def _primary_ties(world: World, records: Sequence[Record]) -> arrow.Table:
    """Take the primary account as the only tie, where the organisation has no Contacts to Multiple Accounts."""
    tied = [record for record in records if record.get("AccountId")]
    readers: Mapping[str, Reader] = {
        "id": columns.text("Id"),
        "contact_id": columns.text("Id"),
        "account_id": columns.text("AccountId"),
        "direct": lambda rows: [True] * len(rows),
        "active": lambda rows: [True] * len(rows),
    }
    return columns.read("affiliation", world.source, tied, readers)


def _relations(world: World) -> Stream:
    """Read ties to accounts, and the roles named on them: a multi-select, one row a role."""
    readers = {
        "id": columns.text("Id"),
        "contact_id": columns.text("ContactId"),
        "account_id": columns.text("AccountId"),
        "direct": columns.flag("IsDirect"),
        "active": columns.flag("IsActive"),
    }
    every_role = world.schema.choices("AccountContactRelation", "Roles")

    def convert(records: Sequence[Record]) -> Batch:
        named = [(record, role) for record in records for role in _split(record.get("Roles"))]
        rows = _roles(world, "AccountContactRelation", named)
        tie = columns.read("affiliation", world.source, records, readers)
        return Batch({"affiliation": tie, "contact_role": rows}, parts=rows.column("id").to_pylist())

    def parts(record_id: str) -> Sequence[str]:
        return [f"{record_id}:{role}" for role in every_role]

    wanted = ("ContactId", "AccountId", "IsDirect", "IsActive", "Roles")
    return Stream("AccountContactRelation", wanted, convert, parts)


def _split(roles: str | None) -> list[str]:
    return [role for role in (roles or "").split(";") if role]


def _contact_roles(world: World) -> Stream:
    def convert(records: Sequence[Record]) -> Batch:
        named = [(record, str(record["Role"])) for record in records if record.get("Role")]
        rows = _roles(world, "OpportunityContactRole", named)
        silent = len(records) - len(named)
        return Batch({"contact_role": rows}, {"no role named": silent} if silent else {})

    return Stream("OpportunityContactRole", ("OpportunityId", "ContactId", "Role"), convert)


def _roles(world: World, origin: str, named: Sequence[tuple[Record, str]]) -> arrow.Table:
    """Make one row a record and role; a record that may hold several gets the role into its id."""
    several = origin == "AccountContactRelation"
    values: dict[str, Column] = {
        "id": [f"{record['Id']}:{role}" if several else record["Id"] for record, role in named],
        "contact_id": [record.get("ContactId") for record, _ in named],
        "account_id": [record.get("AccountId") for record, _ in named],
        "opportunity_id": [record.get("OpportunityId") for record, _ in named],
        "role": [role for _, role in named],
        "origin": [origin] * len(named),
    }
    return columns.table("contact_role", world.source, len(named), values)
