"""Which address each API version of HubSpot lives at.

The client library writes the paths of v3 and v4 into every request. HubSpot retires both in 2027 in favour of dated
versions (a new one every March and September, each supported for 18 months), so the path is rewritten on the way out.
"""

import re
from collections.abc import Callable, Mapping

DEFAULT = "2026-09"
LEGACY = "v3"
"""The client library's own paths: `/crm/v3/…` and, for associations, `/crm/v4/…`."""

_NUMBERED = re.compile(r"^/crm/v[34]/(?P<area>[a-z]+)(?P<rest>/.*)?$")
_ACCOUNT = re.compile(r"^/account-info/v3(?P<rest>/.*)$")


def _dated(version: str) -> Callable[[str], str]:
    def route(path: str) -> str:
        if about := _ACCOUNT.match(path):
            return f"/account-info/{version}{about['rest']}"
        found = _NUMBERED.match(path)
        return f"/crm/{found['area']}/{version}{found['rest'] or ''}".rstrip("/") if found else path

    return route


def _as_written(path: str) -> str:
    return path


ROUTES: Mapping[str, Callable[[str], str]] = {
    LEGACY: _as_written,
    "v4": _as_written,
    **{version: _dated(version) for version in (DEFAULT, "2026-03")},
}
"""API version as the settings name it -> how a path of the client library is rewritten."""
