"""A story whose staged tables lie under ``staged``, as `sync.past` lays them, so that the clock can be turned back."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from mapping.records import STAGED
from mapping.statements import create
from tests.mapping.world import World


@contextmanager
def staged(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database with the rows of `world` under ``staged``."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.execute("CREATE SCHEMA staged")
        connection.execute("SET schema = 'staged'")
        for table in STAGED:
            create(connection, table, world.rows[table.name])
        connection.execute("SET schema = 'main'")
        yield connection
