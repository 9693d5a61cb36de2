"""What people do with the product, through the command line and over HTTP, against both emulated CRMs."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from tests.e2e.conftest import RAPPORT, Crms, Demo, Desk, rapport

pytestmark = pytest.mark.e2e

DEPTH = "SELECT Id, Rapport_Depth__c FROM Contact WHERE Name = 'Corin Vale'"


def test_the_demo_shows_coverage_and_tasks_and_its_second_run_changes_nothing(demo: Demo) -> None:
    assert demo.result.code == 0, demo.result.err
    lines = demo.result.out.splitlines()
    assert any(line.startswith("Northgate Tutors") and "gap" in line and "0/2" in line for line in lines)
    assert any(line.startswith("salesforce") and "Missing buyer: Obsidian Rail" in line for line in lines)
    assert "second run: 0 changes" in lines


def test_the_coverage_table_names_each_company_once(demo: Demo) -> None:
    table = demo.ask("status").out
    assert table.count("Kestrel Freight") == 1


def test_explain_names_the_records_that_made_a_champion(demo: Demo) -> None:
    told = demo.ask("explain", "Clarissa Mound")
    assert told.code == 0
    assert "champion" in told.out
    assert "Director of Finance" in told.out
    assert "hubspot/contact/" in told.out
    assert "salesforce/contact/003" in told.out


def test_explain_of_nobody_says_so_and_ends_with_1(demo: Demo) -> None:
    told = demo.ask("explain", "Nobody At All")
    assert told.code == 1
    assert 'Nothing is published about "Nobody At All"' in told.out


def test_log_lists_both_runs_of_the_demo_newest_first(demo: Demo) -> None:
    runs = json.loads(demo.ask("log", "--json").out)
    assert [(run["number"], run["status"]) for run in runs] == [(2, "nothing"), (1, "ok")]


def test_a_plan_shows_changes_with_reasons_writes_nothing_and_ends_with_3(provisioned: Desk) -> None:
    shown = provisioned.ask("plan", "--json")
    assert shown.code == 3, shown.err
    (plan,) = json.loads(f"[{shown.out}]")
    change = next(c for c in plan["changes"] if c["kind"] == "set" and c["field"] == "depth")
    assert change["before"] is None
    assert change["after"] in set("012345")
    assert change["reason"].startswith("Depth ")
    assert provisioned.crms.writes() == {}


def test_an_approved_plan_is_applied_and_the_next_plan_is_empty(provisioned: Desk) -> None:
    digest = json.loads(provisioned.ask("plan", "--json").out)["digest"]
    applied = provisioned.ask("apply", digest)
    assert applied.code == 0, applied.err
    (contact,) = provisioned.crms.query(DEPTH)
    assert contact["Rapport_Depth__c"] == 4
    assert provisioned.ask("plan").code == 0


def test_a_plan_that_the_data_has_left_behind_is_refused(provisioned: Desk) -> None:
    digest = json.loads(provisioned.ask("plan", "--json").out)["digest"]
    (contact,) = provisioned.crms.query(DEPTH)
    provisioned.crms.edit("Contact", contact["Id"], Title="Gardener")
    provisioned.crms.forget_requests()
    refused = provisioned.ask("apply", digest)
    assert refused.code == 1
    assert "the data has changed" in refused.err
    assert provisioned.crms.writes() == {}


def test_a_humans_edit_stays_and_is_reported(provisioned: Desk) -> None:
    assert provisioned.ask("run").code == 0
    (contact,) = provisioned.crms.query(DEPTH)
    provisioned.crms.edit("Contact", contact["Id"], Rapport_Depth__c=1)
    again = provisioned.ask("run")
    assert again.code == 0
    assert "human edit" in again.out
    assert provisioned.crms.query(DEPTH)[0]["Rapport_Depth__c"] == 1


def test_a_humans_override_ends_the_argument(provisioned: Desk) -> None:
    (contact,) = provisioned.crms.query(DEPTH)
    provisioned.crms.edit("Contact", contact["Id"], Rapport_Not_A_Champion__c=True)
    assert provisioned.ask("run").code == 0
    (after,) = provisioned.crms.query("SELECT Rapport_Roles__c FROM Contact WHERE Name = 'Corin Vale'")
    assert "champion" not in (after["Rapport_Roles__c"] or "")


def test_undo_empties_the_fields_and_removes_the_tasks_of_a_run(provisioned: Desk) -> None:
    assert provisioned.ask("run").code == 0
    tasks = "SELECT Id FROM Task WHERE Rapport_Key__c != null"
    assert provisioned.crms.query(tasks)
    undone = provisioned.ask("undo", "1")
    assert undone.code == 0, undone.err
    assert provisioned.crms.query(tasks) == []
    assert provisioned.crms.query(DEPTH)[0]["Rapport_Depth__c"] is None


def test_every_task_has_one_key_and_an_account_in_both_crms_gets_its_tasks_once(provisioned: Desk) -> None:
    assert provisioned.ask("run").code == 0
    assert provisioned.ask("run").code == 0
    here = [
        task["Rapport_Key__c"]
        for task in provisioned.crms.query("SELECT Rapport_Key__c FROM Task WHERE Rapport_Key__c != null")
    ]
    listed = provisioned.crms.hubspot("GET", "/crm/v3/objects/tasks?limit=100&properties=rapport_key")["results"]
    there = [task["properties"]["rapport_key"] for task in listed if task["properties"]["rapport_key"]]
    assert here
    assert there
    assert len({*here, *there}) == len(here) + len(there)


def test_a_task_that_a_person_completed_stays_completed(provisioned: Desk) -> None:
    assert provisioned.ask("run").code == 0
    tasks = "SELECT Id, Status, Rapport_Key__c FROM Task WHERE Rapport_Key__c != null ORDER BY Id"
    first = provisioned.crms.query(tasks)[0]
    provisioned.crms.edit("Task", first["Id"], Status="Completed")
    again = provisioned.ask("run")
    assert again.code == 0
    assert "closed by a human" in again.out
    after = provisioned.crms.query(tasks)
    assert [task["Status"] for task in after if task["Rapport_Key__c"] == first["Rapport_Key__c"]] == ["Completed"]


def managers(crms: Crms) -> dict[str, str]:
    """Map every colleague to the one above, by Salesforce's users and by the demo's settings for HubSpot's teams."""
    users = crms.query("SELECT Id, ManagerId FROM User WHERE ManagerId != null")
    owners = crms.hubspot("GET", "/crm/v3/owners?limit=100")["results"]
    lead = {"Enterprise": "renske.abel", "Growth": "hollis.crane", "Leadership": "imre.solano"}
    ids = {owner["email"].partition("@")[0]: owner["id"] for owner in owners}
    above = {owner["id"]: ids[lead[team["name"]]] for owner in owners for team in owner.get("teams", ())}
    return {user["Id"]: user["ManagerId"] for user in users} | above


def owner(task: Mapping[str, Any]) -> str:
    return str(task.get("OwnerId") or task.get("hubspot_owner_id"))


def note(task: Mapping[str, Any]) -> str:
    return str(task.get("Description") or task.get("hs_task_body")).splitlines()[-1]


def test_overdue_tasks_go_to_the_managers_once_and_whom_a_person_chose_keeps_them(provisioned: Desk) -> None:
    crms = provisioned.crms
    assert provisioned.ask("run").code == 0
    before, above = crms.tasks(), managers(crms)
    given = next(key for key, task in before.items() if "OwnerId" in task)
    involved = {owner(before[given]), above[owner(before[given])]}
    colleague = next(user for user in above if user.startswith("005") and user not in involved)
    crms.edit("Task", before[given]["id"], OwnerId=colleague)
    crms.wait(days=45)
    shown = provisioned.ask("plan", "--all")
    assert "pass on to Renske Abel: Overdue since" in shown.out
    passed_on = provisioned.ask("run")
    assert passed_on.code == 0, passed_on.err
    assert "reassigned by a human" in passed_on.out
    after = crms.tasks()
    moved = {key for key in before if owner(after[key]) != owner(before[key])} - {given}
    assert {"OwnerId" in after[key] for key in moved} == {True, False}
    for key in moved:
        assert owner(after[key]) == above[owner(before[key])]
        assert note(after[key]).endswith("and past its grace; passed on to the manager by Rapport.")
    assert owner(after[given]) == colleague
    assert json.loads(provisioned.ask("run", "--json").out)[0]["status"] == "nothing"
    number = next(run["number"] for run in json.loads(provisioned.ask("log", "--json").out) if run["status"] == "ok")
    assert provisioned.ask("undo", str(number)).code == 0
    assert {key: owner(crms.tasks()[key]) for key in moved} == {key: owner(before[key]) for key in moved}


def test_a_snoozed_task_is_left_alone_and_a_completed_one_is_opened_again_on_its_day(provisioned: Desk) -> None:
    crms = provisioned.crms
    assert provisioned.ask("run").code == 0
    ours = [(key, task["id"]) for key, task in crms.tasks().items() if "OwnerId" not in task]
    (waiting, first), (done, second), *_ = ours
    crms.edit_hubspot(f"tasks/{first}", rapport_snooze_until=crms.today(60))
    crms.edit_hubspot(f"tasks/{second}", rapport_snooze_until=crms.today(10), hs_task_status="COMPLETED")
    before = crms.tasks()
    assert "snoozed" in provisioned.ask("run").out
    assert crms.tasks()[done]["hs_task_status"] == "COMPLETED"
    crms.wait(days=45)
    assert provisioned.ask("run").code == 0
    after = crms.tasks()
    assert (owner(after[waiting]), note(after[waiting])) == (owner(before[waiting]), note(before[waiting]))
    assert (after[done]["hs_task_status"], owner(after[done])) == ("NOT_STARTED", owner(before[done]))
    assert after[done]["hs_timestamp"][:10] > crms.today()
    assert "Snoozed until" in note(after[done])


def test_init_writes_a_starter_that_is_valid_and_never_replaces_one(desk: Desk) -> None:
    folder = desk.folder / "new"
    folder.mkdir()
    assert rapport("init", cwd=folder).code == 0
    again = rapport("init", cwd=folder)
    assert again.code == 1
    assert "--force replaces it" in again.err
    told = rapport("status", cwd=folder)
    assert told.code == 0, told.err


def test_completion_is_printed_for_each_shell() -> None:
    for shell in ("bash", "zsh", "fish"):
        done = rapport("completion", shell)
        assert done.code == 0
        assert "rapport" in done.out


@pytest.mark.parametrize("moment", ["PATCH", "batch/", "POST"])
def test_a_run_that_is_killed_while_it_writes_is_completed_by_the_next_one(provisioned: Desk, moment: str) -> None:
    with subprocess.Popen([RAPPORT, "run"], cwd=provisioned.folder, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not any(moment in route for route in provisioned.crms.writes()):
            pass
        process.kill()
    again = provisioned.ask("run")
    assert again.code == 0, again.err
    ours = provisioned.crms.query("SELECT Rapport_Key__c FROM Task WHERE Rapport_Key__c != null")
    keys = [task["Rapport_Key__c"] for task in ours]
    assert len(keys) == len(set(keys)) > 0
    assert provisioned.crms.query(DEPTH)[0]["Rapport_Depth__c"] == 4
    quiet = provisioned.ask("run", "--json")
    assert json.loads(quiet.out)[0]["status"] == "nothing"


def test_a_run_that_is_told_to_end_stops_cleanly_and_is_noted(provisioned: Desk) -> None:
    with subprocess.Popen([RAPPORT, "run"], cwd=provisioned.folder, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not provisioned.crms.writes():
            pass
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said.splitlines()[-1].startswith("rapport: stopped; what was done is noted")
    assert json.loads(provisioned.ask("log", "--json").out)[0]["status"] == "interrupted"
    assert provisioned.ask("run").code == 0


# --- the wrong thing: one clear message, exit 1, nothing written, nothing lost ---------------------------------------


def fails(desk: Desk, *words: str) -> str:
    """Run a command that must fail cleanly; gives the message."""
    desk.crms.forget_requests()
    done = desk.ask(*words)
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err
    assert desk.crms.writes() == {}
    message = "\n".join(line for line in done.err.splitlines() if not line.startswith("{"))
    assert message.startswith("rapport: ")
    return message


def test_a_wrong_password_is_one_clear_message(provisioned: Desk) -> None:
    (provisioned.folder / "salesforce-secret").write_text("wrong", encoding="utf-8")
    message = fails(provisioned, "run")
    assert "Salesforce" in message
    assert "client" in message
    assert "wrong" not in message.replace("wrong client", "")


def test_a_revoked_hubspot_token_is_one_clear_message(provisioned: Desk) -> None:
    (provisioned.folder / "hubspot-token").write_text("pat-na1-0000", encoding="utf-8")
    assert "HubSpot" in fails(provisioned, "run")


def test_an_unreachable_host_is_one_clear_message(provisioned: Desk) -> None:
    provisioned.rewrite(provisioned.crms.ready["hubspot"]["url"], "http://127.0.0.1:9")
    message = fails(provisioned, "run")
    assert "cannot be reached" in message
    assert "127.0.0.1:9" in message


def test_a_missing_scope_is_one_clear_message(provisioned: Desk) -> None:
    scopes = ["oauth", "crm.objects.contacts.read", "crm.objects.owners.read"]
    provisioned.crms.limit("hubspot", scopes=scopes)
    assert "scope" in fails(provisioned, "run")


def test_a_missing_field_is_one_clear_message(provisioned: Desk) -> None:
    provisioned.rewrite("segment: Segment__c", "segment: Segmant__c")
    message = fails(provisioned, "run")
    assert "Segmant__c" in message


def test_malformed_yaml_is_told_with_file_and_line(desk: Desk) -> None:
    desk.rewrite("organisations:", "organisations: [")
    message = fails(desk, "run")
    assert "rapport.yaml:" in message


def test_every_problem_of_the_settings_is_told_at_once(desk: Desk) -> None:
    desk.rewrite("home:", "hone:")
    desk.rewrite("flow: token", "flow: tokne")
    done = desk.ask("run")
    assert done.code == 1
    assert "did you mean home?" in done.err
    assert "token" in done.err
    assert done.err.count("rapport.yaml:") == 2


def test_a_failed_run_loses_nothing_and_the_next_one_goes_through(provisioned: Desk) -> None:
    provisioned.rewrite(provisioned.crms.ready["hubspot"]["url"], "http://127.0.0.1:9")
    fails(provisioned, "run")
    provisioned.rewrite("http://127.0.0.1:9", provisioned.crms.ready["hubspot"]["url"])
    assert provisioned.ask("run").code == 0
    assert provisioned.crms.query(DEPTH)[0]["Rapport_Depth__c"] == 4


def test_an_unknown_command_is_wrong_usage() -> None:
    assert rapport("rnu").code == 2


def test_the_demo_can_use_an_emulator_that_runs_already(desk: Desk) -> None:
    address = desk.crms.ready["salesforce"]["http"]
    played = desk.ask("demo", "--once", "--emulator", address, "--folder", "again")
    assert played.code == 0, played.err
    assert "second run: 0 changes" in played.out


def test_a_demo_without_its_emulator_says_how_to_start_one(desk: Desk) -> None:
    done = desk.ask("demo", "--once", "--emulator", "http://127.0.0.1:9")
    assert done.code == 1
    assert "rapport: no emulator answers at http://127.0.0.1:9" in done.err


def test_the_demo_never_clears_a_folder_that_holds_something_else(desk: Desk) -> None:
    (desk.folder / "work").mkdir()
    (desk.folder / "work" / "thesis.txt").write_text("years of it", encoding="utf-8")
    done = desk.ask("demo", "--once", "--emulator", desk.crms.ready["salesforce"]["http"], "--folder", "work")
    assert done.code == 1
    assert "holds something else" in done.err
    assert (desk.folder / "work" / "thesis.txt").exists()


def by_gap(tasks: Mapping[str, Mapping[str, Any]], account: str) -> dict[str, list[str]]:
    """Map each gap of an account, as its key names it, to the records of its tasks that are open."""
    found: dict[str, list[str]] = {}
    for key, task in tasks.items():
        parts = key.split("|")
        status = task.get("Status") or task.get("hs_task_status")
        if parts[1] == account and str(status).lower() != "completed":
            found.setdefault("|".join(parts[2:]), []).append(task["id"])
    return found


def two_accounts(crms: Crms, tasks: Mapping[str, Mapping[str, Any]], source: str) -> tuple[str, str]:
    """Give the accounts of a CRM with the fewest and the most open tasks: the one that lives on and the one merged."""
    about = {key.split("|")[1] for key in tasks if "over-capacity" not in key}
    if source == "salesforce":
        about |= {f"salesforce:{row['Id']}" for row in crms.query("SELECT Id FROM Account")}
    counts = {account: len(by_gap(tasks, account)) for account in about if account.startswith(source)}
    ranked = sorted(counts, key=lambda account: (counts[account], account))
    return ranked[0].partition(":")[2], ranked[-1].partition(":")[2]


def merge_in_salesforce(crms: Crms, winner: str, loser: str) -> None:
    crms.merge("Account", winner, loser)


def merge_in_hubspot(crms: Crms, winner: str, loser: str) -> None:
    crms.hubspot("POST", "/crm/v3/objects/companies/merge", {"primaryObjectId": winner, "objectIdToMerge": loser})


@pytest.mark.parametrize(
    ("source", "merge"),
    [
        pytest.param("salesforce", merge_in_salesforce, id="salesforce"),
        pytest.param("hubspot", merge_in_hubspot, id="hubspot"),
    ],
)
def test_a_merged_account_gets_no_second_task_for_the_same_gap(source: str, merge: Any, provisioned: Desk) -> None:
    """The tasks of the loser follow; where the winner has that task already, the loser's is completed."""
    assert provisioned.ask("run").code == 0
    crms = provisioned.crms
    before = crms.tasks()
    winner, loser = two_accounts(crms, before, source)
    had, brought = by_gap(before, f"{source}:{winner}"), by_gap(before, f"{source}:{loser}")
    assert brought
    merge(crms, winner, loser)
    crms.wait(1)
    assert provisioned.ask("run").code == 0
    after = crms.tasks()
    here, there = by_gap(after, f"{source}:{winner}"), by_gap(after, f"{source}:{loser}")
    assert not set(here) & set(there)
    assert all(there[gap] == brought[gap] for gap in there)
    assert all(here[gap] == had[gap] for gap in had if gap in here)
    assert not any(gap in brought and gap not in had for gap in here), "a gap that came with a task got a second one"
    second = provisioned.ask("run")
    assert "0 changes" in second.out or "nothing" in second.out
