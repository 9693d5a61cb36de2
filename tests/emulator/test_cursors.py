"""Pages of a query: their size, their locators, and what counts towards them (contract 3.2)."""

from typing import Any

import pytest

from tests.emulator.org import ACME, DATA, Org

pytestmark = pytest.mark.emulator


@pytest.fixture
def crowd(org: Org) -> Org:
    """The org with 450 accounts more."""
    accounts = [{"Name": f"A{number:03}"} for number in range(450)]
    org.emulator.control("POST", "seed", {"salesforce": {"records": {"Account": accounts}}})
    org.login()
    return org


def follow(org: Org, page: dict[str, Any]) -> list[dict[str, Any]]:
    """All pages from the first."""
    pages = [page]
    while not pages[-1]["done"]:
        url = pages[-1]["nextRecordsUrl"].removeprefix(DATA)
        pages.append(org.call("GET", url).json())
    return pages


@pytest.mark.parametrize(("asked", "sizes"), [("10", [200, 200, 50]), ("300", [300, 150]), ("9999", [450])])
def test_pages_have_the_size_asked_for_within_200_and_2000(crowd: Org, asked: str, sizes: list[int]) -> None:
    soql = "SELECT Id FROM Account ORDER BY Name"
    pages = follow(crowd, crowd.query(soql, **{"Sforce-Query-Options": f"batchSize={asked}"}))
    assert [len(each["records"]) for each in pages] == sizes
    assert {each["totalSize"] for each in pages} == {450}
    assert "nextRecordsUrl" not in pages[-1]
    assert len({row["Id"] for each in pages for row in each["records"]}) == 450


def test_a_locator_has_the_documented_form_and_can_be_read_again(crowd: Org) -> None:
    first = crowd.query(
        "SELECT Name FROM Account ORDER BY Name", "queryAll", **{"Sforce-Query-Options": "batchSize=200"}
    )
    key, _, start = first["nextRecordsUrl"].removeprefix(f"{DATA}/query/").partition("-")
    assert (key[:3], len(key), start) == ("01g", 18, "200")
    again = [crowd.call("GET", f"/query/{key}-200").json() for _ in "ab"]
    assert again[0] == again[1]
    assert again[0]["records"][0]["Name"] == "A200"


def test_an_expired_or_unknown_locator_is_refused(crowd: Org) -> None:
    first = crowd.query("SELECT Id FROM Account", **{"Sforce-Query-Options": "batchSize=200"})
    path = first["nextRecordsUrl"].removeprefix(DATA)
    assert crowd.refusal("GET", "/query/01g5g00000000000AA-200")[:2] == (400, "INVALID_QUERY_LOCATOR")
    crowd.emulator.control("POST", "clock", {"advance": 2 * 86_400 + 1})
    crowd.login()
    assert crowd.refusal("GET", path) == (400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def test_the_server_may_give_smaller_pages_and_no_order(crowd: Org) -> None:
    crowd.emulator.settings(page_size=100, unordered=True)
    pages = follow(crowd, crowd.query("SELECT Name FROM Account"))
    names = [row["Name"] for each in pages for row in each["records"]]
    assert [len(each["records"]) for each in pages] == [100, 100, 100, 100, 50]
    assert names != sorted(names)


@pytest.fixture
def firm(org: Org) -> Org:
    """An org where Acme has 450 people and two other accounts have three each."""
    accounts = [{"Id": f"0015g00000200{number:02}", "Name": f"Z{number}"} for number in (1, 2)]
    people = [{"LastName": f"P{number:03}", "AccountId": ACME} for number in range(450)]
    people += [
        {"LastName": f"Q{each['Name']}{number}", "AccountId": each["Id"]} for each in accounts for number in "abc"
    ]
    records = {"Account": [{"Id": ACME, "Name": "Acme"}, *accounts], "Contact": people}
    org.emulator.control("POST", "seed", {"salesforce": {"records": records}})
    org.login()
    return org


SMALL = {"Sforce-Query-Options": "batchSize=200"}
FAMILIES = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account"


def test_children_count_towards_a_page_and_the_rest_of_them_has_its_own_locator(firm: Org) -> None:
    first = firm.query(f"{FAMILIES} ORDER BY Name", **SMALL)
    [acme] = first["records"]
    people = acme["Contacts"]
    assert (first["totalSize"], first["done"]) == (3, False)
    assert (people["totalSize"], people["done"], len(people["records"])) == (450, False, 199)
    pages = follow(firm, people)
    assert [len(each["records"]) for each in pages] == [199, 200, 51]
    assert len({row["LastName"] for each in pages for row in each["records"]}) == 450
    [_, second] = follow(firm, first)
    assert [(each["Name"], each["Contacts"]["totalSize"]) for each in second["records"]] == [("Z1", 3), ("Z2", 3)]
    assert second["done"]


def test_few_children_leave_room_for_the_next_parent(firm: Org) -> None:
    page = firm.query(f"{FAMILIES} WHERE Name LIKE 'Z_'", **SMALL)
    assert (page["done"], [each["Contacts"]["done"] for each in page["records"]]) == (True, [True, True])


def test_a_child_page_goes_on_where_it_stopped_in_queryall_too(firm: Org) -> None:
    [acme] = firm.query(f"{FAMILIES} WHERE Name = 'Acme'", "queryAll", **SMALL)["records"]
    assert acme["Contacts"]["totalSize"] == 450
    assert acme["Contacts"]["nextRecordsUrl"].startswith(f"{DATA}/query/01g")
    assert acme["Contacts"]["nextRecordsUrl"].endswith("-199")


def test_an_open_query_keeps_what_it_found(crowd: Org) -> None:
    first = crowd.query("SELECT Id, Name FROM Account ORDER BY Name", **SMALL)
    later = crowd.column("SELECT Id FROM Account ORDER BY Name LIMIT 1 OFFSET 210")[0]
    assert crowd.call("PATCH", f"/sobjects/Account/{later}", {"Name": "A new name"}).status_code == 204
    crowd.create("Account", Name="A000 and a half")
    pages = follow(crowd, first)
    assert [each["totalSize"] for each in pages] == [450, 450, 450]
    assert "A new name" not in [row["Name"] for each in pages for row in each["records"]]


def test_pages_may_vary_and_yet_hold_everything_once(crowd: Org) -> None:
    crowd.emulator.settings(short_pages=True)
    pages = follow(crowd, crowd.query("SELECT Id FROM Account", **SMALL))
    sizes = [len(each["records"]) for each in pages]
    assert all(100 <= size <= 200 for size in sizes[:-1])
    assert len(set(sizes)) > 2
    assert len({row["Id"] for each in pages for row in each["records"]}) == 450
    starts = [each["nextRecordsUrl"].rpartition("-")[2] for each in pages[:-1]]
    assert starts == [str(sum(sizes[:place])) for place in range(1, len(sizes))]


def test_two_long_texts_make_pages_of_200(crowd: Org) -> None:
    texts = [{"name": f"Story{each}__c", "type": "LongTextArea", "length": 4000} for each in (1, 2)]
    accounts = [{"Name": f"A{number:03}"} for number in range(450)]
    seed = {"fields": {"Account": texts}, "records": {"Account": accounts}}
    crowd.emulator.control("POST", "seed", {"salesforce": seed})
    crowd.login()
    one = crowd.query("SELECT Id, Story1__c FROM Account")
    both = crowd.query("SELECT Id, Story1__c, Story2__c FROM Account")
    assert (len(one["records"]), len(both["records"])) == (450, 200)


def opened(org: Org) -> str:
    """The path to the second page of a query that was just opened."""
    return str(org.query("SELECT Id FROM Account", **SMALL)["nextRecordsUrl"]).removeprefix(DATA)


def test_any_number_of_queries_may_be_open(crowd: Org) -> None:
    paths = [opened(crowd) for _ in range(12)]
    assert len(set(paths)) == 12
    assert all(crowd.call("GET", each).status_code == 200 for each in paths)


def test_an_org_may_be_set_to_drop_the_oldest_of_many_open_queries(crowd: Org) -> None:
    crowd.emulator.settings(open_cursors=10)
    paths = [opened(crowd) for _ in range(11)]
    assert crowd.refusal("GET", paths[0]) == (400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    assert all(crowd.call("GET", each).status_code == 200 for each in paths[1:])


@pytest.mark.parametrize("tail", ["", "-", "-450", "-999999999", "-x", "-1.5", "--200"])
def test_a_locator_names_a_record_of_its_query(crowd: Org, tail: str) -> None:
    key = opened(crowd).rpartition("-")[0]
    assert crowd.refusal("GET", f"{key}{tail}")[:2] == (400, "INVALID_QUERY_LOCATOR")
    assert crowd.call("GET", f"{key}-449").json()["done"] is True


@pytest.mark.parametrize(
    ("option", "size"),
    [
        ("batchSize=200", 200),
        ("batchsize = 250", 250),
        ("other=1, batchSize=201", 201),
        ("batchSize=0", 200),
        ("batchSize=-5", 450),
        ("batchSize=many", 450),
        ("", 450),
    ],
)
def test_the_option_is_read_leniently(crowd: Org, option: str, size: int) -> None:
    page = crowd.query("SELECT Id FROM Account", **{"Sforce-Query-Options": option})
    assert len(page["records"]) == size


def test_groups_come_in_one_page_or_not_at_all(org: Org) -> None:
    accounts = [{"Name": f"A{number:04}"} for number in range(2001)]
    org.emulator.control("POST", "seed", {"salesforce": {"records": {"Account": accounts}}})
    org.login()
    soql = "SELECT Name, COUNT(Id) FROM Account GROUP BY Name"
    message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
    assert org.refused_query(soql) == ("EXCEEDED_ID_LIMIT", message)
    assert len(org.query(f"{soql} LIMIT 2000", **SMALL)["records"]) == 2000


@pytest.mark.parametrize(
    ("where", "operations", "cardinality"),
    [
        ("", ["TableScan"], 3),
        ("WHERE Name = 'Acme'", ["Index", "TableScan"], 1),
        ("WHERE Phone = '1'", ["TableScan"], 0),
    ],
)
def test_explain_tells_the_plan_without_the_records(
    org: Org, where: str, operations: list[str], cardinality: int
) -> None:
    plans = org.call("GET", "/query", params={"explain": f"SELECT Id FROM Account {where}"}).json()["plans"]
    assert [each["leadingOperationType"] for each in plans] == operations
    assert {(each["cardinality"], each["sobjectCardinality"], each["sobjectType"]) for each in plans} == {
        (cardinality, 3, "Account")
    }
    assert org.refusal("GET", "/query", params={"explain": "SELECT Id"})[:2] == (400, "MALFORMED_QUERY")
