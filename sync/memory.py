"""What the ledger remembers, laid beside the stage as tables, so that a plan is a pure function of stage and memory.

`sync.plan` joins these tables. `look` runs before the plan: it settles writes of unknown outcome by looking at what the
CRM holds now, and gives up those whose record is gone.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from mapping.metadata import FIELDS, Kind
from mapping.records import MERGED, REMEMBERED, Column, Table
from mapping.statements import arrow_table, create
from sync.journal import Entry, confirm, give_up, given_up, in_order, open_entries
from sync.ledger import Ledger, chunks

DAY = 86_400

EMPTY: Mapping[tuple[str, str], str | None] = {
    (field.object, field.name): "false" if field.kind is Kind.FLAG else None for field in FIELDS
}
"""What "nothing" looks like in a field: an untouched checkbox reads as false in one CRM, as empty in the other."""


def _memory_table(name: str, meaning: str, columns: str) -> Table:
    parsed = tuple(
        Column(column, kind, "see sync.ledger") for column, kind in zip(*[iter(columns.split())] * 2, strict=True)
    )
    return Table(name, meaning, (), parsed)


_APPLIED = _memory_table("plan_applied", "What we last wrote.", "source TEXT object TEXT id TEXT field TEXT value TEXT")
_KNOWN_TASK = _memory_table(
    "plan_known_task",
    "The task ledger.",
    "key TEXT source TEXT id TEXT state TEXT owner_id TEXT escalated_to TEXT snooze_honoured BIGINT",
)
_OPENED = _memory_table(
    "plan_opened", "New tasks of an owner so far.", "source TEXT owner_id TEXT today BIGINT this_week BIGINT"
)
_INTENT_VALUE = _memory_table(
    "plan_intent_value",
    "Values that count as ours too: of writes of unknown outcome, or given up, and of records that were merged.",
    "source TEXT object TEXT id TEXT field TEXT value TEXT",
)
_WINNER = _memory_table(
    "plan_winner", "As which record a merged one lives on.", "object TEXT source TEXT id TEXT winner_id TEXT"
)
_INTENT_TASK = _memory_table(
    "plan_intent_task", "Tasks that writes of unknown outcome were about.", "kind TEXT key TEXT"
)


@dataclass(frozen=True, slots=True)
class Sight:
    """The connections in which what is not seen is not there: of records, and of tasks of ours, known by their key."""

    records: Collection[str] = ()
    tasks: Collection[str] = ()


def look(connection: duckdb.DuckDBPyConnection, ledger: Ledger, org: str, as_of: int, sight: Sight) -> int:
    """Settle the writes of unknown outcome that the stage can tell about; counts them.

    Whose effect the stage shows is noted as done, in the record that a merged one lives on as, too. Whose record is not
    there is given up, a new task a day later, provided that its connection is within `sight`.
    The rest stays open: it may not have happened, or the CRM's index is late. The values that an update meant to write
    count as ours while it is open, and after it was given up too, for its record may come back, and a merge may have
    carried over some of them. One that was given up is done after all where the stage shows all of them again.
    """
    entries = open_entries(ledger, org)
    updates = sorted([*entries, *given_up(ledger, org)], key=in_order)
    seen = [*_seen_updates(connection, updates), *_seen_tasks(connection, entries, sight)]
    known = {(entry.run, entry.seq) for entry, _ in seen}
    rest = [entry for entry in entries if (entry.run, entry.seq) not in known]
    records = [entry for entry in rest if entry.source in sight.records]
    tasks = [entry for entry in rest if entry.source in sight.tasks]
    lost = [*_lost_records(connection, records), *_lost_tasks(connection, tasks, _long_ago(ledger, org, tasks, as_of))]
    return confirm(ledger, org, seen, as_of) + give_up(ledger, org, lost)


def winners(connection: duckdb.DuckDBPyConnection, object_name: str) -> dict[tuple[str, str], str]:
    """Tell of each account or contact that was merged as which it lives on, merged again and again as it may be."""
    rows = connection.execute(f"SELECT source, id, winner_id FROM {MERGED[object_name].name}").fetchall()
    into = {(source, id_): winner for source, id_, winner in rows}
    found: dict[tuple[str, str], str] = {}
    for (source, loser), winner in into.items():
        seen, last = {loser}, winner
        while last not in seen and (source, last) in into:
            seen.add(last)
            last = into[source, last]
        found[source, loser] = last
    return found


def recall(connection: duckdb.DuckDBPyConnection, ledger: Ledger, org: str) -> None:
    """Create the tables that the computation asks of the past: tiers we gave, gaps whose task is open, the CSMs."""
    tiers, gaps, csms = REMEMBERED
    create(connection, tiers, _tiers(connection, ledger, org))
    tasks = ledger.tasks(org)
    create(connection, gaps, [(task["key"], task["opened_at"]) for task in tasks if task["state"] == "open"])
    create(connection, csms, ledger.csms(org))


def _tiers(connection: duckdb.DuckDBPyConnection, ledger: Ledger, org: str) -> list[tuple[str, str, str | None]]:
    """Read the tiers we gave; an account that we gave none has that of one that was merged into it."""
    given = {(row["source"], row["id"]): row["value"] for row in ledger.applied_to(org, "account", "tier")}
    for (source, loser), winner in winners(connection, "account").items():
        if (source, loser) in given:
            given.setdefault((source, winner), given[source, loser])
    return [(*record, tier) for record, tier in given.items()]


def load(connection: duckdb.DuckDBPyConnection, ledger: Ledger, org: str, as_of: int) -> None:
    """Create the memory tables a plan needs before anything is compared."""
    tasks = ledger.tasks(org)
    create(connection, _KNOWN_TASK, [tuple(task[name] for name in _KNOWN_TASK.column_names()) for task in tasks])
    create(connection, _OPENED, _opened(tasks, as_of))
    entries = open_entries(ledger, org)
    merged = {name: winners(connection, name) for name in MERGED}
    told = [(name, *loser, winner) for name, found in merged.items() for loser, winner in found.items()]
    create(connection, _WINNER, told)
    meant = _intent_values([*entries, *given_up(ledger, org)], merged)
    ours = {*meant, *_inherited(ledger, org, merged)}
    create(connection, _INTENT_VALUE, sorted(ours, key=repr))
    create(connection, _INTENT_TASK, [(entry.kind, entry.key) for entry in entries if entry.key])


def load_applied(connection: duckdb.DuckDBPyConnection, ledger: Ledger, org: str) -> None:
    """Create `plan_applied` with the last-applied values of the records in `plan_difference`.

    That is a view that compares everything: which records differ is asked of it once, and not before the first write.
    """
    create(connection, _APPLIED)
    if not ledger.has_applied(org):
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE plan_differing AS SELECT DISTINCT source, object, id FROM plan_difference"
    )
    places = connection.execute("SELECT DISTINCT source, object FROM plan_differing ORDER BY 1, 2").fetchall()
    for source, object_name in places:
        if not ledger.has_applied(org, source, object_name):
            continue
        query = "SELECT id FROM plan_differing WHERE source = ? AND object = ? ORDER BY 1"
        differing = connection.execute(query, [source, object_name]).fetchall()
        for chunk in chunks([record_id for (record_id,) in differing], 10_000):
            rows = ledger.applied(org, source, object_name, chunk)
            _append(connection, [(source, object_name, row["id"], row["field"], row["value"]) for row in rows])


def _append(connection: duckdb.DuckDBPyConnection, rows: Sequence[Sequence[object]]) -> None:
    if rows:
        connection.register("remembered", arrow_table(_APPLIED, rows))
        connection.execute("INSERT INTO plan_applied SELECT * FROM remembered")
        connection.unregister("remembered")


def _opened(tasks: Iterable[Mapping[str, Any]], as_of: int) -> list[Sequence[object]]:
    """Count each owner's new tasks of the calendar day (UTC) and of the last seven days."""
    midnight = as_of - as_of % DAY
    today: Counter[tuple[str, str | None]] = Counter()
    week: Counter[tuple[str, str | None]] = Counter()
    for task in tasks:
        opened, owner = task["opened_at"], (task["source"], task["owner_id"])
        if opened is not None and opened > as_of - 7 * DAY:
            week[owner] += 1
            today[owner] += opened >= midnight
    return [(*owner, today[owner], count) for owner, count in sorted(week.items(), key=repr)]


def _intent_values(
    entries: Iterable[Entry], merged: Mapping[str, Mapping[tuple[str, str], str]]
) -> Iterator[tuple[str, str, str, str, str | None]]:
    """Give what updates meant to write, for their record and for the one it lives on as: a merge chooses by field.

    A value that undo gives back is a human's.
    """
    for entry in entries:
        winner = merged.get(entry.object, {}).get((entry.source, entry.record_id), entry.record_id)
        for name, value in entry.detail.get("fields", {}).items():
            if not value["gives_back"]:
                for record_id in (entry.record_id, winner):
                    yield (entry.source, entry.object, record_id, name, value["after"])


def _inherited(
    ledger: Ledger, org: str, merged: Mapping[str, Mapping[tuple[str, str], str]]
) -> Iterator[tuple[str, str, str, str, str | None]]:
    """Give what we wrote into records that were merged: the record that lives on may hold it now."""
    for object_name, into in merged.items():
        for source in sorted({source for source, _ in into}):
            losers = sorted(id_ for place, id_ in into if place == source)
            for row in ledger.applied(org, source, object_name, losers):
                yield (source, object_name, into[source, row["id"]], row["field"], row["value"])


def _seen_updates(connection: duckdb.DuckDBPyConnection, entries: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    for (source, object_name), group in _updates(entries).items():
        into = winners(connection, object_name)
        lives_as = {entry.record_id: into.get((source, entry.record_id), entry.record_id) for entry in group}
        held = observed(connection, source, object_name, set(lives_as.values()))
        for entry in group:
            if (found := held.get(lives_as[entry.record_id])) is not None and _shows(entry, found):
                yield entry, entry.record_id


def _updates(entries: Iterable[Entry]) -> Mapping[tuple[str, str], list[Entry]]:
    """Group the updates of records by connection and object."""
    updates: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.kind == "update":
            updates[entry.source, entry.object].append(entry)
    return updates


def _lost_records(connection: duckdb.DuckDBPyConnection, entries: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    """Find the updates whose record is gone, and say how."""
    for (source, object_name), group in _updates(entries).items():
        there = _there(connection, source, object_name, {entry.record_id for entry in group})
        into = winners(connection, object_name)
        for entry in group:
            if entry.record_id not in there:
                winner = into.get((source, entry.record_id))
                yield entry, f"the record was merged into {winner}" if winner else "the record is gone"


def _there(connection: duckdb.DuckDBPyConnection, source: str, object_name: str, ids: Iterable[str]) -> set[str]:
    """Tell which of some records (contact or account) a CRM still has."""
    query = f"SELECT id FROM {object_name} WHERE source = ? AND id IN (SELECT UNNEST(?::TEXT[]))"
    found: set[str] = set()
    for chunk in chunks(sorted(ids), 5000):
        found.update(record_id for (record_id,) in connection.execute(query, [source, chunk]).fetchall())
    return found


def _shows(entry: Entry, held: Mapping[str, str | None]) -> bool:
    fields: Mapping[str, Mapping[str, Any]] = entry.detail["fields"]
    return all(same(entry.object, name, held.get(name), value["after"]) for name, value in fields.items())


def same(object_name: str, field: str, left: str | None, right: str | None) -> bool:
    """Compare two canonical values of a field; every form of "nothing" is equal."""
    empty = EMPTY.get((object_name, field))
    return (empty if left is None else left) == (empty if right is None else right)


def observed(
    connection: duckdb.DuckDBPyConnection, source: str, object_name: str, ids: Iterable[str]
) -> dict[str, dict[str, str | None]]:
    """Read what the CRM holds in our fields for some records (contact or account): id -> field -> canonical value."""
    held: dict[str, dict[str, str | None]] = {}
    query = f"SELECT * FROM observed_{object_name} WHERE source = ? AND id IN (SELECT UNNEST(?::TEXT[]))"
    for chunk in chunks(sorted(ids), 5000):
        result = connection.execute(query, [source, chunk])
        names = [column[0] for column in result.description or ()]
        for row in result.fetchall():
            values = dict(zip(names, row, strict=True))
            held[values["id"]] = values
    return held


def _seen_tasks(
    connection: duckdb.DuckDBPyConnection, entries: Sequence[Entry], sight: Sight
) -> Iterator[tuple[Entry, str | None]]:
    for entry, task_id, found in _with_tasks(connection, entries):
        match entry.kind:
            case "create" if found:
                yield entry, task_id
            case "state" if found and found.open == entry.detail["open"]:
                yield entry, task_id
            case "assign" if found and found.owner_id == entry.detail["owner_id"]:
                yield entry, task_id
            case "delete" if not found and entry.source in sight.tasks:
                yield entry, None
            case _:
                pass


def _lost_tasks(
    connection: duckdb.DuckDBPyConnection, entries: Sequence[Entry], long_ago: Collection[int]
) -> Iterator[tuple[Entry, str]]:
    """Find the writes whose task is gone. A new one that nobody saw may never have been there, or not be shown yet."""
    for entry, _, found in _with_tasks(connection, entries):
        if entry.kind == "create" and entry.run in long_ago:
            yield entry, "no such task was there a day later"
        elif entry.kind != "create" and not found:
            yield entry, "the task is gone"


def _with_tasks(
    connection: duckdb.DuckDBPyConnection, entries: Iterable[Entry]
) -> Iterator[tuple[Entry, str, "HeldTask | None"]]:
    """Lay beside each write of a task its id of today and what the CRM holds; None: it is not there."""
    about = [entry for entry in entries if entry.object == "task"]
    tasks = held_tasks(connection) if about else {}
    for entry, task_id in todays_ids(tasks, about):
        yield entry, task_id, tasks.get((entry.source, task_id))


def _long_ago(ledger: Ledger, org: str, entries: Iterable[Entry], as_of: int) -> set[int]:
    """Find which of the runs that wrote these were over more than a day before; no index is as late as that.

    Tasks are the last that a run writes. One that died was over, for all we know, when the next one began.
    """
    runs = [ledger.run(org, number) for number in sorted({entry.run for entry in entries})]
    over = {run["number"]: run["ended_at"] or run["started_at"] for run in runs if run is not None}
    return {number for number, at in over.items() if at < as_of - DAY}


@dataclass(frozen=True, slots=True)
class HeldTask:
    """A task of ours as a CRM holds it; `due_at` is an epoch second."""

    key: str
    open: bool
    owner_id: str | None
    due_at: int | None


def held_tasks(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], HeldTask]:
    """Read our tasks as the CRMs hold them, by source and id."""
    rows = connection.execute("SELECT source, id, key, open, owner_id, due_at FROM own_task").fetchall()
    return {(source, task_id): HeldTask(*held) for source, task_id, *held in rows}


def todays_ids(tasks: Mapping[tuple[str, str], HeldTask], entries: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    """Tell of writes of tasks which id theirs has today: one that was imported from a file is known by its key."""
    of_key = {(source, task.key): task_id for (source, task_id), task in sorted(tasks.items(), reverse=True)}
    for entry in entries:
        task_id = entry.result_id or entry.record_id
        known = (entry.source, task_id) in tasks
        yield entry, task_id if known else of_key.get((entry.source, entry.key or ""), task_id)
