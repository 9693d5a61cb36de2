"""SOQL statements with the rows they must find. Rows are told by the initial of a person's first name."""

from typing import Any

import pytest

from connectors.emulator.salesforce import ids
from tests.emulator import library as lib
from tests.emulator.org import DATA, Org

pytestmark = pytest.mark.emulator
LETTERS = {ids.to18(each): letter for letter, each in zip(
    "ABCDEFG", (lib.ANN, lib.BOB, lib.CAT, lib.DAN, lib.EVE, lib.FAY, lib.GIL), strict=True
)}  # fmt: skip
ACCOUNTS = {ids.to18(each): name for name, each in (
    ("root", lib.ROOT), ("mid", lib.MID), ("leaf", lib.LEAF), ("lone", lib.LONE)
)}  # fmt: skip


def people(library: Org, rest: str, resource: str = "query") -> str:
    """The initials of the contacts a query ends up with, in its order."""
    return "".join(LETTERS[each] for each in library.column(f"SELECT Id FROM Contact {rest}", resource))


EQUALITY = [
    ("LastName = 'ASH'", "AB"),
    ("LastName <> 'ash'", "CDEF"),
    ("Title = 'cfo'", "AB"),
    ("Title = NULL", "CF"),
    ("Title != null", "ABDE"),
    ("Title != 'CFO'", "CDEF"),
    ("Title = ''", "CF"),
    ("FirstName = null AND Title = null", "CF"),
    ("Score__c = 0", "B"),
    ("Score__c = 9.50", "A"),
    ("Score__c = -2.25", "C"),
    ("Score__c != 100", "ABCDF"),
    ("Score__c = null", "DF"),
    ("DoNotCall = TRUE", "CF"),
    ("DoNotCall != true", "ABDE"),
    ("DoNotCall = null", "ABDE"),
    ("Email = 'fay@lone.EXAMPLE'", "F"),
    ("Birthdate = 1980-02-29", "A"),
    ("CreatedDate = 2026-03-02T08:00:00Z", "A"),
    ("CreatedDate = 2026-03-02T09:00:00+01:00", "A"),
    ("CreatedDate = 2026-03-02T00:00:00.000-0800", "A"),
    (f"Id = '{lib.ANN}'", "A"),
    (f"Id = '{ids.to18(lib.ANN).lower()}'", "A"),
    (f"AccountId = '{lib.ROOT}'", "AB"),
    ("AccountId = null", "E"),
    ("AccountId = ''", "E"),
    (f"AccountId != '{lib.ROOT}'", "CDEF"),
    ("Id = null", ""),
    (f"MasterRecordId = '{lib.ANN}'", ""),
    ("IsDeleted = true", ""),
]
ORDERING = [
    ("Score__c > 0", "AE"),
    ("Score__c >= 0", "ABE"),
    ("Score__c < 0", "C"),
    ("Score__c <= 0", "BC"),
    ("Score__c > -1000", "ABCE"),
    ("LastName > 'birch'", "DEF"),
    ("LastName >= 'BIRCH'", "CDEF"),
    ("LastName < 'b'", "AB"),
    ("Birthdate > 1980-02-29", "D"),
    ("Birthdate <= 1990-12-31", "AD"),
    ("CreatedDate > 2026-03-01T12:00:00Z", "A"),
    ("CreatedDate >= 2026-03-01T13:00:00+01:00", "AB"),
    (f"Id > '{lib.DAN}'", "EF"),
    (f"Id <= '{lib.BOB}'", "AB"),
]
LOGIC = [
    ("Title = 'CFO' AND Score__c > 5", "A"),
    ("Title = 'CFO' OR Score__c > 50", "ABE"),
    ("Title = 'CFO' OR Score__c > 50 OR DoNotCall = true", "ABCEF"),
    ("LastName = 'Ash' AND Title = 'CFO' AND Score__c = 0", "B"),
    ("(LastName = 'Ash' AND Score__c = 0) OR (DoNotCall = true AND Title = null)", "BCF"),
    ("((LastName = 'Ash'))", "AB"),
    ("NOT LastName = 'Ash'", "CDEF"),
    ("NOT (LastName = 'Ash' OR Title = null)", "DE"),
    ("NOT (NOT LastName = 'Ash')", "AB"),
    ("NOT Score__c > 0", "BCDF"),
    ("(NOT Title = null) AND DoNotCall = false", "ABDE"),
    ("LastName = 'Ash' AND (Title = 'x' OR (Score__c = 0 AND (NOT DoNotCall = true)))", "B"),
    ("(NOT Title LIKE 'c%') AND Title != null", "E"),
]
LISTS = [
    ("LastName IN ('ASH', 'fir')", "ABF"),
    ("LastName NOT IN ('ash', 'fir')", "CDE"),
    ("Title IN ('CFO', null)", "ABCF"),
    ("Title NOT IN ('CFO')", "CDEF"),
    ("Title NOT IN ('CFO', null)", "DE"),
    ("Score__c IN (0, 9.5, 7)", "AB"),
    ("DoNotCall IN (true)", "CF"),
    ("Birthdate IN (1980-02-29, 2000-01-01)", "A"),
    (f"Id IN ('{lib.ANN}', '{ids.to18(lib.FAY)}', '{lib.GIL}')", "AF"),
    (f"Id NOT IN ('{lib.ANN}')", "BCDEF"),
    ("CreatedDate IN (TODAY, 2025-10-15T00:00:00Z)", "AF"),
    ("CreatedDate NOT IN (THIS_MONTH, LAST_MONTH)", "EF"),
]
SEMI_JOINS = [
    ("AccountId IN (SELECT Id FROM Account WHERE Industry = 'Energy')", "ABC"),
    ("AccountId IN (SELECT ParentId FROM Account)", "ABC"),
    ("AccountId IN (SELECT AccountId FROM Opportunity WHERE CloseDate = THIS_MONTH) AND Score__c = null", "D"),
    (
        "ReportsToId IN (SELECT ContactId FROM OpportunityContactRole)"
        " AND AccountId NOT IN (SELECT AccountId FROM Case)",
        "BC",
    ),
    ("Id IN (SELECT ContactId FROM OpportunityContactRole WHERE IsPrimary = true)", "A"),
    ("Id IN (SELECT ContactId FROM OpportunityContactRole WHERE Opportunity.IsWon = true)", "AB"),
    ("Id NOT IN (SELECT ContactId FROM OpportunityContactRole)", "CEF"),
]
PATTERNS = [
    ("LastName LIKE 'a%'", "AB"),
    ("LastName LIKE '%R'", "DF"),
    ("LastName LIKE '%i%'", "CF"),
    ("LastName LIKE '___'", "ABF"),
    ("LastName LIKE '_i%'", "CF"),
    ("LastName LIKE 'ash'", "AB"),
    ("LastName LIKE '%'", "ABCDEF"),
    ("LastName LIKE '%%r%%'", "CDF"),
    ("LastName LIKE 'elm\\_x'", "E"),
    ("LastName LIKE 'a\\_h'", ""),
    ("LastName LIKE '%\\_%'", "E"),
    ("Title LIKE '%100\\% s%'", "E"),
    ("Title LIKE '%1%0%s'", "E"),
    ("Title LIKE 'c_o'", "ABD"),
    ("(NOT Title LIKE 'c%')", "CEF"),
    ("Title LIKE ''", ""),
    ("Email LIKE '%@root.example'", "A"),
]
PICKLISTS = [
    ("Tags__c INCLUDES ('Blue')", "AD"),
    ("Tags__c INCLUDES ('blue;RED')", "AD"),
    ("Tags__c INCLUDES ('Blue;Green')", "D"),
    ("Tags__c INCLUDES ('Blue;Green', 'Green')", "BD"),
    ("Tags__c EXCLUDES ('Blue')", "BCEF"),
    ("Tags__c EXCLUDES ('Blue;Green', 'Green')", "ACEF"),
    ("Tags__c = 'Blue;Red'", "A"),
    ("Tags__c = null", "CEF"),
]
SPANS = [
    ("= TODAY", "A"),
    ("= YESTERDAY", "B"),
    ("= TOMORROW", ""),
    ("< TOMORROW", "ABCDEF"),
    ("!= TODAY", "BCDEF"),
    ("= THIS_WEEK", "AB"),
    ("= LAST_WEEK", "C"),
    ("= NEXT_WEEK", ""),
    ("= THIS_MONTH", "AB"),
    ("= LAST_MONTH", "CD"),
    ("> LAST_MONTH", "AB"),
    (">= LAST_MONTH", "ABCD"),
    ("< LAST_MONTH", "EF"),
    ("<= LAST_MONTH", "CDEF"),
    ("!= LAST_MONTH", "ABEF"),
    ("= THIS_QUARTER", "ABCD"),
    ("= LAST_QUARTER", "EF"),
    ("= THIS_YEAR", "ABCD"),
    ("= LAST_YEAR", "EF"),
    ("= LAST_FISCAL_QUARTER", "EF"),
    ("= THIS_FISCAL_YEAR", "ABCD"),
    ("= LAST_90_DAYS", "ABCDE"),
    ("= NEXT_90_DAYS", ""),
    ("= LAST_N_DAYS:0", "A"),
    ("= LAST_N_DAYS:1", "AB"),
    ("= LAST_N_DAYS:60", "ABCD"),
    ("< LAST_N_DAYS:60", "EF"),
    ("= LAST_N_WEEKS:1", "C"),
    ("= LAST_N_MONTHS:3", "CDE"),
    ("= LAST_N_QUARTERS:1", "EF"),
    ("= LAST_N_YEARS:1", "EF"),
    ("= LAST_N_FISCAL_YEARS:2", "EF"),
    ("= NEXT_N_DAYS:9", ""),
    ("= N_DAYS_AGO:1", "B"),
    ("= N_WEEKS_AGO:1", "C"),
    ("= N_MONTHS_AGO:1", "CD"),
    ("= N_QUARTERS_AGO:1", "EF"),
    ("= N_YEARS_AGO:1", "EF"),
    ("> N_DAYS_AGO:8", "AB"),
]
RELATIONS = [
    ("Account.Name = 'ROOT'", "AB"),
    ("Account.Parent.Name = 'Root'", "C"),
    ("Account.Parent.Parent.Name = 'Root'", "D"),
    ("Account.Owner.Manager.Title = 'Head'", "DF"),
    ("Account.Name = null", "E"),
    ("Account.Industry = null", "EF"),
    ("Account.NumberOfEmployees > 100", "AB"),
    ("Account.Tier__c IN ('gold', 'silver')", "ABD"),
    ("ReportsTo.LastName = 'ash'", "BC"),
    ("ReportsTo.ReportsTo.ReportsTo.ReportsTo.ReportsTo.LastName = 'Ash'", "F"),
    ("Owner.Name = 'Ina Gray'", "ABCDEF"),
    ("Contact.Account.Name = 'Root'", "AB"),
]
FUNCTIONS = [
    ("CALENDAR_YEAR(CreatedDate) = 2025", "EF"),
    ("CALENDAR_QUARTER(CreatedDate) > 1", "EF"),
    ("CALENDAR_MONTH(Birthdate) = 12", "D"),
    ("DAY_IN_MONTH(CreatedDate) IN (1, 2)", "ABD"),
    ("DAY_ONLY(CreatedDate) = 2025-12-31", "E"),
]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        *EQUALITY,
        *ORDERING,
        *LOGIC,
        *LISTS,
        *SEMI_JOINS,
        *PATTERNS,
        *PICKLISTS,
        *((f"CreatedDate {rest}", found) for rest, found in SPANS),
        *RELATIONS,
        *FUNCTIONS,
    ],
)
def test_a_condition_finds_its_people(library: Org, where: str, found: str) -> None:
    assert people(library, f"WHERE {where} ORDER BY Id") == found


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("ORDER BY Score__c, Id", "DFCBAE"),
        ("ORDER BY Score__c NULLS LAST, Id", "CBAEDF"),
        ("ORDER BY Score__c DESC, Id", "DFEABC"),
        ("ORDER BY Score__c DESC NULLS LAST, Id DESC", "EABCFD"),
        ("ORDER BY LastName, Score__c", "BACDEF"),
        ("ORDER BY LastName ASC NULLS FIRST, Id DESC", "BACDEF"),
        ("ORDER BY Account.Name NULLS LAST, FirstName", "FDCABE"),
        ("ORDER BY DoNotCall DESC, CreatedDate", "FCEDBA"),
        ("ORDER BY Birthdate DESC NULLS LAST, Id LIMIT 2", "DA"),
        ("ORDER BY Id LIMIT 0", ""),
        ("ORDER BY Id LIMIT 2", "AB"),
        ("ORDER BY Id LIMIT 2 OFFSET 1", "BC"),
        ("ORDER BY Id OFFSET 4", "EF"),
        ("ORDER BY Id LIMIT 5 OFFSET 2000", ""),
        ("ORDER BY Id LIMIT 999999999", "ABCDEF"),
        ("c WHERE c.LastName = 'Fir'", "F"),
        ("AS c WHERE c.Account.Name = 'Root' ORDER BY c.Id DESC", "BA"),
        ("USING SCOPE everything WHERE Title = null ORDER BY Id", "CF"),
        ("WHERE Title = null ORDER BY Id LIMIT 1 FOR REFERENCE", "C"),
        ("wHeRe tItLe = 'cto' LiMiT 1", "D"),
    ],
)
def test_order_limit_offset_and_alias(library: Org, rest: str, found: str) -> None:
    assert people(library, rest) == found


@pytest.mark.parametrize(
    ("rest", "found"),
    [("ORDER BY Id", "ABCDEFG"), ("WHERE IsDeleted = true", "G"), (f"WHERE MasterRecordId = '{lib.ANN}'", "G")],
)
def test_query_all_sees_into_the_bin(library: Org, rest: str, found: str) -> None:
    assert people(library, rest, "queryAll") == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'Leaf\\'s'", ["leaf"]),
        ("Name LIKE 'mid\\_50\\%'", ["mid"]),
        ("Name LIKE 'mid_50_'", ["mid"]),
        ("Name = 'a\\\\b\\n\\\"c\\\"'", ["lone"]),
        ("Name LIKE 'A\\\\b\\n%'", ["lone"]),
        ("Name LIKE '%n\\\"%'", []),
        ("AnnualRevenue = 12.5", ["lone"]),
        ("NumberOfEmployees >= 90 AND NumberOfEmployees < 901", ["mid", "root"]),
        ("ERP__c = 10", ["root"]),
        ("Id IN (SELECT AccountId FROM Contact WHERE Birthdate != null)", ["leaf", "root"]),
        ("Id NOT IN (SELECT AccountId FROM Contact)", []),
        ("Owner.IsActive = true AND Parent.Owner.Name = 'Olga Nord'", ["leaf"]),
    ],
)
def test_a_condition_finds_its_accounts(library: Org, where: str, found: list[str]) -> None:
    names = [ACCOUNTS[each] for each in library.column(f"SELECT Id FROM Account WHERE {where}")]
    assert sorted(names) == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Who.Type = 'Lead'", ["Mail"]),
        ("Who.Type = 'contact'", ["Ring"]),
        ("What.Type IN ('Account', 'Opportunity')", ["Lunch", "Ring"]),
        ("What.Type = null", ["Mail"]),
        ("Who.Name LIKE 'h%'", ["Mail"]),
        ("What.Name = 'won'", ["Ring"]),
        ("Who.Title = 'Boss'", ["Mail"]),
        ("Owner.Name = 'Olga Nord'", ["Lunch"]),
        ("WhoId = null", ["Lunch"]),
        ("Account.Name = 'Root'", ["Ring"]),
        ("ActivityDate = YESTERDAY", ["Ring"]),
        ("ActivityDate = NEXT_WEEK", ["Mail"]),
        ("ActivityDate > TODAY", ["Mail"]),
        ("ActivityDate = null", ["Lunch"]),
        ("ActivityDate >= 2026-03-01", ["Mail", "Ring"]),
        ("IsClosed = false", ["Lunch", "Mail"]),
        ("IsHighPriority = true AND TaskSubtype = 'Call'", ["Ring"]),
        ("Id IN (SELECT TaskId FROM TaskRelation WHERE IsWhat = true)", ["Lunch", "Ring"]),
        ("CallDurationInSeconds = 60", ["Lunch"]),
    ],
)
def test_a_condition_finds_its_tasks(library: Org, where: str, found: list[str]) -> None:
    assert sorted(library.column(f"SELECT Subject FROM Task WHERE {where}")) == found


def groups(library: Org, soql: str) -> list[tuple[Any, ...]]:
    """The values of every record without its attributes."""
    records = library.query(soql)["records"]
    assert all(each["attributes"] == {"type": "AggregateResult"} for each in records)
    return [tuple(list(each.values())[1:]) for each in records]


@pytest.mark.parametrize(
    ("soql", "found"),
    [
        ("SELECT COUNT(Id) FROM Contact", [(6,)]),
        ("SELECT COUNT(Title) FROM Contact", [(4,)]),
        ("SELECT COUNT_DISTINCT(AccountId) FROM Contact", [(4,)]),
        ("SELECT SUM(Score__c), AVG(Score__c), MIN(Score__c), MAX(Score__c) FROM Contact",
         [(107.25, 26.8125, -2.25, 100.0)]),
        ("SELECT SUM(Score__c), MAX(Score__c) FROM Contact WHERE Title = 'nobody'", [(None, None)]),
        ("SELECT MIN(Birthdate), MAX(LastName) FROM Contact", [("1980-02-29", "Fir")]),
        ("SELECT DoNotCall, COUNT(Id) FROM Contact GROUP BY DoNotCall ORDER BY DoNotCall", [(False, 4), (True, 2)]),
        ("SELECT Account.Name, COUNT(Id) FROM Contact WHERE AccountId != null GROUP BY Account.Name"
         " ORDER BY COUNT(Id) DESC, Account.Name LIMIT 2", [("Root", 2), ('a\\b\n"c"', 1)]),
        ("SELECT Account.Industry i, COUNT(Id) n FROM Contact GROUP BY Account.Industry ORDER BY Account.Industry",
         [(None, 2), ("Banking", 1), ("Energy", 3)]),
        ("SELECT COUNT(Id) n FROM Contact GROUP BY AccountId HAVING COUNT(Id) > 1", [(2,)]),
        ("SELECT AccountId FROM Contact GROUP BY AccountId HAVING AccountId = null", [(None,)]),
        ("SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(Id) FROM Contact GROUP BY CALENDAR_YEAR(CreatedDate)"
         " ORDER BY CALENDAR_YEAR(CreatedDate)", [(2025, 2), (2026, 4)]),
        ("SELECT IsWon, SUM(Amount) FROM Opportunity GROUP BY IsWon ORDER BY IsWon", [(False, None), (True, 500.0)]),
        ("SELECT COUNT(Id) FROM Task WHERE Who.Type = 'Contact'", [(1,)]),
        ("SELECT DoNotCall, Title FROM Contact WHERE Title = null GROUP BY DoNotCall, Title", [(True, None)]),
        ("SELECT AccountId a, COUNT(Id) FROM Contact GROUP BY AccountId HAVING SUM(Score__c) >= 100", [(None, 1)]),
        ("SELECT LeadSource, COUNT(Id) FROM Contact GROUP BY LeadSource OFFSET 1", []),
    ],
)  # fmt: skip
def test_groups_hold_their_aggregates(library: Org, soql: str, found: list[tuple[Any, ...]]) -> None:
    assert groups(library, soql) == found


@pytest.mark.parametrize(
    ("soql", "total"),
    [
        ("SELECT COUNT() FROM Contact", 6),
        ("select count() from contact where title = null", 2),
        ("SELECT COUNT() FROM Contact WHERE Account.Parent.Name = 'Root'", 1),
        ("SELECT COUNT() FROM Contact LIMIT 4", 4),
        ("SELECT COUNT() FROM Contact WHERE Id = null", 0),
    ],
)
def test_a_bare_count_answers_its_total_alone(library: Org, soql: str, total: int) -> None:
    assert library.query(soql) == {"totalSize": total, "done": True, "records": []}


def test_a_parent_of_a_parent_nests_and_a_missing_one_is_null(library: Org) -> None:
    soql = "SELECT LastName, Account.Parent.Parent.Name, Account.Parent.Name FROM Contact WHERE Title = 'CTO'"
    [row] = library.query(soql)["records"]
    leaf, mid, root = (f"{DATA}/sobjects/Account/{ids.to18(each)}" for each in (lib.LEAF, lib.MID, lib.ROOT))
    grand = {"attributes": {"type": "Account", "url": root}, "Name": "Root"}
    parent = {"attributes": {"type": "Account", "url": mid}, "Parent": grand, "Name": "mid_50%"}
    assert row["Account"] == {"attributes": {"type": "Account", "url": leaf}, "Parent": parent}
    [orphan] = library.query("SELECT Account.Parent.Name FROM Contact WHERE Score__c = 100")["records"]
    assert orphan["Account"] is None


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        ("SELECT LastName FROM Contacts ORDER BY Id", {"root": 2, "mid": 1, "leaf": 1, "lone": 1}),
        ("SELECT LastName FROM Contacts WHERE Title != null LIMIT 1", {"root": 1, "leaf": 1}),
        ("SELECT Id FROM Contacts ORDER BY Id OFFSET 1", {"root": 1}),
        ("SELECT Name FROM ChildAccounts", {"root": 1, "mid": 1}),
        ("SELECT Name FROM Opportunities WHERE IsClosed = true", {"root": 1}),
        ("SELECT Subject FROM Tasks", {"leaf": 1}),
        ("SELECT Id FROM Contacts WHERE Id = null", {}),
    ],
)
def test_a_child_subquery_counts_for_each_parent(library: Org, inner: str, found: dict[str, int]) -> None:
    records = library.query(f"SELECT Id, ({inner}) FROM Account")["records"]
    children = {ACCOUNTS[each["Id"]]: list(each.values())[2] for each in records}
    assert {name: each["totalSize"] for name, each in children.items() if each} == found
    assert all(each["done"] and len(each["records"]) == each["totalSize"] for each in children.values() if each)


def test_child_subqueries_nest(library: Org) -> None:
    soql = "SELECT (SELECT Name, (SELECT LastName FROM Contacts) FROM ChildAccounts) FROM Account WHERE ParentId = null"
    root = library.query(f"{soql} AND Industry != null")["records"][0]
    [mid] = root["ChildAccounts"]["records"]
    assert (mid["Name"], [each["LastName"] for each in mid["Contacts"]["records"]]) == ("mid_50%", ["Birch"])


@pytest.mark.parametrize(
    ("choice", "subject", "kind", "fields"),
    [
        ("TYPEOF Who WHEN Contact THEN Email, Account.Name ELSE Name END", "Ring", "Contact",
         {"Email": "ann@root.example", "Account": "Root"}),
        ("TYPEOF Who WHEN Contact THEN Email ELSE Name END", "Mail", "Lead", {"Name": "Hal Hunt"}),
        ("TYPEOF who WHEN contact THEN Email WHEN lead THEN Company END", "Mail", "Lead", {"Company": "Hunters"}),
        ("TYPEOF What WHEN Opportunity THEN StageName WHEN Account THEN Industry END", "Lunch", "Account",
         {"Industry": "Banking"}),
        ("TYPEOF Owner WHEN User THEN Username END", "Lunch", "User", {"Username": "olga@acme.example"}),
    ],
)  # fmt: skip
def test_typeof_gives_every_type_its_fields(
    library: Org, choice: str, subject: str, kind: str, fields: dict[str, str]
) -> None:
    [task] = library.query(f"SELECT {choice} FROM Task WHERE Subject = '{subject}'")["records"]
    [chosen] = [each for name, each in task.items() if name != "attributes"]
    assert chosen.pop("attributes")["type"] == kind
    shown = {name: each["Name"] if isinstance(each, dict) else each for name, each in chosen.items()}
    assert shown == fields


def test_typeof_of_nobody_is_null(library: Org) -> None:
    soql = "SELECT TYPEOF Who WHEN Contact THEN Email END FROM Task WHERE Subject = 'Lunch'"
    assert library.query(soql)["records"][0]["Who"] is None


def test_selected_functions_answer_under_the_name_of_their_field(library: Org) -> None:
    soql = "SELECT toLabel(Title), FORMAT(Score__c), FORMAT(CreatedDate) made FROM Contact WHERE Title = 'CTO'"
    [row] = library.query(soql)["records"]
    assert (row["Title"], row["Score__c"], row["made"]) == ("CTO", None, "2/1/2026, 12:00 AM")


def test_a_field_is_answered_by_the_schemas_name_however_it_was_asked(library: Org) -> None:
    [row] = library.query("select ID, lastname, aCCOUNT.nAME from CONTACT where TITLE = 'cto'")["records"]
    assert list(row) == ["attributes", "Id", "LastName", "Account"]
    assert list(row["Account"]) == ["attributes", "Name"]
    assert row["attributes"] == {"type": "Contact", "url": f"{DATA}/sobjects/Contact/{ids.to18(lib.DAN)}"}


def test_macros_choose_by_kind_of_field(library: Org) -> None:
    custom = library.query("SELECT FIELDS(CUSTOM), Id FROM Account LIMIT 1")["records"][0]
    assert set(custom) == {"attributes", "Tier__c", "ERP__c", "Id"}
    rows = library.query("SELECT (SELECT FIELDS(ALL) FROM Contacts LIMIT 200) FROM Account WHERE Name = 'Root'")
    assert {"Tags__c", "Notes__c", "SystemModstamp"} <= set(rows["records"][0]["Contacts"]["records"][0])
