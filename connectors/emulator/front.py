"""The ASGI layers in front of both vendors: one form of path, the emulated date, and cover for our own mistakes."""

import sys
import traceback
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.emulator.clock import Clock
from connectors.emulator.requestlog import vendor_of
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.wire import JsonResponse

# Clients that paste `{domain}.salesforce.com` behind a host come by this prefix (wire contract, 1.2).
_ODD_PREFIX = "/_.salesforce.com"
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
