"""Bulk API 2.0 ingest jobs: rows of one object handed over as CSV, and what became of each of them.

Used by `connectors.salesforce.write` for many updates at once. A job answers for itself: a row counts as written only
when it stands in the list of successes, whatever the state of the job. Whose answer is lost is found again by its id.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.errors import Rejected
from connectors.salesforce.client import Client, Record
from connectors.transport import Unanswered

MOST_BYTES = 90_000_000
"""Bytes of one upload; Salesforce takes 100 MB."""
LOOKS = 60
"""How often a job is looked at before it is left to the next run; with the pauses about a quarter of an hour."""
TRIES = 3
"""How often a list of results that arrives garbled is asked for."""
CLEARED = "#N/A"
"""What empties a field; an empty value leaves it as it is."""
_ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
_AT_WORK = frozenset({"UploadComplete", "InProgress"})


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of the rows of a job, by record id: written, refused with an error, or never touched.

    `message` is why the job as a whole failed, empty where it did not.
    """

    written: frozenset[str]
    refused: Mapping[str, str]
    untouched: frozenset[str]
    message: str = ""


class IngestJob:
    """One job, by its `id`."""

    def __init__(self, client: Client, job: str) -> None:
        self.id = job
        self._client = client

    @classmethod
    def start(cls, client: Client, name: str) -> "IngestJob":
        """Open a job that updates records of an object. Raises Rejected where there is none to be had."""
        form = {"contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF"}
        return cls(client, str(client.job("POST", "ingest", {"object": name, "operation": "update", **form})["id"]))

    @classmethod
    def at_work(cls, client: Client, user_id: str, objects: Sequence[str]) -> "Iterator[IngestJob]":
        """Find the jobs this user left at work on objects of ours."""
        for told in client.ingest_jobs():
            mine = told.get("createdById") == user_id and told.get("operation") == "update"
            if mine and told.get("state") in _AT_WORK and told.get("object") in objects:
                yield cls(client, str(told["id"]))

    def hand_over(self, content: bytes) -> None:
        """Upload the rows and let Salesforce begin. Raises Rejected when it does not take them: nothing was written."""
        self._client.upload(self.id, content)
        try:
            self._client.job("PATCH", f"ingest/{self.id}", {"state": "UploadComplete"})
        except (Rejected, Unanswered):
            if self._told()["state"] == "Open":  # else only the answer was lost, and the job begins
                raise

    def wait(self) -> bool:
        """Look at the job until it has ended; False when it takes too long."""
        for attempt in range(LOOKS):
            if self._told()["state"] in _ENDED:
                return True
            self._client.transport.pause(attempt)
        return False

    def fate(self) -> Fate:
        """Read what became of every row of a job that has ended."""
        told = self._told()
        message = "" if told["state"] == "JobComplete" else str(told.get("errorMessage") or told["state"])
        return Fate(
            frozenset(row["sf__Id"] for row in self._rows("successfulResults")),
            {row["Id"]: row["sf__Error"] for row in self._rows("failedResults")},
            frozenset(row["Id"] for row in self._rows("unprocessedrecords")),
            message,
        )

    def _told(self) -> Record:
        return self._client.job("GET", f"ingest/{self.id}")

    def _rows(self, name: str) -> Sequence[Mapping[str, str]]:
        """Read one of the lists of results. Raises Unanswered where what arrives, time and again, is no such list."""
        for _ in range(TRIES):
            content = self._client.ingest_result(self.id, name)
            try:
                rows = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True)
                if not content or {"Id", "sf__Id"} & set(rows.fieldnames or ()):
                    return list(rows)
            except (csv.Error, UnicodeDecodeError):
                continue
        raise Unanswered(f"Salesforce does not tell what became of the rows of job {self.id}. Run again later.")


def pieces(records: Sequence[Record], most: int = MOST_BYTES) -> Iterator[tuple[int, bytes]]:
    """Write records (with an "id", and "attributes" left out) as CSV of at most `most` bytes a piece: rows, content.

    None clears a field; a field that a record does not name stays as it is.
    """
    names = sorted({name for record in records for name in record} - {"attributes", "id"})
    header = _line(["Id", *names])
    lines, size = [header], len(header)
    for record in records:
        line = _line([record["id"], *(_cell(record, name) for name in names)])
        if size + len(line) > most and len(lines) > 1:
            yield len(lines) - 1, b"".join(lines)
            lines, size = [header], len(header)
        lines.append(line)
        size += len(line)
    yield len(lines) - 1, b"".join(lines)


def _cell(record: Record, name: str) -> str:
    if name not in record:
        return ""
    match record[name]:
        case None:
            return CLEARED
        case bool() as flag:
            return str(flag).lower()
        case value:
            return str(value)


def _line(cells: Sequence[str]) -> bytes:
    quoted = (f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
    return (",".join(quoted) + "\n").encode()
