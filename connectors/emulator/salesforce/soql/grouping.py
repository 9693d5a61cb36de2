"""COUNT(), GROUP BY with ROLLUP and CUBE, and the aggregate functions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from connectors.emulator.salesforce.schema import Field
from connectors.emulator.salesforce.soql import complaints
from connectors.emulator.salesforce.soql.bind import Bound, Getter, Row, Scope
from connectors.emulator.salesforce.soql.tree import AGGREGATES, Call, Item, Operand, Path, Query
from connectors.emulator.wire import Json, JsonObject

MOST_ROLLED_UP = 3
_ROLLED_UP = "rolled up"


def _folded(value: Json) -> Json:
    """Text compares without regard to case."""
    return value.lower() if isinstance(value, str) else value


_REDUCE: dict[str, Callable[[list[Json]], Json]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
    "SUM": lambda values: sum(values) if values else None,
    "AVG": lambda values: sum(values) / len(values) if values else None,
    "MIN": lambda values: min(values, default=None, key=_folded),
    "MAX": lambda values: max(values, default=None, key=_folded),
}


def counts_all(query: Query) -> bool:
    """Whether the query is a bare SELECT COUNT() whose answer is `totalSize` alone."""
    first = query.select[0]
    return isinstance(first, Item) and isinstance(first.what, Call) and first.what.argument is None


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows fall into groups and what each group answers, by wire name.

    `levels` are the sets of keys to group by, one after the other; more than one for ROLLUP and CUBE.
    """

    scope: Scope
    keys: Sequence[Bound]
    columns: Sequence[tuple[str, Operand]]
    levels: Sequence[frozenset[int]]

    def groups(self, rows: list[Row]) -> list[Row]:
        """One row for each group, holding its members under a key no field has."""
        return [group for level in self.levels for group in self._groups(rows, level)]

    def bind(self, operand: Operand) -> Bound:
        """An expression over a group: an aggregate, an alias, or a grouped field."""
        return self._bind(operand, "Field must be grouped or aggregated")

    def sorted_by(self, operand: Operand) -> Bound:
        """The same for a term of ORDER BY."""
        return self._bind(operand, "Ordered field must be grouped or aggregated")

    def render(self, group: Row) -> JsonObject:
        """The AggregateResult of a group."""
        values = {name: self.bind(operand).get(group) for name, operand in self.columns}
        return {"attributes": {"type": "AggregateResult"}, **values}

    def _groups(self, rows: list[Row], level: frozenset[int]) -> Iterator[Row]:
        found: dict[tuple[Json, ...], list[Row]] = {} if level else {(): []}
        getters = [self.keys[place].get for place in sorted(level)]
        for row in rows:
            found.setdefault(tuple(get(row) for get in getters), []).append(row)
        rolled_up = frozenset(range(len(self.keys))) - level
        return ({"": members, _ROLLED_UP: rolled_up} for members in found.values())

    def _bind(self, operand: Operand, otherwise: str) -> Bound:
        named = {name.lower(): each for name, each in self.columns}
        if isinstance(operand, Path) and len(operand.parts) == 1:
            operand = named.get(operand.parts[0].lower(), operand)
        if isinstance(operand, Call) and operand.function in AGGREGATES:
            return self._aggregate(operand)
        if isinstance(operand, Call) and operand.function == "FORMAT" and operand.argument is not None:
            bound = self._bind(operand.argument, otherwise)
            return self.scope.changed(operand, bound, self.scope.catalog.calendar())
        bound = self.scope.bind(operand)
        place = self._place(bound)
        if place is None:
            raise complaints.malformed(f"{otherwise}: {_said(operand)}", self.scope.text, operand.at)
        get = bound.get
        return replace(bound, hops=(), get=lambda group: None if place in group[_ROLLED_UP] else get(group[""][0]))

    def _place(self, bound: Bound) -> int | None:
        return next((place for place, key in enumerate(self.keys) if _same(bound, key)), None)

    def _aggregate(self, call: Call) -> Bound:
        entity = self.scope.entity
        if call.argument is None:
            return Bound(_number("COUNT"), (), entity, lambda group: len(group[""]))
        bound = self.scope.bind(call.argument)
        if call.function == "GROUPING":
            return self._grouping(call, bound)
        if not (bound.field.numeric if call.function in ("SUM", "AVG") else bound.field.aggregatable):
            message = f"field {bound.field.name} does not support aggregate operator {call.function}"
            raise complaints.malformed(message, self.scope.text, call.at)
        get, reduce = _values(bound.get), _REDUCE[call.function]
        field = bound.field if call.function in ("MIN", "MAX") else _number(call.function, bound.field)
        return Bound(field, (), entity, lambda group: reduce(get(group)))

    def _grouping(self, call: Call, bound: Bound) -> Bound:
        """1 in a subtotal over the field, else 0."""
        place = self._place(bound)
        if place is None:
            message = f"Field must be grouped or aggregated: {bound.field.name}"
            raise complaints.malformed(message, self.scope.text, call.at)
        return Bound(_number("GROUPING"), (), self.scope.entity, lambda group: int(place in group[_ROLLED_UP]))


def plan(query: Query, scope: Scope) -> Plan:
    """The plan of a grouped query; unnamed aggregates are called expr0, expr1 and so on."""
    columns: list[tuple[str, Operand]] = []
    unnamed = 0
    for item in query.select:
        if not isinstance(item, Item):
            raise complaints.malformed("subqueries cannot be grouped", query.text, query.source.at)
        name = item.alias
        if not name and isinstance(item.what, Call):
            name, unnamed = f"expr{unnamed}", unnamed + 1
        name = name or scope.bind(item.what).field.name
        if any(name.lower() == taken.lower() for taken, _ in columns):
            raise complaints.malformed(f"duplicate alias: {name}", query.text, item.what.at)
        columns.append((name, item.what))
    made = Plan(scope, [_key(each, scope) for each in query.group], columns, _levels(query))
    for _, operand in columns:
        made.bind(operand)
    return made


def _levels(query: Query) -> Sequence[frozenset[int]]:
    count = len(query.group)
    if query.grouping and count > MOST_ROLLED_UP:
        message = f"GROUP BY {query.grouping} takes at most {MOST_ROLLED_UP} fields"
        raise complaints.malformed(message, query.text, query.group[MOST_ROLLED_UP].at)
    match query.grouping:
        case "ROLLUP":
            return [frozenset(range(length)) for length in range(count, -1, -1)]
        case "CUBE":
            return [frozenset(each) for length in range(count, -1, -1) for each in combinations(range(count), length)]
        case _:
            return [frozenset(range(count))]


def _key(operand: Operand, scope: Scope) -> Bound:
    bound = scope.bind(operand)
    if not bound.field.groupable:
        raise complaints.unsuitable(bound.field.name, "grouped", scope.text, operand.at)
    return bound


def _said(operand: Operand) -> str:
    """The field an expression is about, as it was written."""
    if isinstance(operand, Path):
        return ".".join(operand.parts)
    return _said(operand.argument) if operand.argument is not None else operand.function


def _same(left: Bound, right: Bound) -> bool:
    return (left.field, left.hops, left.function) == (right.field, right.hops, right.function)


def _values(get: Getter) -> Callable[[Row], list[Json]]:
    return lambda group: [value for row in group[""] if (value := get(row)) is not None]


def _number(name: str, of: Field | None = None) -> Field:
    return Field(name, "double", name) if of is None or name.startswith("COUNT") else replace(of, name=name)
