"""The functions of SOQL over one field: parts of dates, labels, and values as the user interface shows them.

Dates are taken apart in UTC unless the field stands in convertTimezone(), which means the user's time zone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from typing import TypeAlias

from connectors.emulator.salesforce import moments
from connectors.emulator.salesforce.schema import Field
from connectors.emulator.wire import Json

Change: TypeAlias = Callable[[Json], Json]
_AS_IS = frozenset({"TOLABEL", "CONVERTCURRENCY"})
_MOMENTS_ONLY = frozenset({"DAY_ONLY", "HOUR_IN_DAY", "CONVERTTIMEZONE"})


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a user reads dates: the time zone, and the month in which the org's fiscal years begin."""

    zone: tzinfo = UTC
    first_month: int = 1

    def local(self, text: str) -> datetime:
        """A stored date or datetime as the user's moment; a date has no zone and stays what it is."""
        if len(text) == len("2026-03-02"):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        return (moments.parse_datetime(text) or datetime.min.replace(tzinfo=UTC)).astimezone(self.zone)

    def fiscal(self, moment: datetime) -> tuple[int, int]:
        """Fiscal year, which has the name of the year in which it ends, and the month within it from 1."""
        months = moment.year * 12 + moment.month - self.first_month
        return (months + (12 if self.first_month > 1 else 0)) // 12, months % 12 + 1


_PARTS: dict[str, Callable[[datetime, Calendar], int | str]] = {
    "CALENDAR_YEAR": lambda moment, _: moment.year,
    "CALENDAR_QUARTER": lambda moment, _: (moment.month + 2) // 3,
    "CALENDAR_MONTH": lambda moment, _: moment.month,
    "DAY_IN_MONTH": lambda moment, _: moment.day,
    "DAY_IN_WEEK": lambda moment, _: moment.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda moment, _: moment.timetuple().tm_yday,
    "DAY_ONLY": lambda moment, _: moment.date().isoformat(),
    "FISCAL_YEAR": lambda moment, calendar: calendar.fiscal(moment)[0],
    "FISCAL_QUARTER": lambda moment, calendar: (calendar.fiscal(moment)[1] + 2) // 3,
    "FISCAL_MONTH": lambda moment, calendar: calendar.fiscal(moment)[1],
    "HOUR_IN_DAY": lambda moment, _: moment.hour,
    "WEEK_IN_MONTH": lambda moment, _: (moment.day + 6) // 7,
    "WEEK_IN_YEAR": lambda moment, _: (moment.timetuple().tm_yday + 6) // 7,
}
DATE_FUNCTIONS = frozenset(_PARTS)


def suits(function: str, field: Field) -> bool:
    """Whether a function may be applied to a field."""
    if function in _MOMENTS_ONLY:
        return field.type == "datetime"
    return function not in _PARTS or field.type in ("date", "datetime")


def change(function: str, field: Field, calendar: Calendar) -> tuple[Field, Change]:
    """The kind of value a function makes of a field's, and how; null stays null.

    `calendar` is that of UTC unless the field stands in convertTimezone().
    """
    if function in _AS_IS:
        return field, _same
    if function == "FORMAT":
        return replace(field, type="string"), _unless_null(lambda value: _formatted(field, value, calendar))
    part = _PARTS[function]
    kind = "date" if function == "DAY_ONLY" else "int"
    return replace(field, type=kind), _unless_null(lambda value: part(calendar.local(str(value)), calendar))


def _same(value: Json) -> Json:
    return value


def _unless_null(make: Change) -> Change:
    return lambda value: None if value is None else make(value)


def _formatted(field: Field, value: Json, calendar: Calendar) -> str:
    """The value as the user interface shows it in the locale en_US."""
    match field.type:
        case "date":
            return _day(calendar.local(value))
        case "datetime":
            moment = calendar.local(value)
            return f"{_day(moment)}, {moment.hour % 12 or 12}:{moment:%M} {'AM' if moment.hour < 12 else 'PM'}"
        case "currency":
            return f"{'-' if value < 0 else ''}${abs(value):,.2f}"
        case "percent":
            return f"{_number(field, value)}%"
        case "double" | "int":
            return _number(field, value)
        case _:
            return str(value).lower() if isinstance(value, bool) else str(value)


def _day(moment: datetime) -> str:
    return f"{moment.month}/{moment.day}/{moment.year}"


def _number(field: Field, value: float) -> str:
    if field.custom:
        return f"{value:,.{field.scale}f}"
    return f"{int(value) if value == int(value) else round(value, 3):,}"
