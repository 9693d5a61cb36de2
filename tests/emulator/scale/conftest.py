"""One small made-up CRM for all of these tests, and each vendor's part of it twice: over the file, and as rows."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from connectors.emulator.synthetic.build import Size, provide
from tests.emulator.scale.sites import Sites
from tests.emulator.scale.twins import Twins

SIZE = Size(contacts=2_000, activities=20_000, rng=7)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file."""
    return provide(SIZE, tmp_path_factory.mktemp("made"), lambda _: None)


@pytest.fixture
def twins(made: Path) -> Iterator[Twins]:
    """A fresh Salesforce org over the file beside one whose rows are dictionaries."""
    with duckdb.connect() as connection:
        yield Twins.over(made, connection)


@pytest.fixture(scope="module")
def read_only(made: Path) -> Iterator[Twins]:
    """The same for tests that only read."""
    with duckdb.connect() as connection:
        yield Twins.over(made, connection)


@pytest.fixture
def sites(made: Path) -> Iterator[Sites]:
    """A fresh HubSpot portal over the file beside one that holds the same records."""
    with duckdb.connect() as connection:
        yield Sites.over(made, connection)


@pytest.fixture(scope="module")
def read_only_sites(made: Path) -> Iterator[Sites]:
    """The same for tests that only read."""
    with duckdb.connect() as connection:
        yield Sites.over(made, connection)
