"""A small world for the tests of `sync`: CRMs in memory, a stage, a ledger, and what the rules want, set by hand.

The computation is the seam: `World.compute` writes `desired_*` from `wanted` and `gaps`; everything after it is real.
"""

from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

import duckdb

from connectors.memory import MemoryConnector
from mapping.metadata import FIELDS, desired_tables, results
from mapping.records import DERIVED
from mapping.spec import load_rules
from mapping.statements import create
from sync import pipeline
from sync.changes import Change, Limits, Skip
from sync.ledger import Dossier, Ledger
from sync.memory import same
from sync.pipeline import Desk, RunReport
from sync.plan_tables import changes, skips
from sync.stage import Stage

NOON = 1_700_049_600
"""2023-11-15T12:00:00Z, a Wednesday: far from any midnight."""

DAY = 86_400

DUE, GRACE = 5 * DAY, 5 * DAY
"""Seconds until a task is due and its grace; here every day is a business day."""

Record = tuple[str, str]
"""Object and id."""

RULES = load_rules()

_DESIRED = {table.name: table for table in (*DERIVED, *desired_tables())}


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap that deserves a task."""

    key: str
    severity: float = 50.0
    owner_id: str | None = "u1"
    source: str = "crm"
    subject: str = "Find a champion"
    manager_id: str | None = "boss"


@dataclass(slots=True)
class World:
    """Two contacts and an account in the connection `crm`; everything may be changed between runs."""

    wanted: dict[Record, dict[str, str | None]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    undecided: list[tuple[str, str]] = field(default_factory=list)
    """Account keys and gap kinds that nobody can tell."""
    also_right: list[tuple[str, str, str, str, str]] = field(default_factory=list)
    """Source, object, id, field and a value that is as right as the wanted one."""
    companies: dict[str, str] = field(default_factory=dict)
    """Account record -> the company it is."""
    people: dict[str, str] = field(default_factory=dict)
    """Contact record -> the person it is."""
    bands: dict[tuple[str, str], float] = field(default_factory=RULES.damping.bands)
    csms: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """Account record -> the colleague who looks after it, and since when."""
    limits: Limits = field(default_factory=Limits)
    takeover: bool = False
    sentences: bool = True
    batch: int = 1
    page_size: int = 500
    owner: str = "tests"
    steps: list[str] = field(default_factory=list)
    stop_at: int | None = None
    """Number of the progress report at which the process dies."""
    crm: MemoryConnector = field(init=False)
    stage: Stage = field(init=False)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.crm = MemoryConnector("crm", NOON, self.batch, self.page_size)
        list(self.crm.provision(FIELDS, dry_run=False))
        self.crm.put("account", {"id": "a1", "name": "Globex"})
        self.crm.put("contact", {"id": "c1", "name": "Ann", "account_id": "a1"})
        self.crm.put("contact", {"id": "c2", "name": "Bob", "account_id": "a1"})

    def __enter__(self) -> Self:
        self.stage = Stage(":memory:").__enter__()
        self.stage.connection.execute("SET threads TO 1")  # tiny tables: handing work out costs more than doing it
        self.ledger = Ledger("sqlite://")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stage.__exit__(kind, error, trace)
        self.ledger.close()

    # --- what the rules want ---------------------------------------------------------------------------------------

    def want(self, record: Record, **values: str | None) -> None:
        """Let the rules want these values, and nothing else, on a record."""
        self.wanted[record] = dict(values)

    def compute(self, connection: duckdb.DuckDBPyConnection, as_of: int) -> None:
        """Stand in for `mapping.compute`."""
        for object_name in ("contact", "account"):
            rows = [
                ("crm", record_id, *(values.get(output.name) for output in results(object_name)))
                for (kind, record_id), values in self.wanted.items()
                if kind == object_name
            ]
            create(connection, _DESIRED[f"desired_{object_name}"], rows)
        create(connection, _DESIRED["undecided"], self.undecided)
        create(connection, _DESIRED["also_right"], self.also_right)
        create(
            connection, _DESIRED["csm"], [("crm", account, None, *held, True) for account, held in self.csms.items()]
        )
        create(connection, _DESIRED["company"], [("crm", *pair, True, "single") for pair in self.companies.items()])
        create(connection, _DESIRED["person"], [("crm", *pair, "single") for pair in self.people.items()])
        create(connection, _DESIRED["desired_task"], [self._task(gap, as_of) for gap in self.gaps])

    def explain(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Stand in for `mapping.explain.render`: one sentence a field, and the two companions."""
        if self.sentences:
            connection.execute(
                "INSERT INTO sentence SELECT c.object, c.source, c.id, c.field, 'rule r1: crm/contact/c1 says so'"
                " FROM plan_value AS c"
            )
            connection.execute(
                "INSERT INTO companion SELECT object, source, id, 'Because.', '2023-11-15' FROM explained"
            )

    def merge(self, object_name: str, loser: str, winner: str) -> None:
        """Let a record live on as another one, as a pull would report it."""
        self.stage.connection.execute(f"INSERT INTO merged_{object_name} VALUES ('crm', ?, ?)", [loser, winner])

    # --- running ---------------------------------------------------------------------------------------------------

    def desk(self) -> Desk:
        """Lay out everything for a run."""
        return Desk(
            org="acme",
            owner=self.owner,
            connectors={"crm": self.crm},
            stage=self.stage,
            ledger=self.ledger,
            rules="rules-1",
            compute=self.compute,
            explain=self.explain,
            dossiers=lambda _: [Dossier("contact", "crm", "c1", "Ann", "Globex", {"sentences": ["Because."]})],
            now=lambda: float(self.crm.now),
            progress=self.report,
            limits=self.limits,
            takeover=self.takeover,
            bands=self.bands,
        )

    def report(self, step: str, detail: str = "", count: int = 0) -> None:
        """Take progress; dies where the test said so."""
        self.steps.append(f"{step} {detail} {count}")
        if self.stop_at is not None and len(self.steps) > self.stop_at:
            raise KilledError(step)

    def run(self) -> RunReport:
        """Run once."""
        return pipeline.run(self.desk())

    def plan(self) -> RunReport:
        """Plan once."""
        return pipeline.plan(self.desk())

    def undo(self, number: int) -> RunReport:
        """Take a run back."""
        return pipeline.undo(self.desk(), number)

    def next_day(self) -> None:
        """Let a day pass in the CRM."""
        self.crm.now += DAY

    # --- looking ---------------------------------------------------------------------------------------------------

    def changes(self) -> list[Change]:
        """List the changes of the last plan."""
        return list(changes(self.stage.connection))

    def skips(self) -> list[Skip]:
        """List the omissions of the last plan."""
        return list(skips(self.stage.connection))

    def held(self, record: Record, name: str) -> str | None:
        """Read a field from the CRM."""
        return self.crm.values.get(record, {}).get(name)

    def holds(self, record: Record, name: str, value: str | None) -> bool:
        """Compare a field of the CRM with a value; an untouched checkbox is false."""
        return same(record[0], name, self.held(record, name), value)

    def open_keys(self) -> list[str]:
        """List the keys of open tasks in the CRM, each as often as it is there."""
        return sorted(task.key for task in self.crm.tasks.values() if task.open)

    def task_id(self, key: str) -> str:
        """Find a task in the CRM by its key."""
        return next(task.id for task in self.crm.tasks.values() if task.key == key)

    def close_gap(self, key: str) -> None:
        """Let a gap go away."""
        self.gaps = [gap for gap in self.gaps if gap.key != key]

    def give_to(self, key: str, owner: str) -> None:
        """Let another colleague own a gap."""
        self.gaps = [replace(gap, owner_id=owner) if gap.key == key else gap for gap in self.gaps]

    def _task(self, gap: Gap, as_of: int) -> tuple[object, ...]:
        today = as_of - as_of % DAY
        texts = (gap.subject, f"Why: {gap.key}")
        late = (gap.manager_id, today - GRACE)
        return (gap.key, gap.source, "a1", "c1", gap.owner_id, *texts, today + DUE, gap.severity, *late)


class KilledError(BaseException):
    """The process is gone: nobody may catch it."""
