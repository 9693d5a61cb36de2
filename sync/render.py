"""Turns plans, reports and published results into lines a person reads in a terminal. Used by `sync.cli`, `sync.demo`.

Everything here returns text and prints nothing, so that the same lines can be tested, logged or sent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Any, assert_never

from connectors.base import ProvisionStep, Severity
from mapping.metadata import COVERED_ROLES
from sync.changes import (
    ACTIONS,
    Change,
    CloseTask,
    EscalateTask,
    OpenTask,
    Ref,
    RemoveTask,
    ReopenTask,
    ReturnTask,
    SetField,
    Skip,
)
from sync.findings import Told
from sync.ledger import Dossier
from sync.pipeline import RunReport

if TYPE_CHECKING:  # rich costs 60 ms and is needed on a terminal only
    from rich.table import Table

WIDTH = 100
"""Columns of a finding where no terminal says how wide it is."""
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


def headline(report: RunReport) -> str:
    """Say what a plan comes to, in one line with its digest."""
    when = moment(report.as_of or 0)
    return f"Plan {report.digest} of {report.org}, as of {when}: {summary(report.planned) or 'no changes'}."


def summary(counts: Mapping[str, int]) -> str:
    """Say what a plan's counts come to: ``set 12 fields on 3 records, open 2 tasks``; empty when nothing."""
    fields = f"set {counted(counts['set'], 'field')} on {counted(counts['records'], 'record')}"
    verbs = [verb for verb in ACTIONS if counts.get(verb)]
    tasks = (f"{verb} {counted(counts[verb], 'task')}" for verb in verbs)
    return ", ".join([*([fields] if counts.get("set") else []), *tasks])


def plan_lines(
    report: RunReport, changes: Iterable[Change], skips: Iterable[Skip], names: Mapping[str, str], most: int | None
) -> Iterator[str]:
    """Write a plan record by record: old -> new with the reason, then what is skipped and why.

    `names` maps ``source/object/id`` to the name of a record or user; `most` cuts the list of records (None: all).
    """
    yield headline(report)
    if report.message:
        yield f"  {report.message}"
    if report.rules:
        yield f"  by the rules {report.rules[:12]}"
    yield from (f"  {line}" for line in _price_lines(report))
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
    yield from _skip_lines(report, skips, names, most)


def _price_lines(report: RunReport) -> Iterator[str]:
    """Say what carrying a plan out asks of each vendor that counts calls."""
    for source, told in report.foreseen.items():
        if told.jobs:
            yield f"{source}: read {_jobs(told.vendor, told.jobs)}."
        if told.apply:
            yield f"{source}: applying this plan needs {_calls(told.apply, told.vendor, told.left)}."


def _calls(calls: int, vendor: str, left: int | None) -> str:
    return f"about {calls:,} {vendor} calls" + ("" if left is None else f" of {left:,} left today")


def _jobs(vendor: str, streams: Sequence[str]) -> str:
    return f"{', '.join(streams)} by jobs of {vendor}" if len(streams) > 1 else f"{streams[0]} by a job of {vendor}"


def _by_record(changes: Iterable[Change], names: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    for heading, group in groupby(changes, key=lambda change: _heading(change, names)):
        yield heading, [line for change in group for line in _change_lines(change, names)]


def _heading(change: Change, names: Mapping[str, str]) -> str:
    match change:
        case SetField(ref=ref):
            return f"{ref.object} {names.get(str(ref), '')}  ({ref})"
        case OpenTask():
            return f"task in {change.source}: {change.subject}"
        case CloseTask() | ReopenTask() | EscalateTask() | ReturnTask() | RemoveTask():
            return f"task {change.key}  ({change.ref})"
        case _:
            assert_never(change)


def _change_lines(change: Change, names: Mapping[str, str]) -> Iterator[str]:
    match change:
        case SetField():
            yield f"  {change.field:<20} {_short(change.before)} -> {_short(change.after)}"
            if change.reason:
                yield f"  {'':<20} because {change.reason}"
        case OpenTask():
            yield f"  open, due {moment(change.due_at)[:10]}: {change.reason}"
        case CloseTask():
            yield f"  complete: {change.reason}"
        case ReopenTask(after=after):
            due = f", due {moment(after.due_at)[:10]}" if after.due_at is not None else ""
            yield f"  reopen{due}: {change.reason}"
        case EscalateTask():
            yield f"  pass on to {_assignee(change, names)}: {change.reason}"
        case ReturnTask():
            yield f"  give back to {_assignee(change, names)}: {change.reason}"
        case RemoveTask():
            yield f"  remove: {change.reason}"
        case _:
            assert_never(change)


def _assignee(change: EscalateTask | ReturnTask, names: Mapping[str, str]) -> str:
    return names.get(str(Ref(change.ref.source, "user", change.owner_id)), change.owner_id)


def _short(value: str | None, width: int = 100) -> str:
    if value is None:
        return EMPTY
    line = value.replace("\n", " ")
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _skip_lines(report: RunReport, skips: Iterable[Skip], names: Mapping[str, str], most: int | None) -> Iterator[str]:
    if not report.skipped:
        return
    yield ""
    yield "Skipped: " + ", ".join(f"{count:,} {why}" for why, count in report.skipped.items())
    for number, skip in enumerate(skips):
        if most is not None and number >= most:
            yield f"  ... and {sum(report.skipped.values()) - most:,} more (--all shows every one)"
            return
        yield f"  {skip.why.value:<20} {_skipped(skip, names)}"


def _skipped(skip: Skip, names: Mapping[str, str]) -> str:
    """Name what was skipped: a task by its subject, a value by record and field with what stands there."""
    if skip.ref.object == "task" and skip.detail:
        return f"task in {skip.ref.source}: {_short(skip.detail)}"
    detail = f" ({_short(skip.detail)})" if skip.detail else ""
    return f"{skip.ref.object} {names.get(str(skip.ref), str(skip.ref))}: {skip.field}{detail}"


def outcome(status: str, reason: str | None) -> str:
    """Write what became of a run, with the reason where it is incomplete: ``incomplete: quota``."""
    return f"{status}: {reason}" if reason else status


def report_lines(report: RunReport) -> Iterator[str]:
    """Say what a run came to: its outcome, what it read, what it wrote, what it left and why, and the calls it took."""
    when = f", as of {moment(report.as_of)}" if report.as_of else ""
    yield f"Run {report.number} of {report.org} ({report.kind}){when}: {outcome(report.status, report.reason)}."
    if report.message:
        yield f"  {report.message}"
    read = sum(stream.read for stream in report.streams)
    calls = sum(sum(counts.values()) for counts in report.calls.values())
    yield f"  read {counted(read, 'record')} in {counted(len(report.streams), 'stream')} with {counted(calls, 'call')}"
    if report.streams and all(stream.whole for stream in report.streams):
        yield "  everything was read from its beginning, not changes alone"
    for source, told in report.foreseen.items():
        used = sum(report.calls.get(source, {}).values())
        left = "" if told.left is None else f"; {told.left:,} left today"
        yield f"  {source}: {counted(used, told.vendor + ' call')} of about {told.pull + told.apply:,} foreseen{left}"
    if report.planned:
        yield f"  planned: {summary(report.planned) or 'no changes'}"
    if report.written:
        yield "  written: " + ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(report.written.items()))
    yield from (f"  rejected: {refusal.record}: {refusal.message}" for refusal in report.refused)
    if report.skipped:
        yield "  skipped: " + ", ".join(f"{count:,} {why}" for why, count in report.skipped.items())
    if report.kind == "undo" and report.written:
        yield "  The next run will want the same changes again unless rules or data change first."


def finding_lines(found: Sequence[Told]) -> Iterator[str]:
    """List what a check found, as compilers do: place, severity, what it is about, cause and fix; then the verdict."""
    for told in found:
        text = f"{told.place}: {told.severity}: {told.about}: {told.sentence}"
        yield from wrap(text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    yield verdict(found)


def verdict(found: Sequence[Told]) -> str:
    """Say whether a run would fail, and how much was found."""
    counts = {severity: sum(told.severity is severity for told in found) for severity in Severity}
    errors, warnings = (counted(counts[one], one.value) for one in (Severity.ERROR, Severity.WARNING))
    if counts[Severity.ERROR]:
        return f"{errors}, {warnings}: a run would fail."
    return f"Everything a run needs is there{f'; {warnings}' if counts[Severity.WARNING] else ''}."


def finding_table(found: Sequence[Told]) -> "Table":
    """Lay the same out as a table for a terminal."""
    from rich.table import Table
    from rich.text import Text

    laid = Table(expand=False, show_lines=True)
    for name in ("", "about", "cause and fix", "setting"):
        laid.add_column(name, overflow="fold")
    for told in found:
        style = _STYLES[told.severity]
        laid.add_row(Text(told.severity, style), Text(told.about), Text(told.sentence), Text(told.place))
    return laid


_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "dim"}


def provision_lines(org: str, source: str, steps: Sequence[ProvisionStep], *, dry_run: bool) -> Iterator[str]:
    """List what provisioning did, or would do."""
    needed = [step for step in steps if step.done]
    for step in needed:
        yield f"{org}/{source}: {'would do' if dry_run else 'done'}: {step.what} {step.detail}".rstrip()
    yield f"{org}/{source}: {counted(len(needed), 'step')} of {len(steps)} {'needed' if dry_run else 'done'}."


def coverage_lines(accounts: Iterable[Dossier]) -> list[str]:
    """Lay the coverage of accounts out as a table, worst first; one row an account, numbers as actual/required."""
    rows = [_coverage_row(account) for account in sorted(accounts, key=_worst_first)]
    header = ("account", "segment", "breadth", "status", "score", "buyers", "champions", "power users", "missing")
    return table(header, rows, right=frozenset({4}))


_STATUSES = ("gap", "partial", "cannot tell", "covered")


def _worst_first(account: Dossier) -> tuple[int, int, str]:
    values = account.body["values"]
    status = values.get("coverage_status")
    rank = _STATUSES.index(status) if status in _STATUSES else len(_STATUSES)
    return rank, int(values.get("coverage_score") or 0), account.name


def _coverage_row(account: Dossier) -> Sequence[str]:
    values = account.body["values"]
    head = (values.get(name) or EMPTY for name in ("segment", "breadth", "coverage_status", "coverage_score"))
    numbers = (_number(values, role.replace(" ", "_")) for role in COVERED_ROLES)
    return (account.name, *head, *numbers, (values.get("missing_roles") or "").replace(";", ", "))


def _number(values: Mapping[str, str | None], role: str) -> str:
    actual, required = values.get(f"{role}s_actual"), values.get(f"{role}s_required")
    return f"{actual or EMPTY}/{required or EMPTY}"


def portfolio_lines(slices: Sequence[Dossier]) -> list[str]:
    """Lay slices of the portfolio out as a table: coverage beside what was renewed and lost."""
    header = ("by", "slice", "accounts", "arr", "covered", "partial", "gap", "cannot tell", "score", "equity")
    rows = [(one.source, one.name, *_slice_row(one.body["values"])) for one in slices]
    return table((*header, "renewed", "lost", "gaps", "chronic"), rows, right=frozenset(range(2, 14)))


_SLICE = ("accounts", "arr", "covered", "partly", "uncovered", "untold", "score", "equity", "renewed", "lost", "gaps")


def _slice_row(values: Mapping[str, Any]) -> Sequence[str]:
    return [EMPTY if values[name] is None else f"{values[name]:,.0f}" for name in (*_SLICE, "chronic")]


def task_lines(tasks: Iterable[Mapping[str, Any]]) -> list[str]:
    """List tasks that a run opened: the CRM, the due date, the subject."""
    rows = [(task["source"], task["due"], task["subject"]) for task in tasks]
    return [f"Tasks opened: {len(rows)}", *(table(("crm", "due", "subject"), rows) if rows else ())]


def log_lines(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """List runs, newest first: number, kind, when, outcome, what was written."""
    rows = [
        (
            str(run["number"]),
            run["kind"],
            moment(run["started_at"]),
            outcome(run["status"], (run["report"] or {}).get("reason")),
            run["digest"] or EMPTY,
            _written(run["report"] or {}) or run["error"] or EMPTY,
        )
        for run in runs
    ]
    return table(("run", "kind", "started", "status", "plan", "outcome"), rows, right=frozenset({0}))


def completeness_lines(streams: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lay out per connection and object what exists, what was read, what was dropped and why, and from when to when."""
    rows = [
        (
            stream["source"],
            stream["stream"],
            *(EMPTY if stream.get(name) is None else f"{stream[name]:,}" for name in ("exists", "expected", "read")),
            _window(stream),
            _left_out(stream),
        )
        for stream in streams
    ]
    header = ("connection", "object", "exists", "announced", "read", "changes of", "left out")
    return table(header, rows, right=frozenset({2, 3, 4}))


def _window(stream: Mapping[str, Any]) -> str:
    if stream.get("until") is None or stream.get("missing"):
        return EMPTY
    begin = "the beginning" if stream.get("since") is None else moment(stream["since"])
    return f"{begin} to {moment(stream['until'])}"


def _left_out(stream: Mapping[str, Any]) -> str:
    """Say why a stream was not read to its end, or how many records were dropped for which reason."""
    if stream.get("missing"):
        return f"NOT READ: {stream['missing']}"
    return ", ".join(f"{count:,} {why}" for why, count in stream["dropped"].items()) or EMPTY


def _written(report: Mapping[str, Any]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in sorted((report.get("written") or {}).items()))


def dossier_lines(who: str, dossiers: Sequence[Dossier]) -> Iterator[str]:
    """Explain records: their values in sentences and the CRM records these rest on."""
    if not dossiers:
        yield f'Nothing is published about "{who}". Names and ids are matched by any part; results appear after a run.'
    for _, same in groupby(dossiers, key=lambda dossier: (dossier.name, dossier.account, dossier.body["sentences"])):
        yield from _one_dossier(list(same))


def _one_dossier(records: Sequence[Dossier]) -> Iterator[str]:
    """Explain what one or more records of the same person or company say together."""
    first = records[0]
    at = f" at {first.account}" if first.account and first.account != first.name else ""
    yield f"{first.name}{at}  ({', '.join(f'{one.source}/{one.object}/{one.id}' for one in records)})"
    for reason in first.body.get("reasons", ()):
        yield f"  {reason['text']}"
        yield f"      {_reason_words(reason)}"
    if "reasons" not in first.body:  # published by an earlier version
        yield from (f"  {sentence}" for sentence in first.body["sentences"])
        if first.body["records"]:
            yield "  Records: " + ", ".join(first.body["records"])
    yield ""


def _reason_words(reason: Mapping[str, Any]) -> str:
    """Name the rule behind a sentence, where its figures are shown, and the records it rests on."""
    rests = ", ".join(reason["records"]) or f"no record: {reason['no_record'] or 'it follows from the rules alone'}"
    return f"[{reason['rule']}, rules show {reason['part'].split(' ')[0]}] {rests}"
