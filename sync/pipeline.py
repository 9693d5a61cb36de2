"""A run, step by step: pull -> stage -> compute -> diff -> plan -> apply -> journal.

The command line and the worker call `plan`, `run`, `apply` and `undo` with a `Desk`, which holds everything a run
needs; nothing here reads a clock, the network or the environment by itself. `as_of` is the earliest server time among
the connections when the pull began: everything that happened before it is known to all of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any, Protocol, TypeAlias

import duckdb
import sqlalchemy as sa

from connectors.base import Connector, Forecast, Metered, Page, StreamEnd
from connectors.errors import QuotaSpent, RetryLater, SignInRefused, Unusable
from mapping.metadata import COVERED_ROLES, TASK_KEY
from sync import memory, plan_tables
from sync.apply import Applied, Refusal
from sync.apply import apply as write
from sync.changes import Limits, Plan, UnsafePlanError
from sync.journal import Journal, note_task_states
from sync.ledger import Dossier, LeaseHeldError, Ledger, presumed_alive
from sync.plan import Bands, Explain, Request, writable
from sync.plan import plan as diff
from sync.stage import Stage
from sync.undo import UNDO, undo_plan

LEASE_SECONDS = 300
"""How long a silent run keeps its organisation (our default); a living one renews every tenth of it."""

WEDGED_AFTER = 2 * 3600
"""Seconds without a step of the run itself after which its heartbeat no longer speaks for it (our default)."""

SHOWN_ROWS = 500
"""Rows of a plan that are kept for display; the plan itself is computed again before it is applied."""

PLAN_LIFE = 7 * memory.DAY
"""An approval older than this is refused (our default)."""


class Progress(Protocol):
    """Told what a run is doing: the step of the line above, what it works on, and how much so far."""

    def __call__(self, step: str, detail: str = "", count: int = 0) -> None:
        """Show it, log it or ignore it; must not raise."""
        ...


class PlanRefusedError(Exception):
    """An approved plan cannot be applied: unknown, too old, or the data has moved on. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a run of one organisation works with; the composition root lays it out.

    `compute` fills the derived tables of a connection for an `as_of`; `rules` is the digest of rules and profile it
    works by. `explain` renders sentences, `dossiers` reads what is published. `now` tells epoch seconds, `owner` says
    who runs, `alive` whether the owner of another lease may still be at work. `meanwhile` calls what it is given again
    and again while the run is under way, see `sync.heartbeat`.
    """

    org: str
    owner: str
    connectors: Mapping[str, Connector]
    stage: Stage
    ledger: Ledger
    rules: str
    compute: Callable[[duckdb.DuckDBPyConnection, int], None]
    explain: Explain
    dossiers: Callable[[duckdb.DuckDBPyConnection], Iterable[Dossier]]
    now: Callable[[], float]
    progress: Progress
    limits: Limits = field(default_factory=Limits)
    takeover: bool = False
    figures: Mapping[str, object] = field(default_factory=dict)
    """The figures behind `rules`, by name."""
    bands: Bands = field(default_factory=dict)
    alive: Callable[[str], bool] = presumed_alive
    meanwhile: Callable[[Callable[[], None]], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True, slots=True)
class StreamReport:
    """What a stream delivered; one line of the completeness ledger.

    `exists` is what the vendor says there is, `expected` what it announced for this reading, where it tells. Changes
    between `since` and `until` (epoch seconds) were read; without `since` everything was. `missing` says why the stream
    was not read to its end.
    """

    source: str
    stream: str
    read: int
    expected: int | None
    whole: bool
    dropped: Mapping[str, int]
    exists: int | None = None
    since: int | None = None
    until: int | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class CallReport:
    """What was foreseen of a vendor that counts calls: about `pull` to read, about `apply` to write, `left` for us.

    `jobs` names the streams that the vendor reads in a job of its own.
    """

    vendor: str
    pull: int
    left: int | None
    apply: int = 0
    jobs: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. `status`: ok, nothing (there was nothing to change) or incomplete (run again, see `retry_at`).

    `reason` says in a word or two why it is incomplete: quota, partial (something could not be read) and others.
    """

    org: str
    number: int
    kind: str
    status: str = "ok"
    as_of: int | None = None
    digest: str | None = None
    rules: str = ""
    """Digest of the rules that the plan was made by."""
    planned: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    written: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()
    """The first rows the CRM rejected; they stay planned, so that the next run tries them again."""
    streams: tuple[StreamReport, ...] = ()
    calls: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    foreseen: Mapping[str, CallReport] = field(default_factory=dict)
    """What the run was expected to ask, by connection; made before it began."""
    settled: int = 0
    """Writes of earlier runs whose outcome was found by looking, or that were given up: their record is gone."""
    message: str = ""
    reason: str = ""
    retry_at: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the report as JSON values; this is what the runs table keeps."""
        return asdict(self)


def pull(desk: Desk) -> RunReport:
    """Bring the stage up to date and stop; writes nothing into a CRM."""
    return _attended(desk, "pull", lambda run: run.report)


def plan(desk: Desk) -> RunReport:
    """Pull, compute and keep a plan that can be approved by its digest; writes nothing into a CRM.

    The report's message says when the plan is beyond a limit and would be refused.
    """
    return _attended(desk, "plan", lambda run: _planned(desk, run, _look_and_plan(desk, run, run.as_of)))


def run(desk: Desk) -> RunReport:
    """Pull, compute, plan and apply. Raises UnsafePlanError when the plan is beyond the limits."""
    return _attended(desk, "run", lambda run: _applied(desk, run, _look_and_plan(desk, run, run.as_of)))


def apply(desk: Desk, digest: str) -> RunReport:
    """Apply the approved plan with this digest. Raises PlanRefusedError when it no longer is what would be written."""
    kept = _kept_plan(desk, digest)
    return _attended(desk, "apply", lambda run: _approved(desk, run, kept))


def undo(desk: Desk, number: int, *, dry_run: bool = False) -> RunReport:
    """Take run `number` back as far as the CRM still holds what it wrote; a dry run only keeps the plan."""
    if desk.ledger.run(desk.org, number) is None:
        raise PlanRefusedError(f"{desk.org} has no run {number}; `rapport log` lists them")
    return _attended(desk, "undo", lambda run: _undone(desk, run, number, dry_run=dry_run))


@dataclass(slots=True)
class _Run:
    """A run under way: its number, what it pulled, and when it last renewed its lease by itself."""

    number: int
    as_of: int = 0
    renewed_at: float = 0.0
    exists: dict[str, Mapping[str, int]] = field(default_factory=dict)
    report: RunReport = field(default_factory=lambda: RunReport("", 0, ""))


def _attended(desk: Desk, kind: str, steps: Callable[[_Run], RunReport]) -> RunReport:
    """Hold the lease and the run's row around pull and `steps`; every end is noted before it is told."""
    now = int(desk.now())
    desk.ledger.lease(desk.org, desk.owner, now, LEASE_SECONDS, desk.alive)
    try:
        number = desk.ledger.begin_run(desk.org, kind, now)
        this = _Run(number, renewed_at=now, report=RunReport(desk.org, number, kind))
        with desk.meanwhile(lambda: _keep(desk, this)):
            return _noted(desk, this, steps)
    finally:
        desk.ledger.release(desk.org, desk.owner)


def _keep(desk: Desk, this: _Run) -> None:
    """Renew the lease of a run that waits or computes; called beside it, from the heartbeat's thread.

    A failure is no verdict, nor is it told to the run: `_beat` finds out whether the lease is lost.
    """
    now = desk.now()
    if now - this.renewed_at <= WEDGED_AFTER:
        with suppress(LeaseHeldError, sa.exc.SQLAlchemyError):
            desk.ledger.renew(desk.org, desk.owner, int(now), LEASE_SECONDS)


def _noted(desk: Desk, this: _Run, steps: Callable[[_Run], RunReport]) -> RunReport:
    try:
        _pull(desk, this)
        report = _judged(steps(this))
    except RetryLater as patience:
        waiting = replace(this.report, status="incomplete", message=str(patience), retry_at=patience.at)
        report = replace(waiting, reason=patience.reason)
    except KeyboardInterrupt:
        _note_end(desk, replace(this.report, status="interrupted", message="stopped by hand"))
        raise
    except Exception as error:
        _note_end(desk, replace(this.report, status="failed", message=str(error)))
        raise
    return _note_end(desk, report)


def _judged(report: RunReport) -> RunReport:
    """Call a run incomplete that did all it could while something was closed to it."""
    missing = [f"{stream.source} {stream.stream}: {stream.missing}" for stream in report.streams if stream.missing]
    if not missing:
        return report
    message = "; ".join(filter(None, [report.message, f"not read: {'; '.join(missing)}"]))
    return replace(report, status="incomplete", reason=report.reason or "partial", message=message)


def _note_end(desk: Desk, report: RunReport) -> RunReport:
    report = replace(report, calls=_sent(desk))
    desk.ledger.note_run(
        desk.org,
        report.number,
        status=report.status,
        ended_at=int(desk.now()),
        as_of=report.as_of,
        digest=report.digest,
        error=report.message or None,
        report=report.to_json(),
    )
    return report


def _inspect(desk: Desk) -> None:
    """Refuse a run that a connection could not carry through, with everything there is to mend at once.

    Where every connection can be used, a pause of the organisation is over.
    """
    found = [(source, finding) for source, connector in desk.connectors.items() for finding in connector.check()]
    fatal = [f"{source}: {finding}" for source, finding in found if finding.fatal]
    if any(finding.refused for _, finding in found):
        raise SignInRefused("\n".join(fatal))
    if fatal:
        raise Unusable("\n".join(fatal))
    desk.ledger.resume(desk.org)


def _pull(desk: Desk, this: _Run) -> None:
    """Bring the stage up to date; a stream that fails half-way leaves no trace, those before it stay."""
    sent = desk.ledger.calls(desk.org, int(desk.now()) - memory.DAY)
    for source, metered in _metered(desk):
        metered.spent(sent.get(source, 0))
    _inspect(desk)
    desk.stage.keep_only(desk.connectors)
    this.as_of = min(connector.server_time() for connector in desk.connectors.values())
    this.report = replace(this.report, as_of=this.as_of)
    _foresee(desk, this)
    try:
        for source, connector in desk.connectors.items():
            pages = _beating(desk, this, source, connector.pull(desk.stage.cursors(source)))
            for end in desk.stage.take(source, pages):
                told = _told(this, source, end)
                others = (one for one in this.report.streams if (one.source, one.stream) != (source, end.stream))
                this.report = replace(this.report, streams=(*others, told))  # a stream may commit more than once
                _note_calls(desk, this)
    except RetryLater:
        this.report = replace(this.report, streams=(*this.report.streams, *_unreached(this)))
        raise


def _foresee(desk: Desk, this: _Run) -> None:
    """Say what reading will ask of each vendor that counts calls; raises QuotaSpent before a run that does not fit."""
    for source, connector in _metered(desk):
        forecast = connector.forecast(desk.stage.cursors(source))
        _beat(desk, this, "forecast", source, forecast.calls)
        this.exists[source] = forecast.exists
        foreseen = CallReport(connector.vendor, forecast.calls, forecast.left, jobs=forecast.jobs)
        this.report = replace(this.report, foreseen={**this.report.foreseen, source: foreseen})
        _insist(source, connector.vendor, forecast)
    _note_calls(desk, this)


def _metered(desk: Desk) -> list[tuple[str, Metered]]:
    """List the connections to vendors that count calls."""
    return [(source, found) for source, found in desk.connectors.items() if isinstance(found, Metered)]


def _insist(source: str, vendor: str, forecast: Forecast) -> None:
    if not forecast.fits:
        raise QuotaSpent(
            f"{source}: this run needs about {forecast.calls:,} {vendor} calls of {forecast.left:,} left today. "
            "Nothing was read; it begins when there is room for it.",
            forecast.renewed_at,
        )


def _told(this: _Run, source: str, end: StreamEnd) -> StreamReport:
    exists = this.exists.get(source, {}).get(end.stream)
    counts = (end.read, end.expected, end.whole, dict(end.dropped), exists)
    until = end.until if end.until is not None else this.as_of
    return StreamReport(source, end.stream, *counts, end.since, until, end.missing)


def _unreached(this: _Run) -> Iterator[StreamReport]:
    """Name the streams that a pull did not come to, as far as the vendor said that they exist."""
    reached = {(stream.source, stream.stream) for stream in this.report.streams}
    for source, exists in this.exists.items():
        for stream, count in exists.items():
            if (source, stream) not in reached:
                yield StreamReport(
                    source, stream, 0, None, whole=False, dropped={}, exists=count, missing="not reached"
                )


def _beating(desk: Desk, this: _Run, source: str, items: Iterable[Page | StreamEnd]) -> Iterator[Page | StreamEnd]:
    """Pass a pull on, making sure that the organisation is still ours and saying how far it is."""
    read = 0
    for item in items:
        read = item.read if isinstance(item, StreamEnd) else read + len(item.ids)
        _beat(desk, this, "pull", f"{source} {item.stream}", read)
        yield item
        if isinstance(item, StreamEnd):
            read = 0


def _beat(desk: Desk, this: _Run, step: str, detail: str, count: int) -> None:
    """Say how far a run is, and ask the ledger whether it is still its own, when that was last asked a while ago.

    A tenth of the lease: so shortly after renewing it, it cannot have run out. Raises LeaseHeldError when it is lost.
    """
    desk.progress(step, detail, count)
    now = desk.now()
    if now - this.renewed_at >= LEASE_SECONDS / 10:
        desk.ledger.renew(desk.org, desk.owner, int(now), LEASE_SECONDS)
        this.renewed_at = now
        _note_calls(desk, this)


def _note_calls(desk: Desk, this: _Run) -> None:
    """Note what was asked so far: the calls of a run that dies count among those of the day."""
    desk.ledger.note_run(desk.org, this.number, report={"calls": _sent(desk)})


def _sent(desk: Desk) -> Mapping[str, Mapping[str, int]]:
    return {source: connector.calls() for source, connector in desk.connectors.items()}


def _settle(desk: Desk, this: _Run, as_of: int) -> None:
    """Settle what earlier runs left open; only where everything was read is a record that is missing gone.

    A task is known as ours by its key: where that field is hidden from us every one of them seems to be missing.
    """
    read = set(desk.connectors) - {stream.source for stream in this.report.streams if stream.missing}
    keyed = {source for source in read if TASK_KEY in desk.connectors[source].writable("task")}
    settled = memory.look(desk.stage.connection, desk.ledger, desk.org, as_of, memory.Sight(read, keyed))
    this.report = replace(this.report, settled=settled)


def _look_and_plan(desk: Desk, this: _Run, as_of: int) -> Plan:
    """Settle what earlier runs left open, compute what the rules want, and compare."""
    connection = desk.stage.connection
    _settle(desk, this, as_of)
    _beat(desk, this, "compute", "", 0)
    memory.recall(connection, desk.ledger, desk.org)
    desk.compute(connection, as_of)
    _beat(desk, this, "diff", "", 0)
    request = Request(desk.org, as_of, desk.rules, writable(desk.connectors), desk.limits, desk.takeover, desk.bands)
    made = diff(connection, desk.ledger, request, desk.explain)
    accounts: list[Standing] = []
    desk.ledger.publish(desk.org, _standings(desk.dossiers(connection), accounts))
    desk.ledger.note_history(desk.org, as_of, accounts)
    return _kept(desk, this, made)


Standing: TypeAlias = tuple[str, str, str, Mapping[str, str]]
"""Connection, id, name and coverage of an account, for its history."""

REMEMBERED = (
    "coverage_status",
    "coverage_score",
    *(f"{role.replace(' ', '_')}s_{side}" for role in COVERED_ROLES for side in ("actual", "required")),
    "missing_roles",
    "single_threaded",
)
"""What the history of an account holds: its coverage, and nothing that moves by itself from day to day."""


def _standings(dossiers: Iterable[Dossier], accounts: list[Standing]) -> Iterator[Dossier]:
    """Pass dossiers on and set the coverage of each account aside, by its home record."""
    for found in dossiers:
        if found.object == "account" and found.body.get("home"):
            values = {name: found.body["values"][name] for name in REMEMBERED if name in found.body["values"]}
            accounts.append((found.source, found.id, found.name, values))
        yield found


def _kept(desk: Desk, this: _Run, made: Plan) -> Plan:
    """Keep a plan for display and approval."""
    _beat(desk, this, "plan", made.digest, made.counts.get("set", 0))
    connection = desk.stage.connection
    body = made.to_json(
        islice(plan_tables.changes(connection), SHOWN_ROWS), islice(plan_tables.skips(connection), SHOWN_ROWS)
    )
    values = {"as_of": made.as_of, "rules": made.rules, "run": this.number, "made_at": int(desk.now()), "body": body}
    desk.ledger.keep_plan(desk.org, made.digest, **values)
    if made.rules == desk.rules:
        desk.ledger.note_rules(desk.org, desk.rules, int(desk.now()), desk.figures)
    this.report = replace(this.report, digest=made.digest, rules=made.rules)
    this.report = replace(this.report, planned=dict(made.counts), skipped=dict(made.skipped))
    this.report = replace(this.report, foreseen=dict(_priced(desk, this)))
    return made


def _priced(desk: Desk, this: _Run) -> Iterator[tuple[str, CallReport]]:
    """Add to what was foreseen the calls that carrying the plan out takes, and what is left now that all is read."""
    writes = plan_tables.writes(desk.stage.connection)
    for source, connector in _metered(desk):
        cost, left = connector.cost(writes.get(source, {})), connector.left()
        yield source, replace(this.report.foreseen[source], apply=cost, left=left)


def _planned(desk: Desk, this: _Run, made: Plan) -> RunReport:
    """Show a plan even beyond the limits, and say that it will be refused: people must see what is wrong with it."""
    try:
        made.raise_if_unsafe(desk.limits)
    except UnsafePlanError as refusal:
        return replace(_shown(this, made), message=f"this plan will be refused: {refusal}")
    return _shown(this, made)


def _shown(this: _Run, made: Plan) -> RunReport:
    return replace(this.report, status="nothing" if made.empty else "ok")


def _applied(desk: Desk, this: _Run, made: Plan) -> RunReport:
    made.raise_if_unsafe(desk.limits)
    renamed = desk.stage.connection.execute("SELECT key, new_key FROM plan_alias ORDER BY key").fetchall()
    desk.ledger.rename_tasks(desk.org, renamed)
    report = _written(desk, this, made)
    note_task_states(desk.ledger, desk.org, _notes(desk.stage.connection))
    changed = "SELECT source, id, colleague, since_at FROM csm WHERE news ORDER BY source, id"
    desk.ledger.note_csms(desk.org, desk.stage.connection.execute(changed).fetchall())
    return report


def _written(desk: Desk, this: _Run, made: Plan) -> RunReport:
    journal = Journal(desk.ledger, desk.org, this.number, made.as_of)
    done = write(
        desk.stage.connection,
        desk.connectors,
        journal,
        lambda source, count: _beat(desk, this, "apply", source, count),
    )
    text = "; ".join(f"{source}: {message}" for source, message in done.postponed.items())
    report = replace(this.report, status=_status(made, done), message=text, retry_at=done.retry_at)
    unheard = "writes without an answer" if done.outcomes.get("unknown") else ""
    return replace(report, reason=done.reason or unheard, written=done.outcomes, refused=done.refused)


def _status(made: Plan, done: Applied) -> str:
    if done.postponed or done.outcomes.get("unknown"):
        return "incomplete"
    return "nothing" if made.empty else "ok"


def _kept_plan(desk: Desk, digest: str) -> dict[str, Any]:
    """Find the plan that was shown, before anything is pulled for it."""
    kept = desk.ledger.plan(desk.org, digest)
    if kept is None:
        raise PlanRefusedError(f"no plan {digest} is known for {desk.org}; make one with `plan` and approve that")
    if kept["rules"].startswith(UNDO):
        raise PlanRefusedError(
            f"the plan {kept['digest']} takes a run back; carry it out with: rapport {kept['rules']}"
        )
    return kept


def _approved(desk: Desk, this: _Run, kept: dict[str, Any]) -> RunReport:
    if this.as_of - kept["as_of"] > PLAN_LIFE:
        raise PlanRefusedError(f"the plan {kept['digest']} is more than seven days old; make a new one with `plan`")
    made = _look_and_plan(desk, this, kept["as_of"])
    if made.digest != kept["digest"]:
        raise PlanRefusedError(
            f"the data has changed since plan {kept['digest']} was made; what would be written now is {made.digest}"
        )
    return _applied(desk, this, made)


def _undone(desk: Desk, this: _Run, number: int, *, dry_run: bool) -> RunReport:
    connection = desk.stage.connection
    _settle(desk, this, this.as_of)
    made = _kept(desk, this, undo_plan(connection, desk.ledger, desk.org, number, this.as_of))
    made.raise_if_unsafe(replace(desk.limits, max_cleared=None))
    return _shown(this, made) if dry_run else _written(desk, this, made)


def _notes(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Read what the task ledger should learn from this look at the CRMs."""
    rows = connection.execute("SELECT key, source, id, state FROM plan_note ORDER BY key").fetchall()
    return [dict(zip(("key", "source", "id", "state"), row, strict=True)) for row in rows]
