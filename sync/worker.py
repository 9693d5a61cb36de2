"""The worker: runs every organisation on its schedule until it is told to stop.

`rapport worker` calls `serve`. One thread a run, never two runs of one organisation at a time: APScheduler holds the
second back and the ledger's lease keeps other processes out. SIGTERM and SIGINT stop new runs at once and wait for the
running ones; a run that cannot be waited for is finished by the next one, because every step is crash-safe.
"""

import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from sync.pause import PausedError
from sync.schedule import trigger
from sync.settings import Schedule

RunOnce = Callable[[str], str]
"""Runs one organisation and returns the run's status in a word; raises when the run failed."""


class HealthPortError(Exception):
    """Where `/healthz` should listen it cannot; the text says what to choose instead."""


@dataclass(slots=True)
class Health:
    """What `/healthz` tells about one organisation."""

    status: str = "waiting"
    """waiting, running, paused (its credentials are dead), or the status of the last run"""
    runs: int = 0
    failures_in_a_row: int = 0
    error: str | None = None


def watched(organisation: str, run_once: RunOnce, health: Health) -> Callable[[], None]:
    """Wrap a run so that its outcome is logged and kept in `health`; a failed run never ends the worker.

    An organisation that was paused is told of once, as an error; it counts as no failure: a restart would not help.
    """
    log = structlog.get_logger("rapport.worker").bind(organisation=organisation)

    def job() -> None:
        health.status = "running"
        try:
            health.status, health.error, health.failures_in_a_row = run_once(organisation), None, 0
            log.info("run ended", status=health.status)
        except PausedError as pause:
            health.status, health.error = "paused", str(pause)
            (log.error if pause.fresh else log.debug)("paused until there are other credentials", error=str(pause))
        except Exception as error:  # noqa: BLE001  # the worker outlives every run; the error is logged and shown
            health.status, health.error = "failed", str(error)
            health.failures_in_a_row += 1
            log.warning("run failed", error=str(error), failures_in_a_row=health.failures_in_a_row)
        health.runs += 1

    return job


def scheduler(
    schedules: Mapping[str, Schedule], run_once: RunOnce, healths: Mapping[str, Health], first: datetime
) -> BackgroundScheduler:
    """Build the scheduler with one job an organisation, due at `first`: no overlap, missed slots fold into one run."""
    built = BackgroundScheduler(executors={"default": ThreadPoolExecutor(max(1, len(schedules)))}, timezone="UTC")
    for organisation, schedule in schedules.items():
        built.add_job(
            watched(organisation, run_once, healths[organisation]),
            trigger(schedule),
            id=organisation,
            next_run_time=first,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
    return built


@contextmanager
def health_endpoint(healths: Mapping[str, Health], host: str, port: int) -> Iterator[int]:
    """Serve `/healthz` while the block runs; yields the port. 503 after three failures in a row, else 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the standard library's
            failing = any(health.failures_in_a_row >= 3 for health in healths.values())
            known = self.path == "/healthz"
            body = json.dumps({name: asdict(health) for name, health in healths.items()} if known else {}).encode()
            self.send_response((503 if failing else 200) if known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the standard library's
            """Keep probes out of the log."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except (OSError, OverflowError) as error:
        raise HealthPortError(
            f"/healthz cannot listen on {host}:{port}: {error}; choose another --health-port"
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="healthz", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def stop_event() -> threading.Event:
    """Give an event that SIGTERM and SIGINT set; only the main thread may call this."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def serve(
    schedules: Mapping[str, Schedule],
    run_once: RunOnce,
    stop: threading.Event,
    first: datetime,
    address: tuple[str, int],
) -> Mapping[str, Health]:
    """Run every organisation on its schedule, the first time at `first`, until `stop` is set.

    `address` is where `/healthz` listens (port 0: any free one, logged). Returns the last healths.
    """
    healths = {organisation: Health() for organisation in schedules}
    jobs = scheduler(schedules, run_once, healths, first)
    log = structlog.get_logger("rapport.worker")
    with health_endpoint(healths, *address) as bound:
        jobs.start()
        log.info("worker started", organisations=sorted(schedules), health_port=bound)
        stop.wait()
        log.info("worker stopping", running=[name for name, health in healths.items() if health.status == "running"])
        jobs.shutdown(wait=True)
    log.info("worker stopped")
    return healths
