"""What objects and fields the org has: standard ones from `objects/*.yaml`, custom ones from seeds and the Tooling API.

The files say only what differs from the defaults below. A custom field that the Tooling API created is `granted=False`:
nobody sees it until a FieldPermissions row says so (see `access`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources

import yaml

from connectors.emulator.wire import JsonObject

_TEXT_LENGTHS = {
    "string": 255,
    "textarea": 32000,
    "picklist": 255,
    "multipicklist": 4099,
    "email": 80,
    "url": 255,
    "phone": 40,
    "id": 18,
    "reference": 18,
}

_UNSORTABLE = frozenset({"textarea", "multipicklist", "complexvalue"})
_UNGROUPABLE = frozenset({"double", "currency", "percent", "datetime"})


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object, in describe's vocabulary.

    `to` are the objects a reference may point at, `relationship` its name in dotted paths, `children` the name of the
    way back. `values` are a picklist's active values in order. `granted` is whether everybody sees the field.
    """

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    create: bool = True
    update: bool = True
    filterable: bool = True
    to: tuple[str, ...] = ()
    relationship: str = ""
    children: str = ""
    cascade: bool = False
    values: tuple[str, ...] = ()
    restricted: bool = False
    default: str | bool | None = None
    external_id: bool = False
    unique: bool = False
    custom: bool = False
    granted: bool = True
    permissionable: bool = True

    @property
    def polymorphic(self) -> bool:
        """Whether the reference may point at several objects, so that only the fields of Name are reachable."""
        return len(self.to) > 1

    @property
    def numeric(self) -> bool:
        """Whether the field holds numbers."""
        return self.type in _NUMBERS

    @property
    def sortable(self) -> bool:
        """Whether ORDER BY takes the field."""
        return self.type not in _UNSORTABLE or self.short_text

    @property
    def short_text(self) -> bool:
        """Whether the field is a text area no longer than a line of text, which is treated like one."""
        return self.type == "textarea" and 0 < self.length <= _TEXT_LENGTHS["string"]

    @property
    def groupable(self) -> bool:
        """Whether GROUP BY takes the field."""
        return self.sortable and self.type not in _UNGROUPABLE

    @property
    def aggregatable(self) -> bool:
        """Whether COUNT, COUNT_DISTINCT, MIN and MAX take the field."""
        return self.sortable and self.type != "boolean"

    def initial(self) -> str | bool | None:
        """What the field holds when nobody says anything."""
        if self.default is not None:
            return self.default
        return False if self.type == "boolean" else None


@dataclass(frozen=True, slots=True)
class SObject:
    """One object: its key prefix, its fields by lower-case name, and what may be done with its records."""

    name: str
    label: str
    plural: str
    prefix: str
    fields: Mapping[str, Field]
    create: bool = True
    update: bool = True
    delete: bool = True
    query: bool = True
    feature: str = ""
    tooling: bool = False
    rows: tuple[JsonObject, ...] = ()

    @property
    def custom(self) -> bool:
        """Whether a customer made it."""
        return self.name.endswith("__c")

    def field(self, name: str) -> Field | None:
        """The field of that name in any case."""
        return self.fields.get(name.lower())

    def blank(self) -> JsonObject:
        """The defaults of its fields, which every new record begins with."""
        return {each.name: each.initial() for each in self.fields.values() if each.initial() is not None}

    def references(self) -> Iterator[Field]:
        """The fields that point at other records."""
        return (each for each in self.fields.values() if each.to)


@dataclass(slots=True)
class Schema:
    """All objects by lower-case name. Custom fields come and go; everything else stays."""

    objects: dict[str, SObject] = field(default_factory=dict)

    def object(self, name: str) -> SObject | None:
        """The object of that name in any case."""
        return self.objects.get(name.lower())

    def by_prefix(self, prefix: str) -> SObject | None:
        """The object whose ids begin with `prefix`."""
        return next((each for each in self.objects.values() if each.prefix == prefix), None)

    def put_object(self, each: SObject) -> None:
        """Add or replace an object."""
        self.objects[each.name.lower()] = each

    def put_field(self, home: str, each: Field) -> None:
        """Add or replace a field; a field of Activity lands on Task and Event."""
        for owner in self._homes(home):
            self.put_object(replace(owner, fields={**owner.fields, each.name.lower(): each}))

    def drop_field(self, home: str, name: str) -> None:
        """Remove a field wherever it lives."""
        for owner in self._homes(home):
            kept = {key: each for key, each in owner.fields.items() if key != name.lower()}
            self.put_object(replace(owner, fields=kept))

    def children(self, parent: str) -> Iterator[tuple[SObject, Field]]:
        """The fields that point at `parent`, each with its object."""
        for each in self.objects.values():
            for reference in each.references():
                if parent in reference.to:
                    yield each, reference

    def _homes(self, home: str) -> list[SObject]:
        names = HOMES.get(home, (home,))
        return [self.objects[name.lower()] for name in names]


HOMES = {"Activity": ("Task", "Event")}
_SYSTEM = {
    "IsDeleted": {"type": "boolean", "create": False, "update": False},
    "CreatedDate": {"type": "datetime", "create": False, "update": False},
    "CreatedById": {"to": ["User"], "create": False, "update": False},
    "LastModifiedDate": {"type": "datetime", "create": False, "update": False},
    "LastModifiedById": {"to": ["User"], "create": False, "update": False},
    "SystemModstamp": {"type": "datetime", "create": False, "update": False},
}


def standard() -> Schema:
    """A fresh schema of all standard objects."""
    return Schema({each.name.lower(): each for each in _shipped()})


@cache
def _shipped() -> tuple[SObject, ...]:
    folder = resources.files("connectors.emulator.salesforce") / "objects"
    files = sorted(folder.iterdir(), key=lambda each: each.name)
    texts = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in files)
    return tuple(sobject(name, described) for text in texts for name, described in text.items())


def sobject(name: str, text: JsonObject) -> SObject:
    """An object from its description in a file or a seed."""
    system = {} if text.get("system") is False else _SYSTEM
    described = {"Id": {"type": "id", "create": False, "update": False}, **system, **text.get("fields", {})}
    return SObject(
        name=name,
        label=text.get("label", name),
        plural=text.get("plural", f"{text.get('label', name)}s"),
        prefix=str(text["prefix"]),
        fields={each.name.lower(): each for each in fields(described)},
        rows=tuple(text.get("rows", ())),
        **{key: text[key] for key in ("create", "update", "delete", "query", "feature", "tooling") if key in text},
    )


def fields(described: Mapping[str, str | JsonObject]) -> Iterable[Field]:
    """Fields from their descriptions: a bare type, or a mapping of what differs from the defaults."""
    for name, text in described.items():
        yield _field(name, {"type": text} if isinstance(text, str) else dict(text))


def _field(name: str, text: JsonObject) -> Field:
    text = {**text, "to": tuple(text.get("to", ())), "values": tuple(text.get("values", ()))}
    kind = text.pop("type", "reference" if text["to"] else "string")
    text.setdefault("length", _TEXT_LENGTHS.get(kind, 0))
    text.setdefault("label", name.removesuffix("__c").replace("_", " "))
    if text["to"]:
        text.setdefault("relationship", relationship_of(name))
    if kind in _NUMBERS:
        text.setdefault("precision", _NUMBERS[kind])
    return Field(name=name, type=kind, **text)


_NUMBERS = {"double": 18, "currency": 18, "percent": 18, "int": 9}


def relationship_of(name: str) -> str:
    """The dotted-path name of a reference field: `AccountId` is Account, `Sponsor__c` is Sponsor__r."""
    return name[:-3] + "__r" if name.endswith("__c") else name.removesuffix("Id")
