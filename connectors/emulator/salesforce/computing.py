"""Formulas of records: how they read fields, also through relationships, and the values of formula fields.

A formula field has no stored value. It changes when another record does, and no stamp of its own record tells.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from connectors.emulator.salesforce import moments
from connectors.emulator.salesforce.formulas import Formula, Path, Value
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.wire import Json, JsonObject

_MOST_NESTED = 10


@dataclass(frozen=True, slots=True)
class Subject:
    """A record as a formula sees it. `before` is the row a change began from, empty for a creation."""

    org: Org
    entity: SObject
    row: JsonObject
    before: JsonObject | None = None
    nested: int = 0

    @property
    def is_new(self) -> bool:
        """Whether the record is being created."""
        return self.before == {}

    @property
    def now(self) -> datetime:
        """The org's present moment."""
        return self.org.clock.now()

    def get(self, path: Path) -> Value:
        """The value at the end of a path."""
        *through, name = path
        entity, row = self.entity, self.row
        for hop in through:
            reference = _reference(entity, hop)
            row = self.org.store.find(row.get(reference.name) or "") or {}
            kind = self.org.store.kind(row["Id"]) if row else reference.to[0]
            entity = self.org.schema.objects[kind.lower()]
        return self._value(entity, row, name)

    def prior(self, path: Path) -> Value:
        """The value before the change; the present one where nothing changes."""
        return replace(self, row=self.before, before=None).get(path) if self.before else self.get(path)

    def _value(self, entity: SObject, row: JsonObject, name: str) -> Value:
        field = entity.field(name)
        if field is None:
            raise LookupError(name)
        if field.formula is None:
            return _typed(field, row.get(field.name))
        if self.nested >= _MOST_NESTED:
            return None
        return field.formula.value(Subject(self.org, entity, row, nested=self.nested + 1))


def computed(org: Org, entity: SObject, field: Field, row: JsonObject, formula: Formula | None = None) -> Json:
    """The value of a formula field (or of another formula meant for a field), in the wire form of the field's type."""
    formula = formula or field.formula
    value = formula.value(Subject(org, entity, row)) if formula else None
    if field.type == "boolean":
        return bool(value)
    if isinstance(value, datetime):
        return moments.stamp(value) if field.type == "datetime" else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if field.numeric:
        return round(float(value), field.scale) if isinstance(value, int | float) else None
    return None if value in (None, "") else str(value)


def check(org: Org, name: str, formula: Formula) -> None:
    """Make sure that every field a formula of the object reads is there.

    Raises:
        ValueError: the first that is not.
    """
    for path in formula.paths:
        entity = org.schema.object(name)
        try:
            for hop in path[:-1]:
                entity = org.schema.object(_reference(entity, hop).to[0]) if entity else None
        except LookupError:
            entity = None
        if entity is None or entity.field(path[-1]) is None:
            raise ValueError(f"formula of {name}: there is no field {'.'.join(path)}")


def _reference(entity: SObject, relationship: str) -> Field:
    for each in entity.references():
        if each.relationship.lower() == relationship.lower():
            return each
    raise LookupError(relationship)


def _typed(field: Field, value: Json) -> Value:
    if value is None:
        return None
    if field.type == "date":
        return moments.parse_date(value)
    if field.type == "datetime":
        return moments.parse_datetime(value)
    return float(value) if field.numeric else value
