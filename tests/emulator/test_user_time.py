"""What depends on where the user is and when the org's year begins: date literals and date functions (contract 4)."""

import pytest

from tests.emulator.org import Org

pytestmark = pytest.mark.emulator
ME = "0055g0000090001"
THE_ORG = "00DRp0000000001"  # the id every seed's organisation has; a row under it replaces the defaults
# The clock stands at 09:00 UTC on 2 March 2026: 22:00 in Auckland, where Monday began at 11:00 UTC on Sunday,
# and 23:00 on Sunday in Honolulu, where it ended an hour after that.
PEOPLE = {
    "Night": "2026-03-01T10:30:00Z",
    "Noon": "2026-03-01T11:30:00Z",
    "Dawn": "2026-03-02T08:00:00Z",
    "Year": "2025-12-31T23:30:00Z",
}


def here(org: Org, zone: str, first_month: int = 1) -> Org:
    """The org with a user in a zone."""
    user = {"Id": ME, "LastName": "Far", "Username": "integration@away.example", "TimeZoneSidKey": zone}
    people = [{"LastName": name, "CreatedDate": at} for name, at in PEOPLE.items()]
    settings = {"Id": THE_ORG, "Name": "Far", "FiscalYearStartMonth": first_month}
    records = {"User": [user], "Contact": people, "Organization": [settings]}
    org.emulator.control("POST", "seed", {"salesforce": {"records": records}})
    org.login()
    return org


@pytest.mark.parametrize(
    ("zone", "where", "found"),
    [
        ("GMT", "CreatedDate = TODAY", ["Dawn"]),
        ("Pacific/Auckland", "CreatedDate = TODAY", ["Dawn", "Noon"]),
        ("Pacific/Auckland", "CreatedDate = YESTERDAY", ["Night"]),
        ("Pacific/Honolulu", "CreatedDate = TODAY", ["Dawn", "Noon", "Night"]),
        ("Pacific/Auckland", "CreatedDate = THIS_YEAR", ["Dawn", "Night", "Noon", "Year"]),
        ("GMT", "CreatedDate = LAST_YEAR", ["Year"]),
        ("Europe/Berlin", "CreatedDate = THIS_YEAR AND CreatedDate < THIS_MONTH", ["Year"]),
        ("Europe/Berlin", "CALENDAR_YEAR(CreatedDate) = 2025", ["Year"]),
        ("Europe/Berlin", "CALENDAR_YEAR(convertTimezone(CreatedDate)) = 2025", []),
        ("Europe/Berlin", "HOUR_IN_DAY(convertTimezone(CreatedDate)) = 9", ["Dawn"]),
        ("Pacific/Auckland", "DAY_IN_WEEK(convertTimezone(CreatedDate)) = 2", ["Dawn", "Noon"]),
        ("No/Where", "CreatedDate = TODAY", ["Dawn"]),
    ],
)
def test_days_begin_at_the_users_midnight(org: Org, zone: str, where: str, found: list[str]) -> None:
    rows = here(org, zone).column(f"SELECT LastName FROM Contact WHERE {where}")
    assert sorted(rows) == sorted(found)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("CreatedDate = THIS_FISCAL_YEAR", ["Dawn", "Night", "Noon"]),
        ("CreatedDate = LAST_FISCAL_YEAR", ["Year"]),
        ("CreatedDate = LAST_FISCAL_QUARTER", ["Year"]),
        ("FISCAL_YEAR(CreatedDate) = 2027", ["Dawn", "Night", "Noon"]),
        ("FISCAL_QUARTER(CreatedDate) = 4", ["Year"]),
        ("FISCAL_MONTH(CreatedDate) = 2", ["Dawn", "Night", "Noon"]),
    ],
)
def test_fiscal_years_begin_with_the_orgs_month_and_are_named_after_their_end(
    org: Org, where: str, found: list[str]
) -> None:
    rows = here(org, "GMT", first_month=2).column(f"SELECT LastName FROM Contact WHERE {where}")
    assert sorted(rows) == found


def test_formats_show_the_users_time(org: Org) -> None:
    soql = "SELECT FORMAT(CreatedDate) FROM Contact WHERE LastName = 'Dawn'"
    assert here(org, "Pacific/Auckland").column(soql) == ["3/2/2026, 9:00 PM"]
