"""Two HubSpot portals with the same records, one over a file and one with plain tables, called through their routes."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message

from connectors.emulator.clock import Clock
from connectors.emulator.hubspot import Portal, routes
from connectors.emulator.hubspot.columnar import filing
from connectors.emulator.hubspot.columnar.layered import LayeredTable
from connectors.emulator.hubspot.columnar.links import FiledTargets
from connectors.emulator.synthetic import seed
from connectors.emulator.synthetic.made import attach

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_UNLIMITED = ("ten_secondly_limit", "daily_limit", "search_limit", "association_limit")


@dataclass(slots=True)
class Sites:
    """Both portals and their routes. `filed` reads the file, `plain` holds records."""

    filed: Portal
    plain: Portal
    apps: tuple[ASGIApp, ASGIApp]
    clock: Clock

    @classmethod
    def over(cls, path: Path, connection: duckdb.DuckDBPyConnection) -> "Sites":
        """Both over one file."""
        attach(connection, path)
        clock = Clock(NOW)
        clock.freeze()
        clock.set(NOW)
        filed, plain = Portal(clock), Portal(clock)
        for portal in (filed, plain):
            portal.load(seed.hubspot(connection))
            portal.settings.update(dict.fromkeys(_UNLIMITED, 10**9))
        filing.lay(filed.crm, connection)
        _copy(filed, plain, connection)
        return cls(filed, plain, (_app(filed), _app(plain)), clock)

    def same(self, method: str, path: str, body: object = None) -> Any:
        """Ask both; the answer they have in common."""
        filed, plain = (
            _ask(app, portal, method, path, body)
            for app, portal in zip(self.apps, (self.filed, self.plain), strict=True)
        )
        assert filed == plain, path
        return filed[1]

    def listed(self, path: str) -> list[dict[str, Any]]:
        """All records of a list, page by page, as both give them."""
        found, after = [], "0"
        while True:
            page = self.same("GET", f"{path}&after={after}")
            found += page["results"]
            if "paging" not in page:
                return found
            after = page["paging"]["next"]["after"]

    def wait(self, seconds: float) -> None:
        """Let emulated time pass for both."""
        self.clock.advance(seconds)


def _app(portal: Portal) -> ASGIApp:
    return Starlette(routes=routes(portal))


def _copy(filed: Portal, plain: Portal, connection: duckdb.DuckDBPyConnection) -> None:
    """Give the plain portal what lies in the file."""
    for name, table in filed.crm.tables.items():
        if isinstance(table, LayeredTable):
            for record in table.base.scan("TRUE"):
                plain.crm.tables[name].put(replace(record))
            plain.crm.new_id(at_least=table.base.highest + 1)
    pairs = connection.execute("SELECT pair, origin, target FROM made.hubspot.link_pair").fetchall()
    for number, *pair in pairs:
        targets = filed.crm.associations.targets((pair[0], pair[1]))
        assert isinstance(targets, FiledTargets)
        links = connection.execute("SELECT here, there FROM made.hubspot.link WHERE pair = $1", [number]).fetchall()
        for here, there in links:
            plain.crm.associations.targets((pair[0], pair[1])).at(here)[there] = set(targets.types)


def _ask(app: ASGIApp, portal: Portal, method: str, path: str, body: object) -> tuple[int, Any]:
    """Status and JSON of one request, without what differs from call to call."""
    status, raw = asyncio.run(_called(app, method, path, portal.credentials()["token"], body))
    answer = orjson.loads(raw) if raw else None
    if isinstance(answer, dict):
        answer.pop("correlationId", None)
    return status, answer


async def _called(app: ASGIApp, method: str, path: str, token: str, body: object) -> tuple[int, bytes]:
    path, _, query = path.partition("?")
    headers = [(b"host", b"hub.example"), (b"authorization", f"Bearer {token}".encode()),
               (b"content-type", b"application/json")]  # fmt: skip
    scope = {"type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path,
             "raw_path": path.encode(), "query_string": query.encode(), "headers": headers, "root_path": "",
             "client": ("127.0.0.1", 1), "server": ("hub.example", 80)}  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": orjson.dumps(body) if body is not None else b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])
