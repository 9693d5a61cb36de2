"""Every route and method: never a failure of ours, limits and scopes of each version, exact error bodies."""

from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route

from connectors.emulator.hubspot import routes
from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"
DATES = ("2025-09", "2026-03", "2026-09")

IDS = [
    "201",
    "9001",
    "999",
    "x",
    "0",
    "-1",
    "\u0662\u0660\u0661",
    "9" * 30,
    "a b",
    "%00",
    "é",
    "ann@acme.example",
    "..",
    "0201",
]
TYPES = ["contacts", "0-2", "deal", "tasks", "emails", "gadgets", "é", "%F0%9F%99%82", "None", "0-99"]
OTHERS: dict[str, list[str]] = {
    "kind": TYPES,
    "other": TYPES,
    "type": ["1", "101", "279", "x", "9" * 40, "\u00b2"],
    "token": ["x", "é"],
    "name": ["email", "nps_score", "x", "é", "A B", "contactinformation", "9" * 200],
}


@cache
def _templates(site: Site) -> list[str]:
    return sorted({route.path for route in routes(site.portal) if isinstance(route, Route)})


def _reached(template: str, choose: Any) -> str:
    """Put words into a template's parameters."""
    parts = [choose(OTHERS.get(p[1:-1], IDS)) if p.startswith("{") else p for p in template.split("/")]
    return "/".join(parts)


def _judge(answer: Any) -> None:
    assert answer.status_code < 500, (answer.request.method, answer.url, answer.request.body, answer.text)
    assert "Traceback" not in answer.text
    if answer.status_code >= 400 and answer.request.method != "HEAD" and "json" in answer.headers["content-type"]:
        error = answer.json()
        assert error["message"]
        assert answer.headers["X-HubSpot-Correlation-Id"] == error["correlationId"]
    if answer.status_code == 204:
        assert not answer.content


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("body", [None, {}, [], {"inputs": []}, {"inputs": [{}]}, {"inputs": None}])
def test_every_route_answers_every_method(site: Site, method: str, body: Any) -> None:
    site.portal.settings |= {"ten_secondly_limit": 10_000, "search_limit": 10_000, "association_limit": 10_000}
    newest = [path for path in _templates(site) if not path.endswith("/") and not {*DATES[:2]} & {*path.split("/")}]
    for number, template in enumerate(newest):
        _judge(site.call(method, _reached(template, lambda words, n=number: words[n % len(words)]), body))


NUMBERS = st.sampled_from([0, -1, 1, 2**31, 2**63 - 1, 2**63, 2**64 - 1, 1e22, -1e-300, 1e308, True])
TEXTS = st.sampled_from(
    [
        "",
        " ",
        "201",
        "9001",
        "email",
        "x",
        "true",
        ";",
        "\u0000",
        "é\u0661",
        "9" * 30,
        "9" * 5000,
        "-1",
        "1e400",
        "*",
        "contacts",
        "HUBSPOT_DEFINED",
        "USER_DEFINED",
        "number",
        "text",
        "string",
        "select",
        "enumeration",
        "contactinformation",
        "EQ",
    ]
)
LEAVES = NUMBERS | TEXTS | st.none()
IDENTIFIED = st.fixed_dictionaries({"id": LEAVES})
TYPED = st.fixed_dictionaries({"associationCategory": TEXTS, "associationTypeId": LEAVES})
OPTION = st.fixed_dictionaries({"label": TEXTS, "value": TEXTS}, optional={"displayOrder": NUMBERS, "hidden": LEAVES})
VALUES = st.dictionaries(
    st.sampled_from(
        [
            "email",
            "nps_score",
            "nps_date",
            "is_user",
            "crm_key",
            "hubspot_owner_id",
            "hs_buying_role",
            "closedate",
            "lifecyclestage",
            "hs_timestamp",
            "hs_email_headers",
            "hs_task_status",
            "dealstage",
            "amount",
            "é",
        ]
    ),
    LEAVES,
    max_size=4,
)
FILTER = st.fixed_dictionaries(
    {
        "propertyName": st.sampled_from(["nps_score", "email", "hs_object_id", "associations.deal", "x", "closedate"]),
        "operator": st.sampled_from(["EQ", "NEQ", "GT", "BETWEEN", "IN", "NOT_IN", "CONTAINS_TOKEN", "HAS_PROPERTY"]),
    },
    optional={"value": LEAVES, "highValue": LEAVES, "values": st.lists(TEXTS, max_size=3)},
)
KEYED: dict[str, st.SearchStrategy[Any]] = {
    "id": LEAVES,
    "idProperty": TEXTS,
    "properties": VALUES | st.lists(TEXTS, max_size=2),
    "objectWriteTraceId": TEXTS,
    "from": IDENTIFIED,
    "to": IDENTIFIED | st.lists(IDENTIFIED, max_size=2),
    "types": st.lists(TYPED, max_size=2),
    "associations": st.lists(
        st.fixed_dictionaries({"to": IDENTIFIED, "types": st.lists(TYPED, max_size=2)}), max_size=2
    ),
    "after": LEAVES,
    "name": TEXTS,
    "label": TEXTS,
    "inverseLabel": TEXTS,
    "type": TEXTS,
    "fieldType": TEXTS,
    "groupName": TEXTS,
    "options": st.lists(OPTION, max_size=2),
    "displayOrder": NUMBERS,
    "hasUniqueValue": LEAVES,
    "primaryObjectId": LEAVES,
    "objectIdToMerge": LEAVES,
    "objectId": LEAVES,
    "associationTypeId": LEAVES,
    "filters": st.lists(FILTER, max_size=2),
    "sorts": st.lists(TEXTS, max_size=1),
    "limit": NUMBERS,
    "query": LEAVES,
    "propertiesWithHistory": st.lists(TEXTS, max_size=2),
    "archived": LEAVES,
}
ROWS = st.fixed_dictionaries({}, optional=KEYED)
BODIES = st.one_of(ROWS, st.fixed_dictionaries({"inputs": st.lists(ROWS, max_size=3)}), st.lists(TYPED, max_size=2))
QUERIES = st.dictionaries(
    st.sampled_from(
        ["limit", "after", "archived", "idProperty", "properties", "propertiesWithHistory", "associations", "email"]
    ),
    TEXTS.filter(lambda text: len(text) < 100),
    max_size=2,
)
FUZZ = settings(max_examples=350, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@FUZZ
@given(st.data())
def test_no_route_fails_whatever_is_sent_to_it(site: Site, data: st.DataObject) -> None:
    site.fresh()
    template = data.draw(st.sampled_from(_templates(site)))
    path = _reached(template, lambda words: data.draw(st.sampled_from(words[:6])))
    method = data.draw(st.sampled_from(["POST", "POST", "PATCH", "PUT", "GET", "DELETE"]))
    _judge(site.call(method, path, data.draw(BODIES), params=data.draw(QUERIES)))
    for after in (
        CONTACTS,
        "/crm/v3/properties/contacts",
        "/crm/v3/properties/contacts/groups",
        "/crm/v3/objects/emails",
    ):
        assert site.call("GET", after).status_code == 200


COUNTED = [
    ("GET", "/crm/v3/objects/contacts/201"), ("GET", "/crm/v4/objects/contacts/201/associations/companies"),
    ("GET", "/crm/v3/owners"), ("GET", "/crm/v3/properties/contacts"), ("GET", "/crm/v3/pipelines/deals"),
    ("GET", "/account-info/v3/details"), ("GET", "/crm/v4/associations/contacts/companies/labels"),
    *((method, path.format(date)) for date in DATES for method, path in (
        ("GET", "/crm/objects/{}/contacts/201"), ("GET", "/crm/objects/{}/contacts/201/associations/companies"),
        ("GET", "/crm/owners/{}"), ("GET", "/crm/properties/{}/contacts"), ("GET", "/crm/pipelines/{}/deals"),
        ("GET", "/account-info/{}/details"), ("GET", "/crm/associations/{}/contacts/companies/labels"))),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), COUNTED)
def test_every_version_counts_against_one_window(site: Site, method: str, path: str) -> None:
    site.portal.settings["ten_secondly_limit"] = 2
    assert site.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Remaining"] == "1"
    answer = site.call(method, path)
    assert (answer.status_code, answer.headers["X-HubSpot-RateLimit-Remaining"]) == (200, "0")
    refused = site.call(method, path)
    assert (refused.status_code, refused.json()["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert "category" not in refused.json()
    site.wait(9.999)
    assert site.call(method, path).status_code == 429
    site.wait(0.001)
    assert site.call(method, path).status_code == 200


@pytest.mark.parametrize("path", [f"{CONTACTS}/search", *(f"/crm/objects/{date}/contacts/search" for date in DATES)])
def test_every_version_s_search_counts_against_one_second(site: Site, path: str) -> None:
    for _ in range(5):
        site.json("POST", "/crm/v3/objects/deals/search", {})
    refused = site.call("POST", path, {})
    assert (refused.status_code, refused.json()["policyName"]) == (429, "SECONDLY")
    site.wait(1)
    answer = site.call("POST", path, {})
    assert answer.status_code == 200
    assert not any("ratelimit" in key.lower() for key in answer.headers)


@pytest.mark.parametrize(
    "path",
    ["/crm/v4/associations/contacts/companies/batch/read",
     *(f"/crm/associations/{date}/contacts/companies/batch/read" for date in DATES)],
)  # fmt: skip
def test_every_version_s_association_batches_count_against_their_own_window(site: Site, path: str) -> None:
    site.portal.settings["association_limit"] = 1
    site.json("POST", path, {"inputs": [{"id": "201"}]})
    site.refused("POST", "/crm/v4/associations/contacts/deals/batch/read", {"inputs": []}, status=429)
    site.wait(10)
    site.json("POST", path, {"inputs": [{"id": "201"}]})
    site.portal.settings["association_daily_limit"] = 2
    site.wait(10)
    assert site.refused("POST", path, {"inputs": []}, status=429)["policyName"] == "DAILY"
    assert site.call("GET", CONTACTS).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{CONTACTS}/999", 404),
        ("GET", "/crm/v3/objects/gadgets", 400),
        ("GET", f"{CONTACTS}?limit=0", 400),
        ("POST", CONTACTS, 400),
        ("GET", "/crm/v3/owners", 403),
        ("GET", "/crm/v4/objects/gadgets/1/associations/x", 400),
    ],
)
def test_a_refused_call_is_counted_and_says_so(site: Site, method: str, path: str, status: int) -> None:
    site.portal.settings["scopes"].remove("crm.objects.owners.read")
    answer = site.call(method, path)
    assert answer.status_code == status
    assert answer.headers["X-HubSpot-RateLimit-Remaining"] == "189"
    assert answer.headers["X-HubSpot-RateLimit-Daily-Remaining"] == "624999"
    assert answer.headers["X-HubSpot-Correlation-Id"] == answer.json()["correlationId"]


@pytest.mark.parametrize("path", ["/crm/v3/nothing", "/oauth/v1/access-tokens/x"])
def test_what_needs_no_token_is_not_counted(site: Site, path: str) -> None:
    site.call("GET", path)
    assert site.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Remaining"] == "189"


def test_unknown_callers_are_not_counted(site: Site) -> None:
    for _ in range(3):
        assert site.call("GET", CONTACTS, headers={"Authorization": "Bearer x"}).status_code == 401
    assert site.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Remaining"] == "189"


def _oauth(site: Site) -> dict[str, str]:
    known = site.portal.credentials()
    form = {"grant_type": "refresh_token", **{key: value for key, value in known.items() if key != "token"}}
    token = site.call("POST", "/oauth/v1/token", data=form).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_an_oauth_app_spends_nothing_of_the_private_apps_day(site: Site) -> None:
    headers = _oauth(site)
    site.portal.settings["daily_limit"] = 1
    for _ in range(3):
        assert site.call("GET", CONTACTS, headers=headers).status_code == 200
    assert site.call("GET", CONTACTS).headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    assert site.call("GET", CONTACTS).status_code == 429
    assert site.call("GET", CONTACTS, headers=headers).status_code == 200


def test_an_access_token_ends_to_the_second_and_a_newer_one_lives_on(site: Site) -> None:
    first = _oauth(site)
    site.wait(1000)
    second = _oauth(site)
    assert first != second
    site.wait(799.9)
    assert site.call("GET", CONTACTS, headers=first).status_code == 200
    site.wait(0.1)
    error = site.call("GET", CONTACTS, headers=first).json()
    assert (error["category"], error["message"].split("expired ")[1]) == ("EXPIRED_AUTHENTICATION", "0 second(s) ago.")
    assert site.call("GET", CONTACTS, headers=second).status_code == 200


SCOPED = [
    ("GET", "contacts", "crm.objects.contacts.read"), ("GET", "companies", "crm.objects.companies.read"),
    ("GET", "deals", "crm.objects.deals.read"), ("GET", "tasks", "crm.objects.contacts.read"),
    ("GET", "notes", "crm.objects.contacts.read"), ("POST", "contacts", "crm.objects.contacts.write"),
    ("POST", "companies", "crm.objects.companies.write"), ("POST", "deals", "crm.objects.deals.write"),
    ("POST", "calls", "crm.objects.contacts.write"),
]  # fmt: skip


@pytest.mark.parametrize("root", ["/crm/v3/objects", *(f"/crm/objects/{date}" for date in DATES)])
@pytest.mark.parametrize(("method", "kind", "scope"), SCOPED)
def test_scopes_are_asked_under_every_version(site: Site, root: str, method: str, kind: str, scope: str) -> None:
    site.portal.settings["scopes"].remove(scope)
    error = site.refused(method, f"{root}/{kind}", {} if method == "POST" else None, status=403)
    del error["correlationId"]
    assert error == {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call. Read more about required "
        "scopes here: https://developers.hubspot.com/scopes.",
        "errors": [
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": [scope]},
            }
        ],
        "links": {"scopes": "https://developers.hubspot.com/scopes"},
        "category": "MISSING_SCOPES",
    }


def test_without_the_email_scope_history_is_hidden_too(site: Site) -> None:
    site.portal.settings["scopes"].remove("sales-email-read")
    shown = site.get("/crm/v3/objects/emails/5001?propertiesWithHistory=hs_email_html,hs_email_direction")
    assert shown["properties"]["hs_email_html"] is None
    assert list(shown["propertiesWithHistory"]) == ["hs_email_direction"]
    asked = {"inputs": [{"id": "5001"}], "propertiesWithHistory": ["hs_email_html"]}
    assert "<p>" not in site.call("POST", "/crm/v3/objects/emails/batch/read", asked).text


@pytest.mark.parametrize("key", ["None", "null", "", "0", "-1", "04101", "91.0", "é"])
@pytest.mark.parametrize("by", ["id", "userId", "userid"])
def test_no_owner_goes_by_an_odd_key(site: Site, key: str, by: str) -> None:
    site.portal.load({"owners": [{"id": "4200", "email": "queue@us.example"}]})
    answer = site.call("GET", f"/crm/v3/owners/{key}?idProperty={by}")
    assert answer.status_code == (404 if key else 200)


def test_owners_are_paged_to_the_end_whatever_the_page(site: Site) -> None:
    site.portal.load({"owners": [{"id": str(i), "email": f"o{i}@us.example"} for i in range(5000, 5600)]})
    for limit in (100, 499, 500):
        seen: list[str] = []
        after: str | None = "0"
        while after is not None:
            page = site.get(f"/crm/v3/owners?limit={limit}&after={after}")
            seen += [row["id"] for row in page["results"]]
            after = page.get("paging", {}).get("next", {}).get("after")
        assert seen == ["4101", "4102", *(str(i) for i in range(5000, 5600))]
    assert len(site.get("/crm/v3/owners")["results"]) == 100
    assert site.get("/crm/v3/owners?after=999999999999999999") == {"results": []}
    site.refused("GET", "/crm/v3/owners?limit=501")


@pytest.mark.parametrize(
    "query", ["after=x", "after=\u0661", "after=-1", "after=1.0", "after=" + "9" * 19, "archived=1", "limit=1e1"]
)
@pytest.mark.parametrize("path", [CONTACTS, "/crm/v3/owners", "/crm/v4/objects/contacts/201/associations/companies"])
def test_forged_paging_is_400_or_ignored_but_never_a_wrong_page(site: Site, path: str, query: str) -> None:
    answer = site.call("GET", f"{path}?{query}")
    ignored = query == "archived=1" and "associations" in path
    assert answer.status_code == (200 if ignored else 400)
