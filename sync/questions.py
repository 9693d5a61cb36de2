"""The commands that only ask: which rules are in force, what an editor should know about the files.

None of them writes anything anywhere. `sync.cli` adds `QUESTIONS` to the command line.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sync.terminal import JSON, ONE_ORG, Exit, answer, answer_json, answers_for, opened

if TYPE_CHECKING:
    from mapping.rulebook import Figure
    from sync.app import App


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


QUESTIONS: tuple[click.Command, ...] = (rules, schema)
