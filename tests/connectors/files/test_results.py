"""What is written lands in files that can be imported, and the export that follows is read beside what still waits."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord
from connectors.errors import Unusable
from connectors.files.connector import Files
from mapping.metadata import FIELDS
from tests.connectors.files.conftest import Desk
from tests.contract.exported import hubspot_clerk, hubspot_sheets, salesforce_sheets
from tests.contract.harness import Mirror
from tests.contract.org import ACCOUNT, ADA, CONTACTS, MAX, key

ZOE, TOM, EVA = CONTACTS
TASK = key("00T", 7)
KEY = "acme|a1|default|missing champion|champion|"
NEW = CreateTask(KEY, "Find a champion", "Why:\nrenewal", 1_767_225_600, ADA, ACCOUNT, ZOE)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def filled(path: Path) -> list[dict[str, str]]:
    return [{name: value for name, value in row.items() if value} for row in rows(path)]


@pytest.fixture
def out(desk: Desk) -> Path:
    """Provision the small Salesforce export."""
    list(desk.connect().provision(FIELDS, dry_run=False))
    return desk.folder / "rapport-out"


def write(desk: Desk, *values: Mapping[str, str | None]) -> Files:
    connection = desk.connect()
    for one in values:
        (result,) = connection.write([UpdateRecord("contact", ZOE, one)])
        assert result.outcome is Outcome.DONE, result.message
    return connection


def observed(desk: Desk, name: str) -> object:
    return desk.pull().one("observed_contact", id=ZOE)[name]


def newer(desk: Desk, **held: str) -> None:
    """Lay a newer export there, in which Zoë's record holds something in our fields."""
    header, people = salesforce_sheets()["Contact"]
    names = list(held)
    more: Sequence[Sequence[str]] = [[*row, *(held.values() if row[0] == ZOE else [""] * len(names))] for row in people]
    desk.lay({"Contact": ([*header, *names], more)})


def exported_task(desk: Desk, closed: str = "0", owner: str = ADA, due: str = "2026-01-01") -> None:
    """Lay an export there that holds our task."""
    header = ("Id", "IsDeleted", "Rapport_Key__c", "Subject", "Description", "IsClosed", "OwnerId", "ActivityDate")
    desk.lay({"Task": (header, [(TASK, "0", KEY, "Find a champion", "Why", closed, owner, due)])})


# --- provisioning -----------------------------------------------------------------------------------------------------


def test_nothing_is_writable_and_nothing_written_until_there_is_a_folder_for_it(desk: Desk) -> None:
    connection = desk.connect()
    assert connection.writable("contact") == frozenset()
    (result,) = connection.write([UpdateRecord("contact", ZOE, {"depth": "3"})])
    assert (result.outcome, "rapport provision" in result.message) == (Outcome.REJECTED, True)
    assert any(finding.where == "rapport-out" and not finding.fatal for finding in connection.check())
    assert not (desk.folder / "rapport-out").exists()


def test_provisioning_lists_the_fields_that_must_be_created_in_the_crm(out: Path) -> None:
    listed = rows(out / "fields.csv")
    assert [(row["object"], row["name"]) for row in listed] == [
        ({"contact": "Contact", "account": "Account", "task": "Task"}[entry.object], entry.salesforce_name())
        for entry in FIELDS
    ]
    assert {row["written by"] for row in listed} == {"Rapport", "you"}


# --- values -----------------------------------------------------------------------------------------------------------


def test_a_value_goes_on_waiting_while_exports_leave_its_column_out(desk: Desk, out: Path) -> None:
    newer(desk, Rapport_Depth__c="2")
    write(desk, {"depth": "3"})
    newer(desk)
    assert observed(desk, "depth") == "3"
    assert filled(out / "Contact.csv") == [{"Id": ZOE, "Rapport_Depth__c": "3"}]
    newer(desk, Rapport_Depth__c="4")
    assert observed(desk, "depth") == "4"
    assert filled(out / "Contact.csv") == []


def test_values_are_files_ready_for_import_with_what_was_there_before_beside_them(desk: Desk, out: Path) -> None:
    newer(desk, Rapport_Depth__c="2.0", Rapport_Trend__c="fading")
    write(desk, {"depth": "3", "roles": "buyer;champion", "evidence": "two\nlines", "trend": None})
    assert filled(out / "Contact.csv") == [
        {
            "Id": ZOE,
            "Rapport_Depth__c": "3",
            "Rapport_Roles__c": "buyer;champion",
            "Rapport_Evidence__c": "two\nlines",
            "Rapport_Trend__c": "#N/A",
        }
    ]
    assert filled(out / "before" / "Contact.csv") == [
        {
            "Id": ZOE,
            "Rapport_Depth__c": "2",
            "Rapport_Roles__c": "#N/A",
            "Rapport_Evidence__c": "#N/A",
            "Rapport_Trend__c": "fading",
        }
    ]


def test_what_hubspots_import_cannot_clear_stands_in_a_file_of_its_own(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "export", "hubspot").lay(hubspot_sheets("201"))
    header, people = hubspot_sheets("201")["hubspot-crm-exports-all-contacts-2026-11-21"]
    name = "hubspot-crm-exports-all-contacts-2026-11-21"
    desk.lay({name: ([*header, "rapport_trend"], [[*people[0], "fading"]])})
    connection = desk.connect()
    list(connection.provision(FIELDS, dry_run=False))
    list(connection.write([UpdateRecord("contact", "201", {"depth": "3", "trend": None})]))
    out = desk.folder / "rapport-out"
    assert filled(out / "contacts.csv") == [{"Record ID": "201", "rapport_depth": "3"}]
    assert filled(out / "contacts-clear.csv") == [{"Record ID": "201", "rapport_trend": "#N/A"}]
    row = desk.pull().one("observed_contact", id="201")
    assert (row["depth"], row["trend"]) == ("3", None)
    desk.close()


def test_a_value_that_waits_counts_as_held_by_another_process_as_well(desk: Desk, out: Path) -> None:
    write(desk, {"depth": "3"})
    assert observed(desk, "depth") == "3"
    write(desk, {"depth": "4", "trend": "rising"})
    assert (observed(desk, "depth"), observed(desk, "trend")) == ("4", "rising")
    assert len(rows(out / "Contact.csv")) == 1


def test_a_value_that_is_taken_back_no_longer_waits(desk: Desk, out: Path) -> None:
    write(desk, {"depth": "3"}, {"depth": None})
    assert rows(out / "Contact.csv") == []
    assert observed(desk, "depth") is None


def test_a_value_that_the_next_export_shows_has_arrived_and_leaves_the_files(desk: Desk, out: Path) -> None:
    write(desk, {"depth": "3", "trend": "rising"})
    newer(desk, Rapport_Depth__c="3", Rapport_Trend__c="")
    assert (observed(desk, "depth"), observed(desk, "trend")) == ("3", "rising")
    assert filled(out / "Contact.csv") == [{"Id": ZOE, "Rapport_Trend__c": "rising"}]


def test_a_value_that_somebody_else_wrote_since_is_theirs(desk: Desk, out: Path) -> None:
    newer(desk, Rapport_Depth__c="1")
    write(desk, {"depth": "3"})
    newer(desk, Rapport_Depth__c="5")
    assert observed(desk, "depth") == "5"
    assert rows(out / "Contact.csv") == []


def test_a_checkbox_that_was_created_since_is_still_to_be_imported(desk: Desk, out: Path) -> None:
    write(desk, {"counted": "true"})
    newer(desk, Rapport_Counted__c="0")
    assert observed(desk, "counted") == "true"
    newer(desk, Rapport_Counted__c="1")
    assert observed(desk, "counted") == "true"
    assert rows(out / "Contact.csv") == []


def test_what_waits_for_a_record_that_is_gone_is_taken_out(desk: Desk, out: Path) -> None:
    write(desk, {"depth": "3"})
    desk.lay(salesforce_sheets((TOM, EVA))).pull()
    assert rows(out / "Contact.csv") == []


def test_a_record_that_the_export_does_not_hold_is_refused(desk: Desk, out: Path) -> None:
    results = list(desk.connect().write([UpdateRecord("contact", key("003", 99), {"depth": "3"})]))
    assert [(one.outcome, "holds no Contact" in one.message) for one in results] == [(Outcome.REJECTED, True)]
    assert rows(out / "Contact.csv") == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"depth": "deep"}, "is not a number"),
        ({"roles": "buyer;king"}, "'king' is not an option"),
        ({"size": "1"}, "no"),
    ],
)
def test_a_value_that_an_import_would_refuse_is_refused(
    desk: Desk, out: Path, values: dict[str, str | None], words: str
) -> None:
    (result,) = desk.connect().write([UpdateRecord("contact", ZOE, values)])
    assert (result.outcome, words in result.message) == (Outcome.REJECTED, True)


def test_a_file_of_ours_that_was_spoilt_is_an_error_that_names_it(desk: Desk, out: Path) -> None:
    write(desk, {"depth": "3"})
    (out / "Contact.csv").write_text('Id,Rapport_Depth__c\n"003', encoding="utf-8")
    with pytest.raises(Unusable, match=r"rapport-out/Contact.csv, line 2"):
        desk.pull()


def test_a_zip_has_its_results_in_a_folder_beside_it(desk: Desk, tmp_path: Path) -> None:
    desk.folder = tmp_path / "WE_1.zip"
    from tests.exports import packed

    packed(tmp_path / "export").rename(desk.folder)
    list(desk.connect().provision(FIELDS, dry_run=False))
    write(desk, {"depth": "3"})
    assert (tmp_path / "rapport-out" / "Contact.csv").is_file()


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_a_new_task_is_a_row_to_be_upserted_by_its_key(desk: Desk, out: Path) -> None:
    list(desk.connect().write([NEW]))
    assert rows(out / "Task-new.csv") == [
        {
            "Rapport_Key__c": KEY,
            "Subject": "Find a champion",
            "Description": "Why:\nrenewal",
            "ActivityDate": "2026-01-01",
            "Status": "Not Started",
            "OwnerId": ADA,
            "WhatId": ACCOUNT,
            "WhoId": ZOE,
        }
    ]
    assert desk.pull().one("own_task", key=KEY)["open"] is True


def test_a_task_that_the_next_export_shows_has_arrived_and_is_the_crms(desk: Desk, out: Path) -> None:
    (created,) = desk.connect().write([NEW])
    exported_task(desk, closed="1")
    row = desk.pull().one("own_task", key=KEY)
    assert (row["id"], row["open"]) == (TASK, False)
    assert created.id != TASK
    assert rows(out / "Task-new.csv") == []


def test_a_task_that_was_completed_while_it_waited_is_completed_after_it_has_arrived(desk: Desk, out: Path) -> None:
    connection = desk.connect()
    (created,) = connection.write([NEW])
    assert created.id is not None
    list(connection.write([SetTaskState(created.id, KEY, open=False)]))
    assert filled(out / "Task-new.csv")[0]["Status"] == "Completed"
    exported_task(desk)
    assert desk.pull().one("own_task", key=KEY)["open"] is False
    assert [(row["Id"], row["Status"]) for row in rows(out / "Task-update.csv")] == [(TASK, "Completed")]


def test_a_state_that_waits_counts_until_the_export_shows_it(desk: Desk, out: Path) -> None:
    exported_task(desk)
    (result,) = desk.connect().write([SetTaskState(TASK, KEY, open=False, note="The gap has closed.")])
    assert result.outcome is Outcome.DONE
    assert rows(out / "Task-update.csv") == [
        {
            "Id": TASK,
            "Rapport_Key__c": KEY,
            "Subject": "Find a champion",
            "Status": "Completed",
            "ActivityDate": "",
            "OwnerId": "",
            "Description": "Why\n\nThe gap has closed.",
        }
    ]
    assert desk.pull().one("own_task")["open"] is False
    exported_task(desk, closed="1")
    assert desk.pull().one("own_task")["open"] is False
    assert rows(out / "Task-update.csv") == []


def test_an_export_without_the_key_column_does_not_end_what_waits_for_our_tasks(desk: Desk, out: Path) -> None:
    exported_task(desk)
    list(desk.connect().write([SetTaskState(TASK, KEY, open=False)]))
    desk.lay({"Task": (("Id", "IsDeleted", "Subject", "IsClosed"), [(TASK, "0", "Find a champion", "0")])})
    desk.pull()
    assert [(row["Id"], row["Status"]) for row in rows(out / "Task-update.csv")] == [(TASK, "Completed")]
    exported_task(desk)
    assert desk.pull().one("own_task")["open"] is False


LATER = 1_767_830_400
"""2026-01-08, midnight UTC."""
REOPEN = SetTaskState(TASK, KEY, open=True, note="It is back.", due_at=LATER, owner_id=ADA)


def terms(desk: Desk) -> tuple[object, ...]:
    row = desk.pull().one("own_task", key=KEY)
    return row["open"], row["owner_id"], row["due_at"]


def test_a_new_owner_waits_alone_with_what_the_export_held_beside_it(desk: Desk, out: Path) -> None:
    exported_task(desk)
    (result,) = desk.connect().write([AssignTask(TASK, KEY, MAX, "Overdue.")])
    assert (result.outcome, result.id) == (Outcome.DONE, TASK)
    assert filled(out / "Task-update.csv") == [
        {
            "Id": TASK,
            "Rapport_Key__c": KEY,
            "Subject": "Find a champion",
            "OwnerId": MAX,
            "Description": "Why\n\nOverdue.",
        }
    ]
    assert filled(out / "before" / "Task-update.csv") == [{"Id": TASK, "Rapport_Key__c": KEY, "OwnerId": ADA}]
    assert terms(desk) == (True, MAX, NEW.due_at)
    exported_task(desk, owner=MAX)
    assert terms(desk) == (True, MAX, NEW.due_at)
    assert rows(out / "Task-update.csv") == rows(out / "before" / "Task-update.csv") == []


def test_state_owner_and_due_date_of_a_reopened_task_arrive_each_for_itself(desk: Desk, out: Path) -> None:
    exported_task(desk, closed="1", owner=MAX)
    list(desk.connect().write([REOPEN]))
    assert terms(desk) == (True, ADA, LATER)
    exported_task(desk, closed="0", owner=MAX)
    assert terms(desk) == (True, ADA, LATER)
    (row,) = rows(out / "Task-update.csv")
    assert (row["Status"], row["OwnerId"], row["ActivityDate"]) == ("", ADA, "2026-01-08")
    exported_task(desk, owner=ADA, due="2026-01-08")
    assert terms(desk) == (True, ADA, LATER)
    assert rows(out / "Task-update.csv") == []


def test_an_owner_or_a_due_date_that_somebody_else_set_since_is_theirs(desk: Desk, out: Path) -> None:
    exported_task(desk)
    list(desk.connect().write([AssignTask(TASK, KEY, MAX)]))
    stranger = key("005", 9)
    exported_task(desk, owner=stranger, due="2026-02-01")
    assert terms(desk) == (True, stranger, 1_769_904_000)
    assert rows(out / "Task-update.csv") == []


def test_a_task_that_is_given_back_no_longer_waits(desk: Desk, out: Path) -> None:
    exported_task(desk)
    list(desk.connect().write([AssignTask(TASK, KEY, MAX, "Overdue.")]))
    list(desk.connect().write([AssignTask(TASK, KEY, ADA, "Undone.")]))
    assert terms(desk) == (True, ADA, NEW.due_at)
    assert rows(out / "Task-update.csv") == rows(out / "before" / "Task-update.csv") == []


def test_an_owner_is_set_where_the_export_held_none_and_going_back_empties_it(desk: Desk, out: Path) -> None:
    exported_task(desk, owner="")
    list(desk.connect().write([AssignTask(TASK, KEY, MAX)]))
    assert filled(out / "before" / "Task-update.csv")[0]["OwnerId"] == "#N/A"
    assert terms(desk) == (True, MAX, NEW.due_at)


def test_a_new_task_that_was_given_away_while_it_waited_is_given_away_after_it_has_arrived(
    desk: Desk, out: Path
) -> None:
    (created,) = desk.connect().write([NEW])
    assert created.id is not None
    list(desk.connect().write([AssignTask(created.id, KEY, MAX, "Overdue.")]))
    assert filled(out / "Task-new.csv")[0]["OwnerId"] == MAX
    exported_task(desk)
    assert terms(desk) == (True, MAX, NEW.due_at)
    (row,) = filled(out / "Task-update.csv")
    assert (row["Id"], row["OwnerId"], "Status" in row, "ActivityDate" in row) == (TASK, MAX, False, False)
    exported_task(desk, owner=MAX)
    assert terms(desk) == (True, MAX, NEW.due_at)
    assert rows(out / "Task-update.csv") == []


def test_a_write_about_a_task_that_has_arrived_since_finds_it_by_its_key(desk: Desk, out: Path) -> None:
    (created,) = desk.connect().write([NEW])
    assert created.id is not None
    exported_task(desk)
    connection = desk.connect()
    Mirror().pull(connection)
    (result,) = connection.write([AssignTask(created.id, KEY, MAX)])
    assert (result.outcome, result.id) == (Outcome.DONE, TASK)
    assert terms(desk) == (True, MAX, NEW.due_at)


@pytest.mark.parametrize(
    "wanted", [AssignTask(TASK, KEY, key("005", 9)), SetTaskState(TASK, KEY, open=True, owner_id=key("005", 9))]
)
def test_an_owner_whom_the_export_does_not_know_is_refused(
    desk: Desk, out: Path, wanted: AssignTask | SetTaskState
) -> None:
    exported_task(desk)
    (result,) = desk.connect().write([wanted])
    assert (result.outcome, key("005", 9) in result.message) == (Outcome.REJECTED, True)
    assert terms(desk) == (True, ADA, NEW.due_at)


def test_a_change_without_a_record_of_what_was_there_before_is_given_up(desk: Desk, out: Path) -> None:
    exported_task(desk)
    list(desk.connect().write([AssignTask(TASK, KEY, MAX)]))
    (out / "before" / "Task-update.csv").unlink()
    assert terms(desk) == (True, ADA, NEW.due_at)
    assert rows(out / "Task-update.csv") == []


def test_a_due_date_of_ours_that_was_spoilt_is_an_error_that_names_the_file(desk: Desk, out: Path) -> None:
    exported_task(desk)
    list(desk.connect().write([SetTaskState(TASK, KEY, open=True, due_at=LATER)]))
    path = out / "Task-update.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2026-01-08", "8.1.2026"), encoding="utf-8")
    with pytest.raises(Unusable, match=r"Task-update\.csv cannot be read"):
        desk.pull()


def test_what_waits_for_a_task_waits_on_while_the_export_has_no_file_of_tasks(desk: Desk, out: Path) -> None:
    exported_task(desk)
    list(desk.connect().write([AssignTask(TASK, KEY, MAX)]))
    (desk.folder / "Task.csv").unlink()
    assert desk.pull().rows["own_task"] == []
    exported_task(desk)
    assert terms(desk) == (True, MAX, NEW.due_at)


def test_hubspots_owner_may_be_a_name_and_the_due_date_has_a_time(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "export", "hubspot").lay(hubspot_sheets("201"))
    connection = desk.connect()
    list(connection.provision(FIELDS, dry_run=False))
    list(connection.write([CreateTask(KEY, "Find a champion", "Why", LATER, "4101", "9001", "201")]))
    clerk = hubspot_clerk(desk.folder)
    (_, task) = clerk.take()
    Mirror().pull(connection)
    again = SetTaskState(task["Record ID"], KEY, open=True, due_at=LATER + 86_400, owner_id="4102")
    assert [result.outcome for result in connection.write([again])] == [Outcome.DONE]
    (row,) = filled(desk.folder / "rapport-out" / "tasks-update.csv")
    assert (row["hubspot_owner_id"], row["hs_timestamp"]) == ("4102", "2026-01-09 00:00")
    assert "hs_task_status" not in row
    assert terms(desk) == (True, "4102", LATER + 86_400)
    clerk.edit(task["Record ID"], {"Activity assigned to": "Max Osei", "Due date": "2026-01-09 00:00"})
    assert terms(desk) == (True, "4102", LATER + 86_400)
    assert rows(desk.folder / "rapport-out" / "tasks-update.csv") == []
    desk.close()


def test_a_task_that_the_crm_has_is_listed_for_deletion_and_counts_as_gone(desk: Desk, out: Path) -> None:
    exported_task(desk)
    list(desk.connect().write([DeleteTask(TASK, KEY)]))
    assert [row["Id"] for row in rows(out / "Task-delete.csv")] == [TASK]
    assert desk.pull().rows["own_task"] == []
    desk.lay(salesforce_sheets()).pull()
    assert rows(out / "Task-delete.csv") == []


def test_deleting_a_task_that_has_arrived_since_deletes_it_in_the_crm(desk: Desk, out: Path) -> None:
    (created,) = desk.connect().write([NEW])
    assert created.id is not None
    exported_task(desk)
    connection = desk.connect()
    Mirror().pull(connection)
    list(connection.write([DeleteTask(created.id, KEY)]))
    assert [row["Id"] for row in rows(out / "Task-delete.csv")] == [TASK]


def test_a_key_that_the_export_holds_makes_no_second_task(desk: Desk, out: Path) -> None:
    exported_task(desk)
    (result,) = desk.connect().write([NEW])
    assert result.id == TASK
    assert rows(out / "Task-new.csv") == []


# --- the files themselves ---------------------------------------------------------------------------------------------


def test_what_waits_is_never_read_as_part_of_the_export(desk: Desk, out: Path) -> None:
    write(desk, {"depth": "3"})
    mirror = desk.pull()
    assert len(mirror.rows["contact"]) == 3
    assert [finding for finding in desk.connect().check() if finding.fatal] == []


def test_a_file_that_a_crash_left_half_written_is_not_read(desk: Desk, out: Path) -> None:
    write(desk, {"depth": "3"})
    (out / "Contact.csv.part").write_text('Id,Rapport_Depth__c\n"003', encoding="utf-8")
    assert observed(desk, "depth") == "3"


def test_the_folder_of_results_may_be_moved_away_and_then_nothing_waits(desk: Desk, out: Path, tmp_path: Path) -> None:
    write(desk, {"depth": "3"})
    out.rename(tmp_path / "imported")
    assert observed(desk, "depth") is None
    assert desk.connect().writable("contact") == frozenset()


def test_a_place_that_cannot_be_made_is_an_error_with_its_cause(desk: Desk) -> None:
    desk.put("rapport-out", b"a file in the way")
    with pytest.raises(Unusable, match="cannot be made"):
        list(desk.connect().provision(FIELDS, dry_run=False))


def test_an_export_that_is_not_there_is_not_provisioned(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="neither a folder nor a file"):
        list(Desk(tmp_path / "nowhere").connect().provision(FIELDS, dry_run=False))
    assert list(tmp_path.iterdir()) == []


def test_files_read_and_written_are_counted(desk: Desk, out: Path) -> None:
    connection = desk.connect()
    list(connection.write([UpdateRecord("contact", ZOE, {"depth": "3"}), NEW]))
    counted = connection.calls()
    assert (counted["READ Contact"], counted["WRITE Contact.csv"], counted["WRITE Task-new.csv"]) == (1, 2, 2)


@pytest.mark.parametrize("name", ["Contact.csv", "Contact.csv.part", "Task-new.csv.part"])
def test_a_file_that_cannot_be_written_is_named_and_nothing_is_told_to_be_done(
    desk: Desk, out: Path, name: str
) -> None:
    (out / name).mkdir()
    (out / name / "in the way").touch()
    connection = desk.connect()
    with pytest.raises(Unusable, match=r"(Contact|Task-new)\.csv(\.part)? cannot be written"):
        list(connection.write([UpdateRecord("contact", ZOE, {"depth": "3"}), NEW]))
