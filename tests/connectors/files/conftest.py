"""A folder with a small Salesforce export that tests spoil, split and pack, and the connector over it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connectors.files.connector import Files
from tests.contract.exported import Sheets, connect, lay, salesforce_sheets
from tests.contract.harness import Mirror


@dataclass(slots=True)
class Desk:
    """An export in a folder, as a person lays it there, and the connections opened over it."""

    folder: Path
    dialect: str = "salesforce"
    _opened: list[Files] = field(default_factory=list)

    def lay(self, sheets: Sheets) -> "Desk":
        """Put files there, in place of those of the same name."""
        lay(self.folder, sheets)
        return self

    def put(self, name: str, content: bytes) -> "Desk":
        """Put one file there, byte by byte."""
        (self.folder / name).write_bytes(content)
        return self

    def connect(self, **more: object) -> Files:
        """Open a connection over the folder."""
        found = connect(self.dialect, self.folder, **more)
        self._opened.append(found)
        return found

    @property
    def connection(self) -> Files:
        """Give the connection that was opened first."""
        return self._opened[0]

    def pull(self, **more: object) -> Mirror:
        """Read everything with a connection of its own."""
        return Mirror().pull(self.connect(**more))

    def close(self) -> None:
        """Close what was opened."""
        for one in self._opened:
            one.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Lay out the small Salesforce export."""
    made = Desk(tmp_path / "export").lay(salesforce_sheets())
    yield made
    made.close()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Callable[[Sheets], Desk]]:
    """Lay out HubSpot exports."""
    made = Desk(tmp_path / "export", "hubspot")
    yield made.lay
    made.close()
