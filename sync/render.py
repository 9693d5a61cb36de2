"""Turns plans, reports and dossiers into lines a person reads in a terminal. Used by `sync.cli` and `sync.demo`.

Everything here returns text and prints nothing, so that the same lines can be tested, logged or sent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

from sync.changes import Change, CloseTask, OpenTask, Plan, RemoveTask, ReopenTask, SetField, Skip

EMPTY = "-"
"""Stands for a value that is not there."""


def moment(epoch: int) -> str:
    """Write an instant as ``2026-11-22 06:00 UTC``."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")


def counted(count: int, word: str) -> str:
    """Write a number with its noun: ``1 change``, ``2,000 changes``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Lay rows out under a header; columns named by index in `right` are flushed right."""
    lines = [tuple(header), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    lines.insert(1, tuple("-" * width for width in widths))
    return ["  ".join(_cell(*cell, widths, right) for cell in enumerate(line)).rstrip() for line in lines]


def _cell(column: int, text: str, widths: Sequence[int], right: frozenset[int]) -> str:
    return text.rjust(widths[column]) if column in right else text.ljust(widths[column])


def headline(plan: Plan) -> str:
    """Say what a plan comes to, in one line with its digest."""
    if plan.empty:
        return f"Plan {plan.digest} of {plan.org}, as of {moment(plan.as_of)}: no changes."
    counts = plan.counts
    parts = (
        [f"set {counted(counts['set'], 'field')} on {counted(counts['records'], 'record')}"] if counts["set"] else []
    )
    parts += [
        f"{verb} {counted(counts[verb], 'task')}" for verb in ("open", "close", "reopen", "remove") if counts.get(verb)
    ]
    return f"Plan {plan.digest} of {plan.org}, as of {moment(plan.as_of)}: {', '.join(parts)}."


def plan_lines(
    plan: Plan, changes: Iterable[Change], skips: Iterable[Skip], names: Mapping[str, str], most: int | None
) -> Iterator[str]:
    """Write a plan record by record: old -> new with the reason, then what is skipped and why.

    `names` maps ``source/object/id`` to the record's name; `most` cuts the list of records (None: all of them).
    """
    yield headline(plan)
    shown = 0
    for heading, lines in _by_record(changes, names):
        shown += 1
        if most is None or shown <= most:
            yield ""
            yield heading
            yield from lines
    if most is not None and shown > most:
        yield ""
        yield f"... and {counted(shown - most, 'record')} more (--all shows every one)"
    yield from _skip_lines(plan, skips, names, most)


def _by_record(changes: Iterable[Change], names: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    for heading, group in groupby(changes, key=lambda change: _heading(change, names)):
        yield heading, [line for change in group for line in _change_lines(change)]


def _heading(change: Change, names: Mapping[str, str]) -> str:
    match change:
        case SetField(ref=ref):
            return f"{ref.object} {names.get(str(ref), '')}  ({ref})"
        case OpenTask():
            return f"task in {change.source}: {change.subject}"
        case CloseTask() | ReopenTask() | RemoveTask():
            return f"task {change.key}  ({change.ref})"


def _change_lines(change: Change) -> Iterator[str]:
    match change:
        case SetField():
            yield f"  {change.field:<20} {change.before or EMPTY} -> {_short(change.after)}"
            if change.reason:
                yield f"  {'':<20} because {change.reason}"
        case OpenTask():
            yield f"  open, due {moment(change.due_at)[:10]}: {change.reason}"
        case CloseTask():
            yield f"  complete: {change.reason}"
        case ReopenTask():
            yield f"  reopen: {change.reason}"
        case RemoveTask():
            yield f"  remove: {change.reason}"


def _short(value: str | None, width: int = 100) -> str:
    if value is None:
        return EMPTY
    line = value.replace("\n", " ")
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _skip_lines(plan: Plan, skips: Iterable[Skip], names: Mapping[str, str], most: int | None) -> Iterator[str]:
    if not plan.skipped:
        return
    yield ""
    yield "Skipped: " + ", ".join(f"{count:,} {why}" for why, count in plan.skipped.items())
    for number, skip in enumerate(skips):
        if most is not None and number >= most:
            return
        name = names.get(str(skip.ref), str(skip.ref))
        detail = f" ({_short(skip.detail)})" if skip.detail else ""
        yield f"  {skip.why.value:<20} {skip.ref.object} {name}: {skip.field}{detail}"
