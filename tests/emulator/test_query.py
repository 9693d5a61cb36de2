"""SOQL over HTTP against the small org."""

import gzip

import pytest

from tests.emulator.org import ACME, ADA, BEN, BOLT, CALL, CLEO, CRUX, DATA, DEAL, DEE, MEET, OLD, OLDCALL, OWNER, Org

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("LastName = 'berg'", [ADA]),
        ("LastName != 'Berg'", [BEN, CLEO, DEE]),
        ("Title = null", [BEN, DEE]),
        ("Title != 'CFO'", [BEN, DEE]),
        ("Title IN ('cfo', 'ceo')", [ADA, CLEO]),
        ("Title NOT IN ('cfo')", [BEN, DEE]),
        ("LastName LIKE '%e%'", [ADA, BEN, DEE]),
        ("LastName LIKE '_no'", [CLEO]),
        ("NPS__c > 3", [ADA]),
        ("NPS__c >= 3 AND NPS__c <= 9", [ADA, DEE]),
        ("NPS__c < 100", [ADA, DEE]),
        ("NOT NPS__c > 3", [BEN, CLEO, DEE]),
        ("HasOptedOutOfEmail = true", [CLEO]),
        ("HasOptedOutOfEmail = false AND NPS__c = null", [BEN]),
        ("(Title = 'CFO' AND NPS__c = 9) OR LastName = 'Zed'", [ADA, DEE]),
        ("Topics__c INCLUDES ('Price;Support', 'Roadmap')", [ADA, BEN]),
        ("Topics__c INCLUDES ('Price;Roadmap')", []),
        ("Topics__c EXCLUDES ('Price')", [BEN, CLEO, DEE]),
        ("Account.Name = 'ACME'", [ADA, BEN]),
        ("Account.Parent.Name = 'Acme'", [CLEO]),
        ("ReportsTo.ReportsTo.LastName = 'Berg'", [CLEO]),
        ("Account.Owner.Name = 'Olga Nord'", [ADA, BEN]),
        ("AccountId IN (SELECT Id FROM Account WHERE Industry = 'Banking')", [CLEO]),
        ("Id NOT IN (SELECT ContactId FROM OpportunityContactRole)", [BEN, CLEO, DEE]),
        ("Id = '0035g000001Adaa'", [ADA]),
        (f"Id IN ('{ADA.lower()}')", [ADA]),
        ("Birthdate = 1980-02-29", [ADA]),
        ("CreatedDate < 2025-07-01T01:30:00+02:00", []),
        ("CreatedDate <= 2025-07-01T01:30:00+02:00", [ADA]),
        ("CreatedDate = TODAY", [BEN, CLEO, DEE]),
        ("CreatedDate < LAST_N_DAYS:30", [ADA]),
        ("CreatedDate = LAST_YEAR", [ADA]),
        ("CreatedDate IN (YESTERDAY, TODAY)", [BEN, CLEO, DEE]),
        ("CALENDAR_MONTH(CreatedDate) = 6", [ADA]),
        ("Contact.LastName = 'Ono'", [CLEO]),
        ("c.LastName = 'Ono'", [CLEO]),
    ],
)
def test_where_finds_what_salesforce_finds(org: Org, where: str, found: list[str]) -> None:
    source = "Contact c" if where.startswith("c.") else "Contact"
    assert org.column(f"SELECT Id FROM {source} WHERE {where} ORDER BY LastName") == found


def test_a_plus_that_was_not_encoded_arrives_as_a_space_and_breaks_the_query(org: Org) -> None:
    path = "/query?q=SELECT+Id+FROM+Contact+WHERE+CreatedDate+<+2025-07-01T01:30:00+02:00"
    assert org.refusal("GET", path)[1] == "MALFORMED_QUERY"


def test_a_record_carries_its_attributes_and_its_parents(org: Org) -> None:
    soql = (
        "select id, NAME, account.name, ReportsTo.Account.Name, Birthdate, CreatedDate, NPS__c from contact where id = "
    )
    [ada, cleo] = (org.query(f"{soql}'{each}'")["records"][0] for each in (ADA, CLEO))
    assert ada == {
        "attributes": {"type": "Contact", "url": f"{DATA}/sobjects/Contact/{ADA}"},
        "Id": ADA,
        "Name": "Ada Berg",
        "Account": {"attributes": {"type": "Account", "url": f"{DATA}/sobjects/Account/{ACME}"}, "Name": "Acme"},
        "ReportsTo": None,
        "Birthdate": "1980-02-29",
        "CreatedDate": "2025-06-30T23:30:00.000+0000",
        "NPS__c": 9.0,
    }
    assert cleo["ReportsTo"]["Account"]["Name"] == "Acme"


def test_a_child_subquery_nests_its_own_answer_or_null(org: Org) -> None:
    soql = "SELECT Name, (SELECT LastName FROM Contacts WHERE Title = null ORDER BY LastName) FROM Account ORDER BY Id"
    by_name = {each["Name"]: each["Contacts"] for each in org.query(soql)["records"]}
    assert by_name["crux_100%"] is None
    acme = by_name["Acme"]
    assert (acme["totalSize"], acme["done"]) == (1, True)
    assert [each["LastName"] for each in acme["records"]] == ["Iyer"]


def test_polymorphic_parents_show_the_fields_of_name(org: Org) -> None:
    soql = f"SELECT Who.Type, Who.Name, What.Type, Owner.Name FROM Task WHERE Id = '{CALL}'"
    [task] = org.query(soql)["records"]
    assert (task["Who"]["attributes"]["type"], task["Who"]["Type"], task["Who"]["Name"]) == (
        "Name",
        "Contact",
        "Ada Berg",
    )
    assert task["What"]["Type"] == "Opportunity"
    assert org.column("SELECT Id FROM Task WHERE What.Type IN ('Account', 'Opportunity')") == [CALL]
    code, message = org.refused_query("SELECT Owner.ManagerId FROM Task")
    assert code == "INVALID_FIELD"
    assert message.endswith("Please reference your WSDL or the describe call for the appropriate names.")
    assert "No such column 'ManagerId' on entity 'Name'" in message


def test_typeof_chooses_fields_by_type(org: Org) -> None:
    soql = "SELECT Id, TYPEOF What WHEN Opportunity THEN StageName, Amount ELSE Name END FROM Task WHERE WhatId != null"
    [task] = org.query(soql)["records"]
    assert task["What"] == {
        "attributes": {"type": "Opportunity", "url": f"{DATA}/sobjects/Opportunity/{DEAL}"},
        "StageName": "Closed Won",
        "Amount": 1000.0,
    }


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("Title, LastName", [BEN, DEE, ADA, CLEO]),
        ("Title NULLS LAST, LastName DESC", [CLEO, ADA, DEE, BEN]),
        ("NPS__c DESC NULLS LAST, LastName", [ADA, DEE, BEN, CLEO]),
        ("Account.Name DESC NULLS LAST, LastName ASC", [CLEO, ADA, BEN, DEE]),
        ("LastName LIMIT 2", [ADA, BEN]),
        ("LastName LIMIT 2 OFFSET 3", [DEE]),
    ],
)
def test_order_limit_and_offset(org: Org, order: str, found: list[str]) -> None:
    soql = f"SELECT Id FROM Contact ORDER BY {order}"
    assert org.column(soql) == found


def test_ids_sort_the_way_they_compare(org: Org) -> None:
    short = [f"0015g00000{tail}" for tail in ("AAaa1", "aaaa1", "Zzzz1", "zzzz1", "bBbb1")]
    accounts = [{"Id": each, "Name": each} for each in short]
    org.emulator.control("POST", "seed", {"salesforce": {"records": {"Account": accounts}}})
    org.login()
    listed = org.column("SELECT Id FROM Account ORDER BY Id")
    assert listed == sorted(listed)
    assert org.column(f"SELECT Id FROM Account WHERE Id > '{listed[2]}' ORDER BY Id") == listed[3:]


def test_counting_and_grouping(org: Org) -> None:
    assert org.query("SELECT COUNT() FROM Contact") == {"totalSize": 4, "done": True, "records": []}
    [one] = org.query("SELECT COUNT(Id) FROM Contact")["records"]
    assert one == {"attributes": {"type": "AggregateResult"}, "expr0": 4}
    soql = "SELECT AccountId, COUNT(Id) people, MAX(NPS__c), SUM(NPS__c) FROM Contact GROUP BY AccountId"
    groups = {each["AccountId"]: each for each in org.query(soql + " ORDER BY COUNT(Id) DESC")["records"]}
    assert next(iter(groups)) == ACME
    assert {key: each["people"] for key, each in groups.items()} == {ACME: 2, BOLT: 1, None: 1}
    assert (groups[ACME]["expr0"], groups[BOLT]["expr1"]) == (9.0, None)
    assert org.column("SELECT AccountId FROM Contact GROUP BY AccountId HAVING COUNT(Id) > 1") == [ACME]


def test_fields_macros(org: Org) -> None:
    [all_fields] = org.query("SELECT FIELDS(ALL) FROM Contact LIMIT 1")["records"]
    [custom] = org.query("SELECT FIELDS(CUSTOM) FROM Contact LIMIT 1")["records"]
    [standard] = org.query("SELECT FIELDS(STANDARD) FROM Contact WHERE Id = '" + ADA + "'")["records"]
    assert set(custom) == {"attributes", "NPS__c", "Topics__c"}
    assert set(all_fields) == set(custom) | set(standard)
    assert org.refused_query("SELECT FIELDS(ALL) FROM Contact")[0] == "MALFORMED_QUERY"


def test_query_hides_deleted_and_archived_and_query_all_shows_them(org: Org) -> None:
    assert OLD not in org.column("SELECT Id FROM Contact")
    [old] = org.query("SELECT Id, IsDeleted, MasterRecordId FROM Contact WHERE IsDeleted = true", "queryAll")["records"]
    assert (old["Id"], old["IsDeleted"], old["MasterRecordId"]) == (OLD, True, ADA)
    assert org.column("SELECT Id FROM Task") == [CALL]
    assert sorted(org.column("SELECT Id FROM Task", "queryAll")) == sorted([CALL, OLDCALL])
    assert org.column("SELECT Id FROM Task WHERE IsArchived = true", "queryAll") == [OLDCALL]


def test_activities_are_archived_when_a_year_has_passed(org: Org) -> None:
    org.emulator.control("POST", "clock", {"now": "2027-02-20T00:30:00+00:00"})
    org.login()
    assert org.column("SELECT Id FROM Task") == []
    assert org.column("SELECT Id FROM Event") == [MEET]
    org.emulator.control("POST", "clock", {"now": "2027-02-25T00:30:00+00:00"})
    org.login()
    assert org.column("SELECT Id FROM Event") == []


def test_a_mistake_is_named_with_the_vendors_words(org: Org) -> None:
    assert org.refused_query("SELECT Id, Nope__c FROM Contact") == (
        "INVALID_FIELD",
        "\nSELECT Id, Nope__c FROM Contact\n           ^\nERROR at Row:1:Column:12\n"
        "No such column 'Nope__c' on entity 'Contact'. If you are attempting to use a custom field, be sure to"
        " append the '__c' after the custom field name."
        " Please reference your WSDL or the describe call for the appropriate names.",
    )


def test_strings_know_their_escapes(org: Org) -> None:
    assert org.column("SELECT Id FROM Account WHERE Name = 'Bolt\\'s \\\"Best\\\"'") == [BOLT]
    assert org.column("SELECT Id FROM Account WHERE Name LIKE '%\\_100\\%'") == [CRUX]
    assert org.column("SELECT Id FROM Account WHERE Name LIKE '%\\_c%'") == []


def test_shared_activities_can_be_switched_off(org: Org) -> None:
    relations = org.query(f"SELECT RelationId, IsWhat, AccountId FROM TaskRelation WHERE TaskId = '{CALL}'")["records"]
    assert {(each["RelationId"], each["IsWhat"], each["AccountId"]) for each in relations} == {
        (ADA, False, ACME),
        (DEAL, True, ACME),
    }
    org.emulator.control("POST", "seed", {"salesforce": {"features": {"shared_activities": False}}})
    org.login()
    assert org.refused_query("SELECT Id FROM TaskRelation")[0] == "INVALID_TYPE"
    assert org.refusal("GET", "/sobjects/EventRelation/describe")[:2] == (404, "NOT_FOUND")


def test_a_long_uri_is_refused_before_the_org_sees_it(org: Org) -> None:
    ids = ",".join(f"'{ADA}'" for _ in range(900))
    soql = f"SELECT Id FROM Contact WHERE Id IN ({ids})"
    too_long = org.call("GET", "/query", params={"q": soql})
    assert (too_long.status_code, "URI Too Long" in too_long.text) == (414, True)
    with_headers = org.call("GET", "/query", params={"q": soql[:9000]}, headers={"X-Fat": "x" * 9000})
    assert with_headers.status_code == 431


def test_answers_are_compressed_when_asked_and_pretty_when_asked(org: Org) -> None:
    soql = {"q": "SELECT FIELDS(STANDARD) FROM Contact"}
    plain = org.call("GET", "/query", params=soql, headers={"Accept-Encoding": "identity"})
    pretty = org.call("GET", "/query", params=soql, headers={"Accept-Encoding": "identity", "X-PrettyPrint": "1"})
    packed = org.call("GET", "/query", params=soql, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.raw.read(decode_content=False)) == plain.content
    assert pretty.json() == plain.json()
    assert len(pretty.content) > len(plain.content)


def test_owner_defaults_and_names_come_with_the_seed(org: Org) -> None:
    assert org.column(f"SELECT Name FROM Account WHERE OwnerId = '{OWNER}' ORDER BY Name") == ["Acme", "crux_100%"]
    assert org.column("SELECT COUNT_DISTINCT(OwnerId) FROM Account") == [2]
