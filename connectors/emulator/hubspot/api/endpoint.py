"""From a request to a handler and back: versions of paths, credentials, scopes, limits, bodies and errors.

A resource declares `Endpoint`s; `mount` makes Starlette routes of them. Handlers take a `Call`, return an `Answer` and
raise RefusedError; they are synchronous, so each request sees and leaves a whole state.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache
from itertools import groupby
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from connectors.emulator.hubspot.access import Caller
from connectors.emulator.hubspot.limits import Meter
from connectors.emulator.hubspot.object_types import ObjectType
from connectors.emulator.hubspot.portal import Portal
from connectors.emulator.hubspot.records import Author
from connectors.emulator.hubspot.refusals import RefusedError, broken, invalid, lacking_scopes

log = logging.getLogger(__name__)

DATES = ("2025-09", "2026-03", "2026-09")
"""Dated versions that are generally available."""

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and content of an answer: JSON, or bytes with a `media` type; None is no body."""

    status: int
    content: object = None
    media: str = "application/json;charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One authenticated request as a handler sees it."""

    portal: Portal
    request: Request
    raw: bytes
    version: str
    """``v3``, ``v4`` or a date."""
    caller: Caller | None = None
    """Who calls; nobody at endpoints without a token."""

    @property
    def author(self) -> Author:
        """Who writes: since 2026-09 a portal's validation rules bind every path."""
        ruled = self.version.startswith("20") and self.version >= "2026-09"
        if self.caller is None:
            return Author("INTEGRATION", ruled=ruled)
        label = "Public app" if self.caller.oauth else "Private app"
        return Author("INTEGRATION", str(self.caller.app), label, ruled)

    @property
    def path(self) -> dict[str, str]:
        """Path parameters."""
        return self.request.path_params

    @cached_property
    def kind(self) -> ObjectType:
        """The object type in the path."""
        return self.portal.crm.kinds.infer(self.path["kind"])

    @cached_property
    def other(self) -> ObjectType:
        """The object type the path names second: where associations lead."""
        return self.portal.crm.kinds.infer(self.path["other"])

    def words(self, name: str) -> list[str]:
        """Read a query parameter that may be repeated and comma-joined."""
        given = self.request.query_params.getlist(name)
        return [word.strip() for part in given for word in part.split(",") if word.strip()]

    def text(self, name: str) -> str | None:
        """Read a query parameter; empty is None."""
        return self.request.query_params.get(name) or None

    def flag(self, name: str) -> bool:
        """Read ``true``/``false`` in any case. Raises RefusedError (400) for anything else."""
        given = (self.text(name) or "false").lower()
        if given not in {"true", "false"}:
            raise invalid(f"{name} must be true or false, but was {given}")
        return given == "true"

    def limit(self, usual: int, most: int) -> int:
        """Read the page size. Raises RefusedError (400) when it is not between 1 and `most`."""
        number = self.number("limit", usual)
        if not 1 <= number <= most:
            raise invalid(f"limit must be between 1 and {most}, but was {number}")
        return number

    def number(self, name: str, usual: int) -> int:
        """Read a whole number of at most 18 digits. Raises RefusedError (400)."""
        given = self.text(name)
        if given is None:
            return usual
        if not (given.isascii() and given.isdecimal() and len(given) < 19):
            raise invalid(f"{name} must be a number, but was {given}")
        return int(given)

    def body(self, form: type[Body]) -> Body:
        """Read the JSON body. Raises RefusedError: 415 for another media type, 400 for another form."""
        if "json" not in self.request.headers.get("content-type", "application/json"):
            raise RefusedError(415, "VALIDATION_ERROR", "Unsupported Media Type: a JSON body is expected.")
        try:
            return form.model_validate(orjson.loads(self.raw or b"null"))
        except orjson.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise invalid(f"Invalid input JSON on {place}: {error.msg}") from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            raise invalid(f"Invalid input JSON: {place}: {first['msg']}") from None

    def page(self, after: object) -> dict[str, object]:
        """Form the `paging` key; nothing on the last page."""
        if after is None:
            return {}
        url = self.request.url
        others = _encoded("&".join(part for part in url.query.split("&") if not part.startswith("after=")))
        link = url.replace(query="&".join(filter(None, [others, urlencode({"after": after})])))
        return {"paging": {"next": {"after": str(after), "link": str(link)}}}


@lru_cache(maxsize=64)
def _encoded(query: str) -> str:
    """Write a query anew without `after`; kept, since it is the same for all pages of a list."""
    return urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "after"])


class Door(Enum):
    """What lets a caller in."""

    CALLER = "caller"
    """A bearer token; counted and held against scopes."""
    DEVELOPER = "developer"
    """The developer's key in the query, as the webhooks management API asks."""
    PUBLIC = "public"


def every(path: str) -> tuple[str, str]:
    """Give a path of version 3 or 4 and its dated form, where the date stands behind the resource's name.

    ``/crm/v3/owners`` is ``/crm/owners/{date}``, ``/account-info/v3/details`` is ``/account-info/{date}/details``.
    """
    _, root, _, *rest = path.split("/")
    deep = root in {"crm", "settings"}
    parts = [root, rest[0], "{date}", *rest[1:]] if deep else [root, "{date}", *rest]
    return path, "/" + "/".join(parts)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation: where it is reached, what it needs, what it does."""

    method: str
    paths: tuple[str, ...]
    """Path templates; ``{date}`` stands for each dated version."""
    act: Callable[[Call], Answer]
    scopes: tuple[str, ...] = ()
    """Scopes, all needed; ``{kind}`` and ``{other}`` stand for the words of the object types in the path."""
    meter: Meter = Meter.GENERAL
    door: Door = Door.CALLER


@dataclass(slots=True)
class _Resource:
    """All operations of one path, as an ASGI application: Starlette then leaves the methods to it."""

    portal: Portal
    version: str
    methods: dict[str, Endpoint] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        response = await self._respond(Request(scope, receive))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        """Answer a request; whatever goes wrong has HubSpot's form."""
        try:
            return _respond(*self._answer(request, await request.body()))
        except RefusedError as refused:
            body = refused.body()
            headers = {**refused.headers, "X-HubSpot-Correlation-Id": str(body["correlationId"])}
            answer = Answer(refused.status, body)
        except ClientDisconnect:
            answer, headers = Answer(499), {}
        except Exception:  # a mistake of ours must not look like a foreign server's
            log.exception("emulator failed on %s %s", request.method, request.url.path)
            answer, headers = Answer(500, broken().body()), {}
        return _respond(answer, headers)

    def _answer(self, request: Request, raw: bytes) -> tuple[Answer, dict[str, str]]:
        if len(request.url.path) + len(request.url.query) > self.portal.settings["uri_limit"]:
            return Answer(414, b"<html><body><h1>414 Request-URI Too Large</h1></body></html>", "text/html"), {}
        endpoint = self.methods.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            refused = RefusedError(405, "", "HTTP 405 Method Not Allowed")
            refused.headers = {"Allow": ", ".join(sorted(self.methods))}
            raise refused
        if endpoint.door is not Door.CALLER:
            self._open(endpoint.door, request)
            return endpoint.act(Call(self.portal, request, raw, self.version)), {}
        caller = self.portal.access.authenticate(request.headers.get("authorization"))
        call = Call(self.portal, request, raw, self.version, caller)
        headers = self.portal.limits.take(endpoint.meter, self.portal.clock.now(), oauth=caller.oauth)
        try:
            self._check_scopes(call, endpoint)
            return endpoint.act(call), headers
        except RefusedError as refused:
            refused.headers = {**headers, **refused.headers}
            raise

    def _open(self, door: Door, request: Request) -> None:
        if door is Door.DEVELOPER:
            self.portal.access.check_developer(request.query_params.get("hapikey"))

    def _check_scopes(self, call: Call, endpoint: Endpoint) -> None:
        granted = set(self.portal.settings["scopes"])
        needed = set(_scopes(call, endpoint))
        if not needed <= granted:
            raise lacking_scopes(needed)


def _scopes(call: Call, endpoint: Endpoint) -> Iterable[str]:
    words = {"kind": call.kind.scope} if "kind" in call.path else {}
    if "other" in call.path:
        words["other"] = call.other.scope
    named = (scope.format(**words) for scope in endpoint.scopes)
    yield from ("tickets" if ".tickets." in scope else scope for scope in named)
    records = "kind" in call.path and "other" not in call.path and "crm.objects." in " ".join(endpoint.scopes)
    if records and call.kind.name == "emails" and _guards_emails(call.version):
        yield "sales-email-read"


def _guards_emails(version: str) -> bool:
    """Whether a version guards all of an email; those before 2026-09 hide its content only."""
    return version.startswith("20") and version >= "2026-09"


def _respond(answer: Answer, headers: dict[str, str]) -> Response:
    headers = {**headers, **answer.headers}
    if answer.content is None:
        return Response(status_code=answer.status, headers=headers)
    content = answer.content if isinstance(answer.content, bytes) else orjson.dumps(answer.content)
    return Response(content, answer.status, headers, media_type=answer.media)


def mount(portal: Portal, endpoints: Sequence[Endpoint]) -> list[BaseRoute]:
    """Make routes: one per path, literal paths before those with parameters, then 404 for the rest."""
    reached = [(path, version, e) for e in endpoints for path, version in _versions(e.paths)]
    reached.sort(key=lambda item: (_looseness(item[0]), item[0]))
    routes: list[BaseRoute] = []
    for path, group in groupby(reached, key=lambda item: item[0]):
        rows = list(group)
        resource = _Resource(portal, rows[0][1], {e.method: e for _, _, e in rows})
        routes += [Route(path, resource), Route(f"{path}/", resource)]
    return routes


def _versions(paths: Iterable[str]) -> Iterable[tuple[str, str]]:
    for path in paths:
        if "{date}" in path:
            yield from ((path.replace("{date}", date), date) for date in DATES)
        else:
            yield path, next((part for part in path.split("/") if part in {"v1", "v3", "v4"}), "")


def _looseness(path: str) -> tuple[int, ...]:
    """Order paths so that a literal segment is tried before a parameter at the same place."""
    return tuple(int(part.startswith("{")) for part in path.split("/"))
