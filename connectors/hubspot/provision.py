"""Creates our properties in a portal: one group an object, one property a field; running it again changes nothing."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from connectors.base import ProvisionStep
from connectors.errors import Conflict, Rejected
from connectors.hubspot.client import Client
from connectors.hubspot.schema import OBJECT_TYPES
from mapping.metadata import TASK_KEY, Field, Kind

Json = dict[str, Any]

FORMS: dict[Kind, tuple[str, str]] = {
    Kind.TEXT: ("string", "text"),
    Kind.LONG_TEXT: ("string", "textarea"),
    Kind.NUMBER: ("number", "number"),
    Kind.DATE: ("date", "date"),
    Kind.FLAG: ("bool", "booleancheckbox"),
    Kind.CHOICE: ("enumeration", "select"),
    Kind.CHOICES: ("enumeration", "checkbox"),
}
"""Kind of a field -> HubSpot's type and fieldType."""


def declaration(field: Field, prefix: str) -> Json:
    """Write a field of ours as HubSpot's property definition."""
    kind, form = FORMS[field.kind]
    declared: Json = {
        "groupName": prefix.lower(),
        "name": field.hubspot_name(prefix),
        "label": field.label,
        "type": kind,
        "fieldType": form,
        "description": field.help,
    }
    if options := _options(field):
        declared["options"] = options
    if field.object == "task" and field.name == TASK_KEY:
        declared["hasUniqueValue"] = True
    return declared


def _options(field: Field) -> list[Json]:
    values = (("Yes", "true"), ("No", "false")) if field.kind is Kind.FLAG else ((c, c) for c in field.choices)
    return [
        {"label": label[:1].upper() + label[1:], "value": value, "displayOrder": position, "hidden": False}
        for position, (label, value) in enumerate(values)
    ]


def provision(client: Client, fields: Sequence[Field], prefix: str, dry_run: bool) -> Iterator[ProvisionStep]:
    """Create what is missing of `fields`, object by object: a group, the missing properties, the missing options."""
    for object_name, group in groupby(sorted(fields, key=lambda field: field.object), key=lambda field: field.object):
        object_type = OBJECT_TYPES[object_name]
        yield _group(client, object_type, prefix, dry_run)
        held = {declared["name"]: declared for declared in client.properties(object_type)}
        wanted = [declaration(field, prefix) for field in group]
        missing = [declared for declared in wanted if declared["name"] not in held]
        yield from _created(client, object_type, missing, dry_run)
        for declared in wanted:
            if declared["name"] in held:
                yield _extended(client, object_type, declared, held[declared["name"]], dry_run)


def _group(client: Client, object_type: str, prefix: str, dry_run: bool) -> ProvisionStep:
    name = prefix.lower()
    missing = all(group["name"] != name for group in client.groups(object_type))
    if missing and not dry_run:
        client.create_group(object_type, {"name": name, "label": prefix, "displayOrder": -1})
    return ProvisionStep(f"property group {object_type}.{name}", done=missing)


def _created(client: Client, object_type: str, missing: list[Json], dry_run: bool) -> Iterator[ProvisionStep]:
    """Create properties together; one by one where HubSpot refuses the batch, so that the culprit is named."""
    together = dry_run or not missing or _all_created(client, object_type, missing)
    for declared in missing:
        detail = "" if together else _one_created(client, object_type, declared)
        yield ProvisionStep(f"property {object_type}.{declared['name']}", done=True, detail=detail)


def _all_created(client: Client, object_type: str, missing: list[Json]) -> bool:
    try:
        made = client.create_properties(object_type, missing)
    except (Rejected, Conflict):
        return False
    return {one["name"] for one in missing} <= {one["name"] for one in made}


def _one_created(client: Client, object_type: str, declared: Json) -> str:
    """Create a property; a portal that allows no more unique ones gets it without that promise."""
    try:
        client.create_property(object_type, declared)
    except Conflict:
        return "existed already"
    except Rejected as error:
        if not declared.get("hasUniqueValue"):
            raise
        client.create_property(object_type, {**declared, "hasUniqueValue": False})
        return f"created without uniqueness: {error}"
    return ""


def _extended(client: Client, object_type: str, wanted: Json, existing: Json, dry_run: bool) -> ProvisionStep:
    """Add options that are missing; the ones people added or renamed stay as they are."""
    what = f"property {object_type}.{wanted['name']}"
    if existing["type"] != wanted["type"]:
        detail = f"exists with the type {existing['type']} instead of {wanted['type']}: rename or remove it in HubSpot"
        return ProvisionStep(what, done=False, detail=detail)
    options = existing.get("options") or []
    known = {option["value"] for option in options}
    missing = [option for option in wanted.get("options", ()) if option["value"] not in known]
    if missing and not dry_run:
        kept = [{key: option[key] for key in _OPTION_KEYS if key in option} for option in options]
        client.update_property(object_type, wanted["name"], {"options": [*kept, *missing]})
    added = f"options added: {', '.join(option['value'] for option in missing)}" if missing else ""
    return ProvisionStep(what, done=bool(missing), detail=added)


_OPTION_KEYS = ("label", "value", "displayOrder", "hidden", "description")
