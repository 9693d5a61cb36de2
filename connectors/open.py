"""Turns the description of a connection into a connector; the only place that knows all vendors.

Vendor packages are imported when they are needed: together they cost more than half a second of start-up.
"""

from collections.abc import Callable

from connectors.base import Connector
from connectors.options import HubSpotOptions, SalesforceOptions


def open_connection(
    source: str,
    options: SalesforceOptions | HubSpotOptions,
    secret: Callable[[str], str],
    now: Callable[[], float],
) -> Connector:
    """Open the connection named `source`.

    `secret` resolves a reference such as ``env:NAME``; `now` tells epoch seconds. Nothing is sent before the first
    method is called.
    """
    match options:
        case SalesforceOptions():
            from connectors.salesforce.connector import open_salesforce

            return open_salesforce(source, options, secret, now)
        case HubSpotOptions():
            from connectors.hubspot.connector import open_hubspot

            return open_hubspot(source, options, secret, now)
