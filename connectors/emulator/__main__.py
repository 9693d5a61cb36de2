"""`python -m connectors.emulator`: starts both vendors and says on stdout, in one JSON line, how to reach them."""

import argparse
import asyncio
import gc
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

from connectors.emulator import server
from connectors.emulator.certificates import Papers, issue
from connectors.emulator.clock import Clock
from connectors.emulator.control import World
from connectors.emulator.hubspot import Portal
from connectors.emulator.salesforce.org import Org

if TYPE_CHECKING:
    from connectors.emulator.synthetic.made import Made

LAST_PORT = 65_535
COLLECT = 20_000
"""New objects after which Python looks for cycles. An answer has some thousand, all freed without it; at Python's own
700 it looks for as long as a batch of 1,000 associations takes to make."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the exit status."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="rapport-emulator-") as folder:
        papers = issue(Path(folder), Clock().now())
        clock = Clock(options.clock)
        world = World(clock, Org(clock, papers.public_key), Portal(clock), options.seed)
        try:
            world.made = _made(options, Path(folder)) if options.seed == "synthetic" else None
            world.reset()
            if options.clock:
                clock.set(options.clock)  # a snapshot brings its own moment along
        except (ValueError, OSError) as error:
            sys.stderr.write(f"emulator: {error}\n")
            return 2
        try:
            plain, tls = server.listen(options.port), server.listen(options.tls_port)
        except OSError as error:
            sys.stderr.write(f"emulator: cannot listen on the port: {error.strerror}; 0 takes any free one\n")
            return 2
        ready = partial(_announce, world, papers, plain, tls)
        gc.set_threshold(COLLECT)
        asyncio.run(server.serve(server.application(world), plain, tls, papers, ready))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rapport emulator", description="A Salesforce org and a HubSpot portal.")
    parser.add_argument("--port", type=_port, default=0, help="plain HTTP port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--tls-port", type=_port, default=0, help="TLS port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--seed", default="demo", help="demo, empty, synthetic, or a folder with a seed or a snapshot")
    parser.add_argument("--clock", type=datetime.fromisoformat, help="the moment to start at, ISO 8601 (default: now)")
    size = parser.add_argument_group("the size of --seed synthetic, both vendors together")
    size.add_argument("--contacts", type=int, default=10_000, help="100 to 1,000,000 (default: 10,000)")
    size.add_argument("--activities", type=int, default=100_000, help="up to 10,000,000 (default: 100,000)")
    size.add_argument("--rng", type=int, default=0, help="another number makes other people (default: 0)")
    size.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "rapport" / "synthetic",
                      help="where made CRMs are kept (default: %(default)s)")  # fmt: skip
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; it is a number from 0 to {LAST_PORT}")
    return int(text)


def _made(options: argparse.Namespace, folder: Path) -> "Made":
    """The made-up CRM of the size asked for; the first time it is made, which is told on stderr.

    DuckDB is loaded here and nowhere else, since every other seed does without.
    """
    from connectors.emulator.synthetic.build import Size, provide
    from connectors.emulator.synthetic.made import Made

    size = Size(options.contacts, options.activities, options.rng)
    return Made(provide(size, options.cache, _tell), folder)


def _tell(progress: str) -> None:
    sys.stderr.write(f"emulator: {progress}\n")


def _announce(world: World, papers: Papers, plain: socket, tls: socket) -> None:
    http, https = (f"{scheme}://{server.HOST}:{each.getsockname()[1]}" for scheme, each in _schemes(plain, tls))
    secrets = world.org.credentials
    world.portal.webhooks.resume()
    world.ready = {
        "salesforce": {
            "http": http,
            "https": https,
            "ca": str(papers.ca),
            "client_id": secrets.client_id,
            "client_secret": secrets.client_secret,
            "username": world.org.username,
            "password": secrets.password,
            "security_token": secrets.security_token,
            "refresh_token": secrets.refresh_token,
            "private_key": str(papers.jwt_key),
        },
        "hubspot": {"url": http, **world.portal.credentials()},
        "control": f"{http}/_emulator",
    }
    sys.stdout.write(json.dumps(world.ready) + "\n")
    sys.stdout.flush()


def _schemes(plain: socket, tls: socket) -> tuple[tuple[str, socket], tuple[str, socket]]:
    return ("http", plain), ("https", tls)


if __name__ == "__main__":
    sys.exit(main())
