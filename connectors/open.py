"""Turns the description of a connection into a connector; the only place that knows all vendors.

Vendor packages are imported when they are needed: together they cost more than half a second of start-up.
"""

from collections.abc import Callable

from connectors.base import Connector
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
