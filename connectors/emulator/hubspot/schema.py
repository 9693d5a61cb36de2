"""The properties and property groups of one object type: the standard ones from data files, custom ones on top.

Pure state; the rules of names and limits are here, HTTP is not. `crm.Crm` holds one `Schema` per object type.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .object_types import ObjectType
from .refusals import RefusedError, conflict, invalid, missing
from .wire import data_file, stamp

if TYPE_CHECKING:
    from .rules import Rule

FIELD_TYPES = {
    "bool": ("booleancheckbox", "calculation_equation"),
    "enumeration": ("select", "booleancheckbox", "checkbox", "radio", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date", "calculation_equation"),
    "string": ("text", "textarea", "html", "phonenumber", "file", "calculation_equation"),
    "number": ("number", "calculation_equation"),
}
"""Which field types HubSpot allows for a type; the first is the one a data file need not name."""

UNIQUE_LIMIT = 10
"""Properties with `hasUniqueValue` per object type."""

RESERVED = "hs_"
"""What names of custom properties may not begin with."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration; `value` is what records hold."""

    value: str
    label: str
    order: int = -1
    hidden: bool = False
    description: str = ""

    def render(self) -> dict[str, object]:
        """Form the option's JSON."""
        return {
            "label": self.label,
            "value": self.value,
            "displayOrder": self.order,
            "hidden": self.hidden,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class Property:
    """The definition of one property."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    created: datetime
    updated: datetime
    description: str = ""
    options: tuple[Option, ...] = ()
    order: int = -1
    calculated: bool = False
    external: bool = False
    """Its options are records of something else (owners, files): any value passes, except for owners."""
    unique: bool = False
    hidden: bool = False
    standard: bool = True
    form_field: bool = False
    read_only: bool = False
    referenced: str | None = None
    archived: bool = False

    @property
    def many(self) -> bool:
        """Whether a value is a set of options joined by ``;``."""
        return self.type == "enumeration" and self.field_type == "checkbox"

    def render(self) -> dict[str, object]:
        """Form the definition's JSON."""
        referenced = {"referencedObjectType": self.referenced} if self.referenced else {}
        return {
            "updatedAt": stamp(self.updated),
            "createdAt": stamp(self.created),
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [option.render() for option in self.options],
            **referenced,
            "displayOrder": self.order,
            "calculated": self.calculated,
            "externalOptions": self.external,
            "archived": self.archived,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.standard,
            "modificationMetadata": {
                "archivable": not self.standard,
                "readOnlyDefinition": self.standard,
                "readOnlyOptions": self.standard,
                "readOnlyValue": self.read_only,
            },
            "formField": self.form_field,
        }


@dataclass(frozen=True, slots=True)
class Group:
    """A heading under which HubSpot shows properties."""

    name: str
    label: str
    order: int = -1
    archived: bool = False

    def render(self) -> dict[str, object]:
        """Form the group's JSON."""
        return {"name": self.name, "label": self.label, "displayOrder": self.order, "archived": self.archived}


class Schema:
    """Properties and groups of one object type."""

    def __init__(self, kind: ObjectType, born: datetime) -> None:
        self.kind = kind
        self.groups: dict[str, Group] = {}
        self.rules: dict[str, dict[str, Rule]] = {}
        """Validation rules by property and rule type."""
        self._properties: dict[str, Property] = {}
        for name in _files(kind):
            self._read_standard(data_file(f"properties/{name}.json"), born)
        self._read_standard(data_file("properties/every.json"), born)

    def _read_standard(self, raw: Mapping[str, Any], born: datetime) -> None:
        self.groups |= {name: Group(name, label) for name, label in raw["groups"].items()}
        usual = next(iter(raw["groups"] or self.groups))
        for row in raw["properties"]:
            self._properties.setdefault(row["name"], _standard(row, usual, born))

    def __iter__(self) -> Iterator[Property]:
        """Every property, archived ones too."""
        return iter(self._properties.values())

    def get(self, name: str) -> Property | None:
        """Find a property that is not archived."""
        found = self._properties.get(name)
        return None if found is None or found.archived else found

    def read(self, name: str, *, archived: bool = False) -> Property:
        """Find a property or raise RefusedError (404)."""
        found = self._properties.get(name)
        if found is None or found.archived is not archived:
            raise missing()
        return found

    def put(self, new: Property) -> None:
        """Store a definition as it is; for seeds and for `add` and `change`."""
        self._properties[new.name] = new

    def add(self, new: Property) -> Property:
        """Create a custom property. Raises RefusedError: 400 for its form, 409 when the name is taken."""
        _check_form(new)
        if new.group not in self.groups:
            raise invalid(f"Property group {new.group} does not exist")
        if self.get(new.name):
            raise _taken(f"A property named '{new.name}' already exists.", "Properties.PROPERTY_EXISTS")
        if new.unique and sum(1 for p in self if p.unique and not p.standard and not p.archived) >= UNIQUE_LIMIT:
            raise invalid(f"The limit of {UNIQUE_LIMIT} unique properties for this object type has been reached.")
        self.put(new)
        return new

    def change(self, name: str, **changes: Any) -> Property:
        """Change a definition. Raises RefusedError: 404, or 400 for its form or a type of HubSpot's."""
        old = self.read(name)
        new = replace(old, **changes)
        if old.standard and {"type", "field_type"} & changes.keys():
            raise invalid(f"Property {name} is a HubSpot property; its type cannot be changed.")
        if new.group not in self.groups:
            raise invalid(f"Property group {new.group} does not exist")
        _check_form(new)
        self.put(replace(new, options=_YES_NO) if new.type == "bool" else new)
        return self.read(name)

    def archive(self, name: str, at: datetime) -> None:
        """Archive a custom property. Raises RefusedError: 404, or 400 for a standard one."""
        old = self.read(name)
        if old.standard:
            raise invalid(f"Property {name} is a HubSpot property and cannot be archived.")
        self.put(replace(old, archived=True, updated=at))

    def group(self, name: str) -> Group:
        """Find a group or raise RefusedError (404)."""
        if name not in self.groups:
            raise missing()
        return self.groups[name]

    def add_group(self, new: Group) -> Group:
        """Create a group. Raises RefusedError: 409 when the name is taken."""
        if new.name in self.groups:
            raise _taken(f"A property group named '{new.name}' already exists.", "Properties.PROPERTY_GROUP_EXISTS")
        self.groups[new.name] = new
        return new

    def drop_group(self, name: str) -> None:
        """Remove a group. Raises RefusedError: 404, or 400 while a property stands in it."""
        self.group(name)
        if any(p.group == name and not p.archived for p in self):
            raise invalid(f"Property group {name} still holds properties and cannot be deleted.")
        del self.groups[name]


def _files(kind: ObjectType) -> tuple[str, ...]:
    """Name the data files that hold a type's standard properties, besides those every type has."""
    if kind.custom:
        return ("custom",)
    return ("activity", kind.name) if kind.activity else (kind.name,)


def _taken(message: str, sub_category: str) -> RefusedError:
    refused = conflict(message)
    refused.extra["subCategory"] = sub_category
    return refused


def _check_form(new: Property) -> None:
    if not _NAME.fullmatch(new.name):
        raise invalid(f"Property name {new.name!r} must hold lowercase letters, digits and underscores only.")
    if new.name.startswith(RESERVED) and not new.standard:
        raise invalid(f"Property name {new.name!r} begins with {RESERVED!r}, which is reserved for HubSpot.")
    if new.type not in FIELD_TYPES:
        raise invalid(f"{new.type} is not a property type.")
    if new.field_type not in FIELD_TYPES[new.type]:
        raise invalid(f"fieldType {new.field_type} is not valid for type {new.type}.")
    values = [option.value for option in new.options]
    if len(values) != len(set(values)):
        raise invalid(f"Property option values of {new.name} must be unique.")


def read_options(raw: Any) -> tuple[Option, ...]:
    """Read the options of a data file (value -> label) or of a wire body (a list of objects, or of values)."""
    if isinstance(raw, Mapping):
        return tuple(Option(value, label, order) for order, (value, label) in enumerate(raw.items()))
    rows = [{"value": row} if isinstance(row, str) else row for row in raw or ()]
    return tuple(
        Option(
            str(row["value"]),
            str(row.get("label") or row["value"]),
            order if row.get("displayOrder") is None else int(row["displayOrder"]),
            bool(row.get("hidden")),
            str(row.get("description") or ""),
        )
        for order, row in enumerate(rows)
    )


_YES_NO = (Option("true", "True", 0), Option("false", "False", 1))


def _standard(row: Mapping[str, Any], group: str, born: datetime) -> Property:
    return Property(
        name=row["name"],
        label=row["label"],
        type=row["type"],
        field_type=row.get("fieldType") or FIELD_TYPES[row["type"]][0],
        group=row.get("group", group),
        created=born,
        updated=born,
        options=_YES_NO if row["type"] == "bool" else read_options(row.get("options")),
        calculated=row.get("calculated", False),
        external=row.get("externalOptions", False),
        unique=row.get("hasUniqueValue", False),
        hidden=row.get("hidden", False),
        read_only=row.get("readOnly", False),
        referenced=row.get("referencedObjectType"),
    )


def custom(row: Mapping[str, Any], group: str, at: datetime) -> Property:
    """Read the wire form of a custom property (a seed's, or a create request's already checked body)."""
    made = _standard(
        {**row, "group": row.get("groupName") or group, "label": row.get("label") or row["name"]}, group, at
    )
    return replace(
        made,
        standard=False,
        description=row.get("description") or "",
        order=-1 if row.get("displayOrder") is None else row["displayOrder"],
        form_field=bool(row.get("formField")),
        hidden=bool(row.get("hidden")),
    )
