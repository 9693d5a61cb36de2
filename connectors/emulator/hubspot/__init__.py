"""A HubSpot portal in memory: objects, associations, properties, owners, search and their limits over HTTP.

The emulator's server makes one `Portal`, fills it with `load` and mounts `routes(portal)`.
"""

from .api import routes
from .portal import Portal

__all__ = ["Portal", "routes"]
