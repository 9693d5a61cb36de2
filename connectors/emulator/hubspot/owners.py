"""The people records are assigned to; deactivated ones stay, as archived."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .wire import stamp


@dataclass(frozen=True, slots=True)
class Owner:
    """One owner; `id` is what `hubspot_owner_id` holds, `user_id` is another number."""

    id: int
    email: str
    first_name: str
    last_name: str
    user_id: int | None
    archived: bool
    teams: tuple[Mapping[str, Any], ...]
    at: datetime
    """When the portal came to be: `createdAt` and `updatedAt`."""

    def render(self) -> dict[str, object]:
        """Form the owner's JSON; a deactivated owner has no user id and no teams."""
        teams = {"teams": [dict(team) for team in self.teams]} if self.teams and not self.archived else {}
        return {
            "id": str(self.id),
            "email": self.email,
            "type": "PERSON",
            "firstName": self.first_name,
            "lastName": self.last_name,
            "userId": None if self.archived else self.user_id,
            "userIdIncludingInactive": self.user_id,
            "createdAt": stamp(self.at),
            "updatedAt": stamp(self.at),
            "archived": self.archived,
            **teams,
        }


def read(row: Mapping[str, Any], at: datetime) -> Owner:
    """Read an owner of a seed."""
    return Owner(
        int(row["id"]),
        row.get("email") or "",
        row.get("firstName") or "",
        row.get("lastName") or "",
        row.get("userId"),
        bool(row.get("archived")),
        tuple(row.get("teams") or ()),
        at,
    )
