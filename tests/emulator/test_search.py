"""SOSL and parameterizedSearch: what is found, in what form, and what is refused (resources of the REST API)."""

from typing import Any

import pytest

from connectors.emulator.salesforce import ids
from tests.emulator import library as lib
from tests.emulator.org import DATA, Org

pytestmark = pytest.mark.emulator


def found(library: Org, sosl: str) -> list[tuple[str, Any]]:
    """Type and last value of every record a search finds."""
    answer = library.call("GET", "/search", params={"q": sosl})
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["searchRecords"]
    return [(each["attributes"]["type"], list(each.values())[-1]) for each in answer.json()["searchRecords"]]


def test_a_search_answers_ids_of_every_kind_of_record(library: Org) -> None:
    answer = library.call("GET", "/search", params={"q": "FIND {Root}"}).json()["searchRecords"]
    url = f"{DATA}/sobjects/Account/{ids.to18(lib.ROOT)}"
    assert answer == [
        {"attributes": {"type": "Account", "url": url}, "Id": ids.to18(lib.ROOT)},
        {
            "attributes": {"type": "Contact", "url": f"{DATA}/sobjects/Contact/{ids.to18(lib.ANN)}"},
            "Id": ids.to18(lib.ANN),
        },
    ]


@pytest.mark.parametrize(
    ("sosl", "names"),
    [
        ("FIND {ash} RETURNING Contact(LastName ORDER BY Id)", ["Ash", "ash"]),
        ("FIND {ash} IN NAME FIELDS RETURNING Contact(LastName WHERE Score__c > 1)", ["Ash"]),
        ("FIND {as} RETURNING Contact(LastName)", []),
        ("FIND {as*} RETURNING Contact(LastName ORDER BY Id)", ["Ash", "ash"]),
        ("FIND {?sh} RETURNING Contact(LastName ORDER BY Id LIMIT 1)", ["Ash"]),
        ("FIND {ann@root.example} IN EMAIL FIELDS RETURNING Contact(LastName)", ["Ash"]),
        ("FIND {cfo} IN EMAIL FIELDS RETURNING Contact(LastName)", []),
        ('FIND {"Head of"} RETURNING Contact(LastName)', ["Elm_x"]),
        ('FIND {"of Head"} RETURNING Contact(LastName)', []),
        ("FIND {Sales Head} RETURNING Contact(LastName)", ["Elm_x"]),
        ("FIND {cto OR birch} RETURNING Contact(LastName ORDER BY LastName)", ["Birch", "Cedar"]),
        ("FIND {cfo AND NOT Ann} RETURNING Contact(LastName)", ["ash"]),
        ("FIND {(cto OR cfo) AND Dan} RETURNING Contact(LastName)", ["Cedar"]),
        ("find {Leaf\\'s} returning account(name)", ["Leaf's"]),
        ("FIND {Gum} RETURNING Contact(LastName)", []),
        ("FIND {ash} RETURNING Contact(LastName), Account(Name) LIMIT 1", ["Ash"]),
        ("FIND {energy} RETURNING Account(Name ORDER BY Name), Contact(LastName)", ["mid_50%", "Root"]),
    ],
)
def test_a_search_finds_words(library: Org, sosl: str, names: list[str]) -> None:
    assert [value for _, value in found(library, sosl)] == names


@pytest.mark.parametrize(
    ("sosl", "code", "message"),
    [
        ("", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("ash", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("FIND 'ash'", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."),
        ("FIND {a}", "INVALID_SEARCH", "search term must be longer than one character: a"),
        (
            "FIND {John|jane_g@ua.example} RETURNING Contact",
            "MALFORMED_SEARCH",
            "\nFIND {John|jane_g@ua.example} RETURNING Contact\n         ^\nERROR at Row:1:Column:10\n"
            "line 1:10 mismatched character '|' expecting '}'",
        ),
        (
            "FIND {ash} RETURNING Contact(LastName",
            "MALFORMED_SEARCH",
            "\n{ash} RETURNING Contact(LastName\n                               ^\n"
            "ERROR at Row:1:Column:37\nunexpected token: '<EOF>'",
        ),
        (
            "FIND {(ash} RETURNING Contact",
            "MALFORMED_SEARCH",
            "\nFIND {(ash} RETURNING Contact\n         ^\nERROR at Row:1:Column:10\nunexpected token: '}'",
        ),
    ],
)
def test_a_search_that_cannot_be_read_is_malformed(library: Org, sosl: str, code: str, message: str) -> None:
    assert library.refusal("GET", "/search", params={"q": sosl}) == (400, code, message)


@pytest.mark.parametrize("sosl", ["FIND {ash} RETURNING Shoe__c", "FIND {ash} RETURNING Contact(Shoe_Size__c)"])
def test_what_is_returned_must_exist(library: Org, sosl: str) -> None:
    assert library.refusal("GET", "/search", params={"q": sosl})[1] in ("INVALID_TYPE", "INVALID_FIELD")


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"q": "ash", "sobject": "Contact", "Contact.fields": "Id,LastName"}, ["Ash", "ash"]),
        ({"q": "ash", "sobject": "Contact", "fields": "LastName", "defaultLimit": "1"}, ["Ash"]),
        ({"q": "ash", "sobject": "Contact", "fields": "LastName", "Contact.where": "Score__c = 0"}, ["ash"]),
        ({"q": "birch", "sobject": "Account,Contact", "fields": "LastName", "Account.fields": "Name"}, ["Birch"]),
        ({"q": "root", "in": "NAME", "sobject": "Account,Contact", "Account.fields": "Name"}, ["Root"]),
    ],
)
def test_a_search_may_be_asked_by_parameters(library: Org, parameters: dict[str, str], names: list[str]) -> None:
    answer = library.call("GET", "/parameterizedSearch", params=parameters).json()["searchRecords"]
    assert [list(each.values())[-1] for each in answer] == names


def test_a_search_may_be_asked_by_a_body(library: Org) -> None:
    people = {"name": "Contact", "fields": ["FirstName", "LastName"], "where": "Title != null", "orderBy": "Id"}
    body = {"q": "ash", "in": "NAME", "sobjects": [people, {"name": "Account"}], "overallLimit": 5}
    records = library.call("POST", "/parameterizedSearch", body).json()["searchRecords"]
    assert [(each["FirstName"], each["LastName"]) for each in records] == [("Ann", "Ash"), ("Bob", "ash")]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"q": 5},
        {"q": "ash", "sobjects": "Contact"},
        {"q": "ash", "sobjects": [5]},
        {"q": "ash", "sobjects": [{}]},
        {"q": "ash", "sobjects": [{"name": "Contact", "fields": {"a": 1}}]},
        {"q": "ash", "in": {"x": 1}},
        {"q": "ash", "overallLimit": "many"},
        [],
    ],
)
def test_a_body_of_the_wrong_shape_is_refused(library: Org, body: object) -> None:
    status, code, _ = library.refusal("POST", "/parameterizedSearch", body)
    assert status == 400
    assert code in ("MALFORMED_SEARCH", "INVALID_FIELD", "JSON_PARSER_ERROR")


def test_search_knows_its_methods(library: Org) -> None:
    assert library.refusal("POST", "/search", {})[:2] == (405, "METHOD_NOT_ALLOWED")
