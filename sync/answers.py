"""Turns what `sync.questions` asks about rules, history and calibration into lines for a terminal.

Like `sync.render` everything here returns text and prints nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from mapping.calibrate import Agreement, Calibration
from mapping.metadata import COVERED_ROLES
from mapping.replay import TODAYS
from mapping.rulebook import Difference, Figure, shown
from sync.render import EMPTY, counted, moment, table

BARS = "▁▂▃▄▅▆▇█"


def rule_lines(org: str, digest: str, figures: Sequence[Figure], most: int) -> Iterator[str]:
    """List figures in force with the source of each; `most` is how many there are in all."""
    own = sum(not figure.ours for figure in figures)
    yield f"Rules of {org}, digest {digest}"
    yield f"{counted(len(figures), 'figure')} of {most:,}; {own:,} from your file, the others are our defaults."
    yield ""
    rows = [(figure.name, shown(figure.value), _source(figure)) for figure in figures]
    yield from table(("figure", "value", "source"), rows)


def _source(figure: Figure) -> str:
    """Say where a value stands, and of the organisation's own what it replaces."""
    if figure.ours:
        return f"{figure.source} ({figure.file}:{figure.line})"
    return f"{figure.source} (our default: {shown(figure.default)})"


def difference_lines(before: str, after: str, differences: Sequence[Difference]) -> Iterator[str]:
    """Say in plain words which figures differ between two rule sets, named by `before` and `after`."""
    if not differences:
        yield f"No figure differs between {before} and {after}."
        return
    yield f"{counted(len(differences), 'figure')} differ{'s' if len(differences) == 1 else ''}: {before} -> {after}"
    yield from (f"  {difference.words}" for difference in differences)


def past_lines(as_of: int) -> Iterator[str]:
    """Say what an answer about the past rests on."""
    yield f"As of {moment(as_of)}, recomputed from the staged events; later ones are not seen."
    yield f"Today's, for want of a history: {', '.join(TODAYS)}."
    yield ""


def history_lines(account: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Draw the score of each account over its changes and list them."""
    if not rows:
        yield f'No history of "{account}". Names and ids are matched by any part; every run and plan notes changes.'
    for _, same in groupby(rows, key=lambda row: (row["source"], row["id"])):
        changes = list(same)
        newest = changes[-1]
        yield f"{newest['name']}  ({newest['source']}/account/{newest['id']})"
        scores = [_score(change) for change in changes]
        yield f"  score {picture(scores)}  {_course(scores)} ({counted(len(changes), 'change')})"
        header = ("since", "status", "score", *(f"{role}s" for role in COVERED_ROLES), "missing", "")
        yield from (f"  {line}" for line in table(header, map(_change, changes), right=frozenset({2})))
        yield ""
    if any(row.get("recomputed") for row in rows):
        todays = ", ".join(TODAYS)
        yield f"~ recomputed from the staged events by today's rules; today's, for want of a history: {todays}."


def picture(scores: Sequence[int | None]) -> str:
    """Draw scores 0-100 as one bar each; a dot where there is none."""
    return "".join("·" if score is None else BARS[min(score, 99) * len(BARS) // 100] for score in scores)


def _course(scores: Sequence[int | None]) -> str:
    """Say where the score is going: from the one before the last change to the last."""
    known = [score for score in scores if score is not None]
    if len(known) < 2:
        return "no trend yet"
    before, now = known[-2:]
    word = "rising" if now > before else "falling" if now < before else "steady"
    return f"{before} -> {now}, {word}"


def _score(change: Mapping[str, Any]) -> int | None:
    text = change["coverage"].get("coverage_score")
    return None if text is None else int(text)


def _change(change: Mapping[str, Any]) -> Sequence[str]:
    held = change["coverage"]
    names = (role.replace(" ", "_") for role in COVERED_ROLES)
    numbers = (f"{held.get(f'{name}s_actual', EMPTY)}/{held.get(f'{name}s_required', EMPTY)}" for name in names)
    head = (moment(change["as_of"]), held.get("coverage_status", EMPTY), held.get("coverage_score", EMPTY))
    missing = (held.get("missing_roles") or EMPTY).replace(";", ", ")
    return (*head, *numbers, missing, "~" if change.get("recomputed") else "")


def ambiguity_lines(org: str, pairs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """List pairs of records that were not merged, with what they share, and how to settle them."""
    if not pairs:
        yield f"{org}: no records could be one and are not."
        return
    yield f"{org}: {counted(len(pairs), 'pair')} of records that could be one; Rapport merges none of them."
    rows = [(pair["kind"], *map(_record, pair["records"]), pair["why"]) for pair in pairs]
    yield from table(("kind", "record", "other record", "why"), rows)
    yield "To settle one: merge the two in their CRM, correct what they share, or give other_id the other CRM's id."


def override_lines(org: str, said: Sequence[Mapping[str, Any]], *, stale: bool) -> Iterator[str]:
    """List what humans said about people, and what of it wants a review."""
    if not said:
        nothing = "nothing that humans said wants a review" if stale else "no human has said anything of anybody"
        yield f"{org}: {nothing}."
        return
    old = sum(bool(one["review"]) for one in said)
    yield f"{org}: humans have spoken about {counted(len(said), 'contact')}; to be reviewed: {old}."
    rows = [
        (_record(one), one["account"] or EMPTY, _said(one), one["said_on"] or EMPTY, one["review"] or "")
        for one in said
    ]
    yield from table(("contact", "account", "said", "on", "review because it"), rows)
    if old:
        yield "To settle one: confirm it in the CRM with the day of today, or empty the field and let the rules speak."


def _said(one: Mapping[str, Any]) -> str:
    role = str(one["role"] or "").replace(";", ", ").replace("_", " ")
    flags = [name.replace("_", " ") for name in ("not_a_champion", "do_not_task") if one[name]]
    depth = [] if one["depth"] is None else [f"depth {one['depth']}"]
    return "; ".join([*filter(None, [role]), *depth, *flags])


def _record(told: Mapping[str, Any]) -> str:
    return f"{told['name'] or EMPTY} ({told['record']})"


def calibration_lines(measured: Calibration) -> Iterator[str]:
    """Lay out what was measured, suggestions last."""
    yield f"Measured on your data as of {moment(measured.as_of)}. Nothing was changed."
    yield ""
    yield "Tie strength against an exchange in the 90 days after a cut date (AUC: 0.5 is chance, 1 is certain):"
    rows = [(moment(cut.as_of)[:10], str(cut.people), str(cut.came), _figure(cut.auc)) for cut in measured.cuts]
    yield from table(("cut date", "people", "exchange", "AUC"), rows, right=frozenset({1, 2, 3}))
    for judge, words in (("human", "what humans confirmed"), ("crm", "the roles named in the CRM")):
        yield ""
        yield f"Predicted roles against {words}, predicted without these:"
        yield from _agreement_lines([found for found in measured.agreements if found.judge == judge])
    yield ""
    yield "How often each rule fired:"
    for family, group in groupby(measured.fired, key=lambda one: one.family):
        yield f"  {family}: " + ", ".join(f"{one.rule} {one.times:,}" for one in group)
    yield ""
    yield "Suggestions:"
    yield from (f"  {text}" for text in measured.suggestions)


def _agreement_lines(found: Sequence[Agreement]) -> list[str]:
    rows = [
        (
            one.role,
            str(one.people),
            *map(str, (one.both_say, one.only_predicted, one.only_said)),
            _figure(one.precision),
            _figure(one.recall),
        )
        for one in found
    ]
    header = ("role", "people", "both", "only predicted", "only said", "precision", "recall")
    return table(header, rows, right=frozenset(range(1, 7))) if rows else ["  nobody said anything."]


def _figure(value: float | None) -> str:
    return EMPTY if value is None else f"{value:.2f}"
