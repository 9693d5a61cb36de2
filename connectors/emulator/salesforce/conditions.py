"""Conditional requests: If-Modified-Since and If-Unmodified-Since on describes and single records."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.wire import Json


def conditional(call: Call, changed: datetime | None, body: Callable[[], Json]) -> Answer:
    """The body with its Last-Modified, or 304 when it has not `changed` since the caller asked last.

    Raises:
        SalesforceError: PRECONDITION_FAILED (412), it did change and the caller wants it only as it was.
    """
    if changed is None:
        return Answer(body=body())
    moment = changed.astimezone(UTC).replace(microsecond=0)
    headers = {"Last-Modified": format_datetime(moment, usegmt=True)}
    since, until = (_moment(call.headers.get(name)) for name in ("if-modified-since", "if-unmodified-since"))
    if until is not None and moment > until:
        raise SalesforceError("PRECONDITION_FAILED", "The resource has been modified since the given date", 412)
    return Answer(304, None, headers) if since is not None and moment <= since else Answer(200, body(), headers)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment and moment.replace(tzinfo=moment.tzinfo or UTC)
