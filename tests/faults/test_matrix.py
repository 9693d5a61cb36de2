"""Every kind of trouble at every endpoint of a run: it ends as without it, or says so and the next one does.

The endpoints are those of the request log of a run without trouble. A cell strikes one request of its endpoint, or
every one for the length of a run. The ordinary suite takes the first cells of a seeded order that strikes with every
fault at once and comes round to every endpoint, `make faults` all.

Cells are played in company, because a run costs seconds. Those that strike one request are set up together: where the
run gets around all of them, it got around each. Those that strike every request follow each other, one run each, as
long as no run came so far as to write. If a company leaves anything behind that it should not, each of its cells is
played alone.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.faults.conftest import SCENES, Draw, Share, Smooth
from tests.faults.faults import FAULTS, Fault, Json
from tests.faults.story import LATER, READ_TIMEOUT, Ended, Endpoint, Stand, differences

pytestmark = pytest.mark.e2e

COMPANY = 12
"""Cells that are played together at most."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A fault at an endpoint: at its `nth` request, or at every one."""

    fault: Fault
    endpoint: Endpoint
    nth: int | None

    def __str__(self) -> str:
        """Name it in a report."""
        return f"{self.fault.name} at {'every' if self.nth is None else f'request {self.nth} of'} {self.endpoint}"

    @property
    def timeout(self) -> float:
        """Tell how long the client waits while it is played."""
        return self.fault.timeout or READ_TIMEOUT

    def rule(self) -> Json:
        """Write it for the fault script."""
        which = {"every": 1} if self.nth is None else {"nth": self.nth}
        return self.fault.at(self.endpoint.vendor, self.endpoint.aim(), **which)


def cells(scene: str, endpoints: Sequence[Endpoint], most: int | None = None) -> list[Cell]:
    """Order the cells of a scene so that its first ones differ in all: fault, endpoint, vendor and way.

    Of the run by jobs only their endpoints, for all others are those of the first run.
    """
    dice = random.Random(scene)
    order = _alternating([one for one in endpoints if scene != "jobs" or "/jobs/" in one.path], dice)
    begin = len(FAULTS) // len(SCENES) * SCENES.index(scene)
    found = [
        Cell(fault, one, dice.randint(1, one.count) if (place // 2 + turn + lap) % 2 else None)
        for lap in range(2)
        for turn in range(len(FAULTS))
        for place, one in enumerate(order)
        if (fault := FAULTS[(begin + place + turn) % len(FAULTS)]).fits(one.vendor, one.method, one.path)
    ]
    return found[:most]


def _alternating(endpoints: Sequence[Endpoint], dice: random.Random) -> list[Endpoint]:
    """Shuffle them, one vendor after the other, so that neighbours are of different vendors."""
    mixed = dice.sample(endpoints, len(endpoints))
    there = {vendor: [one for one in mixed if one.vendor == vendor] for vendor in ("salesforce", "hubspot")}
    ranked = [(place / len(found), one) for found in there.values() for place, one in enumerate(found)]
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def companies(chosen: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Put those together that are played in the same way: an endpoint is struck once in a company."""
    for single in (True, False):
        waiting = [cell for cell in chosen if (cell.nth is not None) is single]
        while waiting:
            company: dict[Endpoint, Cell] = {}
            for cell in waiting:
                if len(company) < COMPANY:
                    company.setdefault(cell.endpoint, cell)
            yield list(company.values())
            waiting = [cell for cell in waiting if cell not in company.values()]


def finish(stand: Stand, last: Ended, smooth: Smooth) -> list[str]:
    """Run again where something is left to do, and tell what is lost, doubled or stale in the end."""
    stand.tell("DELETE", "faults")
    if not last.whole and not stand.meant_to_write():
        stand.wait(LATER)
        last = stand.run()
        if not last.whole:
            return [f"after it there is still something left to do: {last}"]
    if last.whole:
        return differences(stand.everything(), smooth.once)
    stand.until_done()
    return differences(stand.everything(), smooth.twice)


def one_run(stand: Stand, playing: Sequence[Cell], timeout: float) -> tuple[Ended, list[str]]:
    """Run once amidst the faults that are set, and tell whether its end was unclear.

    What hangs until after its run must not reach the CRM of the next company.
    """
    before = stand.asked()
    ended = stand.run(timeout)
    stand.settled(before + ended.sent)
    final = ended.status == "failed" and any(cell.fault.final for cell in playing)
    return ended, [] if ended.clear or final else [f"it ended unclear: {ended}"]


def over(stand: Stand, ended: Ended) -> bool:
    """Tell whether a run came so far that those after it would no longer do the same as it."""
    return ended.whole or stand.meant_to_write()


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a company before the faults were taken away: who struck, the last run, and what was unclear."""

    struck: Sequence[Cell]
    last: Ended
    unclear: list[str]


def together(stand: Stand, company: Sequence[Cell]) -> Played:
    """Set all up at once, and run until each has struck."""
    stand.tell("POST", "faults", [cell.rule() for cell in company])
    timeout = min(cell.timeout for cell in company)
    unclear: list[str] = []
    struck: list[Cell] = []
    for _ in company:
        ended, told = one_run(stand, company, timeout)
        unclear += told
        rules = stand.tell("GET", "faults")
        struck = [cell for cell, rule in zip(company, rules, strict=True) if rule["struck"]]
        if over(stand, ended) or len(struck) == len(company):
            break
    return Played(struck, ended, unclear)


def in_turn(stand: Stand, company: Sequence[Cell]) -> Played:
    """Give each cell a run of its own, as long as none of them came so far as to write."""
    unclear: list[str] = []
    struck: list[Cell] = []
    for cell in company:
        stand.tell("DELETE", "faults")
        stand.tell("POST", "faults", cell.rule())
        ended, told = one_run(stand, [cell], cell.timeout)
        unclear += told
        struck += [cell] if stand.tell("GET", "faults")[0]["struck"] else []
        if over(stand, ended):
            break
    return Played(struck, ended, unclear)


def trouble(stand: Stand, scene: str, company: Sequence[Cell], smooth: Smooth) -> dict[str, list[str]]:
    """Play a company to its end, those that it kept from striking as well; tells what is wrong with how they ended."""
    if not company:
        return {}
    stand.begin(scene)
    played = (together if company[0].nth is not None else in_turn)(stand, company)
    wrong = played.unclear + finish(stand, played.last, smooth)
    if not played.struck:
        return {_names(company): ["none of them struck", *wrong[:3]]}
    left = [cell for cell in company if cell not in played.struck]
    return _blamed(stand, scene, played.struck, wrong, smooth) | trouble(stand, scene, left, smooth)


def _names(company: Sequence[Cell]) -> str:
    return "; ".join(map(str, company))


def _blamed(stand: Stand, scene: str, done: Sequence[Cell], wrong: list[str], smooth: Smooth) -> dict[str, list[str]]:
    """Find who is to blame: each cell alone, or only all of them together."""
    if not wrong:
        return {}
    told: dict[str, list[str]] = {}
    for cell in done if len(done) > 1 else ():
        told |= trouble(stand, scene, [cell], smooth)
    return told or {_names(done): wrong[:3]}


@pytest.mark.parametrize("scene", SCENES)
def test_a_run_in_trouble_ends_as_one_without_it_or_says_so_and_the_next_one_does(
    stand: Stand, smooth: Mapping[str, Smooth], scene: str, share: Share, draw: Draw
) -> None:
    wrong: dict[str, list[str]] = {}
    for company in share.of(companies(cells(scene, smooth[scene].endpoints, draw.cells))):
        wrong |= trouble(stand, scene, company, smooth[scene])
    assert wrong == {}
