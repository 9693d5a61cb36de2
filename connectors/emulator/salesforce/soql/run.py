"""Runs a bound query: filter, group, order, cut, and shape the records that go on the wire."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.salesforce.soql import complaints, grouping, semijoins
from connectors.emulator.salesforce.soql.bind import Bound, Catalog, Row, Scope
from connectors.emulator.salesforce.soql.conditions import Binder, Predicate, comparable, predicate
from connectors.emulator.salesforce.soql.shape import Shape
from connectors.emulator.salesforce.soql.tree import (
    Call,
    Condition,
    Item,
    Macro,
    Operand,
    Order,
    Path,
    Query,
    TypeOf,
    is_aggregate,
)
from connectors.emulator.wire import Json, JsonObject

_MACRO_LIMIT = 200
MOST_SUBQUERIES, MOST_LEVELS_DOWN = 20, 5
AGGREGATE = "AggregateResult"
_LONG_TEXT = 255


@dataclass(frozen=True, slots=True)
class Result:
    """What a query found: `total` counts all of it, `rows` are the records and `render` puts one on the wire.

    A rendered record holds a Result of its own where a child subquery stands; who sends it decides on its pages.
    `wide` says that records are so large that Salesforce sends few at a time.
    """

    total: int
    rows: Sequence[Row]
    render: Callable[[Row], JsonObject]
    entity: str
    wide: bool = False


def run(query: Query, catalog: Catalog, url: Callable[[str, str], str]) -> Result:
    """Runs a statement. `url` makes the address of a record from its object's name and its id.

    Raises:
        SalesforceError: INVALID_TYPE, INVALID_FIELD or MALFORMED_QUERY at the place.
    """
    entity = catalog.object(query.source.parts[0])
    if entity is None or len(query.source.parts) > 1:
        raise complaints.no_such_type(".".join(query.source.parts), query.text, query.source.at)
    if query.all_rows:
        raise complaints.plain("ALL ROWS not allowed in this context")
    return _Runner(query, catalog, entity, url).result()


class _Runner:
    """One query or subquery over one object; `level` counts how far below the statement a subquery stands."""

    def __init__(
        self, query: Query, catalog: Catalog, entity: SObject, url: Callable[[str, str], str], level: int = 0
    ) -> None:
        self._query = query
        self._catalog = catalog
        self._url = url
        self._level = level
        self._scope = Scope.of(query, catalog, entity)
        self._long_texts = 0

    def result(self) -> Result:
        rows = self._matching(self._catalog.rows(self._scope.entity.name))
        if sum(isinstance(each, Query) for each in self._query.select) > MOST_SUBQUERIES:
            raise self._malformed(f"the maximum number of subqueries is {MOST_SUBQUERIES}")
        if self._grouped():
            return self._aggregated(rows)
        shape = self._shape()
        rows = self._cut(self._ordered(list(rows)))
        return Result(len(rows), rows, shape.render, self._scope.entity.name, self._long_texts > 1)

    def by_parent(self, reference: Field) -> Callable[[Row], Result | None]:
        """The answer of this child subquery for a given parent, None where it has no child; sorted out once."""
        if self._grouped():
            raise self._malformed("only root queries support aggregate expressions")
        if self._level > MOST_LEVELS_DOWN:
            raise self._malformed(f"SOQL relationships cannot go more than {MOST_LEVELS_DOWN} levels down")
        rows = self._ordered(list(self._matching(self._catalog.rows(self._scope.entity.name))))
        render, name = self._shape().render, self._scope.entity.name
        families: dict[str, list[Row]] = {}
        for row in rows:
            families.setdefault(row.get(reference.name) or "", []).append(row)

        def answer(parent: Row) -> Result | None:
            children = self._cut(families.get(parent["Id"], []))
            return Result(len(children), children, render, name) if children else None

        return answer

    def _grouped(self) -> bool:
        return bool(self._query.group) or any(is_aggregate(each) for each in self._query.select)

    def _matching(self, rows: Iterable[Row]) -> Iterable[Row]:
        test = self._where(self._query.where)
        mine = self._catalog.me() if self._query.scope == "MINE" else None
        return [row for row in rows if test(row) and (mine is None or row.get("OwnerId") == mine)]

    def _where(self, condition: Condition | None) -> Predicate:
        semijoins.check_places(self._query)
        return predicate(condition, self._scope, self._scope.bind, self._values)

    def _values(self, operand: Operand, query: Query) -> frozenset[Json]:
        """The values a semi-join's query selects, nulls left out."""
        entity = self._catalog.object(query.source.parts[0])
        if entity is None:
            raise complaints.no_such_type(query.source.parts[0], query.text, query.source.at)
        selected = semijoins.check_fields(self._scope, operand, query, entity)
        inner = _Runner(query, self._catalog, entity, self._url)
        get = inner._scope.path(selected).get
        found = inner._matching(self._catalog.rows(entity.name))
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
        query = self._query
        if grouping.counts_all(query):
            if query.group or query.order:
                raise self._malformed("COUNT() can not be grouped or ordered: use COUNT(fieldName)")
            return Result(len(self._cut(list(rows))), (), dict, self._scope.entity.name)
        unlimited = query.group or (query.limit is None and not query.offset)
        if not unlimited:
            word = "OFFSET" if query.limit is None else "LIMIT"
            raise complaints.plain(f"Non-grouped query that uses overall aggregate functions cannot also use {word}")
        plan = grouping.plan(query, self._scope)
        groups = plan.groups(list(rows))
        test = predicate(query.having, self._scope, plan.bind, self._values)
        found = self._cut(ordered([row for row in groups if test(row)], self._terms(plan.sorted_by)))
        return Result(len(found), found, plan.render, AGGREGATE)

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
        if bound.function:
            message = f"Field must be grouped or aggregated: {bound.field.name}"
            raise complaints.malformed(message, self._query.text, what.at)
        self._long_texts += bound.field.custom and bound.field.type == "textarea" and bound.field.length > _LONG_TEXT
        if isinstance(what, Path):
            fresh = shape.branch(bound.hops).add(bound.field.name, self._local(bound.entity, bound.field))
        else:
            fresh = shape.add(alias or bound.field.name, bound.get)
        if not fresh:
            raise complaints.plain(f"duplicate field selected: {self._said(what, alias)}")

    def _said(self, what: Path | Call, alias: str) -> str:
        return ".".join(what.parts) if isinstance(what, Path) else alias or what.function

    def _local(self, entity: SObject, field: Field) -> Callable[[Row], Json]:
        """The getter from the record that holds the field itself."""
        return Scope(self._catalog, entity, "", "").path(Path((field.name,), 0)).get

    def _add_all(self, shape: Shape, macro: Macro) -> None:
        if macro.kind != "STANDARD" and not (self._query.limit is not None and self._query.limit <= _MACRO_LIMIT):
            raise complaints.plain(f"The SOQL FIELDS function must have a LIMIT of at most {_MACRO_LIMIT}")
        for field in self._scope.entity.fields.values():
            if macro.kind == "ALL" or field.custom == (macro.kind == "CUSTOM"):
                self._add(shape, Path((field.name,), macro.at), "")

    def _add_typeof(self, shape: Shape, choice: TypeOf) -> None:
        name, at = choice.relationship.parts[0], choice.relationship.at
        reference = self._scope.reference(self._scope.entity, name, at)
        if not reference.polymorphic:
            raise complaints.malformed("TYPEOF needs a polymorphic relationship", self._query.text, at)
        cases: dict[str, Shape] = {}
        for kind, paths in choice.cases:
            if kind.lower() in cases:
                raise complaints.plain(f"WHEN clause operand [{kind}] is not unique")
            cases[kind.lower()] = self._case(self._named(kind, at), paths)
        otherwise = self._case(self._catalog.entity("Name"), choice.otherwise) if choice.otherwise else None
        if not shape.add_choice(reference, cases, otherwise):
            raise complaints.plain(f"duplicate field selected: {reference.relationship}")

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
            shape.branch(bound.hops).add(bound.field.name, self._local(bound.entity, bound.field))
        return shape

    def _add_children(self, shape: Shape, query: Query) -> None:
        name = query.source.parts[-1]
        found = self._catalog.child(self._scope.entity.name, name)
        if found is None:
            raise complaints.no_such_child(name, query.text, query.source.at)
        entity, reference = found
        runner = _Runner(query, self._catalog, entity, self._url, self._level + 1)
        if not shape.add(reference.children, runner.by_parent(reference)):
            raise complaints.plain(f"duplicate relationship selected: {reference.children}")

    def _malformed(self, message: str) -> Exception:
        return complaints.malformed(message, self._query.text, self._query.source.at)


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
