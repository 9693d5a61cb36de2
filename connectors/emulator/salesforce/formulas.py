"""The formula language as far as seeds use it: conditions of validation rules and triggers, and formula fields.

A formula is parsed once and asked for its value of a record. It cannot loop, call out or change anything. Blank text
is blank, a blank number counts as zero, and what cannot be calculated (a division by zero, a text as a number) is null.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, TypeAlias

Path: TypeAlias = tuple[str, ...]
Value: TypeAlias = Any
MOST_CHARACTERS, MOST_LEVELS = 3900, 30

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<name>[A-Za-z_][\w.]*)"""
    r"""|(?P<sign>&&|\|\||<>|!=|<=|>=|==|[-+*/^&=<>(),!])|(?P<end>$))"""
)


class FormulaError(ValueError):
    """The text is no formula of this language."""


class Record(Protocol):
    """The record a formula is about."""

    def get(self, path: Path) -> Value:
        """The present value of a field; dates and datetimes as such."""

    def prior(self, path: Path) -> Value:
        """The value before the change that is under way."""

    @property
    def is_new(self) -> bool:
        """Whether the record is being created."""

    @property
    def now(self) -> datetime:
        """The present moment."""


Evaluate: TypeAlias = Callable[[Record], Value]


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a formula; `path` when it is nothing but a field."""

    value: Evaluate
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula, its text, and the fields it reads."""

    text: str
    node: Node
    paths: tuple[Path, ...] = ()

    def __reduce__(self) -> tuple[Callable[[str], "Formula"], tuple[str]]:
        """A copy is parsed anew: the functions it is made of cannot be written down."""
        return parse, (self.text,)

    def value(self, record: Record) -> Value:
        """What it comes to for a record; null when it cannot be calculated."""
        try:
            return self.node.value(record)
        except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, re.error):
            return None


def parse(text: str) -> Formula:
    """Read a formula.

    Raises:
        FormulaError: what is wrong, and where.
    """
    if len(text) > MOST_CHARACTERS:
        raise FormulaError(f"a formula has at most {MOST_CHARACTERS} characters")
    parser = _Parser(text)
    return Formula(text, parser.whole(), tuple(parser.paths))


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise FormulaError(f"formula: unreadable at character {at + 1}: {text[at : at + 20]}")
        yield match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)
        if match.lastgroup == "end":
            return
        at = match.end()


class _Parser:
    """Recursive descent; chains of one level become one node, so that long ones cost no depth."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0
        self._depth = 0
        self.paths: list[Path] = []

    def whole(self) -> Node:
        """The node of the whole text."""
        node = self._level(0)
        if self._kind() != "end":
            raise self._unexpected()
        return node

    def _kind(self) -> str:
        return self._tokens[self._place][0]

    def _word(self) -> str:
        return self._tokens[self._place][1]

    def _take(self) -> str:
        word = self._word()
        self._place += 1
        return word

    def _unexpected(self) -> FormulaError:
        kind, word, at = self._tokens[self._place]
        return FormulaError(f"formula: unexpected {word or kind} at character {at + 1}")

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        first, rest = self._level(level + 1), []
        while self._kind() == "sign" and self._word() in _LEVELS[level]:
            rest.append((_LEVELS[level][self._take()], self._level(level + 1)))
        return Node(_chain(first, rest)) if rest else first

    def _unary(self) -> Node:
        if self._kind() != "sign" or self._word() not in "-!(":
            return self._operand()
        self._depth += 1
        if self._depth > MOST_LEVELS:
            raise FormulaError(f"a formula has at most {MOST_LEVELS} levels")
        sign = self._take()
        inner = self._level(0) if sign == "(" else self._unary()
        if sign == "(":
            self._close()
        self._depth -= 1
        return {"-": Node(lambda r: -_number(inner.value(r))), "!": Node(lambda r: not inner.value(r))}.get(sign, inner)

    def _close(self) -> None:
        if self._word() != ")":
            raise self._unexpected()
        self._place += 1

    def _operand(self) -> Node:
        kind = self._kind()
        if kind == "number":
            number = float(self._take())
            return Node(lambda _: number)
        if kind == "text":
            text = re.sub(r"\\(.)", r"\1", self._take()[1:-1])
            return Node(lambda _: text or None)
        if kind != "name":
            raise self._unexpected()
        name = self._take()
        if self._word() == "(":
            return self._call(name)
        if name.upper() in _CONSTANTS:
            constant = _CONSTANTS[name.upper()]
            return Node(lambda _: constant)
        path = tuple(name.split("."))
        self.paths.append(path)
        return Node(lambda record: record.get(path), path)

    def _call(self, name: str) -> Node:
        function = _FUNCTIONS.get(name.upper()) or _OF_FIELDS.get(name.upper())
        if function is None:
            raise FormulaError(f"formula: unknown function {name}")
        arguments = self._arguments()
        if name.upper() in _OF_FIELDS:
            if len(arguments) != 1 or not arguments[0].path:
                raise FormulaError(f"formula: {name} takes one field")
            return Node(lambda record: function(record, arguments[0].path))
        return Node(lambda record: function(record, *[each.value(record) for each in arguments]))

    def _arguments(self) -> list[Node]:
        self._depth += 1
        if self._depth > MOST_LEVELS:
            raise FormulaError(f"a formula has at most {MOST_LEVELS} levels")
        self._place += 1
        found: list[Node] = []
        while self._word() != ")":
            found.append(self._level(0))
            if self._word() == ",":
                self._place += 1
            elif self._word() != ")":
                raise self._unexpected()
        self._close()
        self._depth -= 1
        return found


def _chain(first: Node, rest: list[tuple[Callable[[Value, Value], Value], Node]]) -> Evaluate:
    def value(record: Record) -> Value:
        result = first.value(record)
        for apply, node in rest:
            result = apply(result, node.value(record))
        return result

    return value


def _number(value: Value) -> float:
    return 0.0 if value is None else float(value)


def _plus(left: Value, right: Value, sign: int = 1) -> Value:
    if isinstance(left, date) and isinstance(right, date):
        return (left - right).total_seconds() / 86_400
    if isinstance(left, date):
        return left + timedelta(days=sign * _number(right))
    if isinstance(left, str) or isinstance(right, str):
        return (left or "") + (right or "")
    return _number(left) + sign * _number(right)


def _equal(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return left in (None, "") and right in (None, "")
    return bool(left == right)


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Value, Value], bool]:
    return lambda left, right: left is not None and right is not None and test(left, right)


_LEVELS: tuple[dict[str, Callable[[Value, Value], Value]], ...] = (
    {"||": lambda left, right: bool(left) or bool(right)},
    {"&&": lambda left, right: bool(left) and bool(right)},
    {
        "=": _equal,
        "==": _equal,
        "<>": lambda left, right: not _equal(left, right),
        "!=": lambda left, right: not _equal(left, right),
        "<": _compared(lambda left, right: left < right),
        "<=": _compared(lambda left, right: left <= right),
        ">": _compared(lambda left, right: left > right),
        ">=": _compared(lambda left, right: left >= right),
    },
    {
        "+": _plus,
        "-": lambda left, right: _plus(left, right, -1),
        "&": lambda left, right: f"{_text(left) or ''}{_text(right) or ''}",
    },
    {"*": lambda left, right: _number(left) * _number(right), "/": lambda left, right: _number(left) / _number(right)},
    {"^": lambda left, right: math.pow(_number(left), _number(right))},
)
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}


def _text(value: Value) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)


def _blank(value: Value) -> bool:
    return value is None or value == ""


def _case(_: Record, subject: Value, *pairs: Value) -> Value:
    for place in range(0, len(pairs) - 1, 2):
        if _equal(subject, pairs[place]):
            return pairs[place + 1]
    return pairs[-1]


def _day(value: Value) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


_OF_FIELDS: dict[str, Callable[[Record, Path], Value]] = {
    "ISCHANGED": lambda record, path: not record.is_new and record.prior(path) != record.get(path),
    "PRIORVALUE": lambda record, path: record.prior(path),
}
_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "AND": lambda _, *given: all(given),
    "OR": lambda _, *given: any(given),
    "NOT": lambda _, given: not given,
    "IF": lambda _, test, yes, no: yes if test else no,
    "CASE": _case,
    "ISNEW": lambda record: record.is_new,
    "ISBLANK": lambda _, given: _blank(given),
    "ISNULL": lambda _, given: _blank(given),
    "BLANKVALUE": lambda _, given, other: other if _blank(given) else given,
    "NULLVALUE": lambda _, given, other: other if _blank(given) else given,
    "ISPICKVAL": lambda _, given, value: _equal(given, value),
    "INCLUDES": lambda _, given, value: value in (given or "").split(";"),
    "TEXT": lambda _, given: _text(given),
    "VALUE": lambda _, given: float(given),
    "LEN": lambda _, given: float(len(given or "")),
    "LEFT": lambda _, given, count: (given or "")[: int(count)],
    "RIGHT": lambda _, given, count: (given or "")[-int(count) :] if count else "",
    "TRIM": lambda _, given: (given or "").strip(),
    "UPPER": lambda _, given: (given or "").upper(),
    "LOWER": lambda _, given: (given or "").lower(),
    "CONTAINS": lambda _, given, part: (part or "") in (given or ""),
    "BEGINS": lambda _, given, start: (given or "").startswith(start or ""),
    "SUBSTITUTE": lambda _, given, old, new: (given or "").replace(old, new or ""),
    "REGEX": lambda _, given, pattern: re.fullmatch(pattern, given or "") is not None,
    "ABS": lambda _, given: abs(_number(given)),
    "ROUND": lambda _, given, places: round(_number(given), int(places)),
    "FLOOR": lambda _, given: float(math.floor(_number(given))),
    "CEILING": lambda _, given: float(math.ceil(_number(given))),
    "MOD": lambda _, given, by: _number(given) % _number(by),
    "MIN": lambda _, *given: min(map(_number, given)),
    "MAX": lambda _, *given: max(map(_number, given)),
    "TODAY": lambda record: record.now.date(),
    "NOW": lambda record: record.now,
    "DATEVALUE": lambda _, given: _day(given),
    "YEAR": lambda _, given: float(_day(given).year),
    "MONTH": lambda _, given: float(_day(given).month),
    "DAY": lambda _, given: float(_day(given).day),
}
