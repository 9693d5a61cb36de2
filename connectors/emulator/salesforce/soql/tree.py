"""What a SOQL query says, as values: the syntax tree that `parser` makes and that `run` (or another engine) evaluates.

All nodes are immutable and compare by value. `at` is the place in the text, counted in characters from 0; names keep
the spelling of the statement, keywords and function names are in upper case.
"""

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

LiteralKind: TypeAlias = OneOf["string", "number", "boolean", "null", "date", "datetime"]


@dataclass(frozen=True, slots=True)
class Path:
    """A field, possibly through relationships: `Account.Name` is ("Account", "Name")."""

    parts: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one field, of another function as in FORMAT(MIN(x)), or COUNT() of nothing."""

    function: str
    argument: "Path | Call | None"
    at: int


@dataclass(frozen=True, slots=True)
class Item:
    """A selected field or function; `alias` is empty where none was given."""

    what: "Path | Call"
    alias: str


@dataclass(frozen=True, slots=True)
class Macro:
    """FIELDS(ALL), FIELDS(STANDARD) or FIELDS(CUSTOM); `kind` is the word in upper case."""

    kind: str
    at: int


@dataclass(frozen=True, slots=True)
class TypeOf:
    """TYPEOF relationship WHEN type THEN fields ... ELSE fields END."""

    relationship: Path
    cases: tuple[tuple[str, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. `value` is ready to compare (datetimes in the wire form); `raw` keeps a string's escapes for LIKE."""

    kind: LiteralKind
    value: str | float | bool | None
    raw: str
    at: int


@dataclass(frozen=True, slots=True)
class DateLiteral:
    """A span named relative to today, as TODAY or LAST_N_DAYS:30; `name` in upper case."""

    name: str
    count: int
    at: int


Value: TypeAlias = Literal | DateLiteral
Operand: TypeAlias = Path | Call


@dataclass(frozen=True, slots=True)
class Compare:
    """field operator value; the operator is one of = != < <= > >= LIKE."""

    operand: Operand
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Among:
    """field [NOT] IN (values) or (query)."""

    operand: Operand
    negated: bool
    choices: "tuple[Value, ...] | Query"


@dataclass(frozen=True, slots=True)
class Picks:
    """field INCLUDES or EXCLUDES (sets of picklist values, each joined by semicolons)."""

    operand: Operand
    negated: bool
    choices: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """Conditions joined by AND."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """Conditions joined by OR."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    part: "Condition"


Condition: TypeAlias = Compare | Among | Picks | Every | Some | Not


@dataclass(frozen=True, slots=True)
class Order:
    """One term of ORDER BY."""

    by: Operand
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Join:
    """A further name of FROM: `FROM Contact c, c.Account a` lets `a` stand for the path to the account."""

    path: Path
    alias: str


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query or subquery; `text` is the whole statement, for error messages.

    `limit` of None is no limit. `grouping` is ROLLUP, CUBE or empty. `purposes` are the words after FOR. `scope` and
    `mode` are the words after USING SCOPE and WITH, in upper case, empty where the clause is missing.
    """

    text: str
    select: "tuple[Selected, ...]"
    source: Path
    alias: str
    where: Condition | None = None
    group: tuple[Operand, ...] = ()
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    joins: tuple[Join, ...] = ()
    grouping: str = ""
    scope: str = ""
    mode: str = ""
    purposes: tuple[str, ...] = ()
    all_rows: bool = False


Selected: TypeAlias = Item | Macro | TypeOf | Query
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX", "GROUPING"})


def unescaped(piece: str) -> str:
    """The character meant by one character of a string constant, or by a backslash and what follows it."""
    if len(piece) == 1:
        return piece
    return chr(int(piece[2:], 16)) if len(piece) == 6 else _ESCAPES.get(piece[1].lower(), piece[1])


def aggregates(what: Operand) -> bool:
    """Whether an expression speaks of a group of records: an aggregate, or a function of one."""
    if isinstance(what, Path):
        return False
    return what.function in AGGREGATES or (what.argument is not None and aggregates(what.argument))


def is_aggregate(item: Selected) -> bool:
    """Whether a selected item needs grouping."""
    return isinstance(item, Item) and aggregates(item.what)
