"""When a task happened, and what a call came to."""

import pytest

from connectors.salesforce.activities import _addresses, _done_at, _kind, _task_outcome

MIDNIGHT = 1_767_225_600
"""2026-01-01, UTC."""


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
    record: dict[str, str], at: int | None
) -> None:
    assert _done_at(record) == at


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
    disposition: str | None, seconds: int | None, outcome: str | None
) -> None:
    record = {"IsClosed": True, "CallDisposition": disposition, "CallDurationInSeconds": seconds}
    assert _task_outcome(record, "call") == outcome


def test_what_is_not_closed_is_open_whatever_it_is() -> None:
    assert [_task_outcome({"IsClosed": False}, kind) for kind in ("call", "task", "email")] == ["open"] * 3


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
def test_the_kind_of_a_task(record: dict[str, str], kind: str) -> None:
    assert _kind(record) == kind


def test_addresses_are_split_trimmed_and_lowered() -> None:
    assert _addresses(" Zoe@Acme.example ;; tom@acme.example;") == ["zoe@acme.example", "tom@acme.example"]
    assert _addresses(None) == []
