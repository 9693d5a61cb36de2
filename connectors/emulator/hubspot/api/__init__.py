"""The HTTP side of the portal: thin handlers, one table of endpoints per resource."""

from starlette.routing import BaseRoute

from connectors.emulator.hubspot.portal import Portal

from . import account, associations, lists, objects, pipelines, properties, validations, webhooks
from .endpoint import mount

RESOURCES = (account, associations, lists, objects, pipelines, properties, validations, webhooks)


def routes(portal: Portal) -> list[BaseRoute]:
    """Form the routes of a portal, every version's paths, with and without trailing slash."""
    return mount(portal, [endpoint for resource in RESOURCES for endpoint in resource.ENDPOINTS])
