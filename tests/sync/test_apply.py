"""Applying: what a plan becomes on the wire, what is noted when, and what is told about rejections."""

from collections.abc import Iterable, Iterator

import pytest

from connectors.base import AssignTask, CreateTask, DeleteTask, SetTaskState, UpdateRecord, Write, WriteResult
from connectors.memory import Fault, MemoryConnector
from mapping.metadata import FIELDS
from sync import apply as applying
from sync import journal, plan_tables
from sync.apply import BATCH, SHOWN_REFUSALS, Refusal, intents
from sync.changes import (
    Change,
    CloseTask,
    EscalateTask,
    OpenTask,
    Ref,
    RemoveTask,
    ReopenTask,
    ReturnTask,
    SetField,
)
from sync.journal import Journal
from tests.sync.world import NOON, Gap, World

ANN, BOB = Ref("crm", "contact", "c1"), Ref("crm", "contact", "c2")
TASK = Ref("crm", "task", "t1")
CALL = OpenTask("crm", "k1", "Find a champion", "Why", NOON, "u1", "a1", "c1", 50.0, "No champion.")


def lay(world: World, *changes: Change) -> None:
    plan_tables.store(world.stage.connection, changes, [])


def writes(world: World) -> list[Write]:
    return [intent.write for intent in intents(world.stage.connection, "crm")]


def test_the_fields_of_a_record_go_into_one_write(world: World) -> None:
    lay(
        world,
        SetField(ANN, "roles", None, "buyer", "r"),
        SetField(BOB, "depth", "3", None, "r"),
        SetField(ANN, "depth", None, "4", "r"),
    )
    assert writes(world) == [
        UpdateRecord("contact", "c1", {"depth": "4", "roles": "buyer"}),
        UpdateRecord("contact", "c2", {"depth": None}),
    ]


def test_each_kind_of_task_change_becomes_its_write_with_the_reason_as_note(world: World) -> None:
    lay(world, CALL, CloseTask(TASK, "k2", "closed"), ReopenTask(TASK, "k3", "back"), RemoveTask(TASK, "k4", "undo"))
    assert writes(world) == [
        SetTaskState("t1", "k2", open=False, note="closed"),
        CreateTask("k1", "Find a champion", "Why", NOON, "u1", "a1", "c1"),
        DeleteTask("t1", "k4"),
        SetTaskState("t1", "k3", open=True, note="back"),
    ]


def test_a_task_that_changes_hands_becomes_an_assignment_and_the_journal_knows_which_way(world: World) -> None:
    lay(world, EscalateTask(TASK, "k2", "late", "boss", "u1"), ReturnTask(TASK, "k3", "undo", "u1", "boss"))
    made = list(intents(world.stage.connection, "crm"))
    assert [(intent.write, intent.detail) for intent in made] == [
        (
            AssignTask("t1", "k2", "boss", "late"),
            {"owner_id": "boss", "owner_before": "u1", "escalates": True},
        ),
        (
            AssignTask("t1", "k3", "u1", "undo"),
            {"owner_id": "u1", "owner_before": "boss", "escalates": False},
        ),
    ]


def test_the_journal_keeps_what_undo_needs_to_know(world: World) -> None:
    lay(world, SetField(ANN, "roles", "user", "buyer", "r", takes_over=True), CALL)
    update, create = intents(world.stage.connection, "crm")
    told = {"before": "user", "after": "buyer", "takes_over": True, "gives_back": False}
    assert update.detail == {"fields": {"roles": told}}
    assert create.detail == {"owner_id": "u1", "open": True, "subject": "Find a champion", "due_at": NOON}


def test_only_writes_of_the_connection_that_is_asked_for_are_made(world: World) -> None:
    elsewhere = Ref("hub", "contact", "9")
    lay(world, SetField(ANN, "depth", None, "1", "r"), SetField(elsewhere, "depth", None, "2", "r"))
    assert plan_tables.sources(world.stage.connection) == ["crm", "hub"]
    assert writes(world) == [UpdateRecord("contact", "c1", {"depth": "1"})]


def carried_out(world: World) -> applying.Applied:
    noted = Journal(world.ledger, "acme", 1, NOON)
    return applying.apply(world.stage.connection, {"crm": world.crm}, noted, lambda _source, _count: None)


def many(world: World, count: int) -> None:
    """Plan a value for so many contacts that nobody else knows."""
    ids = [f"n{number:04}" for number in range(count)]
    world.crm.put("contact", *({"id": contact, "name": contact, "account_id": "a1"} for contact in ids))
    lay(world, *(SetField(Ref("crm", "contact", contact), "depth", None, "1", "r") for contact in ids))


def test_rejections_are_counted_all_and_quoted_up_to_a_few(world: World) -> None:
    many(world, SHOWN_REFUSALS + 5)
    world.crm.faults = dict.fromkeys(range(1, SHOWN_REFUSALS + 4), Fault.REJECTED)
    done = carried_out(world)
    assert done.outcomes == {"done": 2, "rejected": SHOWN_REFUSALS + 3}
    assert len(done.refused) == SHOWN_REFUSALS
    assert done.refused[0] == Refusal("crm/contact/n0001", Fault.REJECTED.value)


def test_a_rejected_new_task_is_quoted_by_its_key(world: World) -> None:
    lay(world, CALL)
    world.crm.faults = {0: Fault.REJECTED}
    assert carried_out(world).refused == (Refusal("crm/task/k1", Fault.REJECTED.value),)


def test_the_heartbeat_is_told_every_batch_how_far_a_connection_is(world: World) -> None:
    many(world, 2 * BATCH + 1)
    beats: list[tuple[str, int]] = []
    noted = Journal(world.ledger, "acme", 1, NOON)
    applying.apply(
        world.stage.connection, {"crm": world.crm}, noted, lambda source, count: beats.append((source, count))
    )
    assert ("crm", BATCH) in beats
    assert beats[-1] == ("crm", 2 * BATCH + 1)


class Stopped(MemoryConnector):
    """A CRM whose second answer is waited for until the person at the keyboard has enough."""

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        answers = super().write(writes)
        yield next(answers)
        raise KeyboardInterrupt


def test_ctrl_c_notes_what_was_answered_before_it_goes_on(world: World) -> None:
    crm = Stopped("crm", NOON)
    list(crm.provision(FIELDS, dry_run=False))
    crm.put("contact", {"id": "c1"}, {"id": "c2"})
    lay(world, SetField(ANN, "depth", None, "1", "r"), SetField(BOB, "depth", None, "2", "r"))
    noted = Journal(world.ledger, "acme", 1, NOON)
    with pytest.raises(KeyboardInterrupt):
        applying.apply(world.stage.connection, {"crm": crm}, noted, lambda _source, _count: None)
    outcomes = [(entry.record_id, entry.outcome) for entry in journal.entries(world.ledger, "acme", 1)]
    assert outcomes == [("c1", "done"), ("c2", None)]


def test_a_connection_that_never_answers_leaves_the_outcome_unknown(world: World) -> None:
    lay(world, SetField(ANN, "depth", None, "1", "r"))
    world.crm.faults = {0: Fault.NEVER_ARRIVED}
    assert carried_out(world).outcomes == {"unknown": 1}
    assert [entry.outcome for entry in journal.entries(world.ledger, "acme", 1)] == ["unknown"]


def test_an_empty_plan_sends_nothing(world: World) -> None:
    lay(world)
    assert carried_out(world).outcomes == {}
    assert world.crm.carried_out == []


def test_a_quota_of_one_connection_does_not_hold_the_others_back(world: World) -> None:
    with World() as other:
        other.crm.source = "hub"
        elsewhere = Ref("hub", "contact", "c1")
        lay(world, SetField(ANN, "depth", None, "1", "r"), SetField(elsewhere, "depth", None, "2", "r"))
        world.crm.faults = {0: Fault.QUOTA}
        noted = Journal(world.ledger, "acme", 1, NOON)
        crms = {"crm": world.crm, "hub": other.crm}
        done = applying.apply(world.stage.connection, crms, noted, lambda _source, _count: None)
        assert (done.outcomes, set(done.postponed), done.retry_at) == ({"done": 1}, {"crm"}, NOON + 3600)
        assert other.held(("contact", "c1"), "depth") == "2"


@pytest.mark.parametrize("gap", [Gap("k1"), Gap("k2", owner_id=None)])
def test_a_task_is_dated_and_owned_in_the_task_ledger(world: World, gap: Gap) -> None:
    world.gaps = [gap]
    world.run()
    (task,) = world.ledger.tasks("acme")
    assert (task["key"], task["owner_id"], task["opened_at"], task["state"]) == (gap.key, gap.owner_id, NOON, "open")


def test_every_output_field_can_be_planned_and_written(world: World) -> None:
    names = [field.name for field in FIELDS if field.object == "contact" and not field.override]
    lay(world, *(SetField(ANN, name, None, None, "r") for name in names))
    assert carried_out(world).outcomes == {"done": 1}
