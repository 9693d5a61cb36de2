"""The request limits of an account: rolling windows, a day, and what an answer's headers say about them.

Time is the emulated clock's: advancing it frees the windows.
"""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .refusals import RefusedError, rate_limited

WINDOW = timedelta(seconds=10)
SECOND = timedelta(seconds=1)

GROUP = "publicapi:private-apps-api-calls-ten-secondly:{app}"


class Meter(Enum):
    """Which limit a request counts against, besides the day's."""

    GENERAL = "general"
    SEARCH = "search"
    ASSOCIATIONS = "associations"


class Limits:
    """Counts requests of one account. Refused requests are not counted."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._windows: dict[str, deque[datetime]] = {}
        self._days: dict[str, tuple[str, int]] = {}

    def take(self, meter: Meter, now: datetime, *, oauth: bool) -> dict[str, str]:
        """Count one request and answer the headers to send. Raises RefusedError (429)."""
        try:
            self._take(meter, now, oauth=oauth)
        except RefusedError as refused:
            if self._settings["rate_limit_category"]:
                refused.category = "RATE_LIMITS"
                del refused.extra["errorType"]
            refused.headers = {**self._headers(meter, now, oauth=oauth), **self._wait(refused)}
            raise
        return self._headers(meter, now, oauth=oauth)

    def _take(self, meter: Meter, now: datetime, *, oauth: bool) -> None:
        limit = self._settings["daily_limit"]
        if not oauth and self.used_today("all", now) >= limit:
            raise rate_limited("DAILY", "daily", requestId=f"{int(now.timestamp() * 1000):x}")
        match meter:
            case Meter.SEARCH:
                self._roll("search", now, SECOND, self._settings["search_limit"], _searches())
            case Meter.ASSOCIATIONS:
                if self.used_today("associations", now) >= self._settings["association_daily_limit"]:
                    raise rate_limited("DAILY", "daily")
                self._roll("associations", now, WINDOW, self._settings["association_limit"], _rolling())
                self._count("associations", now)
            case Meter.GENERAL:
                self._roll(_app(oauth=oauth), now, WINDOW, self._burst(oauth=oauth), _rolling())
        if not oauth:
            self._count("all", now)

    def _burst(self, *, oauth: bool) -> int:
        limit: int = self._settings["oauth_ten_secondly_limit" if oauth else "ten_secondly_limit"]
        return limit

    def _roll(self, name: str, now: datetime, span: timedelta, limit: int, refused: RefusedError) -> None:
        window = self._window(name, now, span)
        if len(window) >= limit:
            raise refused
        window.append(now)

    def _window(self, name: str, now: datetime, span: timedelta) -> deque[datetime]:
        """The moments of the last `span`; ones later than now belong to a clock that was set back."""
        window = self._windows.setdefault(name, deque())
        while window and not now - span < window[0] <= now:
            window.popleft()
        return window

    def _today(self, now: datetime) -> str:
        return now.astimezone(_zone(self._settings["time_zone"])).date().isoformat()

    def used_today(self, name: str, now: datetime) -> int:
        """Count the private apps' calls of the account's day; `name` is "all" or "associations"."""
        day, used = self._days.get(name, ("", 0))
        return used if day == self._today(now) else 0

    def resets_at(self, now: datetime) -> datetime:
        """Tell when the account's day ends."""
        local = now.astimezone(_zone(self._settings["time_zone"]))
        return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)

    def offset_milliseconds(self, now: datetime) -> int:
        """Tell how far the account's time is from UTC."""
        away = now.astimezone(_zone(self._settings["time_zone"])).utcoffset() or timedelta()
        return int(away.total_seconds() * 1000)

    def offset(self, now: datetime) -> str:
        """Write the account's distance from UTC, for example ``-05:00``."""
        minutes = self.offset_milliseconds(now) // 60_000
        hours, rest = divmod(abs(minutes), 60)
        return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"

    def _count(self, name: str, now: datetime) -> None:
        self._days[name] = (self._today(now), self.used_today(name, now) + 1)

    def _headers(self, meter: Meter, now: datetime, *, oauth: bool) -> dict[str, str]:
        if meter is Meter.SEARCH:
            return {}
        burst = self._burst(oauth=oauth)
        used = len(self._window(_app(oauth=oauth), now, WINDOW))
        rolling = {
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(burst),
            "X-HubSpot-RateLimit-Remaining": str(max(burst - used, 0)),
        }
        day = self._settings["daily_limit"]
        left = max(day - self.used_today("all", now), 0)
        daily = {"X-HubSpot-RateLimit-Daily": str(day), "X-HubSpot-RateLimit-Daily-Remaining": str(left)}
        return rolling if oauth else {**rolling, **daily}

    def _wait(self, refused: RefusedError) -> dict[str, str]:
        seconds = 1 if refused.extra["policyName"] == "SECONDLY" else 10
        return {"Retry-After": str(seconds)} if self._settings["retry_after"] else {}


def _app(*, oauth: bool) -> str:
    return "oauth" if oauth else "private"


def _rolling() -> RefusedError:
    return rate_limited("TEN_SECONDLY_ROLLING", "ten_secondly_rolling", groupName=GROUP.format(app=1_048_576))


def _searches() -> RefusedError:
    return rate_limited("SECONDLY", "secondly")


def _zone(name: str) -> tzinfo:
    """Find a time zone; a machine without the database keeps UTC days."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
