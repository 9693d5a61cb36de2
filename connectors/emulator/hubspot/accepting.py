"""What a write of property values accepts: known and writable names, fitting values, rules, unique values, stages."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from .object_types import ObjectType
from .records import Author, Record
from .refusals import Problem, conflict, invalid, invalid_values
from .rules import broken
from .schema import Property
from .values import BadValueError, normalise, text

if TYPE_CHECKING:
    from .crm import Crm

Values = Mapping[str, str | None]


def accept(
    crm: "Crm", kind: ObjectType, given: Mapping[str, object], held: Record | None, by: Author
) -> dict[str, str | None]:
    """Bring the values of a write into stored form. Raises RefusedError: 400 for them, 409 for a taken email."""
    writable = {name: raw for name, raw in given.items() if not kind.activity or _writable(crm, kind, name)}
    values: dict[str, str | None] = {}
    problems: list[Problem] = []
    for name, raw in writable.items():
        match _value(crm, kind, name, raw, held):
            case Problem() as problem:
                problems.append(problem)
            case value:
                values[name] = value
    if by.ruled:
        problems += _rule_problems(crm, kind, values)
    if problems:
        raise invalid_values(problems, crm.portal_id)
    _check_unique(crm, kind, values, held)
    return values if held is None else _only_forward(crm, kind, values, held)


def check_required(kind: ObjectType, values: Values) -> None:
    """Hold a new record against what its type requires. Raises RefusedError (400)."""
    lacking = [name for name in kind.required if not values.get(name)]
    if lacking:
        message = f"Error creating {kind.singular.upper()}. Some required properties were not set."
        raise invalid(message, context={"properties": lacking})


def _writable(crm: "Crm", kind: ObjectType, name: str) -> bool:
    """Activity endpoints ignore what they cannot write."""
    definition = crm.schemas[kind.name].get(name)
    return definition is not None and not definition.read_only


def _value(crm: "Crm", kind: ObjectType, name: str, raw: object, held: Record | None) -> str | Problem | None:
    definition = crm.schemas[kind.name].get(name)
    if definition is None:
        return unknown(name)
    if definition.read_only:
        return Problem(name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
    if name == "hubspot_owner_id" and not crm.is_owner(text(raw)):
        return Problem(name, "INVALID_OWNER", f"Owner {text(raw)} does not exist.")
    try:
        return normalise(definition, raw, held.properties.get(name) if held else None)
    except BadValueError as error:
        return Problem(name, error.code, str(error))


def unknown(name: str) -> Problem:
    """Say that a property is not there."""
    return Problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')


def _rule_problems(crm: "Crm", kind: ObjectType, values: Values) -> Iterator[Problem]:
    schema = crm.schemas[kind.name]
    for name, value in values.items():
        definition = schema.get(name)
        rule = broken(definition, schema.rules.get(name, {}), value, crm.now()) if definition and value else None
        if rule is not None:
            told = f"{value} does not match the validation rule {rule.type} {list(rule.arguments)} of property {name}."
            yield Problem(name, crm.settings["validation_rule_error"], told)


def _check_unique(crm: "Crm", kind: ObjectType, values: Values, held: Record | None) -> None:
    table = crm.tables[kind.name]
    for name, value in values.items():
        other = table.by_unique(name, value) if value else None
        if other is not None and (held is None or other.id != held.id):
            if name == "email":
                raise conflict(f"Contact already exists. Existing ID: {other.id}")
            message = f"Cannot set {name}={value}. {other.id} already has that value."
            raise invalid_values([Problem(name, "CONFLICTING_UNIQUE_VALUE", message)], crm.portal_id)


def _only_forward(crm: "Crm", kind: ObjectType, values: dict[str, str | None], held: Record) -> dict[str, str | None]:
    """Drop a lifecycle stage that lies before the present one: HubSpot ignores it silently."""
    definition = crm.schemas[kind.name].get("lifecyclestage")
    before, after = held.properties.get("lifecyclestage"), values.get("lifecyclestage")
    if definition is None or not before or not after:
        return values
    order = [option.value for option in definition.options]
    if before in order and order.index(after) < order.index(before):
        return {name: value for name, value in values.items() if name != "lifecyclestage"}
    return values


def as_stored(definition: Property, key: str) -> str:
    """Bring an identifying value into the form records hold it in."""
    try:
        return normalise(definition, key) or ""
    except BadValueError:
        return key
