"""SOSL: `FIND {terms} IN group FIELDS RETURNING Object(fields WHERE ...), ... LIMIT n`, as a tree.

What is returned of an object is a SOQL query without FROM, so the parser and the engine of SOQL do that part.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

from connectors.emulator.salesforce.soql import complaints
from connectors.emulator.salesforce.soql.parser import Parser
from connectors.emulator.salesforce.soql.tree import Item, Path, Query

CODE = "MALFORMED_SEARCH"
GROUPS = ("ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR")
_FIND = re.compile(r"\s*FIND\s*\{((?:\\.|[^}\\])*)\}", re.IGNORECASE | re.DOTALL)
_TERM = re.compile(
    r'(?P<space>\s+)|(?P<mark>[()])|"(?P<phrase>(?:\\.|[^"\\])*)"|(?P<word>(?:\\.|[^\s"()\\|&!\[\]^~{:])+)'
)
_WORDS = re.compile(r"[\w*?]+")
_LEAST_LETTERS = 2
_MOST_NESTED = 20


@dataclass(frozen=True, slots=True)
class Words:
    """Words that must stand next to each other, in lower case; `*` stands for any letters, `?` for one."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Terms that must all be found."""

    parts: "tuple[Term, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Terms of which one is enough."""

    parts: "tuple[Term, ...]"


@dataclass(frozen=True, slots=True)
class Without:
    """A term that must not be found."""

    part: "Term"


Term: TypeAlias = Words | All | AnyOf | Without


@dataclass(frozen=True, slots=True)
class Find:
    """A whole search; `group` says which fields are looked at, no `returning` means ids of every object."""

    term: Term
    group: str
    returning: tuple[Query, ...]
    limit: int | None


def parse_find(text: str) -> Find:
    """The tree of one search.

    Raises:
        SalesforceError: MALFORMED_SEARCH or INVALID_SEARCH.
    """
    found = _FIND.match(text)
    if found is None:
        raise complaints.plain("No search term found. The search term must be enclosed in braces.", CODE)
    term = _Terms(text, found.start(1), found[1]).read()
    return _Parser(text, found.end(), CODE).find(term)


class _Parser(Parser):
    """Reads what follows the braces."""

    def find(self, term: Term) -> Find:
        group = "ALL"
        if self.take("IN"):
            group = self.one_of(*GROUPS)
            self.expect("FIELDS")
        returning = self.listed(self._returned) if self.take("RETURNING") else ()
        limit = self.count() if self.take("LIMIT") else None
        if self.take("UPDATE"):
            self.listed(lambda: self.one_of("TRACKING", "VIEWSTAT"))
        self.expect_end()
        return Find(term, group, returning, limit)

    def _returned(self) -> Query:
        source = self.path()
        plain = Query(self.text, (Item(Path(("Id",), source.at), ""),), source, "")
        if not self.take("("):
            return plain
        select = self.listed(self.selected)
        where = self.condition() if self.take("WHERE") else None
        order = self.ordering()
        limit = self.count() if self.take("LIMIT") else None
        offset = self.offset() if self.take("OFFSET") else 0
        self.expect(")")
        return Query(self.text, select, source, "", where, order=order, limit=limit, offset=offset)


class _Terms:
    """Reads what stands between the braces: words side by side mean all of them."""

    def __init__(self, text: str, start: int, inside: str) -> None:
        self._text = text
        self._tokens = self._split(start, start + len(inside))
        self._inside = inside
        self._depth = 0

    def read(self) -> Term:
        if sum(character.isalnum() for character in self._inside) < _LEAST_LETTERS:
            message = f"search term must be longer than one character: {self._inside.strip()}"
            raise complaints.plain(message, "INVALID_SEARCH")
        term = self._any_of()
        if self._tokens:
            raise self._unexpected()
        return term

    def _any_of(self) -> Term:
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Term:
        parts = [self._one()]
        while self._tokens and self._tokens[0][0] != ")" and self._tokens[0][0].upper() != "OR":
            if self._take("AND") and self._take("NOT"):
                parts.append(Without(self._one()))
            else:
                parts.append(self._one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _one(self) -> Term:
        if not self._tokens or self._tokens[0][0] == ")":
            raise self._unexpected()
        if not self._take("("):
            text, _ = self._tokens.pop(0)
            return Words(tuple(_WORDS.findall(re.sub(r"\\(.)", r"\1", text).lower())))
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise self._unexpected()
        term = self._any_of()
        if not self._take(")"):
            raise self._unexpected()
        return term

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0][0].upper() == word:
            self._tokens.pop(0)
            return True
        return False

    def _split(self, start: int, end: int) -> list[tuple[str, int]]:
        """Words, phrases without their quotes, and parentheses, each with its place."""
        tokens: list[tuple[str, int]] = []
        while start < end:
            match = _TERM.match(self._text, start, end)
            if match is None:
                message = f"line 1:{start} mismatched character '{self._text[start]}' expecting '}}'"
                raise complaints.syntax(message, self._text, start, CODE)
            if match.lastgroup != "space":
                tokens.append((match[match.lastgroup or 0], start))
            start = match.end()
        return tokens

    def _unexpected(self) -> Exception:
        said, at = self._tokens[0] if self._tokens else ("}", self._text.index("}"))
        return complaints.unexpected(said, self._text, at, CODE)
