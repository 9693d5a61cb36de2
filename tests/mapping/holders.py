"""Tables of the middle of the computation, written by hand: customers, people, their roles and depth.

Stories about coverage, gaps and values begin here, so that they depend on nothing that came before.
"""

from typing import Any

import duckdb

from mapping import activity, coverage, depth, engagement, equity, evidence, gaps, lifecycle, products
from mapping.compute import DECLARED
from mapping.records import REMEMBERED, STAGED
from mapping.spec import listing
from mapping.statements import create, execute, load
from tests.mapping.world import AS_OF, PROFILE, RULES

TABLES = {table.name: table for table in (*STAGED, *REMEMBERED, *DECLARED.values())}
ACCOUNT = "salesforce:A1"

BEFORE = {"coverage": ("products", "coverage", "shortfall"), "equity": ("profile", "equity")}
"""The statements that a step takes, where they are more than its own."""


class Holders:
    """One customer (Mid-Market, department, unless said) and the people who hold roles in it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.rows: dict[str, list[tuple[object, ...]]] = {}

    def add(self, table: str, **values: object) -> "Holders":
        """Add one row; what is not named is NULL."""
        self.rows.setdefault(table, []).append(tuple(values.get(name) for name in TABLES[table].column_names()))
        return self

    def customer(self, **values: object) -> "Holders":
        """Add the customer, whose activity and usage are known unless said."""
        known = {"activity_known": True, "usage_known": True, "tier": "high"}
        cell = {"segment": "Mid-Market", "breadth": "department"}
        self.add("company", source="salesforce", account_id="A1", account_key=ACCOUNT, home=True, rule="single")
        return self.add("customer", **{"account_key": ACCOUNT, "name": "Acme", **cell, **known, **values})

    def person(self, name: str, level: int | None = 0, used: int = 0, **values: object) -> "Holders":
        """Add a person of the customer with a depth; `used` active days make an active user."""
        id_ = f"salesforce:{name}"
        trend = values.pop("trend", "steady")
        two_way_at = values.pop("two_way_at", None)
        flags = {key: values.pop(key, None) for key in ("do_not_task", "not_a_champion", "left_at", "bounced_at")}
        self.add("contact", source="salesforce", id=name, name=name, account_id="A1", **flags)
        self.add("person", source="salesforce", contact_id=name, person_id=id_, rule="single")
        self.add("member", **{"account_key": ACCOUNT, "person_id": id_, "name": name, "departed": False, **values})
        self.add(
            "depth",
            account_key=ACCOUNT,
            person_id=id_,
            level=level,
            why="no exchange",
            trend=trend,
            two_way_at=two_way_at,
        )
        if used:
            self.add("usage", source="salesforce", contact_id=name, product="default", active_days=used)
        return self

    def role(self, name: str, role: str, subtype: str | None = None, **values: object) -> "Holders":
        """Give a person a role, likely unless said."""
        said = {"status": "likely", "confidence": 0.9, **values}
        return self.add("role", account_key=ACCOUNT, person_id=f"salesforce:{name}", role=role, subtype=subtype, **said)

    def buyer(self, name: str, level: int | None, subtype: str = "department leader", **values: Any) -> "Holders":
        """Add a buyer."""
        return self.person(name, level, **values).role(name, "buyer", subtype)

    def champion(self, name: str, level: int | None, **values: Any) -> "Holders":
        """Add a champion."""
        return self.person(name, level, **values).role(name, "champion")

    def power_users(self, live: int, users: int) -> "Holders":
        """Add so many active users, the first of them power users who answer us."""
        for number in range(users):
            self.person(f"user {number}", 2 if number < live else 0, used=10)
            if number < live:
                self.role(f"user {number}", "power user")
        return self

    def judge(self, *steps: str) -> "Holders":
        """Load everything and run the steps, coverage alone unless said."""
        load(self.connection, [listing("run", "as_of BIGINT, organisation TEXT", [(AS_OF, "acme")])])
        for module in (lifecycle, activity, depth, evidence, products, coverage, equity, engagement, gaps):
            load(self.connection, module.tables(RULES, PROFILE))
        for name, table in TABLES.items():
            create(self.connection, table, self.rows.get(name, []))
        for step in steps or ("coverage",):
            for name in BEFORE.get(step, (step,)):
                execute(self.connection, name)
        return self

    def need(self, role: str, *columns: str) -> tuple[object, ...]:
        """Read the need of a role."""
        found = self.connection.execute(f"SELECT {', '.join(columns)} FROM need WHERE role = ?", [role]).fetchone()
        assert found is not None
        return found

    def answer(self, *columns: str) -> tuple[object, ...]:
        """Read the account's coverage."""
        found = self.connection.execute(f"SELECT {', '.join(columns)} FROM coverage").fetchone()
        assert found is not None
        return found
