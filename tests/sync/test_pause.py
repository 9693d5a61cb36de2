"""Dead credentials: the worker leaves an organisation alone, tells it once and goes on when something has changed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from connectors.base import Finding
from connectors.errors import SignInRefused
from connectors.memory import MemoryConnector
from sync import pipeline
from sync.ledger import Ledger
from sync.pause import PausedError, digest, guarded
from sync.worker import Health, watched
from tests.sync.world import NOON, Record, World

ANN: Record = ("contact", "c1")


class Locked(MemoryConnector):
    """A CRM that lets somebody in with the right word only, and counts who knocked."""

    word = "old"
    right = "new"
    knocks = 0

    def check(self) -> Sequence[Finding]:
        """Say that the credentials are dead."""
        self.knocks += 1
        if self.word == self.right:
            return super().check()
        return [Finding("connection", "invalid_grant: the app was removed", "", fatal=True, refused=True)]


def locked(world: World) -> Locked:
    """Put a lock before the world's CRM."""
    crm = Locked("crm", NOON)
    vars(crm).update(vars(world.crm))
    world.crm = crm
    return crm


def slot(world: World, crm: Locked, health: Health) -> Callable[[], None]:
    """Give what a slot of the schedule does."""

    def run_once(org: str) -> str:
        desk = replace(world.desk(), org=org)
        return guarded(world.ledger, org, lambda: crm.word, NOON, lambda: pipeline.run(desk).status)

    return watched("acme", run_once, health)


def test_10_dead_credentials_pause_the_organisation_after_one_try_with_one_alert(world: World) -> None:
    crm, health = locked(world), Health()
    world.want(ANN, roles="buyer")
    with capture_logs() as logs:
        for _ in range(5):
            slot(world, crm, health)()
    assert crm.knocks == 1
    assert [log["log_level"] for log in logs if log["log_level"] in {"error", "warning"}] == ["error"]
    assert (health.status, health.failures_in_a_row) == ("paused", 0)
    assert "invalid_grant: the app was removed" in str(health.error)
    assert "`rapport check`" in str(health.error)
    assert [row["status"] for row in world.ledger.runs("acme")] == ["failed"]


def test_10_other_credentials_end_the_pause_and_everything_is_still_known(world: World) -> None:
    crm, health = locked(world), Health()
    world.want(ANN, roles="buyer")
    crm.word = crm.right
    slot(world, crm, health)()
    cursors = world.stage.cursors("crm")
    crm.right = "newer"
    for _ in range(2):
        slot(world, crm, health)()
    assert health.status == "paused"
    assert world.stage.cursors("crm") == cursors
    crm.word = "newer"
    slot(world, crm, health)()
    assert health.status == "nothing", "what was written before is remembered"
    assert world.ledger.paused("acme") is None


def test_10_other_credentials_that_are_dead_too_are_told_once_more(world: World) -> None:
    crm, health = locked(world), Health()
    with capture_logs() as logs:
        for word in ("old", "old", "worse", "worse"):
            crm.word = word
            slot(world, crm, health)()
    assert crm.knocks == 2
    assert [log["log_level"] for log in logs if log["log_level"] == "error"] == ["error", "error"]


def test_10_a_run_by_hand_that_gets_in_ends_the_pause(world: World) -> None:
    crm = locked(world)
    slot(world, crm, Health())()
    assert world.ledger.paused("acme") is not None
    crm.right = crm.word
    assert world.run().status == "nothing"
    assert world.ledger.paused("acme") is None


def test_a_pause_can_be_ended_once_and_concerns_one_organisation(world: World) -> None:
    world.ledger.pause("acme", since=NOON, said="dead", salt="00", credentials="x")
    assert world.ledger.paused("other") is None
    assert [world.ledger.resume("acme"), world.ledger.resume("acme")] == [True, False]


def test_credentials_do_not_stand_in_the_ledger(world: World) -> None:
    def refused() -> str:
        raise SignInRefused("invalid_client")

    with pytest.raises(PausedError, match="invalid_client") as raised:
        guarded(world.ledger, "acme", lambda: "s3cret-word", NOON, refused)
    kept = world.ledger.paused("acme")
    assert kept is not None
    assert raised.value.fresh
    assert "s3cret-word" not in repr(kept)
    assert kept["credentials"] == digest("s3cret-word", kept["salt"]) != digest("s3cret-word", "00")


def test_a_ledger_of_an_earlier_version_gets_the_table(tmp_path_factory: pytest.TempPathFactory) -> None:
    address = f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.sqlite"
    for _ in range(2):
        with Ledger(address) as ledger:
            assert ledger.paused("acme") is None
