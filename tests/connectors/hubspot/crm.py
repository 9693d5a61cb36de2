"""A HubSpot portal in the emulator: how to fill it, how to connect to it and how to act in it as a person."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from connectors.hubspot.connector import HubSpot, open_hubspot
from connectors.options import HubSpotOptions
from mapping.metadata import FIELDS

WALL = time.time


@dataclass(frozen=True, slots=True)
class Crm:
    """The emulated portal, its control interface and the connections to it."""

    told: Mapping[str, Any]

    def control(self, what: str, body: object) -> None:
        """Turn a switch of the emulator."""
        requests.post(f"{self.told['control']}/{what}", json=body, timeout=10).raise_for_status()

    def load(self, seed: Mapping[str, object]) -> "Crm":
        """Start anew with a seed, and without the limits of real time."""
        self.control("reset", {})
        self.control("seed", {"hubspot": seed})
        self.limits(ten_secondly_limit=100_000, oauth_ten_secondly_limit=100_000, association_limit=100_000)
        return self

    def limits(self, **changes: object) -> None:
        """Change how the portal behaves."""
        self.control("limits", {"hubspot": changes})

    def by_hand(self, method: str, path: str, body: object = None) -> Any:
        """Act as a person in the portal."""
        hubspot = self.told["hubspot"]
        headers = {"Authorization": f"Bearer {hubspot['token']}"}
        answer = requests.request(method, f"{hubspot['url']}{path}", json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def connect(self, **options: object) -> HubSpot:
        """Open a connection with the token, or with what `options` say instead."""
        told = self.told["hubspot"]
        described = {
            "vendor": "hubspot",
            "url": told["url"],
            "auth": {"flow": "token", "access_token": "env:token"},
            **options,
        }
        return open_hubspot("hs", HubSpotOptions.model_validate(described), lambda name: told[name[4:]], WALL)

    def provisioned(self, **options: object) -> HubSpot:
        """Open a connection and bring our fields into the portal."""
        connection = self.connect(**options)
        list(connection.provision(FIELDS, dry_run=False))
        return connection
