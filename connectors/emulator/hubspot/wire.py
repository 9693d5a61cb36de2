"""HubSpot's wire forms of time, and reading the portal's data files; pure, used by every module of this part."""

import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any


def stamp(at: datetime) -> str:
    """Write an aware moment as HubSpot does: ISO 8601 in UTC with milliseconds and ``Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """Read epoch milliseconds or ISO 8601 (without offset: UTC). Raises ValueError when it is neither."""
    try:
        if text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(text) from error


@cache
def data_file(name: str) -> Any:
    """Load one JSON file of `data/`, for example ``properties/contacts.json``; read once, never changed."""
    return json.loads(files(__package__).joinpath("data", name).read_text(encoding="utf-8"))
