"""Date literals: names for spans of days relative to today, as TODAY, LAST_MONTH or LAST_N_DAYS:30.

All days are days in UTC, the time zone of the integration user. LAST_N_DAYS:n
is the n days before today and today itself. Weeks begin on Sunday; fiscal years are calendar years.
"""

import re
from datetime import date, timedelta
from functools import partial

Span = tuple[date, date]
_UNITS = {"DAY": 1, "WEEK": 1, "MONTH": 1, "QUARTER": 3, "YEAR": 12}
_NAME = re.compile(
    r"(LAST|THIS|NEXT)_(N_)?(FISCAL_)?(DAY|WEEK|MONTH|QUARTER|YEAR|90_DAY)(S?)|N_(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO"
)
_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}


def known(word: str) -> bool:
    """Whether an upper-case word names a span."""
    return word in _DAYS or ((match := _NAME.fullmatch(word)) is not None and _plausible(match))


def counted(word: str) -> bool:
    """Whether the name needs `:n` behind it."""
    return word.startswith(("LAST_N_", "NEXT_N_", "N_"))


def resolve(word: str, count: int, today: date) -> Span:
    """The span as first day and the day after the last."""
    if word in _DAYS:
        day = today + timedelta(days=_DAYS[word])
        return day, day + timedelta(days=1)
    match = _NAME.fullmatch(word)
    if match is None:
        raise ValueError(f"no date literal: {word}")
    if match[6]:
        start = _begin(match[6], today, -count)
        return start, _begin(match[6], start, 1)
    if match[4] == "90_DAY":
        return _days(match[1], 90, today)
    if match[2] and match[4] == "DAY":
        return _days(match[1], count, today)
    return _periods(match[1], match[4], count if match[2] else 1, today)


def _plausible(match: re.Match[str]) -> bool:
    if match[6]:
        return True
    plural = bool(match[5])
    if match[4] == "90_DAY":
        return plural and match[1] != "THIS" and not match[2] and not match[3]
    if match[2]:
        return plural and match[1] != "THIS"
    return not plural and match[4] != "DAY"


def _days(direction: str, count: int, today: date) -> Span:
    if direction == "LAST":
        return today - timedelta(days=count), today + timedelta(days=1)
    return today + timedelta(days=1), today + timedelta(days=count + 1)


def _periods(direction: str, unit: str, count: int, today: date) -> Span:
    begin = partial(_begin, unit, today)
    match direction:
        case "LAST":
            return begin(-count), begin(0)
        case "NEXT":
            return begin(1), begin(count + 1)
        case _:
            return begin(0), begin(1)


def _begin(unit: str, day: date, shift: int) -> date:
    """The first day of the period of `day`, moved by `shift` periods."""
    if unit == "DAY":
        return day + timedelta(days=shift)
    if unit == "WEEK":
        return day - timedelta(days=(day.weekday() + 1) % 7) + timedelta(weeks=shift)
    size = _UNITS[unit]
    months = (day.year * 12 + day.month - 1) // size * size + shift * size
    return date(months // 12, months % 12 + 1, 1)
