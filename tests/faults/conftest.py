"""One emulator and one small story for all tests of what may go wrong; each scene begins as it was kept."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest

from sync.demo import emulator
from tests.faults import changes
from tests.faults.story import Endpoint, Stand, State, raise_curtain

SCENES = ("first", "later")
"""A run that finds nothing of ours, and one a day after it when people have worked in both CRMs."""


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
        assert built.run().status == "ok"
        changes.make(built)
        built.keep("later")
        yield built


@pytest.fixture(scope="session")
def smooth(stand: Stand) -> Mapping[str, Smooth]:
    """Play every scene once without trouble."""
    return {scene: _played(stand, scene) for scene in SCENES}


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
    """Cells of a fault and scene; None for all."""
    deaths: int
    """Moments at which a run is killed."""


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Draw:
    """Choose as the command line says."""
    cells, deaths = (int(request.config.getoption(name)) for name in ("--cells", "--deaths"))
    return Draw(random.Random(request.node.name), cells or None, deaths)
