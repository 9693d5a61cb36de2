"""Nothing in these tests may reach a network; a test of a server says so with the marker `enable_socket`."""

import logging
from collections.abc import Iterator

import pytest
import pytest_socket
import structlog

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
