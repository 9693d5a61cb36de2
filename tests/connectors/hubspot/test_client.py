"""The client library builds the requests; our transport carries them, in the API version of the settings."""

from itertools import islice

import pytest

from connectors.errors import Rejected, RetryLater, Unusable
from connectors.hubspot.auth import with_token
from connectors.hubspot.client import LONGEST_QUERY, Answer, Client
from connectors.hubspot.failures import DIALECT
from connectors.transport import Network, Transport
from tests.connectors.hubspot.conftest import URL, Portal, Raw

OBJECTS = "/crm/objects/2026-09"
TIES = "/crm/associations/2026-09"


def client(portal: Portal, version: str = "2026-09") -> Client:
    network = Network(lambda: portal.time.now, sleep=portal.time.sleep)
    return Client(Transport(DIALECT, URL, with_token("pat-na1-test", URL), network), version)


def test_a_list_is_paged_to_its_end_in_the_dated_version_with_our_token(portal: Portal) -> None:
    portal.answers(
        "GET",
        f"{OBJECTS}/notes",
        {"results": [{"id": "1"}], "paging": {"next": {"after": "2", "link": "https://x"}}},
        {"results": [{"id": "2"}]},
    )
    pages = client(portal).pages("notes", ["hs_timestamp", "hs_createdate"], ["contacts"])
    assert list(map(Answer.records, pages)) == [[{"id": "1"}], [{"id": "2"}]]
    first, second = (path for _, path, _ in portal.asked)
    assert "properties=hs_timestamp&properties=hs_createdate&associations=contacts" in first
    assert "limit=100" in first
    assert "archived=false" in first
    assert second == f"{first}&after=2"
    assert portal.scripted.calls[0].request.headers["Authorization"] == "Bearer pat-na1-test"
    assert "gzip" in portal.scripted.calls[0].request.headers["Accept-Encoding"]


@pytest.mark.parametrize("paging", [None, {}, {"next": None}, {"next": None, "prev": {"before": "1"}}])
def test_a_last_page_may_say_in_any_way_that_nothing_follows(portal: Portal, paging: object) -> None:
    portal.answers("GET", f"{OBJECTS}/notes", {"results": [{"id": "1"}], "paging": paging})
    (page,) = client(portal).pages("notes", [])
    assert page.records() == [{"id": "1"}]


def test_13_a_page_that_is_followed_by_nobody_knows_what_is_not_the_last_one(portal: Portal) -> None:
    more = {"results": [{"id": "1"}], "paging": {"next": {"link": "https://x"}}}
    portal.answers("GET", f"{OBJECTS}/notes", more, more)
    with pytest.raises(RetryLater, match="does not say where it begins"):
        list(client(portal).pages("notes", []))


@pytest.mark.parametrize("renewed", ["2026-11-23T00:00:00Z", "1795392000000", 1795392000000])
def test_the_end_of_the_day_is_read_in_words_and_in_milliseconds(portal: Portal, renewed: object) -> None:
    unknown = {"name": "other", "usageLimit": None}
    told = {"usageLimit": 1000, "currentUsage": 40, "resetsAt": renewed}
    portal.answers("GET", "/account-info/2026-09/api-usage/daily/private-apps", {"results": [unknown, told]})
    found = client(portal).allowance()
    assert found is not None
    assert (found.day, found.left, found.renewed_at) == (1000, 960, 1_795_392_000)


def test_the_legacy_version_calls_v3_and_v4(portal: Portal) -> None:
    portal.answers("GET", "/crm/v3/objects/notes", {"results": []})
    portal.answers("POST", "/crm/v4/associations/contacts/companies/batch/read", {"results": []})
    legacy = client(portal, "v3")
    list(legacy.pages("notes", []))
    legacy.associations("contacts", "companies", ["1"])
    assert portal.paths() == ["/crm/v3/objects/notes", "/crm/v4/associations/contacts/companies/batch/read"]


def test_34_a_property_list_too_long_for_an_address_is_read_by_post_and_joined_by_id(portal: Portal) -> None:
    names = [f"a_property_with_a_long_name_{number:04}" for number in range(400)]
    assert sum(map(len, names)) > LONGEST_QUERY
    listed = [{"id": "1", "associations": {"contacts": {"results": []}}}, {"id": "2"}, {"id": "3"}]
    portal.answers("GET", f"{OBJECTS}/contacts", {"results": listed})
    read = [{"id": "2", "properties": {names[0]: "b"}}, {"id": "1", "properties": {names[0]: "a"}}]
    gone = [{"category": "OBJECT_NOT_FOUND"}]
    portal.answers("POST", f"{OBJECTS}/contacts/batch/read", (207, {"results": read, "numErrors": 1, "errors": gone}))
    (page,) = map(Answer.records, client(portal).pages("contacts", names))
    assert [(one["id"], one["properties"]) for one in page] == [("1", {names[0]: "a"}), ("2", {names[0]: "b"})]
    assert "associations" in page[0]
    (_, listed_path, _), (_, _, body) = portal.asked
    assert len(listed_path) < 2_000
    assert body["properties"] == names


def test_33_associations_are_followed_past_the_first_hundred(portal: Portal) -> None:
    portal.answers(
        "POST",
        "/crm/associations/2026-09/contacts/companies/batch/read",
        {
            "results": [
                {"from": {"id": "1"}, "to": [{"toObjectId": 9}], "paging": {"next": {"after": "500"}}},
                {"from": {"id": "2"}, "to": [{"toObjectId": 8}]},
            ]
        },
        (207, {"results": [{"from": {"id": "1"}, "to": [{"toObjectId": 10}]}], "errors": []}),
    )
    found = client(portal).associations("contacts", "companies", ["1", "2", "3"])
    assert found == {"1": [{"toObjectId": 9}, {"toObjectId": 10}], "2": [{"toObjectId": 8}]}
    assert portal.asked[1][2] == {"inputs": [{"id": "1", "after": "500"}]}


def test_23_a_record_that_is_there_and_could_not_be_read_asks_for_patience(portal: Portal) -> None:
    failed = [{"category": "INTERNAL_ERROR", "message": "one row could not be read"}]
    answer = (207, {"results": [], "numErrors": 1, "errors": failed})
    portal.answers("POST", "/crm/associations/2026-09/contacts/companies/batch/read", answer)
    portal.answers("POST", f"{OBJECTS}/contacts/batch/read", answer)
    with pytest.raises(RetryLater, match="one row could not be read"):
        client(portal).associations("contacts", "companies", ["1"])
    with pytest.raises(RetryLater, match="one row could not be read"):
        list(client(portal).read("contacts", ["1"], ["email"]))


def test_33_a_record_without_associations_is_no_failure(portal: Portal) -> None:
    none = {"category": "OBJECT_NOT_FOUND", "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND", "message": "none"}
    answer = (207, {"results": [], "numErrors": 1, "errors": [none]})
    portal.answers("POST", "/crm/associations/2026-09/contacts/companies/batch/read", answer)
    assert client(portal).associations("contacts", "companies", ["1"]) == {}


def test_a_thousand_records_are_asked_for_their_associations_at_once(portal: Portal) -> None:
    portal.answers("POST", "/crm/associations/2026-09/deals/contacts/batch/read", {"results": []})
    client(portal).associations("deals", "contacts", [str(number) for number in range(2_500)])
    assert [len(body["inputs"]) for _, _, body in portal.asked] == [1000, 1000, 500]


def test_records_are_read_a_hundred_at_a_time(portal: Portal) -> None:
    portal.answers("POST", f"{OBJECTS}/tasks/batch/read", {"results": [{"id": "1"}]})
    found = client(portal).read("tasks", [str(number) for number in range(250)], ["p"], by="rapport_key")
    assert len(list(found)) == 3
    assert [len(body["inputs"]) for _, _, body in portal.asked] == [100, 100, 50]
    assert portal.asked[0][2]["idProperty"] == "rapport_key"


def test_a_search_without_a_total_is_no_answer_and_asks_for_patience(portal: Portal) -> None:
    portal.answers("POST", f"{OBJECTS}/notes/search", {"results": []})
    with pytest.raises(RetryLater, match="without a total"):
        client(portal).count("notes")
    with pytest.raises(RetryLater, match="without a total"):
        client(portal).find("notes", [], "hs_object_id", [])


def test_deactivated_owners_are_listed_apart(portal: Portal) -> None:
    portal.answers("GET", "/crm/owners/2026-09", {"results": [{"id": "1"}]})
    assert list(client(portal).owners(archived=True)) == [[{"id": "1"}]]
    assert "archived=true" in portal.asked[0][1]


def test_35_a_short_limit_is_waited_for_and_a_post_is_repeated(portal: Portal) -> None:
    busy = (429, {"policyName": "TEN_SECONDLY_ROLLING", "message": "You have reached your ten_secondly_rolling limit."})
    portal.answers("POST", f"{OBJECTS}/tasks/batch/read", busy, {"results": [{"id": "1"}]})
    assert list(client(portal).read("tasks", ["1"], [])) == [{"id": "1"}]
    assert portal.time.slept == [10.0]


def test_38_a_page_of_the_proxy_is_no_data_and_the_read_is_repeated(portal: Portal) -> None:
    page = "<html>Bad gateway</html>"
    portal.answers("GET", f"{OBJECTS}/notes", (502, page), (200, page), {"results": [{"id": "1"}]})
    assert list(map(Answer.records, client(portal).pages("notes", []))) == [[{"id": "1"}]]


CUT = '{"results": [{"id": "1", "properties": {"name": "Ada"}}, {"id": "2", "proper'
BRACKETS = {"results": [{"id": "1", "properties": {"name": "Ada :-{ ["}}]}


@pytest.mark.parametrize("spoilt", [CUT, '{"results": null}', '{"status": "ok"}', "[]"])
def test_a_list_that_is_cut_off_or_is_none_is_asked_for_again(portal: Portal, spoilt: str) -> None:
    portal.answers("GET", f"{OBJECTS}/notes", (200, Raw(spoilt)), {"results": [{"id": "1"}]})
    assert list(map(Answer.records, client(portal).pages("notes", []))) == [[{"id": "1"}]]
    assert len(portal.asked) == 2


DAMAGED = '{"results": [{"id": "1", "prope\trties": {}}]}'


def test_13_a_last_page_that_is_damaged_inside_is_not_the_end_of_a_list(portal: Portal) -> None:
    more = {"results": [{"id": "1"}], "paging": {"next": {"after": "2"}}}
    portal.answers("GET", f"{OBJECTS}/notes", (200, Raw(DAMAGED)), more, {"results": [{"id": "2"}]})
    assert list(map(Answer.records, client(portal).pages("notes", []))) == [[{"id": "1"}], [{"id": "2"}]]


def test_13_ties_that_go_on_are_followed_when_only_the_second_answer_says_so(portal: Portal) -> None:
    def told(other: int, **more: object) -> dict[str, object]:
        return {"results": [{"from": {"id": "1"}, "to": [{"toObjectId": other}], **more}]}

    damaged = (200, Raw('{"results": [{"from": {"id": "1"}, "to": 7"}]}'))
    more = told(7, paging={"next": {"after": "9"}})
    portal.answers("POST", f"{TIES}/contacts/companies/batch/read", damaged, more, told(8))
    found = client(portal).associations("contacts", "companies", ["1"])
    assert [tie["toObjectId"] for tie in found["1"]] == [7, 8]
    assert portal.asked[-1][2] == {"inputs": [{"id": "1", "after": "9"}]}


def test_brackets_in_somebodys_name_do_not_make_a_list_look_cut(portal: Portal) -> None:
    portal.answers("GET", f"{OBJECTS}/notes", BRACKETS)
    assert list(map(Answer.records, client(portal).pages("notes", []))) == [BRACKETS["results"]]
    assert len(portal.asked) == 1


def test_what_records_hold_never_leads_to_a_next_page(portal: Portal) -> None:
    record = {"id": "1", "properties": {"paging": "next", "text": '"paging": {"next": {"after": "9"}}'}}
    tied = {**record, "associations": {"contacts": {"results": [], "paging": {"next": {"after": "7"}}}}}
    first = {"results": [tied, record], "paging": {"next": {"after": "2"}}}
    portal.answers("GET", f"{OBJECTS}/notes", first, {"results": [record, tied]})
    assert len(list(client(portal).pages("notes", []))) == 2
    assert [path.partition("after=")[2] for _, path, _ in portal.asked] == ["", "2"]


def test_a_wrong_address_is_named_as_such(portal: Portal) -> None:
    portal.answers("GET", f"{OBJECTS}/notes", (404, "<html>Not found</html>"))
    with pytest.raises(Unusable):
        list(client(portal).pages("notes", []))


def test_a_missing_scope_is_a_refusal_of_this_object_with_its_name(portal: Portal) -> None:
    said = {
        "status": "error",
        "message": "This app hasn't been granted all required scopes to make this call.",
        "errors": [{"message": "One is required.", "context": {"requiredGranularScopes": ["crm.objects.deals.read"]}}],
        "category": "MISSING_SCOPES",
    }
    portal.answers("GET", f"{OBJECTS}/deals", (403, said))
    with pytest.raises(Rejected, match=r"crm\.objects\.deals\.read") as refused:
        client(portal).peek("deals")
    assert refused.value.code == "MISSING_SCOPES"


def test_pages_are_fetched_only_as_they_are_asked_for(portal: Portal) -> None:
    told = [{"results": [{"id": str(one)}], "paging": {"next": {"after": str(one + 1)}}} for one in range(1, 5)]
    portal.answers("GET", f"{OBJECTS}/notes", *told)
    list(islice(client(portal).pages("notes", []), 3))
    assert len(portal.asked) == 3


def test_29_a_list_that_leads_back_to_itself_is_left(portal: Portal) -> None:
    portal.answers("GET", f"{OBJECTS}/notes", {"results": [{"id": "1"}], "paging": {"next": {"after": "2"}}})
    with pytest.raises(RetryLater, match="leads back"):
        list(client(portal).pages("notes", []))
    assert len(portal.asked) == 2
