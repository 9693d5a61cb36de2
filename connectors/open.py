"""Turns the description of a connection into a connector; the only place that knows all vendors.

Vendor packages are imported when they are needed: together they cost more than half a second of start-up.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from connectors.base import Connector, Finding
from connectors.census import Census
from connectors.options import FilesOptions, HubSpotOptions, SalesforceOptions


def open_connection(
    source: str,
    options: SalesforceOptions | HubSpotOptions | FilesOptions,
    secret: Callable[[str], str],
    now: Callable[[], float],
    keep: Callable[[str, str], None] | None = None,
) -> Connector:
    """Open the connection named `source`.

    `secret` resolves a reference such as ``env:NAME``; `now` tells epoch seconds. `keep(reference, value)` stores a
    secret that the vendor replaced (a rotated refresh token) before it is used, and does not raise; without it the
    vendor packages warn. Nothing is sent before the first method is called.
    """
    match options:
        case SalesforceOptions():
            from connectors.salesforce.connector import open_salesforce

            return open_salesforce(source, options, secret, now, keep)
        case HubSpotOptions():
            from connectors.hubspot.connector import open_hubspot

            return open_hubspot(source, options, secret, now, keep)
        case FilesOptions():
            from connectors.files.connector import open_files

            return open_files(source, options, now)


def outlook(options: SalesforceOptions | HubSpotOptions | FilesOptions, now: float) -> Sequence[Finding]:
    """Tell what a description foretells by itself, without a connection: versions of an API that end."""
    if not isinstance(options, HubSpotOptions):
        return ()
    from connectors.hubspot.checks import retiring

    return list(retiring(options.api, datetime.fromtimestamp(now, UTC).date()))


def census(
    options: SalesforceOptions | HubSpotOptions | FilesOptions,
    secret: Callable[[str], str],
    now: Callable[[], float],
    keep: Callable[[str, str], None] | None = None,
) -> Census | None:
    """Ask an organisation what it holds right now; None for an export. Arguments are those of `open_connection`.

    Raises a ConnectorError where the organisation cannot be asked.
    """
    match options:
        case SalesforceOptions():
            from connectors.salesforce.survey import take

            return take(options, secret, now, keep)
        case HubSpotOptions():
            from connectors.hubspot.survey import take as take_hubspot

            return take_hubspot(options, secret, now, keep)
        case FilesOptions():
            return None
