"""One HubSpot portal: its CRM, who may call, how often, and the switches; what the emulator's server mounts."""

from collections.abc import Mapping
from typing import Any

from . import seeds
from .access import PUBLIC_APP, Access
from .columnar.pages import Pages
from .crm import Clock, Crm
from .custom_objects import CustomObjects
from .exports import Exports
from .imports import Imports
from .limits import Limits
from .lists import Lists
from .search import Index
from .settings import Json, defaults, figures
from .users import Users
from .webhooks import Webhooks


class Portal:
    """The state behind the HubSpot routes. `settings` may be changed at any time (see `settings.defaults`)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.settings: dict[str, Json] = defaults()
        self._begin()

    def reset(self) -> None:
        """Go back to an empty portal with default settings; credentials stay the same."""
        self.webhooks.close()
        self.settings.clear()
        self.settings.update(defaults())
        self._begin()

    def _begin(self) -> None:
        self.access = Access(self.clock, self.settings)
        self.limits = Limits(self.settings)
        self.crm = Crm(self.clock, self.settings)
        self.index = Index(self.crm)
        self.pages = Pages(self.crm)
        self.custom_objects = CustomObjects(self.crm)
        self.exports = Exports(self.crm, self.settings, self.access.client_secret)
        self.imports = Imports(self.crm, self.settings)
        self.users = Users(self.crm)
        self.lists = Lists(self.crm, self.horizon)
        secret, events = self.access.client_secret, self.crm.events
        self.webhooks = Webhooks(self.clock, self.settings, PUBLIC_APP, secret, self.portal_id, events)

    def configure(self, changes: Mapping[str, Json]) -> None:
        """Change settings; a change of the tier brings its limits. Raises ValueError for a tier that is none."""
        after = {**self.settings, **changes}
        tiered = {"tier", "limit_increases"} & changes.keys()
        brought = figures(after["tier"], after["limit_increases"]) if tiered else {}
        self.settings.update({**brought, **changes})

    def load(self, seed: Mapping[str, Any]) -> None:
        """Add the "hubspot" part of a seed, dates resolved. Raises seeds.SeedError with every mistake found."""
        seeds.load(self.crm, self.custom_objects, seed)

    def credentials(self) -> dict[str, str]:
        """List what a client needs: `token`, and for OAuth `client_id`, `client_secret`, `refresh_token`."""
        return self.access.credentials()

    def portal_id(self) -> int:
        """Tell the account's number, which a seed may change."""
        return self.crm.portal_id

    def horizon(self) -> float:
        """Tell up to which moment (epoch seconds) search has caught up."""
        lag: float = self.settings["search_lag"]
        return self.clock.now().timestamp() - lag
