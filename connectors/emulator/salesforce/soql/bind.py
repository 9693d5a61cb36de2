"""Field paths of a query, tied to the schema: does the field exist for this user, and how is it read from a record."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql import complaints
from connectors.emulator.salesforce.soql.tree import AGGREGATES, Call, Operand, Path
from connectors.emulator.wire import Json, JsonObject

Row: TypeAlias = JsonObject
Getter: TypeAlias = Callable[[Row], Json]
MOST_LEVELS = 5
# Results of the date functions, which SOQL compares with numbers.
_PARTS: dict[str, Callable[[date], int]] = {
    "CALENDAR_YEAR": lambda day: day.year,
    "CALENDAR_QUARTER": lambda day: (day.month + 2) // 3,
    "CALENDAR_MONTH": lambda day: day.month,
    "DAY_IN_MONTH": lambda day: day.day,
}
_AS_IS = frozenset({"TOLABEL", "FORMAT"})


class Catalog(Protocol):
    """What a query reads: the schema as its user sees it, and the records as its resource shows them."""

    def object(self, name: str) -> SObject | None:
        """A queryable object with the fields the user may read."""

    def entity(self, name: str) -> SObject:
        """An object reached through a relationship, queryable or not."""

    def child(self, parent: str, relationship: str) -> tuple[SObject, Field] | None:
        """The object and field behind a child relationship."""

    def rows(self, name: str) -> Iterable[Row]:
        """The records of an object that the resource shows."""

    def row(self, record_id: str) -> Row | None:
        """Any record by its id, deleted or not."""

    def kind(self, record_id: str) -> str:
        """The name of the object an id belongs to."""

    def computed(self, entity: SObject, field: Field, row: Row) -> Json:
        """The value of a formula field."""

    def today(self) -> date:
        """The current day of the org."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A readable expression: its field (for type and name), the references on the way, and its getter."""

    field: Field
    hops: tuple[Field, ...]
    entity: SObject
    get: Getter


@dataclass(frozen=True, slots=True)
class Scope:
    """The object a query is about, the names that may stand for it, and the text for complaints."""

    catalog: Catalog
    entity: SObject
    alias: str
    text: str

    def bind(self, operand: Operand) -> Bound:
        """The expression tied to the schema.

        Raises:
            SalesforceError: INVALID_FIELD or MALFORMED_QUERY at its place.
        """
        return self._call(operand) if isinstance(operand, Call) else self.path(operand)

    def path(self, path: Path) -> Bound:
        """A field path tied to the schema."""
        *through, last = self._own(path.parts)
        if len(through) > MOST_LEVELS:
            raise complaints.malformed("SOQL relationships cannot go more than 5 levels up", self.text, path.at)
        entity, hops = self.entity, []
        for name in through:
            reference = self.reference(entity, name, path.at)
            hops.append(reference)
            entity = self.catalog.entity("Name" if reference.polymorphic else reference.to[0])
        field = entity.field(last)
        if field is None:
            raise complaints.no_such_column(last, entity.name, self.text, path.at)
        return Bound(field, tuple(hops), entity, self._getter(field, hops, entity))

    def reference(self, entity: SObject, name: str, at: int) -> Field:
        """The reference field behind a relationship name."""
        found = next((each for each in entity.references() if each.relationship.lower() == name.lower()), None)
        if found is None:
            raise complaints.no_such_relationship(name, self.text, at)
        return found

    def _own(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The path without a leading alias or object name."""
        names = {self.alias.lower() or self.entity.name.lower(), self.entity.name.lower()}
        related = any(each.relationship.lower() == parts[0].lower() for each in self.entity.references())
        return parts[1:] if len(parts) > 1 and parts[0].lower() in names and not related else parts

    def _getter(self, field: Field, hops: list[Field], entity: SObject) -> Getter:
        leaf = self._leaf(field, entity)
        if not hops:
            return leaf
        names, find = [hop.name for hop in hops], self.catalog.row

        def get(row: Row) -> Json:
            for name in names:
                target = find(row.get(name) or "")
                if target is None:
                    return None
                row = target
            return leaf(row)

        return get

    def _leaf(self, field: Field, entity: SObject) -> Getter:
        name = field.name
        if entity.name == "Name" and name == "Type":
            return lambda row: self.catalog.kind(row["Id"])
        if field.formula is not None:
            return lambda row: self.catalog.computed(entity, field, row)
        if field.type == "boolean":
            return lambda row: bool(row.get(name))
        return lambda row: row.get(name)

    def _call(self, call: Call) -> Bound:
        if call.function in AGGREGATES:
            raise complaints.malformed(f"Grouped field should not be aggregated: {call.function}", self.text, call.at)
        if call.argument is None or call.function not in _AS_IS | _PARTS.keys() | {"DAY_ONLY"}:
            raise complaints.malformed(f"unexpected token: '{call.function}'", self.text, call.at)
        bound = self.path(call.argument)
        if call.function not in _AS_IS and bound.field.type not in ("date", "datetime"):
            message = f"field {bound.field.name} does not support function {call.function}"
            raise complaints.malformed(message, self.text, call.at)
        return bound if call.function in _AS_IS else _dated(bound, call.function)


def _dated(bound: Bound, function: str) -> Bound:
    part = _PARTS.get(function)
    inner = bound.get

    def get(row: Row) -> Json:
        text = inner(row)
        if text is None:
            return None
        return part(date.fromisoformat(text[:10])) if part else text[:10]

    kind = "int" if part else "date"
    return Bound(Field(bound.field.name, kind, function), bound.hops, bound.entity, get)
