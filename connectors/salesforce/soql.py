"""Builds SOQL and reads its wire forms: identifiers, literals, moments. Used by every module of this package."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST_LIST = 400
"""Ids in one IN list: each costs 23 bytes of an address that may hold 16,384."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


@dataclass(frozen=True, slots=True)
class Query:
    """One statement: object, fields, conditions joined by AND, and the order."""

    object: str
    fields: Sequence[str]
    where: Sequence[str] = ()
    order: str = ""
    limit: int | None = None

    def text(self) -> str:
        """Write the statement."""
        where = f" WHERE {' AND '.join(self.where)}" if self.where else ""
        order = f" ORDER BY {self.order}" if self.order else ""
        limit = f" LIMIT {self.limit}" if self.limit else ""
        return f"SELECT {', '.join(self.fields)} FROM {self.object}{where}{order}{limit}"


def quoted(text: str) -> str:
    r"""Write a text literal.

    >>> print(quoted("O'Neill"))
    'O\'Neill'
    """
    return f"'{text.translate(_ESCAPES)}'"


def moment(at: int) -> str:
    """Write an instant (epoch seconds) as SOQL wants it.

    >>> moment(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def among(field: str, values: Sequence[str]) -> str:
    """Write ``field IN (...)``."""
    return f"{field} IN ({','.join(map(quoted, values))})"


def lists(values: Iterable[str]) -> Iterator[list[str]]:
    """Cut distinct values into lists that fit into one statement."""
    distinct = sorted(set(values))
    for start in range(0, len(distinct), LONGEST_LIST):
        yield distinct[start : start + LONGEST_LIST]


def epoch(text: str | None) -> int | None:
    """Read a date (its midnight, UTC) or a moment of Salesforce in epoch seconds; what is neither is unknown.

    >>> epoch("2024-05-01T12:00:00.000+0000"), epoch("2024-05-01")
    (1714564800, 1714521600)
    """
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return math.floor((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def id18(identifier: str) -> str:
    """Complete a 15-character identifier, which distinguishes case, to the 18 characters that do not.

    >>> id18("001D000000IRFma")
    '001D000000IRFmaIAH'
    """
    if len(identifier) != 15:
        return identifier
    bits = (sum(1 << place for place in range(5) if "A" <= identifier[block * 5 + place] <= "Z") for block in range(3))
    return identifier + "".join(_ALPHABET[value] for value in bits)
