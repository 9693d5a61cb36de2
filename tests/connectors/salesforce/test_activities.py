"""When a task happened, what a call came to, and who read a message."""

from typing import Any

import pytest

from connectors.salesforce.activities import _MESSAGE, _TASK
from tests.connectors.salesforce.conftest import Table

MIDNIGHT = 1_767_225_600
"""2026-01-01, UTC."""


def told(laid: Table, record: dict[str, Any]) -> dict[str, Any]:
    """Read one task as activity."""
    aliases = {"Key__c": "own_key", "Snooze__c": "snooze_until"}
    laid.lay(["Id", *_TASK, *aliases], [{"Id": "00T1", "IsClosed": True, **record}], aliases)
    laid.bench.prepare("task")
    (row,) = laid.rows("activity", "task_activity")
    return row


@pytest.mark.parametrize(
    ("record", "at"),
    [
        ({"ActivityDate": "2026-01-01"}, MIDNIGHT),
        ({"ActivityDate": "2026-01-01", "CompletedDateTime": "2026-01-01T10:00:00.000+0000"}, MIDNIGHT + 36_000),
        ({"ActivityDate": "2026-01-01", "CompletedDateTime": "2026-01-09T10:00:00.000+0000"}, MIDNIGHT),
        ({"CompletedDateTime": "2026-01-01T10:00:00.000+0000"}, MIDNIGHT + 36_000),
        ({"CreatedDate": "2026-01-01T00:00:05.000+0000"}, MIDNIGHT + 5),
        ({}, None),
    ],
    ids=["day", "completed that day", "logged later", "no day", "only created", "nothing"],
)
def test_a_task_happened_on_its_day_and_the_moment_of_completion_is_finer(
    laid: Table, record: dict[str, str], at: int | None
) -> None:
    assert told(laid, record)["happened_at"] == at


@pytest.mark.parametrize(
    ("disposition", "seconds", "outcome"),
    [
        ("Connected", None, "connected"),
        ("Spoke with CFO", None, "connected"),
        ("No Answer", 12, "not-connected"),
        ("Not connected", None, "not-connected"),
        ("Left message with assistant", 40, "not-connected"),
        ("Busy", None, "not-connected"),
        (None, 300, "connected"),
        (None, 0, None),
        ("Follow up", None, None),
    ],
)
def test_what_a_call_came_to_is_read_from_disposition_and_length(
    laid: Table, disposition: str | None, seconds: int | None, outcome: str | None
) -> None:
    record = {"TaskSubtype": "Call", "CallDisposition": disposition, "CallDurationInSeconds": seconds}
    assert told(laid, record)["outcome"] == outcome


@pytest.mark.parametrize("kind", ["Call", "Task", "Email"])
def test_what_is_not_closed_is_open_whatever_it_is(laid: Table, kind: str) -> None:
    assert told(laid, {"IsClosed": False, "TaskSubtype": kind})["outcome"] == "open"


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"TaskSubtype": "Task", "CallType": "Outbound"}, "call"),
        ({"TaskSubtype": "List Email"}, "email"),
        ({"TaskSubtype": "Cadence"}, "task"),
        ({"Type": "Email"}, "email"),
        ({"Type": "Meeting"}, "task"),
    ],
)
def test_the_kind_of_a_task(laid: Table, record: dict[str, str], kind: str) -> None:
    assert told(laid, record)["kind"] == kind


def readers(laid: Table, **addresses: str | None) -> set[tuple[str | None, str]]:
    """Name the addresses of a message and their parts."""
    laid.lay(["Id", *_MESSAGE], [{"Id": "02s1", "Status": "3", **addresses}])
    laid.bench.prepare("message")
    return {(row["email"], row["part"]) for row in laid.rows("participant", "message_participant")}


def test_addresses_are_split_trimmed_and_lowered(laid: Table) -> None:
    found = readers(laid, ToAddress=" Zoe@Acme.example ;; tom@acme.example;", FromAddress=None)
    assert found == {("zoe@acme.example", "to"), ("tom@acme.example", "to")}


def test_names_and_comments_around_an_address_are_left_out(laid: Table) -> None:
    found = readers(laid, FromAddress='"King, Ada" <Ada@vendor.example>', CcAddress="eva@acme.example (Eva Ro)")
    assert found == {("ada@vendor.example", "from"), ("eva@acme.example", "to")}


@pytest.mark.parametrize("between", [", ", ";", ","])
def test_a_list_of_addresses_may_have_commas_and_a_name_may_too(laid: Table, between: str) -> None:
    written = between.join(['"King, Eva" <eva@acme.example>', "tom@acme.example", "Zoe@acme.example"])
    assert readers(laid, ToAddress=written) == {(f"{name}@acme.example", "to") for name in ("eva", "tom", "zoe")}


def test_a_message_to_nobody_has_no_readers(laid: Table) -> None:
    assert readers(laid, ToAddress="undisclosed recipients") == set()
