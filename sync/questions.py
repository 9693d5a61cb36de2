"""The commands that only ask: rules in force, schemas, the past, the history of an account, how well the rules do.

None of them writes anything anywhere. `sync.cli` adds `QUESTIONS` to the command line.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sync.terminal import JSON, ONE_ORG, ORG, Exit, answer, answer_json, answers_for, opened

if TYPE_CHECKING:
    from mapping.rulebook import Figure
    from sync.app import App

AS_OF = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Recompute a past day (YYYY-MM-DD, to its end, UTC) from the staged events; no CRM is asked.",
)


def status_then(app: "App", organisations: Sequence[str], day: datetime, *, as_json: bool) -> int:
    """Answer `rapport status --as-of`: the coverage of every account as it was at the end of a day."""
    from sync import answers, render, results

    told = {name: app.replayed(name, _begin(day)) for name in organisations}
    if as_json:
        accounts = {name: results.home_accounts(found) for name, (_, found) in told.items()}
        answer_json({name: {"as_of": told[name][0], "accounts": [*map(asdict, accounts[name])]} for name in told})
        return Exit.DONE
    for as_of, found in told.values():
        answer([*answers.past_lines(as_of), *render.coverage_lines(results.home_accounts(found))])
    return Exit.DONE


def explain_then(app: "App", org: str, who: str, day: datetime, *, as_json: bool) -> int:
    """Answer `rapport explain --as-of`."""
    from sync import answers, render, results

    as_of, everything = app.replayed(org, _begin(day))
    found = results.named(everything, who)
    if as_json:
        answer_json(found)
    else:
        answer([*answers.past_lines(as_of), *render.dossier_lines(who, found)])
    return Exit.DONE if found else Exit.ERROR


def _begin(day: datetime) -> int:
    return int(day.replace(tzinfo=UTC).timestamp())


@click.group()
def rules() -> None:
    """Show the rules in force with the source of each figure, or which figures differ."""


@rules.command()
@click.argument("part", metavar="[PART]", default="")
@ONE_ORG
@JSON
@click.option("--changed", is_flag=True, help="Only figures that your file changes.")
@click.pass_context
@answers_for
def show(context: click.Context, part: str, org: str | None, *, as_json: bool, changed: bool) -> int:
    """List figures: those whose name begins with PART (for example depth or coverage.needs), else all of them."""
    from sync import answers
    from sync.app import UsageError

    app = opened(context)
    name = app.only(org)
    book = app.rulebook(name)
    chosen = [found for found in book.figures if found.name.startswith(part) and not (changed and found.ours)]
    if part and not any(found.name.startswith(part) for found in book.figures):
        sections = ", ".join(dict.fromkeys(found.name.partition(".")[0] for found in book.figures))
        raise UsageError(f"no figure begins with {part}; there are: {sections}")
    if as_json:
        answer_json({"digest": book.digest, "figures": [_figure_json(found) for found in chosen]})
    else:
        answer(answers.rule_lines(name, book.digest, chosen, len(book.figures)))
    return Exit.DONE


def _figure_json(figure: "Figure") -> dict[str, object]:
    return {**asdict(figure), "source": figure.source}


@rules.command()
@click.argument("since", metavar="[RUN|DIGEST]", required=False)
@ONE_ORG
@JSON
@click.pass_context
@answers_for
def diff(context: click.Context, since: str | None, org: str | None, *, as_json: bool) -> int:
    """Say which figures differ: our defaults and yours, or those of a past RUN or DIGEST and today's."""
    from mapping.rulebook import differences
    from sync import answers

    app = opened(context)
    name = app.only(org)
    book = app.rulebook(name)
    if since is None:
        before = "our defaults", {found.name: found.default for found in book.figures}
        after: dict[str, object] = {found.name: found.value for found in book.figures}
    else:
        before, after = _noted(app, name, since), dict(book.covered)
    found = differences(before[1], after)
    if as_json:
        answer_json([{**asdict(each), "words": each.words} for each in found])
    else:
        answer(answers.difference_lines(before[0], f"today ({book.digest[:12]})", found))
    return Exit.DONE


def _noted(app: "App", org: str, since: str) -> tuple[str, dict[str, object]]:
    """Find the figures that a run (by number) or a plan (by the digest of its rules) was made with."""
    from sync.app import UsageError
    from sync.results import one_run

    digest = since
    if since.isdecimal() and len(since) < 6:
        digest = (one_run(app.ledger, org, int(since))["report"] or {}).get("rules", "")
    kept = app.ledger.rules(org, digest)
    if kept is None:
        raise UsageError(f"no rules are noted under {since}; runs that made a plan have them, see: rapport log")
    return f"{since} ({kept['digest'][:12]})", kept["figures"]


@click.command()
@click.argument("name", metavar="NAME")
@answers_for
def schema(name: str) -> int:
    """Print the JSON Schema of a file for your editor: settings, rules (your rule file), or one shipped rule file."""
    from sync.app import UsageError
    from sync.settings import editor_schemas

    schemas = editor_schemas()
    if name not in schemas:
        raise UsageError(f"there is no schema {name}; there are: {', '.join(schemas)}")
    answer_json(schemas[name])
    return Exit.DONE


@click.command()
@click.argument("account")
@ONE_ORG
@JSON
@click.option(
    "--months",
    type=click.IntRange(0, 36),
    default=0,
    metavar="N",
    help="Recompute the ends of N months before from the staged events, as far as no run had noted them.",
)
@click.pass_context
@answers_for
def history(context: click.Context, account: str, org: str | None, *, as_json: bool, months: int) -> int:
    """Show how the coverage of ACCOUNT (its name, a part of it, or its id) has changed, one line a change."""
    from sync import answers, past

    app = opened(context)
    name = app.only(org)
    found = app.ledger.history(name, account)
    if months:
        found = past.course(app.recomputed(name, account, months), found)
    if as_json:
        answer_json(found)
    else:
        answer(answers.history_lines(account, found))
    return Exit.DONE if found else Exit.ERROR


@click.command()
@ONE_ORG
@JSON
@click.option("--cuts", type=click.IntRange(1, 12), default=4, show_default=True, help="Cut dates, 90 days apart.")
@click.pass_context
@answers_for
def calibrate(context: click.Context, org: str | None, cuts: int, *, as_json: bool) -> int:
    """Measure the rules on your own data and print suggestions; changes nothing."""
    from sync import answers

    app = opened(context)
    measured = app.calibrated(app.only(org), cuts)
    if as_json:
        told = [{**asdict(one), "precision": one.precision, "recall": one.recall} for one in measured.agreements]
        answer_json({**asdict(measured), "agreements": told})
    else:
        answer(answers.calibration_lines(measured))
    return Exit.DONE


@click.command()
@ORG
@JSON
@click.option("--of", "kind", type=click.Choice(["person", "company"]), help="Only people, or only companies.")
@click.pass_context
@answers_for
def ambiguities(context: click.Context, org: str | None, kind: str | None, *, as_json: bool) -> int:
    """List records that could be one person or company and were not merged, with what they share, for you to settle."""
    from sync import answers, results

    app = opened(context)
    found = {name: results.ambiguities(app.ledger, name, kind) for name in app.organisations(org)}
    if as_json:
        answer_json(found)
        return Exit.DONE
    for name, pairs in found.items():
        answer(answers.ambiguity_lines(name, pairs))
    return Exit.DONE


@click.command()
@ORG
@JSON
@click.option("--stale", is_flag=True, help="Only what wants a review.")
@click.pass_context
@answers_for
def overrides(context: click.Context, org: str | None, *, stale: bool, as_json: bool) -> int:
    """List what humans said about people in the CRM, which no run overrules, and what of it wants a review."""
    from sync import answers, results

    app = opened(context)
    found = {name: results.overrides(app.ledger, name, stale=stale) for name in app.organisations(org)}
    if as_json:
        answer_json(found)
        return Exit.DONE
    for name, said in found.items():
        answer(answers.override_lines(name, said, stale=stale))
    return Exit.DONE


QUESTIONS: tuple[click.Command, ...] = (rules, schema, history, calibrate, ambiguities, overrides)
