"""The users of a portal's settings, seen from its owners: whoever owns records and may log in is a user."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .crm import Crm
from .owners import Owner
from .refusals import RefusedError, missing


@dataclass(slots=True)
class Users:
    """Users and teams; roles exist only where a user was given one."""

    crm: Crm
    roles: dict[int, str | None] = field(default_factory=dict)
    """Role by user id."""

    def all(self) -> list[Owner]:
        """List the users by user id."""
        found = [owner for owner in self.crm.owners.values() if owner.user_id is not None and not owner.archived]
        return sorted(found, key=lambda owner: owner.user_id or 0)

    def read(self, key: str, *, by_email: bool) -> Owner:
        """Find a user by id or email or raise RefusedError (404)."""
        for owner in self.all():
            if key.lower() == (owner.email.lower() if by_email else str(owner.user_id)):
                return owner
        raise missing()

    def add(self, form: Mapping[str, Any]) -> Owner:
        """Add a user, who becomes an owner as well. Raises RefusedError (409) for an address that is taken."""
        if any(owner.email.lower() == form["email"].lower() for owner in self.all()):
            raise RefusedError(409, "CONFLICT", f"User {form['email']} already exists.")
        number = max([1, *self.crm.owners, *(owner.user_id or 0 for owner in self.crm.owners.values())]) + 1
        names = (form["firstName"], form["lastName"])
        made = Owner(number, form["email"], *names, number + 1, archived=False, teams=(), at=self.crm.now())
        return self._keep(made, form)

    def change(self, owner: Owner, form: Mapping[str, Any]) -> Owner:
        """Give a user other teams, names or another role."""
        named = replace(
            owner,
            first_name=form["firstName"] or owner.first_name,
            last_name=form["lastName"] or owner.last_name,
        )
        return self._keep(named, form)

    def _keep(self, owner: Owner, form: Mapping[str, Any]) -> Owner:
        primary, others = form["primaryTeamId"], form["secondaryTeamIds"]
        known = {team["id"]: team["name"] for team in self.teams()}
        wanted = [(primary, True)] if primary else []
        wanted += [(team, False) for team in others or ()]
        teams = tuple({"id": key, "name": known.get(key, key), "primary": first} for key, first in wanted)
        kept = replace(owner, teams=teams) if primary or others is not None else owner
        self.crm.owners[kept.id] = kept
        if form["roleId"] and kept.user_id is not None:
            self.roles[kept.user_id] = form["roleId"]
        return kept

    def remove(self, owner: Owner) -> None:
        """Deactivate a user; the owner stays, as archived."""
        self.crm.owners[owner.id] = replace(owner, archived=True)

    def teams(self) -> list[dict[str, Any]]:
        """List the teams that owners belong to, with their users."""
        found: dict[str, dict[str, Any]] = {}
        for owner in self.all():
            for team in owner.teams:
                row = found.setdefault(
                    team["id"], {"id": team["id"], "name": team["name"], "userIds": [], "secondaryUserIds": []}
                )
                row["userIds" if team.get("primary") else "secondaryUserIds"].append(str(owner.user_id))
        return [found[key] for key in sorted(found)]

    def render(self, owner: Owner) -> dict[str, object]:
        """Form a user's JSON."""
        role = self.roles.get(owner.user_id or 0)
        primary = next((team["id"] for team in owner.teams if team.get("primary")), None)
        return {
            "id": str(owner.user_id),
            "email": owner.email,
            "firstName": owner.first_name,
            "lastName": owner.last_name,
            "roleIds": [role] if role else [],
            **({"roleId": role} if role else {}),
            **({"primaryTeamId": primary} if primary else {}),
            "secondaryTeamIds": [team["id"] for team in owner.teams if not team.get("primary")],
            "superAdmin": owner.user_id == min(each.user_id or 0 for each in self.all()),
            "sendWelcomeEmail": False,
        }
