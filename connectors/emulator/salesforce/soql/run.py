"""Runs a bound query: filter, group, order, cut, and shape the records that go on the wire."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql import complaints, grouping
from connectors.emulator.salesforce.soql.bind import Bound, Catalog, Row, Scope
from connectors.emulator.salesforce.soql.conditions import Binder, Predicate, comparable, predicate
from connectors.emulator.salesforce.soql.shape import Shape
from connectors.emulator.salesforce.soql.tree import (
    Call,
    Condition,
    Item,
    Macro,
    Order,
    Path,
    Query,
    TypeOf,
    is_aggregate,
)
from connectors.emulator.wire import Json, JsonObject

_MACRO_LIMIT = 200
MOST_SEMI_JOINS, MOST_SUBQUERIES = 2, 20


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found: `total` counts all of it, `rows` are the records and `render` puts one on the wire."""

    total: int
    rows: Sequence[Row]
    render: Callable[[Row], JsonObject]
    entity: str


def run(query: Query, catalog: Catalog, url: Callable[[str, str], str]) -> Result:
    """Runs a statement. `url` makes the address of a record from its object's name and its id.

    Raises:
        SalesforceError: INVALID_TYPE, INVALID_FIELD or MALFORMED_QUERY at the place.
    """
    entity = catalog.object(query.source.parts[0])
    if entity is None or len(query.source.parts) > 1:
        raise complaints.no_such_type(".".join(query.source.parts), query.text, query.source.at)
    return _Runner(query, catalog, entity, url).result()


class _Runner:
    """One query or subquery over one object."""

    def __init__(self, query: Query, catalog: Catalog, entity: SObject, url: Callable[[str, str], str]) -> None:
        self._query = query
        self._catalog = catalog
        self._url = url
        self._scope = Scope(catalog, entity, query.alias, query.text)
        self._semi_joins = 0

    def result(self) -> Result:
        rows = self._matching(self._catalog.rows(self._scope.entity.name))
        if sum(isinstance(each, Query) for each in self._query.select) > MOST_SUBQUERIES:
            raise self._malformed(f"the maximum number of subqueries is {MOST_SUBQUERIES}")
        if self._query.group or any(is_aggregate(each) for each in self._query.select):
            return self._aggregated(rows)
        if self._query.having is not None:
            raise self._malformed("HAVING needs GROUP BY")
        shape = self._shape()
        rows = self._cut(self._ordered(list(rows)))
        return Result(len(rows), rows, shape.render, self._scope.entity.name)

    def _matching(self, rows: Iterable[Row]) -> Iterable[Row]:
        test = self._where(self._query.where)
        return [row for row in rows if test(row)]

    def _where(self, condition: Condition | None) -> Predicate:
        return predicate(condition, self._scope, self._scope.bind, self._values)

    def _values(self, query: Query) -> frozenset[Json]:
        """The values a semi-join's query selects, nulls left out."""
        self._semi_joins += 1
        if self._semi_joins > MOST_SEMI_JOINS:
            message = f"The maximum number of semi join sub-selects is {MOST_SEMI_JOINS}"
            raise complaints.malformed(message, query.text, query.source.at)
        entity = self._catalog.object(query.source.parts[0])
        if entity is None:
            raise complaints.no_such_type(query.source.parts[0], query.text, query.source.at)
        if len(query.select) != 1 or not isinstance(item := query.select[0], Item) or not isinstance(item.what, Path):
            raise complaints.malformed("semi join sub-selects can only query one id field", query.text, query.source.at)
        inner = _Runner(query, self._catalog, entity, self._url)
        get = inner._scope.path(item.what).get
        found = inner._cut(inner._ordered(list(inner._matching(self._catalog.rows(entity.name)))))
        return frozenset(value for row in found if (value := get(row)) is not None)

    def _ordered(self, rows: list[Row]) -> list[Row]:
        return ordered(rows, self._terms(self._scope.bind))

    def _terms(self, bind: Binder) -> Sequence[tuple[Order, Bound]]:
        """The terms of ORDER BY with what they sort by."""
        terms = [(each, bind(each.by)) for each in self._query.order]
        for term, bound in terms:
            if not bound.field.sortable:
                raise complaints.unsuitable(bound.field.name, "sorted", self._query.text, term.by.at)
        return terms

    def _cut(self, rows: list[Row]) -> list[Row]:
        start = self._query.offset
        return rows[start:] if self._query.limit is None else rows[start : start + self._query.limit]

    def _aggregated(self, rows: Iterable[Row]) -> Result:
        if grouping.counts_all(self._query):
            if self._query.group or self._query.having or self._query.order:
                raise self._malformed("COUNT() can not be grouped or ordered: use COUNT(fieldName)")
            total = len(list(rows))
            limited = total if self._query.limit is None else min(total, self._query.limit)
            return Result(limited, (), dict, self._scope.entity.name)
        plan = grouping.plan(self._query, self._scope)
        groups = plan.groups(list(rows))
        test = predicate(self._query.having, self._scope, plan.bind, self._values)
        kept = ordered([row for row in groups if test(row)], self._terms(plan.bind))
        found = self._cut(kept)
        return Result(len(found), found, plan.render, "AggregateResult")

    def _shape(self) -> Shape:
        shape = Shape(self._scope.entity.name, self._url, self._catalog)
        for selected in self._query.select:
            match selected:
                case Item(what=what, alias=alias):
                    self._add(shape, what, alias)
                case Macro():
                    self._add_all(shape, selected)
                case TypeOf():
                    self._add_typeof(shape, selected)
                case Query():
                    self._add_children(shape, selected)
                case _:
                    assert_never(selected)
        return shape

    def _add(self, shape: Shape, what: Path | Call, alias: str) -> None:
        if alias and isinstance(what, Path):
            message = "only aggregate expressions use field aliasing"
            raise complaints.malformed(message, self._query.text, what.at)
        bound = self._scope.bind(what)
        if isinstance(what, Path):
            fresh = shape.branch(bound.hops).add(bound.field.name, self._local(bound))
        else:
            fresh = shape.add(alias or bound.field.name, bound.get)
        if not fresh:
            raise complaints.malformed(f"duplicate field selected: {bound.field.name}", self._query.text, what.at)

    def _local(self, bound: Bound) -> Callable[[Row], Json]:
        """The getter from the record that holds the field itself."""
        return Scope(self._catalog, bound.entity, "", "").path(Path((bound.field.name,), 0)).get

    def _add_all(self, shape: Shape, macro: Macro) -> None:
        if macro.kind != "STANDARD" and not (self._query.limit is not None and self._query.limit <= _MACRO_LIMIT):
            message = f"The SOQL FIELDS function must have a LIMIT of at most {_MACRO_LIMIT}"
            raise complaints.malformed(message, self._query.text, macro.at)
        for field in self._scope.entity.fields.values():
            if macro.kind == "ALL" or field.custom == (macro.kind == "CUSTOM"):
                self._add(shape, Path((field.name,), macro.at), "")

    def _add_typeof(self, shape: Shape, choice: TypeOf) -> None:
        reference = self._scope.reference(self._scope.entity, choice.relationship.parts[0], choice.relationship.at)
        if not reference.polymorphic:
            message = "TYPEOF needs a polymorphic relationship"
            raise complaints.malformed(message, self._query.text, choice.relationship.at)
        cases = [self._case(self._named(name, choice.relationship.at), paths) for name, paths in choice.cases]
        names = (name for name, _ in choice.cases)
        otherwise = self._case(self._catalog.entity("Name"), choice.otherwise)
        shape.add_choice(reference, dict(zip(names, cases, strict=True)), otherwise)

    def _named(self, name: str, at: int) -> SObject:
        entity = self._catalog.object(name)
        if entity is None:
            raise complaints.no_such_type(name, self._query.text, at)
        return entity

    def _case(self, entity: SObject, paths: Sequence[Path]) -> Shape:
        shape = Shape(entity.name, self._url, self._catalog)
        scope = Scope(self._catalog, entity, "", self._query.text)
        for path in paths:
            bound = scope.path(path)
            shape.branch(bound.hops).add(bound.field.name, self._local(bound))
        return shape

    def _add_children(self, shape: Shape, query: Query) -> None:
        name = query.source.parts[-1]
        found = self._catalog.child(self._scope.entity.name, name)
        if found is None:
            raise complaints.no_such_relationship(name, query.text, query.source.at)
        if query.group or query.having or any(is_aggregate(each) for each in query.select):
            raise complaints.malformed("subqueries cannot be grouped", query.text, query.source.at)
        entity, reference = found
        runner = _Runner(query, self._catalog, entity, self._url)
        if not shape.add(name, runner.by_parent(reference)):
            raise complaints.malformed(f"duplicate subquery: {name}", query.text, query.source.at)

    def _malformed(self, message: str) -> Exception:
        return complaints.malformed(message, self._query.text, self._query.source.at)

    def by_parent(self, reference: Field) -> Callable[[Row], JsonObject | None]:
        """The answer of this child subquery for a given parent, None where it has no child; sorted out once."""
        rows = self._ordered(list(self._matching(self._catalog.rows(self._scope.entity.name))))
        render = self._shape().render
        families: dict[str, list[Row]] = {}
        for row in rows:
            families.setdefault(row.get(reference.name) or "", []).append(row)

        def answer(parent: Row) -> JsonObject | None:
            children = self._cut(families.get(parent["Id"], []))
            if not children:
                return None
            return {"totalSize": len(children), "done": True, "records": [render(each) for each in children]}

        return answer


def ordered(rows: list[Row], terms: Sequence[tuple[Order, Bound]]) -> list[Row]:
    """Rows sorted by several terms; text without regard to case; nulls where the term wants them."""
    for term, bound in reversed(terms):
        get = comparable(bound)
        keyed = [(get(row), row) for row in rows]
        nulls = [row for key, row in keyed if key is None]
        filled = sorted(((key, row) for key, row in keyed if key is not None), key=_first, reverse=term.descending)
        values = [row for _, row in filled]
        rows = values + nulls if term.nulls_last else nulls + values
    return rows


def _first(pair: tuple[Json, Row]) -> Json:
    return pair[0]
