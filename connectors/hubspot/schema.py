"""What a portal's objects hold: which properties exist, which may be written, which options they allow.

Read again for every pull and every provisioning, because administrators change it in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Finding
from connectors.hubspot.client import Client
from mapping.fields import ATTRIBUTES, Attribute, Chosen, Type, suggestion
from mapping.metadata import FIELDS, TASK_KEY, Field, Kind

OBJECT_TYPES: Mapping[str, str] = {"contact": "contacts", "account": "companies", "task": "tasks"}
"""Our name of an object -> HubSpot's."""
PROVISION = "Run: rapport provision"
ANOTHER = "Map a property of a fitting type, or take it out of `fields`."
REPLACE = "Delete it in HubSpot's settings and run: rapport provision, or set another `prefix`."
OPEN = "Let it be edited in HubSpot's settings, or delete it and run: rapport provision"
_READ_FROM = {"account": "companies", "opportunity": "deals"}
FITTING: Mapping[Type, frozenset[str]] = {
    Type.NUMBER: frozenset({"number"}),
    Type.WHOLE: frozenset({"number"}),
    Type.INSTANT: frozenset({"date", "datetime"}),
    Type.FLAG: frozenset({"bool", "enumeration"}),
}
"""Types of properties that hold what an attribute means."""
LEGIBLE: Mapping[Type, frozenset[str]] = {
    Type.NUMBER: frozenset({"string", "enumeration"}),
    Type.WHOLE: frozenset({"string", "enumeration"}),
    Type.INSTANT: frozenset({"string", "number"}),
    Type.FLAG: frozenset({"string", "number"}),
}
"""Types that fit as far as what is written in the property does."""
OURS: Mapping[Kind, frozenset[str]] = {
    Kind.TEXT: frozenset({"string"}),
    Kind.LONG_TEXT: frozenset({"string"}),
    Kind.NUMBER: frozenset({"number"}),
    Kind.DATE: frozenset({"date"}),
    Kind.FLAG: frozenset({"bool", "enumeration"}),
    Kind.CHOICE: frozenset({"enumeration", "string"}),
    Kind.CHOICES: frozenset({"enumeration"}),
}
"""Types that our properties may have."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The properties of one portal, by HubSpot's object type and the property's name."""

    properties: Mapping[str, Mapping[str, Mapping[str, Any]]]
    prefix: str
    read_at: int = 0
    """HubSpot's clock, in epoch seconds, when the first of them were read."""

    def writable(self, object_name: str) -> frozenset[str]:
        """Name the result fields that exist and are not read-only."""
        held = self.properties[OBJECT_TYPES[object_name]]
        return frozenset(
            field.name
            for field in FIELDS
            if field.object == object_name and not field.override and _open(held.get(field.hubspot_name(self.prefix)))
        )

    def options(self, object_type: str, name: str) -> Mapping[str, str]:
        """Map the values of an enumeration to the labels people see; empty when it is none or does not exist."""
        declared = self.properties.get(object_type, {}).get(name, {})
        return {option["value"]: option.get("label") or option["value"] for option in declared.get("options") or ()}

    def key_is_unique(self) -> bool:
        """Tell whether HubSpot itself refuses a second task with our key."""
        key = next(field for field in FIELDS if field.object == "task" and field.name == TASK_KEY)
        return bool(self.properties["tasks"].get(key.hubspot_name(self.prefix), {}).get("hasUniqueValue"))

    def refusal(self, field: Field, value: str | None) -> str:
        """Say why `value` is no option of an enumeration of ours, before a whole batch fails for it; empty if it is."""
        allowed = self.options(OBJECT_TYPES[field.object], field.hubspot_name(self.prefix))
        wrong = [part for part in (value or "").split(";") if part and part not in allowed]
        if not (field.choices and allowed and wrong):
            return ""
        return f"{wrong[0]!r} is not an option of {field.label} in HubSpot; run provisioning to add what is missing."

    def findings(self, mapped: Mapping[str, Mapping[str, str]], chosen: Chosen) -> Iterator[Finding]:
        """Report what a run would miss: mapped properties, with what was probably meant, and fields not provisioned.

        A property that the settings name (`chosen`) and nobody has is fatal; one of ours by default reads as unknown.
        """
        for attribute in ATTRIBUTES:
            name = mapped.get(attribute.table, {}).get(attribute.name)
            if name and not attribute.override:
                yield from self._mapped_finding(
                    attribute, name, chosen=attribute.name in chosen.get(attribute.table, {})
                )
        yield from self._own_findings()

    def _mapped_finding(self, attribute: Attribute, name: str, *, chosen: bool) -> Iterator[Finding]:
        object_type = _READ_FROM.get(attribute.table, "contacts")
        known = self.properties.get(object_type)
        where = f"fields.{attribute.table}.{attribute.name}"
        setting = ("fields", attribute.table, attribute.name) if chosen else ()
        if known is None:
            return
        if name not in known:
            meant = suggestion(name, known) or "Choose another property."
            cause = f"{object_type} have no property '{name}'"
            yield Finding(where, cause, meant, fatal=chosen, setting=setting)
        elif misfit := _misfit(attribute, name, str(known[name].get("type", ""))):
            yield Finding(where, misfit[0], ANOTHER, fatal=chosen and misfit[1], setting=setting)

    def held(self, mapped: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
        """Keep what is mapped to a property that exists, or to an object whose properties were not read."""
        return {
            table: {name: mapping for name, mapping in names.items() if self._may_hold(table, mapping)}
            for table, names in mapped.items()
        }

    def missing(self, chosen: Chosen) -> Mapping[str, Sequence[str]]:
        """Name, by object type, the properties the settings name that nobody has; they read as unknown."""
        found: dict[str, list[str]] = {}
        for table, names in chosen.items():
            object_type = _READ_FROM.get(table, "contacts")
            lost = [name for name in names.values() if name and not self._may_hold(table, name)]
            found.setdefault(object_type, []).extend(lost)
        return found

    def _may_hold(self, table: str, name: str) -> bool:
        known = self.properties.get(_READ_FROM.get(table, "contacts"))
        return known is None or name in known

    def _own_findings(self) -> Iterator[Finding]:
        """A run without any of our fields could write nothing; one without some of them skips these."""
        missing = [field for field in FIELDS if not self._holds(field)]
        nothing = all(field in missing for field in FIELDS if not field.override)
        for field in missing:
            where = f"{OBJECT_TYPES[field.object]}.{field.hubspot_name(self.prefix)}"
            yield Finding(where, "The property does not exist.", PROVISION, fatal=nothing and not field.override)
        for field in FIELDS:
            if field not in missing and not field.override:
                yield from self._own_shape(field)

    def _own_shape(self, field: Field) -> Iterator[Finding]:
        """A property of our name that somebody closed, made otherwise or took options from refuses what we write."""
        object_type, name = OBJECT_TYPES[field.object], field.hubspot_name(self.prefix)
        where, declared = f"{object_type}.{name}", self.properties[object_type][name]
        kind = str(declared.get("type", ""))
        if not _open(declared):
            yield Finding(where, "The property is read-only; it is skipped.", OPEN, fatal=False)
        elif kind not in OURS[field.kind]:
            cause = f"The property is of type {kind} instead of {field.kind}; what we write may be refused."
            yield Finding(where, cause, REPLACE, fatal=False)
        lost = [choice for choice in field.choices if choice not in self.options(object_type, name)]
        if lost and kind == "enumeration":
            cause = f"The options {', '.join(map(repr, lost))} are missing; records that get one are refused."
            yield Finding(where, cause, PROVISION, fatal=False)

    def _holds(self, field: Field) -> bool:
        return field.hubspot_name(self.prefix) in self.properties[OBJECT_TYPES[field.object]]


def _misfit(attribute: Attribute, name: str, kind: str) -> tuple[str, bool] | None:
    """Say how a property's type does not hold what the attribute means, and whether it never can."""
    if attribute.type is Type.TEXT or kind in FITTING[attribute.type]:
        return None
    held, meant = f"'{name}' is of type {kind}", f"{attribute.table}.{attribute.name} is a {attribute.type}"
    if kind in LEGIBLE[attribute.type]:
        return f"{held}, {meant}; what cannot be read as one is unknown.", False
    return f"{held}, but {meant}.", True


def _open(declared: Mapping[str, Any] | None) -> bool:
    return declared is not None and not (declared.get("modificationMetadata") or {}).get("readOnlyValue")


def read_schema(client: Client, prefix: str, object_types: Sequence[str] = tuple(OBJECT_TYPES.values())) -> Schema:
    """Read the properties of `object_types`, one request each."""
    found = {}
    read_at = 0
    for object_type in object_types:
        found[object_type] = {declared["name"]: declared for declared in client.properties(object_type)}
        read_at = read_at or client.asked_at
    return Schema(found, prefix, read_at)
