"""Statement by statement, SQL over the file finds what the evaluator finds in the same rows."""

import pytest

from tests.emulator.scale.twins import Twins

ACCOUNT, CONTACT = "001Rp0000000003IAA", "003Rp000000000GIAQ"
PLAIN = [
    "SELECT Id, Name, Email FROM Contact",
    "SELECT Id, Name, MobilePhone, DoNotCall, NPS_Score__c, Account.Name, Account.Owner.Email FROM Contact",
    "SELECT FIELDS(ALL) FROM Task LIMIT 200",
    "SELECT FIELDS(STANDARD) FROM Opportunity",
    "SELECT FIELDS(CUSTOM) FROM Account LIMIT 50",
    "SELECT Id FROM Contact ORDER BY Id",
    "SELECT Id FROM Contact ORDER BY Id DESC",
    f"SELECT Id, LastName FROM Contact WHERE Id = '{CONTACT}'",
    f"SELECT Id FROM Contact WHERE Id > '{CONTACT}' ORDER BY Id LIMIT 7",
    f"SELECT Id FROM Contact WHERE Id >= '{CONTACT}' AND Id != '{CONTACT}' LIMIT 7",
    "SELECT Id FROM Contact WHERE Id > '003000000000000AAA' ORDER BY Id LIMIT 3",
    f"SELECT Id FROM Contact WHERE Id IN ('{CONTACT}', '{CONTACT[:15]}', '{ACCOUNT}')",
    f"SELECT Id FROM Contact WHERE Id NOT IN ('{CONTACT}') ORDER BY LastName, FirstName LIMIT 11 OFFSET 3",
    f"SELECT Id, Account.Id FROM Contact WHERE AccountId = '{ACCOUNT}'",
    "SELECT Id FROM Contact WHERE Title = null",
    "SELECT Id FROM Contact WHERE Title != null AND Department = ''",
    "SELECT Id FROM Contact WHERE Title != 'vp sales'",
    "SELECT Id FROM Contact WHERE Title = 'VP SALES' OR Department IN ('legal', 'DATA', null)",
    "SELECT Id FROM Contact WHERE NOT (Department IN ('Legal') OR Title LIKE 'Head%')",
    "SELECT Id FROM Contact WHERE Department NOT IN ('Legal', 'Data')",
    "SELECT Id, Name FROM Contact WHERE LastName LIKE '%berg' AND FirstName LIKE '_o%'",
    "SELECT Id FROM Contact WHERE FirstName LIKE 'zo\\u00eb' OR Email LIKE '%\\_%' OR Title LIKE '100\\%'",
    "SELECT Id FROM Contact WHERE DoNotCall = true OR HasOptedOutOfEmail = true",
    "SELECT Id FROM Contact WHERE DoNotCall = null AND Rapport_Do_Not_Task__c != true LIMIT 20",
    "SELECT Id FROM Contact WHERE NPS_Score__c > 8 ORDER BY NPS_Score__c DESC NULLS LAST, Name",
    "SELECT Id FROM Contact WHERE NPS_Score__c < 3.5 OR NPS_Score__c = 10",
    "SELECT Id, NPS_Date__c FROM Contact WHERE NPS_Date__c = LAST_N_DAYS:90",
    "SELECT Id FROM Contact WHERE NPS_Date__c IN (LAST_MONTH, THIS_MONTH) OR NPS_Date__c < 2025-10-01",
    "SELECT Id FROM Contact WHERE NPS_Date__c != THIS_YEAR",
    "SELECT Id FROM Contact WHERE SystemModstamp >= 2026-10-01T00:00:00Z ORDER BY SystemModstamp, Id",
    "SELECT Id FROM Contact WHERE LastModifiedDate > LAST_MONTH OR CreatedDate <= 2020-03-01T00:00:00+02:00",
    "SELECT Id, Name FROM Contact WHERE Account.Industry = 'Banking' AND Account.NumberOfEmployees > 500",
    "SELECT Id FROM Contact WHERE Account.Owner.LastName LIKE 'a%' ORDER BY Account.Name DESC, LastName",
    "SELECT c.Id, c.Account.Name FROM Contact c WHERE c.Account.Segment__c IN ('SMB')",
    "SELECT Id, AnnualRevenue, NumberOfEmployees, ARR__c FROM Account WHERE AnnualRevenue > 1000000 ORDER BY ARR__c",
    "SELECT Id, Amount, StageName, IsWon FROM Opportunity WHERE IsClosed = false AND CloseDate > TODAY",
    "SELECT Id, Subject, Description, WhoId, WhatId, ActivityDate FROM Task WHERE Subject LIKE '%training%' LIMIT 40",
    "SELECT Id, IsArchived FROM Task WHERE IsClosed = true AND ActivityDate < 2025-11-20",
    "SELECT Id FROM Event ORDER BY StartDateTime DESC, Id LIMIT 5",
    "SELECT Id, DurationInMinutes, EndDateTime FROM Event WHERE DurationInMinutes >= 60",
    "SELECT Id, Incoming, TextBody FROM EmailMessage WHERE Incoming = TRUE AND FromAddress LIKE '%.example'",
    "SELECT EmailMessageId, RelationId, RelationType FROM EmailMessageRelation WHERE RelationObjectType = 'Contact'",
    "SELECT Id, Role, Opportunity.Name, Contact.Name, Contact.Account.Name FROM OpportunityContactRole",
    "SELECT Id, Contact.Name FROM AccountContactRelation WHERE IsDirect = true LIMIT 10",
    "SELECT COUNT() FROM Task",
    "SELECT COUNT() FROM Contact WHERE Department = 'Legal' LIMIT 5",
    "SELECT Id FROM Contact LIMIT 0",
    "SELECT Id FROM Contact WHERE Name = 'nobody'",
    "SELECT Id, Account.Name FROM Contact OFFSET 995",
]
LEFT_TO_PYTHON = [
    "SELECT FIELDS(ALL) FROM Contact LIMIT 200",  # a compound address has no column
    "SELECT Id, (SELECT Id, Name FROM Contacts ORDER BY Name) FROM Account WHERE Industry = 'Banking'",
    "SELECT Department, COUNT(Id) n FROM Contact GROUP BY Department ORDER BY COUNT(Id) DESC, Department",
    "SELECT Id, Who.Name FROM Task WHERE Who.Type = 'Contact' LIMIT 5",
    "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)",
    "SELECT MAX(Amount), MIN(CloseDate) FROM Opportunity",
    "SELECT Id FROM Task WHERE CALENDAR_MONTH(CreatedDate) = 3 LIMIT 9",
]
REFUSED = [
    "SELECT Nothing FROM Contact",
    "SELECT Id, Id FROM Contact",
    "SELECT Id FROM Contact WHERE Email = 3",
    "SELECT Id FROM Contact WHERE Description = 'x'",
    "SELECT Id FROM Contact ORDER BY Description",
    "SELECT Id FROM Contact WHERE Id = 'nonsense'",
    "SELECT Id, Account.Nothing FROM Contact",
]


@pytest.mark.parametrize("soql", PLAIN)
def test_a_plain_statement_is_answered_by_sql_as_by_the_evaluator(read_only: Twins, soql: str) -> None:
    assert read_only.answer(soql) == read_only.by_hand(soql)


@pytest.mark.parametrize("soql", [each for each in PLAIN if "Task" in each or "Event " in each])
def test_query_all_shows_what_is_archived_too(read_only: Twins, soql: str) -> None:
    assert read_only.answer(soql, everything=True) == read_only.by_hand(soql, everything=True)


@pytest.mark.parametrize("soql", LEFT_TO_PYTHON)
def test_any_other_statement_is_answered_by_the_evaluator_over_the_file(read_only: Twins, soql: str) -> None:
    assert not read_only.is_plain(soql)
    assert read_only.by_hand(soql, filed=True) == read_only.by_hand(soql)


@pytest.mark.parametrize("soql", REFUSED)
def test_a_statement_is_refused_in_the_same_words(read_only: Twins, soql: str) -> None:
    filed, plain = read_only.refusals(soql)
    assert filed == plain
