"""Dates and datetimes in Salesforce's wire form, which sorts like time because it is always UTC with milliseconds."""

import re
from datetime import UTC, date, datetime

_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def wire(moment: datetime) -> str:
    """`2024-05-01T12:00:00.000+0000`; an aware moment of any zone is turned into UTC, milliseconds are kept."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def stamp(moment: datetime) -> str:
    """The wire form cut to whole seconds, as system fields hold it."""
    return wire(moment.replace(microsecond=0))


def parse_datetime(text: str) -> datetime | None:
    """The aware UTC moment that `text` names, or None when it is no ISO datetime. Without a zone it is UTC."""
    if "T" not in text:
        return None
    try:
        moment = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_date(text: str) -> date | None:
    """The date that `text` names as `YYYY-MM-DD`, or None."""
    if len(text) != 10:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
