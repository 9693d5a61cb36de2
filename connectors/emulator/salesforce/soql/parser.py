"""SOQL tokens into a tree, by recursive descent: one method for each rule of the grammar.

AND and OR may not be mixed without parentheses, as in Salesforce.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from connectors.emulator.salesforce import moments
from connectors.emulator.salesforce.soql import complaints, spans
from connectors.emulator.salesforce.soql.lexer import END, Token, tokens
from connectors.emulator.salesforce.soql.tree import (
    Among,
    Call,
    Compare,
    Condition,
    DateLiteral,
    Every,
    Item,
    Literal,
    LiteralKind,
    Macro,
    Not,
    Operand,
    Order,
    Path,
    Picks,
    Query,
    Selected,
    Some,
    TypeOf,
    Value,
    unescaped,
)

MOST_CHARACTERS = 100_000
MOST_OFFSET = 2000
_MOST_STRING = 4000
_MOST_NESTED = 40
_MOST_DIGITS = 9
_ESCAPABLE = frozenset("'\"\\nNrRtTbBfF_%")
_CLAUSES = frozenset({"WHERE", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "USING", "ALL", ")", ""})
_COMPARISONS = frozenset({"=", "!=", "<>", "<", "<=", ">", ">=", "LIKE"})
_WORDS: dict[str, tuple[LiteralKind, bool | None]] = {
    "NULL": ("null", None),
    "TRUE": ("boolean", True),
    "FALSE": ("boolean", False),
}
T = TypeVar("T")


def parse(text: str) -> Query:
    """The tree of one statement.

    Raises:
        SalesforceError: MALFORMED_QUERY (or another query code) with the place.
    """
    if len(text) > MOST_CHARACTERS:
        raise complaints.malformed("SOQL statements cannot be longer than 100000 characters.", text[:80], 0)
    parser = _Parser(text)
    query = parser.query()
    parser.expect_end()
    return query


class _Parser:
    """A cursor over the tokens of one statement."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._next = 0
        self._depth = 0

    def query(self) -> Query:
        self._expect("SELECT")
        select = self._list(self._selected)
        self._expect("FROM")
        source, alias = self._source()
        self._scope()
        where = self._condition() if self._take("WHERE") else None
        group = self._list(self._operand) if self._take("GROUP", "BY") else ()
        having = self._condition() if self._take("HAVING") else None
        order = self._list(self._order) if self._take("ORDER", "BY") else ()
        limit = self._count() if self._take("LIMIT") else None
        offset = self._offset() if self._take("OFFSET") else 0
        self._for()
        return Query(self._text, select, source, alias, where, group, having, order, limit, offset)

    def expect_end(self) -> None:
        if self._peek().kind != END:
            raise self._unexpected()

    def _selected(self) -> Selected:
        token = self._peek()
        match token.word():
            case "(":
                return self._subquery()
            case "TYPEOF":
                return self._typeof()
            case "FIELDS" if self._peek(1).text == "(":
                return self._macro()
            case _:
                return Item(self._operand(), self._alias())

    def _subquery(self) -> Query:
        self._expect("(")
        query = self._nested(self.query)
        self._expect(")")
        return query

    def _macro(self) -> Macro:
        at = self._advance().at
        self._expect("(")
        token = self._advance()
        if token.word() not in ("ALL", "STANDARD", "CUSTOM"):
            raise self._unexpected(token)
        self._expect(")")
        return Macro(token.word(), at)

    def _typeof(self) -> TypeOf:
        self._expect("TYPEOF")
        relationship = self._path()
        cases = [self._when()]
        while self._peek().word() == "WHEN":
            cases.append(self._when())
        otherwise = self._list(self._path) if self._take("ELSE") else ()
        self._expect("END")
        return TypeOf(relationship, tuple(cases), otherwise)

    def _when(self) -> tuple[str, tuple[Path, ...]]:
        self._expect("WHEN")
        name = self._path().parts[0]
        self._expect("THEN")
        return name, self._list(self._path)

    def _alias(self) -> str:
        token = self._peek()
        if token.kind != "name" or token.word() in _CLAUSES | {"FROM"}:
            return ""
        return self._advance().text

    def _source(self) -> tuple[Path, str]:
        source = self._path()
        self._take("AS")
        return source, self._alias()

    def _scope(self) -> None:
        if self._take("USING"):
            self._expect("SCOPE")
            self._path()

    def _for(self) -> None:
        while self._take("FOR"):
            token = self._advance()
            if token.word() not in ("VIEW", "REFERENCE", "UPDATE"):
                raise self._unexpected(token)

    def _condition(self) -> Condition:
        parts = [self._simple()]
        joiner = self._peek().word()
        if joiner not in ("AND", "OR"):
            return parts[0]
        while self._take(joiner):
            parts.append(self._simple())
        if self._peek().word() in ("AND", "OR"):
            raise self._unexpected()
        return Every(tuple(parts)) if joiner == "AND" else Some(tuple(parts))

    def _simple(self) -> Condition:
        return self._nested(self._negated)

    def _negated(self) -> Condition:
        if self._take("NOT"):
            return Not(self._simple())
        if self._take("("):
            condition = self._condition()
            self._expect(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Condition:
        operand = self._operand()
        token = self._advance()
        match token.word():
            case "NOT":
                self._expect("IN")
                return Among(operand, negated=True, choices=self._choices())
            case "IN":
                return Among(operand, negated=False, choices=self._choices())
            case "INCLUDES" | "EXCLUDES" as word:
                return Picks(operand, negated=word == "EXCLUDES", choices=self._sets())
            case word if word in _COMPARISONS:
                return Compare(operand, "!=" if word == "<>" else word, self._value())
            case _:
                raise self._unexpected(token)

    def _choices(self) -> tuple[Value, ...] | Query:
        self._expect("(")
        choices = self.query() if self._peek().word() == "SELECT" else self._list(self._value)
        self._expect(")")
        return choices

    def _sets(self) -> tuple[Literal, ...]:
        self._expect("(")
        choices = self._list(self._picked)
        self._expect(")")
        return choices

    def _picked(self) -> Literal:
        token = self._peek()
        value = self._value()
        if not isinstance(value, Literal) or value.kind != "string":
            raise self._unexpected(token)
        return value

    def _order(self) -> Order:
        by = self._operand()
        descending = self._take("DESC")
        if not descending:
            self._take("ASC")
        nulls_last = False
        if self._take("NULLS"):
            nulls_last = self._take("LAST")
            if not nulls_last:
                self._expect("FIRST")
        return Order(by, descending, nulls_last)

    def _operand(self) -> Operand:
        if self._peek().kind == "name" and self._peek(1).text == "(":
            return self._call()
        return self._path()

    def _call(self) -> Call:
        token = self._advance()
        self._expect("(")
        argument = None if self._peek().text == ")" else self._path()
        self._expect(")")
        return Call(token.word(), argument, token.at)

    def _path(self) -> Path:
        token = self._advance()
        if token.kind != "name" or token.word() in ("FROM", "WHERE", "SELECT"):
            raise self._unexpected(token)
        return Path(tuple(token.text.split(".")), token.at)

    def _count(self) -> int:
        token = self._advance()
        if not token.text.isdigit() or len(token.text) > _MOST_DIGITS:
            raise self._unexpected(token)
        return int(token.text)

    def _offset(self) -> int:
        at = self._peek().at
        count = self._count()
        if count > MOST_OFFSET:
            message = f"Maximum SOQL offset allowed is {MOST_OFFSET}"
            raise complaints.at("NUMBER_OUTSIDE_VALID_RANGE", message, self._text, at)
        return count

    def _value(self) -> Value:
        token = self._advance()
        match token.kind:
            case "string":
                return Literal("string", self._string(token), token.text[1:-1], token.at)
            case "number":
                return Literal("number", float(token.text), token.text, token.at)
            case "date" | "datetime":
                return self._moment(token)
            case "name" if token.word() in _WORDS:
                kind, value = _WORDS[token.word()]
                return Literal(kind, value, token.text, token.at)
            case "name" if spans.known(token.word()):
                return self._span(token)
            case "name":
                raise complaints.malformed(
                    f"Bind variables only allowed in Apex code: '{token.text}'", self._text, token.at
                )
            case _:
                raise self._unexpected(token)

    def _moment(self, token: Token) -> Literal:
        if token.kind == "date":
            value = token.text if moments.parse_date(token.text) else None
        else:
            moment = moments.parse_datetime(token.text)
            value = moments.wire(moment) if moment else None
        if value is None:
            raise complaints.at("INVALID_FIELD", f"line 1: invalid date: {token.text}", self._text, token.at)
        return Literal(cast("LiteralKind", token.kind), value, token.text, token.at)

    def _span(self, token: Token) -> DateLiteral:
        count = 0
        if spans.counted(token.word()):
            self._expect(":")
            count = self._count()
        return DateLiteral(token.word(), count, token.at)

    def _string(self, token: Token) -> str:
        raw = token.text[1:-1]
        if len(raw) > _MOST_STRING:
            raise complaints.malformed("string literal is longer than 4000 characters", self._text, token.at)
        pieces, place = [], 0
        while place < len(raw):
            if raw[place] == "\\":
                place += 1
                pieces.append(self._escape(raw[place], token.at))
            else:
                pieces.append(raw[place])
            place += 1
        return "".join(pieces)

    def _escape(self, letter: str, at: int) -> str:
        if letter not in _ESCAPABLE:
            raise complaints.malformed(f"Invalid string literal: illegal escape sequence '\\{letter}'", self._text, at)
        return unescaped(f"\\{letter}")

    def _nested(self, rule: Callable[[], T]) -> T:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise complaints.at("QUERY_TOO_COMPLICATED", "Query is too complicated", self._text, self._peek().at)
        found = rule()
        self._depth -= 1
        return found

    def _list(self, rule: Callable[[], T]) -> tuple[T, ...]:
        found = [rule()]
        while self._take(","):
            found.append(rule())
        return tuple(found)

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _advance(self) -> Token:
        token = self._peek()
        self._next += 1
        return token

    def _take(self, *words: str) -> bool:
        """Whether the next tokens are these words; if so they are consumed."""
        if all(self._peek(place).word() == word for place, word in enumerate(words)):
            self._next += len(words)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._unexpected()

    def _unexpected(self, token: Token | None = None) -> Exception:
        token = token or self._peek()
        return complaints.malformed(f"unexpected token: '{token.text}'", self._text, token.at)
