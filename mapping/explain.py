"""Renders why a value is what it is: one sentence a field, with the records it rests on (see explain.sql).

`sync.plan` calls `render` for the records that a plan writes; publishing and ``rapport explain`` read `dossiers`. Both
work on the connection that `mapping.compute` left its tables on, and render nothing for records that nobody asks for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from mapping.metadata import COVERED_ROLES, FIELDS, results
from mapping.records import Table
from mapping.spec import Rows, listing
from mapping.statements import execute, load
from mapping.whatif import imagine

COUNTED = tuple(f"{role.replace(' ', '_')}s" for role in COVERED_ROLES)
"""The counted roles as the names of their fields begin."""

ROLE_AXES = (
    ("buyer", "buying_authority", None),
    ("champion", "influence", None),
    ("champion", "process_authority", None),
    ("champion", "attitude", None),
    ("power user", "product_importance", None),
    ("power user", "usage_frequency", None),
    ("user", "usage_frequency", None),
    ("guardian", "influence", "title"),
    *((role, "role", f"human: {role}") for role in ("buyer", "champion", "power user", "user", "guardian")),
)
"""Which evidence a role rests on: the axis and, where only one kind of fact speaks for it, that rule."""

SHARED = frozenset({"role_confidence", "depth_name", "missing_text"})
"""Fields whose sentence is the one of the field before them; a text that lists all sentences has it once."""

FURTHER = (
    ("contact", "products", "roles"),
    ("contact", "colleagues", "tie_strength"),
    ("contact", "what_if", "counted"),
    ("account", "products", "coverage_status"),
    ("account", "engagement", "stage"),
    ("account", "voice", "power_users_actual"),
    ("account", "gap_age", "next_best_action"),
)
"""Sentences about what no field holds: object, name, the field whose sentence they follow."""

RULES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("contact", "roles"): ("roles by evidence", "evidence"),
    ("contact", "buyer_type"): ("buyer sub-types", "evidence.endorses"),
    ("contact", "stance"): ("stance", "evidence.positive"),
    ("contact", "quartet"): ("quartet", "departments.technical"),
    ("contact", "role_status"): ("combined confidence", "evidence.weights"),
    ("contact", "role_confidence"): ("combined confidence", "evidence.weights"),
    ("contact", "depth"): ("depth scorecard", "depth"),
    ("contact", "depth_name"): ("depth scorecard", "depth"),
    ("contact", "tie_strength"): ("tie strength", "depth.kind_weights"),
    ("contact", "trend"): ("trend", "depth.trend"),
    ("contact", "last_two_way"): ("exchange", "depth.answer_days"),
    ("contact", "counted"): ("live relationships", "coverage"),
    ("account", "segment"): ("segments", "segments"),
    ("account", "breadth"): ("product breadth", "segments.breadths"),
    ("account", "tier"): ("touch tiers", "segments"),
    ("account", "stage"): ("relationship stage", "equity.values_received"),
    ("account", "coverage_status"): ("coverage status", "coverage"),
    ("account", "coverage_score"): ("coverage score", "coverage"),
    **{("account", f"{role}_required"): ("required numbers", "coverage.needs") for role in COUNTED},
    **{("account", f"{role}_actual"): ("live relationships", "coverage") for role in COUNTED},
    ("account", "missing_roles"): ("required numbers", "coverage.needs"),
    ("account", "missing_text"): ("required numbers", "coverage.needs"),
    ("account", "single_threaded"): ("single-threading", "coverage.threaded"),
    ("account", "redundancy"): ("redundancy", "coverage.turnover"),
    ("account", "equity"): ("relationship equity", "equity"),
    ("account", "orientation"): ("orientation", "equity"),
    ("account", "next_best_action"): ("severity", "gaps.severity"),
    ("account", "data_completeness"): ("activity capture", "depth.capture_days"),
    ("contact", "products"): ("roles by product", "evidence"),
    ("contact", "colleagues"): ("tie strength", "depth.kind_weights"),
    ("contact", "what_if"): ("coverage status", "coverage"),
    ("account", "products"): ("worst product", "coverage"),
    ("account", "engagement"): ("expected engagement", "engagement.expected"),
    ("account", "voice"): ("power-user voice", "engagement.voice_known_share"),
    ("account", "gap_age"): ("chronic gaps", "gaps.chronic_days"),
}
"""Output field or sentence of `FURTHER` -> the rule it follows, and the part of the rule files with its figures."""

RESTS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("contact", "roles"): ("role",),
    ("contact", "buyer_type"): ("buyer",),
    ("contact", "stance"): ("stance",),
    ("contact", "quartet"): ("title",),
    ("contact", "role_status"): ("role",),
    ("contact", "role_confidence"): ("role",),
    ("contact", "depth"): ("exchange", "act", "leaving", "human depth"),
    ("contact", "depth_name"): ("exchange", "act", "leaving", "human depth"),
    ("contact", "tie_strength"): ("act",),
    ("contact", "trend"): ("act",),
    ("contact", "last_two_way"): ("exchange",),
    ("contact", "counted"): ("role",),
    ("account", "segment"): ("account",),
    ("account", "breadth"): ("account",),
    ("account", "tier"): ("account",),
    ("account", "stage"): ("stage",),
    ("account", "coverage_status"): ("credit",),
    ("account", "coverage_score"): ("credit",),
    **{("account", f"{role}_required"): ("account",) for role in COUNTED},
    **{("account", f"{role}_actual"): (f"live {role[:-1].replace('_', ' ')}",) for role in COUNTED},
    ("account", "single_threaded"): ("answering",),
    ("account", "redundancy"): ("live champion",),
    ("account", "equity"): ("role",),
    ("account", "orientation"): ("account",),
    ("contact", "products"): ("role",),
    ("contact", "colleagues"): ("act",),
    ("contact", "what_if"): ("role",),
    ("account", "products"): ("account",),
    ("account", "engagement"): ("account",),
    ("account", "voice"): ("live power user", "account"),
    ("account", "gap_age"): ("account",),
}
"""Output field -> the kinds of record in explain_records.sql that its value rests on."""

NO_RECORD: Mapping[tuple[str, str], str] = {
    ("contact", "stance"): "nothing is known of the person's attitude and influence",
    ("contact", "depth"): "there was no contact so far",
    ("contact", "tie_strength"): "there was no contact so far",
    ("contact", "counted"): "the person holds no role",
    ("account", "stage"): "there are no users, deals or acts",
    ("account", "coverage_status"): "nobody there counts toward a role",
    ("account", "coverage_score"): "nobody there counts toward a role",
    **{("account", f"{role}_actual"): "nobody has a live relationship in this role" for role in COUNTED},
    ("account", "missing_roles"): "what is missing has none; the requirement is a rule",
    ("account", "single_threaded"): "nobody answers us",
    ("account", "redundancy"): "there is no live champion",
    ("account", "equity"): "nobody there holds a role",
    ("account", "data_completeness"): "what is missing has none",
}
"""Why a sentence may rest on no record, by the first of its fields; silence would look like an oversight."""

SENTENCES = ("explain", "explain_ties", "strength", "explain_beyond", "explain_evidence")
"""The statements in their order; `strength` is the formula of depth, asked for each colleague this time."""

BATCH = 10_000
"""Records fetched at a time; a dossier is a few kilobytes."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some values are what they are: a sentence, the rule they follow, the records it rests on."""

    text: str
    fields: tuple[str, ...]
    """Output fields the sentence explains."""
    rule: str
    part: str
    """Where the rule's figures stand: ``rapport rules show PART``."""
    records: tuple[str, ...]
    """``source/object/id``, sorted; empty only together with `no_record`."""
    no_record: str = ""
    """Why there is no record to name."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All we say about one CRM record, for people to read."""

    object: str
    """contact, account or gap; a gap's id is its key"""
    source: str
    id: str
    name: str
    account_name: str
    home: bool
    """Stands for its company or person where each is listed once: the record in the home CRM, else the first one."""
    values: Mapping[str, str]
    """Result field -> canonical text; empty fields left out. Of a gap: kind, role and severity."""
    reasons: tuple[Reason, ...]
    """In the order they are read."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """Give the sentences alone."""
        return tuple(reason.text for reason in self.reasons)

    @property
    def records(self) -> tuple[str, ...]:
        """Give the records they rest on, sorted."""
        return tuple(sorted({record for reason in self.reasons for record in reason.records}))


def render(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `sentence` and `companion` for the records named by the table ``explained(object, source, id)``.

    `companion` holds, a row a record, `evidence` (the sentences, cut at the end of the last one that fits the field)
    and `computed_on` (the date of `as_of`).
    """
    load(connection, _tables())
    imagine(connection)
    for name in SENTENCES:
        execute(connection, name)


def dossiers(connection: duckdb.DuckDBPyConnection) -> Iterator[Dossier]:
    """Explain every account, every contact that holds a role or had any contact with us, and every gap.

    Replaces `explained`, `sentence` and `companion`; the connection serves nothing else while this iterates.
    """
    execute(connection, "dossiers")
    render(connection)
    load(connection, _record_tables())
    execute(connection, "explain_records")
    execute(connection, "dossier_rows")
    for object_name in ("account", "contact", "gap"):
        yield from _read(connection, object_name)


def _read(connection: duckdb.DuckDBPyConnection, object_name: str) -> Iterator[Dossier]:
    found = connection.execute(f"SELECT * FROM dossier_{object_name} ORDER BY source, id")
    names = [column[0] for column in found.description or ()]
    while rows := found.fetchmany(BATCH):
        for row in rows:
            yield _dossier(object_name, dict(zip(names, row, strict=True)))


def _dossier(object_name: str, row: dict[str, Any]) -> Dossier:
    names = ("kind", "role", "severity") if object_name == "gap" else [field.name for field in results(object_name)]
    values = {name: text for name in names if (text := row[name]) is not None}
    return Dossier(
        object=object_name,
        source=row["source"],
        id=row["id"],
        name=row["name"],
        account_name=row["account_name"],
        home=row["home"],
        values=values,
        reasons=tuple(_reason(object_name, told) for told in row["reasons"] or ()),
    )


def _reason(object_name: str, told: Mapping[str, Any]) -> Reason:
    records = tuple(told["records"])
    lacking = (NO_RECORD.get((object_name, field)) for field in told["fields"])
    why = "" if records else next(filter(None, lacking), "")
    return Reason(told["text"], tuple(told["fields"]), told["rule"], told["part"], records, why)


def _tables() -> Iterator[tuple[Table, Rows]]:
    """Give the axes behind each role, the order of the fields, and the room of the evidence field."""
    yield listing("rule_role_axis", "role TEXT, axis TEXT, rule TEXT", list(ROLE_AXES))
    order = [(field.object, field.name, 2 * place) for place, field in enumerate(FIELDS)]
    places = {(object_name, name): place for object_name, name, place in order}
    further = [(object_name, name, places[object_name, after] + 1) for object_name, name, after in FURTHER]
    yield listing(
        "rule_sentence",
        "object TEXT, field TEXT, place BIGINT, shown BOOLEAN, rule TEXT, part TEXT",
        [
            (object_name, name, place, name not in SHARED, *RULES.get((object_name, name), ("", "")))
            for object_name, name, place in [*order, *further]
        ],
    )
    room = [(field.object, field.length) for field in FIELDS if field.name == "evidence"]
    yield listing("rule_companion", "object TEXT, length BIGINT", list(room))


def _record_tables() -> Iterator[tuple[Table, Rows]]:
    """Say which kinds of record each field rests on."""
    rests = [(*field, kind) for field, kinds in RESTS.items() for kind in kinds]
    yield listing("rule_rest", "object TEXT, field TEXT, kind TEXT", list(rests))
