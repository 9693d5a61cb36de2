"""Batches and searches that are almost good get an answer: never 500, never a traceback, always the error form.

`test_every_route` of the folder above sends anything to any route.
"""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

KEYS = st.sampled_from(
    ["inputs", "id", "properties", "idProperty", "associations", "to", "from", "types", "associationCategory",
     "associationTypeId", "filterGroups", "filters", "propertyName", "operator", "value", "highValue", "values",
     "sorts",
     "limit", "after", "query", "name", "label", "type", "fieldType", "groupName", "options", "hasUniqueValue",
     "displayOrder", "primaryObjectId", "objectIdToMerge", "objectId", "objectWriteTraceId", "direction", "email",
     "hs_timestamp", "nps_score", "hubspot_owner_id", "lifecyclestage", "hs_email_headers", "inverseLabel"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["201", "9001", "email", "EQ", "IN", "BETWEEN", "GT", "contacts", "associations.company", "nps_score", "closedate",
     "HUBSPOT_DEFINED", "USER_DEFINED", "string", "text", "enumeration", "select", "contactinformation", "[1, {}]",
     "customer", "lead", '{"from": 5, "to": [1]}', "1777593600000", "1e999", "", "\u0000", "é😀", "x" * 200]
)  # fmt: skip
LEAVES = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)


def _judge(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    if answer.status_code >= 400 and answer.request.method != "HEAD" and "json" in answer.headers["content-type"]:
        error = answer.json()
        assert error["message"]
        assert len(error["correlationId"]) == 36


DERANDOMIZED = settings(
    max_examples=250, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
"""The same examples in every run; each starts from the seed."""


FORMS = {
    "/crm/v3/objects/contacts/batch/{}": ["create", "update", "upsert", "read", "archive"],
    "/crm/v3/objects/tasks/batch/{}": ["create", "update", "upsert", "read", "archive"],
    "/crm/v4/associations/contacts/companies/batch/{}": ["read", "create", "archive", "labels/archive"],
    "/crm/v3/properties/contacts/batch/{}": ["create", "read", "archive"],
}
ROW = st.fixed_dictionaries(
    {"id": WORDS, "from": st.just({"id": "201"}), "to": st.sampled_from([{"id": "9001"}, [{"id": "9001"}], {}])},
    optional={
        "properties": st.dictionaries(KEYS, LEAVES, max_size=4),
        "idProperty": WORDS,
        "objectWriteTraceId": WORDS,
        "types": st.lists(
            st.fixed_dictionaries({"associationCategory": WORDS, "associationTypeId": LEAVES}), max_size=2
        ),
        "name": WORDS,
        "label": WORDS,
        "type": WORDS,
        "fieldType": WORDS,
        "groupName": WORDS,
    },
)


@DERANDOMIZED
@given(
    st.sampled_from([form.format(action) for form, actions in FORMS.items() for action in actions]),
    st.lists(ROW, max_size=3),
)
def test_no_batch_ever_breaks_the_portal(site: Site, path: str, rows: list[Any]) -> None:
    site.fresh()
    _judge(site.call("POST", path, {"inputs": rows}))


FILTERS = st.fixed_dictionaries(
    {
        "propertyName": WORDS | KEYS,
        "operator": st.sampled_from(["EQ", "IN", "GT", "BETWEEN", "CONTAINS_TOKEN", "NEQ", "X"]),
    },
    optional={"value": LEAVES, "highValue": LEAVES, "values": st.lists(WORDS, max_size=3)},
)


@DERANDOMIZED
@given(st.lists(FILTERS, max_size=3), st.lists(WORDS | KEYS, max_size=1), st.none() | WORDS)
def test_no_search_ever_breaks_the_portal(site: Site, filters: list[Any], sorts: list[Any], after: Any) -> None:
    site.fresh()
    body = {"filterGroups": [{"filters": filters}], "sorts": sorts, "after": after}
    _judge(site.call("POST", "/crm/v3/objects/contacts/search", body))


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe", b"{" * 5000, b"[" * 5000, json.dumps({"limit": 10**30}).encode(), b'"\\ud800"']
)
def test_strange_bytes_are_400(site: Site, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert site.call("POST", "/crm/v3/objects/contacts/search", data=raw, headers=headers).status_code == 400
