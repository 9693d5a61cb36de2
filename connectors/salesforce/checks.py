"""What a person should know about a Salesforce connection before a run: the findings of `check`."""

from collections.abc import Iterator

from connectors.base import Finding
from connectors.salesforce.client import Client
from connectors.salesforce.streams import FED_BY, World
from connectors.salesforce.write import CLOSED, OBJECTS, OPEN
from mapping import fields
from mapping.metadata import FIELDS, results

NEEDED = ("User", "Account", "Contact", "Task")
READ_IF_THERE = ("Opportunity", "OpportunityContactRole", "AccountContactRelation", "EmailMessage", "Event")
GRANT = "Grant it to the integration user in a permission set, or take it out of `fields`."
UNREAD = "A field for human corrections is missing or hidden; they are not read."
PROVISION = "Run `rapport provision` for this connection, or deploy our metadata."


def unserved(client: Client) -> Iterator[Finding]:
    """Say when the organisation does not serve the API version of the settings: it was retired, or is yet to come."""
    served = client.versions()
    if served and client.version not in served:
        span = f"the organisation serves {served[0]} to {served[-1]}"
        cause = f"API version {client.version} does not exist, any more or yet; {span}."
        yield Finding("connection", cause, f"Set `api_version` of the connection to {served[-1]}.", fatal=True)


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
        for field in world.schema.hidden(name, world.mapped(table)):
            if field in explicit:
                fix = fields.suggestion(field, world.schema.fields(name) or {}) or GRANT
                yield Finding(f"{name}.{field}", "The mapped field does not exist or is hidden.", fix, fatal=True)
            elif field.startswith(f"{world.prefix}_"):
                yield Finding(f"{name}.{field}", UNREAD, PROVISION, fatal=False)
            else:
                yield Finding(f"{name}.{field}", "A standard field is hidden; it reads as unknown.", GRANT, fatal=False)
        if world.schema.calculated(name, sorted(explicit)):
            cause = "A mapped field is a formula; formulas change without a trace and are read again once a day."
            yield Finding(name, cause, "Map a stored field, if it must be known at once.", fatal=False)


def _own_fields(world: World) -> Iterator[Finding]:
    """A run without any of our fields could write nothing; one without some of them skips these."""
    ours = [(name, entry.salesforce_name(world.prefix)) for kind, name in OBJECTS.items() for entry in results(kind)]
    nothing = not any(world.schema.visible(name, [field]) for name, field in ours)
    for name, field in ours:
        if not world.schema.visible(name, [field]):
            yield Finding(f"{name}.{field}", "Our field does not exist or is hidden.", PROVISION, fatal=nothing)
        elif not world.schema.updateable(name, field):
            yield Finding(f"{name}.{field}", "Our field cannot be written; it is skipped.", PROVISION, fatal=False)
    for entry in (entry for entry in FIELDS if entry.object == "task" and entry.override):
        if world.schema.hidden("Task", [field := entry.salesforce_name(world.prefix)]):
            yield Finding(f"Task.{field}", UNREAD, PROVISION, fatal=False)


def _statuses(world: World) -> Iterator[Finding]:
    """Tasks are opened and closed by two standard statuses; a restricted picklist may have lost them."""
    known = world.schema.choices("Task", "Status")
    for status in (OPEN, CLOSED):
        if known and status not in known:
            cause = f"Tasks have no status '{status}'; tasks cannot be opened or closed."
            yield Finding("Task.Status", cause, f"Add the status '{status}' in Setup.", fatal=True)
