"""Fixtures of the domain core's tests: a connection, the shipped rules, a profile, a world to tell stories in."""

from collections.abc import Iterator

import duckdb
import pytest
import pytest_socket

from mapping.spec import Profile, Rules
from tests.mapping import world as stories


@pytest.fixture(autouse=True)
def offline() -> Iterator[None]:
    """Forbid every socket: the core is pure."""
    pytest_socket.disable_socket()
    yield
    pytest_socket.enable_socket()


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection for one story."""
    with stories.connect() as opened:
        yield opened


@pytest.fixture
def rules() -> Rules:
    """Give the shipped rules."""
    return stories.RULES


@pytest.fixture
def profile() -> Profile:
    """Give an organisation that sells one product to Operations."""
    return stories.PROFILE


@pytest.fixture
def world(connection: duckdb.DuckDBPyConnection, rules: Rules, profile: Profile) -> stories.World:
    """Give an empty world; see `tests.mapping.world`."""
    return stories.World(connection, rules, profile)


@pytest.fixture(scope="session")
def acme() -> Iterator[stories.World]:
    """Give the story of `test_desired`, computed once in a database of its own; only to be read."""
    from tests.mapping.test_desired import story

    with duckdb.connect() as own:
        own.execute("SET threads = 1")
        yield story(stories.World(own)).compute()
