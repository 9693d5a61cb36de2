"""One emulator process for all of these tests; each test begins with the small org of `org.SEED` and a frozen clock."""

from collections.abc import Iterator

import pytest

from tests.emulator.org import NOW, SEED, Org
from tests.emulator.process import Emulator, running


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with running("--seed", "empty", "--clock", NOW) as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """The process without faults, its log empty, its clock standing at NOW."""
    running_emulator.control("POST", "clock", {"freeze": True, "now": NOW})
    running_emulator.control("POST", "reset")
    return running_emulator


@pytest.fixture
def org(emulator: Emulator) -> Org:
    """The small org, logged in."""
    emulator.control("POST", "seed", SEED)
    org = Org(emulator)
    org.login()
    return org
