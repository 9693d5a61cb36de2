"""Killed with `kill -9` at any moment of reading and writing: the next run loses, doubles and forgets nothing."""

from collections.abc import Mapping

import pytest

from tests.faults.conftest import SCENES, Draw, Smooth
from tests.faults.story import Stand, differences
from tests.faults.victim import Moment, start

pytestmark = pytest.mark.e2e

FUSES = (0.0, 0.0, 0.003, 0.02, 0.1)
"""Seconds from an event to death: half of the deaths come at once."""


def moments(stand: Stand, scene: str, draw: Draw) -> list[Moment]:
    """Choose moments of a run of the scene, half of them from its first write on."""
    stand.begin(scene)
    told = start(stand, scene).end()
    assert told is not None
    assert told["status"] == "ok"
    events: list[str] = told["events"]
    writing = next(
        place for place, name in enumerate(events) if name.startswith("before PATCH") or "batch/update" in name
    )
    dice, count = draw.dice, -(-draw.deaths // len(SCENES))
    early = [dice.randrange(writing) for _ in range(count // 2)]
    late = [dice.randrange(writing - 2, len(events)) for _ in range(count - len(early))]
    return [Moment(event, dice.choice(FUSES)) for event in early + late]


@pytest.mark.parametrize("scene", SCENES)
def test_a_run_that_was_killed_is_completed_by_the_next(
    stand: Stand, smooth: Mapping[str, Smooth], scene: str, draw: Draw
) -> None:
    wrong, killed = {}, 0
    for moment in moments(stand, scene, draw):
        stand.begin(scene)
        victim = start(stand, "victim", moment)
        killed += victim.end() is None
        stand.settled(victim.sent.value, patience=1.0)
        stand.until_done()
        if told := differences(stand.everything(), smooth[scene].twice):
            wrong[moment] = told[:3]
    assert wrong == {}
    assert killed >= draw.deaths // len(SCENES) * 0.8


@pytest.mark.parametrize("scene", SCENES)
def test_of_two_workers_at_once_one_works_and_the_other_says_so(
    stand: Stand, smooth: Mapping[str, Smooth], scene: str
) -> None:
    stand.begin(scene)
    both = [start(stand, name) for name in ("one", "other")]
    told = [victim.end() for victim in both]
    said = sorted(str(end and end["status"]) for end in told)
    assert said in (["failed", "ok"], ["nothing", "ok"])
    assert all("Wait until it has finished" in end["said"] for end in told if end and end["status"] == "failed")
    stand.until_done()
    assert differences(stand.everything(), smooth[scene].twice) == []
