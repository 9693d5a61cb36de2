"""A workbench with records laid on it, as REST gives them and as a bulk job gives them."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.salesforce.workbench import Heap, Workbench

Record = Mapping[str, Any]


def page(records: Sequence[Record], **more: object) -> bytes:
    """Write an answer to a REST query."""
    told = [{"attributes": {"type": "X"}, **record} for record in records]
    return json.dumps({"totalSize": len(told), "done": True, **more, "records": told}).encode()


def table(fields: Sequence[str], records: Sequence[Record]) -> bytes:
    """Write a page of a bulk result: every value quoted, nothing and the empty text alike, checkboxes in words."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(fields)
    writer.writerows([_cell(record.get(field)) for field in fields] for record in records)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class Table:
    """A workbench on which records are laid."""

    bench: Workbench

    def lay(self, fields: Sequence[str], records: Sequence[Record], aliases: Mapping[str, str] | None = None) -> Heap:
        """Lay records down as REST gives them."""
        heap = self.bench.heap("raw", fields, fields, aliases)
        heap.add_pages([page(records)])
        return heap

    def lay_csv(self, fields: Sequence[str], records: Sequence[Record]) -> Heap:
        """Lay records down as a bulk job gives them."""
        heap = self.bench.heap("raw", fields, fields)
        heap.add_csv(table(fields, records))
        return heap

    def rows(self, name: str, view: str) -> list[dict[str, Any]]:
        """Read the rows of a canonical table from a view."""
        found = self.bench.read_view(name, view)
        columns = {column: found.column(column).to_pylist() for column in found.column_names}
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@pytest.fixture
def laid() -> Iterator[Table]:
    """Lend a workbench for a connection named sf, where customers are those whose type begins with Customer."""
    with Workbench("sf", ["Customer"]) as bench:
        yield Table(bench)
