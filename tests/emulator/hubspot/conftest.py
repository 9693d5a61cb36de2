"""Fixtures of the HubSpot portal's conformance tests."""

from collections.abc import Iterator

import pytest

from tests.emulator.hubspot.site import Site, served


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    with served() as site:
        yield site


@pytest.fixture
def site(running_site: Site) -> Site:
    """The portal, freshly seeded."""
    running_site.fresh()
    return running_site
