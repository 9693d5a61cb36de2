"""Fixtures of the HubSpot portal's conformance tests."""

import pytest

from tests.emulator.conftest import refill
from tests.emulator.hubspot.site import Site
from tests.emulator.process import Emulator


@pytest.fixture
def site(running_emulator: Emulator) -> Site:
    """The portal, freshly seeded; what other tests left in the emulator is gone."""
    if running_emulator.holds != "portal":
        refill(running_emulator)
        running_emulator.holds = "portal"
    site = Site(running_emulator)
    site.fresh()
    return site
