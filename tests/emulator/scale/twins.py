"""A Salesforce org over a file and its twin with the same rows as dictionaries: both always say the same."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from connectors.emulator.clock import Clock
from connectors.emulator.salesforce import seeding
from connectors.emulator.salesforce.columnar import reading
from connectors.emulator.salesforce.columnar.found import Records
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.ids import make
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.reading import View
from connectors.emulator.salesforce.records import Writer
from connectors.emulator.salesforce.schema import Field
from connectors.emulator.salesforce.soql.parser import parse
from connectors.emulator.salesforce.soql.run import Result, run
from connectors.emulator.synthetic.made import attach
from connectors.emulator.synthetic.seed import salesforce

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
Rows = list[dict[str, Any]]


def url(kind: str, record_id: str) -> str:
    """The address of a record."""
    return f"/services/data/v65.0/sobjects/{kind}/{record_id}"


@dataclass(slots=True)
class Twins:
    """Both orgs. `filed` reads the file, `plain` holds rows."""

    filed: Org
    plain: Org

    @classmethod
    def over(cls, path: Path, connection: duckdb.DuckDBPyConnection) -> "Twins":
        """Both over one file."""
        attach(connection, path)
        clock = Clock(NOW)
        clock.freeze()
        clock.set(NOW)
        filed, plain = Org(clock), Org(clock)
        for org in (filed, plain):
            seeding.load(org, salesforce(connection))
        reading.lay(filed, connection)
        for name, table in filed.store.tables():
            if filed.store.filed(name):
                for row in table.values():
                    plain.store.put(name, dict(row))
        return cls(filed, plain)

    def both(self) -> tuple[Org, Org]:
        """The two, for doing the same to both."""
        return self.filed, self.plain

    def serial(self, prefix: str, number: int) -> str:
        """The id of the n-th record of an object."""
        return make(prefix, number)

    def write(self, org: Org) -> Writer:
        """A writer of the integration user."""
        return Writer(org, org.access(org.user_id))

    def add_field(self, home: str, field: Field) -> None:
        """Give both a custom field."""
        for org in self.both():
            org.schema.put_field(home, field)

    def found(self, soql: str, *, everything: bool = False) -> Result:
        """What the file's org finds by SQL; the statement must be plain."""
        found = self._found(soql, everything=everything)
        assert found is not None, f"not plain: {soql}"
        return found

    def answer(self, soql: str, *, everything: bool = False) -> Any:
        """How many records `found` has, and the records."""
        found = self.found(soql, everything=everything)
        return found.total, rows_of(found)

    def is_plain(self, soql: str) -> bool:
        """Whether a statement is answered by SQL."""
        return self._found(soql, everything=False) is not None

    def by_hand(self, soql: str, *, everything: bool = False, filed: bool = False) -> Any:
        """What the evaluator finds in the plain rows, or in those of the file."""
        org = self.filed if filed else self.plain
        org.archive()
        found = run(parse(soql), View(org, org.access(org.user_id), everything), url)
        return found.total, [_whole(found, row) for row in found.rows]

    def refusals(self, soql: str) -> tuple[str, str]:
        """The messages with which the org over the file and its twin refuse a statement."""
        with pytest.raises(SalesforceError) as filed:
            self._found(soql, everything=False)
        with pytest.raises(SalesforceError) as plain:
            self.by_hand(soql)
        return f"{filed.value.code} {filed.value.message}", f"{plain.value.code} {plain.value.message}"

    def _found(self, soql: str, *, everything: bool) -> Result | None:
        org = self.filed
        org.archive()
        assert org.columns is not None
        return org.columns.answer(parse(soql), View(org, org.access(org.user_id), everything), url)


def _whole(found: Result, row: dict[str, Any]) -> dict[str, Any]:
    """A record with the records of its subqueries."""
    parts = found.render(row).items()
    return {
        name: [_whole(value, each) for each in value.rows] if isinstance(value, Result) else value
        for name, value in parts
    }


def rows_of(found: Result, size: int = 2000) -> Rows:
    """All records, read page by page as a client does."""
    if not isinstance(found.rows, Records):
        return list(found.rows)
    pages = [found.rows.page(start, size) for start in range(0, len(found.rows), size)]
    return [row for page in pages for row in orjson.loads(page)]
