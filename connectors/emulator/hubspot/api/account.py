"""The account over HTTP: OAuth, details and usage, owners."""

from urllib.parse import parse_qsl, urlencode

from connectors.emulator.hubspot.access import PUBLIC_APP
from connectors.emulator.hubspot.refusals import RefusedError, missing, unauthenticated
from connectors.emulator.hubspot.wire import stamp

from .endpoint import Answer, Call, Door, Endpoint, every

OWNERS_PAGE = 100
OWNERS_READ = ("crm.objects.owners.read",)


def _form(call: Call) -> dict[str, str]:
    """Read a form body. Raises RefusedError (415) for another media type."""
    if "x-www-form-urlencoded" not in call.request.headers.get("content-type", ""):
        raise RefusedError(415, "VALIDATION_ERROR", "Unsupported Media Type: a form body is expected.")
    return dict(parse_qsl(call.raw.decode("utf-8", "replace")))


def _authorise(call: Call) -> Answer:
    """Answer HubSpot's consent page as a user who agrees: back to the app with a code."""
    redirect = call.text("redirect_uri") or ""
    code = call.portal.access.authorise(call.text("client_id") or "", redirect)
    state = {"state": call.text("state")} if call.text("state") else {}
    joint = "&" if "?" in redirect else "?"
    target = f"{redirect}{joint}{urlencode({'code': code, **state})}"
    if not target.isascii() or not target.isprintable():
        raise RefusedError(400, "VALIDATION_ERROR", "redirect_uri must be an address.")
    return Answer(302, headers={"Location": target})


def _token(call: Call) -> Answer:
    portal = call.portal
    token = portal.access.issue(_form(call))
    body = {
        "token_type": "bearer",
        "refresh_token": portal.access.refresh_token,
        "access_token": token,
        "expires_in": portal.settings["access_token_seconds"],
    }
    told = call.version != "v1" or portal.settings["oauth_v1_tells_account"]
    about = {"hub_id": portal.crm.portal_id, "scopes": portal.settings["scopes"]} if told else {}
    return Answer(200, {**body, **about})


def _introspect(call: Call) -> Answer:
    form = _form(call)
    access = call.portal.access
    if form.get("client_id") != access.client_id or form.get("client_secret") != access.client_secret:
        raise unauthenticated()
    if form.get("token_type_hint") == "refresh_token":
        known = access.knows(form.get("refresh_token", ""))
        return Answer(200, {"active": True, **_about(call)} if known else {"active": False})
    end = access.end_of(form.get("access_token", ""))
    left = 0 if end is None else int((end - call.portal.clock.now()).total_seconds())
    return Answer(200, {"active": True, **_about(call), "expires_in": left} if left > 0 else {"active": False})


def _about(call: Call) -> dict[str, object]:
    """Say whom a token of the public app stands for."""
    owners = sorted(call.portal.crm.owners.items())
    user = next((owner for _, owner in owners if owner.user_id is not None), None)
    return {
        "hub_id": call.portal.crm.portal_id,
        "hub_domain": f"portal-{call.portal.crm.portal_id}.example",
        "app_id": PUBLIC_APP,
        "user": user.email if user else "",
        "user_id": user.user_id if user else 0,
        "scopes": call.portal.settings["scopes"],
    }


def _access_token(call: Call) -> Answer:
    end = call.portal.access.end_of(call.path["token"])
    if end is None:
        raise missing()
    left = int((end - call.portal.clock.now()).total_seconds())
    return Answer(200, {"token": call.path["token"], "expires_in": left, "token_type": "access", **_about(call)})


def _refresh_token(call: Call) -> Answer:
    _check_refresh(call)
    client = {"client_id": call.portal.access.client_id}
    return Answer(200, {"token": call.path["token"], "token_type": "refresh", **client, **_about(call)})


def _revoke(call: Call) -> Answer:
    _check_refresh(call)
    call.portal.access.revoke()
    return Answer(204)


def _check_refresh(call: Call) -> None:
    if not call.portal.access.knows(call.path["token"]):
        raise missing()


def _details(call: Call) -> Answer:
    return Answer(
        200,
        {
            "portalId": call.portal.crm.portal_id,
            "accountType": "STANDARD",
            "timeZone": call.portal.settings["time_zone"],
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": call.portal.limits.offset(call.portal.clock.now()),
            "utcOffsetMilliseconds": call.portal.limits.offset_milliseconds(call.portal.clock.now()),
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        },
    )


def _usage(call: Call) -> Answer:
    portal = call.portal
    now = portal.clock.now()
    row = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": portal.settings["daily_limit"],
        "currentUsage": portal.limits.used_today("all", now),
        "collectedAt": stamp(now),
        "fetchStatus": "SUCCESS",
        "resetsAt": stamp(portal.limits.resets_at(now)),
    }
    return Answer(200, {"results": [row]})


def _owners(call: Call) -> Answer:
    limit, after = call.limit(OWNERS_PAGE, call.portal.settings["owners_page"]), call.number("after", 0)
    email, archived = (call.text("email") or "").lower(), call.flag("archived")
    found = [
        owner
        for _, owner in sorted(call.portal.crm.owners.items())
        if owner.archived is archived and owner.id >= after and email in {"", owner.email.lower()}
    ]
    following = found[limit].id if len(found) > limit else None
    return Answer(200, {"results": [owner.render() for owner in found[:limit]], **call.page(following)})


def _owner(call: Call) -> Answer:
    key, archived = call.path["id"], call.flag("archived")
    by_user = (call.text("idProperty") or "id").lower() == "userid"
    for owner in call.portal.crm.owners.values():
        found = owner.user_id if by_user else owner.id
        if found is not None and str(found) == key and owner.archived is archived:
            return Answer(200, owner.render())
    raise missing()


ENDPOINTS = (
    Endpoint("GET", ("/oauth/authorize",), _authorise, door=Door.PUBLIC),
    Endpoint("POST", ("/oauth/v1/token", *every("/oauth/v3/token")), _token, door=Door.PUBLIC),
    Endpoint("POST", every("/oauth/v3/token/introspect"), _introspect, door=Door.PUBLIC),
    Endpoint("GET", ("/oauth/v1/access-tokens/{token}",), _access_token, door=Door.PUBLIC),
    Endpoint("GET", ("/oauth/v1/refresh-tokens/{token}",), _refresh_token, door=Door.PUBLIC),
    Endpoint("DELETE", ("/oauth/v1/refresh-tokens/{token}",), _revoke, door=Door.PUBLIC),
    Endpoint("GET", every("/account-info/v3/details"), _details),
    Endpoint("GET", every("/account-info/v3/api-usage/daily/private-apps"), _usage),
    Endpoint("GET", every("/crm/v3/owners"), _owners, OWNERS_READ),
    Endpoint("GET", every("/crm/v3/owners/{id}"), _owner, OWNERS_READ),
)
