"""The port between Rapport and a CRM: what every connector can do, in plain values.

`sync.pipeline` calls these methods and nothing else; `connectors.salesforce`, `connectors.hubspot`, `connectors.files`
and the in-memory connector of the property tests implement them and pass the same contract suite.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, overload, runtime_checkable

import arro3.core as arrow

from mapping.metadata import Field


class Ids(Sequence[str]):
    """Ids that lie in a column of Arrow: the stage takes the column, everybody else reads a sequence of text.

    For the pages of a connector that never holds a record in Python; a page of any other sequence is as good.
    """

    def __init__(self, column: arrow.ChunkedArray) -> None:
        self.column = column

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Ids":
        """Lay ids into a column, unless they lie in one."""
        if isinstance(ids, Ids):
            return ids
        return cls(arrow.ChunkedArray([arrow.Array(list(ids), type=arrow.DataType.string())]))

    def and_then(self, more: Sequence[str]) -> "Ids":
        """Give these ids and more."""
        return Ids(arrow.ChunkedArray([*self.column.chunks, *Ids.of(more).column.chunks])) if more else self

    def __len__(self) -> int:
        return len(self.column)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        found: str | Sequence[str] = self.column.to_pylist()[place]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.column.to_pylist())


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of one stream as canonical rows.

    `ids` are the CRM records this page was read from; `tables` maps a canonical table (see `mapping.records`) to its
    rows. Rows of the same parent staged earlier are replaced, also when a table of `tables` has no row for an id; a
    table with only some of its columns, the key among them, sets these on the rows that are there.
    `deleted` are ids the CRM no longer has; of those that were merged, ``merged_account`` or ``merged_contact`` tells
    into whom. In `ids` and `deleted` one that ends in a colon, and has no more than two, stands for all ids that begin
    with it: rows that belong to a record and have ids of their own. A page of nothing at all says that the connector is
    alive, and waits for its vendor. `listed` names tables whose rows have no other parents than `ids` holds, where the
    connector knows: the stage need not look for others.
    """

    stream: str
    ids: Sequence[str]
    tables: Mapping[str, arrow.Table]
    deleted: Sequence[str] = ()
    listed: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The last thing a stream says. Everything before it becomes visible together with its cursor, or not at all.

    A stream that is long may say it several times: what it has so far is committed and counted, then it goes on.
    `whole` means that the stream was listed in full: staged records of the stream that were not read are gone.
    `expected` is the number of records the vendor announced for this reading, where it says so; `dropped` counts what
    was left out, by reason. `since` and `until` are the epoch seconds between which changes were read; without `since`
    everything was. `missing` says why the stream could not be read to its end (forbidden, no longer visible); it is
    empty when it could, and a stream that is missing makes its run incomplete.
    """

    stream: str
    cursor: str | None
    whole: bool
    read: int
    expected: int | None = None
    dropped: Mapping[str, int] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a pull will ask of a vendor that counts calls, made before it begins.

    `calls` is about how many calls it takes; `exists` maps a stream to the records the vendor says there are (a stream
    it says nothing about is left out). `left` is what we may still send today and `day` what we may send in a whole
    day, both None where the vendor names no allowance; `renewed_at` is the epoch second it is renewed, where known.
    `jobs` names the streams so long that the vendor reads them in a job of its own: few calls, but minutes.
    """

    calls: int
    exists: Mapping[str, int] = field(default_factory=dict)
    left: int | None = None
    day: int | None = None
    renewed_at: int | None = None
    jobs: Sequence[str] = ()

    @property
    def fits(self) -> bool:
        """Tell whether a pull may begin: today has room for it, or no day has and it is done in parts."""
        if self.left is None or self.day is None or self.calls <= self.left:
            return True
        return self.left > 0 and self.calls > self.day


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """Set fields of ours on one contact or account.

    `values` maps the attribute name of a `mapping.metadata.Field` to canonical text; None clears the field.
    """

    object: str
    id: str
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class CreateTask:
    """Create the follow-up task `key`. Repeating it after an unknown outcome never makes a second task."""

    key: str
    subject: str
    body: str
    due_at: int
    owner_id: str | None
    account_id: str | None
    contact_id: str | None


@dataclass(frozen=True, slots=True)
class SetTaskState:
    """Complete (`open` False) or reopen our task `id`; `note` is appended to its body.

    A `due_at` or `owner_id` that is given is set with it.
    """

    id: str
    key: str
    open: bool
    note: str = ""
    due_at: int | None = None
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class AssignTask:
    """Give our task `id` to the colleague `owner_id`; `note` is appended to its body."""

    id: str
    key: str
    owner_id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeleteTask:
    """Remove our task `id` again; only `undo` asks for it."""

    id: str
    key: str


Write = UpdateRecord | CreateTask | SetTaskState | AssignTask | DeleteTask


class Outcome(StrEnum):
    """What became of a write."""

    DONE = "done"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """No answer came back: the next run must look before it writes again."""


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The outcome of one write, with the vendor's message for a person and the record's id."""

    write: Write
    outcome: Outcome
    id: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class ProvisionStep:
    """One thing provisioning did or would do: what, and whether it was needed."""

    what: str
    done: bool
    detail: str = ""


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """A run would fail, or not begin."""
    WARNING = "warning"
    """A run does what it can; something is missing, skipped or about to end."""
    INFO = "info"
    """Merely good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the connection a person should know before a run; `fatal` when a run would fail.

    `setting` leads from the connection's description to the setting that causes it, for example ``("fields",
    "contact", "title")``; empty means the connection itself. A `remark` only informs.
    `refused` says that it would fail because the credentials are dead.
    """

    where: str
    cause: str
    fix: str
    fatal: bool
    setting: tuple[str, ...] = ()
    remark: bool = False
    refused: bool = False

    @property
    def severity(self) -> Severity:
        """Tell how much it matters."""
        if self.fatal:
            return Severity.ERROR
        return Severity.INFO if self.remark else Severity.WARNING

    def __str__(self) -> str:
        """Say it in a line: place, cause, next step."""
        return f"{self.where}: {self.cause.rstrip('.')}. {self.fix}".rstrip()


class Connector(Protocol):
    """One connection to one CRM. Every method may raise a `connectors.errors.ConnectorError`."""

    source: str
    """Name of the connection, used as `source` of every row."""

    def server_time(self) -> int:
        """Tell the CRM's clock in epoch seconds; `as_of` of a run is taken from it."""
        ...

    def check(self) -> Sequence[Finding]:
        """Prove that credentials, scopes and every mapped field are usable; reads only."""
        ...

    def pull(self, cursors: Mapping[str, str]) -> Iterator[Page | StreamEnd]:
        """Read everything mapped, stream after stream; `cursors` holds what each `StreamEnd` left last time."""
        ...

    def writable(self, object_name: str) -> frozenset[str]:
        """Name the fields of ours (attribute names) this connection may write on contact, account or task."""
        ...

    def write(self, writes: Iterable[Write]) -> Iterator[WriteResult]:
        """Carry writes out in batches; yields one result a write, in any order, as soon as it is known."""
        ...

    def provision(self, fields: Sequence[Field], dry_run: bool) -> Iterator[ProvisionStep]:
        """Create what is missing of `fields`, visible to the integration user; running it again changes nothing."""
        ...

    def calls(self) -> Mapping[str, int]:
        """Count the requests sent so far, by method and endpoint with ids left out."""
        ...

    def close(self) -> None:
        """Give the network connections back."""
        ...


@runtime_checkable
class Metered(Protocol):
    """What a connector offers besides `Connector` when its vendor counts calls.

    `spent` is called before everything else, `forecast` after `Connector.check`.
    """

    vendor: str
    """The vendor's name, for a person."""

    def spent(self, calls: int) -> None:
        """Take note of how many calls earlier runs of ours sent in the last 24 hours; sends nothing."""
        ...

    def forecast(self, cursors: Mapping[str, str]) -> Forecast:
        """Count what a pull with these cursors will read, and ask what is left of the day's calls."""
        ...

    def cost(self, writes: Mapping[str, int]) -> int:
        """Tell about how many calls so many writes take, by kind: update, create, change or delete."""
        ...

    def left(self) -> int | None:
        """Tell how many calls we may still send today; None where the vendor names no allowance."""
        ...
