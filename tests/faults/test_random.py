"""Any sequence of troubles over any number of runs: when it is over, the CRMs and the stage are as without it."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.faults.conftest import SCENES, Draw, Smooth
from tests.faults.faults import FAULTS, Fault
from tests.faults.story import Stand, differences

pytestmark = pytest.mark.e2e

QUICK = [fault for fault in FAULTS if fault.timeout is None and not fault.final]
"""Silence costs real seconds; dead credentials need an operator, see test_failure_modes."""

Trouble = tuple[Fault, str, int]
"""A fault, a vendor, and the number of the request it strikes."""

troubles = st.lists(
    st.tuples(st.sampled_from(QUICK), st.sampled_from(["salesforce", "hubspot"]), st.integers(1, 60)),
    min_size=1,
    max_size=5,
)


def play(stand: Stand, scene: str, runs: list[list[Trouble]]) -> None:
    """Run amidst each list of troubles, and once more as often as it takes without."""
    stand.begin(scene)
    for told in runs:
        rules = [
            fault.at(vendor, {"vendor": vendor}, nth=nth) for fault, vendor, nth in told if vendor in fault.vendors
        ]
        stand.tell("POST", "faults", rules)
        ended = stand.run()
        assert ended.clear, (ended, rules)
        stand.settled(ended.sent)
        stand.tell("DELETE", "faults")
        stand.wait(1)
    stand.until_done()


def test_after_any_sequence_of_troubles_nothing_is_lost_doubled_or_stale(
    stand: Stand, smooth: Mapping[str, Smooth], draw: Draw
) -> None:
    # An example takes seconds: shrinking would take minutes.
    @settings(
        max_examples=draw.sequences,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.sampled_from(SCENES), st.lists(troubles, min_size=1, max_size=2))
    def any_sequence(scene: str, runs: list[list[Trouble]]) -> None:
        play(stand, scene, runs)
        assert differences(stand.everything(), smooth[scene].twice) == []

    any_sequence()
