"""A made-up CRM, opened: puts itself under both vendors when the emulator starts and whenever it is reset."""

from pathlib import Path
from typing import Any

import duckdb

from connectors.emulator.hubspot import Portal
from connectors.emulator.hubspot.columnar import filing
from connectors.emulator.salesforce.columnar import reading
from connectors.emulator.salesforce.org import Org
from connectors.emulator.synthetic import seed

# DuckDB's own pages; the process needs another gigabyte for results and what is written.
_MEMORY = "2GB"


class Made:
    """The file, read only; `folder` is for what does not fit into memory."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._connection = duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(folder)})
        attach(self._connection, path)

    def seed(self) -> dict[str, Any]:
        """What is not in the file, in the form of docs/seed-format.md."""
        return seed.seed(self._connection)

    def lay(self, org: Org, portal: Portal) -> None:
        """Put the file under both, which hold nothing but that seed."""
        reading.lay(org, self._connection)
        filing.lay(portal.crm, self._connection)


def attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Open a file under the name that all readers know it by."""
    connection.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS made (READ_ONLY)")
