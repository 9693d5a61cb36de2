"""Custom fields as the metadata API words them, turned into fields of the schema. Used by seeds and the Tooling API."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Default
from pydantic.alias_generators import to_camel

from connectors.emulator.salesforce.errors import SalesforceError, rejected
from connectors.emulator.salesforce.formulas import FormulaError, parse
from connectors.emulator.salesforce.schema import Field, relationship_of
from connectors.emulator.wire import JsonObject

# Metadata type -> describe type, and the attributes the type cannot do without.
_TYPES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Text": ("string", ("length",)),
    "TextArea": ("textarea", ()),
    "LongTextArea": ("textarea", ("length", "visibleLines")),
    "Number": ("double", ("precision", "scale")),
    "Currency": ("currency", ("precision", "scale")),
    "Percent": ("percent", ("precision", "scale")),
    "Date": ("date", ()),
    "DateTime": ("datetime", ()),
    "Checkbox": ("boolean", ("defaultValue",)),
    "Picklist": ("picklist", ("valueSet",)),
    "MultiselectPicklist": ("multipicklist", ("valueSet", "visibleLines")),
    "Email": ("email", ()),
    "Url": ("url", ()),
    "Phone": ("phone", ()),
    "Lookup": ("reference", ("referenceTo", "relationshipName")),
}
_DEVELOPER_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
_DEFAULT_LENGTHS = {"TextArea": 255, "Email": 80, "Url": 255, "Phone": 40, "Picklist": 255, "MultiselectPicklist": 4099}
_LIMITS = {"label": 40, "description": 1000, "inlineHelpText": 510}


class _Choice(BaseModel):
    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    full_name: str
    is_active: bool | None = True


class _Definition(BaseModel):
    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    value: tuple[_Choice, ...] = ()


class _Dependency(BaseModel):
    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    value_name: str
    controlling_field_value: tuple[str, ...] = ()


class _ValueSet(BaseModel):
    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    restricted: bool = False
    value_set_definition: _Definition | None = None
    controlling_field: str = ""
    value_settings: tuple[_Dependency, ...] = ()

    def valid_for(self) -> dict[str, tuple[str, ...]]:
        """By value, the values of the controlling field that allow it."""
        return {each.value_name: each.controlling_field_value for each in self.value_settings}


class Metadata(BaseModel):
    """The `Metadata` of a CustomField: what decides its behaviour. Everything else is kept and answered as it came."""

    model_config = ConfigDict(extra="allow", alias_generator=to_camel)

    type: str
    label: str = ""
    length: int = Default(0, ge=0, le=131_072)
    precision: int = Default(0, ge=0, le=18)
    scale: int = Default(0, ge=0, le=18)
    external_id: bool = False
    unique: bool = False
    required: bool = False
    reference_to: str = ""
    relationship_name: str = ""
    formula: str = ""
    inline_help_text: str | None = None
    default_value: Any = None
    value_set: _ValueSet = Default(default_factory=_ValueSet)

    def choices(self) -> tuple[str, ...]:
        """The active picklist values in order."""
        defined = self.value_set.value_set_definition
        return tuple(each.full_name for each in defined.value if each.is_active is not False) if defined else ()


def from_seed(described: JsonObject) -> Field:
    """The field a seed describes; `values` is its short form of a value set."""
    values = [{"fullName": each} for each in described.get("values", ())]
    value_set = {"restricted": described.get("restricted", False), "valueSetDefinition": {"value": values}}
    value_set |= {key: described[key] for key in ("controllingField", "valueSettings") if key in described}
    metadata = Metadata.model_validate({"label": described["name"], **described, "valueSet": value_set})
    return field(described["name"], metadata, granted=True)


def read(name: str, given: object, home: str) -> Metadata:
    """The Metadata of a Tooling request, checked as Salesforce does.

    Raises:
        SalesforceError: the field cannot be made like this.
    """
    try:
        metadata = Metadata.model_validate(given)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise SalesforceError("JSON_PARSER_ERROR", f"Cannot deserialize Metadata: {where}") from error
    _check(name, metadata, given if isinstance(given, dict) else {}, home)
    _check_formula(metadata.formula)
    return metadata


def _check(name: str, metadata: Metadata, given: JsonObject, home: str) -> None:
    if not _DEVELOPER_NAME.fullmatch(name) or len(name) > 43:
        message = "The Developer API Name can only contain underscores and alphanumeric characters, begin with a letter"
        raise rejected("FIELD_INTEGRITY_EXCEPTION", f"{message} and end with __c: {name}", "DeveloperName")
    if metadata.type not in _TYPES:
        message = f"bad value for restricted picklist field: {metadata.type}"
        raise rejected("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, "Metadata")
    if not metadata.label:
        raise rejected("REQUIRED_FIELD_MISSING", "Required fields are missing: [Label]", "Label")
    for key, limit in _LIMITS.items():
        if len(str(given.get(key) or "")) > limit:
            raise rejected("STRING_TOO_LONG", f"{key}: data value too large (max length={limit})", key)
    if not metadata.formula:
        _check_needs(metadata, given)
    if home == "Activity" and metadata.required:
        raise rejected("FIELD_INTEGRITY_EXCEPTION", "Activity custom fields cannot be required", "Metadata")


def _check_needs(metadata: Metadata, given: JsonObject) -> None:
    """What a field of the type that holds values cannot do without."""
    for key in _TYPES[metadata.type][1]:
        if given.get(key) is None:
            message = f"Must specify '{key}' for a CustomField of type {metadata.type}"
            raise rejected("FIELD_INTEGRITY_EXCEPTION", message, "Metadata")
    if metadata.type == "Text" and not 1 <= metadata.length <= 255:
        raise rejected("NUMBER_OUTSIDE_VALID_RANGE", "Length must be between 1 and 255", "Metadata")


def _check_formula(text: str) -> None:
    try:
        parse(text or "NULL")
    except FormulaError as error:
        raise rejected("FIELD_INTEGRITY_EXCEPTION", str(error), "Metadata") from error


def field(name: str, metadata: Metadata, *, granted: bool) -> Field:
    """The schema's field for checked Metadata."""
    kind = _TYPES[metadata.type][0]
    restricted = metadata.value_set.restricted
    return Field(
        name=name,
        type=kind,
        label=metadata.label,
        length=metadata.length or _DEFAULT_LENGTHS.get(metadata.type, 0),
        precision=metadata.precision or (18 if kind in ("double", "currency", "percent") else 0),
        scale=metadata.scale,
        required=metadata.required,
        filterable=metadata.type != "LongTextArea",
        to=(metadata.reference_to,) if kind == "reference" else (),
        relationship=relationship_of(name) if kind == "reference" else "",
        children=f"{metadata.relationship_name}__r" if kind == "reference" else "",
        values=metadata.choices(),
        restricted=restricted,
        default=_default(metadata),
        external_id=metadata.external_id,
        unique=metadata.unique,
        custom=True,
        formula=parse(metadata.formula) if metadata.formula else None,
        create=not metadata.formula,
        update=not metadata.formula,
        help=metadata.inline_help_text,
        controller=metadata.value_set.controlling_field,
        valid_for=metadata.value_set.valid_for(),
        granted=granted or metadata.required,
        permissionable=not metadata.required,
    )


def _default(metadata: Metadata) -> str | bool | None:
    if metadata.type == "Checkbox":
        return str(metadata.default_value).lower() == "true"
    return None
