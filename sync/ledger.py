"""The ledger: what must never be lost, on SQLite or PostgreSQL through SQLAlchemy Core.

Last-applied values, plans, the journal of writes, the task ledger, runs, leases and published dossiers. Everybody may
read it while a run goes on; the stage has one owner. `sync.journal` writes the tables `JOURNAL`, `APPLIED` and `TASKS`.
SQLAlchemy costs a third of a second to import: import this module inside the command that needs it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from types import TracebackType
from typing import Any, Self, TypeVar

import sqlalchemy as sa

METADATA = sa.MetaData()
T = TypeVar("T")


def _table(name: str, primary: str, /, **columns: sa.types.TypeEngine[Any]) -> sa.Table:
    """Declare a table; `primary` names its primary key, everything else may be NULL."""
    keys = primary.split()
    parts = [sa.Column(column, kind, primary_key=column in keys) for column, kind in columns.items()]
    return sa.Table(name, METADATA, *parts)


_TEXT, _INT, _BIG, _FLAG, _JSON = sa.Text(), sa.Integer(), sa.BigInteger(), sa.Boolean(), sa.JSON()

RUNS = _table(
    "runs",
    "org number",
    org=_TEXT,
    number=_INT,
    kind=_TEXT,
    status=_TEXT,
    started_at=_BIG,
    ended_at=_BIG,
    as_of=_BIG,
    digest=_TEXT,
    error=_TEXT,
    report=_JSON,
)
"""status: running, ok, nothing, incomplete, failed or interrupted (the process died)."""

PLANS = _table(
    "plans", "org digest", org=_TEXT, digest=_TEXT, as_of=_BIG, rules=_TEXT, run=_INT, made_at=_BIG, body=_JSON
)
"""Plans that were shown; `body` is `Plan.to_json` with the first rows."""

APPLIED = _table(
    "applied", "org source object id field", org=_TEXT, source=_TEXT, object=_TEXT, id=_TEXT, field=_TEXT, value=_TEXT
)
"""What we last wrote into a field; a NULL value means that we emptied it."""

TASKS = _table(
    "tasks",
    "org key",
    org=_TEXT,
    key=_TEXT,
    source=_TEXT,
    id=_TEXT,
    state=_TEXT,
    closed_by_us=_FLAG,
    owner_id=_TEXT,
    opened_at=_BIG,
    escalated_to=_TEXT,
    snooze_honoured=_BIG,
)
"""One gap, one task. `state` open: its gap was there when we last applied; closed: gap and task were both closed, so a
gap that returns may open the task again. `owner_id` is the CSM we gave it to, `escalated_to` the manager we passed it
on to since it was last opened, `snooze_honoured` the snooze date that we have opened it again after."""

CSMS = _table("csms", "org source id", org=_TEXT, source=_TEXT, id=_TEXT, colleague=_TEXT, since_at=_BIG)
"""Who looked after an account at the last run; `since_at` is NULL until we see it change hands."""

JOURNAL = _table(
    "journal",
    "org run seq",
    org=_TEXT,
    run=_INT,
    seq=_INT,
    source=_TEXT,
    object=_TEXT,
    record_id=_TEXT,
    kind=_TEXT,
    detail=_JSON,
    outcome=_TEXT,
    result_id=_TEXT,
    message=_TEXT,
)
"""Every write: intent before it was sent, outcome afterwards. A NULL outcome was never heard of again."""

LEASES = _table("leases", "org", org=_TEXT, owner=_TEXT, taken_at=_BIG, expires_at=_BIG)

PAUSES = _table("pauses", "org", org=_TEXT, since=_BIG, said=_TEXT, salt=_TEXT, credentials=_TEXT)
"""An organisation whose sign-in was refused, see `sync.pause`. `credentials` is a slow digest of what was refused."""

RULES = _table("rules", "org digest", org=_TEXT, digest=_TEXT, noted_at=_BIG, figures=_JSON)
"""The figures behind every digest that a plan was made with: name -> value."""

HISTORY = _table(
    "history",
    "org source id as_of",
    org=_TEXT,
    source=_TEXT,
    id=_TEXT,
    as_of=_BIG,
    name=_TEXT,
    coverage=_JSON,
)
"""The coverage of each account (its home record) over time: one row a change, which stands until the next."""

DOSSIERS = _table(
    "dossiers",
    "org object source id",
    org=_TEXT,
    object=_TEXT,
    source=_TEXT,
    id=_TEXT,
    name=_TEXT,
    account=_TEXT,
    body=_JSON,
)
"""What the console and `explain` show while somebody else owns the stage."""

sa.Index("journal_open", JOURNAL.c.org, JOURNAL.c.outcome)
sa.Index("tasks_opened", TASKS.c.org, TASKS.c.opened_at)


class LeaseHeldError(Exception):
    """Somebody else works on the organisation. `owner` and `until` (epoch second) say who and for how long at most."""

    def __init__(self, org: str, owner: str, until: int) -> None:
        ends = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        super().__init__(
            f"{owner} (host and process) is working on {org}. Wait until it has finished and try again;"
            f" if it was lost, its lease ends by itself at {ends}"
        )
        self.owner = owner
        self.until = until


def presumed_alive(_owner: str) -> bool:
    """Answer for every holder of a lease that it may be alive: without better knowledge a lease runs its time."""
    return True


@dataclass(frozen=True, slots=True)
class Dossier:
    """A published answer about one record: `object` is contact or account, `body` what `explain` shows."""

    object: str
    source: str
    id: str
    name: str
    account: str | None
    body: Mapping[str, Any]


class Ledger:
    """The database behind `url` (``sqlite:///rapport.db`` or ``postgresql+psycopg://...``), with its tables."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _set_up_sqlite)
        METADATA.create_all(self.engine)
        self._add_new_columns()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the database connections back."""
        self.engine.dispose()

    # --- leases ----------------------------------------------------------------------------------------------------

    def lease(
        self, org: str, owner: str, now: int, seconds: int, alive: Callable[[str], bool] = presumed_alive
    ) -> None:
        """Take or renew the lease on an organisation. Raises LeaseHeldError while somebody else's is running.

        `alive` is asked about the holder of a running lease; one that is known to be dead gives way at once.
        """
        mine = {"owner": owner, "taken_at": now, "expires_at": now + seconds}
        if self._take_over(org, mine, sa.or_(LEASES.c.expires_at <= now, LEASES.c.owner == owner)):
            return
        if self._take_unheld(org, mine):
            return
        holder, until = self.holder(org) or ("somebody", now)
        if alive(holder) or not self._take_over(org, mine, LEASES.c.owner == holder):
            raise LeaseHeldError(org, holder, until)

    def renew(self, org: str, owner: str, now: int, seconds: int) -> None:
        """Renew our lease. Raises LeaseHeldError when it is no longer ours, be it that nobody has it by now."""
        mine = {"owner": owner, "taken_at": now, "expires_at": now + seconds}
        if not self._take_over(org, mine, LEASES.c.owner == owner):
            raise LeaseHeldError(org, *(self.holder(org) or ("somebody who has finished meanwhile", now)))

    def release(self, org: str, owner: str) -> None:
        """Give the lease back; somebody else's stays."""
        self._run(sa.delete(LEASES).where(LEASES.c.org == org, LEASES.c.owner == owner))

    def holder(self, org: str) -> tuple[str, int] | None:
        """Tell who holds the lease and until when at most; it may have run out."""
        rows = self._all(sa.select(LEASES.c.owner, LEASES.c.expires_at).where(LEASES.c.org == org))
        return (rows[0]["owner"], rows[0]["expires_at"]) if rows else None

    def _take_over(self, org: str, mine: Mapping[str, Any], condition: sa.ColumnElement[bool]) -> bool:
        """Put our name on the lease if its row meets `condition`; tells whether it did."""
        with self.engine.begin() as database:
            taken = database.execute(sa.update(LEASES).where(LEASES.c.org == org, condition).values(mine))
        return taken.rowcount > 0

    def _take_unheld(self, org: str, mine: Mapping[str, Any]) -> bool:
        """Write our name where no lease is; of two that try at once the primary key lets one through."""
        try:
            self._run(sa.insert(LEASES).values(org=org, **mine))
        except sa.exc.IntegrityError:
            return False
        return True

    # --- runs and plans --------------------------------------------------------------------------------------------

    def begin_run(self, org: str, kind: str, now: int) -> int:
        """Number a new run of an organisation; runs that never ended are noted as interrupted. Call under the lease."""
        with self.engine.begin() as database:
            unfinished = sa.update(RUNS).where(RUNS.c.org == org, RUNS.c.status == "running")
            database.execute(unfinished.values(status="interrupted", ended_at=now))
            last = database.execute(sa.select(sa.func.max(RUNS.c.number)).where(RUNS.c.org == org)).scalar()
            number = (last or 0) + 1
            new = sa.insert(RUNS).values(org=org, number=number, kind=kind, status="running", started_at=now)
            database.execute(new)
        return number

    def note_run(self, org: str, number: int, **values: object) -> None:
        """Set columns of a run's row (see `RUNS`)."""
        self._run(sa.update(RUNS).where(RUNS.c.org == org, RUNS.c.number == number).values(**values))

    def runs(self, org: str, limit: int = 50) -> list[dict[str, Any]]:
        """Read the latest runs, newest first, as rows of `RUNS`."""
        return self._all(sa.select(RUNS).where(RUNS.c.org == org).order_by(RUNS.c.number.desc()).limit(limit))

    def run(self, org: str, number: int) -> dict[str, Any] | None:
        """Read one run, or None."""
        rows = self._all(sa.select(RUNS).where(RUNS.c.org == org, RUNS.c.number == number))
        return rows[0] if rows else None

    def calls(self, org: str, since: int) -> Mapping[str, int]:
        """Count the calls that runs begun since an epoch second have sent, by connection."""
        begun = sa.select(RUNS.c.report).where(RUNS.c.org == org, RUNS.c.started_at >= since)
        sent: Counter[str] = Counter()
        for row in self._all(begun):
            for source, counts in ((row["report"] or {}).get("calls") or {}).items():
                sent[source] += sum(counts.values())
        return sent

    def keep_plan(self, org: str, digest: str, **values: object) -> None:
        """Keep a plan that was shown, so that it can be approved by its digest (columns: see `PLANS`)."""
        with self.engine.begin() as database:
            database.execute(sa.delete(PLANS).where(PLANS.c.org == org, PLANS.c.digest == digest))
            database.execute(sa.insert(PLANS).values(org=org, digest=digest, **values))

    def plan(self, org: str, digest: str) -> dict[str, Any] | None:
        """Read a kept plan by its digest or the unambiguous beginning of one (at least six characters); else None."""
        wanted = PLANS.c.digest.startswith(digest, autoescape=True)
        rows = self._all(sa.select(PLANS).where(PLANS.c.org == org, wanted)) if len(digest) >= 6 else []
        return rows[0] if len(rows) == 1 else None

    def latest_plan(self, org: str) -> dict[str, Any] | None:
        """Read the plan that was kept last, or None."""
        rows = self._all(sa.select(PLANS).where(PLANS.c.org == org).order_by(PLANS.c.run.desc()).limit(1))
        return rows[0] if rows else None

    # --- pauses ----------------------------------------------------------------------------------------------------

    def pause(self, org: str, **values: object) -> None:
        """Note that an organisation is left alone (columns: see `PAUSES`)."""
        with self.engine.begin() as database:
            database.execute(sa.delete(PAUSES).where(PAUSES.c.org == org))
            database.execute(sa.insert(PAUSES).values(org=org, **values))

    def paused(self, org: str) -> dict[str, Any] | None:
        """Read why and since when an organisation is left alone, or None."""
        return next(iter(self._all(sa.select(PAUSES).where(PAUSES.c.org == org))), None)

    def resume(self, org: str) -> bool:
        """End a pause; tells whether there was one."""
        with self.engine.begin() as database:
            return database.execute(sa.delete(PAUSES).where(PAUSES.c.org == org)).rowcount > 0

    # --- rules -----------------------------------------------------------------------------------------------------

    def note_rules(self, org: str, digest: str, noted_at: int, figures: Mapping[str, object]) -> None:
        """Keep the figures behind a digest, once."""
        if self.rules(org, digest) is None:
            self._run(sa.insert(RULES).values(org=org, digest=digest, noted_at=noted_at, figures=dict(figures)))

    def rules(self, org: str, digest: str) -> dict[str, Any] | None:
        """Read the figures noted under a digest or the unambiguous beginning of one (six characters); else None."""
        wanted = RULES.c.digest.startswith(digest, autoescape=True)
        rows = self._all(sa.select(RULES).where(RULES.c.org == org, wanted)) if len(digest) >= 6 else []
        return rows[0] if len(rows) == 1 else None

    # --- memory of the plan ----------------------------------------------------------------------------------------

    def has_applied(self, org: str, *place: str) -> bool:
        """Tell whether we ever wrote for an organisation, to a connection of it, or to an object of that.

        Before the first run nothing need be looked up.
        """
        columns = (APPLIED.c.org, APPLIED.c.source, APPLIED.c.object)
        same = [column == value for column, value in zip(columns, (org, *place), strict=False)]
        return bool(self._all(sa.select(APPLIED.c.id).where(*same).limit(1)))

    def applied(self, org: str, source: str, object_name: str, ids: Iterable[str]) -> list[dict[str, Any]]:
        """Read the last-applied values (id, field, value) of some records of a connection."""
        found: list[dict[str, Any]] = []
        columns = sa.select(APPLIED.c.id, APPLIED.c.field, APPLIED.c.value)
        for chunk in chunks(ids, 500):
            same = (APPLIED.c.org == org, APPLIED.c.source == source, APPLIED.c.object == object_name)
            found += self._all(columns.where(*same, APPLIED.c.id.in_(chunk)))
        return found

    def applied_to(self, org: str, object_name: str, field: str) -> list[dict[str, Any]]:
        """Read what we last wrote into one field of every record: source, id, value."""
        same = (APPLIED.c.org == org, APPLIED.c.object == object_name, APPLIED.c.field == field)
        columns = sa.select(APPLIED.c.source, APPLIED.c.id, APPLIED.c.value)
        return self._all(columns.where(*same).order_by(APPLIED.c.source, APPLIED.c.id))

    def tasks(self, org: str) -> list[dict[str, Any]]:
        """Read the task ledger of an organisation as rows of `TASKS`."""
        return self._all(sa.select(TASKS).where(TASKS.c.org == org).order_by(TASKS.c.key))

    def rename_tasks(self, org: str, keys: Iterable[tuple[str, str]]) -> None:
        """Let gaps that live on under another key keep their tasks; pairs of the old key and the new one."""
        for old, new in keys:
            self._run(sa.update(TASKS).where(TASKS.c.org == org, TASKS.c.key == old).values(key=new))

    def csms(self, org: str) -> list[tuple[str, str, str, int | None]]:
        """Read who looked after each account: source, id, colleague, since when."""
        columns = (CSMS.c.source, CSMS.c.id, CSMS.c.colleague, CSMS.c.since_at)
        rows = self._all(sa.select(*columns).where(CSMS.c.org == org).order_by(CSMS.c.source, CSMS.c.id))
        return [(row["source"], row["id"], row["colleague"], row["since_at"]) for row in rows]

    def note_csms(self, org: str, rows: Iterable[tuple[str, str, str, int | None]]) -> None:
        """Remember who looks after some accounts from now on: source, id, colleague, since when."""
        with self.engine.begin() as database:
            for chunk in chunks(rows, 500):
                known = sa.tuple_(CSMS.c.source, CSMS.c.id).in_([row[:2] for row in chunk])
                database.execute(sa.delete(CSMS).where(CSMS.c.org == org, known))
                names = ("source", "id", "colleague", "since_at")
                database.execute(sa.insert(CSMS), [{"org": org, **dict(zip(names, row, strict=True))} for row in chunk])

    # --- dossiers --------------------------------------------------------------------------------------------------

    def publish(self, org: str, dossiers: Iterable[Dossier]) -> int:
        """Replace the published dossiers of an organisation in one transaction and count them.

        The first are drawn before it begins: `mapping.explain.dossiers` renders all of them until it gives one. From
        then on they are only sorted, read and written, a thousand at a time; so long SQLite lets nobody else write, and
        readers see what was published before.
        """
        count, parts = 0, chunks(dossiers, 1000)
        first = list(islice(parts, 1))
        with self.engine.begin() as database:
            database.execute(sa.delete(DOSSIERS).where(DOSSIERS.c.org == org))
            for chunk in chain(first, parts):
                database.execute(sa.insert(DOSSIERS), [_dossier_row(org, dossier) for dossier in chunk])
                count += len(chunk)
        return count

    def dossiers(
        self, org: str, text: str = "", *, object_name: str | None = None, limit: int | None = 100
    ) -> list[Dossier]:
        """Find dossiers whose name or id contains `text`, whatever its case, by name."""
        named = sa.or_(DOSSIERS.c.name.icontains(text, autoescape=True), DOSSIERS.c.id.icontains(text, autoescape=True))
        found = sa.select(DOSSIERS).where(DOSSIERS.c.org == org, named).order_by(DOSSIERS.c.name, DOSSIERS.c.id)
        if object_name is not None:
            found = found.where(DOSSIERS.c.object == object_name)
        return [_dossier(row) for row in self._all(found.limit(limit))]

    # --- history ---------------------------------------------------------------------------------------------------

    def note_history(self, org: str, as_of: int, accounts: Iterable[tuple[str, str, str, Mapping[str, Any]]]) -> int:
        """Note the coverage of accounts (source, id, name, coverage) where it has changed since; counts the rows.

        What is known of a later moment stays: an older plan that is looked at again is no news.
        """
        last = {(row["source"], row["id"]): row for row in self._latest_history(org)}
        changed = [
            {"org": org, "source": source, "id": id_, "as_of": as_of, "name": name, "coverage": dict(coverage)}
            for source, id_, name, coverage in accounts
            if (found := last.get((source, id_))) is None
            or (found["as_of"] < as_of and found["coverage"] != dict(coverage))
        ]
        with self.engine.begin() as database:
            for chunk in chunks(changed, 1000):
                database.execute(sa.insert(HISTORY), list(chunk))
        return len(changed)

    def history(self, org: str, text: str) -> list[dict[str, Any]]:
        """Read the history of the accounts whose name or id contains `text`, by account and time."""
        named = sa.or_(HISTORY.c.name.icontains(text, autoescape=True), HISTORY.c.id.icontains(text, autoescape=True))
        accounts = sa.select(HISTORY.c.source, HISTORY.c.id).where(HISTORY.c.org == org, named).distinct()
        order = (HISTORY.c.source, HISTORY.c.id, HISTORY.c.as_of)
        both = sa.tuple_(HISTORY.c.source, HISTORY.c.id).in_(accounts)
        return self._all(sa.select(HISTORY).where(HISTORY.c.org == org, both).order_by(*order))

    def _latest_history(self, org: str) -> list[dict[str, Any]]:
        newest = sa.select(HISTORY.c.source, HISTORY.c.id, sa.func.max(HISTORY.c.as_of).label("as_of"))
        newest = newest.where(HISTORY.c.org == org).group_by(HISTORY.c.source, HISTORY.c.id)
        last = newest.subquery()
        same = sa.and_(HISTORY.c.source == last.c.source, HISTORY.c.id == last.c.id, HISTORY.c.as_of == last.c.as_of)
        return self._all(sa.select(HISTORY).join(last, same).where(HISTORY.c.org == org))

    # --- the database ----------------------------------------------------------------------------------------------

    def _add_new_columns(self) -> None:
        """Bring a ledger of an earlier version up to date: every column added since may be NULL."""
        known = sa.inspect(self.engine)
        for table in METADATA.sorted_tables:
            there = {column["name"] for column in known.get_columns(table.name)}
            for column in (column for column in table.columns if column.name not in there):
                kind = column.type.compile(self.engine.dialect)
                self._run(sa.text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"))

    def _run(self, statement: sa.Executable) -> None:
        with self.engine.begin() as database:
            database.execute(statement)

    def _all(self, statement: sa.Executable) -> list[dict[str, Any]]:
        with self.engine.connect() as database:
            return [dict(row) for row in database.execute(statement).mappings()]


def chunks(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """Cut `items` into lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """Let readers go on while one writes, and let a second writer wait instead of failing."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.close()


def _dossier_row(org: str, dossier: Dossier) -> dict[str, Any]:
    return {"org": org, **asdict(dossier)}


def _dossier(row: Mapping[str, Any]) -> Dossier:
    return Dossier(row["object"], row["source"], row["id"], row["name"], row["account"], row["body"])
