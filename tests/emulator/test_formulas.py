"""The formula language, asked over HTTP through formula fields."""

import pytest

from tests.emulator.org import ACME, ADA, BEN, CLEO, Org

pytestmark = pytest.mark.emulator
# Ada: Title CFO, NPS 9, Topics Price;Support, born 1980-02-29, at Acme; the clock says 2026-03-02T09:00.
TEXTS = {
    "Title": "CFO",
    "title": "CFO",
    "Account.Name": "Acme",
    "ReportsTo.LastName": None,
    '"a" & LastName & NPS__c': "aBerg9",
    '"it\\"s"': 'it"s',
    "'single'": "single",
    'FirstName + " " + LastName': "Ada Berg",
    "UPPER(LOWER(LastName))": "BERG",
    "LEFT(LastName, 2) & RIGHT(LastName, 1)": "Beg",
    'TRIM("  x ")': "x",
    'SUBSTITUTE(LastName, "B", "Z")': "Zerg",
    "TEXT(NPS__c)": "9",
    'IF(NPS__c > 8, "promoter", "other")': "promoter",
    'CASE(Title, "CEO", "1", "CFO", "2", "3")': "2",
    'CASE(Title, "CEO", "1", "3")': "3",
    'BLANKVALUE(Department, "none")': "none",
    'NULLVALUE(Title, "none")': "CFO",
    "": None,
}
TRUTHS = {
    "TRUE": True,
    "NOT(TRUE)": False,
    "!FALSE": True,
    "1 = 1 && 2 <> 3": True,
    "1 != 1 || 2 == 2": True,
    "AND(TRUE, 1 < 2, 2 >= 2)": True,
    "OR(FALSE, 1 > 2)": False,
    "ISBLANK(Department)": True,
    "ISNULL(Title)": False,
    'Department = ""': True,
    "Department = NULL": True,
    "Department < 5": False,
    'ISPICKVAL(LeadSource, "")': True,
    'INCLUDES(Topics__c, "Price")': True,
    'INCLUDES(Topics__c, "Roadmap")': False,
    'CONTAINS(Email, "@acme")': True,
    'BEGINS(Email, "Ada")': True,
    'REGEX(LastName, "[A-Z][a-z]+")': True,
    'REGEX(LastName, "(")': False,
    "Birthdate < TODAY()": True,
    "DATEVALUE(NOW()) = TODAY()": True,
    "ISCHANGED(Title)": False,
    "ISNEW()": False,
    "PRIORVALUE(Title) = Title": True,
    "HasOptedOutOfEmail": False,
    'VALUE("x") = 1': False,
}
NUMBERS = {
    "1 + 2 * 3": 7.0,
    "(1 + 2) * 3": 9.0,
    "10 - 3 - 2": 5.0,
    "2 ^ 3": 8.0,
    "-NPS__c": -9.0,
    "NPS__c / 0": None,
    "9 ^ 9 ^ 9 ^ 9": None,
    "LEN(LastName)": 4.0,
    "LEN(Department)": 0.0,
    "ROUND(NPS__c / 4, 1)": 2.2,
    "FLOOR(2.5) + CEILING(2.5)": 5.0,
    "MOD(NPS__c, 4)": 1.0,
    "MIN(3, 1, 2) + MAX(3, 1)": 4.0,
    "ABS(-3)": 3.0,
    "YEAR(Birthdate) * 10000 + MONTH(Birthdate) * 100 + DAY(Birthdate)": 19800229.0,
    'VALUE("12.5")': 12.5,
    "TODAY() - DATEVALUE(CreatedDate)": 245.0,
    "Account.NumberOfEmployees": 120.0,
    "+".join(["1"] * 900): 900.0,
}
DAYS = {"TODAY() + 30": "2026-04-01", "Birthdate": "1980-02-29", "NOW()": "2026-03-02", "NULL": None}


@pytest.mark.parametrize(
    ("kind", "table"), [("Text", TEXTS), ("Checkbox", TRUTHS), ("Number", NUMBERS), ("Date", DAYS)]
)
def test_a_formula_field_has_the_value_of_its_formula(
    org: Org, kind: str, table: dict[str, str | bool | float | None]
) -> None:
    form = {"type": kind, "precision": 18, "scale": 2, "length": 255, "label": "F"}
    named = {f"F{place}__c": text for place, text in enumerate(table)}
    fields = [{"name": name, "formula": text or "NULL", **form} for name, text in named.items()]
    org.emulator.control("POST", "schema", {"fields": {"Contact": fields}})
    row = org.record("Contact", ADA)
    assert {text: row[name] for name, text in named.items()} == table
    described = {each["name"]: each for each in org.call("GET", "/sobjects/Contact/describe").json()["fields"]}
    flags = {
        (each["calculated"], each["createable"], each["updateable"])
        for name, each in described.items()
        if name in named
    }
    assert flags == {(True, False, False)}


@pytest.mark.parametrize(
    "text",
    ["1 +", "(1", "1)", "NOPE(1)", "ISCHANGED(1)", "ISCHANGED(Title, Title)", "§", '"open', "Nope__c = 1", "Nope.Name",
     "Account.Nope", "(" * 31 + "1" + ")" * 31, "-" * 40 + "1", "1" * 3901, "IF(TRUE,,1)"],
)  # fmt: skip
def test_what_is_no_formula_is_refused_where_it_is_declared(org: Org, text: str) -> None:
    field = {"name": "F__c", "label": "F", "type": "Text", "length": 10, "formula": text}
    url = f"{org.emulator.announced['control']}/schema"
    answer = org.emulator.session.post(url, json={"fields": {"Contact": [field]}}, timeout=10)
    assert (answer.status_code, "formula" in answer.json()["error"]) == (400, True)


def test_a_formula_changes_with_another_record_and_its_own_stamp_does_not_tell(org: Org) -> None:
    """Failure mode 5: SystemModstamp of the child says nothing when its parent changes."""
    field = {"name": "Firm__c", "label": "Firm", "type": "Text", "length": 10, "formula": "Account.Name"}
    org.emulator.control("POST", "schema", {"fields": {"Contact": [field]}})
    before = org.record("Contact", ADA)
    org.emulator.control("POST", "clock", {"advance": 60})
    org.call("PATCH", f"/sobjects/Account/{ACME}", {"Name": "Acme Two"})
    after = org.record("Contact", ADA)
    assert {name for name in after if after[name] != before[name]} == {"Firm__c"}
    assert (before["Firm__c"], after["Firm__c"]) == ("Acme", "Acme Two")


def test_soql_filters_and_sorts_by_a_formula_field(org: Org) -> None:
    field = {"name": "Boss__c", "label": "Boss", "type": "Text", "length": 10, "formula": "UPPER(ReportsTo.LastName)"}
    org.emulator.control("POST", "schema", {"fields": {"Contact": [field]}})
    soql = "SELECT Id, Boss__c FROM Contact WHERE Boss__c != null ORDER BY Boss__c"
    assert [(each["Id"], each["Boss__c"]) for each in org.query(soql)["records"]] == [(BEN, "BERG"), (CLEO, "IYER")]
    refused = org.refusal("PATCH", f"/sobjects/Contact/{BEN}", {"Boss__c": "x"})
    assert refused[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_formula_of_the_tooling_api_may_be_read_but_never_edited(org: Org) -> None:
    metadata = {"label": "Loud", "type": "Text", "formula": "UPPER(LastName)"}
    made = org.call("POST", "/tooling/sobjects/CustomField", {"FullName": "Contact.Loud__c", "Metadata": metadata})
    assert made.status_code == 201
    broken = {"FullName": "Contact.Bad__c", "Metadata": {**metadata, "formula": "UPPER("}}
    assert org.refusal("POST", "/tooling/sobjects/CustomField", broken)[:2] == (400, "FIELD_INTEGRITY_EXCEPTION")
    parent = org.create("PermissionSet", Name="P", Label="P")
    org.create("PermissionSetAssignment", PermissionSetId=parent, AssigneeId=org.record("Contact", ADA)["OwnerId"])
    rights = {"ParentId": parent, "SobjectType": "Contact", "Field": "Contact.Loud__c", "PermissionsRead": True}
    edit = org.refusal("POST", "/sobjects/FieldPermissions", {**rights, "PermissionsEdit": True})
    assert edit[:2] == (400, "FIELD_INTEGRITY_EXCEPTION")
    org.create("FieldPermissions", **rights)
    assert org.record("Contact", ADA)["Loud__c"] == "BERG"
