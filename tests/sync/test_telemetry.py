"""Telemetry: JSON lines for machines, bars for people, and one event a step."""

import io
import json
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
import structlog
from rich.console import Console
from rich.progress import Progress as Display

from sync import telemetry
from sync.telemetry import Bars, Logged, configure, plainly, progress, silent


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass
class Pages:
    """A stream, and what was written to it as events."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Pages:
    pages = Pages()
    configure(pages.stream)
    return pages


def test_an_event_is_one_json_object_a_line_with_level_and_moment(log: Pages) -> None:
    structlog.get_logger().warning("run failed", organisation="acme")
    (event,) = log.events()
    assert (event["event"], event["level"], event["organisation"]) == ("run failed", "warning", "acme")
    assert event["timestamp"].endswith("Z")


def test_text_with_line_breaks_stays_on_one_line(log: Pages) -> None:
    structlog.get_logger().info("two\nlines", error="a\nb")
    assert [event["event"] for event in log.events()] == ["two\nlines"]


def test_what_is_bound_in_the_context_stands_in_every_event(log: Pages) -> None:
    with structlog.contextvars.bound_contextvars(run=7):
        structlog.get_logger().info("page")
    assert log.events()[0]["run"] == 7


def test_events_below_the_level_are_left_out() -> None:
    pages = Pages()
    configure(pages.stream, "warning")
    structlog.get_logger().info("detail")
    structlog.get_logger().error("broken")
    assert [event["event"] for event in pages.events()] == ["broken"]


def test_libraries_are_heard_from_warning_on_and_in_the_same_form(log: Pages) -> None:
    logging.getLogger("urllib3").info("connection opened")
    logging.getLogger("urllib3").warning("pool is full")
    assert [(event["event"], event["level"]) for event in log.events()] == [("pool is full", "warning")]


def test_where_a_person_waits_a_warning_is_a_line_of_words_said_once() -> None:
    stream = io.StringIO()
    plainly(stream)
    library = logging.getLogger("connectors.transport")
    for _ in range(3):
        library.warning("GET /crm/owners failed: %s", "ReadTimeout")
    library.info("detail")
    library.warning("GET /crm/owners failed: %s", "ConnectionError")
    said = ["rapport: GET /crm/owners failed: ReadTimeout", "rapport: GET /crm/owners failed: ConnectionError"]
    assert stream.getvalue().splitlines() == said


def test_on_a_terminal_events_are_text_for_people() -> None:
    stream = Terminal()
    configure(stream)
    structlog.get_logger().warning("run failed", organisation="acme")
    text = stream.getvalue()
    assert "run failed" in text
    assert not text.startswith("{")


def test_progress_is_logged_once_a_step_with_what_the_step_came_to(log: Pages) -> None:
    logged = Logged()
    for count in (200, 400, 450):
        logged("pull", "crm contact", count)
    logged("compute")
    logged.finish()
    assert [(event["step"], event["detail"], event["count"]) for event in log.events()] == [
        ("pull", "crm contact", 450),
        ("compute", None, 0),
    ]


def test_progress_that_never_began_logs_nothing(log: Pages) -> None:
    Logged().finish()
    assert log.events() == []


def test_the_next_stream_of_a_step_is_an_event_of_its_own(log: Pages) -> None:
    logged = Logged()
    logged("pull", "crm account", 3)
    logged("pull", "crm contact", 5)
    logged.finish()
    assert [event["count"] for event in log.events()] == [3, 5]


def test_where_nobody_watches_progress_is_logged_until_the_block_ends(log: Pages) -> None:
    with progress(log.stream) as shown:
        shown("apply", "crm", 12)
        assert log.events() == []
    assert [(event["step"], event["count"]) for event in log.events()] == [("apply", 12)]


def test_a_step_that_fails_is_logged_as_far_as_it_came(log: Pages) -> None:
    def failing_run() -> None:
        with progress(log.stream) as shown:
            shown("pull", "crm contact", 40)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        failing_run()
    assert [(event["step"], event["count"]) for event in log.events()] == [("pull", 40)]


@pytest.fixture
def display() -> Display:
    return Display(console=Console(file=io.StringIO()))


def test_each_step_has_a_bar_that_counts(display: Display) -> None:
    bars = Bars(display)
    bars("pull", "crm contact", 200)
    bars("pull", "crm contact", 450)
    assert [(task.description, task.completed, task.total) for task in display.tasks] == [
        ("pull crm contact", 450, None)
    ]


def test_a_bar_is_full_when_the_next_step_begins_and_when_all_ends(display: Display) -> None:
    bars = Bars(display)
    bars("pull", "crm contact", 450)
    bars("compute")
    assert [(task.description, task.finished) for task in display.tasks] == [
        ("pull crm contact", True),
        ("compute", False),
    ]
    bars.finish()
    assert all(task.finished for task in display.tasks)


def test_bars_that_never_began_need_no_finish(display: Display) -> None:
    Bars(display).finish()
    assert display.tasks == []


def test_a_terminal_gets_bars() -> None:
    stream = Terminal()
    with progress(stream) as shown:
        assert isinstance(shown, Bars)
        shown("pull", "crm contact", 450)


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    silent("pull", "crm", 3)
    assert capsys.readouterr() == ("", "")


def test_the_module_configures_nothing_by_being_imported() -> None:
    structlog.reset_defaults()
    assert not structlog.is_configured()
    assert telemetry.__doc__
