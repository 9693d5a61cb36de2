"""The org as a product sees it: the demo seed, emails and meetings, and the clock moving through it."""

import pytest

from tests.emulator.org import ACME, ADA, BEN, CLEO, MEET, OWNER, Org

pytestmark = pytest.mark.emulator


@pytest.fixture
def demo(org: Org) -> Org:
    """The demo org, logged in."""
    org.emulator.control("POST", "seed", {"name": "demo"})
    org.login()
    return org


def test_the_demo_can_be_read_by_every_object_a_product_needs(demo: Org) -> None:
    for name in ("Account", "Contact", "User", "Opportunity", "OpportunityContactRole", "AccountContactRelation",
                 "Task", "TaskRelation", "Event", "EventRelation", "EmailMessage", "EmailMessageRelation"):  # fmt: skip
        described = {each["name"] for each in demo.call("GET", f"/sobjects/{name}/describe").json()["fields"]}
        page = demo.query(f"SELECT {', '.join(sorted(described))} FROM {name} ORDER BY SystemModstamp, Id")
        assert page["totalSize"] > 0, name
        assert set(page["records"][0]) == described | {"attributes"}


def test_every_reference_of_the_demo_leads_somewhere(demo: Org) -> None:
    for name, relationship in (
        ("Contact", "Account"),
        ("Contact", "ReportsTo"),
        ("Account", "Owner"),
        ("OpportunityContactRole", "Contact"),
        ("EventRelation", "Event"),
        ("TaskRelation", "Task"),
    ):
        soql = f"SELECT COUNT() FROM {name} WHERE {relationship}Id != null AND {relationship}.Id = null"
        lost = demo.query(soql, "queryAll")["totalSize"]
        assert lost == 0, name


def test_an_email_is_a_message_with_relations(org: Org) -> None:
    task = org.create("Task", Subject="Email: hi", TaskSubtype="Email", Status="Completed", WhoId=ADA)
    message = org.create(
        "EmailMessage",
        Subject="hi",
        FromAddress="olga@acme.example",
        ToAddress="ada@acme.example",
        Incoming=False,
        ActivityId=task,
        RelatedToId=ACME,
        MessageDate="2026-03-01T08:00:00Z",
        Status="3",
    )
    org.create("EmailMessageRelation", EmailMessageId=message, RelationId=ADA, RelationType="ToAddress")
    org.create("EmailMessageRelation", EmailMessageId=message, RelationId=OWNER, RelationType="FromAddress")
    soql = "SELECT Id, (SELECT RelationType, RelationObjectType FROM EmailMessageRelations ORDER BY RelationType)"
    [found] = org.query(f"{soql} FROM EmailMessage WHERE Incoming = false AND Activity.TaskSubtype = 'Email'")[
        "records"
    ]
    relations = found["EmailMessageRelations"]["records"]
    assert [(each["RelationType"], each["RelationObjectType"]) for each in relations] == [
        ("FromAddress", "User"),
        ("ToAddress", "Contact"),
    ]
    bad = {"EmailMessageId": message, "RelationType": "Nobody"}
    assert org.refusal("POST", "/sobjects/EmailMessageRelation", bad)[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_a_meeting_has_further_people(org: Org) -> None:
    org.create("EventRelation", EventId=MEET, RelationId=BEN, IsInvitee=True, IsParent=True, Status="Accepted")
    org.create("EventRelation", EventId=MEET, RelationId=OWNER, IsInvitee=True)
    soql = f"SELECT RelationId, Relation.Type, Status FROM EventRelation WHERE EventId = '{MEET}' AND IsWhat = false"
    found = {each["RelationId"]: (each["Relation"]["Type"], each["Status"]) for each in org.query(soql)["records"]}
    assert found == {CLEO: ("Contact", "New"), BEN: ("Contact", "Accepted"), OWNER: ("User", "New")}


def test_changes_are_found_by_their_stamp_page_after_page(org: Org) -> None:
    seen: list[str] = []
    for minute, contact in enumerate((ADA, BEN, CLEO), start=1):
        org.emulator.control("POST", "clock", {"advance": 60})
        org.call("PATCH", f"/sobjects/Contact/{contact}", {"Department": "Finance"})
        since = f"2026-03-02T09:{minute:02}:00Z"
        seen += org.column(f"SELECT Id FROM Contact WHERE SystemModstamp >= {since} ORDER BY SystemModstamp, Id")
    assert seen == [ADA, BEN, CLEO]


def test_statuses_and_stages_can_be_looked_up(org: Org) -> None:
    assert org.column("SELECT ApiName FROM TaskStatus WHERE IsClosed = true") == ["Completed"]
    won = org.query("SELECT ApiName, DefaultProbability FROM OpportunityStage WHERE IsWon = true")["records"]
    assert [(each["ApiName"], each["DefaultProbability"]) for each in won] == [("Closed Won", 100.0)]
    assert org.refusal("POST", "/sobjects/TaskStatus", {"MasterLabel": "Odd"})[:2] == (
        400,
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    )


def test_the_organisation_tells_its_edition_and_is_not_a_sandbox(org: Org) -> None:
    [found] = org.query("SELECT Id, IsSandbox, OrganizationType FROM Organization")["records"]
    assert (found["Id"][:3], found["IsSandbox"], found["OrganizationType"]) == ("00D", False, "Enterprise Edition")
