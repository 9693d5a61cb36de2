"""What is read from each Salesforce object that is a record of its own: people, companies, ties, roles, deals.

`connectors.salesforce.read` pulls the streams made here one after the other; activities stand in `activities`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import arro3.core as arrow

from connectors import columns
from connectors.base import Ids
from connectors.salesforce.columns import mapped, reference
from connectors.salesforce.schema import Schema
from connectors.salesforce.workbench import Workbench
from connectors.workbench import NOBODY, Expression
from mapping.fields import Chosen, attributes
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
class Narrow:
    """How formulas and roll-ups are read again: the fields, and the rows that hold nothing but what comes of them.

    A table whose other columns come from other fields has only the columns that may have changed.
    """

    fields: Sequence[str]
    tables: Callable[[Workbench], Mapping[str, arrow.Table]]


@dataclass(frozen=True, slots=True)
class Stream:
    """One object to pull: the fields wanted besides the system's own, and how a batch on the workbench becomes rows.

    `parts` names, for a record's id, every row id it could have besides its own; it clears those it no longer has.
    `aliases` gives fields a fixed name on the workbench. `beside` is what a batch needs to know of other objects,
    `tells` the table of ``sql/beside.sql`` that the stream itself fills. `narrow` reads calculated fields apart.
    """

    object: str
    fields: Sequence[str]
    convert: Callable[[Workbench], Batch]
    parts: Callable[[str], Sequence[str]] = lambda _: ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    beside: Sequence["Beside"] = ()
    tells: str = ""
    narrow: Callable[[Sequence[str]], Narrow] | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """Records of another object that belong to those of a stream, for example who took part in a meeting.

    `key` is the field that points at the stream's record; `needed` names the file of ``sql/`` that tells which keys a
    batch needs. `table` and `columns` say where they are kept on the workbench, `where` which of them count, and
    `lasting` that they serve other streams of the pull too.
    """

    object: str
    key: str
    needed: str
    table: str
    columns: Mapping[str, str]
    where: Sequence[str] = ()
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """What every stream needs: the connection's name, what is visible and what is mapped.

    `fields` is what `mapping.fields.resolve` gives from `chosen_fields`, the settings' own part; `customer_types` are
    beginnings of Account.Type.
    """

    source: str
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

    def columns(self, table: str) -> dict[str, Expression]:
        """Give the columns of the mapped attributes of a table, as far as their fields are visible."""
        described = self.schema.fields(FED_BY[table]) or {}
        there = {attribute: name for attribute, name in self.fields[table].items() if name in described}
        return mapped(attributes(table), there, lambda name: described[name].get("type"))


def record_streams(world: World) -> Iterator[Stream]:
    """Give the streams of records in the order they are pulled."""
    yield _plain("User", "user_account", _USER)
    yield _accounts(world)
    yield _contacts(world)
    yield _relations(world)
    yield _contact_roles()
    yield _opportunities(world)


_USER = {
    "id": columns.plain("Id"),
    "name": columns.plain("Name"),
    "email": columns.lowered("Email"),
    "manager_id": columns.plain("ManagerId"),
    "active": columns.flag("IsActive"),
}
_OPPORTUNITY = {
    "id": columns.plain("Id"),
    "name": columns.plain("Name"),
    "account_id": columns.plain("AccountId"),
    "owner_id": columns.plain("OwnerId"),
    "closed": columns.flag("IsClosed"),
    "won": columns.flag("IsWon"),
    "close_at": columns.instant("CloseDate"),
}
_ACCOUNT = {
    "id": columns.plain("Id"),
    "name": columns.plain("Name"),
    "owner_id": columns.plain("OwnerId"),
    "parent_id": columns.plain("ParentId"),
}
_CONTACT = {
    "id": columns.plain("Id"),
    "name": columns.plain("Name"),
    "email": columns.lowered("Email"),
    "account_id": columns.plain("AccountId"),
    "owner_id": columns.plain("OwnerId"),
}
_STANDARD = {
    "User": ("Name", "Email", "ManagerId", "IsActive"),
    "Opportunity": ("Name", "AccountId", "OwnerId", "IsClosed", "IsWon", "CloseDate"),
    "Account": ("Name", "OwnerId", "ParentId", "MasterRecordId"),
    "Contact": ("Name", "Email", "AccountId", "OwnerId", "MasterRecordId"),
}


def _plain(name: str, table: str, wanted: Mapping[str, Expression]) -> Stream:
    """Make a stream whose records become one row of one table."""
    return Stream(name, _STANDARD[name], lambda bench: Batch({table: bench.read(table, wanted)}))


def _opportunities(world: World) -> Stream:
    wanted = {**_OPPORTUNITY, **world.columns("opportunity")}
    fields = (*_STANDARD["Opportunity"], *world.mapped("opportunity"))

    def narrow(calculated: Sequence[str]) -> Narrow:
        return Narrow(calculated, lambda bench: _patch(world, bench, "opportunity", wanted, calculated))

    return Stream(
        "Opportunity", fields, lambda bench: Batch({"opportunity": bench.read("opportunity", wanted)}), narrow=narrow
    )


def _patch(
    world: World, bench: Workbench, table: str, wanted: Mapping[str, Expression], calculated: Sequence[str]
) -> Mapping[str, arrow.Table]:
    """Build the columns of a table that come from calculated fields, by id, if there are such columns."""
    changing = {name: wanted[name] for name, field in world.fields[table].items() if field in calculated}
    return {table: bench.patch(table, {"id": columns.plain("Id"), **changing})} if changing else {}


def _accounts(world: World) -> Stream:
    fields = world.fields["account"]
    wanted = {**_ACCOUNT, **world.columns("account")}
    if "domain" in wanted:
        wanted["domain"] = columns.domain(fields["domain"])
    if "customer" in wanted:
        wanted["customer"] = columns.customer(fields["customer"])
    own = world.own("account")

    def convert(bench: Workbench) -> Batch:
        return Batch({"account": bench.read("account", wanted), "observed_account": _observed(bench, "account", own)})

    def narrow(calculated: Sequence[str]) -> Narrow:
        return Narrow(calculated, lambda bench: _patch(world, bench, "account", wanted, calculated))

    fed = (*_STANDARD["Account"], *world.mapped("account"), *(name for _, name in own))
    return Stream("Account", fed, convert, narrow=narrow)


def _contacts(world: World) -> Stream:
    fields = world.fields["contact"]
    wanted = {**_CONTACT, **world.columns("contact")}
    if "reports_to_id" in wanted:
        wanted["reports_to_id"] = reference(fields["reports_to_id"])
    own = world.own("contact")
    related = world.schema.exists("AccountContactRelation")

    def convert(bench: Workbench) -> Batch:
        tables = {
            "contact": bench.read("contact", wanted),
            "usage": _usage(world, bench),
            "signal": _signals(world, bench),
            "observed_contact": _observed(bench, "contact", own),
        }
        alone = NOBODY if related else columns.known(["AccountId"])
        return Batch({**tables, "affiliation": bench.read("affiliation", _PRIMARY, alone)})

    def narrow(calculated: Sequence[str]) -> Narrow:
        """Usage and signals are rows of their own fields alone, so they are read in full where one is calculated."""
        readers = {"usage": _usage, "signal": _signals}
        full = {table: read for table, read in readers.items() if set(calculated) & set(world.mapped(table))}
        others = [field for table in full for field in world.mapped(table)]

        def tables(bench: Workbench) -> Mapping[str, arrow.Table]:
            patch = _patch(world, bench, "contact", wanted, calculated)
            return {**patch, **{table: read(world, bench) for table, read in full.items()}}

        return Narrow(list(dict.fromkeys((*calculated, *others))), tables)

    fed = (*world.mapped("contact"), *world.mapped("usage"), *world.mapped("signal"), *(name for _, name in own))
    return Stream("Contact", (*_STANDARD["Contact"], *fed), convert, narrow=narrow)


_PRIMARY = {
    "id": columns.plain("Id"),
    "contact_id": columns.plain("Id"),
    "account_id": columns.plain("AccountId"),
    "direct": "TRUE",
    "active": "TRUE",
}
"""The primary account as the only tie, where the organisation has no Contacts to Multiple Accounts."""


def _observed(bench: Workbench, object_name: str, own: Sequence[tuple[Field, str]]) -> arrow.Table:
    """Read what the CRM holds now in our fields, as canonical text."""
    wanted = {entry.name: columns.observed(entry, name) for entry, name in own}
    return bench.read(f"observed_{object_name}", {**wanted, "id": columns.plain("Id")})


def _usage(world: World, bench: Workbench) -> arrow.Table:
    return columns.usage(bench, columns.plain("Id"), world.columns("usage"))


def _signals(world: World, bench: Workbench) -> arrow.Table:
    return columns.signals(bench, columns.plain("Id"), world.columns("signal"))


_TIE = {
    "id": columns.plain("Id"),
    "contact_id": columns.plain("ContactId"),
    "account_id": columns.plain("AccountId"),
    "direct": columns.flag("IsDirect"),
    "active": columns.flag("IsActive"),
}


def _relations(world: World) -> Stream:
    """Read ties to accounts, and the roles named on them: a multi-select, one row a role."""
    every_role = world.schema.choices("AccountContactRelation", "Roles")

    def convert(bench: Workbench) -> Batch:
        bench.prepare("roles")
        rows = bench.read_view("contact_role", "tie_role")
        return Batch(
            {"affiliation": bench.read("affiliation", _TIE), "contact_role": rows},
            parts=Ids(rows.column("id")),
        )

    def parts(record_id: str) -> Sequence[str]:
        return [f"{record_id}:{role}" for role in every_role]

    wanted = ("ContactId", "AccountId", "IsDirect", "IsActive", "Roles")
    return Stream("AccountContactRelation", wanted, convert, parts)


_NAMED_ROLE = {
    "id": columns.plain("Id"),
    "contact_id": columns.plain("ContactId"),
    "opportunity_id": columns.plain("OpportunityId"),
    "role": columns.plain("Role"),
    "origin": "'OpportunityContactRole'",
}


def _contact_roles() -> Stream:
    def convert(bench: Workbench) -> Batch:
        named = columns.known(["Role"])
        silent = bench.count(f"NOT ({named})")
        rows = bench.read("contact_role", _NAMED_ROLE, named)
        return Batch({"contact_role": rows}, {"no role named": silent} if silent else {})

    return Stream("OpportunityContactRole", ("OpportunityId", "ContactId", "Role"), convert)
