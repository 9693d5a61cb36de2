"""Makes the file of a made-up CRM, or finds it made: set-based in DuckDB, the same rows for the same size and seed.

Called when the emulator starts with ``--seed synthetic``. What is in the file is said by the SQL files beside this
module; `base` reads it.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb
import yaml

FORMAT = 1
"""Version of what the SQL files make; raise it with every change to them, so that no old file is taken for a new."""

LEAST_CONTACTS, MOST_CONTACTS, MOST_ACTIVITIES = 100, 2_000_000, 10_000_000
_STEPS = ("common", "salesforce", "hubspot")
_MEMORY = "3GB"
_TOLD = 8
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How large a CRM: contacts and activities of both vendors together, and the seed of all draws.

    Raises:
        ValueError: a size that is not provided for.
    """

    contacts: int
    activities: int
    rng: int = 0

    def __post_init__(self) -> None:
        if not LEAST_CONTACTS <= self.contacts <= MOST_CONTACTS:
            limits = f"{LEAST_CONTACTS:,} to {MOST_CONTACTS:,}"
            raise ValueError(f"--contacts can be {limits}, but {self.contacts:,} was given")
        if not 0 <= self.activities <= MOST_ACTIVITIES:
            raise ValueError(f"--activities can be 0 to {MOST_ACTIVITIES:,}, but {self.activities:,} was given")

    def name(self) -> str:
        """The file's name, which says all that its content depends on."""
        return f"contacts-{self.contacts}-activities-{self.activities}-rng-{self.rng}-format-{FORMAT}.duckdb"


def provide(size: Size, folder: Path, say: Say) -> Path:
    """The file of this size in `folder`, made now if nobody has made it; `say` is told how far it is.

    Raises:
        OSError: the folder cannot be written.
    """
    path = folder / size.name()
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    # Made under a passing name: a broken-off start leaves nothing that looks finished, and two starts do not meet.
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=folder) as passing:
        unfinished = Path(passing) / path.name
        make(size, unfinished, say)
        unfinished.replace(path)
    return path


def make(size: Size, path: Path, say: Say) -> None:
    """Write the file of a size to `path`, which must not exist."""
    statements = [each for step in _STEPS for each in _statements(step)]
    with duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(path.parent / "spilled")}) as connection:
        _prepare(connection, size, path)
        say(f"making {size.contacts:,} contacts and {size.activities:,} activities, which later starts will find made")
        for done, statement in enumerate(statements, 1):
            connection.execute(statement)
            if done % _TOLD == 0:
                say(f"made {done} of {len(statements)} parts")
        connection.execute("DETACH made")


def _prepare(connection: duckdb.DuckDBPyConnection, size: Size, path: Path) -> None:
    connection.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS made")
    connection.execute("CREATE SCHEMA made.salesforce; CREATE SCHEMA made.hubspot")
    drawn = {"contacts": size.contacts, "activities": size.activities, "rng": str(size.rng)}
    for name, value in {**drawn, **yaml.safe_load(_text("words.yaml"))}.items():
        connection.execute(f"SET VARIABLE {name} = $1", [value])


def _statements(step: str) -> Iterator[str]:
    return (each for each in _text(f"{step}.sql").split(";\n") if each.strip())


def _text(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
