"""What an organisation holds right now, as far as a person must know it before a run: values without a verdict.

The packages of the vendors take a census with a handful of calls, `connectors.open.census` opens them; `sync.findings`
judges it. Anything the vendor would not tell is None or left out, never "none".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WINDOW_DAYS = 90
"""Days in which an organisation that captures activity has some (our default)."""
MOST_KEEPERS = 2_000
"""Owners of customers that are looked at."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """A colleague who owns customers.

    `active` is None for one whom the vendor does not list among its users. `manager` is the id of the manager, where
    the vendor has managers, and `team` the primary team, where it has teams; `manager_active` tells of the manager.
    """

    id: str
    name: str
    customers: int
    active: bool | None
    manager: str | None = None
    manager_active: bool | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True)
class Census:
    """The present state of one organisation.

    `activity` counts the records of each kind of activity in the last `WINDOW_DAYS` days. `choices` holds the values
    that a picklist of an account offers, by mapped attribute. `colleagues` are the addresses of all users, lower case.
    """

    customers: int | None = None
    keepers: Sequence[Keeper] = ()
    activity: Mapping[str, int | None] = field(default_factory=dict)
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    colleagues: frozenset[str] = frozenset()
    managers_known: bool = False
    """The vendor itself knows who manages whom."""
