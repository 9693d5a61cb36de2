"""Runs that have to wait for a vendor longer than a lease lasts, against both emulated CRMs: nobody takes over."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

import pytest

from sync import pipeline
from sync.demo import ORG
from sync.heartbeat import beating
from sync.ledger import LeaseHeldError, Ledger
from sync.pipeline import LEASE_SECONDS
from tests.faults.story import Ended, Stand

pytestmark = pytest.mark.e2e

PAUSE = 200
"""Seconds that every wait takes, by the clock of both CRMs and ours; two of them outlast a lease."""


@dataclass(slots=True)
class Patient:
    """A run with the product's heartbeat, in which time passes where the transport would sleep, and another worker."""

    stand: Stand
    silence: int = 0
    """Seconds that the run has waited since it last took a step."""
    longest: int = 0
    last: str = ""
    """The step that the run took last."""
    refused: int = 0
    """How often the other worker, after a wait, was told that somebody is at work."""
    _renewed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _ledger: Ledger | None = None

    def run(self) -> Ended:
        """Run once."""
        self.stand.sleep = self._wait
        return self.stand.run(work=self._work)

    def _work(self, desk: pipeline.Desk) -> pipeline.RunReport:
        self._ledger = desk.ledger
        return pipeline.run(replace(desk, meanwhile=self._heart, progress=self._step))

    def _heart(self, beat: Callable[[], None]) -> AbstractContextManager[None]:
        def told() -> None:
            beat()
            self._renewed.release()

        return beating(0.01, told)

    def _step(self, step: str, detail: str = "", count: int = 0) -> None:
        self.silence, self.last = 0, f"{step} {detail} {count}"

    def _wait(self, _seconds: float) -> None:
        self.stand.wait(PAUSE)
        self.silence += PAUSE
        self.longest = max(self.longest, self.silence)
        while self._renewed.acquire(blocking=False):
            pass
        for _ in range(2):  # the second one began after the wait
            assert self._renewed.acquire(timeout=30), f"no sign of life after {self.last}"
        if self._ledger is not None:
            with pytest.raises(LeaseHeldError):
                self._ledger.lease(ORG, "elsewhere:1", int(self.stand.now()), LEASE_SECONDS)
            self.refused += 1


@pytest.fixture
def patient(stand: Stand) -> Iterator[Patient]:
    usual = stand.sleep
    yield Patient(stand)
    stand.sleep = usual
    stand.tell("POST", "limits", {"salesforce": {"bulk_polls": 0}})


def test_35_a_run_that_is_told_to_retry_later_again_and_again_keeps_its_organisation(patient: Patient) -> None:
    patient.stand.begin("first")
    busy = {"action": "status", "status": 503, "headers": {"Retry-After": "60"}, "vendor": "salesforce"}
    patient.stand.tell("POST", "faults", {**busy, "method": "PATCH", "path": "/composite/sobjects", "times": 3})
    assert patient.run().status == "ok"
    assert patient.longest > LEASE_SECONDS
    assert patient.refused >= 3


def test_15_a_run_that_waits_for_jobs_keeps_its_organisation(patient: Patient) -> None:
    patient.stand.begin("jobs")
    patient.stand.tell("POST", "limits", {"salesforce": {"bulk_polls": 3}})
    assert patient.run().status == "ok"
    assert patient.longest > LEASE_SECONDS
    assert patient.refused >= 3
