"""What a person should know about a Salesforce connection before a run: the findings of `check`."""

from collections.abc import Iterator, Mapping

from connectors.base import Finding
from connectors.salesforce.client import Client, Record
from connectors.salesforce.streams import FED_BY, World
from connectors.salesforce.write import CLOSED, OBJECTS, OPEN
from mapping import fields
from mapping.fields import Attribute, Type
from mapping.metadata import FIELDS, Field, Kind, results

NEEDED = ("User", "Account", "Contact", "Task")
READ_IF_THERE = ("Opportunity", "OpportunityContactRole", "AccountContactRelation", "EmailMessage", "Event")
GRANT = "Grant it to the integration user in a permission set, or take it out of `fields`."
UNREAD = "A field for human corrections is missing or hidden; they are not read."
PROVISION = "Run `rapport provision` for this connection, or deploy our metadata."
ANOTHER = "Map a field of a fitting type, or take it out of `fields`."
REPLACE = "Delete it in Setup and run `rapport provision`, or set another `prefix`."

_FIGURES = frozenset({"int", "long", "double", "currency", "percent"})
_WORDS = frozenset({"string", "picklist", "combobox"})
FITTING: Mapping[Type, frozenset[str]] = {
    Type.NUMBER: _FIGURES,
    Type.WHOLE: _FIGURES,
    Type.INSTANT: frozenset({"date", "datetime"}),
    Type.FLAG: frozenset({"boolean", "picklist"}),
}
"""Types of describe that hold what an attribute means."""
LEGIBLE: Mapping[Type, frozenset[str]] = {
    Type.NUMBER: _WORDS,
    Type.WHOLE: _WORDS,
    Type.INSTANT: frozenset({"string"}),
    Type.FLAG: _WORDS | _FIGURES,
}
"""Types that fit as far as what is written in the field does."""
UNREADABLE = frozenset({"address", "location", "base64", "complexvalue"})
"""Types that are no text either."""
OURS: Mapping[Kind, frozenset[str]] = {
    Kind.TEXT: frozenset({"string", "textarea"}),
    Kind.LONG_TEXT: frozenset({"textarea"}),
    Kind.NUMBER: _FIGURES,
    Kind.DATE: frozenset({"date"}),
    Kind.FLAG: frozenset({"boolean"}),
    Kind.CHOICE: frozenset({"picklist", "string", "textarea"}),
    Kind.CHOICES: frozenset({"multipicklist", "textarea"}),
}
"""Types of describe that our fields may have."""


def unserved(client: Client) -> Iterator[Finding]:
    """Say when the organisation does not serve the API version of the settings: it was retired, or is yet to come."""
    served = client.versions()
    if served and client.version not in served:
        span = f"the organisation serves {served[0]} to {served[-1]}"
        cause = f"API version {client.version} does not exist, any more or yet; {span}."
        fix = f"Set `api_version` of the connection to {served[-1]}."
        yield Finding("connection", cause, fix, fatal=True, setting=("api_version",))


def findings(world: World) -> Iterator[Finding]:
    """Compare what is mapped and written with what the integration user sees."""
    yield from _objects(world)
    yield from _mapped(world)
    yield from _own_fields(world)
    yield from _statuses(world)


def _objects(world: World) -> Iterator[Finding]:
    for name in NEEDED:
        if not world.schema.exists(name):
            yield Finding(name, "The object is not visible.", "Grant read access to the integration user.", fatal=True)
    for name in READ_IF_THERE:
        if not world.schema.exists(name):
            yield Finding(
                name, "The object is not visible; its evidence is missing.", "Grant it, if it is used.", fatal=False
            )


def _mapped(world: World) -> Iterator[Finding]:
    for table, name in FED_BY.items():
        if not world.schema.exists(name):
            continue
        explicit = {field for field in world.chosen_fields.get(table, {}).values() if field}
        for attribute in fields.attributes(table):
            if field := world.fields[table].get(attribute.name):
                yield from _one_mapped(world, name, attribute, field)
        if world.schema.calculated(name, sorted(explicit)):
            cause = "A mapped field is a formula; formulas change without a trace and are read again once a day."
            yield Finding(name, cause, "Map a stored field, if it must be known at once.", fatal=False)


def _one_mapped(world: World, name: str, attribute: Attribute, field: str) -> Iterator[Finding]:
    """A field that the settings name must be there and fit; a standard one that is missing reads as unknown."""
    where = f"{name}.{field}"
    chosen = attribute.name in world.chosen_fields.get(attribute.table, {})
    setting = ("fields", attribute.table, attribute.name) if chosen else ()
    described = (world.schema.fields(name) or {}).get(field)
    if described is not None:
        if misfit := _misfit(attribute, str(described.get("type", ""))):
            yield Finding(where, misfit[0], ANOTHER, fatal=chosen and misfit[1], setting=setting)
    elif chosen:
        others = [other for other in world.schema.fields(name) or {} if not other.startswith(f"{world.prefix}_")]
        fix = fields.suggestion(field, others) or GRANT
        yield Finding(where, "The mapped field does not exist or is hidden.", fix, fatal=True, setting=setting)
    elif field.startswith(f"{world.prefix}_"):
        yield Finding(where, UNREAD, PROVISION, fatal=False)
    else:
        yield Finding(where, "A standard field is hidden; it reads as unknown.", GRANT, fatal=False)


def _misfit(attribute: Attribute, kind: str) -> tuple[str, bool] | None:
    """Say how a type of describe does not hold what the attribute means, and whether it never can."""
    held = f"The field is of type {kind}"
    if attribute.type is Type.TEXT:
        return (
            (f"{held}, which {attribute.table}.{attribute.name} cannot be read from.", True)
            if kind in UNREADABLE
            else None
        )
    if kind in FITTING[attribute.type]:
        return None
    meant = f"{attribute.table}.{attribute.name} is a {attribute.type}"
    if kind in LEGIBLE[attribute.type]:
        return f"{held}, {meant}; what cannot be read as one is unknown.", False
    return f"{held}, but {meant}.", True


def _own_fields(world: World) -> Iterator[Finding]:
    """A run without any of our fields could write nothing; one without some of them skips these."""
    ours = [(name, entry) for kind, name in OBJECTS.items() for entry in results(kind)]
    nothing = not any(world.schema.visible(name, [entry.salesforce_name(world.prefix)]) for name, entry in ours)
    for name, entry in ours:
        field = entry.salesforce_name(world.prefix)
        described = (world.schema.fields(name) or {}).get(field)
        if described is None:
            yield Finding(f"{name}.{field}", "Our field does not exist or is hidden.", PROVISION, fatal=nothing)
        elif not described.get("updateable"):
            yield Finding(f"{name}.{field}", "Our field cannot be written; it is skipped.", PROVISION, fatal=False)
        else:
            yield from _own_shape(f"{name}.{field}", entry, described)
    for entry in (entry for entry in FIELDS if entry.object == "task" and entry.override):
        if world.schema.hidden("Task", [field := entry.salesforce_name(world.prefix)]):
            yield Finding(f"Task.{field}", UNREAD, PROVISION, fatal=False)


def _own_shape(where: str, entry: Field, described: Record) -> Iterator[Finding]:
    """A field of our name that somebody made otherwise, or took values from, refuses what we write."""
    kind = str(described.get("type", ""))
    if kind not in OURS[entry.kind]:
        cause = f"Our field is of type {kind} instead of {entry.kind}; what we write may be refused."
        yield Finding(where, cause, REPLACE, fatal=False)
    offered = {one["value"] for one in described.get("picklistValues") or () if one.get("active", True)}
    lost = [choice for choice in entry.choices if choice not in offered]
    if lost and described.get("restrictedPicklist"):
        cause = f"The picklist lacks {', '.join(map(repr, lost))}; records that get such a value are refused."
        yield Finding(where, cause, "Add or activate the values in Setup.", fatal=False)


def _statuses(world: World) -> Iterator[Finding]:
    """Tasks are opened and closed by two standard statuses; a restricted picklist may have lost them."""
    known = world.schema.choices("Task", "Status")
    for status in (OPEN, CLOSED):
        if known and status not in known:
            cause = f"Tasks have no status '{status}'; tasks cannot be opened or closed."
            yield Finding("Task.Status", cause, f"Add the status '{status}' in Setup.", fatal=True)
