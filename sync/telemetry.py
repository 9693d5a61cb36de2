"""What people and machines see while work goes on: structured logs and progress bars.

Runs and the worker tell what they do on standard error: progress on a terminal, anywhere else every event as one JSON
object a line. Of all other commands a person waits for the answer; what goes wrong on the way is a line of plain words.
Standard output belongs to the answer of a command.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import structlog

if TYPE_CHECKING:  # rich costs 60 ms and is needed on a terminal only
    from rich.progress import Progress as Display
    from rich.progress import TaskID

    from sync.pipeline import Progress


def silent(step: str, detail: str = "", count: int = 0) -> None:
    """Progress for tests and for output that somebody else reads: shows nothing."""


class Logged:
    """Progress as log events: one when a step or its detail changes, with what the one before came to."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("rapport.progress")
        self._current = ("", "")
        self._count = 0

    def __call__(self, step: str, detail: str = "", count: int = 0) -> None:
        """Take note of the count; log when something new begins."""
        if (step, detail) != self._current:
            self.finish()
            self._current = (step, detail)
        self._count = count

    def finish(self) -> None:
        """Log what the last step came to."""
        step, detail = self._current
        if step:
            self._log.info("step", step=step, detail=detail or None, count=self._count)


class Bars:
    """Progress on a terminal: one line a step, counting; the display is opened by `progress`."""

    def __init__(self, display: "Display") -> None:
        self._display = display
        self._lines: dict[tuple[str, str], TaskID] = {}

    def __call__(self, step: str, detail: str = "", count: int = 0) -> None:
        """Move the line of this step on; the one before is finished when a new one begins."""
        if (step, detail) not in self._lines:
            self.finish()
            self._lines[step, detail] = self._display.add_task(f"{step} {detail}".strip(), total=None)
        self._display.update(self._lines[step, detail], completed=count)

    def finish(self) -> None:
        """Fill the bar of the last step."""
        if self._lines:
            last = self._display.tasks[-1]
            self._display.update(last.id, total=max(last.completed, 1), completed=max(last.completed, 1))


@contextmanager
def progress(stream: TextIO) -> Iterator["Progress"]:
    """Give bars when `stream` (standard error) is a terminal, log events otherwise."""
    if not stream.isatty():
        logged = Logged()
        try:
            yield logged
        finally:
            logged.finish()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description:<32}"),
        BarColumn(),
        TextColumn("{task.completed:>10,.0f}"),
        TimeElapsedColumn(),
    )
    with Display(*columns, console=Console(file=stream), transient=True) as display:
        bars = Bars(display)
        yield bars
        bars.finish()


def plainly(stream: TextIO) -> None:
    """Send warnings of libraries to `stream` as lines of plain words; one that repeats itself is said once.

    For commands that a person waits for; `configure` is for those that do something for long. Events stay events.
    """
    _events(stream, logging.INFO)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("rapport: %(message)s"))
    handler.addFilter(_Once())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class _Once(logging.Filter):
    """Lets a message pass unless it is the one before."""

    _last = ""

    def filter(self, record: logging.LogRecord) -> bool:
        said, self._last = self._last, record.getMessage()
        return said != self._last


def configure(stream: TextIO, level: str = "info") -> None:
    """Send our events and those of the libraries to `stream`: JSON lines, or coloured text on a terminal."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared, renderer = _events(stream, threshold)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)


def _events(stream: TextIO, threshold: int) -> tuple[list[structlog.typing.Processor], structlog.typing.Processor]:
    """Send our own events to `stream`; gives what they pass through, and what writes them."""
    colours = stream.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=True) if colours else structlog.processors.JSONRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    return shared, renderer
