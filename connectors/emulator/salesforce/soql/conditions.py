"""WHERE and HAVING as predicates: conditions become functions of one record, by SOQL's rules for null and case."""

import operator
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeAlias, assert_never

from connectors.emulator.salesforce import ids, moments
from connectors.emulator.salesforce.schema import Field
from connectors.emulator.salesforce.soql import complaints, spans
from connectors.emulator.salesforce.soql.bind import Bound, Row, Scope
from connectors.emulator.salesforce.soql.functions import Calendar
from connectors.emulator.salesforce.soql.reader import pieces
from connectors.emulator.salesforce.soql.tree import (
    Among,
    Compare,
    Condition,
    DateLiteral,
    Every,
    Literal,
    Not,
    Operand,
    Picks,
    Query,
    Some,
    unescaped,
)
from connectors.emulator.wire import Json

Predicate: TypeAlias = Callable[[Row], bool]
Binder: TypeAlias = Callable[[Operand], Bound]
Subselect: TypeAlias = Callable[[Operand, Query], frozenset[Json]]
_NUMERIC = frozenset({"double", "currency", "percent", "int"})
_IDS = frozenset({"id", "reference"})
_UNORDERED = frozenset({"boolean", "multipicklist"})
_KINDS = {"boolean": "boolean", "date": "date", "datetime": "dateTime", "int": "int"}
_UNLIKE = _NUMERIC | _IDS | _KINDS.keys() | {"multipicklist"}
# No record has a moment outside these days, but a date literal may reach out of them.
_FIRST_DAY, _LAST_DAY = date(1600, 1, 1), date(4001, 1, 2)
_ORDERED: dict[str, Callable[[Json, Json], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def predicate(condition: Condition | None, scope: Scope, bind: Binder, subselect: Subselect) -> Predicate:
    """The condition as a function of a record.

    `bind` resolves its operands (HAVING resolves aggregates), `subselect` runs the query of a semi-join.
    """
    return _Maker(scope, bind, subselect).make(condition) if condition is not None else lambda _row: True


class _Maker:
    """Holds what every kind of condition needs while one clause is turned into a predicate."""

    def __init__(self, scope: Scope, bind: Binder, subselect: Subselect) -> None:
        self._scope = scope
        self._bind = bind
        self._subselect = subselect

    def make(self, condition: Condition) -> Predicate:
        match condition:
            case Every(parts):
                every = [self.make(part) for part in parts]
                return lambda row: all(each(row) for each in every)
            case Some(parts):
                some = [self.make(part) for part in parts]
                return lambda row: any(each(row) for each in some)
            case Not(part):
                inner = self.make(part)
                return lambda row: not inner(row)
            case Compare():
                return self._compare(condition)
            case Among():
                return self._among(condition)
            case Picks():
                return self._picks(condition)
            case _:
                assert_never(condition)

    def _compare(self, condition: Compare) -> Predicate:
        bound = self._filterable(condition.operand)
        at = condition.operand.at
        if isinstance(condition.value, DateLiteral):
            return self._within(bound, condition.operator, condition.value, at)
        if condition.operator == "LIKE":
            return self._like(bound, condition.value, at)
        wanted, get = self._constant(bound.field, condition.value, at), comparable(bound)
        match condition.operator:
            case "=":
                return lambda row: bool(get(row) == wanted)
            case "!=":
                return lambda row: bool(get(row) != wanted)
            case sign:
                if bound.field.type in _UNORDERED:
                    raise self._operator_refused(bound.field, at)
                compare = _ORDERED[sign]
                return lambda row: (value := get(row)) is not None and wanted is not None and compare(value, wanted)

    def _like(self, bound: Bound, value: Literal, at: int) -> Predicate:
        if bound.field.type in _UNLIKE:
            raise self._operator_refused(bound.field, at)
        if value.kind != "string":
            raise self._wrong_type(bound.field, at)
        pattern, get = _like_pattern(value.raw), bound.get
        return lambda row: (text := get(row)) is not None and pattern.fullmatch(str(text)) is not None

    def _within(self, bound: Bound, sign: str, literal: DateLiteral, at: int) -> Predicate:
        if sign == "LIKE" and bound.field.type in _UNLIKE:
            raise self._operator_refused(bound.field, at)
        if bound.field.type not in ("date", "datetime"):
            raise self._wrong_type(bound.field, at)
        calendar = self._scope.catalog.calendar()
        first, after = (edge(bound.field, day, calendar) for day in self._days(literal, at))
        get = bound.get
        tests: dict[str, Callable[[str], bool]] = {
            "=": lambda value: first <= value < after,
            "!=": lambda value: not first <= value < after,
            "<": lambda value: value < first,
            "<=": lambda value: value < after,
            ">": lambda value: value >= after,
            ">=": lambda value: value >= first,
        }
        test = tests[sign]
        return lambda row: test(value) if (value := get(row)) is not None else sign == "!="

    def _days(self, literal: DateLiteral, at: int) -> spans.Span:
        catalog = self._scope.catalog
        try:
            return spans.resolve(literal.name, literal.count, catalog.today(), catalog.calendar().first_month)
        except (OverflowError, ValueError) as error:
            message = f"Invalid date: {literal.name}:{literal.count}"
            raise complaints.malformed(message, self._scope.text, at) from error

    def _among(self, condition: Among) -> Predicate:
        bound, at = self._filterable(condition.operand), condition.operand.at
        get, negated = comparable(bound), condition.negated
        if isinstance(condition.choices, Query):
            found = self._subselect(condition.operand, condition.choices)
            chosen = frozenset(_folded(bound.field, each) for each in found)
            return lambda row: ((value := get(row)) is not None) and (value in chosen) is not negated
        tests = [self._within(bound, "=", each, at) for each in condition.choices if isinstance(each, DateLiteral)]
        literals = [each for each in condition.choices if isinstance(each, Literal)]
        chosen = frozenset(self._constant(bound.field, each, at) for each in literals)
        return lambda row: (get(row) in chosen or any(test(row) for test in tests)) is not negated

    def _picks(self, condition: Picks) -> Predicate:
        bound = self._filterable(condition.operand)
        if bound.field.type != "multipicklist":
            raise self._operator_refused(bound.field, condition.operand.at)
        sets = [frozenset(str(each.value).lower().split(";")) for each in condition.choices]
        get, negated = bound.get, condition.negated

        def picks(row: Row) -> bool:
            chosen = frozenset((get(row) or "").lower().split(";"))
            return any(each <= chosen for each in sets) is not negated

        return picks

    def _filterable(self, operand: Operand) -> Bound:
        bound = self._bind(operand)
        if not bound.field.filterable:
            raise complaints.unsuitable(bound.field.name, "filtered", self._scope.text, operand.at)
        return bound

    def _constant(self, field: Field, literal: Literal, at: int) -> Json:
        if literal.kind == "null":
            return False if field.type == "boolean" else None
        if literal.kind != expected(field):
            raise self._wrong_type(field, at)
        if literal.value == "":
            return None
        if field.type in _IDS:
            return self._id(str(literal.value), at)
        return _folded(field, literal.value)

    def _id(self, text: str, at: int) -> str | None:
        found = ids.canonical(text)
        if found is None:
            message = f"invalid ID field: {text}"
            raise complaints.at("INVALID_QUERY_FILTER_OPERATOR", message, self._scope.text, at)
        return found

    def _wrong_type(self, field: Field, at: int) -> Exception:
        literal = expected(field)
        kind = _KINDS.get(field.type, "double" if literal == "number" else "string")
        quotes = "should be" if literal == "string" else "should not be"
        message = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quotes}"
        return complaints.at("INVALID_FIELD", f"{message} enclosed in quotes", self._scope.text, at)

    def _operator_refused(self, field: Field, at: int) -> Exception:
        message = f"invalid operator on {'id' if field.type in _IDS else field.type} field"
        return complaints.at("INVALID_QUERY_FILTER_OPERATOR", message, self._scope.text, at)


def edge(field: Field, day: date, calendar: Calendar) -> str:
    """Where a day begins, in the form the field is kept in: for a moment, midnight of the user."""
    if field.type == "date":
        return day.isoformat()
    kept = min(max(day, _FIRST_DAY), _LAST_DAY)
    return moments.wire(datetime.combine(kept, datetime.min.time(), calendar.zone))


def expected(field: Field) -> str:
    """The kind of literal a field is compared with."""
    if field.type in _NUMERIC:
        return "number"
    return field.type if field.type in ("boolean", "date", "datetime") else "string"


def _folded(field: Field, value: Json) -> Json:
    return value.lower() if isinstance(value, str) and folds(field) else value


def folds(field: Field) -> bool:
    """Whether a field's values compare without regard to case."""
    return field.type not in _IDS and expected(field) == "string"


def comparable(bound: Bound) -> Callable[[Row], Json]:
    """The getter of what is compared and sorted: text in lower case, ids as they are."""
    get, field = bound.get, bound.field
    return (lambda row: _folded(field, get(row))) if folds(field) else get


def _like_pattern(raw: str) -> re.Pattern[str]:
    """The pattern of a LIKE; what follows a % is taken where it first occurs, so that no pattern takes long."""
    first, *others = (_fixed(part) for part in between_percents(raw))
    if not others:
        return re.compile(first, re.IGNORECASE | re.DOTALL)
    *middle, last = others
    return re.compile(first + "".join(f"(?>.*?{each})" for each in middle) + f".*{last}", re.IGNORECASE | re.DOTALL)


def between_percents(raw: str) -> list[list[str]]:
    """The characters of the text between its unescaped percent signs, escapes kept whole."""
    parts: list[list[str]] = [[]]
    for piece in pieces(raw):
        if piece == "%":
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


def _fixed(pieces: list[str]) -> str:
    return "".join("." if each == "_" else re.escape(unescaped(each)) for each in pieces)
