"""What every command shares: exit statuses, printing an answer, expected errors in one line, common options.

`sync.cli` and `sync.questions` hold the commands. Heavy modules are imported inside functions, so that ``rapport
--help`` answers at once.
"""

import signal
import sys
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

import click

if TYPE_CHECKING:
    from sync.app import App

P = ParamSpec("P")


class Exit(IntEnum):
    """What an exit status means."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    PENDING = 3
    INCOMPLETE = 4
    STOPPED = 130
    """128 and the number of the signal, as shells have it."""
    TERMINATED = 143


class TerminatedError(KeyboardInterrupt):
    """Somebody asked this process to end: it stops as if by Ctrl-C."""


def terminated(_number: int, _frame: object) -> None:
    """Turn SIGTERM into an exception, so that the run is noted as interrupted and its lease is given back."""
    raise TerminatedError


def answer(lines: Iterable[str]) -> None:
    """Print the answer of a command."""
    for line in lines:
        click.echo(line)


def answer_json(value: object) -> None:
    """Print the answer as JSON."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def answers_for(command: Callable[P, int]) -> Callable[P, None]:
    """Run a command, turn its result into the exit status and expected errors into one message."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        from sync import app, telemetry

        telemetry.plainly(sys.stderr)
        signal.signal(signal.SIGTERM, terminated)
        try:
            sys.exit(command(*args, **kwargs))
        except app.EXPECTED as error:
            click.echo(f"rapport: {error}", err=True)
            sys.exit(Exit.ERROR)
        except KeyboardInterrupt as stop:
            click.echo("rapport: stopped; what was done is noted, and the next run goes on from there", err=True)
            sys.exit(Exit.TERMINATED if isinstance(stop, TerminatedError) else Exit.STOPPED)

    return wrapper


def opened(context: click.Context) -> "App":
    """Open the app on the settings file of the command line."""
    from sync.app import App

    return App(context.obj)


ORG = click.option("--org", metavar="NAME", help="Organisation of the settings file; without it, all of them.")
ONE_ORG = click.option("--org", metavar="NAME", help="Organisation; needed when the settings file holds several.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
