"""COUNT(), GROUP BY and the aggregate functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.emulator.salesforce.schema import Field
from connectors.emulator.salesforce.soql import complaints
from connectors.emulator.salesforce.soql.bind import Bound, Getter, Row, Scope
from connectors.emulator.salesforce.soql.tree import AGGREGATES, Call, Item, Operand, Path, Query
from connectors.emulator.wire import Json, JsonObject


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
    return len(query.select) == 1 and isinstance(first, Item) and _is_bare_count(first.what)


def _is_bare_count(what: Operand) -> bool:
    return isinstance(what, Call) and what.function == "COUNT" and what.argument is None


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows fall into groups and what each group answers, by wire name."""

    scope: Scope
    keys: Sequence[tuple[Operand, Bound]]
    columns: Sequence[tuple[str, Operand]]

    def groups(self, rows: list[Row]) -> list[Row]:
        """One row for each group, holding its members under a key no field has."""
        found: dict[tuple[Json, ...], list[Row]] = {} if self.keys else {(): []}
        for row in rows:
            found.setdefault(tuple(bound.get(row) for _, bound in self.keys), []).append(row)
        return [{"": members} for members in found.values()]

    def bind(self, operand: Operand) -> Bound:
        """An expression over a group: an aggregate, an alias, or a grouped field."""
        named = {name.lower(): each for name, each in self.columns}
        if isinstance(operand, Path) and len(operand.parts) == 1:
            operand = named.get(operand.parts[0].lower(), operand)
        if isinstance(operand, Call) and operand.function in AGGREGATES:
            return self._aggregate(operand)
        bound = self.scope.bind(operand)
        if not any(_same(bound, key) for _, key in self.keys):
            message = f"Field must be grouped or aggregated: {bound.field.name}"
            raise complaints.malformed(message, self.scope.text, operand.at)
        get = bound.get
        return Bound(bound.field, (), bound.entity, lambda group: get(group[""][0]))

    def render(self, group: Row) -> JsonObject:
        """The AggregateResult of a group."""
        values = {name: self.bind(operand).get(group) for name, operand in self.columns}
        return {"attributes": {"type": "AggregateResult"}, **values}

    def _aggregate(self, call: Call) -> Bound:
        entity = self.scope.entity
        reduce = _REDUCE[call.function]
        if call.argument is None:
            return Bound(_number("COUNT"), (), entity, lambda group: len(group[""]))
        bound = self.scope.path(call.argument)
        if not (bound.field.numeric if call.function in ("SUM", "AVG") else bound.field.aggregatable):
            message = f"field {bound.field.name} does not support aggregate operator {call.function}"
            raise complaints.malformed(message, self.scope.text, call.at)
        get = _values(bound.get)
        field = bound.field if call.function in ("MIN", "MAX") else _number(call.function)
        return Bound(field, (), entity, lambda group: reduce(get(group)))


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
        if _is_bare_count(item.what) and len(query.select) > 1:
            message = "COUNT() must be the only element in the SELECT list"
            raise complaints.malformed(message, query.text, item.what.at)
        name = name or scope.bind(item.what).field.name
        if any(name.lower() == taken.lower() for taken, _ in columns):
            raise complaints.malformed(f"duplicate alias: {name}", query.text, item.what.at)
        columns.append((name, item.what))
    made = Plan(scope, [(each, _key(each, scope)) for each in query.group], columns)
    for _, operand in columns:
        made.bind(operand)
    return made


def _key(operand: Operand, scope: Scope) -> Bound:
    bound = scope.bind(operand)
    if not bound.field.groupable:
        raise complaints.unsuitable(bound.field.name, "grouped", scope.text, operand.at)
    return bound


def _same(left: Bound, right: Bound) -> bool:
    return (left.field, left.hops) == (right.field, right.hops)


def _values(get: Getter) -> Callable[[Row], list[Json]]:
    return lambda group: [value for row in group[""] if (value := get(row)) is not None]


def _number(name: str) -> Field:
    return Field(name, "double", name)
