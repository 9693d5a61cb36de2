"""Puts a file under a portal that has no records of its own; called when the emulator starts or is reset."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from connectors.emulator.hubspot.columnar import links
from connectors.emulator.hubspot.columnar.base import SCHEMA, Base
from connectors.emulator.hubspot.columnar.layered import LayeredTable
from connectors.emulator.hubspot.crm import Crm

if TYPE_CHECKING:
    import duckdb


def lay(crm: Crm, connection: "duckdb.DuckDBPyConnection") -> None:
    """Put the records and links of a file, attached as `made`, under a portal that has none of its own."""
    for base in _bases(crm, connection):
        crm.new_id(at_least=base.highest + 1)
        crm.lay(base.kind, LayeredTable(base))
    links.lay(crm.associations, connection)


def _bases(crm: Crm, connection: "duckdb.DuckDBPyConnection") -> Iterator[Base]:
    names = "SELECT table_name FROM duckdb_tables() WHERE database_name || '.' || schema_name = $1"
    filed = {name for (name,) in connection.execute(names, [SCHEMA]).fetchall()}
    return (Base(connection, kind) for kind in crm.kinds if kind.name in filed)
