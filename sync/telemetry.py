"""What people and machines see while work goes on: structured logs and progress bars.

On a terminal a person sees progress bars and short lines on standard error; anywhere else every event is one JSON
object per line on standard error. Standard output belongs to the answer of a command.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

import structlog

if TYPE_CHECKING:  # rich costs 60 ms and is needed on a terminal only
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


class Progress(Protocol):
    """Told how far a long step has come; `sync.pipeline` calls it."""

    def step(self, name: str, total: int | None = None) -> None:
        """Begin the step `name` of `total` units; None when nobody knows."""
        ...

    def advance(self, units: int) -> None:
        """Say that `units` more are done."""
        ...


class Silent:
    """Progress for tests and for output that somebody else reads."""

    def step(self, name: str, total: int | None = None) -> None:
        """Ignore the step."""

    def advance(self, units: int) -> None:
        """Ignore the units."""


class Logged:
    """Progress as log events: one when a step begins, one when the next begins or all is over."""

    def __init__(self) -> None:
        self._log = structlog.get_logger("rapport.progress")
        self._name = ""
        self._done = 0

    def step(self, name: str, total: int | None = None) -> None:
        """Report the step before and begin `name`."""
        self.finish()
        self._name, self._done = name, 0
        self._log.info("step", step=name, total=total)

    def advance(self, units: int) -> None:
        """Count the units."""
        self._done += units

    def finish(self) -> None:
        """Report the last step."""
        if self._name:
            self._log.info("step done", step=self._name, done=self._done)
        self._name = ""


class Bars:
    """Progress as bars on a terminal."""

    def __init__(self, display: "RichProgress") -> None:
        self._display = display
        self._task: TaskID | None = None

    def step(self, name: str, total: int | None = None) -> None:
        """Finish the bar before and begin one for `name`."""
        self.finish()
        self._task = self._display.add_task(name, total=total)

    def advance(self, units: int) -> None:
        """Move the bar on."""
        if self._task is not None:
            self._display.update(self._task, advance=units)

    def finish(self) -> None:
        """Fill the last bar, also when its total was unknown."""
        if self._task is not None:
            self._display.update(self._task, total=1, completed=1)
        self._task = None


@contextmanager
def progress(stream: TextIO) -> Iterator[Progress]:
    """Give bars when `stream` (standard error) is a terminal, log events otherwise."""
    if not stream.isatty():
        logged = Logged()
        yield logged
        logged.finish()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Display

    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Display(*columns, console=Console(file=stream), transient=True) as display:
        bars = Bars(display)
        yield bars
        bars.finish()


def configure(stream: TextIO, level: str = "info") -> None:
    """Send our events and those of the libraries to `stream`; JSON lines unless it is a terminal.

    Called once, by the composition root.
    """
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=True) if stream.isatty() else structlog.processors.JSONRenderer()
    )
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=stream, level=logging.WARNING, format="%(message)s", force=True)
