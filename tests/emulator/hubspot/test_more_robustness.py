"""Nothing a client sends to lists, exports, pipelines, schemas, users, webhooks, imports or rules breaks the portal."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

TEMPLATES = [
    "/crm/v3/lists", "/crm/v3/lists/{i}", "/crm/v3/lists/search", "/crm/v3/lists/{i}/memberships",
    "/crm/v3/lists/{i}/memberships/add", "/crm/v3/lists/{i}/memberships/remove", "/crm/v3/lists/{i}/restore",
    "/crm/v3/lists/{i}/memberships/add-and-remove", "/crm/v3/lists/{i}/memberships/join-order",
    "/crm/v3/lists/{i}/update-list-name", "/crm/v3/lists/{i}/update-list-filters",
    "/crm/v3/lists/{i}/memberships/add-from/{i}", "/crm/v3/lists/object-type-id/{k}/name/{i}",
    "/crm/v3/lists/records/{k}/{i}/memberships", "/crm/v3/exports/export/async",
    "/crm/v3/exports/export/async/tasks/{i}/status", "/crm/v3/exports/{i}", "/files/exports/{i}/x.csv",
    "/crm/v3/pipelines/{k}", "/crm/v3/pipelines/{k}/{i}", "/crm/v3/pipelines/{k}/{i}/stages",
    "/crm/v3/pipelines/{k}/{i}/stages/{i}", "/crm/v3/pipelines/{k}/{i}/audit",
    "/crm-object-schemas/v3/schemas", "/crm-object-schemas/v3/schemas/{k}",
    "/crm-object-schemas/v3/schemas/{k}/associations", "/crm-object-schemas/v3/schemas/{k}/associations/{i}",
    "/settings/v3/users", "/settings/v3/users/{i}", "/settings/v3/users/teams", "/settings/v3/users/roles",
    "/webhooks/v3/{a}/settings", "/webhooks/v3/{a}/subscriptions", "/webhooks/v3/{a}/subscriptions/{i}",
    "/webhooks/v3/{a}/subscriptions/batch/update", "/crm/v3/imports", "/crm/v3/imports/{i}",
    "/crm/v3/imports/{i}/cancel", "/crm/v3/imports/{i}/errors", "/crm/v3/property-validations/{k}",
    "/crm/v3/property-validations/{k}/{p}", "/crm/v3/property-validations/{k}/{p}/rule-type/{r}",
    "/crm/v3/associations/{k}/{k}/batch/read", "/crm/v3/associations/{k}/{k}/batch/create",
    "/crm/v3/associations/{k}/{k}/batch/archive", "/crm/v3/associations/{k}/{k}/types",
    "/crm/v3/objects/{k}/{i}/associations/{k}/{i}/{p}", "/oauth/authorize", "/oauth/v1/refresh-tokens/{i}",
]  # fmt: skip
KINDS = st.sampled_from(["contacts", "0-2", "deals", "tickets", "leads", "users", "2-10000001", "p_pets", "x", "é"])
IDS = st.sampled_from(["1", "2", "201", "9001", "default", "closedwon", "0", "x", "é", "9" * 30, "²", "ada@us.example"])
NAMES = st.sampled_from(["email", "nps_score", "nps_date", "closedate", "contact_to_company", "279", "x"])
RULES = st.sampled_from(["MAX_LENGTH", "REGEX", "FORMAT", "MIN_NUMBER", "DECIMAL", "AFTER_DURATION", "START_DATE", "x"])
METHODS = st.sampled_from(["GET", "POST", "POST", "PUT", "PUT", "PATCH", "DELETE"])

WORDS = st.sampled_from(
    ["", " ", "x", "email", "nps_score", "0-1", "CONTACT", "2-10000001", "MANUAL", "DYNAMIC", "SNAPSHOT", "AND", "OR",
     "PROPERTY", "IS_EQUAL_TO", "IS_ANY_OF", "IS_BETWEEN", "VIEW", "LIST", "CSV", "XLSX", "NAMES", "VALUES", "1", "201",
     "contact.creation", "contact.propertyChange", "object.deletion", "http://127.0.0.1:9/x", "http://[", "number",
     "text", "string", "P1D", "P9999999999D", "(", "[0-9]+", "2026-01-01", "a@b.example", "\u0000", "é\u0661",
     "9" * 40, "-1", "1e400", "probability", "hs_x"]
)  # fmt: skip
LEAVES = WORDS | st.none() | st.booleans() | st.integers(-2, 300) | st.sampled_from([2**63, 1e308, -1e-300])
KEYS = st.sampled_from(
    ["name", "objectTypeId", "processingType", "filterBranch", "filterBranchType", "filterBranches", "filters",
     "filterType", "property", "operation", "operator", "value", "values", "lowerBound", "upperBound", "query", "count",
     "offset", "listIds", "processingTypes", "recordIdsToAdd", "recordIdsToRemove", "exportType", "format", "listId",
     "exportName", "objectType", "objectProperties", "associatedObjectType", "exportInternalValuesOptions",
     "publicCrmSearchRequest", "label", "displayOrder", "stages", "stageId", "metadata", "probability", "labels",
     "singular", "plural", "primaryDisplayProperty", "requiredProperties", "searchableProperties", "properties",
     "associatedObjects", "type", "fieldType", "groupName", "hasUniqueValue", "fromObjectTypeId", "toObjectTypeId",
     "email", "roleId", "primaryTeamId", "secondaryTeamIds", "targetUrl", "throttling", "maxConcurrentRequests",
     "eventType", "propertyName", "active", "inputs", "id", "ruleArguments", "shouldApplyNormalization", "from", "to"]
)  # fmt: skip
BODIES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=15
)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["limit", "after", "before", "archived", "idProperty", "listName", "includeFilters", "Expires", "Signature",
         "client_id", "redirect_uri", "listIds"]
    ),
    WORDS,
    max_size=2,
)  # fmt: skip
PETS = {"name": "pets", "labels": {"singular": "Pet"}, "associatedObjects": ["CONTACT"],
        "properties": [{"name": "chip", "label": "Chip", "type": "string", "fieldType": "text"}]}  # fmt: skip
WISH = {"exportType": "VIEW", "format": "CSV", "exportName": "E", "objectType": "CONTACT", "objectProperties": ["x"]}
FUZZ = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _furnished(site: Site) -> None:
    """Bring a list, an export, a custom object and a subscription, so that ids lead somewhere."""
    site.fresh()
    site.json("POST", "/crm/v3/lists", {"name": "L", "objectTypeId": "0-1", "processingType": "MANUAL"})
    site.json("POST", "/crm/v3/exports/export/async", WISH, status=202)
    site.json("POST", "/crm-object-schemas/v3/schemas", PETS, status=201)


def _judge(answer: Any) -> None:
    assert answer.status_code < 500, (answer.request.method, answer.url, answer.request.body, answer.text)
    assert "Traceback" not in answer.text
    if answer.status_code >= 400 and "json" in answer.headers.get("content-type", ""):
        assert len(answer.json()["correlationId"]) == 36


@FUZZ
@given(st.data())
def test_no_call_to_a_resource_breaks_the_portal(site: Site, data: st.DataObject) -> None:
    _furnished(site)
    known = site.portal.credentials()
    template = data.draw(st.sampled_from(TEMPLATES))
    words = {"i": data.draw(IDS), "k": data.draw(KINDS), "p": data.draw(NAMES), "r": data.draw(RULES)}
    path = template.format(a=known["app_id"], **words)
    query = {"hapikey": known["developer_key"], **data.draw(QUERIES)}
    _judge(site.call(data.draw(METHODS), path, data.draw(BODIES), params=query, allow_redirects=False))
    for after in ("/crm/v3/lists", "/crm/v3/objects/contacts", "/crm/v3/pipelines/deals", "/settings/v3/users"):
        assert site.call("GET", after).status_code == 200


BRANCHES = st.recursive(
    st.fixed_dictionaries(
        {"filterBranchType": st.sampled_from(["AND", "OR", "and", "NOT_ANY"])},
        optional={
            "filters": st.lists(
                st.fixed_dictionaries(
                    {"filterType": st.sampled_from(["PROPERTY", "PROPERTY", "IN_LIST"]), "property": NAMES | WORDS},
                    optional={
                        "operation": st.fixed_dictionaries(
                            {"operator": st.sampled_from(["IS_EQUAL_TO", "IS_ANY_OF", "IS_BETWEEN", "IS_KNOWN", "x"])},
                            optional={"value": LEAVES, "values": st.lists(LEAVES, max_size=2), "upperBound": LEAVES},
                        )
                    },
                ),
                max_size=2,
            )
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {"filterBranchType": st.just("OR"), "filterBranches": st.lists(inner, max_size=2)}
    ),
    max_leaves=4,
)


@FUZZ
@given(BRANCHES)
def test_no_filter_of_a_list_breaks_the_portal(site: Site, branch: dict[str, Any]) -> None:
    site.fresh()
    new = {"name": "L", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch}
    answer = site.call("POST", "/crm/v3/lists", new)
    _judge(answer)
    if answer.status_code == 200:
        _judge(site.call("GET", "/crm/v3/lists/1/memberships"))


IMPORT_BODIES = [
    b"",
    b"--x\r\n",
    b'--x\r\nContent-Disposition: form-data; name="importRequest"\r\n\r\n{"files": 1}\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="importRequest"\r\n\r\n{"files": [{"fileName": "a"}]}\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="importRequest"\r\n\r\n[1]\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="importRequest"\r\n\r\n{\r\n--x--\r\n',
    b"\xff\xfe--x\x00",
]


@pytest.mark.parametrize("raw", IMPORT_BODIES)
@pytest.mark.parametrize("media", ["multipart/form-data; boundary=x", "multipart/form-data", "multipart/form-data; é"])
def test_odd_imports_are_400(site: Site, raw: bytes, media: str) -> None:
    answer = site.call("POST", "/crm/v3/imports", data=raw, headers={"Content-Type": media.encode().decode("latin-1")})
    assert answer.status_code == 400
