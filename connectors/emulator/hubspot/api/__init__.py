"""The HTTP side of the portal: thin handlers, one table of endpoints per resource."""

from starlette.routing import BaseRoute

from connectors.emulator.hubspot.portal import Portal

from . import (
    account,
    associations,
    exports,
    imports,
    lists,
    objects,
    pipelines,
    properties,
    schemas,
    users,
    validations,
    webhooks,
)
from .endpoint import mount

RESOURCES = (
    objects,
    associations,
    properties,
    account,
    exports,
    imports,
    lists,
    pipelines,
    schemas,
    users,
    validations,
    webhooks,
)
"""The resources, those asked most often first: routes are tried in this order."""


def routes(portal: Portal) -> list[BaseRoute]:
    """Form the routes of a portal, every version's paths, with and without trailing slash."""
    return [route for resource in RESOURCES for route in mount(portal, resource.ENDPOINTS)]
