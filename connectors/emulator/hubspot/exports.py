"""Exports: one at a time, a few a day, their file behind a signed address that lasts minutes.

What is exported are the records as they stood when the export was asked for.
"""

import csv
import hashlib
import hmac
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from .crm import Crm
from .object_types import ObjectType
from .records import Record
from .refusals import RefusedError, missing
from .schema import Property
from .values import split
from .wire import stamp

DAY = timedelta(days=1)
MOST_ROWS = 1_000_000
"""Rows of one file; more are split over several in a zip."""
MOST_ASSOCIATED = 1_000
MEDIA = {
    "csv": "text/csv;charset=utf-8",
    "zip": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What an export is to hold."""

    name: str
    format: str
    kind: ObjectType
    properties: tuple[str, ...]
    associated: ObjectType | None
    internal_names: bool
    internal_values: bool


@dataclass(slots=True)
class Export:
    """One export: from `starts` to `ends` it runs, before it waits for the one ahead of it."""

    id: int
    wish: Wish
    records: Sequence[Record]
    asked: datetime
    starts: datetime
    ends: datetime
    file: bytes = b""
    extension: str = ""
    signed: dict[str, datetime] = field(default_factory=dict)
    """Signatures handed out and when they end."""


class Exports:
    """All exports of a portal."""

    def __init__(self, crm: Crm, settings: Mapping[str, Any], secret: str) -> None:
        self._crm = crm
        self._settings = settings
        self._secret = secret
        self._exports: dict[int, Export] = {}

    def start(self, wish: Wish, records: Sequence[Record]) -> Export:
        """Ask for an export. Raises RefusedError (429) when the day's are spent."""
        now = self._crm.now()
        if sum(1 for each in self._exports.values() if now - DAY < each.asked <= now) >= self._settings["export_limit"]:
            limit = self._settings["export_limit"]
            raise RefusedError(429, "RATE_LIMITS", f"You have reached your limit of {limit} exports in 24 hours.")
        starts = max([now, *(each.ends for each in self._exports.values())])
        ends = starts + timedelta(seconds=self._settings["export_seconds"])
        made = Export(len(self._exports) + 1, wish, records, now, starts, ends)
        self._exports[made.id] = made
        return made

    def read(self, key: str) -> Export:
        """Find an export or raise RefusedError (404)."""
        found = self._exports.get(int(key)) if key.isascii() and key.isdecimal() and len(key) < 19 else None
        if found is None:
            raise missing()
        return found

    def state(self, export: Export) -> str:
        """Tell how far an export has come."""
        now = self._crm.now()
        return "PENDING" if now < export.starts else "PROCESSING" if now < export.ends else "COMPLETE"

    def render(self, export: Export, base: str) -> dict[str, object]:
        """Form the JSON of a status; a complete one names an address good for some minutes."""
        state = self.state(export)
        done = {"result": self._address(export, base), "numErrors": 0} if state == "COMPLETE" else {}
        begun = {"startedAt": stamp(export.starts)} if state != "PENDING" else {"startedAt": stamp(export.asked)}
        ended = {"completedAt": stamp(export.ends)}
        return {"status": state, "requestedAt": stamp(export.asked), **begun, **ended, **done}

    def _address(self, export: Export, base: str) -> str:
        self._write(export)
        until = self._crm.now() + timedelta(seconds=self._settings["export_url_seconds"])
        signed = self._signature(export, int(until.timestamp()))
        query = f"Expires={int(until.timestamp())}&Signature={signed}"
        return f"{base}/files/exports/{export.id}/{self.file_name(export)}?{query}"

    def _signature(self, export: Export, until: int) -> str:
        return hmac.new(self._secret.encode(), f"{export.id}/{until}".encode(), hashlib.sha256).hexdigest()

    def file_name(self, export: Export) -> str:
        """Name the file an export makes."""
        plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in export.wish.name.lower())
        return f"hubspot-crm-exports-{plain}-{export.asked:%Y-%m-%d}.{export.extension}"

    def download(self, key: str, expires: str, signed: str) -> tuple[bytes, str]:
        """Give an export's file and media type by its signed address. Raises RefusedError (403, 404)."""
        export = self.read(key)
        until = int(expires) if expires.isascii() and expires.isdecimal() and len(expires) < 12 else 0
        genuine = hmac.compare_digest(self._signature(export, until).encode(), signed.encode())
        if not genuine or self._crm.now().timestamp() > until:
            raise RefusedError(403, "", "Request has expired" if genuine else "The signature does not match.")
        return export.file, MEDIA[export.extension]

    def _write(self, export: Export) -> None:
        """Make the file, once."""
        if export.file:
            return
        definitions = self._definitions(export.wish)
        rows = [self._row(export.wish, definitions, record) for record in export.records]
        header = self._header(export.wish, definitions)
        parts = [rows[at : at + MOST_ROWS] for at in range(0, len(rows), MOST_ROWS)] or [[]]
        if export.wish.format != "CSV":
            export.file, export.extension = _workbook([header, *rows]), "xlsx"
            return
        files = [_csv(header, part) for part in parts]
        if len(files) > 1 or len(files[0]) > self._settings["export_zip_bytes"]:
            export.file, export.extension = _zipped(files), "zip"
        else:
            export.file, export.extension = files[0], "csv"

    def _header(self, wish: Wish, definitions: Sequence[Property]) -> list[str]:
        names = [d.name if wish.internal_names else d.label for d in definitions]
        word = wish.associated.singular.replace("_", " ").capitalize() if wish.associated else ""
        return ["Record ID", *names, *([f"Associated {word} IDs", f"Associated {word}"] if wish.associated else [])]

    def _definitions(self, wish: Wish) -> list[Property]:
        schema = self._crm.schemas[wish.kind.name]
        found = (schema.get(name) for name in wish.properties if name != "hs_object_id")
        return [definition for definition in found if definition is not None]

    def _row(self, wish: Wish, definitions: Sequence[Property], record: Record) -> list[str]:
        shown = [_shown(d, record.properties.get(d.name), plain=wish.internal_values) for d in definitions]
        linked = self._associated(wish.kind, wish.associated, record) if wish.associated else []
        return [str(record.id), *shown, *linked]

    def _associated(self, kind: ObjectType, other: ObjectType, record: Record) -> list[str]:
        links = self._crm.associations.of((kind.name, other.name), record.id)[:MOST_ASSOCIATED]
        found = [self._crm.tables[other.name].find(there) for there, _ in links]
        names = [" ".join(filter(None, (r.properties.get(n) for n in other.shown[:1]))) for r in found if r is not None]
        return [";".join(str(there) for there, _ in links), ";".join(names)]


def _shown(definition: Property, value: str | None, *, plain: bool) -> str:
    if not value or plain or not definition.options:
        return value or ""
    labels = {option.value: option.label for option in definition.options}
    return ";".join(labels.get(part, part) for part in (split(value) if definition.many else [value]))


def _csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _zipped(files: Sequence[bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(files, 1):
            archive.writestr(f"export-{number}.csv", content)
    return packed.getvalue()


_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_BOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _workbook(rows: Sequence[Sequence[str]]) -> bytes:
    """Write the smallest workbook that spreadsheet programs open: one sheet of texts."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{_plain(text)}</t></is></c>' for text in row) + "</row>"
        for row in rows
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_BOOK_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_BOOK_TYPE}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="Export" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData></worksheet>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)
    return packed.getvalue()


def _plain(text: str) -> str:
    """Write a text for XML, which knows no control characters but three."""
    return escape("".join(c for c in text if c >= " " or c in "\t\n\r"))
