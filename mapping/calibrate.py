"""Measures the rules on the organisation's own data: does tie strength predict, do predicted roles agree, what fires.

`sync.app` hands in a connection whose staged tables can be turned back (see `mapping.replay`). Nothing is changed: out
come numbers and suggestions. What is judged never judges itself: to be compared with the words of humans, roles are
predicted without these; to be compared with the roles named in the CRM, without both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from mapping.compute import STEPS, Step, compute
from mapping.records import Column, Table
from mapping.replay import rewind
from mapping.spec import Profile, Rows, Rules, listing
from mapping.statements import create, execute, load

HORIZON = 90 * 86_400
"""Seconds after a cut date in which an exchange counts."""

ENOUGH = 10
"""Cases of either kind below which a figure is shown and nothing is concluded from it (our default)."""

GOOD_AUC, GOOD_SHARE = 0.65, 0.6
"""Below these a suggestion is made (our default); the public archive the formula was chosen on gave .831."""


def _table(name: str, columns: str) -> Table:
    pairs = [pair.split() for pair in columns.split(",")]
    return Table(name, name, (), tuple(Column(column, kind, "see calibrate.sql") for column, kind in pairs))


_CUT = _table("cut_tie", "as_of BIGINT, account_key TEXT, person_id TEXT, strength DOUBLE, two_way_at BIGINT")
_AGREEMENT = _table(
    "agreement",
    "judge TEXT, role TEXT, people BIGINT, both_say BIGINT, only_predicted BIGINT, only_said BIGINT, candidates BIGINT",
)


@dataclass(frozen=True, slots=True)
class Cut:
    """Tie strength at a cut date against an exchange within the horizon."""

    as_of: int
    people: int
    came: int
    """Of these had an exchange afterwards."""
    auc: float | None
    """None where everybody or nobody had one."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Predictions of a role against what a human or the CRM says, among people of whom they said something."""

    judge: str
    """human or crm"""
    role: str
    people: int
    both_say: int
    only_predicted: int
    only_said: int
    candidates: int
    """Of `only_said`: predicted as a candidate, so only one axis is missing."""

    @property
    def precision(self) -> float | None:
        """Share of the predictions that are right; None without predictions."""
        return _share(self.both_say, self.only_predicted)

    @property
    def recall(self) -> float | None:
        """Share of what was said that was predicted; None when it was never said."""
        return _share(self.both_say, self.only_said)


@dataclass(frozen=True, slots=True)
class Fired:
    """How often a rule fired."""

    family: str
    rule: str
    times: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything that was measured."""

    as_of: int
    cuts: tuple[Cut, ...]
    agreements: tuple[Agreement, ...]
    fired: tuple[Fired, ...]
    suggestions: tuple[str, ...]


def measure(
    connection: duckdb.DuckDBPyConnection, rules: Rules, profile: Profile, as_of: int, cuts: int = 4
) -> Calibration:
    """Measure as of `as_of`, tie strength at `cuts` dates, 90 days apart, the last of them 90 days before `as_of`."""
    load(connection, _tables(rules))
    create(connection, _CUT)
    create(connection, _AGREEMENT)
    for back in range(cuts + 1):
        rewind(connection, as_of - back * HORIZON)
        compute(connection, rules, profile, as_of - back * HORIZON, _until("depth"))
        execute(connection, "calibrate_cut")
    execute(connection, "calibrate_auc")
    rewind(connection, as_of)
    compute(connection, rules, profile, as_of)
    execute(connection, "calibrate")
    for judge, crm_roles in (("human", True), ("crm", False)):
        rewind(connection, as_of, human_roles=False, crm_roles=crm_roles)
        compute(connection, rules, profile, as_of, _until("roles"))
        load(connection, [listing("rule_judge", "judge TEXT", [(judge,)])])
        execute(connection, "calibrate_roles")
    return _told(connection, as_of)


def _until(name: str) -> list[Step]:
    """Give the steps up to the one named."""
    names = [step.name for step in STEPS]
    return list(STEPS[: names.index(name) + 1])


def _tables(rules: Rules) -> Iterator[tuple[Table, Rows]]:
    yield listing("rule_horizon", "seconds BIGINT", [(HORIZON,)])
    yield listing("rule_group_role", "role_group TEXT, role TEXT", list(_group_roles(rules)))


def _group_roles(rules: Rules) -> Iterator[tuple[object, ...]]:
    """Say which of our roles a group of CRM roles means, by the points it speaks for; an influencer means none."""
    bar = rules.evidence
    for group, points in rules.roles.points.items():
        reaches = {axis for axis, value in points.items() if value >= bar.high}
        if not points:
            yield group, group
        if "buying_authority" in reaches:
            yield group, "buyer"
        if {"process_authority", "influence"} <= reaches and points.get("attitude", 0) >= bar.positive:
            yield group, "champion"
        if "product_importance" in reaches:
            yield group, "user"


def _told(connection: duckdb.DuckDBPyConnection, as_of: int) -> Calibration:
    cuts = tuple(Cut(*row) for row in _rows(connection, "as_of, people, came, auc", "cut_auc", "as_of"))
    columns = "judge, role, people, both_say, only_predicted, only_said, candidates"
    agreements = tuple(Agreement(*row) for row in _rows(connection, columns, "agreement", "judge DESC, role"))
    fired = tuple(Fired(*row) for row in _rows(connection, "family, rule, times", "fired", "family, times DESC, rule"))
    return Calibration(as_of, cuts, agreements, fired, tuple(_suggestions(cuts, agreements, fired)))


def _rows(connection: duckdb.DuckDBPyConnection, columns: str, table: str, order: str) -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT {columns} FROM {table} ORDER BY {order}").fetchall()


def _share(right: int, wrong: int) -> float | None:
    return right / (right + wrong) if right + wrong else None


def _suggestions(cuts: tuple[Cut, ...], agreements: tuple[Agreement, ...], fired: tuple[Fired, ...]) -> Iterator[str]:
    yield _about_ties(cuts)
    for found in agreements:
        yield from _about_role(found)
    for silent in (one for one in fired if one.family in {"CRM role", "title level"} and not one.times):
        where = "roles.spellings" if silent.family == "CRM role" else "titles.levels"
        yield f'The {silent.family} "{silent.rule}" never fired: if you have such people, add your spelling to {where}.'


def _about_ties(cuts: tuple[Cut, ...]) -> str:
    telling = [cut for cut in cuts if cut.auc is not None and ENOUGH <= cut.came <= cut.people - ENOUGH]
    if not telling:
        return (
            f"Too little history to judge tie strength: no cut date has {ENOUGH} people with and without an exchange."
        )
    mean = sum(cut.auc or 0 for cut in telling) / len(telling)
    if mean < GOOD_AUC:
        return (
            f"Tie strength hardly tells who will be in touch (AUC {mean:.2f}; 0.5 is chance). Look at what is captured"
            " first (rapport status --completeness), then at depth.half_life_days and depth.kind_weights."
        )
    return f"Tie strength tells who will be in touch (AUC {mean:.2f}; 0.5 is chance): leave its figures as they are."


def _about_role(found: Agreement) -> Iterator[str]:
    said = "humans say" if found.judge == "human" else "the CRM says"
    right, known = found.precision, found.recall
    if right is not None and right < GOOD_SHARE and found.both_say + found.only_predicted >= ENOUGH:
        yield (
            f"{found.only_predicted} of {found.both_say + found.only_predicted} people predicted to be a {found.role}"
            f" are not what {said}: a higher evidence.high, or lower points of their titles, would predict fewer."
        )
    if known is not None and known < GOOD_SHARE and found.both_say + found.only_said >= ENOUGH:
        yield (
            f"{found.only_said} of {found.both_say + found.only_said} people of whom {said} {found.role} are not"
            f" predicted to be one ({found.candidates} of them are candidates: only their attitude is unknown)."
            " Look at their titles and departments (rapport explain NAME) and add what is missing to the rules."
        )
