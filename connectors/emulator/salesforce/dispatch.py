"""From a request to a resource: the values handlers take and give, and the table that finds a handler.

HTTP requests and the subrequests of composite go through the same `dispatch`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from connectors.emulator.salesforce.access import Access
from connectors.emulator.salesforce.errors import SalesforceError, not_found, unreadable
from connectors.emulator.salesforce.org import Org
from connectors.emulator.wire import Json, JsonObject

FIRST_SERVED, NEWEST_VERSION = 31, 68
_PARAMETER = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back: a body (None is an empty one), or the pieces of a `stream` that is no JSON."""

    status: int = 200
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a handler sees it.

    `path` begins behind the version, `names` are the parts of its template, `origin` is how the caller came by.
    """

    org: Org
    user: str
    version: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    names: Mapping[str, str] = field(default_factory=dict)
    tooling: bool = False
    origin: str = ""

    @property
    def base(self) -> str:
        """The path all resources of this version begin with."""
        return f"/services/data/v{self.version}"

    def access(self) -> Access:
        """What the caller may see and change."""
        return self.org.access(self.user, tooling=self.tooling)

    def url(self, entity: str, record_id: str) -> str:
        """The address of a record."""
        return f"{self.base}{'/tooling' if self.tooling else ''}/sobjects/{entity}/{record_id}"

    def json(self) -> Json:
        """The parsed body.

        Raises:
            SalesforceError: JSON_PARSER_ERROR.
        """
        try:
            body = orjson.loads(self.content)
            # What is too deep to be written again is too deep to be kept or passed on.
            orjson.dumps(body)
        except orjson.JSONDecodeError as error:
            raise unreadable(f"{error.msg} at [line:{error.lineno}, column:{error.colno}]") from error
        except orjson.JSONEncodeError as error:
            raise unreadable("The HTTP entity body is nested too deeply at [line:1, column:1]") from error
        return body

    def json_object(self) -> JsonObject:
        """The parsed body, which must be an object."""
        body = self.json()
        if not isinstance(body, dict):
            raise unreadable("The HTTP entity body must be a JSON object at [line:1, column:1]")
        return body


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Resource:
    """One row of the table of resources: a path template behind the version, a handler for each method, and the content
    types it takes.
    """

    template: str
    methods: Mapping[str, Handler]
    tooling: bool = False
    accepts: tuple[str, ...] = ("application/json", "text/csv")

    def pattern(self) -> re.Pattern[str]:
        """The template as a pattern; `{name:path}` takes slashes too."""
        pieces = _PARAMETER.sub(lambda found: f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})", self.template)
        return re.compile(pieces, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A resource that matches a path."""

    resource: Resource
    names: Mapping[str, str]


class Table:
    """The resources in the order they are tried."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._rows = [(each, each.pattern()) for each in resources]

    def __iter__(self) -> Iterator[Resource]:
        """Every resource in order."""
        return (resource for resource, _ in self._rows)

    def find(self, path: str) -> Found:
        """The first resource whose template matches.

        Raises:
            SalesforceError: NOT_FOUND.
        """
        for resource, pattern in self._rows:
            if (match := pattern.fullmatch(path)) is not None:
                return Found(resource, match.groupdict())
        raise not_found()


def handle(found: Found, call: Call) -> Answer:
    """Run the handler of a resource for the call's method.

    Raises:
        SalesforceError: METHOD_NOT_ALLOWED, or what the handler refuses.
    """
    methods = found.resource.methods
    handler = methods.get("GET" if call.method == "HEAD" else call.method)
    if handler is None:
        allowed = ",".join(methods).replace("GET", "GET,HEAD")
        message = f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}"
        raise SalesforceError("METHOD_NOT_ALLOWED", message, 405)
    return handler(call)


def served(version: str) -> None:
    """Check an API version.

    Raises:
        SalesforceError: 410 for a retired one, 404 for one that never was.
    """
    number = int(version.removesuffix(".0")) if re.fullmatch(r"\d\d\.0", version) else 0
    if 0 < number < FIRST_SERVED:
        raise SalesforceError("GONE", f"API version {version} is retired and no longer available", 410)
    if not number or number > NEWEST_VERSION:
        raise not_found()
