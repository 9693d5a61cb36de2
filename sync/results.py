"""What a reader asks of the ledger: the standing of accounts, the tasks of a run, the names in a plan.

Used by `sync.cli` and `sync.demo`; nothing here needs the stage, except the names, which are asked for while a run holds it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import duckdb

from sync import changes
from sync.journal import entries
from sync.ledger import Dossier, Ledger
from sync.pipeline import Desk, RunReport


def accounts(ledger: Ledger, org: str) -> list[Dossier]:
    """Read the published accounts, each company once: its home record."""
    return [found for found in ledger.dossiers(org, limit=None, object_name="account") if found.body.get("home", True)]


def standing(ledger: Ledger, org: str) -> dict[str, Any]:
    """Give the last run and the published accounts as JSON values."""
    runs = ledger.runs(org, 1)
    return {"run": runs[0] if runs else None, "accounts": [asdict(found) for found in accounts(ledger, org)]}


def opened_tasks(ledger: Ledger, org: str, run: int) -> Iterator[Mapping[str, Any]]:
    """Read the tasks a run opened, in the order they were written: source, subject, due date."""
    for entry in entries(ledger, org, run):
        if entry.kind == "create" and entry.outcome == "done":
            due = datetime.fromtimestamp(entry.detail["due_at"], UTC).strftime("%Y-%m-%d")
            yield {"source": entry.source, "subject": entry.detail["subject"], "due": due}


def names(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """Map ``source/object/id`` to the record's name, for the records of the plan that is on the connection."""
    rows = connection.execute(
        "SELECT p.source || '/' || p.object || '/' || p.id, COALESCE(c.name, a.name)"
        " FROM (SELECT DISTINCT source, object, id FROM plan_change UNION SELECT source, object, id FROM plan_skip) AS p"
        " LEFT JOIN contact AS c ON p.object = 'contact' AND c.source = p.source AND c.id = p.id"
        " LEFT JOIN account AS a ON p.object = 'account' AND a.source = p.source AND a.id = p.id"
    ).fetchall()
    return {ref: name for ref, name in rows if name}


def plan_json(desk: Desk, report: RunReport) -> Mapping[str, Any]:
    """Give the plan that `pipeline.plan` left on the desk, with every row."""
    connection = desk.stage.connection
    return {
        "digest": report.digest,
        "org": report.org,
        "as_of": report.as_of,
        "rules": desk.rules,
        "counts": report.planned,
        "skipped": report.skipped,
        "changes": [changes.change_json(change) for change in changes.changes(connection)],
        "skips": [asdict(skip) for skip in changes.skips(connection)],
    }
