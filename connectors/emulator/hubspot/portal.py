"""One HubSpot portal: its CRM, who may call, how often, and the switches; what the emulator's server mounts."""

from collections.abc import Mapping
from typing import Any

from . import seeds
from .access import Access
from .columnar.lists import Lists
from .crm import Clock, Crm
from .limits import Limits
from .search import Index
from .settings import Json, defaults


class Portal:
    """The state behind the HubSpot routes. `settings` may be changed at any time (see `settings.defaults`)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.settings: dict[str, Json] = defaults()
        self.reset()

    def reset(self) -> None:
        """Go back to an empty portal with default settings; credentials stay the same."""
        self.settings.clear()
        self.settings.update(defaults())
        self.access = Access(self.clock, self.settings)
        self.limits = Limits(self.settings)
        self.crm = Crm(self.clock, self.settings)
        self.index = Index(self.crm)
        self.lists = Lists(self.crm)

    def load(self, seed: Mapping[str, Any]) -> None:
        """Add the "hubspot" part of a seed, dates resolved. Raises seeds.SeedError with every mistake found."""
        seeds.load(self.crm, seed)

    def credentials(self) -> dict[str, str]:
        """List what a client needs: `token`, and for OAuth `client_id`, `client_secret`, `refresh_token`."""
        return self.access.credentials()

    def horizon(self) -> float:
        """Tell up to which moment (epoch seconds) search has caught up."""
        lag: float = self.settings["search_lag"]
        return self.clock.now().timestamp() - lag
