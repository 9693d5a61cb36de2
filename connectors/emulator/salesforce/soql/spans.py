"""Date literals: names for spans of days relative to today, as TODAY, LAST_MONTH or LAST_N_DAYS:30.

Days are those of the user's time zone, which the caller knows. LAST_N_DAYS:n is the n days before today and today
itself. Weeks begin on Sunday. Fiscal years begin with the month the org is set to and are named after the year in which
they end.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

Span = tuple[date, date]
_UNITS = {"DAY": 1, "WEEK": 1, "MONTH": 1, "QUARTER": 3, "YEAR": 12}
_NAME = re.compile(
    r"(?P<way>LAST|THIS|NEXT)_(?P<n>N_)?(?P<fiscal>FISCAL_)?(?P<unit>DAY|WEEK|MONTH|QUARTER|YEAR|90_DAY)(?P<s>S?)"
    r"|N_(?P<past_fiscal>FISCAL_)?(?P<past>DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO"
)
_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}


def known(word: str) -> bool:
    """Whether an upper-case word names a span."""
    return word in _DAYS or ((match := _NAME.fullmatch(word)) is not None and _plausible(match))


def counted(word: str) -> bool:
    """Whether the name needs `:n` behind it."""
    return word.startswith(("LAST_N_", "NEXT_N_", "N_"))


def resolve(word: str, count: int, today: date, first_month: int = 1) -> Span:
    """The span as first day and the day after the last; fiscal years begin in `first_month`."""
    if word in _DAYS:
        day = today + timedelta(days=_DAYS[word])
        return day, day + timedelta(days=1)
    match = _NAME.fullmatch(word)
    if match is None:
        raise ValueError(f"no date literal: {word}")
    month = first_month if match["fiscal"] or match["past_fiscal"] else 1
    if match["past"]:
        start = _begin(match["past"], today, -count, month)
        return start, _begin(match["past"], start, 1, month)
    if match["unit"] == "90_DAY":
        return _days(match["way"], 90, today)
    if match["n"] and match["unit"] == "DAY":
        return _days(match["way"], count, today)
    return _periods(match["way"], partial(_begin, match["unit"], today, first_month=month), count if match["n"] else 1)


def _plausible(match: re.Match[str]) -> bool:
    """Whether the parts of a name go together: LAST_N_DAYS, but not LAST_DAY or THIS_N_WEEKS."""
    unit = match["unit"] or match["past"]
    if (match["fiscal"] or match["past_fiscal"]) and unit not in ("QUARTER", "YEAR"):
        return False
    if match["past"]:
        return True
    plural = bool(match["s"])
    if match["n"] or unit == "90_DAY":
        return plural and match["way"] != "THIS" and not (match["n"] and unit == "90_DAY")
    return not plural and unit != "DAY"


def _days(direction: str, count: int, today: date) -> Span:
    if direction == "LAST":
        return today - timedelta(days=count), today + timedelta(days=1)
    return today + timedelta(days=1), today + timedelta(days=count + 1)


def _periods(direction: str, begin: Callable[[int], date], count: int) -> Span:
    match direction:
        case "LAST":
            return begin(-count), begin(0)
        case "NEXT":
            return begin(1), begin(count + 1)
        case _:
            return begin(0), begin(1)


def _begin(unit: str, day: date, shift: int, first_month: int = 1) -> date:
    """The first day of the period of `day`, moved by `shift` periods."""
    if unit == "DAY":
        return day + timedelta(days=shift)
    if unit == "WEEK":
        return day - timedelta(days=(day.weekday() + 1) % 7) + timedelta(weeks=shift)
    size, ahead = _UNITS[unit], first_month - 1
    months = (day.year * 12 + day.month - 1 - ahead) // size * size + shift * size + ahead
    return date(months // 12, months % 12 + 1, 1)
