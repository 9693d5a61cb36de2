"""Leases between real processes: who holds an organisation, and what becomes of the lease of a dead process."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from sync import app, pipeline
from sync.heartbeat import beating
from sync.ledger import LeaseHeldError, Ledger
from sync.pipeline import LEASE_SECONDS, WEDGED_AFTER, Desk
from tests.sync.process import HOLD_LEASE, python
from tests.sync.world import NOON, World


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger(url) as opened:
        yield opened


def test_a_living_process_keeps_its_lease(url: str, ledger: Ledger) -> None:
    with python(HOLD_LEASE, url, str(NOON)) as process:
        with pytest.raises(LeaseHeldError) as caught:
            ledger.lease("acme", app.owner(), NOON + 10, 300, app.alive)
        assert caught.value.owner == f"{app.machine()}:{process.pid}"


def test_the_lease_of_a_killed_process_is_taken_over_at_once(url: str, ledger: Ledger) -> None:
    with python(HOLD_LEASE, url, str(NOON)) as process:
        process.kill()
        process.wait()
    ledger.lease("acme", app.owner(), NOON + 10, 300, app.alive)
    assert ledger.holder("acme") == (app.owner(), NOON + 310)


def test_without_knowledge_of_the_holder_its_lease_runs_its_time(url: str, ledger: Ledger) -> None:
    with python(HOLD_LEASE, url, str(NOON)) as process:
        process.kill()
        process.wait()
    with pytest.raises(LeaseHeldError):
        ledger.lease("acme", app.owner(), NOON + 10, 300)
    ledger.lease("acme", app.owner(), NOON + 300, 300)


def test_a_run_goes_on_after_a_killed_one_and_notes_it_as_interrupted(world: World) -> None:
    world.ledger.lease("acme", "gone:1", NOON, LEASE_SECONDS)
    world.ledger.begin_run("acme", "run", NOON)
    asked: list[str] = []

    def alive(owner: str) -> bool:
        asked.append(owner)
        return False

    world.want(("contact", "c1"), roles="buyer")
    report = pipeline.run(replace(world.desk(), alive=alive))
    assert (report.number, report.status, asked) == (2, "ok", ["gone:1"])
    assert [row["status"] for row in world.ledger.runs("acme")] == ["ok", "interrupted"]


def test_nobody_is_asked_about_a_lease_that_is_free_or_our_own(ledger: Ledger) -> None:
    def alive(owner: str) -> bool:
        raise AssertionError(owner)

    ledger.lease("acme", "one", 100, 60, alive)
    ledger.lease("acme", "one", 110, 60, alive)
    ledger.lease("acme", "two", 170, 60, alive)


def test_a_run_that_lost_its_lease_stops_before_it_writes(world: World) -> None:
    def steal(step: str, detail: str = "", count: int = 0) -> None:
        if step == "diff":
            world.crm.now += LEASE_SECONDS + 1
            world.ledger.lease("acme", "host-7:4711", world.crm.now, LEASE_SECONDS)

    world.want(("contact", "c1"), roles="buyer")
    with pytest.raises(LeaseHeldError, match="host-7:4711"):
        pipeline.run(replace(world.desk(), progress=steal))
    assert world.held(("contact", "c1"), "roles") is None
    assert world.ledger.holder("acme") == ("host-7:4711", world.crm.now + LEASE_SECONDS)


def test_a_run_whose_successor_has_finished_already_stops_too(world: World) -> None:
    def overtake(step: str, detail: str = "", count: int = 0) -> None:
        if step == "diff":
            world.crm.now += LEASE_SECONDS + 1
            world.ledger.lease("acme", "host-7:4711", world.crm.now, LEASE_SECONDS)
            world.ledger.release("acme", "host-7:4711")

    world.want(("contact", "c1"), roles="buyer")
    with pytest.raises(LeaseHeldError, match="somebody who has finished meanwhile"):
        pipeline.run(replace(world.desk(), progress=overtake))
    assert world.held(("contact", "c1"), "roles") is None


def test_a_long_apply_renews_its_lease(world: World) -> None:
    def slow(step: str, detail: str = "", count: int = 0) -> None:
        world.crm.now += LEASE_SECONDS // 5

    world.want(("contact", "c1"), roles="buyer")
    assert pipeline.run(replace(world.desk(), progress=slow)).status == "ok"
    assert world.crm.now > NOON + LEASE_SECONDS


class Heart:
    """A heartbeat that beats when the test says so."""

    beat: Callable[[], None]

    @contextmanager
    def __call__(self, beat: Callable[[], None]) -> Iterator[None]:
        self.beat = beat
        yield


def busy(world: World, heart: Heart, work: Callable[[], None]) -> Desk:
    """Lay out a run whose computation does something else for a while."""

    def compute(connection: duckdb.DuckDBPyConnection, as_of: int) -> None:
        work()
        world.compute(connection, as_of)

    return replace(world.desk(), compute=compute, meanwhile=heart)


def others_try(world: World) -> None:
    world.ledger.lease("acme", "host-7:4711", world.crm.now, LEASE_SECONDS)


def test_a_run_keeps_its_lease_through_a_computation_longer_than_the_lease(world: World) -> None:
    heart = Heart()

    def work() -> None:
        for _ in range(20):
            world.crm.now += LEASE_SECONDS - 1
            heart.beat()
        with pytest.raises(LeaseHeldError, match="tests"):
            others_try(world)

    world.want(("contact", "c1"), roles="buyer")
    assert pipeline.run(busy(world, heart, work)).status == "ok"
    assert world.held(("contact", "c1"), "roles") == "buyer"


def test_the_heartbeat_does_not_speak_for_a_run_that_is_wedged(world: World) -> None:
    heart = Heart()

    def work() -> None:
        world.crm.now += WEDGED_AFTER + 1
        heart.beat()
        others_try(world)

    world.want(("contact", "c1"), roles="buyer")
    with pytest.raises(LeaseHeldError, match="host-7:4711"):
        pipeline.run(busy(world, heart, work))
    assert world.held(("contact", "c1"), "roles") is None


def test_a_machine_that_slept_takes_nothing_back_from_the_worker_that_took_over(world: World) -> None:
    heart = Heart()

    def work() -> None:
        world.crm.now += LEASE_SECONDS
        others_try(world)
        heart.beat()

    world.want(("contact", "c1"), roles="buyer")
    with pytest.raises(LeaseHeldError, match="host-7:4711"):
        pipeline.run(busy(world, heart, work))
    assert world.held(("contact", "c1"), "roles") is None
    assert world.ledger.holder("acme") == ("host-7:4711", world.crm.now + LEASE_SECONDS)


def test_a_heartbeat_that_cannot_reach_the_ledger_ends_nothing(world: World) -> None:
    heart = Heart()

    def work() -> None:
        with world.ledger.engine.begin() as database:
            database.execute(sa.text("ALTER TABLE leases RENAME TO away"))
        heart.beat()
        with world.ledger.engine.begin() as database:
            database.execute(sa.text("ALTER TABLE away RENAME TO leases"))

    world.want(("contact", "c1"), roles="buyer")
    assert pipeline.run(busy(world, heart, work)).status == "ok"


def test_a_beat_after_the_run_takes_no_lease(world: World) -> None:
    heart = Heart()
    pipeline.run(busy(world, heart, lambda: None))
    heart.beat()
    assert world.ledger.holder("acme") is None


def test_the_heartbeat_beats_from_a_thread_of_its_own_until_its_block_ends() -> None:
    beats = threading.Semaphore(0)
    names: set[str] = set()

    def beat() -> None:
        names.add(threading.current_thread().name)
        beats.release()

    with beating(0.001, beat):
        assert all(beats.acquire(timeout=30) for _ in range(3))
    assert names == {"heartbeat"}
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}


def test_the_heartbeat_ends_with_the_error_of_its_block() -> None:
    with pytest.raises(LeaseHeldError), beating(0.001, lambda: None):
        raise LeaseHeldError("acme", "one", NOON)
    assert "heartbeat" not in {thread.name for thread in threading.enumerate()}


def test_the_thread_renews_beside_a_run_that_writes_the_same_ledger(world: World, ledger: Ledger) -> None:
    renewed = threading.Semaphore(0)

    def heart(beat: Callable[[], None]) -> AbstractContextManager[None]:
        def told() -> None:
            beat()
            renewed.release()

        return beating(0.001, told)

    def work() -> None:
        world.crm.now += LEASE_SECONDS - 1
        while renewed.acquire(blocking=False):
            pass
        assert all(renewed.acquire(timeout=30) for _ in range(2)), "the second one began after this moment"
        assert ledger.holder("acme") == ("tests", world.crm.now + LEASE_SECONDS)

    world.want(("contact", "c1"), roles="buyer")
    desk = busy(world, Heart(), work)
    assert pipeline.run(replace(desk, ledger=ledger, meanwhile=heart)).status == "ok"
    assert ledger.holder("acme") is None


def test_the_message_says_who_until_when_and_what_to_do() -> None:
    told = str(LeaseHeldError("acme", "host-7:4711", NOON + 300))
    assert told == (
        "host-7:4711 (host and process) is working on acme. Wait until it has finished and try again;"
        " if it was lost, its lease ends by itself at 2023-11-15 12:05:00 UTC"
    )


def test_this_process_is_alive_and_one_that_has_ended_is_not() -> None:
    assert app.alive(app.owner())
    with python("print('ready', flush=True)") as process:
        process.wait()
    assert not app.alive(f"{app.machine()}:{process.pid}")


def test_a_process_of_another_user_is_alive() -> None:
    assert app.alive(f"{app.machine()}:1")


@pytest.mark.parametrize("holder", ["elsewhere:4711", "elsewhere", "", f"{app.machine()}:many", f"{app.machine()}:"])
def test_a_process_nobody_here_can_know_may_be_alive(holder: str) -> None:
    assert app.alive(holder)


def test_an_owner_is_a_machine_and_a_process() -> None:
    assert app.owner() == f"{app.machine()}:{os.getpid()}"
