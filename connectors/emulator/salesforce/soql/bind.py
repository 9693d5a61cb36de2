"""Field paths of a query, tied to the schema: does the field exist for this user, and how is it read from a record."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeAlias

from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql import complaints, functions
from connectors.emulator.salesforce.soql.functions import Calendar
from connectors.emulator.salesforce.soql.tree import AGGREGATES, Call, Operand, Path, Query
from connectors.emulator.wire import Json, JsonObject

Row: TypeAlias = JsonObject
Getter: TypeAlias = Callable[[Row], Json]
MOST_LEVELS = 5
MOST_RELATIONSHIPS = 55


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

    def today(self) -> date:
        """The current day where the user is."""

    def calendar(self) -> Calendar:
        """How the user reads dates."""

    def me(self) -> str:
        """The id of the user."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A readable expression: its field (for type and name), the references on the way, and its getter.

    `function` is the date function it went through; the same field through another function is another expression.
    """

    field: Field
    hops: tuple[Field, ...]
    entity: SObject
    get: Getter
    function: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """The object a query is about, the names that may stand for it or for its parents, and the text for complaints."""

    catalog: Catalog
    entity: SObject
    alias: str
    text: str
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    crossed: set[tuple[str, ...]] = field(default_factory=set)

    @classmethod
    def of(cls, query: Query, catalog: Catalog, entity: SObject) -> "Scope":
        """The scope of a query over an object, with the names its FROM introduces."""
        scope = cls(catalog, entity, query.alias, query.text, {query.source.parts[-1].lower(): ()})
        for join in query.joins:
            scope.names[join.alias.lower()] = scope._own(join.path.parts)
        return scope

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
        self._cross(tuple(hop.name for hop in hops), path.at)
        found = entity.field(last)
        if found is None:
            raise complaints.no_such_column(last, entity.name, self.text, path.at)
        return Bound(found, tuple(hops), entity, self._getter(found, hops, entity))

    def reference(self, entity: SObject, name: str, at: int) -> Field:
        """The reference field behind a relationship name."""
        found = next((each for each in entity.references() if each.relationship.lower() == name.lower()), None)
        if found is None:
            raise complaints.no_such_relationship(name, self.text, at)
        return found

    def _own(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The path from the object itself: a leading alias or object name is replaced by what it stands for."""
        names = {self.entity.name.lower(): (), self.alias.lower(): (), **self.names}
        meant = names.get(parts[0].lower()) if len(parts) > 1 else None
        related = any(each.relationship.lower() == parts[0].lower() for each in self.entity.references())
        return parts if meant is None or related else (*meant, *parts[1:])

    def _cross(self, hops: tuple[str, ...], at: int) -> None:
        """Count the relationships a query goes through."""
        self.crossed.update(hops[:length] for length in range(1, len(hops) + 1))
        if len(self.crossed) > MOST_RELATIONSHIPS:
            message = f"a query can not go through more than {MOST_RELATIONSHIPS} relationships"
            raise complaints.malformed(message, self.text, at)

    def _getter(self, found: Field, hops: list[Field], entity: SObject) -> Getter:
        leaf = self._leaf(found, entity)
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

    def _leaf(self, found: Field, entity: SObject) -> Getter:
        name = found.name
        if entity.name == "Name" and name == "Type":
            return lambda row: self.catalog.kind(row["Id"])
        if found.type == "boolean":
            return lambda row: bool(row.get(name))
        return lambda row: row.get(name)

    def _call(self, call: Call) -> Bound:
        if call.function in AGGREGATES or call.argument is None:
            raise complaints.malformed(f"Grouped field should not be aggregated: {call.function}", self.text, call.at)
        if call.function == "CONVERTTIMEZONE":
            raise complaints.unexpected("convertTimezone", self.text, call.at)
        shifted = isinstance(call.argument, Call) and call.argument.function == "CONVERTTIMEZONE"
        inner = call.argument.argument if shifted and isinstance(call.argument, Call) else call.argument
        if inner is None:
            raise complaints.unexpected(")", self.text, call.at)
        bound, calendar = self.bind(inner), self.catalog.calendar()
        if shifted and not functions.suits("CONVERTTIMEZONE", bound.field):
            raise self._unsuited("convertTimezone", bound.field, call.at)
        zoned = shifted or call.function == "FORMAT"
        return self.changed(call, bound, calendar if zoned else Calendar(first_month=calendar.first_month))

    def changed(self, call: Call, bound: Bound, calendar: Calendar) -> Bound:
        """What a function makes of an expression."""
        if not functions.suits(call.function, bound.field):
            raise self._unsuited(call.function, bound.field, call.at)
        found, make = functions.change(call.function, bound.field, calendar)
        get, told = bound.get, f"{call.function} {calendar.zone}" if call.function in functions.DATE_FUNCTIONS else ""
        return Bound(found, bound.hops, bound.entity, lambda row: make(get(row)), told)

    def _unsuited(self, function: str, found: Field, at: int) -> Exception:
        return complaints.malformed(f"field {found.name} does not support function {function}", self.text, at)
