"""The worker: schedule, no overlap, failures that do not end it, /healthz, a graceful stop."""

import json
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sync.schedule import trigger
from sync.settings import Schedule
from sync.worker import Health, health_endpoint, serve, watched

pytestmark = pytest.mark.enable_socket  # /healthz listens on loopback


def now() -> datetime:
    """Tell the moment: the scheduler walks every slot between its first and the present."""
    return datetime.now(UTC)


def get(port: int, path: str = "/healthz") -> tuple[int, dict[str, dict[str, object]]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_an_interval_becomes_an_interval_trigger() -> None:
    built = trigger(Schedule.model_validate({"every": "6h"}))
    assert isinstance(built, IntervalTrigger)
    assert built.interval_length == 6 * 3600


def test_a_cron_line_is_read_with_five_fields_in_utc() -> None:
    built = trigger(Schedule.model_validate({"cron": "30 5 * * *"}))
    assert isinstance(built, CronTrigger)
    due = built.get_next_fire_time(None, datetime(2026, 3, 1, 6, 0, tzinfo=UTC))
    assert due == datetime(2026, 3, 2, 5, 30, tzinfo=UTC)


def test_a_failed_run_is_kept_in_the_health_and_does_not_raise() -> None:
    health = Health()

    def broken(organisation: str) -> str:
        raise RuntimeError(f"{organisation} cannot be reached")

    watched("acme", broken, health)()
    assert (health.status, health.error, health.failures_in_a_row) == ("failed", "acme cannot be reached", 1)


def test_a_good_run_clears_the_failures() -> None:
    health = Health(status="failed", error="down", failures_in_a_row=2)
    watched("acme", lambda _: "ok", health)()
    assert (health.status, health.error, health.failures_in_a_row, health.runs) == ("ok", None, 0, 1)


def test_healthz_is_200_while_runs_succeed_and_503_after_three_failures_in_a_row() -> None:
    healths = {"acme": Health(status="ok")}
    with health_endpoint(healths, "127.0.0.1", 0) as port:
        assert get(port)[0] == 200
        healths["acme"].failures_in_a_row = 3
        status, body = get(port)
    assert status == 503
    assert body["acme"]["failures_in_a_row"] == 3


def test_healthz_knows_no_other_path() -> None:
    with health_endpoint({}, "127.0.0.1", 0) as port:
        assert get(port, "/secrets")[0] == 404


def test_every_organisation_runs_at_once_and_a_stop_waits_for_the_runs_under_way() -> None:
    stop, begun, finished = threading.Event(), threading.Barrier(3), []

    def run_once(organisation: str) -> str:
        begun.wait(timeout=10)
        stop.wait(timeout=10)
        finished.append(organisation)
        return "ok"

    def stop_when_both_run() -> None:
        begun.wait(timeout=10)
        stop.set()

    watcher = threading.Thread(target=stop_when_both_run)
    watcher.start()
    every = Schedule.model_validate({"every": "1h"})
    healths = serve({"acme": every, "globex": every}, run_once, stop, now(), ("127.0.0.1", 0))
    watcher.join()
    assert sorted(finished) == ["acme", "globex"]
    assert {health.status for health in healths.values()} == {"ok"}


def test_runs_of_one_organisation_never_overlap() -> None:
    stop, running, most, lock = threading.Event(), [0], [0], threading.Lock()

    def run_once(_: str) -> str:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        stop.wait(timeout=2.2)  # two more slots fall due meanwhile
        with lock:
            running[0] -= 1
        return "ok"

    threading.Timer(2.2, stop.set).start()
    serve({"acme": Schedule.model_validate({"every": "1s"})}, run_once, stop, now(), ("127.0.0.1", 0))
    assert most[0] == 1
