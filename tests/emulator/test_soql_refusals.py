"""SOQL statements that must fail: the code, the text, and the place, which `@` marks in the statement."""

import pytest

from tests.emulator.org import Org

pytestmark = pytest.mark.emulator
REFERENCE = "Please reference your WSDL or the describe call for the appropriate names."
COLUMN = (
    "No such column '{}' on entity '{}'. If you are attempting to use a custom field, be sure to append the '__c'"
    f" after the custom field name. {REFERENCE}"
)
RELATIONSHIP = (
    "Didn't understand relationship '{}' in field path. If you are attempting to use a custom relationship, be sure"
    f" to append the '__r' after the custom relationship name. {REFERENCE}"
)
TYPE = (
    "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append the '__c'"
    f" after the entity name. {REFERENCE}"
)


def place(marked: str) -> tuple[str, str]:
    """The statement without its mark, and the vendor's words for where the mark stood."""
    before, _, after = marked.partition("@")
    row, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return before + after, f"\nERROR at Row:{row}:Column:{column}\n"


def refused(library: Org, marked: str, code: str, message: str) -> None:
    """Send the statement and compare the whole refusal, the shown line and its caret included."""
    statement, where = place(marked)
    found, text = library.refused_query(statement)
    assert (found, text[text.index("\nERROR at") :]) == (code, where + message)
    _, line, caret = text.split("\nERROR at")[0].split("\n")
    assert line in statement
    rest = marked.partition("@")[2].split("\n")[0]
    assert rest.startswith(line[caret.index("^") :])


UNEXPECTED = [
    ("@UPDATE Contact", "UPDATE"),
    ("@Id FROM Contact", "Id"),
    ("SELECT @* FROM Contact", "*"),
    ("SELECT @, Id FROM Contact", ","),
    ("SELECT Id, @FROM Contact", "FROM"),
    ("SELECT Id @", "<EOF>"),
    ("SELECT Id FROM @", "<EOF>"),
    ("SELECT Id FROM @'Contact'", "'Contact'"),
    ("SELECT Id FROM @WHERE Id = null", "WHERE"),
    ("SELECT Id FROM Contact@, Account", ","),
    ("SELECT Id FROM Contact WHERE Id @", "<EOF>"),
    ("SELECT Id FROM Contact WHERE Id @null", "null"),
    ("SELECT Id FROM Contact WHERE Id =@= null", "="),
    ("SELECT Id FROM Contact WHERE Id = @", "<EOF>"),
    ("SELECT Id FROM Contact WHERE Id = null AND @", "<EOF>"),
    ("SELECT Id FROM Contact WHERE Id = null @Title = 'x'", "Title"),
    ("SELECT Id FROM Contact WHERE (Id = null@", "<EOF>"),
    ("SELECT Id FROM Contact WHERE Id = null@)", ")"),
    ("SELECT Id FROM Contact WHERE Id IN @'x'", "'x'"),
    ("SELECT Id FROM Contact WHERE Id IN ('x' @'y')", "'y'"),
    ("SELECT Id FROM Contact WHERE Id IN ('x', @)", ")"),
    ("SELECT Id FROM Contact WHERE Id NOT @= 'x'", "="),
    ("SELECT Id FROM Contact WHERE Title LIKE @('a', 'b')", "("),
    ("SELECT Id FROM Contact WHERE Tags__c INCLUDES @'Red'", "'Red'"),
    ("SELECT Id FROM Contact WHERE Tags__c INCLUDES (@5)", "5"),
    ("SELECT Id FROM Contact WHERE Tags__c EXCLUDES (@null)", "null"),
    ("SELECT Id FROM Contact WHERE LastName INCLUDES (@TODAY)", "TODAY"),
    ("SELECT Id FROM Contact WHERE CreatedDate = LAST_N_DAYS@", "<EOF>"),
    ("SELECT Id FROM Contact WHERE CreatedDate = LAST_N_DAYS:@-1", "-1"),
    ("SELECT Id FROM Contact WHERE CreatedDate = LAST_N_DAYS:@1.5", "1.5"),
    ("SELECT Id FROM Contact WHERE CreatedDate = TODAY@:1", ":"),
    ("SELECT Id FROM Contact WHERE Score__c = 1@,5", ","),
    ("SELECT Id FROM Contact @ORDER Id", "ORDER"),
    ("SELECT Id FROM Contact ORDER BY @", "<EOF>"),
    ("SELECT Id FROM Contact ORDER BY Id NULLS @MIDDLE", "MIDDLE"),
    ("SELECT Id FROM Contact ORDER BY Id DESC @ASC", "ASC"),
    ("SELECT Id FROM Contact LIMIT @", "<EOF>"),
    ("SELECT Id FROM Contact LIMIT @ten", "ten"),
    ("SELECT Id FROM Contact LIMIT @1.0", "1.0"),
    ("SELECT Id FROM Contact LIMIT @9999999999", "9999999999"),
    ("SELECT Id FROM Contact LIMIT 1 @LIMIT 2", "LIMIT"),
    ("SELECT Id FROM Contact OFFSET 1 @LIMIT 2", "LIMIT"),
    ("SELECT Id FROM Contact OFFSET @-1", "-1"),
    ("SELECT Id FROM Contact LIMIT 1@;", ";"),
    ("SELECT Id FROM Contact FOR @NOTHING", "NOTHING"),
    ("SELECT Id FROM Contact @GROUP Id", "GROUP"),
    ("SELECT FIELDS(@SOME) FROM Contact LIMIT 1", "SOME"),
    ("SELECT FIELDS(ALL @FROM Contact", "FROM"),
    ("SELECT (@Id FROM Contacts) FROM Account", "Id"),
    ("SELECT (SELECT Id FROM Contacts@", "<EOF>"),
    ("SELECT TYPEOF Who @THEN Id END FROM Task", "THEN"),
    ("SELECT TYPEOF Who WHEN Contact THEN Id @FROM Task", "FROM"),
    ("SELECT COUNT(@5) FROM Contact", "5"),
    ("SELECT COUNT(Id @FROM Contact", "FROM"),
    ("SELECT @ROUND(Score__c) FROM Contact", "ROUND"),
    ("SELECT Id\nFROM Contact\nWHERE\n  Title = @= 'x'", "="),
]


@pytest.mark.parametrize(("marked", "token"), UNEXPECTED)
def test_an_unexpected_token_is_named_at_its_place(library: Org, marked: str, token: str) -> None:
    refused(library, marked, "MALFORMED_QUERY", f"unexpected token: '{token}'")


@pytest.mark.parametrize(
    ("marked", "code", "message"),
    [
        ("SELECT Id, @Nope FROM Contact", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT Id FROM Contact WHERE @Nope__c = 1", "INVALID_FIELD", COLUMN.format("Nope__c", "Contact")),
        ("SELECT Id FROM Contact ORDER BY @Nope", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT COUNT(@Nope) FROM Contact", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT COUNT(Id) FROM Contact GROUP BY @Nope", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT @Account.Nope FROM Contact", "INVALID_FIELD", COLUMN.format("Nope", "Account")),
        ("SELECT @Account FROM Contact", "INVALID_FIELD", COLUMN.format("Account", "Contact")),
        ("SELECT (SELECT @Nope FROM Contacts) FROM Account", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT TYPEOF Who WHEN Lead THEN @Nope END FROM Task", "INVALID_FIELD", COLUMN.format("Nope", "Lead")),
        ("SELECT TYPEOF Who WHEN Lead THEN Id ELSE @Company END FROM Task", "INVALID_FIELD",
         COLUMN.format("Company", "Name")),
        ("SELECT @Who.Company FROM Task", "INVALID_FIELD", COLUMN.format("Company", "Name")),
        ("SELECT Id FROM Task WHERE @Owner.ManagerId != null", "INVALID_FIELD", COLUMN.format("ManagerId", "Name")),
        ("SELECT @Boss.Name FROM Contact", "INVALID_FIELD", RELATIONSHIP.format("Boss")),
        ("SELECT @Account.Boss.Name FROM Contact", "INVALID_FIELD", RELATIONSHIP.format("Boss")),
        ("SELECT @Who.Account.Name FROM Task", "INVALID_FIELD", RELATIONSHIP.format("Account")),
        ("SELECT @Account__r.Name FROM Contact", "INVALID_FIELD", RELATIONSHIP.format("Account__r")),
        ("SELECT (SELECT Id FROM @Nopes) FROM Account", "INVALID_FIELD", RELATIONSHIP.format("Nopes")),
        ("SELECT (SELECT Id FROM @Contact) FROM Account", "INVALID_FIELD", RELATIONSHIP.format("Contact")),
        ("SELECT Id FROM @Nope__c", "INVALID_TYPE", TYPE.format("Nope__c")),
        ("SELECT Id FROM @Name", "INVALID_TYPE", TYPE.format("Name")),
        ("SELECT Id FROM @CustomField", "INVALID_TYPE", TYPE.format("CustomField")),
        ("SELECT Id FROM @Contact.Account", "INVALID_TYPE", TYPE.format("Contact.Account")),
        ("SELECT Id FROM Contact WHERE Id IN (SELECT Id FROM @Nope)", "INVALID_TYPE", TYPE.format("Nope")),
        ("SELECT TYPEOF @Who WHEN Nope THEN Id END FROM Task", "INVALID_TYPE", TYPE.format("Nope")),
    ],
)  # fmt: skip
def test_what_the_org_does_not_have_is_named(library: Org, marked: str, code: str, message: str) -> None:
    refused(library, marked, code, message)


def of_type(name: str, kind: str, quotes: str = "not be enclosed in quotes") -> str:
    """The vendor's words for a constant of the wrong type."""
    return f"value of filter criterion for field '{name}' must be of type {kind}" + (
        f" and should {quotes}" if quotes else ""
    )


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("LastName = @5", of_type("LastName", "string", "be enclosed in quotes")),
        ("LastName = @true", of_type("LastName", "string", "be enclosed in quotes")),
        ("Email = @2026-01-01", of_type("Email", "email", "be enclosed in quotes")),
        ("AccountId = @7", of_type("AccountId", "reference", "be enclosed in quotes")),
        ("Score__c = @'9.5'", of_type("Score__c", "double")),
        ("Score__c = @true", of_type("Score__c", "double", "")),
        ("DoNotCall = @'true'", of_type("DoNotCall", "boolean")),
        ("DoNotCall = @1", of_type("DoNotCall", "boolean", "")),
        ("Birthdate = @'1980-02-29'", of_type("Birthdate", "date")),
        ("Birthdate = @1980-02-29T00:00:00Z", of_type("Birthdate", "date", "")),
        ("CreatedDate > @2026-01-01", of_type("CreatedDate", "dateTime", "")),
        ("CreatedDate IN (TODAY, @'x')", of_type("CreatedDate", "dateTime")),
        ("CALENDAR_YEAR(CreatedDate) = @'2026'", of_type("CreatedDate", "int")),
        ("CreatedDate = @2026-02-30T00:00:00Z", "line 1: invalid date: 2026-02-30T00:00:00Z"),
        ("CreatedDate = @2026-01-01T24:30:00Z", "line 1: invalid date: 2026-01-01T24:30:00Z"),
        ("Birthdate = @0001-01-01", "line 1: invalid date: 0001-01-01"),
        ("CreatedDate = @0001-01-01T00:00:00+10:00", "line 1: invalid date: 0001-01-01T00:00:00+10:00"),
        ("LastName = @TODAY", "invalid operator on string field: LastName"),
        ("Id LIKE @'003%'", "invalid operator on id field: Id"),
        ("Score__c LIKE @'9%'", "invalid operator on double field: Score__c"),
        ("DoNotCall > @false", "invalid operator on boolean field: DoNotCall"),
        ("CreatedDate LIKE @TODAY", "invalid operator on datetime field: CreatedDate"),
        ("LastName INCLUDES (@'Red')", "invalid operator on string field: LastName"),
        ("@Notes__c = 'x'", "field 'Notes__c' can not be filtered in a query call"),
        ("@Description LIKE 'x%'", "field 'Description' can not be filtered in a query call"),
    ],
)
def test_a_constant_must_fit_its_field(library: Org, marked: str, message: str) -> None:
    refused(library, f"SELECT Id FROM Contact WHERE {marked}", "INVALID_FIELD", message)


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("SELECT Id FROM Contact WHERE Title = @open", "Bind variables only allowed in Apex code: 'open'"),
        ("SELECT Id FROM Contact WHERE Title = @\"x\"", "unexpected token: '\"'"),
        ("SELECT Id FROM Contact WHERE Title = @'x", "Illegal string literal: no closing quote"),
        ("SELECT Id FROM Contact WHERE Title = @'\\x'", "Invalid string literal: illegal escape sequence '\\x'"),
        ("SELECT Id FROM Contact WHERE Title = 'a' AND Title = 'b' @OR Title = 'c'", "unexpected token: 'OR'"),
        ("SELECT Id FROM Contact WHERE Title = 'a' OR Title = 'b' @AND Title = 'c'", "unexpected token: 'AND'"),
        ("SELECT Id FROM Contact WHERE CreatedDate = @LAST_N_YEARS:9999",
         "date literal out of range: LAST_N_YEARS:9999"),
        ("SELECT Id FROM Contact WHERE CreatedDate = @N_DAYS_AGO:999999999",
         "date literal out of range: N_DAYS_AGO:999999999"),
        ("SELECT @ReportsTo.ReportsTo.ReportsTo.ReportsTo.ReportsTo.ReportsTo.Id FROM Contact",
         "SOQL relationships cannot go more than 5 levels up"),
        ("SELECT Id, @ID FROM Contact", "duplicate field selected: Id"),
        ("SELECT Account.Name, @Account.Name FROM Contact", "duplicate field selected: Name"),
        ("SELECT Id, @FIELDS(STANDARD) FROM Contact", "duplicate field selected: Id"),
        ("SELECT (SELECT Id FROM Contacts), (SELECT Id FROM @Contacts) FROM Account", "duplicate subquery: Contacts"),
        ("SELECT @FIELDS(ALL) FROM Contact LIMIT 201", "The SOQL FIELDS function must have a LIMIT of at most 200"),
        ("SELECT @FIELDS(CUSTOM) FROM Contact", "The SOQL FIELDS function must have a LIMIT of at most 200"),
        ("SELECT @Title t FROM Contact", "only aggregate expressions use field aliasing"),
        ("SELECT @Title, COUNT(Id) FROM Contact", "Field must be grouped or aggregated: Title"),
        ("SELECT @Title FROM Contact GROUP BY LastName", "Field must be grouped or aggregated: Title"),
        ("SELECT COUNT(Id) FROM Contact GROUP BY LastName ORDER BY @Title",
         "Field must be grouped or aggregated: Title"),
        ("SELECT COUNT(Id) FROM Contact GROUP BY LastName HAVING @Title = 'x'",
         "Field must be grouped or aggregated: Title"),
        ("SELECT @CALENDAR_MONTH(CreatedDate) m FROM Contact GROUP BY CALENDAR_YEAR(CreatedDate)",
         "Field must be grouped or aggregated: CreatedDate"),
        ("SELECT COUNT(Id) n, @SUM(Score__c) N FROM Contact", "duplicate alias: N"),
        ("SELECT Account.Name, @Owner.Name FROM Contact GROUP BY Account.Name, Owner.Name", "duplicate alias: Name"),
        ("SELECT @COUNT(), Id FROM Contact", "COUNT() must be the only element in the SELECT list"),
        ("SELECT COUNT() FROM @Contact GROUP BY Title", "COUNT() can not be grouped or ordered: use COUNT(fieldName)"),
        ("SELECT COUNT() FROM @Contact ORDER BY Title", "COUNT() can not be grouped or ordered: use COUNT(fieldName)"),
        ("SELECT Id FROM @Contact HAVING Title = 'x'", "HAVING needs GROUP BY"),
        ("SELECT Id FROM Contact WHERE @COUNT(Id) > 1", "Grouped field should not be aggregated: COUNT"),
        ("SELECT Id FROM Contact ORDER BY @MAX(Score__c)", "Grouped field should not be aggregated: MAX"),
        ("SELECT @SUM(LastName) FROM Contact", "field LastName does not support aggregate operator SUM"),
        ("SELECT @AVG(CreatedDate) FROM Contact", "field CreatedDate does not support aggregate operator AVG"),
        ("SELECT @MIN(DoNotCall) FROM Contact", "field DoNotCall does not support aggregate operator MIN"),
        ("SELECT @COUNT(Tags__c) FROM Contact", "field Tags__c does not support aggregate operator COUNT"),
        ("SELECT Id FROM Contact ORDER BY @Tags__c", "field 'Tags__c' can not be sorted in a query call"),
        ("SELECT Id FROM Contact ORDER BY Id, @Notes__c DESC", "field 'Notes__c' can not be sorted in a query call"),
        ("SELECT COUNT(Id) FROM Contact GROUP BY @CreatedDate",
         "field 'CreatedDate' can not be grouped in a query call"),
        ("SELECT COUNT(Id) FROM Contact GROUP BY @Score__c", "field 'Score__c' can not be grouped in a query call"),
        ("SELECT Id FROM Contact WHERE @CALENDAR_YEAR(LastName) = 1",
         "field LastName does not support function CALENDAR_YEAR"),
        ("SELECT (SELECT COUNT() FROM @Contacts) FROM Account", "subqueries cannot be grouped"),
        ("SELECT (SELECT Id FROM @Contacts GROUP BY Id) FROM Account", "subqueries cannot be grouped"),
        ("SELECT (SELECT Id FROM Contacts), COUNT(Id) FROM @Account", "subqueries cannot be grouped"),
        ("SELECT TYPEOF @Account WHEN Account THEN Id END FROM Contact", "TYPEOF needs a polymorphic relationship"),
        ("SELECT Id FROM Contact WHERE Id IN (SELECT Id, Name FROM @Account)",
         "semi join sub-selects can only query one id field"),
        ("SELECT Id FROM Contact WHERE Id IN (SELECT COUNT(Id) FROM @Account)",
         "semi join sub-selects can only query one id field"),
        ("SELECT Id FROM Contact WHERE Id IN (SELECT WhoId FROM Task) AND Id IN (SELECT WhoId FROM Event)"
         " AND AccountId IN (SELECT Id FROM @Account)", "The maximum number of semi join sub-selects is 2"),
    ],
)  # fmt: skip
def test_what_breaks_the_language_is_malformed(library: Org, marked: str, message: str) -> None:
    refused(library, marked, "MALFORMED_QUERY", message)


@pytest.mark.parametrize(
    ("marked", "code", "message"),
    [
        ("SELECT Id FROM Contact OFFSET @2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        ("SELECT Id FROM Contact WHERE Id = @'short'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: short"),
        ("SELECT Id FROM Contact WHERE Id IN (@'0035g000001000!')", "INVALID_QUERY_FILTER_OPERATOR",
         "invalid ID field: 0035g000001000!"),
    ],
)  # fmt: skip
def test_other_codes_of_the_language(library: Org, marked: str, code: str, message: str) -> None:
    refused(library, marked, code, message)


def test_a_missing_or_empty_statement_is_malformed(library: Org) -> None:
    for path in ("/query", "/query?q=", "/queryAll"):
        assert library.refusal("GET", path)[:2] == (400, "MALFORMED_QUERY")


def test_a_statement_of_too_many_parts_is_too_complicated(library: Org) -> None:
    deep = "(" * 60 + "Id = null" + ")" * 60
    assert library.refused_query(f"SELECT Id FROM Contact WHERE {deep}")[0] == "QUERY_TOO_COMPLICATED"
    assert library.refused_query(f"SELECT Id FROM Contact WHERE {'NOT ' * 60} Id = null")[0] == "QUERY_TOO_COMPLICATED"
    children = ", ".join("(SELECT Id FROM Contacts)" for _ in range(21))
    code, message = library.refused_query(f"SELECT {children} FROM Account")
    assert (code, message.endswith("the maximum number of subqueries is 20")) == ("MALFORMED_QUERY", True)


def test_a_like_of_many_wildcards_is_answered_at_once(library: Org) -> None:
    pattern = "%a" * 1500
    assert library.column(f"SELECT Id FROM Account WHERE Name LIKE '{pattern}%b'") == []
