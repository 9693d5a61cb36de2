"""One emulator and one small story for all tests of what may go wrong; each scene begins as it was kept."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import pytest

from sync.demo import emulator
from tests.faults import changes
from tests.faults.story import Endpoint, Stand, State, raise_curtain

SCENES = ("first", "later", "jobs")
"""A run that finds nothing of ours, one a day after it when people have worked in both CRMs, and the first one once
more where all that Salesforce has and gets is so much that it goes by jobs of the Bulk API."""


@dataclass(frozen=True, slots=True)
class Smooth:
    """The run of a scene without trouble: what it asks, and what it leaves behind after one run and after two."""

    endpoints: tuple[Endpoint, ...]
    once: Mapping[str, State]
    twice: Mapping[str, State]
    sent: int


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Set the story up and keep both scenes."""
    with emulator("empty") as ready:
        built = raise_curtain(ready, tmp_path_factory.mktemp("faults"))
        built.keep("first")
        built.hand_all_to_jobs()
        built.keep("jobs")
        built.begin("first")
        assert built.run().status == "ok"
        changes.make(built)
        built.keep("later")
        yield built


class _Played(dict[str, Smooth]):
    """Plays a scene when a test first asks for it."""

    def __init__(self, stand: Stand) -> None:
        super().__init__()
        self._stand = stand

    def __missing__(self, scene: str) -> Smooth:
        return self.setdefault(scene, _played(self._stand, scene))


@pytest.fixture(scope="session")
def smooth(stand: Stand) -> Mapping[str, Smooth]:
    """Play every scene once without trouble."""
    return _Played(stand)


def _played(stand: Stand, scene: str) -> Smooth:
    stand.begin(scene)
    first = stand.run()
    assert first.status == "ok", first
    endpoints = stand.endpoints()
    once = stand.everything()
    stand.until_done()
    return Smooth(tuple(endpoints), once, stand.everything(), first.sent)


@dataclass(frozen=True, slots=True)
class Draw:
    """How a test chooses by chance, the same again for the same name, and how much it plays."""

    dice: random.Random
    cells: int | None
    """Cells of a scene; None for all."""
    deaths: int
    """Moments at which a run is killed."""
    sequences: int
    """Sequences of troubles."""


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Draw:
    """Choose as the command line says."""
    cells, *more = (int(request.config.getoption(name)) for name in ("--cells", "--deaths", "--sequences"))
    return Draw(random.Random(request.node.name), cells or None, *more)


Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Share:
    """One of the tests that share the cells of a scene, so that two processes can play them."""

    number: int
    all: int

    def of(self, things: Iterable[Thing]) -> Iterator[Thing]:
        """Take what is for this one."""
        return islice(things, self.number, None, self.all)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Share the whole matrix among many tests, and leave the ordinary suite's choice together."""
    if "share" in metafunc.fixturenames:
        shares = 1 if metafunc.config.getoption("--cells") else 16
        metafunc.parametrize("share", [Share(number, shares) for number in range(shares)], ids=lambda one: one.number)
