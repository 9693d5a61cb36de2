"""HubSpot's wire forms of time and number, and the portal's data files; pure, used by every module of this part."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH = re.compile(r"-?[0-9]+")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def stamp(at: datetime) -> str:
    """Write an aware moment as HubSpot does: ISO 8601 in UTC with milliseconds and ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Read epoch milliseconds or ISO 8601 (without offset: UTC). Raises ValueError when it is neither."""
    try:
        if _EPOCH.fullmatch(text):
            return _ZERO + timedelta(milliseconds=int(text))
        if not _ISO.fullmatch(text):
            raise ValueError(text)
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(text) from error


def number(text: str) -> Decimal:
    """Read a finite decimal number in plain or scientific form. Raises ValueError."""
    try:
        value = Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else None
    except InvalidOperation:
        value = None
    if value is None or not value.is_finite():
        raise ValueError(text)
    return value or abs(value)


@cache
def data_file(name: str) -> Any:
    """Load one JSON file of `data/`, for example ``properties/contacts.json``; read once, never changed."""
    return json.loads(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))
