"""The client library's paths are rewritten into those of the chosen API version."""

import pytest

from connectors.hubspot.paths import DEFAULT, LEGACY, ROUTES

DATED = [
    ("/crm/v3/objects/contacts", "/crm/objects/2026-09/contacts"),
    ("/crm/v3/objects/contacts/batch/update", "/crm/objects/2026-09/contacts/batch/update"),
    ("/crm/v3/properties/companies/groups", "/crm/properties/2026-09/companies/groups"),
    ("/crm/v3/owners/", "/crm/owners/2026-09"),
    ("/crm/v4/associations/contacts/companies/batch/read", "/crm/associations/2026-09/contacts/companies/batch/read"),
    ("/crm/v4/objects/tasks/1/associations/contacts", "/crm/objects/2026-09/tasks/1/associations/contacts"),
    ("/oauth/v3/token", "/oauth/v3/token"),
    ("/account-info/v3/api-usage/daily/private-apps", "/account-info/2026-09/api-usage/daily/private-apps"),
]


@pytest.mark.parametrize(("written", "sent"), DATED)
def test_the_dated_version_is_the_default_and_puts_its_date_behind_the_area(written: str, sent: str) -> None:
    assert ROUTES[DEFAULT](written) == sent


@pytest.mark.parametrize(("written", "sent"), DATED)
def test_an_earlier_date_takes_the_place_of_the_default(written: str, sent: str) -> None:
    assert ROUTES["2026-03"](written) == sent.replace("2026-09", "2026-03")


@pytest.mark.parametrize("version", [LEGACY, "v4"])
@pytest.mark.parametrize("written", [written for written, _ in DATED])
def test_the_numbered_versions_send_what_the_library_wrote(written: str, version: str) -> None:
    assert ROUTES[version](written) == written
