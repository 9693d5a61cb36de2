"""Writes whose outcome nobody knows: found by looking, or given up with the record they were about."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from connectors.base import AssignTask, CreateTask, DeleteTask, Page, SetTaskState, StreamEnd, UpdateRecord, Write
from connectors.memory import Fault, MemoryConnector
from mapping.metadata import FIELDS
from sync import pipeline
from sync.changes import Why
from sync.journal import Intent, Journal, entries, open_entries
from sync.stage import Stage
from tests.sync.world import DAY, Gap, World

ANN, BOB = ("contact", "c1"), ("contact", "c2")


def outcomes(world: World, run: int = 1) -> list[tuple[str | None, str | None]]:
    return [(entry.outcome, entry.message) for entry in entries(world.ledger, "acme", run)]


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.NEVER_ARRIVED])
@pytest.mark.parametrize(("record", "name"), [(ANN, "roles"), (("account", "a1"), "coverage_status")])
def test_a_write_to_a_record_that_was_deleted_since_is_given_up(
    world: World, fault: Fault, record: tuple[str, str], name: str
) -> None:
    world.want(record, **{name: "gap"})
    world.crm.faults = {0: fault}
    world.run()
    del world.wanted[record]
    world.crm.remove(*record)
    assert world.run().settled == 1
    assert outcomes(world) == [("gone", "the record is gone")]
    assert world.run().settled == 0


def test_a_write_to_a_record_that_is_still_there_is_not_given_up(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.NEVER_ARRIVED}
    world.run()
    world.next_day()
    assert world.plan().settled == 0
    assert [entry.record_id for entry in open_entries(world.ledger, "acme")] == ["c1"]


class Closed(MemoryConnector):
    """A CRM that lets nobody read its contacts."""

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        for item in super().pull(cursors):
            if item.stream != "contact":
                yield item
            elif isinstance(item, StreamEnd):
                yield replace(item, read=0, whole=False, missing="403 forbidden")


class Keyless(MemoryConnector):
    """A CRM whose key field on tasks was hidden from us: it has none of ours to show."""

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        for item in super().pull(cursors):
            if item.stream != "task":
                yield item
            elif isinstance(item, StreamEnd):
                yield replace(item, read=0, whole=True)

    def writable(self, object_name: str) -> frozenset[str]:
        return super().writable(object_name) - {"key"}


@pytest.mark.parametrize(
    ("write", "detail"),
    [
        (SetTaskState("t9", "k9", open=False, note=""), {"open": False}),
        (AssignTask("t9", "k9", "boss", "late"), {"owner_id": "boss", "owner_before": "u1", "escalates": True}),
        (DeleteTask("t9", "k9"), {}),
    ],
)
def test_where_the_key_of_tasks_is_hidden_none_is_taken_for_gone(
    world: World, write: Write, detail: Mapping[str, object]
) -> None:
    Journal(world.ledger, "acme", 1, world.crm.now).intend([Intent("crm", write, detail)])
    keyless = Keyless("crm", world.crm.now)
    list(keyless.provision(FIELDS, dry_run=False))
    with Stage(":memory:") as lost:
        assert pipeline.run(replace(world.desk(), stage=lost, connectors={"crm": keyless})).settled == 0
    assert [entry.record_id for entry in open_entries(world.ledger, "acme")] == ["t9"]
    assert world.run().settled == 1, "seen again, it is not there"


def test_a_record_that_could_not_be_read_is_not_taken_for_gone(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.NEVER_ARRIVED}
    world.run()
    with Stage(":memory:") as lost:
        closed = replace(world.desk(), stage=lost, connectors={"crm": Closed("crm", world.crm.now)})
        assert pipeline.plan(closed).settled == 0
    assert [entry.record_id for entry in open_entries(world.ledger, "acme")] == ["c1"]


def test_writes_of_a_connection_that_is_not_read_any_more_wait_for_it(world: World) -> None:
    journal = Journal(world.ledger, "acme", 1, world.crm.now)
    journal.intend([Intent("old", UpdateRecord("contact", "c9", {"roles": "buyer"}), fields("buyer"))])
    assert world.run().settled == 0
    assert [entry.source for entry in open_entries(world.ledger, "acme")] == ["old"]


def fields(after: str) -> Mapping[str, object]:
    return {"fields": {"roles": {"before": None, "after": after, "takes_over": False, "gives_back": False}}}


def test_a_write_to_a_record_that_was_merged_is_looked_for_where_it_lives_on(world: World) -> None:
    world.want(BOB, roles="buyer")
    world.crm.faults = {0: Fault.ANSWER_LOST}
    world.run()
    for name, value in world.crm.values[BOB].items():  # the merge carries them over
        world.crm.edit(*ANN, name, value)
    world.crm.remove(*BOB)
    world.merge("contact", "c2", "c1")
    world.wanted = {ANN: {"roles": "champion"}}
    report = world.run()
    assert (report.settled, outcomes(world)) == (1, [("done", "found by looking")])
    assert world.held(ANN, "roles") == "champion", "the value is ours, no human's"


def test_a_write_that_a_merge_threw_away_is_given_up_and_says_so(world: World) -> None:
    world.want(BOB, roles="buyer")
    world.crm.faults = {0: Fault.ANSWER_LOST}
    world.run()
    world.wanted.clear()
    world.crm.remove(*BOB)
    world.merge("contact", "c2", "c1")
    assert world.run().settled == 1
    assert outcomes(world) == [("gone", "the record was merged into c1")]


def test_a_task_that_was_deleted_before_anybody_knew_whether_it_was_completed_is_given_up(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.gaps = []
    world.crm.faults = {1: Fault.NEVER_ARRIVED}
    world.run()
    assert [outcome for outcome, _ in outcomes(world, 2)] == ["unknown"]
    world.crm.remove_task(world.task_id("k1"))
    assert world.run().settled == 1
    assert outcomes(world, 2) == [("gone", "the task is gone")]


def test_a_task_that_was_deleted_before_anybody_knew_whether_it_was_passed_on_is_given_up(world: World) -> None:
    journal = Journal(world.ledger, "acme", 1, world.crm.now)
    detail = {"owner_id": "boss", "owner_before": "u1", "escalates": True}
    journal.intend([Intent("crm", AssignTask("t9", "k9", "boss", "late"), detail)])
    assert world.run().settled == 1
    assert outcomes(world) == [("gone", "the task is gone")]


def test_a_new_task_that_nobody_sees_is_given_up_a_day_later_when_its_gap_has_closed(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.crm.faults = {0: Fault.NEVER_ARRIVED}
    world.run()
    world.gaps = []
    world.next_day()
    assert world.run().settled == 0, "an index may be late"
    world.crm.now += 1
    assert world.run().settled == 1
    assert outcomes(world) == [("gone", "no such task was there a day later")]
    world.undo(1)
    assert [(skip.ref.id, skip.why) for skip in world.skips()] == [("k1", Why.GONE)]


def test_the_day_of_a_new_task_begins_when_its_run_is_over(world: World) -> None:
    def late(step: str, detail: str = "", count: int = 0) -> None:
        world.report(step, detail, count)
        world.crm.now += 3600 if step == "apply" else 0

    world.gaps = [Gap("k1")]
    world.crm.faults = {0: Fault.NEVER_ARRIVED}
    began = world.crm.now
    pipeline.run(replace(world.desk(), progress=late))
    assert world.crm.now >= began + 3600, "it wrote late"
    world.gaps = []
    world.crm.now = began + DAY + 3600
    assert world.run().settled == 0
    world.crm.now += DAY
    assert world.run().settled == 1


def test_a_new_task_that_was_given_up_is_opened_once_when_its_gap_comes_back(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.crm.faults = {0: Fault.NEVER_ARRIVED}
    world.run()
    world.gaps = []
    world.crm.now += DAY + 1
    world.run()
    world.gaps = [Gap("k1")]
    world.run()
    assert world.open_keys() == ["k1"]
    assert open_entries(world.ledger, "acme") == []


def test_undo_lists_a_write_that_was_given_up_as_gone(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.ANSWER_LOST}
    world.run()
    world.wanted.clear()
    world.crm.remove(*ANN)
    world.undo(1)
    assert {(skip.ref.id, skip.why) for skip in world.skips()} == {("c1", Why.GONE)}


def lost_and_deleted(world: World, **values: str) -> dict[str, str]:
    """Write values to Bob, lose the answer, delete him and give the write up; tells what he held."""
    world.want(BOB, **values)
    world.crm.faults = {0: Fault.ANSWER_LOST}
    world.run()
    held = dict(world.crm.values[BOB])
    world.wanted.clear()
    world.crm.remove(*BOB)
    assert world.run().settled == 1
    assert [outcome for outcome, _ in outcomes(world)] == ["gone"]
    return held


def restore(world: World, held: Mapping[str, str | None]) -> None:
    """Bring Bob back out of the recycle bin with these values."""
    world.crm.put("contact", {"id": "c2", "name": "Bob", "account_id": "a1"})
    for name, value in held.items():
        world.crm.edit(*BOB, name, value)


def test_what_a_restored_record_holds_of_a_write_that_was_given_up_is_ours(world: World) -> None:
    restore(world, lost_and_deleted(world, roles="buyer"))
    world.want(BOB, roles="champion")
    assert world.run().settled == 1
    assert outcomes(world) == [("done", "found by looking")]
    assert world.held(BOB, "roles") == "champion"
    assert world.skips() == []


def test_a_restored_record_without_our_value_leaves_the_write_given_up(world: World) -> None:
    restore(world, lost_and_deleted(world, roles="buyer") | {"roles": "blocker"})
    world.want(BOB, roles="champion")
    assert world.run().settled == 0
    assert outcomes(world) == [("gone", "the record is gone")]
    assert [(skip.field, skip.why) for skip in world.skips() if skip.field == "roles"] == [("roles", Why.OCCUPIED)]


def test_of_a_write_that_a_merge_took_apart_the_value_it_kept_is_ours_and_no_other(world: World) -> None:
    world.want(BOB, roles="buyer", depth="3")
    world.crm.faults = {0: Fault.ANSWER_LOST}
    world.run()
    world.crm.edit(*ANN, "roles", "buyer")
    world.crm.edit(*ANN, "depth", "2")
    world.crm.remove(*BOB)
    world.merge("contact", "c2", "c1")
    world.wanted = {ANN: {"roles": "champion", "depth": "4"}}
    world.run()
    assert outcomes(world) == [("gone", "the record was merged into c1")]
    assert (world.held(ANN, "roles"), world.held(ANN, "depth")) == ("champion", "2")
    assert [(skip.field, skip.why) for skip in world.skips()] == [("depth", Why.OCCUPIED)]


def test_a_write_that_was_given_up_is_forgotten_once_a_later_one_was_done(world: World) -> None:
    lost_and_deleted(world, roles="buyer")
    restore(world, {})
    world.want(BOB, roles="champion")
    world.run()
    assert outcomes(world) == [("superseded", "the record is gone")]
    world.crm.edit(*BOB, "roles", "buyer")
    assert world.run().settled == 0
    assert world.held(BOB, "roles") == "buyer", "a human chose it"
    assert [(skip.field, skip.why) for skip in world.skips()] == [("roles", Why.HUMAN_EDIT)]


def test_what_an_undo_that_was_given_up_gave_back_is_a_humans(world: World) -> None:
    given_back = {"before": "champion", "after": "buyer", "takes_over": False, "gives_back": True}
    journal = Journal(world.ledger, "acme", 1, world.crm.now)
    lost = {"depth": {"before": None, "after": "3", "takes_over": False, "gives_back": False}}
    update = UpdateRecord("contact", "c9", {"roles": "buyer", "depth": "3"})
    journal.intend([Intent("crm", update, {"fields": {"roles": given_back, **lost}})])
    world.merge("contact", "c9", "c1")
    world.crm.edit(*ANN, "roles", "buyer")
    world.want(ANN, roles="champion")
    assert world.run().settled == 1
    assert world.held(ANN, "roles") == "buyer"


@pytest.mark.parametrize(
    ("write", "detail", "outcome"),
    [
        (SetTaskState("row-1", "k1", open=True), {"open": True}, "done"),
        (SetTaskState("row-1", "k1", open=False), {"open": False}, None),
        (AssignTask("row-1", "k1", "u1"), {"owner_id": "u1", "owner_before": "boss", "escalates": False}, "done"),
        (DeleteTask("row-1", "k1"), {}, None),
    ],
)
def test_a_task_that_was_imported_under_another_id_is_found_by_its_key(
    world: World, write: Write, detail: Mapping[str, object], outcome: str | None
) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    Journal(world.ledger, "acme", 9, world.crm.now).intend([Intent("crm", write, detail)])
    assert world.plan().settled == (outcome is not None)
    assert [found for found, _ in outcomes(world, 9)] == [outcome]
    assert [task["id"] for task in world.ledger.tasks("acme")] == [world.task_id("k1")]


def test_a_new_task_that_another_connection_holds_is_not_the_one_we_wrote(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    new = CreateTask("k1", "Find a champion", "Why: k1", world.crm.now, None, None, None)
    detail = {"open": True, "owner_id": None, "subject": "Find a champion", "due_at": world.crm.now}
    Journal(world.ledger, "acme", 9, world.crm.now).intend([Intent("other", new, detail)])
    assert world.plan().settled == 0
    assert [task["source"] for task in world.ledger.tasks("acme")] == ["crm"]
