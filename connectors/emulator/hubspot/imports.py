"""Imports: rows of a CSV file become records, one object type per column; what does not fit is an error row."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .crm import Crm
from .object_types import ObjectType
from .records import Author, Record
from .refusals import RefusedError, invalid, missing
from .wire import stamp

OPERATIONS = ("CREATE", "UPDATE", "UPSERT")
OBJECT_ID, ALTERNATE_ID = "HUBSPOT_OBJECT_ID", "HUBSPOT_ALTERNATE_ID"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file and the property it fills; `identifies` names a column that finds records."""

    name: str
    kind: ObjectType
    property: str | None
    identifies: str | None


@dataclass(slots=True)
class Import:
    """One import: done once its time is over."""

    id: int
    request: Mapping[str, Any]
    asked: datetime
    ends: datetime
    kinds: tuple[str, ...]
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[dict[str, object]] = field(default_factory=list)
    canceled: bool = False


class Imports:
    """All imports of a portal."""

    def __init__(self, crm: Crm, settings: Mapping[str, Any]) -> None:
        self._crm = crm
        self._settings = settings
        self.all: dict[int, Import] = {}

    def read(self, key: str) -> Import:
        """Find an import or raise RefusedError (404)."""
        found = self.all.get(int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
        if found is None:
            raise missing()
        return found

    def start(self, request: Mapping[str, Any], files: Mapping[str, bytes]) -> Import:
        """Run an import at once; only its state takes time. Raises RefusedError (400) for its form."""
        now = self._crm.now()
        _check_operations(request)
        plans = [self._plan(file, files) for file in _rows(request, "files")]
        kinds = tuple(dict.fromkeys(column.kind.id for columns, _ in plans for column in columns))
        ends = now + timedelta(seconds=self._settings["import_seconds"])
        made = Import(len(self.all) + 1, request, now, ends, kinds)
        self.all[made.id] = made
        for columns, rows in plans:
            for number, row in enumerate(rows, 1):
                self._row(made, columns, number, row)
        return made

    def _plan(self, file: Mapping[str, Any], files: Mapping[str, bytes]) -> tuple[list[Column], list[dict[str, str]]]:
        page = file.get("fileImportPage")
        content = files.get(str(file.get("fileName")))
        if not isinstance(page, Mapping) or content is None:
            raise invalid(f"File {file.get('fileName')} is not part of the request, or has no fileImportPage.")
        columns = [self._column(row) for row in _rows(page, "columnMappings")]
        table = list(csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"))))
        header = table.pop(0) if page.get("hasHeader", True) and table else [column.name for column in columns]
        return columns, [dict(zip(header, line, strict=False)) for line in table]

    def _column(self, row: Mapping[str, Any]) -> Column:
        kind = self._crm.kinds.infer(str(row.get("columnObjectTypeId")))
        name = row.get("propertyName")
        column_type = row.get("columnType") or row.get("idColumnType")
        identifies = {OBJECT_ID: "hs_object_id", ALTERNATE_ID: name}.get(str(column_type))
        return Column(str(row.get("columnName")), kind, str(name) if name else None, identifies)

    def _row(self, made: Import, columns: Sequence[Column], number: int, row: Mapping[str, str]) -> None:
        for kind in {column.kind.name: column.kind for column in columns}.values():
            own = [column for column in columns if column.kind == kind]
            try:
                what = self._write(made, kind, own, row)
            except RefusedError as refused:
                made.errors.append(_error(made, number, kind, refused))
                what = "ERRORS"
            made.counts[what] = made.counts.get(what, 0) + 1

    def _write(self, made: Import, kind: ObjectType, columns: Sequence[Column], row: Mapping[str, str]) -> str:
        operation = _operation(made.request, kind)
        values = {c.property: row.get(c.name, "") for c in columns if c.property and c.identifies != "hs_object_id"}
        given = {name: value for name, value in values.items() if value}
        found = self._found(kind, columns, row)
        by = Author("IMPORT", str(made.id))
        if found is None and operation == "UPDATE":
            raise missing()
        if found is not None and operation != "CREATE":
            self._crm.update(kind, found, given, by)
            return "UPDATED_OBJECTS"
        self._crm.create(kind, given, by=by)
        return "CREATED_OBJECTS"

    def _found(self, kind: ObjectType, columns: Sequence[Column], row: Mapping[str, str]) -> Record | None:
        for column in columns:
            key = row.get(column.name, "")
            if column.identifies and key:
                return self._crm.find(kind, key, column.identifies)
        return None

    def state(self, found: Import) -> str:
        """Tell how far an import has come."""
        if found.canceled:
            return "CANCELED"
        return "DONE" if self._crm.now() >= found.ends else "PROCESSING"

    def render(self, found: Import) -> dict[str, object]:
        """Form an import's JSON."""
        counters = {"TOTAL_ROWS": sum(found.counts.values()), **found.counts}
        return {
            "id": str(found.id),
            "state": self.state(found),
            "createdAt": stamp(found.asked),
            "updatedAt": stamp(min(found.ends, self._crm.now())),
            "importName": str(found.request.get("name", "")),
            "importSource": "API",
            "importRequestJson": found.request,
            "mappedObjectTypeIds": list(found.kinds),
            "metadata": {"counters": counters, "fileIds": [], "objectLists": []},
            "optOutImport": False,
        }


def _operation(request: Mapping[str, Any], kind: ObjectType) -> str:
    return str((request.get("importOperations") or {}).get(kind.id, "UPSERT"))


def _check_operations(request: Mapping[str, Any]) -> None:
    given = request.get("importOperations") or {}
    if not isinstance(given, Mapping) or any(operation not in OPERATIONS for operation in given.values()):
        raise invalid(f"importOperations must name one of {', '.join(OPERATIONS)} for each object type.")


def _error(made: Import, number: int, kind: ObjectType, refused: RefusedError) -> dict[str, object]:
    return {
        "id": str(len(made.errors) + 1),
        "createdAt": int(made.asked.timestamp() * 1000),
        "errorType": refused.category or "UNKNOWN_ERROR",
        "errorMessage": refused.message,
        "objectTypeId": kind.id,
        "sourceData": {"lineNumber": number, "pageName": None, "fileId": 0},
    }


def _rows(given: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = given.get(name)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise invalid(f"{name} must be a list of objects.")
    return rows
