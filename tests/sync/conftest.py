"""Nothing in these tests may reach a network; a test of a server says so with the marker `enable_socket`."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket
import structlog
from click.testing import CliRunner

from mapping.spec import Profile
from sync.cli import main
from sync.ledger import Ledger
from tests.mapping.world import World as Story
from tests.mapping.world import connect
from tests.sync.asking import SETTINGS, Ask
from tests.sync.world import World


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("enable_socket"):
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Let a command configure logging for itself: its streams are closed when its test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    root.handlers = []
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def world() -> Iterator[World]:
    with World() as built:
        yield built


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Give commands in a folder with the settings of one organisation."""
    monkeypatch.chdir(tmp_path)
    Path("rapport.yaml").write_text(SETTINGS, encoding="utf-8")
    return lambda *words: CliRunner().invoke(main, words)


@pytest.fixture
def ledger(ask: Ask) -> Iterator[Ledger]:
    """Open the ledger that the commands use."""
    with Ledger("sqlite:///ledger.db") as opened:
        yield opened


@pytest.fixture
def story() -> Iterator[Story]:
    """Begin a story of that organisation; nothing has happened in it yet."""
    with connect() as connection:
        yield Story(connection, profile=Profile(organisation="acme"))
