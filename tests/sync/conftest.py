"""Nothing in these tests may reach a network; a test of a server says so with the marker `enable_socket`."""

from collections.abc import Iterator

import pytest
import pytest_socket
from hypothesis import HealthCheck, Phase, settings

from tests.sync.world import World

settings.register_profile(
    "sync",
    deadline=None,
    derandomize=True,
    max_examples=12,
    phases=[Phase.explicit, Phase.generate],  # an example takes a second: shrinking would take minutes
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sync")


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("enable_socket"):
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture
def world() -> Iterator[World]:
    with World() as built:
        yield built
