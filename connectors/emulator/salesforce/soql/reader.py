"""What the parsers of SOQL and SOSL share: a cursor over the tokens, names, numbers and constants."""

import re
from collections.abc import Callable
from typing import TypeVar, cast

from connectors.emulator.salesforce import moments
from connectors.emulator.salesforce.soql import complaints, spans
from connectors.emulator.salesforce.soql.lexer import END, Token, tokens
from connectors.emulator.salesforce.soql.tree import DateLiteral, Literal, LiteralKind, Path, Value, unescaped

MOST_OFFSET = 2000
_MOST_STRING = 4000
_MOST_NESTED = 40
_MOST_DIGITS = 9
_PIECE = re.compile(r"\\[uU][0-9a-fA-F]{4}|\\[^uU]|[^\\]", re.DOTALL)
_ESCAPABLE = frozenset("'\"\\nNrRtTbBfF_%")
_WORDS: dict[str, tuple[LiteralKind, bool | None]] = {
    "NULL": ("null", None),
    "TRUE": ("boolean", True),
    "FALSE": ("boolean", False),
}
# Words that name no alias, and but for the object Group no field or object either.
RESERVED = frozenset(
    [
        "AND",
        "ASC",
        "DESC",
        "EXCLUDES",
        "FIRST",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INCLUDES",
        "LAST",
        "LIKE",
        "LIMIT",
        "NOT",
        "NULL",
        "NULLS",
        "OR",
        "SELECT",
        "USING",
        "WHERE",
        "WITH",
    ]
)
T = TypeVar("T")


def pieces(raw: str) -> list[str]:
    """The characters of a string constant, escapes kept whole."""
    return _PIECE.findall(raw)


class Reader:
    """A cursor over the tokens of one statement; `code` is the error code of its language.

    Tokens are read when they are looked at, so that the first mistake in the text is the one that is told.
    """

    def __init__(self, text: str, start: int = 0, code: str = "MALFORMED_QUERY") -> None:
        self.text = text
        self._code = code
        self._coming = tokens(text, start, code)
        self._tokens: list[Token] = []
        self._next = 0
        self._depth = 0

    def peek(self, ahead: int = 0) -> Token:
        """A token that is still to come."""
        place = self._next + ahead
        while len(self._tokens) <= place and (not self._tokens or self._tokens[-1].kind != END):
            self._tokens.append(next(self._coming))
        return self._tokens[min(place, len(self._tokens) - 1)]

    def advance(self) -> Token:
        """The next token, consumed."""
        token = self.peek()
        self._next += 1
        return token

    def take(self, *words: str) -> bool:
        """Whether the next tokens are these words; if so they are consumed."""
        if all(self.peek(place).word() == word for place, word in enumerate(words)):
            self._next += len(words)
            return True
        return False

    def expect(self, word: str) -> None:
        """Consume a word that must come now."""
        if not self.take(word):
            raise self.unexpected()

    def one_of(self, *words: str) -> str:
        """The next token, which must be one of the words."""
        token = self.advance()
        if token.word() not in words:
            raise self.unexpected(token)
        return token.word()

    def expect_end(self) -> None:
        """Nothing may follow."""
        if self.peek().kind != END:
            raise self.unexpected()

    def unexpected(self, token: Token | None = None) -> Exception:
        """The refusal of a token, by default the next."""
        token = token or self.peek()
        said = token.text.split(".")[0] if token.kind == "name" else token.text
        return complaints.unexpected(said, self.text, token.at, self._code)

    def missing(self) -> Exception:
        """The refusal of a statement that lacks something before the next token."""
        token = self.peek()
        return complaints.syntax(f"missing value at '{token.text}'", self.text, token.at, self._code)

    def listed(self, rule: Callable[[], T]) -> tuple[T, ...]:
        """What a rule reads, once or several times with commas between."""
        found = [rule()]
        while self.take(","):
            found.append(rule())
        return tuple(found)

    def nested(self, rule: Callable[[], T]) -> T:
        """What a rule reads one level deeper.

        Raises:
            SalesforceError: QUERY_TOO_COMPLICATED.
        """
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise complaints.at("QUERY_TOO_COMPLICATED", "Query is too complicated", self.text, self.peek().at)
        found = rule()
        self._depth -= 1
        return found

    def path(self) -> Path:
        """A name, dotted or not."""
        token = self.advance()
        if token.kind != "name" or token.word() in RESERVED - {"GROUP"}:
            raise self.unexpected(token)
        return Path(tuple(token.text.split(".")), token.at)

    def count(self) -> int:
        """A whole number that is not negative."""
        token = self.advance()
        if not token.text.isdigit() or len(token.text) > _MOST_DIGITS:
            raise self.unexpected(token)
        return int(token.text)

    def offset(self) -> int:
        """The number after OFFSET."""
        count = self.count()
        if count > MOST_OFFSET:
            raise complaints.plain(f"Maximum SOQL offset allowed is {MOST_OFFSET}", "NUMBER_OUTSIDE_VALID_RANGE")
        return count

    def value(self) -> Value:
        """A constant or a date literal."""
        token = self.advance()
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
            case "name" if token.word() not in RESERVED:
                raise self._bind_variable(token)
            case "mark" if token.text == ":":
                raise self._bind_variable(token)
            case _:
                raise self.unexpected(token)

    def _bind_variable(self, token: Token) -> Exception:
        return complaints.syntax("Bind variables only allowed in Apex code", self.text, token.at, self._code)

    def _moment(self, token: Token) -> Literal:
        if token.kind == "date":
            value = token.text if moments.parse_date(token.text) else None
        else:
            moment = moments.parse_datetime(token.text.upper())
            value = moments.wire(moment) if moment else None
        if value is None:
            raise complaints.syntax(f"Invalid {token.kind}: {token.text}", self.text, token.at, self._code)
        return Literal(cast("LiteralKind", token.kind), value, token.text, token.at)

    def _span(self, token: Token) -> DateLiteral:
        count = 0
        if spans.counted(token.word()):
            self.expect(":")
            count = self.count()
        return DateLiteral(token.word(), count, token.at)

    def _string(self, token: Token) -> str:
        raw = token.text[1:-1]
        if len(raw) > _MOST_STRING:
            raise complaints.syntax("string literal is longer than 4000 characters", self.text, token.at, self._code)
        return "".join(self._character(piece, token.at) for piece in pieces(raw))

    def _character(self, piece: str, at: int) -> str:
        if len(piece) == 2 and piece[1] not in _ESCAPABLE:
            message = f"Invalid string literal: illegal escape sequence '{piece}'"
            raise complaints.syntax(message, self.text, at, self._code)
        return unescaped(piece)
