"""A Salesforce export: the zip of the Data Export, or the CSV files of Data Loader.

One file an object, named after it, with the API names of the fields as header. The rows are mapped by the streams of
`connectors.salesforce`; here is only what differs: a file has no types, may lack columns and spells as it likes.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from pathlib import Path

from connectors.base import Finding, Page, StreamEnd
from connectors.files.csvfile import Column
from connectors.files.dialect import PAGE_ROWS, Names, Overlay, Seen, TaskNames, recognised_by_pattern
from connectors.files.export import Export, Record
from connectors.files.findings import columns_unused, missing_files
from connectors.options import FilesOptions
from connectors.salesforce.activities import activity_streams, task_key_field
from connectors.salesforce.client import Record as Described
from connectors.salesforce.schema import Schema
from connectors.salesforce.soql import epoch
from connectors.salesforce.streams import FED_BY, Stream, World, record_streams
from connectors.salesforce.workbench import Workbench
from connectors.salesforce.write import CLOSED, OBJECTS, OPEN
from mapping import fields
from mapping.fields import FLAGS
from mapping.metadata import FIELDS, Kind

NEEDED = ("Account", "Contact", "User")
RELATIONS: Mapping[str, tuple[str, ...]] = {
    "TaskRelation": ("TaskId", "RelationId"),
    "EventRelation": ("EventId", "RelationId"),
    "EmailMessageRelation": ("EmailMessageId", "RelationId", "RelationType", "RelationAddress"),
}
"""Objects that are only looked up, with the columns read."""
OTHERS = ("AccountContactRelation", "Opportunity", "OpportunityContactRole", "EmailMessage", "Task", "Event")
READ = (*NEEDED, *OTHERS, *RELATIONS)
MODIFIED = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
HAPPENED = {"EmailMessage": "MessageDate", "Event": "StartDateTime", "Task": "ActivityDate"}
SYSTEM = ("Id", "IsDeleted", *MODIFIED)
BODY = "Description"
NAME = ("FirstName", "LastName")
"""What a name is made of where an export leaves the compound field out."""
CHECKBOXES = frozenset(
    {"IsActive", "IsClosed", "IsWon", "IsDirect", "Incoming", "IsBounced", "IsChild", "IsGroupEvent"}
)
EXPORT = "Export it under Setup, Data Export, with all data of the object, and put it beside the others."
REPORT = "The file has no column Id: it is a report, not an export. Use Data Export or Data Loader."


class _Nothing:
    """Stands for an organisation while the streams are asked which fields they want."""

    def describe(self, _: str) -> Described:
        return {"fields": []}


class SalesforceExport:
    """One Salesforce export behind `connectors.files.dialect`; it answers the streams like an organisation."""

    def __init__(self, source: str, options: FilesOptions) -> None:
        self.export = Export(Path(options.folder), options.encoding, self._recognise, "Id", deleted="IsDeleted")
        self._source = source
        self._options = options
        self._mapped = fields.resolve("salesforce", options.fields, options.prefix)
        self.names = Names(
            objects=OBJECTS,
            id_column="Id",
            id_header="Id",
            column=lambda entry: entry.salesforce_name(options.prefix),
            task=_task_names(task_key_field(options.prefix), self._colleagues),
            clears_apart=False,
        )

    # --- what the streams ask of an organisation --------------------------------------------------------------------

    def describe(self, name: str) -> Described | None:
        """List the columns of an object that are read; None where there is no file of it."""
        held = self.export.of(name)
        if not held.sheets:
            return None
        known = dict.fromkeys(column for _, header in held.sheets for column in self.plan(name, header))
        return {"fields": [{"name": column} for column in known]}

    def _colleagues(self, ids: Collection[str]) -> Collection[str]:
        return {str(user["Id"]) for user in self.export.related("User", ("Id",), "Id", ids)}

    # --- reading the files ------------------------------------------------------------------------------------------

    def plan(self, name: str, header: Sequence[str]) -> Mapping[str, Column]:
        """Tell how the columns of an object are made, whatever the case of the header."""
        places = {column.lower(): place for place, column in reversed(list(enumerate(header)))}
        wanted = self._wanted.get(name, ())
        plan = {
            column: Column((places[column.lower()],), identifier=column in self._identifiers)
            for column in wanted
            if column.lower() in places
        }
        parts = tuple(places[part.lower()] for part in NAME if part.lower() in places)
        if "Name" in wanted and "Name" not in plan and parts:
            plan["Name"] = Column(parts)
        key = places.get(self.names.task.key.lower())
        if name == "Task" and BODY.lower() in places and key is not None:
            plan[BODY] = Column((places[BODY.lower()],), only_with=key)
        return plan

    def load(self) -> None:
        """Read all files."""
        self.export.load(self.plan)

    @cached_property
    def _wanted(self) -> Mapping[str, Sequence[str]]:
        """Name what the streams read, by object."""
        streams = _streams(self._world(Schema(_Nothing())))
        asked = {stream.object: dict.fromkeys((*SYSTEM, *stream.fields)) for stream in streams}
        relations = {name: (*SYSTEM, *wanted) for name, wanted in RELATIONS.items()}
        return {**{name: tuple(wanted) for name, wanted in asked.items()}, **relations}

    @cached_property
    def _identifiers(self) -> frozenset[str]:
        """Name the columns that hold identifiers: the standard ones end so, a lookup may be mapped besides."""
        standard = {column for wanted in self._wanted.values() for column in wanted if column.endswith("Id")}
        return frozenset({*standard, self._mapped["contact"].get("reports_to_id", "Id")})

    def _recognise(self, name: str) -> str | None:
        spelt = {known.lower(): known for known in READ}
        return recognised_by_pattern(self._options.files, name) or spelt.get(name.rpartition(".")[0].lower())

    def _world(self, schema: Schema) -> World:
        options = self._options
        return World(self._source, schema, options.fields, self._mapped, options.customer_types, options.prefix)

    # --- pulling ----------------------------------------------------------------------------------------------------

    def pull(self, overlay: Overlay) -> Iterator[Page | StreamEnd]:
        """Turn the files into canonical rows; every stream is whole, a file tells all there is."""
        world, seen = self._world(Schema(self)), Seen()
        with Workbench(self._source, self._options.customer_types) as bench:
            for stream in _streams(world):
                if not self.export.exists(stream.object):
                    yield StreamEnd(stream.object, None, whole=False, read=0, dropped={"no file of it": 1})
                    continue
                for item in self._stream(world, bench, stream, overlay):
                    if isinstance(item, Page):
                        seen.activity(item)
                    yield item
        usage = bool(world.schema.visible("Contact", world.mapped("usage")))
        yield from seen.coverage(self._source, captured=seen.since is not None, usage=usage)

    def _stream(self, world: World, bench: Workbench, stream: Stream, overlay: Overlay) -> Iterator[Page | StreamEnd]:
        held = self.export.of(stream.object)
        missing = world.schema.hidden(stream.object, world.chosen(stream.object))
        dropped = held.dropped + Counter(f"missing column {name}" for name in missing)
        read = 0
        for records in self.export.pages(stream.object, PAGE_ROWS):
            latest = {str(record["Id"]): self._typed(stream.object, record) for record in records}
            wanted = self._wanted[stream.object]  # what waits to be imported may have no column in the export
            heap = bench.heap("raw", wanted, wanted, stream.aliases)
            heap.add_records(_overlaid(stream.object, list(latest.values()), overlay))
            self._bring(bench, stream)
            batch = stream.convert(bench)
            read += len(records)
            dropped.update(batch.dropped)
            yield Page(stream.object, [*latest, *batch.parts], batch.tables)
        yield StreamEnd(stream.object, None, whole=True, read=read, expected=held.rows, dropped=dict(dropped))

    def _bring(self, bench: Workbench, stream: Stream) -> None:
        """Lay beside a batch what belongs to its records; what is deleted was never read."""
        for beside in stream.beside:
            if not beside.lasting:
                bench.forget(beside.table)
            fields = list(beside.columns.values())
            heap = bench.heap("beside", fields, fields)
            heap.add_records(list(self.export.related(beside.object, fields, beside.key, bench.ids(beside.needed))))
            bench.note(beside.table, beside.columns, heap)

    def _typed(self, name: str, record: Record) -> Record:
        """Give checkboxes their type; a file writes them 1 and 0, or true and false."""
        for column in self._checkboxes[name]:
            record[column] = FLAGS.get(str(record.get(column)).lower())
        customer = self._mapped["account"].get("customer")
        if name == "Account" and customer and str(record.get(customer)).lower() in FLAGS:
            record[customer] = FLAGS[str(record[customer]).lower()]
        return record

    @cached_property
    def _checkboxes(self) -> Mapping[str, Sequence[str]]:
        own = {entry.salesforce_name(self._options.prefix) for entry in FIELDS if entry.kind is Kind.FLAG}
        return {name: [c for c in wanted if c in CHECKBOXES or c in own] for name, wanted in self._wanted.items()}

    # --- what can be said of it -------------------------------------------------------------------------------------

    def made_at(self) -> int | None:
        """Tell the newest moment of modification."""
        told = (epoch(self.export.newest(name, column)) for name in self.export.objects() for column in MODIFIED)
        return max((at for at in told if at is not None), default=None)

    def newest_activity(self, before: int) -> int | None:
        """Tell when the newest activity happened."""
        told = (epoch(self.export.newest(name, column, _day(before + 86_400))) for name, column in HAPPENED.items())
        return max((at for at in told if at is not None), default=None)

    def findings(self) -> Iterator[Finding]:
        """Compare the files and their headers with what is needed and mapped."""
        yield from missing_files(self.export, NEEDED, (*OTHERS, *RELATIONS), EXPORT)
        for name in self.export.objects():
            if "Id" not in self.plan(name, self.export.of(name).sheets[0][1]):
                yield Finding(self.export.of(name).sheets[0][0].name, REPORT, "", fatal=True)
        yield from self._unmapped(self._world(Schema(self)))
        yield from columns_unused(self.export, self.plan)

    def _unmapped(self, world: World) -> Iterator[Finding]:
        for table, name in FED_BY.items():
            explicit = {field: name for name, field in world.chosen_fields.get(table, {}).items() if field}
            for field in world.schema.hidden(name, world.mapped(table)) if self.export.exists(name) else ():
                header = [column for _, names in self.export.of(name).sheets for column in names]
                fix = fields.suggestion(field, header) or f"Export {name} with it, or take it out of `fields`."
                if field in explicit:
                    cause, setting = "The mapped column is not in the export.", ("fields", table, explicit[field])
                    yield Finding(f"{name}.{field}", cause, fix, fatal=True, setting=setting)
                elif not field.startswith(f"{world.prefix}_"):
                    cause = "A standard column is not in the export; it reads as unknown."
                    yield Finding(f"{name}.{field}", cause, fix, fatal=False)


def _overlaid(name: str, records: list[Record], overlay: Overlay) -> list[Record]:
    """Lay over the records what waits to be imported."""
    if name == "Task":
        return overlay.patch_tasks(records)
    kind = {"Account": "account", "Contact": "contact"}.get(name)
    if kind:
        overlay.patch(kind, records)
    return records


def _task_names(key: str, colleagues: Callable[[Collection[str]], Collection[str]]) -> TaskNames:
    def is_open(record: Record) -> bool:
        return not FLAGS.get(str(record.get("IsClosed")).lower(), False)

    def set_open(record: Record, state: bool) -> None:
        record |= {"IsClosed": not state, "CompletedDateTime": None}

    def owner_id(record: Record) -> str | None:
        return str(record.get("OwnerId") or "") or None

    return TaskNames(
        key=key,
        id="Id",
        id_header="Id",
        subject="Subject",
        body=BODY,
        due="ActivityDate",
        owner="OwnerId",
        account="WhatId",
        contact="WhoId",
        status="Status",
        state="IsClosed",
        words=(OPEN, CLOSED),
        day="%Y-%m-%d",
        is_open=is_open,
        set_open=set_open,
        due_at=lambda record: epoch(str(record.get("ActivityDate") or "")),
        owner_id=owner_id,
        colleagues=colleagues,
    )


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _streams(world: World) -> Iterator[Stream]:
    return chain(record_streams(world), activity_streams(world))
