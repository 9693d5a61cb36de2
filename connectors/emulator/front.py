"""The ASGI layers in front of both vendors: one form of path, the emulated date, and cover for our own mistakes."""

import re
import sys
import traceback
from email.utils import format_datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.emulator.clock import Clock
from connectors.emulator.requestlog import CONTROL, vendor_of
from connectors.emulator.salesforce.errors import SalesforceError, not_found
from connectors.emulator.wire import JsonObject, JsonResponse

# Clients that paste `{domain}.salesforce.com` behind a host come by this prefix (wire contract, 1.2).
_ODD_PREFIX = "/_.salesforce.com"
_DATA = re.compile(r"/services/data/v[^/]+")
_PARAMETER = re.compile(r"\{[^}]*\}")
# Where Salesforce answers its own 404 and 405 in JSON; elsewhere both vendors show a page.
_REST = ("/services/", "/id/")
_HUBSPOT_ERROR = {"status": "error", "message": "internal error", "category": "INTERNAL_ERROR"}


class Normalised:
    """Drops the odd prefix and a trailing slash from paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its plain path."""
        if scope["type"] == "http":
            path = scope["path"].removeprefix(_ODD_PREFIX)
            # An encoded slash at the end belongs to a value, as of an external id.
            written = scope.get("raw_path", b"").partition(b"?")[0].lower().endswith(b"%2f")
            scope = {**scope, "path": path if written else path.rstrip("/") or "/"}
        await self._app(scope, receive, send)


class Withdrawn:
    """Lets a vendor not have some of its routes: a call of one gets the vendor's answer to a path it does not know.

    The settings are shared with the control interface; `withdrawn` lists routes as `GET /crm/v3/owners`.
    """

    def __init__(self, app: ASGIApp, settings: JsonObject) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, to nowhere if its route is withdrawn."""
        gone = self._settings["withdrawn"]
        if gone and scope["type"] == "http" and any(_is(route, scope) for route in gone):
            scope["path"] = _nowhere(scope["path"])
        await self._app(scope, receive, send)


def _is(route: str, scope: Scope) -> bool:
    method, _, template = route.partition(" ")
    pattern = "[^/]+".join(re.escape(part) for part in _PARAMETER.split(template))
    return method == scope["method"] and re.fullmatch(pattern, scope["path"], re.IGNORECASE) is not None


def _nowhere(path: str) -> str:
    """A path nobody serves, below the same version of the same vendor."""
    below = _DATA.match(path)
    return f"{below[0] if below else '/crm'}/no-such-resource"


class Dated:
    """Puts the emulated moment into every answer's Date header."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and date its answer."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._clock.now(), usegmt=True).encode()
                message = {**message, "headers": [*message["headers"], (b"date", date)]}
            await send(message)

        await self._app(scope, receive, dated)


def lost(request: Request, error: Exception) -> Response:
    """The vendor's answer to a path nobody serves (404) or not by this method (405); the server hands both in."""
    status = getattr(error, "status_code", 404)
    headers = dict(getattr(error, "headers", None) or {})
    path = request.url.path
    if path.startswith(CONTROL):
        return JsonResponse(
            {"error": f"no {request.method} {path}; docs/emulator.md lists the routes"}, status, headers
        )
    if not path.startswith(_REST):
        words = f"Error {status} {HTTPStatus(status).phrase}"
        page = f"<html><head><title>{words}</title></head><body><h2>{words}</h2></body></html>"
        return Response(page, status, headers, media_type="text/html;charset=utf-8")
    words = f"HTTP Method '{request.method}' not allowed. Allowed are {headers.get('Allow', '')}"
    refusal = not_found() if status == HTTPStatus.NOT_FOUND else SalesforceError("METHOD_NOT_ALLOWED", words, status)
    return JsonResponse(refusal.body(), status, headers)


class Guarded:
    """Answers a mistake of ours in the vendor's own words; the traceback goes to stderr and nowhere else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and catch what nobody caught."""
        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 - whatever it was, the client gets a vendor's answer
            traceback.print_exc(file=sys.stderr)
            unknown = SalesforceError("UNKNOWN_EXCEPTION", "An unexpected error occurred.", 500)
            body = _HUBSPOT_ERROR if vendor_of(scope["path"]) == "hubspot" else unknown.body()
            await JsonResponse(body, 500)(scope, receive, send)
