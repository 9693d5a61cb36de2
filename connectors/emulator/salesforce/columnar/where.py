"""Conditions of SOQL as SQL over `sources`, by the rules of `soql.conditions`: two values of truth, text without case.

The statement has been checked before: types fit, fields may be filtered. What SQL cannot say plainly is UnplainError.
"""

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.columnar.sources import ROOT, Sources, UnplainError, quoted
from connectors.emulator.salesforce.schema import Field
from connectors.emulator.salesforce.soql import spans
from connectors.emulator.salesforce.soql.bind import Bound
from connectors.emulator.salesforce.soql.conditions import between_percents, edge, folds
from connectors.emulator.salesforce.soql.tree import (
    Among,
    Compare,
    Condition,
    DateLiteral,
    Every,
    Literal,
    Not,
    Some,
    Value,
    unescaped,
)

_ORDERED = ("<", "<=", ">", ">=")


class Where:
    """Makes conditions over one statement's sources."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def sql(self, condition: Condition) -> str:
        """The condition, never null.

        Raises:
            UnplainError: it has no plain form.
        """
        match condition:
            case Every(parts):
                return f"({' AND '.join(self.sql(part) for part in parts)})"
            case Some(parts):
                return f"({' OR '.join(self.sql(part) for part in parts)})"
            case Not(part):
                return f"(NOT {self.sql(part)})"
            case Compare():
                return self._compare(condition)
            case Among(choices=tuple() as choices):
                bound = self._sources.bind(condition.operand)
                found = self._among(bound, choices)
                return f"(NOT {found})" if condition.negated else found
            case _:
                raise UnplainError

    def _compare(self, condition: Compare) -> str:
        bound, value, sign = self._sources.bind(condition.operand), condition.value, condition.operator
        if isinstance(value, DateLiteral):
            return self._within(bound, sign, value)
        if sign == "LIKE":
            return f"coalesce({self.comparable(bound)} LIKE lower({quoted(_pattern(value.raw))}) ESCAPE '\\', FALSE)"
        if self._sources.by_serial(bound) and isinstance(value.value, str) and value.value:
            return self._by_serial(sign, value.value)
        constant = _constant(bound.field, value)
        if sign in _ORDERED:
            return f"coalesce({self.comparable(bound)} {sign} {constant}, FALSE)"
        same = "IS NOT DISTINCT FROM" if sign == "=" else "IS DISTINCT FROM"
        return f"({self.comparable(bound)} {same} {constant})"

    def _by_serial(self, sign: str, text: str) -> str:
        """A comparison with the record's own id, by which the file's rows are in order."""
        found = ids.canonical(text) or ""
        serial = self._sources.place(found)
        if serial is None and sign in _ORDERED:
            return f"({self._sources.own_id()} {sign} {quoted(found)})"
        return f"({ROOT}.seq {sign} {-1 if serial is None else serial})"

    def _among(self, bound: Bound, choices: tuple[Value, ...]) -> str:
        spans_ = [self._within(bound, "=", each) for each in choices if isinstance(each, DateLiteral)]
        literals = [each for each in choices if isinstance(each, Literal)]
        if self._sources.by_serial(bound) and all(isinstance(each.value, str) and each.value for each in literals):
            places = [self._sources.place(ids.canonical(str(each.value)) or "") for each in literals]
            known = [str(each) for each in places if each is not None]
            return f"({ROOT}.seq IN ({', '.join(known) or '-1'}))"
        constants = [_constant(bound.field, each) for each in literals]
        filled = [each for each in constants if each != "NULL"]
        empty = [f"{self.comparable(bound)} IS NULL"] if len(filled) < len(constants) else []
        listed = [f"coalesce({self.comparable(bound)} IN ({', '.join(filled)}), FALSE)"] if filled else []
        return f"({' OR '.join([*listed, *empty, *spans_])})"

    def _within(self, bound: Bound, sign: str, literal: DateLiteral) -> str:
        catalog = self._sources.scope.catalog
        days = spans.resolve(literal.name, literal.count, catalog.today(), catalog.calendar().first_month)
        first, after = (quoted(edge(bound.field, day, catalog.calendar())) for day in days)
        value = self._sources.column(bound)
        inside = f"({value} >= {first} AND {value} < {after})"
        tests = {"=": inside, "!=": f"NOT {inside}", "<": f"{value} < {first}", "<=": f"{value} < {after}",
                 ">": f"{value} >= {after}", ">=": f"{value} >= {first}"}  # fmt: skip
        return f"coalesce({tests[sign]}, {'TRUE' if sign == '!=' else 'FALSE'})"

    def comparable(self, bound: Bound) -> str:
        """What is compared and sorted: text in lower case, ids as they are."""
        column = self._sources.column(bound)
        return f"lower({column})" if folds(bound.field) else column


def _constant(field: Field, literal: Literal) -> str:
    """A literal in the form its field is compared in; an empty text is null, a checkbox without a value is off."""
    if literal.kind == "null" or literal.value == "":
        return "FALSE" if field.type == "boolean" else "NULL"
    match literal.value:
        case bool():
            return str(literal.value).upper()
        case str():
            text = literal.value
            plain = ids.canonical(text) or text if field.type in ("id", "reference") else text
            return f"lower({quoted(plain)})" if folds(field) else quoted(plain)
        case _:
            return f"CAST({quoted(repr(literal.value))} AS DOUBLE)"


def _pattern(raw: str) -> str:
    """A pattern of SOQL as one of SQL."""
    return "%".join("".join(map(_fixed, part)) for part in between_percents(raw))


def _fixed(piece: str) -> str:
    if piece == "_":
        return piece
    character = unescaped(piece)
    return f"\\{character}" if character in "%_\\" else character
