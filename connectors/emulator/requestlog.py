"""What was asked of the emulator: one entry for each request, and counts by method and route."""

from collections import Counter, deque
from dataclasses import asdict, dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.emulator.wire import JsonObject

CONTROL = "/_emulator"
_KEPT = 5000
_HUBSPOT = (
    "/crm",
    "/oauth",
    "/account-info",
    "/integrations",
    "/owners",
    "/webhooks",
    "/files",
    "/marketing",
    "/settings",
)


def vendor_of(path: str) -> str:
    """Which CRM a path belongs to: `hubspot` or `salesforce`."""
    return "hubspot" if path.startswith(_HUBSPOT) else "salesforce"


@dataclass(slots=True)
class Entry:
    """One request: sizes in bytes of the bodies; `status` 0 when no answer began; `fault` names what was done to it."""

    vendor: str
    method: str
    route: str
    path: str
    query: str
    received: int = 0
    sent: int = 0
    status: int = 0
    fault: str = ""


@dataclass(slots=True)
class RequestLog:
    """The newest entries, and totals that forget nothing until reset."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=_KEPT))
    counts: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)

    def add(self, entry: Entry) -> None:
        """Take note of a finished request."""
        key = f"{entry.method} {entry.route}"
        self.entries.append(entry)
        self.counts[key] += 1
        self.received[key] += entry.received
        self.sent[key] += entry.sent

    def reset(self) -> None:
        """Forget everything."""
        for each in (self.entries, self.counts, self.received, self.sent):
            each.clear()

    def report(self, last: int) -> JsonObject:
        """Counts and bytes by method and route, and the last entries, oldest first."""
        by_route = {
            key: {"count": count, "received": self.received[key], "sent": self.sent[key]}
            for key, count in sorted(self.counts.items())
        }
        newest = list(self.entries)[-last:] if last else []
        return {"total": self.counts.total(), "routes": by_route, "last": [asdict(each) for each in newest]}


class Logged:
    """ASGI middleware that writes the log; requests to the control interface are not logged."""

    def __init__(self, app: ASGIApp, log: RequestLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what went in and out."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        entry = Entry(vendor_of(path), scope["method"], path, path, scope["query_string"].decode("latin-1"))

        async def counting_receive() -> Message:
            message = await receive()
            entry.received += len(message.get("body", b""))
            return message

        async def counting_send(message: Message) -> None:
            entry.status = message.get("status", entry.status)
            entry.sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, counting_receive, counting_send)
        finally:
            entry.route, entry.fault = _template(scope, path), scope.get("fault", "")
            self._log.add(entry)


def _template(scope: Scope, path: str) -> str:
    """The route a request took, as its template."""
    if "template" in scope:
        return str(scope["template"])
    return str(getattr(scope.get("route"), "path", path))
