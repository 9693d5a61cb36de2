"""What a reader asks of the ledger: the standing of accounts, the tasks of a run, the names in a plan.

Used by `sync.cli` and `sync.demo`; only the names of a plan need the stage.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import duckdb

from mapping.explain import RULES
from mapping.statements import execute
from sync import plan_tables
from sync.changes import Change, SetField, change_json
from sync.journal import entries
from sync.ledger import Dossier, Ledger
from sync.pipeline import Desk, PlanRefusedError, RunReport


def accounts(ledger: Ledger, org: str) -> list[Dossier]:
    """Read the published accounts, each company once: its home record."""
    return home_accounts(ledger.dossiers(org, limit=None, object_name="account"))


def home_accounts(dossiers: Iterable[Dossier]) -> list[Dossier]:
    """Pick the accounts, each company once: its home record."""
    return [found for found in dossiers if found.object == "account" and found.body.get("home", True)]


def explainable(dossiers: Iterable[Dossier]) -> list[Dossier]:
    """Pick the contacts, accounts and gaps: what is published besides has no reasons."""
    return [one for one in dossiers if one.object not in {"slice", "ambiguity", "override"}]


def ambiguities(ledger: Ledger, org: str, kind: str | None = None) -> list[Mapping[str, Any]]:
    """Read the pairs of records that were not merged though they share something: kind, why, both records."""
    found = ledger.dossiers(org, limit=None, object_name="ambiguity")
    pairs = ({"kind": one.source, **one.body} for one in found if kind in (None, one.source))
    return sorted(pairs, key=lambda pair: (pair["kind"] != "person", pair["why"], pair["records"][1]["record"]))


def overrides(ledger: Ledger, org: str, *, stale: bool = False) -> list[Mapping[str, Any]]:
    """Read what humans said about people, what wants a review first and the oldest before the others."""
    found = ledger.dossiers(org, limit=None, object_name="override")
    told = (
        {"record": f"{one.source}/contact/{one.id}", "name": one.name, "account": one.account, **one.body}
        for one in found
    )
    wanted = (one for one in told if one["review"] or not stale)
    return sorted(wanted, key=lambda one: (not one["review"], one["said_on"] or "", one["record"]))


def named(dossiers: Iterable[Dossier], text: str) -> list[Dossier]:
    """Find dossiers whose name or id contains `text`, whatever its case, by name, as the ledger does."""
    wanted = text.lower()
    found = (one for one in explainable(dossiers) if wanted in one.name.lower() or wanted in one.id.lower())
    return sorted(found, key=lambda one: (one.name, one.id))


DIMENSIONS = ("portfolio", "segment", "tier", "breadth", "orientation", "csm", "partner", "product")
"""What the portfolio can be sliced by, the whole first."""


def portfolio(ledger: Ledger, org: str, dimension: str | None = None) -> list[Dossier]:
    """Read the published slices of the portfolio: of one dimension after the whole, or of all."""
    wanted = DIMENSIONS if dimension is None else ("portfolio", dimension)
    found = [one for one in ledger.dossiers(org, limit=None, object_name="slice") if one.source in wanted]
    return sorted(found, key=lambda one: (wanted.index(one.source), one.name))


def standing(ledger: Ledger, org: str) -> dict[str, Any]:
    """Give the last run and the published accounts as JSON values."""
    runs = ledger.runs(org, 1)
    return {"run": runs[0] if runs else None, "accounts": [asdict(found) for found in accounts(ledger, org)]}


def waits_until(ledger: Ledger, org: str) -> int:
    """Tell the epoch second before which the last run says another cannot succeed; 0 when it says nothing."""
    report = next((row["report"] or {} for row in ledger.runs(org, 1)), {})
    return report.get("retry_at") or 0


def one_run(ledger: Ledger, org: str, number: int) -> dict[str, Any]:
    """Read one run. Raises PlanRefusedError when there is none of that number."""
    found = ledger.run(org, number)
    if found is None:
        raise PlanRefusedError(f"{org} has no run {number}; `rapport log` lists them")
    return found


def completeness(ledger: Ledger, org: str, number: int | None = None) -> list[Mapping[str, Any]]:
    """Read what a run (the last one unless `number` names another) delivered of each stream: `StreamReport` values."""
    rows = ledger.runs(org, 1) if number is None else [one_run(ledger, org, number)]
    return [stream for row in rows for stream in (row["report"] or {}).get("streams", ())]


def opened_tasks(ledger: Ledger, org: str, run: int) -> Iterator[Mapping[str, Any]]:
    """Read the tasks a run opened, in the order they were written: source, subject, due date."""
    for entry in entries(ledger, org, run):
        if entry.kind == "create" and entry.outcome == "done":
            due = datetime.fromtimestamp(entry.detail["due_at"], UTC).strftime("%Y-%m-%d")
            yield {"source": entry.source, "subject": entry.detail["subject"], "due": due}


def names(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """Map ``source/object/id`` to the record's name, for the records of the plan that is on the connection."""
    execute(connection, "sql/record_names", "sync")
    rows = connection.execute("SELECT ref, name FROM record_name").fetchall()
    return dict(rows)


def plan_json(desk: Desk, report: RunReport) -> Mapping[str, Any]:
    """Give the plan that `pipeline.plan` left on the desk, with every row."""
    connection = desk.stage.connection
    return {
        "digest": report.digest,
        "org": report.org,
        "as_of": report.as_of,
        "message": report.message,
        "rules": desk.rules,
        "counts": report.planned,
        "skipped": report.skipped,
        "changes": [_change_json(change) for change in plan_tables.changes(connection)],
        "skips": [asdict(skip) for skip in plan_tables.skips(connection)],
    }


def _change_json(change: Change) -> Mapping[str, Any]:
    """Give a change as JSON values; a value with the name of the rule it follows and where its figures stand."""
    told = change_json(change)
    if isinstance(change, SetField):
        rule, part = RULES.get((change.ref.object, change.field), ("", ""))
        told |= {"rule": rule, "part": part}
    return told
