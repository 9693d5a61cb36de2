"""Whatever is sent to whichever route, the vendor's own kind of answer comes back: never ours, never the server's.

The routes are asked of the running emulator, so a new one is tried as soon as it is there.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator import org as salesforce
from tests.emulator.hubspot import site as hubspot
from tests.emulator.process import Emulator

pytestmark = pytest.mark.emulator
NO_LIMITS = ("ten_secondly_limit", "oauth_ten_secondly_limit", "search_limit", "association_limit", "daily_limit")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
STRANGE = ["%00", "é", "..", "%2F", "²", "9" * 30, "-1", "x" * 300, "None", "a b", "%20", "%ff"]
WORDS: dict[str, Mapping[str, list[str]]] = {
    "salesforce": {
        "version": ["65.0", "59.0", "31.0", "30.0", "99.0", "x", "²"],
        "entity": ["Account", "contact", "Task", "Event", "User", "Name", "CustomField", "PermissionSet", "Nope"],
        "id": [salesforce.ADA, salesforce.ADA[:15], salesforce.ACME, salesforce.CALL, salesforce.OLD, "0" * 15, "003"],
        "key": ["ERP_Number__c", "Id", "Username", "Name", "Nope__c", "Rapport_Key__c"],
        "value": ["A-1", salesforce.ADA, "a%2Fb", "a/b/c"],
        "locator": ["01g000000000000AAA-200", "01g-", "-", "01g-²", "x-1", "01g000000000000AAA-" + "9" * 30],
        "": ["750000000000001AAA", "x", salesforce.ADA],
    },
    "hubspot": {
        "kind": ["contacts", "0-2", "deal", "tasks", "emails", "gadgets", "0-99", "p_x", "2-1"],
        "other": ["companies", "0-1", "deals", "notes", "gadgets"],
        "type": ["1", "101", "279"],
        "name": ["email", "nps_score", "contactinformation", "A B"],
        "": ["201", "9001", "7001", "5001", "4101", "204", "999", "default", "ann@acme.example", "0201"],
    },
}
QUERIES = st.sampled_from(
    [
        "", "q=", "q=SELECT", "q=SELECT+Id+FROM+Contact", "fields=Name,Nope", "fields=Account.Name,.",
        f"ids={salesforce.ADA},{salesforce.OLD}&fields=Id", "ids=x,y&fields=Id",
        "start=0001-01-01T00:00:00Z&end=9999-12-31T00:00:00Z", "%ff=%fe", "a&b&&=", "q=%00", "maxRecords=0&locator=x",
        "limit=x", "limit=-1", "limit=100", "after=²", "after=99999999999999999999", "archived=x", "archived=True",
        "idProperty=email", "idProperty=hs_object_id", "properties=,,", "associations=x",
        "count=1e9", "offset=-5", "propertiesWithHistory=email,x", "before=x", "hapikey=x", "email=é",
        "start=x&end=y", "start=2026-03-02T09%3A00%3A00Z",
    ]
)  # fmt: skip
HEADERS: st.SearchStrategy[Mapping[str, str | bytes]] = st.sampled_from(
    [
        {}, {}, {}, {"Sforce-Query-Options": "batchSize=²".encode("latin-1")}, {"Sforce-Query-Options": "batchSize="},
        {"Sforce-Query-Options": "batchSize=" + "9" * 5000}, {"Content-Type": "text/plain"}, {"Content-Type": ""},
        {"Content-Type": "text/csv; charset=UTF-8"}, {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Type": "multipart/form-data"},
        {"X-PrettyPrint": "1"}, {"Accept-Encoding": "gzip;q=x"}, {"Accept": "text/csv"}, {"Authorization": "Bearer"},
        {"Authorization": "Basic \xe9".encode("latin-1")}, {"Authorization": "Bearer x y"}, {"If-Modified-Since": "x"},
        {"X-SFDC-Session": "x"}, {"Sforce-Duplicate-Rule-Header": "allowSave=x"}, {"Sforce-Auto-Assign": "²"},
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "inputs", "id", "ids", "properties", "idProperty", "associations", "to", "from", "types", "associationCategory",
        "associationTypeId", "filterGroups", "filters", "propertyName", "operator", "value", "highValue", "values",
        "sorts", "limit", "after", "query", "name", "label", "type", "fieldType", "groupName", "options", "stages",
        "metadata", "objectTypeId", "processingType", "filterBranch", "exportType", "format", "objectType",
        "objectProperties", "labels", "requiredProperties", "primaryObjectId", "objectIdToMerge", "objectWriteTraceId",
        "email", "hs_timestamp", "lifecyclestage", "recordIdsToAdd", "eventType", "active", "targetUrl", "throttling",
        "LastName", "Name", "AccountId", "Id", "attributes", "records", "allOrNone", "fields", "compositeRequest",
        "batchRequests", "method", "url", "referenceId", "body", "graphs", "graphId", "FullName", "Metadata", "length",
        "ParentId", "SobjectType", "Field", "operation", "object", "externalIdFieldName", "contentType", "lineEnding",
        "columnDelimiter", "state", "WhoId", "CreatedDate", "IsPrimary", "", "é",
    ]
)  # fmt: skip
LEAVES = st.one_of(
    st.sampled_from(
        [
            "201", "9001", "email", "EQ", "BETWEEN", "GT", "contacts", "nps_score", "HUBSPOT_DEFINED", "number", "text",
            "customer", "1777593600000", "1e999", "", "\u0000", "é😀", "x" * 200, "Contact", salesforce.ADA, "GET",
            "POST", f"{salesforce.DATA}/sobjects/Account", "v65.0/limits", "@{r1.id}", "@{r1", "http://[", "insert",
            "query", "SELECT Id FROM Contact", "SELECT Id FROM", "UploadComplete", "Aborted", "CSV", "CRLF", "TAB",
            "2026-03-02", "0001-01-01T00:00:00+14:00", "Contact.A__c", "VIEW", "LIST", "MANUAL", "DYNAMIC",
        ]
    ),
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
BODIES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=15
).map(lambda body: json.dumps(body).encode())
RAW = st.sampled_from(
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[" * 3000,
        b'"\\ud800"',
        b'"a","b"\n"1"',
        b"Id,LastName\r\n\r\n",
        b"a=b&c",
        b"--x\r\n\r\n",
    ]
)
SEEDED = settings(
    max_examples=700, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
"""The same examples in every run, in a few seconds."""


class Visitor:
    """Somebody with good credentials for both vendors and every route they have."""

    def __init__(self, emulator: Emulator) -> None:
        emulator.control("POST", "seed", {**salesforce.SEED, "hubspot": hubspot.SEED})
        emulator.control("POST", "limits", {"hubspot": dict.fromkeys(NO_LIMITS, 10**9)})
        org = salesforce.Org(emulator)
        org.login()
        token = emulator.announced["hubspot"]["token"]
        self._session = emulator.session
        self._url = emulator.announced["hubspot"]["url"]
        self._tokens = {"salesforce": org.headers["Authorization"], "hubspot": f"Bearer {token}"}
        found = emulator.control("GET", "routes")
        self.routes = sorted({(row["vendor"], template) for row in found for template in row["templates"]})
        self._patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", template)) for _, template in self.routes]

    def send(
        self,
        vendor: str,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str | bytes] | None = None,
    ) -> requests.Response:
        """One request; JSON with the right token unless the headers say otherwise."""
        sent = {"Authorization": self._tokens[vendor], "Content-Type": "application/json", **(headers or {})}
        return self._session.request(method, self._url + path, data=content, headers=sent, timeout=20)

    def judge(self, vendor: str, answer: requests.Response) -> None:
        """Fail unless the answer is one the vendor could give; words like `..` may have led to no route at all."""
        path = unquote(urlsplit(answer.url).path.rstrip("/"))
        reached = any(pattern.fullmatch(path) for pattern in self._patterns)
        if reached or answer.status_code != 404 or answer.headers["Content-Type"] != "text/html;charset=utf-8":
            judge(vendor, answer)


@pytest.fixture
def visitor(emulator: Emulator) -> Visitor:
    return Visitor(emulator)


def filled(vendor: str, template: str, number: int) -> str:
    """A template with words in the places of its parameters; the number says which."""

    def word(match: re.Match[str]) -> str:
        usual = WORDS[vendor].get(match[1], WORDS[vendor][""])
        choice = [*usual, *STRANGE] if match[1] != "version" else [*usual[:1], *usual]
        return choice[(number + match.start()) % len(choice)]

    return re.sub(r"\{(\w+)\}", word, template)


def judge(vendor: str, answer: requests.Response) -> None:
    """Fail unless the answer is one that the vendor could give."""
    asked = answer.request
    sent = f"{asked.method} {asked.url}\n{asked.headers}\n{str(asked.body)[:500]}"
    told = f"{sent}\n{answer.status_code} {answer.text[:500]}"
    soap = "/Soap/" in str(asked.url)
    assert answer.status_code < 500 or (soap and "<soapenv:Fault>" in answer.text), told
    assert "Traceback" not in answer.text, told
    assert answer.text not in ("Internal Server Error", "Method Not Allowed", "Not Found"), told
    if answer.status_code >= 400 and asked.method != "HEAD" and not soap:
        (judge_salesforce if vendor == "salesforce" else judge_hubspot)(answer, told)


def parsed(answer: requests.Response, told: str) -> Any:
    """The JSON of an answer that must have one."""
    try:
        return answer.json()
    except ValueError:
        pytest.fail(told)


def judge_salesforce(answer: requests.Response, told: str) -> None:
    """A list of errors; OAuth has a form of its own, and the web server in front says few words in HTML."""
    if answer.text.startswith("<h1>Bad Message 4") or re.fullmatch(r"[A-Z][a-z]+_(OAuth_Token|Org|User)", answer.text):
        return
    body = parsed(answer, told)
    if "/oauth2/" in answer.url and isinstance(body, dict):
        assert body["error"], told
        assert body["error_description"], told
        return
    assert [type(error["errorCode"]) for error in body] == [str] * len(body), told
    assert body, told
    assert all(isinstance(error["message"], str) for error in body), told


def judge_hubspot(answer: requests.Response, told: str) -> None:
    """One object with a message and the correlation id that the header repeats; a file comes from another server."""
    if "/files/" in answer.url and answer.text.startswith("<Error>"):
        return
    body = parsed(answer, told)
    assert body["message"], told
    assert body["status"], told
    assert len(body["correlationId"]) == 36, told
    assert answer.headers["X-HubSpot-Correlation-Id"] == body["correlationId"], told


@pytest.mark.parametrize("method", METHODS)
def test_every_route_answers_every_method(visitor: Visitor, method: str) -> None:
    bodies = [b"", b"{}", b"[]", b'{"inputs": []}', b'{"inputs": [{}]}', b'{"records": [null]}', b"null", b"{"]
    for number, (vendor, template) in enumerate(visitor.routes):
        path = filled(vendor, template, number)
        visitor.judge(vendor, visitor.send(vendor, method, path, bodies[number % len(bodies)]))


@SEEDED
@given(
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), QUERIES), st.sampled_from(METHODS), BODIES | RAW, HEADERS
)
def test_any_request_to_any_route_gets_the_vendor_s_kind_of_answer(
    visitor: Visitor, place: tuple[int, int, str], method: str, body: bytes, headers: Mapping[str, str | bytes]
) -> None:
    number, words, query = place
    vendor, template = visitor.routes[number % len(visitor.routes)]
    path = f"{filled(vendor, template, words)}?{query}"
    visitor.judge(vendor, visitor.send(vendor, method, path, body, headers))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/services/nothing", "/services/data/v65.0/nothing", "/id/x", "/services/Soap/x"])
def test_a_path_salesforce_does_not_have_is_its_not_found(visitor: Visitor, method: str, path: str) -> None:
    answer = visitor.send("salesforce", method, path)
    assert [error["errorCode"] for error in answer.json()] == ["NOT_FOUND"]


@pytest.mark.parametrize("path", ["/", "/crm/v3/nothing", "/crm", "/favicon.ico", "/nowhere/at/all"])
def test_a_path_nobody_has_is_a_page_and_no_json(visitor: Visitor, path: str) -> None:
    answer = visitor.send("hubspot", "GET", path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html;charset=utf-8")
    assert "Error 404 Not Found" in answer.text


def test_every_route_is_listed_with_where_our_knowledge_of_it_comes_from(visitor: Visitor, emulator: Emulator) -> None:
    routes = emulator.control("GET", "routes")
    assert len(visitor.routes) > 150
    assert {row["vendor"] for row in routes} == {"salesforce", "hubspot"}
    assert [row for row in routes if row["tag"] is None] == []
