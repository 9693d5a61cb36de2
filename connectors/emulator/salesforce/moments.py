"""Dates and datetimes in Salesforce's wire form, which sorts like time because it is always UTC with milliseconds."""

import re
from datetime import UTC, date, datetime

_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
# Salesforce keeps no date outside these years.
_FIRST_YEAR, _LAST_YEAR = 1700, 4000


def wire(moment: datetime) -> str:
    """`2024-05-01T12:00:00.000+0000`; an aware moment of any zone is turned into UTC, milliseconds are kept."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def stamp(moment: datetime) -> str:
    """The wire form cut to whole seconds, as system fields hold it."""
    return wire(moment.replace(microsecond=0))


def parse_datetime(text: str) -> datetime | None:
    """The aware UTC moment that `text` names, or None when it is no ISO datetime. Without a zone it is UTC."""
    if not _DATETIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text))
    except ValueError:
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_date(text: str) -> date | None:
    """The date that `text` names as `YYYY-MM-DD`, or None."""
    if not _DATE.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None
