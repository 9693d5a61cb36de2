"""Whatever is sent to the org, it answers as Salesforce does: never 500, never a traceback, always its error form."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.emulator.salesforce.rest import TABLE
from tests.emulator.org import ACME, ADA, CALL, DATA, DEAL, OLD, Org

pytestmark = pytest.mark.emulator
TEMPLATES = sorted({found.template for found, _ in TABLE._rows})
PARTS = {
    "entity": [
        "Account",
        "contact",
        "Task",
        "Event",
        "User",
        "Name",
        "CustomField",
        "PermissionSet",
        "Nope",
        "é",
    ],
    "id": [ADA, ADA[:15], ACME, CALL, OLD, "0" * 15, "x", "003", "%20", "describe", "9" * 18, "²²²²²²²²²²²²²²²"],
    "key": ["ERP_Number__c", "Id", "Username", "Name", "Nope__c", "Rapport_Key__c"],
    "value": ["A-1", ADA, "a%2Fb", "a/b/c", "%00", "..", "x" * 300],
    "locator": ["01g000000000000AAA-200", "01g-", "-", "01g-²", "x-1", "01g000000000000AAA-" + "9" * 30],
}
WORDS = st.sampled_from(
    ["Account", "Contact", "Task", ADA, ACME, DEAL, OLD, "A-1", "true", "", "é😀", "nan", "inf", "1e400", "-1",
    "x" * 300,
     "2026-03-02", "2026-03-02T09:00:00Z", "0001-01-01T00:00:00+14:00", "2024-W01-1", "GET", "POST", "PATCH", "r1",
     f"{DATA}/sobjects/Account", f"{DATA}/query?q=SELECT+Id+FROM+Account", "v65.0/limits", "@{r1.id}", "@{r1",
     "http://[",
     "Contact.Persona__c", "Activity.X__c", "Text", "Picklist", "Lookup", "Number", "LongTextArea", "Read"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["LastName", "Name", "AccountId", "Id", "id", "attributes", "type", "records", "allOrNone", "ids", "fields",
     "compositeRequest", "batchRequests", "method", "url", "referenceId", "body", "richInput", "haltOnError",
     "FullName",
     "Metadata", "label", "length", "precision", "scale", "valueSet", "valueSetDefinition", "value", "fullName",
     "referenceTo", "relationshipName", "visibleLines", "defaultValue", "ERP_Number__c", "NPS__c", "Topics__c",
     "WhoId", "WhatId", "OwnerId", "Birthdate", "CreatedDate", "StartDateTime", "DurationInMinutes", "IsPrimary",
     "NumberOfEmployees", "AnnualRevenue", "Email", "Account", "Rapport_Key__c", "Field", "SobjectType", "ParentId",
     "PermissionsRead", "Status", "TaskSubtype", "", "é"]
)  # fmt: skip
LEAVES = st.one_of(
    WORDS, st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False)
)
BODIES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=15
)
STATEMENTS = st.lists(
    st.sampled_from(
        ["SELECT", "Id", "Name", "FROM", "Contact", "Account", "Task", "WHERE", "AND", "OR", "NOT", "(", ")", ",", "=",
         "!=", "<", ">=", "LIKE", "IN", "INCLUDES", "'x'", "'%a_'", "5", "-1.5", "null", "true", "TODAY",
         "LAST_N_DAYS:3",
         "N_YEARS_AGO:9999", "2026-01-01", "2026-01-01T00:00:00Z", "GROUP BY", "HAVING", "ORDER BY", "DESC", "LIMIT",
         "OFFSET", "COUNT()", "COUNT(Id)", "SUM(NPS__c)", "MIN(Topics__c)", "CALENDAR_YEAR(CreatedDate)", "TYPEOF Who",
         "WHEN", "THEN", "ELSE", "END", "FIELDS(ALL)", "Account.Name", "Who.Type", "Owner.Name", "Contacts", "Metadata",
         "Topics__c", "NPS__c", "(SELECT Id FROM Contacts)", "IN (SELECT Id FROM Account)", "CustomField", "a.b.c.d"]
    ),
    max_size=9,
)  # fmt: skip
QUERIES = st.sampled_from(
    ["", "q=", "q=SELECT", "fields=", "fields=Name,Nope", "fields=Account.Name,.", "ids=&fields=Id",
    "ids=x,y&fields=Id",
     f"ids={ADA},{OLD}&fields=Id,Account.Name&allOrNone=true", "start=x&end=y", "start=2026-03-02T09%3A00%3A00Z",
     "start=2026-03-01T00%3A00%3A00Z&end=2026-03-02T00%3A00%3A00Z",
     "start=0001-01-01T00:00:00Z&end=9999-12-31T00:00:00Z",
     "%ff=%fe", "a&b&&=", "q=%00", "fields=" + "A." * 40 + "Id"]
)  # fmt: skip
HEADERS: st.SearchStrategy[Mapping[str, str | bytes]] = st.sampled_from(
    [{}, {"Sforce-Query-Options": "batchSize=\xb2".encode("latin-1")}, {"Sforce-Query-Options": "batchSize="},
     {"Sforce-Query-Options": "batchSize=" + "9" * 5000}, {"Sforce-Query-Options": ",=,batchSize=200,x"},
     {"Content-Type": "text/plain"}, {"Content-Type": ""}, {"X-PrettyPrint": "1"}, {"Accept-Encoding": "gzip;q=x"},
     {"Authorization": "Bearer"}, {"Authorization": "Basic \xe9".encode("latin-1")}, {"Authorization": "Bearer x y"},
     {"X-SFDC-Session": "x"}]
)  # fmt: skip
METHODS = st.sampled_from(["GET", "GET", "POST", "POST", "PATCH", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"])
DERANDOMIZED = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def paths(draw: st.DrawFn) -> str:
    """A path of the route table with its parts filled in, well or badly."""
    template = draw(st.sampled_from(TEMPLATES)).replace(":path", "")
    return str(template.format(**{name: draw(st.sampled_from(values)) for name, values in PARTS.items()}))


def judge(answer: requests.Response) -> None:
    """Fail unless the answer is one that Salesforce could give."""
    told = f"{answer.request.method} {answer.request.url}\n{answer.request.body!r}\n{answer.text[:500]}"
    assert answer.status_code < 500, told
    assert "Traceback" not in answer.text, told
    refused_by_front = answer.status_code in (405, 414, 431) and "json" not in answer.headers.get("Content-Type", "")
    if answer.status_code >= 400 and answer.content and not refused_by_front:
        for error in answer.json():
            assert error["errorCode"], told
            assert isinstance(error["message"], str), told


@DERANDOMIZED
@given(st.tuples(METHODS, paths(), QUERIES), BODIES, HEADERS)
def test_any_body_on_any_route_gets_an_answer(
    org: Org, asked: tuple[str, str, str], body: Any, headers: Mapping[str, str | bytes]
) -> None:
    method, path, query = asked
    sent = {**org.headers, "Content-Type": "application/json", **headers}
    url = org.url(f"{DATA}{path}?{query}")
    content = None if body is None else json.dumps(body).encode()
    judge(org.emulator.session.request(method, url, data=content, headers=sent, timeout=10))


@DERANDOMIZED
@given(STATEMENTS, st.sampled_from(["/query", "/queryAll", "/tooling/query", "/search", "/parameterizedSearch"]))
def test_any_statement_gets_an_answer(org: Org, words: list[str], path: str) -> None:
    for start in ("", "SELECT Id FROM Contact WHERE ", "FIND {", "FIND {acme} RETURNING Contact(Id WHERE "):
        judge(org.call("GET", path, params={"q": start + " ".join(words)}))


SHAPES = {
    "/composite": st.fixed_dictionaries(
        {"compositeRequest": st.lists(
            st.fixed_dictionaries({"method": WORDS, "url": WORDS, "referenceId": WORDS | st.integers(),
            "body": BODIES}),
            max_size=3,
        )},
        optional={"allOrNone": LEAVES},
    ),
    "/composite/batch": st.fixed_dictionaries(
        {"batchRequests": st.lists(
            st.fixed_dictionaries({"method": WORDS, "url": WORDS}, optional={"richInput": BODIES}), max_size=3
        )},
        optional={"haltOnError": LEAVES},
    ),
    "/composite/sobjects": st.fixed_dictionaries(
        {"records": st.lists(
            st.dictionaries(KEYS, LEAVES, max_size=5).map(lambda record: {"attributes": {"type": "Contact"}, **record}),
            max_size=4,
        )},
        optional={"allOrNone": LEAVES},
    ),
    "/parameterizedSearch": st.fixed_dictionaries(
        {"q": WORDS},
        optional={"in": LEAVES, "fields": BODIES, "sobjects": BODIES, "overallLimit": LEAVES, "defaultLimit": LEAVES},
    ),
    "/sobjects/Contact": st.dictionaries(KEYS, LEAVES, max_size=6).map(lambda record: {"LastName": "x", **record}),
    "/sobjects/Event": st.dictionaries(KEYS, LEAVES, max_size=4),
    "/sobjects/FieldPermissions": st.dictionaries(KEYS, WORDS, max_size=5),
    "/tooling/sobjects/CustomField": st.fixed_dictionaries(
        {"FullName": st.sampled_from(["Contact.A__c", "contact.B__c", "Activity.C__c", "activity.D__c", "Task.E__c"]),
         "Metadata": st.fixed_dictionaries(
             {"label": WORDS, "type": st.sampled_from(["Text", "Picklist", "Lookup", "Number", "LongTextArea"])},
             optional={"length": LEAVES, "valueSet": BODIES, "referenceTo": WORDS, "relationshipName": WORDS,
                       "precision": LEAVES, "scale": LEAVES, "visibleLines": LEAVES, "externalId": LEAVES},
         )},
    ),
}  # fmt: skip
ALMOST_GOOD = st.sampled_from(sorted(SHAPES)).flatmap(lambda path: st.tuples(st.just(path), SHAPES[path]))


@DERANDOMIZED
@given(st.sampled_from(["POST", "POST", "PATCH"]), ALMOST_GOOD)
def test_bodies_that_are_almost_good_get_an_answer(org: Org, method: str, request: tuple[str, Any]) -> None:
    path, body = request
    judge(org.call(method, path, body))
    judge(org.call("GET", "/sobjects/Contact/describe"))
    judge(org.call("GET", "/query", params={"q": "SELECT FIELDS(STANDARD) FROM Contact ORDER BY LastName LIMIT 5"}))


@pytest.mark.parametrize("shape", ["[", '{"a":'])
def test_a_body_of_a_thousand_levels_is_refused(org: Org, shape: str) -> None:
    close = "]" if shape == "[" else "}"
    for depth in (300, 900, 5000):
        content = shape * depth + "1" + close * depth
        record = f'{{"FullName":"Contact.X__c","Metadata":{content}}}'
        for path in ("/sobjects/Contact", "/composite", "/composite/sobjects", "/tooling/sobjects/CustomField"):
            headers = {**org.headers, "Content-Type": "application/json"}
            answer = org.emulator.session.post(org.url(DATA + path), record, headers=headers, timeout=10)
            assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize("path", ["/services/oauth2/token", "/services/oauth2/revoke", "/services/oauth2/userinfo"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe=\x00", b"grant_type", b"{}", b"&&==&", b"grant_type=password"])
@pytest.mark.parametrize("header", [b"Basic \xe9", b"Basic ====", b"Basic Zm9v", b"Bearer \xff", b""])
def test_logins_survive_nonsense(library: Org, path: str, content: bytes, header: bytes) -> None:
    headers: dict[str, str | bytes] = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": header}
    answer = library.emulator.session.request("POST", library.url(path), data=content, headers=headers, timeout=10)
    assert answer.status_code in {400, 401, 403}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("version", ["abc", "nan", "inf", "1e1", "65.0", "²", "-1", "065"])
def test_soap_login_of_a_senseless_version_is_the_vendors_fault_answer(library: Org, version: str) -> None:
    answer = library.emulator.session.post(library.url(f"/services/Soap/u/{version}"), b"<x>", timeout=10)
    assert answer.status_code == 500
    assert "<sf:exceptionCode>UNSUPPORTED_API_VERSION</sf:exceptionCode>" in answer.text


@pytest.mark.parametrize(
    ("method", "name", "body"),
    [
        ("POST", "clock", {"advance": []}),
        ("POST", "clock", {"advance": 1e30}),
        ("POST", "clock", {"now": "soon"}),
        ("POST", "clock", {"now": 5}),
        ("POST", "clock", [1]),
        ("POST", "limits", {"salesforce": 5}),
        ("POST", "limits", {"nobody": {}}),
        ("POST", "limits", {"salesforce": {"daily_limit": "many"}}),
        ("POST", "limits", {"salesforce": {"daily_limit": -1}}),
        ("POST", "limits", {"salesforce": {"page_size": 0}}),
        ("POST", "limits", {"salesforce": {"unordered": 1}}),
        ("POST", "limits", {"salesforce": {"hidden_fields": "Contact.Title"}}),
        ("POST", "limits", {"salesforce": {"record_faults": [5]}}),
        ("POST", "limits", {"salesforce": {"record_faults": [{"statusCode": "X", "message": "x", "every": 0}]}}),
        ("POST", "seed", {"salesforce": 5}),
        ("POST", "seed", {"name": 5}),
        ("POST", "seed", {"name": "nowhere"}),
        ("POST", "seed", {"salesforce": {"records": {"Account": 5}}}),
        ("POST", "seed", {"salesforce": {"objects": {"X__c": {}}}}),
        ("POST", "seed", {"salesforce": {"fields": {"Contact": [{"name": "X__c", "type": "Sound"}]}}}),
        ("POST", "seed", {"salesforce": {"deleted": {"Contact": [ADA]}}}),
        ("POST", "faults", 5),
        ("POST", "faults", {"action": "status", "status": 1000}),
        ("POST", "faults", {"action": "status", "headers": {"X": "a\r\nb"}}),
        ("POST", "faults", {"action": "status", "headers": {"X": "€"}}),
        ("POST", "faults", {"action": "hang", "seconds": -1}),
        ("POST", "faults", {"action": "hang", "colour": "red"}),
        ("POST", "merge", {}),
        ("POST", "merge", {"object": "Nope", "winner": ADA, "losers": []}),
        ("POST", "merge", {"object": "Task", "winner": CALL, "losers": []}),
        ("POST", "merge", {"object": "Contact", "winner": "x", "losers": []}),
        ("GET", "requests?last=x", None),
    ],
)
def test_the_control_interface_refuses_nonsense_with_a_sentence(org: Org, method: str, name: str, body: object) -> None:
    answer = org.emulator.session.request(method, f"{org.emulator.announced['control']}/{name}", json=body, timeout=10)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"]
    assert org.call("GET", "/limits").status_code in {200, 401}
