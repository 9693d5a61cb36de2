"""The account over HTTP: OAuth tokens, details and usage, owners, deal pipelines."""

from urllib.parse import parse_qsl

from connectors.emulator.hubspot.refusals import RefusedError, missing, unauthenticated
from connectors.emulator.hubspot.wire import stamp

from .endpoint import Answer, Call, Endpoint

OWNERS_PAGE, OWNERS_MOST = 100, 500
OWNERS_READ = ("crm.objects.owners.read",)


def _form(call: Call) -> dict[str, str]:
    """Read a form body. Raises RefusedError (415) for another media type."""
    if "x-www-form-urlencoded" not in call.request.headers.get("content-type", ""):
        raise RefusedError(415, "VALIDATION_ERROR", "Unsupported Media Type: a form body is expected.")
    return dict(parse_qsl(call.raw.decode("utf-8", "replace")))


def _token(call: Call) -> Answer:
    portal = call.portal
    body = {
        "token_type": "bearer",
        "refresh_token": portal.access.refresh_token,
        "access_token": portal.access.issue(_form(call)),
        "expires_in": portal.settings["access_token_seconds"],
    }
    about = {"hub_id": portal.crm.portal_id, "scopes": portal.settings["scopes"]} if call.version != "v1" else {}
    return Answer(200, {**body, **about})


def _introspect(call: Call) -> Answer:
    form = _form(call)
    access = call.portal.access
    if form.get("client_id") != access.client_id or form.get("client_secret") != access.client_secret:
        raise unauthenticated()
    if form.get("token_type_hint") == "refresh_token":
        return Answer(200, _about(call, active=form.get("refresh_token") == access.refresh_token))
    end = access.end_of(form.get("access_token", ""))
    left = 0 if end is None else int((end - call.portal.clock.now()).total_seconds())
    return Answer(200, {**_about(call, active=left > 0), **({"expires_in": left} if left > 0 else {})})


def _about(call: Call, *, active: bool) -> dict[str, object]:
    crm = call.portal.crm
    return {"active": active, "hub_id": crm.portal_id, "scopes": call.portal.settings["scopes"]} if active else {
        "active": False
    }  # fmt: skip


def _token_info(call: Call) -> Answer:
    end = call.portal.access.end_of(call.path["token"])
    if end is None:
        raise missing()
    left = int((end - call.portal.clock.now()).total_seconds())
    known = {"hub_id": call.portal.crm.portal_id, "scopes": call.portal.settings["scopes"], "token_type": "access"}
    return Answer(200, {"token": call.path["token"], "expires_in": left, **known})


def _details(call: Call) -> Answer:
    return Answer(
        200,
        {
            "portalId": call.portal.crm.portal_id,
            "accountType": "STANDARD",
            "timeZone": call.portal.settings["time_zone"],
            "companyCurrency": "USD",
            "additionalCurrencies": [],
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
    limit, after = call.limit(OWNERS_PAGE, OWNERS_MOST), call.number("after", 0)
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


def _pipelines(call: Call) -> Answer:
    found = call.portal.crm.pipelines[call.kind.name].all.values()
    return Answer(200, {"results": [pipeline.render() for pipeline in found]})


def _pipeline(call: Call) -> Answer:
    found = call.portal.crm.pipelines[call.kind.name].read(call.path["id"])
    stages = [stage.render() for stage in found.stages.values()]
    return Answer(200, {"results": stages} if call.request.url.path.rstrip("/").endswith("/stages") else found.render())


ENDPOINTS = (
    Endpoint("POST", ("/oauth/v1/token", "/oauth/v3/token"), _token, public=True),
    Endpoint("POST", ("/oauth/v3/token/introspect",), _introspect, public=True),
    Endpoint("GET", ("/oauth/v1/access-tokens/{token}",), _token_info, public=True),
    Endpoint("GET", ("/account-info/v3/details", "/account-info/{date}/details"), _details),
    Endpoint(
        "GET",
        tuple(f"/account-info/{v}/api-usage/daily/private-apps" for v in ("v3", "{date}")),
        _usage,
    ),
    Endpoint("GET", ("/crm/v3/owners", "/crm/owners/{date}"), _owners, OWNERS_READ),
    Endpoint("GET", ("/crm/v3/owners/{id}", "/crm/owners/{date}/{id}"), _owner, OWNERS_READ),
    *(
        Endpoint(
            "GET", (f"/crm/v3/pipelines{rest}", f"/crm/pipelines/{{date}}{rest}"), act, ("crm.objects.{kind}.read",)
        )
        for rest, act in (("/{kind}", _pipelines), ("/{kind}/{id}", _pipeline), ("/{kind}/{id}/stages", _pipeline))
    ),
)
