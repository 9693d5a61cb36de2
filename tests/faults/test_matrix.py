"""Every kind of trouble at every endpoint of a run: it ends as without it, or says so and the next one does.

The endpoints are those of the request log of a run without trouble. A cell strikes one request of its endpoint, or
every one for the length of a run. The ordinary suite takes a seeded choice of cells of each fault, `make faults` all.
"""

from collections.abc import Mapping

import pytest

from tests.faults.conftest import SCENES, Draw, Smooth
from tests.faults.faults import FAULTS, Fault, Json
from tests.faults.story import LATER, READ_TIMEOUT, Ended, Endpoint, Stand, differences

pytestmark = pytest.mark.e2e


def cells(fault: Fault, endpoints: tuple[Endpoint, ...], draw: Draw) -> list[Json]:
    """Aim a fault at every endpoint in both ways, or choose as many cells as are wanted."""
    fit = [one for one in endpoints if fault.fits(one.vendor, one.method, one.path)]
    ways = [(one, which) for one in fit for which in ({"nth": draw.dice.randint(1, one.count)}, {"every": 1})]
    chosen = ways if draw.cells is None else draw.dice.sample(ways, min(draw.cells, len(ways)))
    return [fault.at(one.vendor, one.aim(), **which) for one, which in chosen]


def finish(stand: Stand, first: Ended, smooth: Smooth) -> list[str]:
    """Run again where something is left to do, and tell what is lost, doubled or stale in the end."""
    stand.settled(first.sent)
    stand.tell("DELETE", "faults")
    if not first.whole and not stand.meant_to_write():
        stand.wait(LATER)
        first = stand.run()
        assert first.whole, first
    if first.whole:
        return differences(stand.everything(), smooth.once)
    stand.until_done()
    return differences(stand.everything(), smooth.twice)


def trouble(stand: Stand, scene: str, fault: Fault, rule: Json, smooth: Smooth) -> list[str]:
    """Play a cell; tells what is wrong with how it ended."""
    stand.begin(scene)
    stand.tell("POST", "faults", rule)
    first = stand.run(fault.timeout or READ_TIMEOUT)
    unclear = [] if first.clear or (fault.final and first.status == "failed") else [f"it ended unclear: {first}"]
    return unclear + finish(stand, first, smooth)


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_run_in_trouble_ends_as_one_without_it_or_says_so_and_the_next_one_does(
    stand: Stand, smooth: Mapping[str, Smooth], scene: str, fault: Fault, draw: Draw
) -> None:
    wrong = {}
    for rule in cells(fault, smooth[scene].endpoints, draw):
        if told := trouble(stand, scene, fault, rule, smooth[scene]):
            wrong[str(rule)] = told[:3]
    assert wrong == {}
