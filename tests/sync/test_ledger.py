"""The ledger and the journal: leases, runs, plans, dossiers, and what an outcome makes true."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.base import AssignTask, CreateTask, Outcome, SetTaskState, UpdateRecord, WriteResult
from sync.journal import SUPERSEDED, Intent, Journal, entries, given_up, open_entries
from sync.ledger import Dossier, LeaseHeldError, Ledger

UPDATE = UpdateRecord("contact", "c1", {"roles": "buyer"})
CLOSE, REOPEN = SetTaskState("t1", "k1", open=False), SetTaskState("t1", "k1", open=True)
CREATE = CreateTask("k1", "Find a champion", "Why", 0, "u1", "a1", None)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def update(value: str, *, gives_back: bool = False) -> Intent:
    detail = {"before": None, "after": value, "takes_over": False, "gives_back": gives_back}
    return Intent("crm", UpdateRecord("contact", "c1", {"roles": value}), {"fields": {"roles": detail}})


def send(ledger: Ledger, run: int, intent: Intent, outcome: Outcome | None, record_id: str | None = None) -> None:
    journal = Journal(ledger, "acme", run, as_of=1000)
    journal.intend([intent])
    if outcome is not None:
        journal.note("crm", [WriteResult(intent.write, outcome, record_id)])


def applied(ledger: Ledger) -> list[str | None]:
    return [row["value"] for row in ledger.applied("acme", "crm", "contact", ["c1"])]


def test_a_file_ledger_lets_readers_read_while_one_writes(ledger: Ledger) -> None:
    with ledger.engine.connect() as database:
        assert database.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"


def test_an_intent_is_open_until_its_outcome_is_known(ledger: Ledger) -> None:
    send(ledger, 1, update("buyer"), None)
    assert [entry.record_id for entry in open_entries(ledger, "acme")] == ["c1"]
    assert applied(ledger) == []


def test_a_done_write_becomes_last_applied_and_a_later_one_replaces_it(ledger: Ledger) -> None:
    send(ledger, 1, update("buyer"), Outcome.DONE)
    send(ledger, 2, update("champion"), Outcome.DONE)
    assert applied(ledger) == ["champion"]


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.UNKNOWN])
def test_a_write_that_was_not_done_is_not_last_applied(ledger: Ledger, outcome: Outcome) -> None:
    send(ledger, 1, update("buyer"), outcome)
    assert applied(ledger) == []


def test_a_value_given_back_to_its_human_is_forgotten(ledger: Ledger) -> None:
    send(ledger, 1, update("buyer"), Outcome.DONE)
    send(ledger, 2, update("user", gives_back=True), Outcome.DONE)
    assert applied(ledger) == []


def test_a_later_write_of_the_same_record_closes_an_open_intent(ledger: Ledger) -> None:
    send(ledger, 1, update("buyer"), Outcome.UNKNOWN)
    send(ledger, 2, update("champion"), Outcome.DONE)
    assert open_entries(ledger, "acme") == []
    assert [entry.outcome for entry in entries(ledger, "acme", 1)] == [SUPERSEDED]


def test_a_write_that_is_rejected_leaves_older_intents_open(ledger: Ledger) -> None:
    send(ledger, 1, update("buyer"), Outcome.UNKNOWN)
    send(ledger, 2, update("champion"), Outcome.REJECTED)
    assert [entry.run for entry in open_entries(ledger, "acme")] == [1]


def test_the_task_ledger_follows_a_task_through_its_life(ledger: Ledger) -> None:
    send(ledger, 1, Intent("crm", CREATE, {"owner_id": "u1", "open": True}), Outcome.DONE, "t1")
    (task,) = ledger.tasks("acme")
    assert (task["id"], task["state"], task["owner_id"], task["opened_at"]) == ("t1", "open", "u1", 1000)
    send(ledger, 2, Intent("crm", SetTaskState("t1", "k1", open=False), {"open": False}), Outcome.DONE)
    (task,) = ledger.tasks("acme")
    assert (task["id"], task["state"], task["closed_by_us"], task["opened_at"]) == ("t1", "closed", True, 1000)


def test_the_task_ledger_remembers_who_a_task_was_passed_on_to_until_it_starts_anew(ledger: Ledger) -> None:
    runs = itertools.count(2)

    def escalated(intent: Intent) -> object:
        send(ledger, next(runs), intent, Outcome.DONE)
        (task,) = ledger.tasks("acme")
        return (task["escalated_to"], task["owner_id"], task["state"])

    send(ledger, 1, Intent("crm", CREATE, {"owner_id": "u1", "open": True}), Outcome.DONE, "t1")
    pass_on = AssignTask("t1", "k1", "boss")
    assert escalated(Intent("crm", pass_on, {"owner_id": "boss", "escalates": True})) == ("boss", "u1", "open")
    assert escalated(Intent("crm", CLOSE, {"open": False})) == ("boss", "u1", "closed")
    anew = {"open": True, "due_at": 9, "due_before": 1, "owner_id": "u2", "owner_before": "boss"}
    assert escalated(Intent("crm", REOPEN, anew)) == (None, "u2", "open")
    undone = {"open": False, "due_at": 1, "due_before": 9, "owner_id": "boss", "owner_before": "u2"}
    assert escalated(Intent("crm", CLOSE, undone)) == ("boss", "u2", "closed")


def test_a_ledger_of_an_earlier_version_gets_the_columns_it_lacks_and_keeps_its_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with Ledger(url) as old:
        send(old, 1, Intent("crm", CREATE, {"owner_id": "u1", "open": True}), Outcome.DONE, "t1")
        with old.engine.begin() as database:
            for column in ("escalated_to", "snooze_honoured"):
                database.execute(sa.text(f"ALTER TABLE tasks DROP COLUMN {column}"))
    for _ in range(2):
        with Ledger(url) as new:
            (task,) = new.tasks("acme")
            assert (task["id"], task["escalated_to"], task["snooze_honoured"]) == ("t1", None, None)


def test_what_was_sent_and_never_answered_can_be_listed(ledger: Ledger) -> None:
    journal = Journal(ledger, "acme", 1, as_of=0)
    journal.intend([update("buyer"), Intent("crm", CREATE, {"owner_id": None, "open": True})])
    journal.note("crm", [WriteResult(UPDATE, Outcome.DONE)])
    assert journal.unanswered("crm") == [CREATE]
    assert journal.unanswered("other") == []


def test_only_one_owner_holds_an_organisation_and_may_renew(ledger: Ledger) -> None:
    ledger.lease("acme", "one", 100, 60)
    ledger.lease("acme", "one", 130, 60)
    with pytest.raises(LeaseHeldError) as caught:
        ledger.lease("acme", "two", 150, 60)
    assert (caught.value.owner, caught.value.until) == ("one", 190)
    ledger.lease("globex", "two", 150, 60)


def test_a_lease_ends_by_itself_or_by_its_owner_but_not_by_a_stranger(ledger: Ledger) -> None:
    ledger.lease("acme", "one", 100, 60)
    ledger.release("acme", "two")
    assert ledger.holder("acme") == ("one", 160)
    ledger.lease("acme", "two", 160, 60)
    ledger.release("acme", "two")
    assert ledger.holder("acme") is None


def test_runs_are_numbered_per_organisation(ledger: Ledger) -> None:
    assert [ledger.begin_run("acme", "run", 1), ledger.begin_run("acme", "plan", 2)] == [1, 2]
    assert ledger.begin_run("globex", "run", 3) == 1
    assert [row["number"] for row in ledger.runs("acme")] == [2, 1]


def test_a_plan_is_found_by_an_unambiguous_beginning_of_at_least_six(ledger: Ledger) -> None:
    for digest in ("abcdef01", "abcdef02", "123456ff"):
        ledger.keep_plan("acme", digest, as_of=1, rules="r", run=1, made_at=1, body={})
    found = ledger.plan("acme", "123456")
    assert found is not None
    assert found["digest"] == "123456ff"
    assert [ledger.plan("acme", text) for text in ("abcdef", "12345", "%23456", "999999")] == [None] * 4


def test_publishing_replaces_what_was_published_of_the_same_organisation(ledger: Ledger) -> None:
    ann = Dossier("contact", "crm", "c1", "Ann", "Globex", {"sentences": ["Because."]})
    bob = Dossier("contact", "crm", "c2", "Bob", None, {})
    ledger.publish("globex", [ann])
    ledger.publish("acme", [ann])
    assert ledger.publish("acme", [bob]) == 1
    assert ledger.dossiers("acme") == [bob]
    assert ledger.dossiers("globex", "C1") == [ann]


def test_while_dossiers_are_rendered_the_lease_can_be_renewed(tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path}/ledger.db") as ours, Ledger(f"sqlite:///{tmp_path}/ledger.db") as heartbeat:
        ours.lease("acme", "one", 100, 60)

        def rendered() -> Iterator[Dossier]:
            heartbeat.renew("acme", "one", 150, 60)
            yield Dossier("contact", "crm", "c1", "Ann", None, {})

        assert ours.publish("acme", rendered()) == 1
        assert ours.holder("acme") == ("one", 210)


def test_publishing_nothing_takes_back_what_was_published(ledger: Ledger) -> None:
    ledger.publish("acme", [Dossier("contact", "crm", "c1", "Ann", None, {})])
    assert ledger.publish("acme", []) == 0
    assert ledger.dossiers("acme") == []


def test_last_applied_values_are_read_for_many_records(ledger: Ledger) -> None:
    send(ledger, 1, update("buyer"), Outcome.DONE)
    ids = [f"x{number}" for number in range(1200)] + ["c1"]
    assert ledger.applied("acme", "crm", "contact", ids) == [{"id": "c1", "field": "roles", "value": "buyer"}]


@pytest.mark.parametrize("find", [open_entries, given_up])
def test_the_few_writes_that_are_not_settled_are_found_by_an_index_in_a_large_journal(
    ledger: Ledger, find: Callable[[Ledger, str], object]
) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    sa.event.listen(ledger.engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    find(ledger, "acme")
    (statement, values), *_ = asked
    with ledger.engine.connect() as database:
        steps = database.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    assert ["journal_open" in step[3] for step in steps] == [True]


def test_whether_we_ever_wrote_is_told_by_organisation_connection_and_object(ledger: Ledger) -> None:
    assert not ledger.has_applied("acme")
    send(ledger, 1, update("buyer"), Outcome.DONE)
    assert all(ledger.has_applied(*place) for place in [("acme",), ("acme", "crm"), ("acme", "crm", "contact")])
    others = [("acme", "crm", "account"), ("acme", "hub", "contact"), ("globex", "crm", "contact"), ("globex",)]
    assert not any(ledger.has_applied(*other) for other in others)
