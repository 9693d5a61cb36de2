"""What the settings of a HubSpot connection foretell by themselves: which of HubSpot's paths end, and when."""

from collections.abc import Iterator
from datetime import date, timedelta

from connectors.base import Finding
from connectors.hubspot.paths import DEFAULT

ASSOCIATIONS_V4_END = date(2027, 3, 30)
NUMBERED_END = date(2027, 9, 30)
"""HubSpot names the month."""
DATED_MONTHS = 18
"""A dated version is supported for so many months."""
AHEAD = timedelta(days=180)
"""So long before its end a dated version is spoken of (our default)."""
SETTING = ("api",)


def retiring(api: str, today: date) -> Iterator[Finding]:
    """Say when the chosen version of the API ends, if a person should prepare for it now."""
    fix = f"Set `api` of the connection to {DEFAULT}."
    if api in {"v3", "v4"}:
        cause = (
            f"HubSpot's numbered paths end: v4 associations on {ASSOCIATIONS_V4_END}, v3 in September 2027 "
            f"({(NUMBERED_END - today).days} days from now)."
        )
        yield Finding("API version", cause, fix, fatal=False, setting=SETTING)
        return
    year, month = divmod(12 * int(api[:4]) + int(api[5:]) - 1 + DATED_MONTHS, 12)
    end = date(year, month + 1, 1)
    if today >= end - AHEAD:
        cause = f"Version {api} of HubSpot's API is supported until about {end:%B %Y}."
        yield Finding("API version", cause, fix, fatal=False, setting=SETTING)
