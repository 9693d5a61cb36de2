"""How a vendor speaks of failure: the one table a vendor package hands to the transport.

`connectors.salesforce.failures` and the HubSpot package each build one `Dialect`; `connectors.transport` asks it
what an answer means and whether a request may be repeated. Nobody else looks at status codes or vendor codes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from connectors.budget import Allowance


class Meaning(StrEnum):
    """What a refused request means for the caller."""

    SIGN_IN = "sign in"
    """The token is not accepted: renew it once, then ask again."""
    BUSY = "busy"
    """Declined and certainly not carried out: any request may be repeated soon, else `RetryLater`."""
    BROKEN = "broken"
    """Failed on the way or inside: perhaps carried out, so only a repeatable request is repeated."""
    QUOTA = "quota"
    """An allowance is used up for hours: `QuotaSpent` at once."""
    AWAY = "away"
    """The account itself is not to be had for hours: `RetryLater` at once."""
    REJECTED = "rejected"
    FORBIDDEN = "forbidden"
    """Not granted to us, while the rest of the connection is."""
    CONFLICT = "conflict"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Problem:
    """What the body of a refused request says, in our words.

    `code` is the vendor's code, refined where one code means two things; `ref` the record it names; `wait` the seconds
    the vendor's documentation asks for when the answer itself does not say, `least` those it asks for in any case.
    """

    code: str = ""
    message: str = ""
    ref: str | None = None
    wait: float | None = None
    least: float = 0.0


def untold(_: Mapping[str, str]) -> Allowance | None:
    """Read no allowance from an answer: the vendor tells none."""
    return None


@dataclass(frozen=True, slots=True)
class Dialect:
    """One vendor's ways.

    `read` takes status and body (bytes that may be anything) and never raises. `table` maps ``(status, code)``;
    status 0 stands for any status, code "" for any code; what is not listed falls back to what HTTP itself says.
    `repeatable_posts` are regular expressions of paths whose POST changes nothing or changes the same thing twice.
    `holds` says what successful answers are made of, as pairs of a regular expression of method and path and a name: an
    answer that lacks the name is none. `allowance` reads an answer's headers; bodies from `packed_from` bytes on are
    sent compressed (None: never), and `unread` are the codes of a server that could not read one.
    """

    vendor: str
    read: Callable[[int, bytes], Problem]
    table: Mapping[tuple[int, str], Meaning]
    repeatable_posts: tuple[str, ...] = ()
    allowance: Callable[[Mapping[str, str]], Allowance | None] = untold
    packed_from: int | None = None
    unread: tuple[str, ...] = ()
    holds: tuple[tuple[str, str], ...] = ()

    def needed(self, method: str, path: str) -> str:
        """Name what a successful answer to such a request always holds; empty where nothing is known of it."""
        return next((name for pattern, name in self.holds if re.search(pattern, f"{method} {path}")), "")

    def meaning(self, status: int, code: str) -> Meaning:
        """Look an answer up, the most precise entry first."""
        for key in ((status, code), (0, code), (status, "")):
            if key in self.table and (key[0] or key[1]):
                return self.table[key]
        return _by_http(status)

    def repeatable(self, method: str, path: str) -> bool:
        """Tell whether sending the request twice ends as sending it once; decided by the operation, not by its verb."""
        return method != "POST" or any(re.search(pattern, path) for pattern in self.repeatable_posts)


def _by_http(status: int) -> Meaning:
    if status >= 500:
        return Meaning.BROKEN
    known = {401: Meaning.SIGN_IN, 403: Meaning.UNUSABLE, 409: Meaning.CONFLICT, 423: Meaning.BUSY, 429: Meaning.BUSY}
    return known.get(status, Meaning.REJECTED)


_IDENTIFIER = re.compile(r"^(?:\d+|(?=\D*\d)[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?(?:-\d+)?|[0-9a-f-]{36}|.*[@%].*)$")


@lru_cache(maxsize=256)
def template(path: str) -> str:
    """Leave the identifiers out of a path, so that calls can be counted and logged by endpoint.

    >>> template("/services/data/v62.0/query/01gRO0000016PIAYA2-2000")
    '/services/data/v62.0/query/{id}'
    """
    parts = path.partition("?")[0].split("/")
    return "/".join("{id}" if _IDENTIFIER.match(part) else part for part in parts)


SHORTEST_SECRET = 4
"""Characters; anything shorter would blot out ordinary words."""

_SECRETS = re.compile(
    r"Bearer\s+\S+|Basic\s+[A-Za-z0-9+/]{8,}={0,2}|00D\w{12,15}![\w.]+|5Aep[\w.!-]{8,}|pat-[\w-]+"
    r"|(?:na|eu|ap)\d-[0-9a-f]{4}[\w-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?:access_token|refresh_token|client_secret|assertion|password|sessionId|session_id|hapikey)[\"']?\s*[=:>]\s*"
    r"(?:\"[^\"]*\"|'[^']*'|[^\s&\"',}<]+)"
)


def redact(text: str, known: Iterable[str] = ()) -> str:
    """Replace the credentials that are `known` and everything that looks like one.

    Used on each text that leaves the transport.
    """
    for secret in sorted((value for value in known if len(value) >= SHORTEST_SECRET), key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return _SECRETS.sub("[secret]", text)
