"""How DuckDB works for us: order, progress, log and memory. Used by `sync.stage` and `sync.past`."""

import duckdb

MEMORY_MOST = 9 * 2**29
"""Bytes DuckDB may use before it goes on in files beside the stage (our default); less where the machine has less. Its
own default, four fifths of the machine, would leave nothing to the run of a second organisation."""
MEMORY_OF_PAGES = 2**27
"""The same while pages of a pull arrive and while those of a new stream become visible, so that memory does not grow
with the CRM. With twice of it, and all of it at a stream's end, a million contacts took 243 MB more than 100,000."""
CHECKPOINT_AFTER = 2**30
"""Bytes of the log after which DuckDB tidies the file during a run; it always does when the stage is closed."""


def set_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Tell DuckDB how we work; the memory limit is only ever lowered.

    No statement of ours relies on the order of rows. Told so, DuckDB fills a table with every thread and holds no
    finished part back for the sake of an earlier one: half the time of the widest tables, and less memory. Its progress
    bar would run into what we print. What is committed stands in its log first; a run replaces most of what it makes,
    and tidying the file in between each time was a twentieth of the computation.
    """
    connection.execute("SET preserve_insertion_order = FALSE")
    connection.execute("SET enable_progress_bar = FALSE")
    connection.execute(f"SET checkpoint_threshold = '{CHECKPOINT_AFTER} B'")
    allow(connection, min(allowed(connection), MEMORY_MOST))


def allowed(connection: duckdb.DuckDBPyConnection) -> int:
    """Tell how many bytes DuckDB may hold."""
    found = connection.execute(
        "SELECT CAST(CAST(SPLIT_PART(value, ' ', 1) AS DOUBLE) * CASE SPLIT_PART(value, ' ', 2)"
        " WHEN 'TiB' THEN 1099511627776 WHEN 'GiB' THEN 1073741824 WHEN 'MiB' THEN 1048576 ELSE 1024 END AS BIGINT)"
        " FROM (SELECT CURRENT_SETTING('memory_limit') AS value)"
    ).fetchone()
    return int(found[0]) if found else MEMORY_MOST


def allow(connection: duckdb.DuckDBPyConnection, most: int) -> None:
    """Let DuckDB hold so many bytes at most; raises OutOfMemoryException where it cannot let go of enough at once."""
    connection.execute(f"SET memory_limit = '{most} B'")
