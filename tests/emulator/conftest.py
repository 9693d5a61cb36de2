"""One emulator process for all of these tests; each test begins with the small org of `org.SEED` and a frozen clock."""

from collections.abc import Iterator

import pytest

from tests.emulator.bulk import Bulk
from tests.emulator.library import LIBRARY
from tests.emulator.org import NOW, SEED, Org
from tests.emulator.process import Emulator, running


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with running("--seed", "empty", "--clock", NOW) as emulator:
        yield emulator


@pytest.fixture
def library(running_emulator: Emulator) -> Org:
    """A richer org that its tests only read, so it is filled once for all that follow each other."""
    org = Org(running_emulator)
    if running_emulator.holds != "library":
        refill(running_emulator)
        running_emulator.control("POST", "seed", LIBRARY)
        org.login()
        running_emulator.holds, running_emulator.token = "library", org.headers["Authorization"]
    org.headers["Authorization"] = running_emulator.token
    return org


def refill(emulator: Emulator) -> None:
    """Back to the empty org, the clock standing at NOW; whatever a test left behind is gone."""
    emulator.holds = ""
    emulator.control("POST", "clock", {"freeze": True, "now": NOW})
    emulator.control("POST", "reset")


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """The process without faults, its log empty, its clock standing at NOW."""
    refill(running_emulator)
    return running_emulator


@pytest.fixture
def org(emulator: Emulator) -> Org:
    """The small org, logged in."""
    emulator.control("POST", "seed", SEED)
    org = Org(emulator)
    org.login()
    return org


@pytest.fixture
def bulk(org: Org) -> Bulk:
    """The bulk resources of the small org."""
    return Bulk(org)
