"""SOQL text into tokens. SOQL knows no comments: `--`, `//` and `/*` are unexpected like any other sign."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.emulator.salesforce.soql import complaints

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d))
      | (?P<date>\d{4}-\d\d-\d\d)(?![\dT])
      | (?P<number>[+-]?\d+(\.\d+)?)
      | (?P<string>'(?:[^'\\]|\\.)*')
      | (?P<name>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)
      | (?P<operator>!=|<>|<=|>=|=|<|>)
      | (?P<mark>[(),:])""",
    re.VERBOSE | re.ASCII | re.DOTALL | re.IGNORECASE,
)
END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: its kind (a group of the pattern, or END), its text and its place."""

    kind: str
    text: str
    at: int

    def word(self) -> str:
        """The upper-case text of a name or mark, to compare with keywords; empty for constants."""
        return self.text.upper() if self.kind in ("name", "mark", "operator") else ""


def tokens(text: str, start: int = 0, code: str = "MALFORMED_QUERY") -> Iterator[Token]:
    """All tokens from `start` on, closed by one of kind END.

    Raises:
        SalesforceError: of `code`, at a character no token begins with.
    """
    position = start
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise complaints.unexpected(text[position], text, position, code)
        kind = next(name for name, part in match.groupdict().items() if part is not None)
        if kind != "space":
            yield Token(kind, match.group(), position)
        position = match.end()
    yield Token(END, "<EOF>", len(text))
