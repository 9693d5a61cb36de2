"""A small world to tell stories in: CRM rows with sensible defaults, and what the computation makes of them."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache, partial
from itertools import count
from typing import Any

import duckdb

from mapping.compute import STEPS, Step, compute
from mapping.metadata import observed_tables
from mapping.records import REMEMBERED, STAGED
from mapping.spec import Product, Profile, Rules, load_rules
from mapping.statements import create

AS_OF = 1_790_000_000
"""The moment of every story: 2026-09-21T14:13:20Z, a Monday."""

DAY = 86_400

RESOLVING = ("titles", "identity", "lifecycle")
WEIGHING = (*RESOLVING, "evidence")
CLASSIFYING = (*WEIGHING, "profile", "roles")

RULES = load_rules()

PROFILE = Profile(
    organisation="acme",
    products=(Product(sold_to=("Operations",), consumed_in=("Operations", "Manufacturing", "Finance")),),
)

TABLES = {table.name: table for table in (*STAGED, *REMEMBERED, *observed_tables())}


def ago(days: float) -> int:
    """Give the moment so many days before `AS_OF`; negative days lie ahead."""
    return AS_OF - round(days * DAY)


@cache
def database() -> duckdb.DuckDBPyConnection:
    """Open the one database in memory of all stories, so that its rule tables are loaded once.

    One thread: a story is a handful of rows, and threads only cost it.
    """
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection


def connect() -> duckdb.DuckDBPyConnection:
    """Open a connection for one story, which fills the tables it needs.

    Intermediate tables of another story are never seen: they belong to its connection. The staged tables and what a
    computation makes are replaced by the next story that computes, so read a story's answer before you tell another.
    """
    return database().cursor()


class World:
    """Collects staged rows; `compute` loads them and runs every step.

    Each builder takes column values by name; what a story does not name is NULL, except for the defaults written here.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, rules: Rules = RULES, profile: Profile = PROFILE) -> None:
        self.connection = connection
        self.rules = rules
        self.profile = profile
        self.rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in TABLES}
        self._numbers = count(1)

    def add(self, table: str, **values: object) -> None:
        """Add one row to a staged table; `source` is salesforce unless said."""
        names = TABLES[table].column_names()
        unknown = set(values) - set(names)
        assert not unknown, f"{table} has no column {unknown}"
        if "source" in names:
            values.setdefault("source", "salesforce")
        self.rows[table].append(tuple(values.get(name) for name in names))

    def account(self, id: str = "A1", **values: object) -> str:  # noqa: A002 - the column's own name
        """Add a customer account."""
        self.add("account", **{"id": id, "name": f"Account {id}", "customer": True, **values})
        return id

    def contact(self, id: str = "C1", **values: object) -> str:  # noqa: A002 - the column's own name
        """Add a contact of account A1."""
        self.add("contact", **{"id": id, "name": f"Person {id}", "account_id": "A1", **values})
        return id

    def user(self, id: str = "U1", **values: object) -> str:  # noqa: A002 - the column's own name
        """Add a colleague of ours."""
        self.add(
            "user_account",
            **{"id": id, "name": f"Colleague {id}", "email": f"{id.lower()}@ours.example", "active": True, **values},
        )
        return id

    def email(self, direction: str, contact: str = "C1", days: float = 1, **values: object) -> str:
        """Add an e-mail of so many days ago: ``in`` from the contact to us, ``out`` to the contact."""
        part = "from" if direction == "in" else "to"
        return self._act("email", contact, part, {"direction": direction, "happened_at": ago(days), **values})

    def meeting(self, *contacts: str, days: float = 1, **values: object) -> str:
        """Add a meeting of one hour, so many days ago, that contacts attended."""
        hours = {"happened_at": ago(days), "end_at": ago(days) + 3600}
        id_ = self._act("meeting", contacts[0], "attendee", {**hours, **values})
        for contact in contacts[1:]:
            self.add(
                "participant",
                source=values.get("source", "salesforce"),
                activity_id=id_,
                contact_id=contact,
                part="attendee",
            )
        return id_

    def call(self, direction: str, contact: str = "C1", days: float = 1, **values: object) -> str:
        """Add a call of so many days ago, connected unless said."""
        part = "from" if direction == "in" else "to"
        return self._act(
            "call", contact, part, {"direction": direction, "happened_at": ago(days), "outcome": "connected", **values}
        )

    def _act(self, kind: str, contact: str, part: str, values: dict[str, object]) -> str:
        id_ = str(values.pop("id", f"{kind}-{next(self._numbers)}"))
        source = values.setdefault("source", "salesforce")
        self.add("activity", **{"id": id_, "kind": kind, **values})
        self.add("participant", source=source, activity_id=id_, contact_id=contact, part=part)
        return id_

    def usage(self, contact: str = "C1", days: int = 10, **values: object) -> None:
        """Say that a contact was active on so many of the last 30 days."""
        self.add("usage", **{"contact_id": contact, "product": "default", "active_days": days, **values})

    def nps(self, contact: str = "C1", score: float = 9, days: float = 0, **values: object) -> None:
        """Add an NPS answer of so many days ago."""
        self.add("signal", **{"contact_id": contact, "kind": "nps", "score": score, "happened_at": ago(days), **values})

    def advocacy(self, contact: str = "C1", days: float = 0, **values: object) -> None:
        """Add an advocacy act (a reference) of so many days ago."""
        self.add(
            "signal",
            **{"contact_id": contact, "kind": "advocacy", "what": "reference", "happened_at": ago(days), **values},
        )

    def crm_role(self, contact: str = "C1", role: str = "Champion", **values: object) -> None:
        """Say that somebody named a role in the CRM; about account A1 unless said."""
        defaults = {"id": f"R{next(self._numbers)}", "account_id": "A1", "origin": "OpportunityContactRole"}
        self.add("contact_role", **{**defaults, "contact_id": contact, "role": role, **values})

    def opportunity(self, account: str = "A1", **values: object) -> str:
        """Add a deal won 100 days ago."""
        id_ = str(values.pop("id", f"O{next(self._numbers)}"))
        won = {"closed": True, "won": True, "close_at": ago(100), "name": f"Deal {id_}"}
        self.add("opportunity", **{"id": id_, "account_id": account, **won, **values})
        return id_

    def sees(self, fact: str = "activity", days: float = 400, **values: object) -> None:
        """Say that the connection captures a fact since so many days."""
        self.add("coverage_of_source", **{"fact": fact, "available": True, "since_at": ago(days), **values})

    def resolve(self) -> "World":
        """Load the rows and run the steps that say who is who; a sixth of the time of all steps."""
        return self.only(RESOLVING)

    def weigh(self) -> "World":
        """Load the rows and run the steps up to the axes."""
        return self.only(WEIGHING)

    def classify(self) -> "World":
        """Load the rows and run the steps that say who people are; a third of the time of all steps."""
        return self.only(CLASSIFYING)

    def only(self, names: Collection[str]) -> "World":
        """Load the rows and run the steps named."""
        return self.compute([step for step in STEPS if step.name in names])

    def compute(self, steps: Iterable[Step] = STEPS, as_of: int = AS_OF) -> "World":
        """Load the rows and run every step at `as_of`."""
        for name, rows in self.rows.items():
            create(self.connection, TABLES[name], rows)
        compute(self.connection, self.rules, self.profile, as_of, steps)
        return self

    def table(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """Read columns of a table, sorted; a single column still comes as tuples."""
        chosen = ", ".join(columns) or "*"
        return self.connection.execute(f"SELECT {chosen} FROM {name} ORDER BY ALL").fetchall()

    def one(self, name: str, *columns: str) -> Any:
        """Read the only row of a table; a single column as its bare value."""
        rows = self.table(name, *columns)
        assert len(rows) == 1, rows
        return rows[0][0] if len(columns) == 1 else rows[0]


def gather(stories: Sequence[World]) -> World:
    """Put stories that know nothing of each other into one world; the ids of the nth begin with ``n/``.

    One computation then judges them all, which costs hardly more than one story.
    """
    whole = World(stories[0].connection, stories[0].rules, stories[0].profile)
    for number, story in enumerate(stories):
        for name, rows in story.rows.items():
            names = TABLES[name].column_names()
            told = (tuple(map(partial(_marked, number), names, row)) for row in rows)
            whole.rows[name] = list(dict.fromkeys((*whole.rows[name], *told)))
    return whole


def _marked(number: int, column: str, value: object) -> object:
    return f"{number}/{value}" if column.endswith("id") and value is not None else value
