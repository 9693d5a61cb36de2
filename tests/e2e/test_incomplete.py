"""Runs that could not read everything: through the command line, over HTTP, against both emulated CRMs."""

import json
import re
from typing import Any

import pytest
import requests

from tests.e2e.conftest import Crms, Desk, Result

pytestmark = pytest.mark.e2e

NO_SCOPE = {
    "status": "error",
    "category": "MISSING_SCOPES",
    "message": "This app hasn't been granted all required scopes to make this call.",
    "errors": [{"message": "One is required.", "context": {"requiredGranularScopes": ["sales-email-read"]}}],
}
CLOSED = {"vendor": "hubspot", "path": "/objects/[^/]+/emails(/search)?$", "status": 403, "body": NO_SCOPE}


def close_emails(crms: Crms) -> None:
    """Take the e-mails of HubSpot out of our sight."""
    told = requests.post(f"{crms.ready['control']}/faults", json={"action": "status", **CLOSED}, timeout=30)
    told.raise_for_status()


def open_emails(crms: Crms) -> None:
    requests.delete(f"{crms.ready['control']}/faults", timeout=30).raise_for_status()


def coverage(desk: Desk) -> dict[str, str]:
    """Read the coverage status of every account."""
    (told,) = json.loads(desk.ask("status", "--json").out).values()
    return {account["name"]: account["body"]["values"]["coverage_status"] for account in told["accounts"]}


def state(crms: Crms) -> dict[str, tuple[Any, ...]]:
    """Tell of each of our tasks whether it is open and whose it is."""
    names = ("Status", "hs_task_status", "OwnerId", "hubspot_owner_id")
    return {key: tuple(task.get(name) for name in names) for key, task in crms.tasks().items()}


def allow(desk: Desk, vendor: str, budget: str) -> None:
    """Give a connection a budget."""
    desk.rewrite(f"vendor: {vendor}\n", f"vendor: {vendor}\n        budget: {budget}\n")


def report(done: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.out)[0]
    return found


def test_37_an_account_whose_emails_could_not_be_read_gets_cannot_tell_and_keeps_its_tasks(provisioned: Desk) -> None:
    crms = provisioned.crms
    assert provisioned.ask("run").code == 0
    before, tasks = coverage(provisioned), state(crms)
    assert set(before.values()) & {"gap", "partial", "covered"}
    assert any(task[1] for task in tasks.values()), "HubSpot holds tasks of ours"
    close_emails(crms)
    partial = provisioned.ask("run")
    assert partial.code == 4
    assert "incomplete: partial" in partial.out
    assert "not read: hubspot emails:" in partial.out
    assert "sales-email-read" in partial.out
    assert "cannot tell" in next(line for line in partial.out.splitlines() if "skipped:" in line)
    unread = {name for name, status in coverage(provisioned).items() if status == "cannot tell"}
    assert {"Ironwood Telecom", "Kingsferry Parcel"} <= unread, "in HubSpot alone, and in both"
    assert coverage(provisioned)["Amberline Bakery"] == before["Amberline Bakery"], "in Salesforce alone"
    assert state(crms) == tasks
    table = provisioned.ask("status", "--completeness").out
    assert re.search(r"hubspot +emails +- +- +0 +- +NOT READ: HubSpot answered 403", table)
    open_emails(crms)
    again = provisioned.ask("run")
    assert again.code == 0, again.out + again.err
    assert coverage(provisioned) == before
    assert state(crms) == tasks


def test_37_a_first_run_without_the_emails_opens_no_task_where_it_cannot_tell(provisioned: Desk) -> None:
    close_emails(provisioned.crms)
    assert provisioned.ask("run").code == 4
    assert not any("hs_task_status" in task for task in provisioned.crms.tasks().values())
    assert coverage(provisioned)["Ironwood Telecom"] == "cannot tell"


def test_12_a_run_that_does_not_fit_into_the_day_is_not_begun_and_succeeds_the_next_day(provisioned: Desk) -> None:
    provisioned.crms.limit("salesforce", daily_limit=10_000, daily_used=8_970)
    provisioned.crms.forget_requests()
    done = provisioned.ask("run")
    assert done.code == 4, done.out + done.err
    assert "incomplete: quota" in done.out
    assert provisioned.crms.writes() == {}
    assert "incomplete: quota" in provisioned.ask("log").out
    told = requests.get(f"{provisioned.crms.ready['control']}/limits", timeout=30).json()
    assert told["salesforce"]["daily_used"] <= 9_000, "1,000 calls stay with the people"
    provisioned.crms.limit("salesforce", daily_used=0)
    assert provisioned.ask("run").code == 0


def test_12_a_run_no_day_has_room_for_goes_as_far_as_it_may_and_the_next_one_goes_on(provisioned: Desk) -> None:
    allow(provisioned, "salesforce", "{share: 0.00023, reserve: 0}")
    first = provisioned.ask("run", "--json")
    assert first.code == 4, first.err
    told = report(first)
    assert (told["status"], told["reason"], told["written"]) == ("incomplete", "quota", {})
    assert "23 of 100,000 (budget.share)" in told["message"]
    assert sum(told["calls"]["salesforce"].values()) == 23
    reached = [one["stream"] for one in told["streams"] if not one["missing"]]
    assert reached[:1] == ["User"]
    assert "not reached" in provisioned.ask("status", "--completeness").out
    provisioned.rewrite("share: 0.00023", "share: 0.2")
    second = provisioned.ask("run", "--json")
    assert second.code == 0, second.err
    whole = {one["stream"]: one["whole"] for one in report(second)["streams"] if one["source"] == "salesforce"}
    assert [whole[stream] for stream in reached] == [False] * len(reached)
    assert whole["Event"] is True


def test_12_check_and_plan_say_how_many_calls_are_needed_of_those_that_are_left(provisioned: Desk) -> None:
    checked = provisioned.ask("check")
    assert checked.code == 0, checked.err
    told = " ".join(checked.out.split())
    said = re.findall(r"/(\w+) budget: A run needs about ([\d,]+) (\w+) calls of ([\d,]+) left today", told)
    assert [(source, vendor) for source, _, vendor, _ in said] == [("salesforce", "Salesforce"), ("hubspot", "HubSpot")]
    planned = provisioned.ask("plan")
    assert re.search(
        r"salesforce: applying this plan needs about \d+ Salesforce calls of 19,\d{3} left today", planned.out
    )
    assert re.search(r"hubspot: applying this plan needs about \d+ HubSpot calls of 124,\d{3} left today", planned.out)


def test_12_what_was_foreseen_is_about_what_was_sent(provisioned: Desk) -> None:
    told = report(provisioned.ask("run", "--json"))
    for source, foreseen in told["foreseen"].items():
        sent, expected = sum(told["calls"][source].values()), foreseen["pull"] + foreseen["apply"]
        assert expected / 2 <= sent <= expected * 2, (source, told["calls"][source], foreseen)


def test_every_object_states_what_exists_and_what_was_read(provisioned: Desk) -> None:
    streams = report(provisioned.ask("pull", "--json"))["streams"]
    counted = [one for one in streams if one["exists"] is not None]
    assert {"Contact", "Task", "contacts", "emails"} <= {one["stream"] for one in counted}
    assert [one for one in counted if one["exists"] != one["read"]] == []
    assert all(one["since"] is None and one["until"] for one in streams)
