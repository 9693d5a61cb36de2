"""The connector of exports: the port of `connectors.base` over a folder of CSV files instead of a CRM."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import assert_never

from connectors.base import Finding, Page, ProvisionStep, StreamEnd, Write, WriteResult
from connectors.errors import Unusable
from connectors.files.dialect import Dialect
from connectors.files.findings import columns_read, warnings
from connectors.files.hubspot import HubSpotExport
from connectors.files.results import UNPROVISIONED, Results
from connectors.files.salesforce import SalesforceExport
from connectors.options import FilesOptions
from mapping.metadata import Field

NOTHING_NEWER = "For a newer state of the CRM put a newer export in its place."


class Files:
    """One export behind the port; what is written lands in files beside it, see `connectors.files.results`."""

    def __init__(self, source: str, dialect: Dialect, now: Callable[[], float]) -> None:
        self.source = source
        self._dialect = dialect
        self._now = now
        self._results = Results(dialect.export, dialect.names)
        self._opened = 0

    def server_time(self) -> int:
        """Tell when the export was made: the newest moment of modification in it.

        An export that has no such column tells nothing; then the date of its newest file counts. It is never later
        than now.
        """
        self._read()
        made = self._dialect.made_at()
        return min(int(self._now()), self._dialect.export.date() if made is None else made)

    def check(self) -> Sequence[Finding]:
        """Look for files, columns and our results; reads every file to its end."""
        try:
            self._dialect.export.look()
            found = list(self._dialect.findings())
            if any(finding.fatal for finding in found):
                return found
            self._read()
            return [*found, *warnings(self._dialect.export), *self._told()]
        except Unusable as error:
            return [Finding("export", str(error), "", fatal=True, setting=("folder",))]

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        """Read the whole export, and what waits beside it; no stream of it leaves a cursor."""
        del cursors
        self._opened = 0
        self._open()
        yield from self._dialect.pull(self._results)
        yield from self._results.pull(self.source)

    def writable(self, object_name: str) -> frozenset[str]:
        """Name the fields that may be written into files."""
        return self._results.writable(object_name)

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Write the files that are to be imported."""
        self._open()
        yield from self._results.write(writes)

    def provision(self, fields: Sequence[Field], dry_run: bool) -> Iterator[ProvisionStep]:
        """Make the folder of the results, beside an export that is there."""
        self._dialect.export.look()
        yield from self._results.provision(fields, dry_run)

    def calls(self) -> Mapping[str, int]:
        """Count the files read and written."""
        return {**self._dialect.export.reads, **self._results.writes}

    def close(self) -> None:
        """Throw the copy of the export away."""
        self._dialect.export.close()

    def _read(self) -> None:
        """Read the export, unless it was read and has not changed since."""
        self._dialect.export.look()
        self._dialect.load()

    def _open(self) -> None:
        self._read()
        if self._opened != self._dialect.export.generation:
            self._results.open()
            self._opened = self._dialect.export.generation

    def _told(self) -> Iterator[Finding]:
        made = self.server_time()
        newest = self._dialect.newest_activity(made)
        known = f"its newest activity is of {_said(newest)}" if newest is not None else "it holds no activity"
        columns = columns_read(self._dialect.export, self._dialect.plan)
        told = f"It was made about {_said(made)}; {known}; {columns}."
        yield Finding("export", told, NOTHING_NEWER, fatal=False, setting=("folder",), remark=True)
        if not self._results.folder.is_dir():
            yield Finding("rapport-out", f"{UNPROVISIONED}; until then nothing is written", "", fatal=False)


def _said(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def open_files(source: str, options: FilesOptions, now: Callable[[], float]) -> Files:
    """Open an export; see `connectors.open.open_connection`. Nothing is read before the first method is called."""
    return Files(source, _dialect(source, options), now)


def _dialect(source: str, options: FilesOptions) -> Dialect:
    match options.dialect:
        case "salesforce":
            return SalesforceExport(source, options)
        case "hubspot":
            return HubSpotExport(source, options)
    assert_never(options.dialect)
