"""Runs as a whole: reports, approval, limits, leases, failures of a vendor, undo."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from connectors.base import Page, StreamEnd
from connectors.errors import RetryLater, Unusable
from connectors.memory import Fault, MemoryConnector, ProcessKilledError
from mapping.metadata import FIELDS
from sync import journal, pipeline
from sync.changes import Limits, Ref, Skip, UnsafePlanError, Why, change_json
from sync.ledger import LeaseHeldError
from sync.pipeline import LEASE_SECONDS, PLAN_LIFE, Desk, PlanRefusedError
from tests.sync.world import DAY, NOON, Gap, World

ANN, BOB = ("contact", "c1"), ("contact", "c2")


class Moody(MemoryConnector):
    """A CRM whose third stream fails."""

    def __init__(self, error: BaseException) -> None:
        super().__init__("crm", NOON)
        self.error = error

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        for item in super().pull(cursors):
            if item.stream == "contact":
                raise self.error
            yield item


def with_connector(world: World, connector: MemoryConnector) -> Desk:
    return replace(world.desk(), connectors={"crm": connector})


def test_a_run_reports_what_it_read_planned_wrote_and_asked(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.gaps = [Gap("k1"), Gap("k2"), Gap("k3")]
    report = world.run()
    assert (report.number, report.kind, report.status, report.as_of) == (1, "run", "ok", NOON)
    assert report.planned == {"set": 3, "cleared": 0, "records": 1, "open": 2}
    assert (report.written, report.skipped) == ({"done": 3}, {"queued": 1})
    contacts = next(stream for stream in report.streams if stream.stream == "contact")
    assert (contacts.read, contacts.expected, contacts.whole) == (2, 2, True)
    assert report.calls["crm"]["PULL contact"] == 1


def test_the_runs_table_keeps_the_report(world: World) -> None:
    world.want(ANN, roles="buyer")
    report = world.run()
    (row,) = world.ledger.runs("acme")
    assert (row["status"], row["digest"], row["as_of"]) == ("ok", report.digest, NOON)
    assert row["report"]["written"] == {"done": 1}


def test_the_instant_of_a_run_is_the_earliest_server_time(world: World) -> None:
    late = MemoryConnector("late", NOON + 90)
    report = pipeline.run(replace(world.desk(), connectors={"late": late, "crm": world.crm}))
    assert report.as_of == NOON


def test_a_plan_writes_nothing(world: World) -> None:
    world.want(ANN, roles="buyer")
    report = world.plan()
    assert (report.status, report.written, world.held(ANN, "roles")) == ("ok", {}, None)


def test_a_plan_is_kept_with_its_rows_for_display(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.gaps = [Gap("k1")]
    digest = world.plan().digest
    kept = world.ledger.latest_plan("acme")
    assert kept is not None
    assert kept["digest"] == digest
    assert [row["kind"] for row in kept["body"]["changes"]] == ["set", "set", "set", "open"]
    assert kept["body"]["changes"] == [change_json(change) for change in world.changes()]


def test_an_approved_plan_is_applied_by_the_beginning_of_its_digest(world: World) -> None:
    world.want(ANN, roles="buyer")
    digest = world.plan().digest or ""
    report = pipeline.apply(world.desk(), digest[:8])
    assert (report.digest, report.written, world.held(ANN, "roles")) == (digest, {"done": 1}, "buyer")


def test_an_approved_plan_is_applied_as_of_its_own_instant(world: World) -> None:
    world.gaps = [Gap("k1")]
    digest = world.plan().digest or ""
    world.next_day()
    assert pipeline.apply(world.desk(), digest).written == {"done": 1}


def test_a_plan_that_the_data_has_left_behind_is_refused(world: World) -> None:
    world.want(ANN, roles="buyer")
    digest = world.plan().digest or ""
    world.crm.edit(*ANN, "roles", "user")
    with pytest.raises(PlanRefusedError, match="the data has changed"):
        pipeline.apply(world.desk(), digest)
    assert world.held(ANN, "roles") == "user"
    assert world.ledger.runs("acme")[0]["status"] == "failed"


def test_a_plan_or_run_that_nobody_knows_is_refused_before_a_single_call(world: World) -> None:
    before = world.crm.calls()
    with pytest.raises(PlanRefusedError, match="no plan"):
        pipeline.apply(world.desk(), "ffffffff")
    with pytest.raises(PlanRefusedError, match="has no run 9"):
        pipeline.undo(world.desk(), 9)
    assert world.crm.calls() == before
    assert world.ledger.runs("acme") == []


def test_a_plan_nobody_made_and_one_that_is_too_old_are_refused(world: World) -> None:
    world.want(ANN, roles="buyer")
    digest = world.plan().digest or ""
    with pytest.raises(PlanRefusedError, match="no plan"):
        pipeline.apply(world.desk(), "ffffffff")
    world.crm.now += PLAN_LIFE + 1
    with pytest.raises(PlanRefusedError, match="seven days"):
        pipeline.apply(world.desk(), digest)


@pytest.mark.parametrize(
    ("limits", "name"),
    [(Limits(max_changes=2), "max_changes"), (Limits(max_new_tasks=0), "max_new_tasks")],
)
def test_a_plan_beyond_a_limit_is_refused_as_a_whole(world: World, limits: Limits, name: str) -> None:
    world.limits = limits
    world.want(ANN, roles="buyer")
    world.gaps = [Gap("k1")]
    with pytest.raises(UnsafePlanError) as caught:
        world.run()
    assert caught.value.limit == name
    assert (world.held(ANN, "roles"), world.crm.tasks) == (None, {})
    assert name in world.ledger.runs("acme")[0]["error"]


def test_a_plan_beyond_a_limit_can_still_be_looked_at(world: World) -> None:
    world.limits = Limits(max_changes=2)
    world.want(ANN, roles="buyer")
    report = world.plan()
    assert (report.status, report.planned["set"]) == ("ok", 3)
    assert report.message.startswith("this plan will be refused: the plan asks for 3, more than limits.max_changes: 2")
    with pytest.raises(UnsafePlanError):
        pipeline.apply(world.desk(), report.digest or "")
    assert world.held(ANN, "roles") is None


def test_emptying_many_values_at_once_is_refused(world: World) -> None:
    world.want(ANN, roles="buyer", depth="3")
    world.run()
    world.wanted.clear()
    world.limits = Limits(max_cleared=1)
    with pytest.raises(UnsafePlanError, match="max_cleared"):
        world.run()
    assert world.held(ANN, "roles") == "buyer"


def test_a_second_run_says_who_holds_the_organisation(world: World) -> None:
    world.ledger.lease("acme", "host-7:4711", NOON, LEASE_SECONDS)
    with pytest.raises(LeaseHeldError, match="host-7:4711") as caught:
        world.run()
    assert (caught.value.owner, caught.value.until) == ("host-7:4711", NOON + LEASE_SECONDS)
    assert world.ledger.runs("acme") == []


def test_a_lease_that_has_run_out_is_taken_over_and_given_back_at_the_end(world: World) -> None:
    world.ledger.lease("acme", "host-7:4711", NOON - LEASE_SECONDS, LEASE_SECONDS)
    world.run()
    assert world.ledger.holder("acme") is None


def test_whoever_lost_the_organisation_meanwhile_writes_nothing(world: World) -> None:
    world.want(ANN, roles="buyer")
    desk, late = world.desk(), [0]

    def slowly(connection: duckdb.DuckDBPyConnection) -> None:
        desk.explain(connection)
        late[0] = LEASE_SECONDS
        world.ledger.lease("acme", "host-7:4711", NOON + late[0], LEASE_SECONDS)

    with pytest.raises(LeaseHeldError, match="host-7:4711"):
        pipeline.run(replace(desk, explain=slowly, now=lambda: NOON + late[0]))
    assert world.crm.carried_out == []


def test_12_the_calls_of_a_run_that_died_count_among_those_of_the_day(world: World) -> None:
    with pytest.raises(ProcessKilledError):
        pipeline.run(with_connector(world, Moody(ProcessKilledError())))
    (died,) = world.ledger.runs("acme")
    assert (died["status"], died["report"]["calls"]["crm"]) == ("running", {"PULL user": 1, "PULL account": 1})
    assert world.ledger.calls("acme", NOON - DAY) == {"crm": 2}
    again = world.run()
    assert world.ledger.calls("acme", NOON - DAY)["crm"] == 2 + sum(again.calls["crm"].values())


def test_a_vendor_that_asks_for_patience_while_reading_leaves_an_incomplete_run(world: World) -> None:
    world.want(ANN, roles="buyer")
    report = pipeline.run(with_connector(world, Moody(RetryLater("daily limit reached", at=NOON + 3600))))
    assert (report.status, report.message, report.retry_at) == ("incomplete", "daily limit reached", NOON + 3600)
    assert [stream.stream for stream in report.streams] == ["user", "account"]
    assert world.ledger.runs("acme")[0]["status"] == "incomplete"


def test_a_connection_that_cannot_be_used_ends_the_run_and_the_reason_is_kept(world: World) -> None:
    with pytest.raises(Unusable):
        pipeline.run(with_connector(world, Moody(Unusable("the refresh token was revoked; connect again"))))
    row = world.ledger.runs("acme")[0]
    assert (row["status"], row["error"]) == ("failed", "the refresh token was revoked; connect again")
    assert world.ledger.holder("acme") is None


def test_a_quota_while_writing_leaves_the_rest_for_the_next_run(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.want(BOB, roles="user")
    world.crm.faults = {1: Fault.QUOTA}
    report = world.run()
    assert (report.status, report.written, report.retry_at) == ("incomplete", {"done": 1}, NOON + 3600)
    assert world.run().written == {"done": 1}
    assert (world.held(ANN, "roles"), world.held(BOB, "roles")) == ("buyer", "user")


def test_a_lost_answer_is_settled_by_looking_and_not_by_writing_again(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.ANSWER_LOST}
    assert world.run().status == "incomplete"
    report = world.run()
    assert (report.settled, report.planned["set"], len(world.crm.carried_out)) == (1, 0, 1)
    (entry,) = journal.entries(world.ledger, "acme", 1)
    assert (entry.outcome, entry.message) == ("done", "found by looking")


def test_a_task_created_just_before_death_is_not_created_twice(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.crm.faults = {0: Fault.KILLED_AFTER}
    with pytest.raises(ProcessKilledError):
        world.run()
    assert world.run().settled == 1
    assert world.open_keys() == ["k1"]
    assert [task["key"] for task in world.ledger.tasks("acme")] == ["k1"]


def test_a_run_that_died_is_noted_as_interrupted_by_the_next(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.KILLED_BEFORE}
    with pytest.raises(ProcessKilledError):
        world.run()
    world.run()
    assert [row["status"] for row in world.ledger.runs("acme")] == ["ok", "interrupted"]


def test_a_rejected_row_is_journalled_with_the_message_of_the_vendor(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.REJECTED}
    assert world.run().written == {"rejected": 1}
    (entry,) = journal.entries(world.ledger, "acme", 1)
    assert (entry.outcome, entry.message) == ("rejected", Fault.REJECTED.value)


def test_a_report_quotes_rejected_rows_and_the_next_run_tries_them_again(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.faults = {0: Fault.REJECTED}
    report = world.run()
    assert [(refusal.record, refusal.message) for refusal in report.refused] == [
        ("crm/contact/c1", Fault.REJECTED.value)
    ]
    assert world.ledger.runs("acme")[0]["report"]["refused"] == [
        {"record": "crm/contact/c1", "message": Fault.REJECTED.value}
    ]
    assert (world.run().refused, world.held(ANN, "roles")) == ((), "buyer")


def test_a_run_stopped_by_hand_is_noted_as_interrupted_and_frees_the_organisation(world: World) -> None:
    def stop(step: str, detail: str = "", count: int = 0) -> None:
        if step == "compute":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.run(replace(world.desk(), progress=stop))
    (row,) = world.ledger.runs("acme")
    assert (row["status"], row["error"], row["ended_at"]) == ("interrupted", "stopped by hand", NOON)
    assert world.ledger.holder("acme") is None
    assert world.run().status == "nothing"


def test_what_was_computed_is_published_for_readers(world: World) -> None:
    world.run()
    assert [dossier.name for dossier in world.ledger.dossiers("acme", "ann")] == ["Ann"]
    assert world.ledger.dossiers("acme", "nobody") == []


def test_undo_empties_what_was_empty_and_removes_what_was_opened(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.gaps = [Gap("k1")]
    world.run()
    report = world.undo(1)
    assert (report.kind, report.written) == ("undo", {"done": 2})
    assert (world.crm.values[ANN], world.crm.tasks, world.ledger.tasks("acme")) == ({}, {}, [])


def test_undo_keeps_what_somebody_changed_since_and_lists_it(world: World) -> None:
    world.want(ANN, roles="buyer", depth="3")
    world.run()
    world.crm.edit(*ANN, "roles", "user")
    world.undo(1)
    assert (world.held(ANN, "roles"), world.held(ANN, "depth")) == ("user", None)
    assert world.skips() == [Skip(Ref("crm", "contact", "c1"), "roles", Why.CHANGED_SINCE, "user")]


def test_undo_of_a_takeover_gives_the_value_back_to_its_human(world: World) -> None:
    world.crm.edit(*ANN, "roles", "user")
    world.takeover = True
    world.want(ANN, roles="buyer")
    world.run()
    world.undo(1)
    world.takeover = False
    world.run()
    assert world.held(ANN, "roles") == "user"


def test_undo_brings_completed_and_reopened_tasks_back_to_their_state(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.gaps = []
    world.run()
    world.undo(2)
    assert world.open_keys() == ["k1"]
    world.undo(3)
    assert world.open_keys() == []


def test_undo_lists_what_is_gone(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.gaps = [Gap("k1")]
    world.run()
    task_id = world.task_id("k1")
    world.crm.remove_task(task_id)
    world.crm.remove("contact", "c1")
    world.undo(1)
    gone: set[tuple[str, Any]] = {(skip.ref.id, skip.why) for skip in world.skips()}
    assert gone == {("c1", Why.GONE), (task_id, Why.GONE)}


def test_undo_can_be_shown_before_it_is_done(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.run()
    report = pipeline.undo(world.desk(), 1, dry_run=True)
    assert (report.planned["set"], report.written, world.held(ANN, "roles")) == (3, {}, "buyer")


def test_a_run_that_never_was_cannot_be_undone(world: World) -> None:
    with pytest.raises(PlanRefusedError, match="no run 9"):
        world.undo(9)


def test_after_the_fields_are_provisioned_the_next_plan_uses_them(world: World) -> None:
    world.crm._fields.clear()
    world.want(ANN, roles="buyer")
    world.run()
    list(world.crm.provision(FIELDS, dry_run=False))
    world.run()
    assert world.held(ANN, "roles") == "buyer"


def test_a_connection_that_left_the_settings_no_longer_counts(world: World) -> None:
    old = MemoryConnector("old", NOON)
    old.put("account", {"id": "a9", "name": "Initech"})
    both = replace(world.desk(), connectors={"crm": world.crm, "old": old})
    pipeline.pull(both)
    staged = "SELECT DISTINCT source FROM account ORDER BY source"
    assert both.stage.connection.execute(staged).fetchall() == [("crm",), ("old",)]
    pipeline.pull(world.desk())
    assert both.stage.connection.execute(staged).fetchall() == [("crm",)]
