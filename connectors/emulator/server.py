"""The server: one app over both vendors, one event loop, one plain and one TLS port on 127.0.0.1."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.emulator import control, hubspot
from connectors.emulator.certificates import Papers
from connectors.emulator.control import World
from connectors.emulator.faults import Faulty
from connectors.emulator.front import Dated, Guarded, Normalised, Withdrawn, lost
from connectors.emulator.latency import Delayed
from connectors.emulator.requestlog import Logged
from connectors.emulator.salesforce import http as salesforce
from connectors.emulator.salesforce.limits import Crowded

HOST = "127.0.0.1"
_GZIP_FROM = 500
_GZIP_LEVEL = 1
"""The default of nginx. It takes 0.1 ms a page of a list; level 9 takes 0.9 ms and saves a seventh of the bytes."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol that also hands the transport to the app, so that faults can break the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"transport": {"transport": self.transport}}


class _Server(uvicorn.Server):
    """A server that leaves signals to us, because two of them share the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def application(world: World) -> ASGIApp:
    """The layers from the outside in: path, log, date, long calls, delays, faults, compression, mistakes, routes."""
    routes = [*control.routes(world), *salesforce.routes(world.org), *hubspot.routes(world.portal)]
    router = Starlette(routes=routes, exception_handlers={404: lost, 405: lost})
    router.router.redirect_slashes = False
    guarded = GZipMiddleware(Guarded(Withdrawn(router, world.settings)), _GZIP_FROM, _GZIP_LEVEL)
    disturbed = Crowded(Delayed(Faulty(guarded, world.rules), world.delays), world.org)
    return Normalised(Logged(Dated(disturbed, world.clock), world.log))


def listen(port: int) -> socket.socket:
    """A socket bound to the port, 0 for any free one.

    It names TCP, because asyncio switches Nagle's delay off only on sockets that do; else every call costs 45 ms.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((HOST, port))
    return bound


async def serve(
    app: ASGIApp, plain: socket.socket, tls: socket.socket, papers: Papers, ready: Callable[[], None]
) -> None:
    """Serve both ports until SIGTERM or SIGINT; `ready` is called once both answer."""
    servers = [_server(app), _server(app, papers)]
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, _stop, servers)
    tasks = [asyncio.create_task(each.serve([bound])) for each, bound in zip(servers, (plain, tls), strict=True)]
    while not all(each.started for each in servers):
        await asyncio.sleep(0.01)
    ready()
    await asyncio.gather(*tasks)


def _server(app: ASGIApp, papers: Papers | None = None) -> _Server:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        lifespan="off",
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        # Longer than any client waits between two calls; uvicorn's five seconds are what simple-salesforce polls by.
        timeout_keep_alive=75,
        ssl_certfile=papers.certificate if papers else None,
        ssl_keyfile=papers.key if papers else None,
    )
    return _Server(config)


def _stop(servers: list[_Server]) -> None:
    for each in servers:
        each.should_exit = True
