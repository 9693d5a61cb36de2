"""A Salesforce export: what a file lacks or spells in its own way, and what an organisation would tell by describe."""

import pytest

from tests.connectors.files.conftest import Desk
from tests.contract.exported import Sheets, salesforce_sheets
from tests.contract.org import ACCOUNT, ADA, CONTACTS, key

ZOE, TOM, EVA = CONTACTS
TASK = key("00T", 7)
MESSAGE = key("02s", 7)
EVENT = key("00U", 7)


def sheet(name: str, *rows: dict[str, str]) -> Sheets:
    """Make one file of rows by column."""
    header = list(dict.fromkeys(column for row in rows for column in row))
    return {name: (header, [[row.get(column, "") for column in header] for row in rows])}


def fatal(desk: Desk, **more: object) -> list[str]:
    return [str(finding) for finding in desk.connect(**more).check() if finding.fatal]


# --- files and columns ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Account", "Contact", "User"])
def test_a_missing_file_that_is_needed_is_a_fatal_finding_that_says_what_to_export(desk: Desk, name: str) -> None:
    (desk.folder / f"{name}.csv").unlink()
    (said,) = fatal(desk)
    assert said.startswith(f"{name}: There is no file of it")
    assert "Data Export" in said


def test_a_missing_file_that_is_only_useful_costs_its_evidence_and_is_said(desk: Desk) -> None:
    (desk.folder / "Task.csv").unlink()
    assert fatal(desk) == []
    mirror = desk.pull()
    (end,) = [end for end in mirror.ends if end.stream == "Task"]
    assert (end.whole, end.dropped) == (False, {"no file of it": 1})
    assert mirror.one("coverage_of_source", fact="activity")["available"] is False


def test_a_report_in_place_of_an_export_is_refused(desk: Desk) -> None:
    desk.lay(sheet("Contact", {"Full Name": "Zoë Ng", "Account Name": "Müller"}))
    (said,) = fatal(desk)
    assert "it is a report, not an export" in said


def test_names_of_files_that_do_not_tell_are_named_by_a_pattern_in_the_settings(desk: Desk) -> None:
    (desk.folder / "Contact.csv").rename(desk.folder / "extract-people-2026.csv")
    assert len(desk.pull(files={"Contact": "extract-people*.csv"}).rows["contact"]) == 3


def test_a_mapped_column_that_is_missing_is_fatal_with_what_was_probably_meant_and_counted_as_dropped(
    desk: Desk,
) -> None:
    desk.lay(sheet("Account", {"Id": ACCOUNT, "Name": "Acme", "Segment__c": "SMB"}))
    wrong = {"account": {"segment": "Segement__c"}}
    assert fatal(desk, fields=wrong) == [
        "Account.Segement__c: The mapped column is not in the export. Did you mean 'Segment__c'?"
    ]
    (end,) = [end for end in desk.pull(fields=wrong).ends if end.stream == "Account"]
    assert end.dropped == {"missing column Segement__c": 1}
    assert desk.pull(fields={"account": {"segment": "Segment__c"}}).one("account")["segment"] == "SMB"


def test_a_header_in_capitals_as_data_loader_may_write_it_is_read_the_same(desk: Desk) -> None:
    expected = desk.pull().rows
    capitals = {
        name: ([column.upper() for column in header], rows) for name, (header, rows) in salesforce_sheets().items()
    }
    assert desk.lay(capitals).pull().rows == expected


def test_a_name_that_an_export_leaves_out_is_made_of_its_parts(desk: Desk) -> None:
    assert desk.pull().one("contact", id=ZOE)["name"] == "Zoë Ng"
    desk.lay(sheet("Contact", {"Id": ZOE, "LastName": "Ng"}, {"Id": TOM, "FirstName": "Tom"}))
    assert [row["name"] for row in desk.pull().rows["contact"]] == ["Ng", "Tom"]
    desk.lay(sheet("Contact", {"Id": ZOE, "LastName": "Ng", "Name": "Dr Zoë Ng"}))
    assert desk.pull().one("contact")["name"] == "Dr Zoë Ng"


def test_a_deleted_record_is_left_out_and_counted(desk: Desk) -> None:
    mirror = desk.lay(salesforce_sheets((ZOE, EVA))).pull()
    assert {row["id"] for row in mirror.rows["contact"]} == {ZOE, EVA}
    (end,) = [end for end in mirror.ends if end.stream == "Contact"]
    assert (end.read, end.expected, end.dropped) == (2, 2, {"deleted in the CRM": 1})


def test_a_row_without_an_id_is_left_out_and_counted(desk: Desk) -> None:
    mirror = desk.lay(sheet("Contact", {"Id": ZOE, "LastName": "Ng"}, {"LastName": "Confidential"})).pull()
    assert [row["id"] for row in mirror.rows["contact"]] == [ZOE]
    (end,) = [end for end in mirror.ends if end.stream == "Contact"]
    assert end.dropped == {"a row without an id": 1}


# --- values without a type --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False), ("False", False), ("", None)])
def test_a_checkbox_is_read_as_every_export_writes_it(desk: Desk, text: str, value: bool | None) -> None:
    desk.lay(sheet("User", {"Id": ADA, "Name": "Ada King", "IsActive": text}))
    assert desk.pull().one("user_account")["active"] is value


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("false", False), ("Customer - Direct", True), ("Partner", False)]
)
def test_a_customer_is_told_by_a_checkbox_or_by_the_beginning_of_a_type(desk: Desk, text: str, value: bool) -> None:
    desk.lay(sheet("Account", {"Id": ACCOUNT, "Name": "Acme", "Kind__c": text}))
    assert desk.pull(fields={"account": {"customer": "Kind__c"}}).one("account")["customer"] is value


@pytest.mark.parametrize(
    "text",
    ["2026-11-18T10:30:00.000+0000", "2026-11-18T10:30:00.000Z", "2026-11-18 10:30:00", "2026-11-18T11:30:00+01:00"],
)
def test_a_moment_is_read_as_every_export_writes_it(desk: Desk, text: str) -> None:
    desk.lay(sheet("Event", {"Id": EVENT, "StartDateTime": text, "OwnerId": ADA, "IsChild": "0"}))
    assert desk.pull().one("activity", kind="meeting")["happened_at"] == 1_794_997_800


def test_what_a_person_corrected_is_read(desk: Desk) -> None:
    own = {
        "Rapport_Confirmed_Role__c": "champion;user",
        "Rapport_Not_A_Champion__c": "1",
        "Rapport_Do_Not_Task__c": "0",
    }
    row = desk.lay(sheet("Contact", {"Id": ZOE, "LastName": "Ng", **own})).pull().one("contact")
    assert (row["confirmed_role"], row["not_a_champion"], row["do_not_task"]) == ("champion;user", True, False)


def test_what_the_crm_holds_in_our_fields_is_read_in_canonical_form(desk: Desk) -> None:
    own = {"Rapport_Depth__c": "3.0", "Rapport_Counted__c": "1", "Rapport_Roles__c": "user;buyer"}
    row = desk.lay(sheet("Contact", {"Id": ZOE, "LastName": "Ng", **own})).pull().one("observed_contact")
    assert (row["depth"], row["counted"], row["roles"]) == ("3", "true", "buyer;user")


# --- activities -------------------------------------------------------------------------------------------------------


def test_who_took_part_is_read_from_the_files_of_relations(desk: Desk) -> None:
    desk.lay(
        sheet(
            "Task",
            {"Id": TASK, "IsClosed": "1", "TaskSubtype": "Call", "CallType": "Outbound", "ActivityDate": "2026-11-18"},
        )
    )
    desk.lay(
        sheet(
            "TaskRelation",
            *(
                {"Id": "x", "IsDeleted": gone, "TaskId": TASK[:15], "RelationId": who}
                for who, gone in ((ZOE, "0"), (TOM, "1"), (EVA, "0"))
            ),
        )
    )
    people = desk.pull().all("participant", activity_id=TASK)
    assert [(row["contact_id"], row["part"]) for row in people] == [(ZOE, "to"), (EVA, "to")]


def test_an_e_mail_that_a_task_logs_as_well_is_read_once(desk: Desk) -> None:
    desk.lay(sheet("Task", {"Id": TASK, "IsClosed": "1", "TaskSubtype": "Email", "ActivityDate": "2026-11-18"}))
    desk.lay(
        sheet(
            "EmailMessage",
            {
                "Id": MESSAGE,
                "ActivityId": TASK,
                "Incoming": "1",
                "FromAddress": "zoe@acme.example",
                "MessageDate": "2026-11-18 10:30:00",
            },
        )
    )
    desk.lay(
        sheet(
            "EmailMessageRelation",
            {
                "Id": "x",
                "EmailMessageId": MESSAGE,
                "RelationId": ZOE,
                "RelationType": "FromAddress",
                "RelationAddress": "zoe@acme.example",
            },
        )
    )
    mirror = desk.pull()
    assert [(row["id"], row["direction"]) for row in mirror.rows["activity"]] == [(MESSAGE, "in")]
    assert mirror.one("participant")["contact_id"] == ZOE


def test_capture_begins_with_the_first_act_that_happened(desk: Desk) -> None:
    desk.lay(
        sheet(
            "Task",
            {"Id": TASK, "IsClosed": "1", "ActivityDate": "2026-11-18"},
            {"Id": key("00T", 8), "IsClosed": "0", "ActivityDate": "2020-01-01"},
        )
    )
    fact = desk.pull().one("coverage_of_source", fact="activity")
    assert (fact["available"], fact["since_at"]) == (True, 1_794_960_000)


def test_usage_is_available_when_its_column_is_mapped_and_there(desk: Desk) -> None:
    usage = {"usage": {"active_days": "Days__c"}}
    assert desk.pull(fields=usage).one("coverage_of_source", fact="usage")["available"] is False
    desk.lay(sheet("Contact", {"Id": ZOE, "LastName": "Ng", "Days__c": "9"}))
    mirror = desk.pull(fields=usage)
    assert mirror.one("coverage_of_source", fact="usage")["available"] is True
    assert mirror.one("usage")["active_days"] == 9


def test_the_findings_tell_when_the_export_was_made_and_of_when_its_newest_activity_is(desk: Desk) -> None:
    (told,) = [str(finding) for finding in desk.connect().check() if finding.where == "export"]
    assert "made about 2026-11-21 18:30 UTC" in told
    assert "newest activity is of 2026-11-18" in told
