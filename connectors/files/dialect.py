"""What the two dialects of an export have in common for the connector: the port between it and them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Protocol

from connectors.base import Finding, Page, StreamEnd
from connectors.files.csvfile import Column
from connectors.files.export import Export, Record
from mapping.fields import FLAGS
from mapping.metadata import Field, Kind
from mapping.records import STAGED
from mapping.statements import arrow_table

PAGE_ROWS = 10_000
COVERAGE = "coverage_of_source"
CLEAR = "#N/A"
"""Stands in a file for "this is to be emptied"; Salesforce's own mark."""
Terms = Mapping[str, str | None]
"""State, due date and owner of a task, or some of them: column of our files -> what is written there."""


def held(entry: Field, raw: object) -> str | None:
    """Read what an export holds in a field of ours as canonical text; options may be written as their labels.

    An untouched checkbox is off, a value that is none of its kind stays as it is.
    """
    text = "" if raw is None else str(raw)
    if entry.kind is Kind.FLAG:
        return "true" if FLAGS.get(text.strip().lower()) else "false"
    if entry.choices:
        spelt = {choice.lower(): choice for choice in entry.choices}
        parts = [part.strip() for part in (text.split(";") if entry.kind is Kind.CHOICES else [text])]
        text = ";".join(spelt.get(part.lower(), part) for part in parts)
    try:
        return entry.canonical(text)
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class TaskNames:
    """How a task's facts are called in the files of a dialect; `words` are its states, open and done.

    `is_open`, `due_at` and `owner_id` read a record of the export, whose state is kept in `state`; `set_open` changes
    that. `colleagues` tells which of some ids are colleagues the export knows.
    """

    key: str
    id: str
    id_header: str
    subject: str
    body: str
    due: str
    owner: str
    account: str
    contact: str
    status: str
    state: str
    words: tuple[str, str]
    day: str
    """How the due date is written, in the form of strftime."""
    is_open: Callable[[Record], bool]
    set_open: Callable[[Record, bool], None]
    due_at: Callable[[Record], int | None]
    owner_id: Callable[[Record], str | None]
    colleagues: Callable[[Collection[str]], Collection[str]]

    @property
    def terms(self) -> tuple[str, str, str]:
        """Name the columns of what may change after a task was created: state, due date, owner."""
        return self.status, self.due, self.owner

    def shown(self, record: Record) -> Terms:
        """Read the terms of a record of the export, as our files write them."""
        due = self.due_at(record)
        return {
            self.status: self.word(is_open=self.is_open(record)),
            self.due: None if due is None else self.date(due),
            self.owner: self.owner_id(record),
        }

    def lay(self, record: Record, terms: Terms) -> None:
        """Give a record of the export other terms."""
        for column, value in terms.items():
            if column == self.status:
                self.set_open(record, value == self.words[0])
            else:
                record[column] = value

    def word(self, *, is_open: bool) -> str:
        """Say a state."""
        return self.words[0 if is_open else 1]

    def date(self, at: int) -> str:
        """Write a due date."""
        return datetime.fromtimestamp(at, UTC).strftime(self.day)

    def moment(self, date: str | None) -> int | None:
        """Read a due date that is written so; raises ValueError."""
        return int(datetime.strptime(date, self.day).replace(tzinfo=UTC).timestamp()) if date else None


@dataclass(frozen=True, slots=True)
class Names:
    """How a dialect calls what we write: the objects of the export, their ids, and the columns of our fields.

    `clears_apart`: an import file has no mark for "empty this", so these values go into a file of their own.
    """

    objects: Mapping[str, str]
    id_column: str
    id_header: str
    column: Callable[[Field], str]
    task: TaskNames
    clears_apart: bool


class Overlay(Protocol):
    """Lays what waits to be imported over the records of the export, so that it counts as held by the CRM."""

    def patch(self, object_name: str, records: Sequence[Record]) -> None:
        """Change our fields of records of contact or account in place."""
        ...

    def patch_tasks(self, records: Iterable[Record]) -> list[Record]:
        """Change state, due date and owner of our tasks; those that wait to be deleted are left out."""
        ...


class Dialect(Protocol):
    """An export of one CRM."""

    export: Export
    names: Names

    def plan(self, name: str, header: Sequence[str]) -> Mapping[str, Column]:
        """Tell how the columns of an object are made of a header."""
        ...

    def load(self) -> None:
        """Read all files, unless they are read already; raises Unusable."""
        ...

    def findings(self) -> Iterator[Finding]:
        """Compare the export with what is needed and mapped, before and without reading all of it."""
        ...

    def pull(self, overlay: Overlay) -> Iterator[Page | StreamEnd]:
        """Turn the files into canonical rows, stream after stream."""
        ...

    def made_at(self) -> int | None:
        """Tell the newest moment of modification in the data, in epoch seconds."""
        ...

    def newest_activity(self, before: int) -> int | None:
        """Tell when the newest activity before a moment happened, in epoch seconds."""
        ...


@dataclass(slots=True)
class Seen:
    """What a pull learns on its way: since when activity is captured."""

    since: int | None = None

    def activity(self, page: Page) -> None:
        """Note the earliest act of a page that happened; what is only planned proves nothing."""
        acts = page.tables.get("activity")
        if acts is None or not acts.num_rows:
            return
        told = zip(acts.column("happened_at").to_pylist(), acts.column("outcome").to_pylist(), strict=True)
        moments = [at for at, outcome in told if at is not None and outcome != "open"]
        known = [*moments, *([] if self.since is None else [self.since])]
        self.since = min(known, default=None)

    def coverage(self, source: str, *, captured: bool, usage: bool) -> Iterator[Page | StreamEnd]:
        """Say what the export can tell at all."""
        facts = [(source, "activity", captured, self.since, False), (source, "usage", usage, None, False)]
        table = next(table for table in STAGED if table.name == COVERAGE)
        yield Page(COVERAGE, ["activity", "usage"], {COVERAGE: arrow_table(table, facts)})
        yield StreamEnd(COVERAGE, None, whole=True, read=2)


def recognised_by_pattern(files: Mapping[str, str], name: str) -> str | None:
    """Tell which object the settings name for a file."""
    return next((object_name for object_name, pattern in files.items() if fnmatch(name.lower(), pattern.lower())), None)
