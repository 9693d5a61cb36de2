"""SOQL statements that must fail: the code, the text, and the place, which `@` marks in the statement.

More of them, told as sentences, stand in `statements.yaml`; here are the places and the excerpts a refusal shows.
"""

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


def place(marked: str, first_column: int) -> tuple[str, str]:
    """The statement without its mark, and the vendor's words for where the mark stood."""
    before, _, after = marked.partition("@")
    row, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1 + first_column
    return before + after, f"\nERROR at Row:{row}:Column:{column}\n"


def refused(library: Org, marked: str, code: str, message: str, first_column: int = 1) -> None:
    """Send the statement and compare the whole refusal, the shown line and its caret included.

    What the schema refuses is counted from column 1, what the grammar refuses from 0; the caret stands at the column.
    """
    statement, where = place(marked, first_column)
    found, text = library.refused_query(statement)
    assert (found, text[text.index("\nERROR at") :]) == (code, where + message)
    _, line, caret = text.split("\nERROR at")[0].split("\n")
    assert line in statement
    rest = marked.partition("@")[2].split("\n")[0]
    assert rest.startswith(line[len(caret) - first_column :])


UNEXPECTED = [
    ("SELECT @, Id FROM Contact", ","),
    ("SELECT Id FROM @'Contact'", "'Contact'"),
    ("SELECT Id FROM @WHERE Id = null", "WHERE"),
    ("SELECT Id FROM Contact WHERE Id @null", "null"),
    ("SELECT Id FROM Contact WHERE Id =@= null", "="),
    ("SELECT Id FROM Contact WHERE Id = @", "<EOF>"),
    ("SELECT Id FROM Contact WHERE Id = null AND @", "<EOF>"),
    ("SELECT Id FROM Contact WHERE Id = null @Title = 'x'", "Title"),
    ("SELECT Id FROM Contact WHERE (Id = null@", "<EOF>"),
    ("SELECT Id FROM Contact WHERE Id = null@)", ")"),
    ("SELECT Id FROM Contact WHERE Id IN @'x'", "'x'"),
    ("SELECT Id FROM Contact WHERE Id IN ('x' @'y')", "'y'"),
    ("SELECT Id FROM Contact WHERE Id NOT @= 'x'", "="),
    ("SELECT Id FROM Contact WHERE Title LIKE @('a', 'b')", "("),
    ("SELECT Id FROM Contact WHERE Tags__c INCLUDES @'Red'", "'Red'"),
    ("SELECT Id FROM Contact WHERE Tags__c EXCLUDES (@null)", "null"),
    ("SELECT Id FROM Contact WHERE LastName INCLUDES (@TODAY)", "TODAY"),
    ("SELECT Id FROM Contact WHERE CreatedDate = LAST_N_DAYS:@1.5", "1.5"),
    ("SELECT Id FROM Contact WHERE Score__c = 1@,5", ","),
    ("SELECT Id FROM Contact @ORDER Id", "ORDER"),
    ("SELECT Id FROM Contact ORDER BY Id DESC @ASC", "ASC"),
    ("SELECT Id FROM Contact LIMIT @ten", "ten"),
    ("SELECT Id FROM Contact LIMIT @1.0", "1.0"),
    ("SELECT Id FROM Contact LIMIT @9999999999", "9999999999"),
    ("SELECT Id FROM Contact LIMIT 1 @LIMIT 2", "LIMIT"),
    ("SELECT Id FROM Contact OFFSET 1 @LIMIT 2", "LIMIT"),
    ("SELECT Id FROM Contact OFFSET @-1", "-1"),
    ("SELECT Id FROM Contact FOR @NOTHING", "NOTHING"),
    ("SELECT Id FROM Contact @GROUP Id", "GROUP"),
    ("SELECT FIELDS(ALL @FROM Contact", "FROM"),
    ("SELECT (@Id FROM Contacts) FROM Account", "Id"),
    ("SELECT TYPEOF Who @THEN Id END FROM Task", "THEN"),
    ("SELECT COUNT(@5) FROM Contact", "5"),
    ("SELECT COUNT(Id @FROM Contact", "FROM"),
    ("SELECT Id\nFROM Contact\nWHERE\n  Title = @= 'x'", "="),
]


@pytest.mark.parametrize(("marked", "token"), UNEXPECTED)
def test_an_unexpected_token_is_named_at_its_place(library: Org, marked: str, token: str) -> None:
    refused(library, marked, "MALFORMED_QUERY", f"unexpected token: '{token}'", 0)


@pytest.mark.parametrize(
    ("marked", "code", "message"),
    [
        ("SELECT Id, @Nope FROM Contact", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT Id FROM Contact WHERE @Nope__c = 1", "INVALID_FIELD", COLUMN.format("Nope__c", "Contact")),
        ("SELECT Id FROM Contact ORDER BY @Nope", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT COUNT(@Nope) FROM Contact", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT COUNT(Id) FROM Contact GROUP BY @Nope", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT @Account.Nope FROM Contact", "INVALID_FIELD", COLUMN.format("Nope", "Account")),
        ("SELECT (SELECT @Nope FROM Contacts) FROM Account", "INVALID_FIELD", COLUMN.format("Nope", "Contact")),
        ("SELECT TYPEOF Who WHEN Lead THEN @Nope END FROM Task", "INVALID_FIELD", COLUMN.format("Nope", "Lead")),
        ("SELECT TYPEOF Who WHEN Lead THEN Id ELSE @Company END FROM Task", "INVALID_FIELD",
         COLUMN.format("Company", "Name")),
        ("SELECT Id FROM Task WHERE @Owner.ManagerId != null", "INVALID_FIELD", COLUMN.format("ManagerId", "Name")),
        ("SELECT @Account.Boss.Name FROM Contact", "INVALID_FIELD", RELATIONSHIP.format("Boss")),
        ("SELECT @Account__r.Name FROM Contact", "INVALID_FIELD", RELATIONSHIP.format("Account__r")),
        ("SELECT (SELECT Id FROM @Nopes) FROM Account", "INVALID_TYPE",
         RELATIONSHIP.format("Nopes").replace("field path", "FROM part of query call")),
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


def of_type(name: str, kind: str, quotes: str = "should not be") -> str:
    """The vendor's words for a constant of the wrong type."""
    return f"value of filter criterion for field '{name}' must be of type {kind} and {quotes} enclosed in quotes"


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("@Email = 2026-01-01", of_type("Email", "string", "should be")),
        ("@AccountId = 7", of_type("AccountId", "string", "should be")),
        ("@Score__c = true", of_type("Score__c", "double")),
        ("@DoNotCall = 1", of_type("DoNotCall", "boolean")),
        ("LastName = 'Ash' OR @CreatedDate IN (TODAY, 'x')", of_type("CreatedDate", "dateTime")),
        ("@CALENDAR_YEAR(CreatedDate) = '2026'", of_type("CreatedDate", "int")),
        ("@Score__c = TODAY", of_type("Score__c", "double")),
        ("@Notes__c = 'x'", "field 'Notes__c' can not be filtered in a query call"),
        ("@Description LIKE 'x%'", "field 'Description' can not be filtered in a query call"),
    ],
)
def test_a_constant_must_fit_its_field(library: Org, marked: str, message: str) -> None:
    refused(library, f"SELECT Id FROM Contact WHERE {marked}", "INVALID_FIELD", message)


@pytest.mark.parametrize(
    "constant",
    ["2026-02-30T00:00:00Z", "2026-01-01T24:30:00Z", "0001-01-01T00:00:00+10:00", "2020-12-12T12:12:00-25:00"],
)
def test_a_moment_that_never_was_is_invalid(library: Org, constant: str) -> None:
    marked = f"SELECT Id FROM Contact WHERE CreatedDate = @{constant}"
    refused(library, marked, "MALFORMED_QUERY", f"Invalid datetime: {constant}", 0)


@pytest.mark.parametrize(
    ("marked", "kind"),
    [
        ("@CreatedDate LIKE TODAY", "datetime"),
        ("@Birthdate LIKE '1%'", "date"),
        ("@DoNotCall LIKE 't%'", "boolean"),
        ("@Tags__c LIKE 'B%'", "multipicklist"),
        ("@CALENDAR_YEAR(CreatedDate) LIKE '2%'", "int"),
    ],
)
def test_a_type_knows_its_operators(library: Org, marked: str, kind: str) -> None:
    statement = f"SELECT Id FROM Contact WHERE {marked}"
    refused(library, statement, "INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {kind} field")


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("SELECT Id FROM Contact WHERE @CreatedDate = N_DAYS_AGO:999999999", "Invalid date: N_DAYS_AGO:999999999"),
        ("SELECT @Title FROM Contact GROUP BY LastName", "Field must be grouped or aggregated: Title"),
        ("SELECT COUNT(Id) FROM Contact GROUP BY LastName HAVING @Title = 'x'",
         "Field must be grouped or aggregated: Title"),
        ("SELECT @CALENDAR_MONTH(CreatedDate) m FROM Contact GROUP BY CALENDAR_YEAR(CreatedDate)",
         "Field must be grouped or aggregated: CreatedDate"),
        ("SELECT COUNT(Id) n, @SUM(Score__c) N FROM Contact", "duplicate alias: N"),
        ("SELECT COUNT() FROM @Contact GROUP BY Title", "COUNT() can not be grouped or ordered: use COUNT(fieldName)"),
        ("SELECT COUNT() FROM @Contact ORDER BY Title", "COUNT() can not be grouped or ordered: use COUNT(fieldName)"),
        ("SELECT Id FROM Contact WHERE @COUNT(Id) > 1", "Grouped field should not be aggregated: COUNT"),
        ("SELECT Id FROM Contact ORDER BY @MAX(Score__c)", "Grouped field should not be aggregated: MAX"),
        ("SELECT @AVG(CreatedDate) FROM Contact", "field CreatedDate does not support aggregate operator AVG"),
        ("SELECT @MIN(DoNotCall) FROM Contact", "field DoNotCall does not support aggregate operator MIN"),
        ("SELECT @COUNT(Tags__c) FROM Contact", "field Tags__c does not support aggregate operator COUNT"),
        ("SELECT COUNT(Id), @GROUPING(Title) FROM Contact GROUP BY ROLLUP(LastName)",
         "Field must be grouped or aggregated: Title"),
        ("SELECT COUNT(Id) FROM Contact GROUP BY CUBE(Title, LastName, FirstName, @Email)",
         "GROUP BY CUBE takes at most 3 fields"),
        ("SELECT Id FROM Contact ORDER BY @Tags__c", "field 'Tags__c' can not be sorted in a query call"),
        ("SELECT Id FROM Contact ORDER BY Id, @Notes__c DESC", "field 'Notes__c' can not be sorted in a query call"),
        ("SELECT Id FROM Contact WHERE @CALENDAR_YEAR(LastName) = 1",
         "field LastName does not support function CALENDAR_YEAR"),
        ("SELECT Id FROM Contact WHERE @DAY_ONLY(convertTimezone(Birthdate)) = TODAY",
         "field Birthdate does not support function convertTimezone"),
        ("SELECT (SELECT COUNT() FROM @Contacts) FROM Account", "only root queries support aggregate expressions"),
        ("SELECT (SELECT Id FROM @Contacts GROUP BY Id) FROM Account",
         "only root queries support aggregate expressions"),
        ("SELECT (SELECT Id FROM Contacts), COUNT(Id) FROM @Account", "subqueries cannot be grouped"),
        ("SELECT TYPEOF @Account WHEN Account THEN Id END FROM Contact", "TYPEOF needs a polymorphic relationship"),
        ("SELECT Id FROM Contact WHERE AccountId IN (SELECT Id, Name FROM @Account)",
         "semi join sub-selects can only query one id field"),
        ("SELECT Id FROM Contact WHERE AccountId IN (SELECT @COUNT(Id) FROM Account)",
         "Semi join sub-selects can only query id fields, cannot use: 'COUNT'"),
    ],
)  # fmt: skip
def test_what_breaks_the_rules_is_malformed(library: Org, marked: str, message: str) -> None:
    refused(library, marked, "MALFORMED_QUERY", message)


# Shapes of excerpts as recorded answers of the vendor show them: about thirty characters to both sides, words whole.
EXCERPTS = [
    ("SELECT Id, Name, BillingStreet, BillingPostalCode FROM Account WHERE @Id = '53'",
     "BillingPostalCode FROM Account WHERE Id = '53'"),
    ("SELECT Id, CreatedDate, (SELECT Id FROM Tasks) FROM @Laed WHERE Email='someone'",
     "CreatedDate, (SELECT Id FROM Tasks) FROM Laed WHERE Email='someone'"),
    ("SELECT Id FROM @DataSpace WHERE DataSpaceDefinition.DeveloperName = 'default'",
     "SELECT Id FROM DataSpace WHERE DataSpaceDefinition.DeveloperName"),
    ("SELECT Id, @Dispenser__c, Answer__c, Audit_Question__c FROM Contact",
     "SELECT Id, Dispenser__c, Answer__c, Audit_Question__c"),
    ("SELECT Id,@Invalid__x FROM Contact LIMIT 1", "SELECT Id,Invalid__x FROM Contact LIMIT 1"),
    ("SELECT Id\nFROM @Nope__c\nLIMIT 1", "FROM Nope__c"),
]  # fmt: skip


@pytest.mark.parametrize(("marked", "excerpt"), EXCERPTS)
def test_a_refusal_shows_the_words_around_its_place(library: Org, marked: str, excerpt: str) -> None:
    statement, where = place(marked, 1)
    before, _, after = marked.partition("@")
    text = library.refused_query(statement)[1]
    at = excerpt.index(after.replace(",", " ").split()[0])
    assert before.split("\n")[-1].endswith(excerpt[:at])
    assert text.startswith(f"\n{excerpt}\n{' ' * at}^{where}")


GRAMMAR = [
    ("SELECT Id, FROM Account", "SELECT Id, FROM Account", 11),
    ("SELECT Id FROM Bar__c WHERE", "SELECT Id FROM Bar__c WHERE", 27),
    (
        "SELECT Id, Name FROM ContentVersion WHERE ContentDocumentId = " + "'" * 3,
        "ContentVersion WHERE ContentDocumentId = " + "'" * 3,
        64,
    ),
]


@pytest.mark.parametrize(("statement", "excerpt", "column"), GRAMMAR)
def test_the_grammar_counts_from_0_and_its_caret_stands_early(
    library: Org, statement: str, excerpt: str, column: int
) -> None:
    code, text = library.refused_query(statement)
    caret = " " * (column - 1 - (len(statement) - len(excerpt))) + "^"
    assert code == "MALFORMED_QUERY"
    assert text.startswith(f"\n{excerpt}\n{caret}\nERROR at Row:1:Column:{column}\nunexpected token: '")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/query", "A query string has to be specified"),
        ("/queryAll", "A query string has to be specified"),
        ("/query?q=", "SOQL statements cannot be empty or null"),
        ("/queryAll?q=+%20", "SOQL statements cannot be empty or null"),
    ],
)
def test_a_missing_or_empty_statement_is_malformed(library: Org, path: str, message: str) -> None:
    assert library.refusal("GET", path) == (400, "MALFORMED_QUERY", message)


@pytest.mark.parametrize(
    "condition",
    ["(" * 60 + "Id = null" + ")" * 60, "NOT (" * 60 + "Id = null" + ")" * 60, "FORMAT(" * 600 + "Id" + ")" * 600],
)
def test_a_statement_of_too_many_parts_is_too_complicated(library: Org, condition: str) -> None:
    assert library.refused_query(f"SELECT Id FROM Contact WHERE {condition}")[0] == "QUERY_TOO_COMPLICATED"


def test_twenty_subqueries_are_allowed(library: Org) -> None:
    children = ", ".join("(SELECT Id FROM Contacts)" for _ in range(21))
    code, message = library.refused_query(f"SELECT {children} FROM Account")
    assert (code, message.endswith("the maximum number of subqueries is 20")) == ("MALFORMED_QUERY", True)


def reports(levels: int) -> str:
    """A subquery of the people below, and of those below them."""
    inner = f", {reports(levels - 1)}" if levels > 1 else ""
    return f"(SELECT Id{inner} FROM DirectReports)"


def test_five_levels_of_subqueries_are_allowed(library: Org) -> None:
    assert library.query(f"SELECT Id, {reports(5)} FROM Contact")["totalSize"] == 6
    assert library.refused_query(f"SELECT Id, {reports(6)} FROM Contact")[1].endswith("more than 5 levels down")


def test_a_query_goes_through_55_relationships_at_most(library: Org) -> None:
    starts = ["", "ReportsTo.", "Account.", "ReportsTo.ReportsTo.", "Account.Parent."]  # crosses 4 relationships
    users = [f"{start}{user}" for start in starts for user in ("CreatedBy", "LastModifiedBy", "Owner")]  # 15
    bosses = [f"{user}.Manager" for user in users]  # 15
    higher = [f"{boss}.Manager" for boss in bosses[:12]]  # 12
    highest = [f"{boss}.Manager" for boss in higher[:9]]  # 9
    fields = ", ".join(f"{path}.Name" for path in (*bosses, *higher, *highest))
    assert library.query(f"SELECT {fields} FROM Contact LIMIT 1")["totalSize"] == 1
    one_more = f"SELECT {fields}, CreatedBy.Manager.Manager.Manager.Manager.Name FROM Contact"
    assert library.refused_query(one_more)[1].endswith("more than 55 relationships")


def test_a_like_of_many_wildcards_is_answered_at_once(library: Org) -> None:
    pattern = "%a" * 1500
    assert library.column(f"SELECT Id FROM Account WHERE Name LIKE '{pattern}%b'") == []
