"""The command line. Each command is a few lines: open the app, do one thing, print the answer, choose the exit code.

Exit codes: 0 nothing to do or done, 1 error, 2 wrong usage, 3 changes pending (`plan`, `undo --dry-run`), 4 incomplete,
run again, 130 stopped by Ctrl-C, 143 by SIGTERM.
Everything heavy is imported inside the commands, so that ``rapport --help`` and completion answer at once.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from sync.questions import AS_OF, QUESTIONS, explain_then, status_then
from sync.terminal import JSON, ONE_ORG, ORG, Exit, answer, answer_json, answers_for, opened

if TYPE_CHECKING:
    from datetime import datetime

    from rich.table import Table

    from sync.pipeline import Desk, RunReport

SHOWN_RECORDS = 20
"""Records of a plan that a person sees without asking for all of them."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "-c",
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("rapport.yaml"),
    show_default=True,
    help="Settings file.",
)
@click.version_option(package_name="rapport-crm", prog_name="rapport")
@click.pass_context
def main(context: click.Context, config: Path) -> None:
    """Measure relationship coverage in Salesforce and HubSpot and write it back as fields and tasks.

    Begin with `rapport demo`, or with `rapport init` for your own CRMs.
    """
    context.obj = config


for question in QUESTIONS:
    main.add_command(question)


@main.command()
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.pass_context
@answers_for
def init(context: click.Context, *, force: bool) -> int:
    """Write a commented settings file to start from."""
    from sync import starter
    from sync.app import UsageError

    path: Path = context.obj
    if path.exists() and not force:
        raise UsageError(f"{path} exists already; --force replaces it")
    try:
        beside = starter.write(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    answer([f"Wrote {path}. Put the secrets where it says, then: rapport check"])
    answer([f"Beside it: {', '.join(beside)}, for figures of your own and for editors that know JSON Schema."])
    return Exit.DONE


@main.command()
@ORG
@JSON
@click.pass_context
@answers_for
def check(context: click.Context, org: str | None, *, as_json: bool) -> int:
    """Test everything a run will need, before it; changes nothing in a CRM. Exit status 1 when a run would fail."""
    from sync import check as checks
    from sync import findings, render
    from sync.settings import SettingsError

    try:
        found = checks.check(opened(context), org)
    except SettingsError as error:
        found = checks.unusable(error)
    failing, joined = findings.fails(found), findings.merged(found)
    if as_json:
        answer_json({"fails": failing, "findings": [told.to_json() for told in found]})
    elif sys.stdout.isatty():
        show_table(render.finding_table(joined), render.verdict(joined))
    else:
        answer(render.finding_lines(joined))
    return Exit.ERROR if failing else Exit.DONE


def show_table(table: "Table", verdict: str) -> None:
    """Print a table as wide as the terminal, and a line below it."""
    from rich.console import Console

    console = Console(file=sys.stdout)
    if table.row_count:
        console.print(table)
    console.print(verdict, markup=False, highlight=False)


@main.command()
@ORG
@click.option("--dry-run", is_flag=True, help="Only say what is missing.")
@click.pass_context
@answers_for
def provision(context: click.Context, org: str | None, *, dry_run: bool) -> int:
    """Create Rapport's fields in the CRMs and make them visible; running it again changes nothing."""
    from mapping.metadata import FIELDS
    from sync import render

    app = opened(context)
    for name in app.organisations(org):
        with app.connections(name) as connections:
            for source, connector in connections.items():
                steps = list(connector.provision(FIELDS, dry_run))
                answer(render.provision_lines(name, source, steps, dry_run=dry_run))
    return Exit.DONE


def for_each(context: click.Context, org: str | None, work: "Callable[[Desk], RunReport]") -> "Iterator[RunReport]":
    """Do a piece of work for every organisation asked for, with progress on standard error.

    One that fails does not keep the others from theirs. Raises UsageError at the end with what failed, by organisation.
    """
    from sync.app import EXPECTED, UsageError
    from sync.telemetry import configure, progress

    configure(sys.stderr)
    app, failures = opened(context), []
    asked = app.organisations(org)
    for name in asked:
        try:
            with progress(sys.stderr) as shown, app.desk(name, shown) as desk:
                report = work(desk)
        except EXPECTED as error:
            if len(asked) == 1:
                raise
            failures.append(f"{name}: {error}")
        else:
            yield report
    if failures:
        raise UsageError("\nrapport: ".join(failures))


def told(reports: "Iterable[RunReport]", *, as_json: bool) -> int:
    """Print what runs came to and give the exit status; what is finished is told even when a later one fails."""
    from sync import render

    finished: list[RunReport] = []
    try:
        for report in reports:
            finished.append(report)
            answer(() if as_json else render.report_lines(report))
    finally:
        if as_json and finished:
            answer_json([report.to_json() for report in finished])
    return Exit.INCOMPLETE if any(report.status == "incomplete" for report in finished) else Exit.DONE


@main.command()
@ORG
@JSON
@click.pass_context
@answers_for
def run(context: click.Context, org: str | None, *, as_json: bool) -> int:
    """Do the whole way: pull, compute, plan, apply."""
    from sync import pipeline

    return told(for_each(context, org, pipeline.run), as_json=as_json)


@main.command()
@ORG
@JSON
@click.pass_context
@answers_for
def pull(context: click.Context, org: str | None, *, as_json: bool) -> int:
    """Bring the local copy of the CRMs up to date; writes nothing into them."""
    from sync import pipeline

    return told(for_each(context, org, pipeline.pull), as_json=as_json)


@main.command()
@ORG
@JSON
@click.option("--all", "everything", is_flag=True, help="Show every record instead of the first ones.")
@click.pass_context
@answers_for
def plan(context: click.Context, org: str | None, *, as_json: bool, everything: bool) -> int:
    """Show what a run would change, old -> new with the reason, and what it would skip; exit status 3 when anything.

    With --json it is one organisation's plan.
    """
    from sync import pipeline

    most = None if everything else SHOWN_RECORDS
    org = opened(context).only(org) if as_json else org
    return pending(for_each(context, org, lambda desk: shown(desk, pipeline.plan(desk), as_json=as_json, most=most)))


def shown(desk: "Desk", report: "RunReport", *, as_json: bool, most: int | None) -> "RunReport":
    """Print the plan that lies on the desk, at most `most` records of it; a run that got none tells why."""
    from sync import plan_tables, render, results

    connection = desk.stage.connection
    if report.digest is None:
        told([report], as_json=as_json)
    elif as_json:
        answer_json(results.plan_json(desk, report))
    else:
        rows = plan_tables.changes(connection), plan_tables.skips(connection), results.names(connection)
        answer(render.plan_lines(report, *rows, most=most))
    return report


def pending(reports: "Iterable[RunReport]") -> int:
    """Give the exit status of plans that were shown."""
    states = {report.status for report in reports}
    if "incomplete" in states:
        return Exit.INCOMPLETE
    return Exit.PENDING if states - {"nothing"} else Exit.DONE


@main.command()
@click.argument("digest")
@ONE_ORG
@JSON
@click.pass_context
@answers_for
def apply(context: click.Context, digest: str, org: str | None, *, as_json: bool) -> int:
    """Apply the plan with this DIGEST; refused when the data has moved on since it was shown."""
    from sync import pipeline

    name = opened(context).only(org)
    return told(for_each(context, name, lambda desk: pipeline.apply(desk, digest)), as_json=as_json)


@main.command()
@click.argument("number", metavar="RUN", type=int)
@ONE_ORG
@JSON
@click.option("--dry-run", is_flag=True, help="Only show what would be taken back.")
@click.pass_context
@answers_for
def undo(context: click.Context, number: int, org: str | None, *, as_json: bool, dry_run: bool) -> int:
    """Take RUN back, wherever the CRM still holds what it wrote; change the cause, or the next run does it again."""
    from sync import pipeline

    def taken_back(desk: "Desk") -> "RunReport":
        report = pipeline.undo(desk, number, dry_run=dry_run)
        return shown(desk, report, as_json=as_json, most=SHOWN_RECORDS) if dry_run else report

    reports = for_each(context, opened(context).only(org), taken_back)
    return pending(reports) if dry_run else told(reports, as_json=as_json)


@main.command()
@ORG
@JSON
@click.option("--completeness", is_flag=True, help="Show instead what the last run read of each object, and what not.")
@AS_OF
@click.pass_context
@answers_for
def status(
    context: click.Context, org: str | None, as_of: "datetime | None", *, as_json: bool, completeness: bool
) -> int:
    """Show the coverage of every account and the last run, from the latest published results."""
    from sync import render, results

    app = opened(context)
    if as_of is not None:
        return status_then(app, app.organisations(org), as_of, as_json=as_json)
    if as_json:
        answer_json({name: results.standing(app.ledger, name) for name in app.organisations(org)})
        return Exit.DONE
    for name in app.organisations(org):
        answer(render.log_lines(app.ledger.runs(name, 1)))
        if pause := app.ledger.paused(name):
            answer(["", f"PAUSED: {pause['said']}"])
        if completeness:
            answer(["", *render.completeness_lines(results.completeness(app.ledger, name))])
            continue
        answer(["", *render.coverage_lines(results.accounts(app.ledger, name))])
    return Exit.DONE


@main.command()
@ORG
@JSON
@click.option(
    "--by",
    "dimension",
    type=click.Choice(["segment", "tier", "breadth", "orientation", "csm", "partner", "product"]),
    help="One kind of slice instead of all.",
)
@click.pass_context
@answers_for
def portfolio(context: click.Context, org: str | None, *, as_json: bool, dimension: str | None) -> int:
    """Show coverage, equity and renewals by segment, tier, breadth, orientation, CSM, partner and product."""
    from sync import render, results

    app = opened(context)
    found = {name: results.portfolio(app.ledger, name, dimension) for name in app.organisations(org)}
    if as_json:
        answer_json(found)
        return Exit.DONE
    for slices in found.values():
        answer(render.portfolio_lines(slices))
    return Exit.DONE


@main.command()
@click.argument("number", metavar="[RUN]", type=int, required=False)
@ONE_ORG
@JSON
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many runs.")
@click.pass_context
@answers_for
def log(context: click.Context, number: int | None, org: str | None, *, as_json: bool, last: int) -> int:
    """List the latest runs: number, kind, outcome, what was written. One RUN is shown with all that it read."""
    from sync import render, results

    app = opened(context)
    name = app.only(org)
    rows = app.ledger.runs(name, last) if number is None else [results.one_run(app.ledger, name, number)]
    if as_json:
        answer_json(rows)
        return Exit.DONE
    answer(render.log_lines(rows))
    if number is not None:
        answer(["", *render.completeness_lines(results.completeness(app.ledger, name, number))])
    return Exit.DONE


@main.command()
@click.argument("who")
@ONE_ORG
@JSON
@AS_OF
@click.pass_context
@answers_for
def explain(context: click.Context, who: str, org: str | None, as_of: "datetime | None", *, as_json: bool) -> int:
    """Say why: WHO is the name of a contact, an account or a gap, a part of it, a record id or a gap's key."""
    from sync import render, results

    app = opened(context)
    if as_of is not None:
        return explain_then(app, app.only(org), who, as_of, as_json=as_json)
    found = results.explainable(app.ledger.dossiers(app.only(org), who))
    if as_json:
        answer_json(found)
    else:
        answer(render.dossier_lines(who, found))
    return Exit.DONE if found else Exit.ERROR


@main.command()
@click.argument("titles", type=click.File("rb"), default="-")
@click.option(
    "--rules",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rules of yours over the shipped ones.",
)
@answers_for
def title(titles: BinaryIO, rules: Path | None) -> int:
    """Read job titles, one a line, and write a line for each: title, level, function, note, parted by tabs.

    TITLES is a file; without it, standard input is read.
    """
    from mapping.spec import load_rules
    from mapping.titles import Reader

    reader, out = Reader(load_rules(rules)), sys.stdout.buffer
    for line in titles:
        text = line.decode("utf-8-sig", errors="replace").rstrip("\r\n").replace("\t", " ")
        out.write(("\t".join((text, *(said or "" for said in reader.read(text)))) + "\n").encode())
    return Exit.DONE


@main.command()
@click.option("--health-host", default="127.0.0.1", show_default=True, help="Address of /healthz.")
@click.option("--health-port", type=int, default=8080, show_default=True, help="Port of /healthz; 0 any free one.")
@click.pass_context
@answers_for
def worker(context: click.Context, health_host: str, health_port: int) -> int:
    """Run every organisation on its schedule until SIGTERM; one that a vendor asked to wait is left until then."""
    from sync import app as root
    from sync import pipeline, results
    from sync.pause import guarded
    from sync.telemetry import configure, events
    from sync.worker import HealthPortError, serve, stop_event

    configure(sys.stderr)
    app = opened(context)
    schedules = {name: found for name in app.organisations() if (found := app.schedule(name))}
    if not schedules:
        raise root.UsageError(f"no organisation in {app.config} has a schedule; add one, for example every: 6h")

    def run_once(name: str) -> str:
        if results.waits_until(app.ledger, name) > root.clock():
            return "waiting"
        return guarded(app.ledger, name, partial(app.credentials, name), int(root.clock()), partial(scheduled, name))

    def scheduled(name: str) -> str:
        with events() as logged, app.desk(name, logged) as desk:
            return pipeline.run(desk).status

    try:
        serve(schedules, run_once, stop_event(), root.today(), (health_host, health_port))
    except HealthPortError as error:
        raise root.UsageError(str(error)) from error
    return Exit.DONE


@main.command(
    add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def emulator(arguments: tuple[str, ...]) -> None:
    """Start the emulated Salesforce org and HubSpot portal (--port, --tls-port, --seed)."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "connectors.emulator", *arguments])  # noqa: S606 - no shell


@main.command()
@click.option("--once", is_flag=True, help="End after the second run instead of keeping the emulator for exploring.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".rapport/demo"),
    show_default=True,
    help="Where settings, stage and ledger of the demo are kept.",
)
@click.option(
    "--emulator", "address", metavar="URL", help="Use an emulator that runs already; it is seeded by its own options."
)
@answers_for
def demo(folder: Path, address: str | None, *, once: bool) -> int:
    """Run the main job against an emulated Salesforce and HubSpot with 48 customer accounts."""
    from sync.demo import play

    return play(folder, answer, sys.stderr, once=once, address=address)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL; for bash: eval "$(rapport completion bash)"."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is not None:
        click.echo(found(main, {}, "rapport", "_RAPPORT_COMPLETE").source())
