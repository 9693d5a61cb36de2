"""Users, roles and teams of the portal's settings over HTTP."""

from connectors.emulator.hubspot.owners import Owner

from . import bodies
from .endpoint import Answer, Call, Endpoint, every

PAGE, PAGE_MOST = 100, 100
READ, WRITE, TEAMS = ("settings.users.read",), ("settings.users.write",), ("settings.users.teams.read",)


def _list(call: Call) -> Answer:
    limit, after = call.limit(PAGE, PAGE_MOST), call.number("after", 0)
    found = [user for user in call.portal.users.all() if (user.user_id or 0) >= after]
    following = found[limit].user_id if len(found) > limit else None
    return Answer(200, {"results": [call.portal.users.render(u) for u in found[:limit]], **call.page(following)})


def _user(call: Call) -> Owner:
    by_email = (call.text("idProperty") or "USER_ID").upper() == "EMAIL"
    return call.portal.users.read(call.path["id"], by_email=by_email)


def _get(call: Call) -> Answer:
    return Answer(200, call.portal.users.render(_user(call)))


def _create(call: Call) -> Answer:
    made = call.portal.users.add(call.body(bodies.NewUser).model_dump(by_alias=True))
    return Answer(201, call.portal.users.render(made))


def _replace(call: Call) -> Answer:
    made = call.portal.users.change(_user(call), call.body(bodies.UserChange).model_dump(by_alias=True))
    return Answer(200, call.portal.users.render(made))


def _remove(call: Call) -> Answer:
    call.portal.users.remove(_user(call))
    return Answer(204)


def _roles(call: Call) -> Answer:
    found = sorted({role for role in call.portal.users.roles.values() if role})
    return Answer(200, {"results": [{"id": role, "name": role, "requiresBillingWrite": False} for role in found]})


def _teams(call: Call) -> Answer:
    return Answer(200, {"results": call.portal.users.teams()})


def _paths(rest: str) -> tuple[str, ...]:
    return every(f"/settings/v3/users{rest}")


ENDPOINTS = (
    Endpoint("GET", _paths(""), _list, READ),
    Endpoint("POST", _paths(""), _create, WRITE),
    Endpoint("GET", _paths("/roles"), _roles, READ),
    Endpoint("GET", _paths("/teams"), _teams, TEAMS),
    Endpoint("GET", _paths("/{id}"), _get, READ),
    Endpoint("PUT", _paths("/{id}"), _replace, WRITE),
    Endpoint("DELETE", _paths("/{id}"), _remove, WRITE),
)
