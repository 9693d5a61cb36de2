"""HubSpot exports: one CSV an object, by labels or by internal names, with the ids of associated records.

The rows are mapped by `connectors.hubspot.records` and `connectors.hubspot.engagements`; here is only what differs:
which column is which, what a label stands for, and the ties between records, which an export may hold on either side.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from connectors.base import Finding, Page, StreamEnd
from connectors.files import labels
from connectors.files.csvfile import Column
from connectors.files.dialect import PAGE_ROWS, Names, Overlay, Seen, TaskNames, held, recognised_by_pattern
from connectors.files.export import Export, Record
from connectors.files.findings import columns_unused, missing_files
from connectors.files.labels import ID
from connectors.hubspot import records
from connectors.hubspot.engagements import COMPLETED, ENGAGEMENTS, Engagement, activity, own_task, participants
from connectors.hubspot.pages import page, tables_of
from connectors.hubspot.read import snooze, task_key
from connectors.hubspot.records import Json, Reading, Rows, Tables
from connectors.hubspot.schema import OBJECT_TYPES
from connectors.hubspot.values import columns_of, instant, lower, parts, row
from connectors.hubspot.workbench import Workbench, listed, tied
from connectors.options import FilesOptions
from mapping import fields
from mapping.metadata import FIELDS, Field

NEEDED = ("companies", "contacts")
OTHERS = ("owners", "deals", *(one.object_type for one in ENGAGEMENTS))
PROOF = ("emails", "calls", "meetings")
"""Without one of these files nothing is claimed from silence."""
MODIFIED = ("lastmodifieddate", "hs_lastmodifieddate", "createdate", "hs_createdate")
OWNER = "hubspot_owner_id"
FED_BY = {
    "account": "companies",
    "contact": "contacts",
    "usage": "contacts",
    "signal": "contacts",
    "opportunity": "deals",
}
"""The object whose columns feed a canonical table."""
TIES: Mapping[str, tuple[str, ...]] = {
    "contacts": ("companies",),
    "deals": ("companies", "contacts"),
    **{one.object_type: ("contacts", "companies") for one in ENGAGEMENTS},
}
"""The associations that are read: object -> objects its records are tied to."""
EXPORT = "Export it from its index page (all records, all properties, internal names) and put it beside the others."
NO_ID = "The file has no column Record ID."

_ASSOCIATED = re.compile(r"associated[ _](contact|company|deal)[ _]ids?(?: \((.+)\))?", re.IGNORECASE)
_PLURAL = {"contact": "contacts", "company": "companies", "deal": "deals"}
_WORDS = {
    **_PLURAL,
    **{plural: plural for plural in _PLURAL.values()},
    "owner": "owners",
    "owners": "owners",
    "users": "owners",
    **{one.object_type: one.object_type for one in ENGAGEMENTS},
    **{one.object_type.removesuffix("s"): one.object_type for one in ENGAGEMENTS},
}
"""Words of a file's name -> object."""
PRIMARY = {"category": "HUBSPOT_DEFINED", "typeId": records.PRIMARY, "label": "Primary"}
PLAIN = {"category": "HUBSPOT_DEFINED", "typeId": 0, "label": None}


@dataclass(frozen=True, slots=True)
class Tie:
    """A column of associated ids, by the name it has in its table: ``@companies/Decision maker``."""

    to: str
    label: str

    @property
    def column(self) -> str:
        """Name the column."""
        return f"@{self.to}/{self.label}"

    @classmethod
    def of_header(cls, title: str) -> "Tie | None":
        """Read the header of such a column."""
        found = _ASSOCIATED.fullmatch(title)
        return cls(_PLURAL[found[1].lower()], (found[2] or "").replace('"', "")) if found else None

    @classmethod
    def of_column(cls, name: str) -> "Tie | None":
        """Read the name of such a column."""
        to, slash, label = name.removeprefix("@").partition("/")
        return cls(to, label) if slash and name.startswith("@") else None


class HubSpotExport:
    """The exports of one portal behind `connectors.files.dialect`."""

    def __init__(self, source: str, options: FilesOptions) -> None:
        self.export = Export(Path(options.folder), options.encoding, self._recognise, ID)
        self._source = source
        self._options = options
        self._mapped = fields.resolve("hubspot", options.fields, options.prefix)
        self._stages = frozenset(options.customer_stages)
        self.names = Names(
            objects=OBJECT_TYPES,
            id_column=ID,
            id_header="Record ID",
            column=self._own_name,
            task=_task_names(task_key(options.prefix), self._owner, self._colleagues),
            clears_apart=True,
        )
        self._owner_ids: dict[str, str] = {}

    # --- which column is which --------------------------------------------------------------------------------------

    def plan(self, name: str, header: Sequence[str]) -> Mapping[str, Column]:
        """Tell how the columns of an object are made; an internal name is surer than a label, the first than others."""
        found: dict[str, tuple[int, int]] = {}
        for place, title in enumerate(header):
            if told := self._column(name, title):
                column, rank = told
                found[column] = min(found.get(column, (rank, place)), (rank, place))
        plan = {column: Column((place,)) for column, (_, place) in found.items()}
        body, key = self.names.task.body, self.names.task.key
        if body in plan and key in plan:
            plan[body] = Column(plan[body].places, only_with=plan[key].places[0])
        return plan

    def _column(self, name: str, title: str) -> tuple[str, int] | None:
        """Tell which column a header is, and how sure that is."""
        wanted = self._spelt.get(name, {})
        if tie := Tie.of_header(title):
            return tie.column, 0
        small = title.lower()
        mapped = self._mapped_names.get(name, frozenset())
        slug = labels.slug(title)
        guesses = (
            small,
            labels.COLUMNS.get(name, {}).get(small, ""),
            slug if slug in mapped else "",
            self._own_labels.get((name, small), ""),
            slug,
        )
        found = (wanted.get(guess.lower()) for guess in guesses)
        return next(((column, rank) for rank, column in enumerate(found) if column), None)

    @cached_property
    def _wanted(self) -> Mapping[str, frozenset[str]]:
        """Name the properties that are read, by object."""
        reading, key = self._reading(self._mapped), self.names.task.key
        engagements = {one.object_type: (ID, *MODIFIED, *one.names) for one in ENGAGEMENTS}
        wanted: dict[str, Iterable[str]] = {
            "owners": labels.COLUMNS["owners"].values(),
            "companies": (ID, *MODIFIED, *reading.properties(records.COMPANY, "account")),
            "contacts": (
                *(ID, *MODIFIED, "hs_additional_emails", "associatedcompanyid"),
                *reading.properties(records.CONTACT, "contact", "usage", "signal"),
            ),
            "deals": (ID, *MODIFIED, *reading.properties(records.DEAL, "opportunity")),
            **engagements,
            "tasks": (*engagements["tasks"], key, self.names.task.body, snooze(self._options.prefix)),
        }
        return {name: frozenset(names) for name, names in wanted.items()}

    @cached_property
    def _spelt(self) -> Mapping[str, Mapping[str, str]]:
        return {name: {column.lower(): column for column in wanted} for name, wanted in self._wanted.items()}

    @cached_property
    def _mapped_names(self) -> Mapping[str, frozenset[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for table, name in FED_BY.items():
            found[name].update(self._mapped.get(table, {}).values())
        return {name: frozenset(names) for name, names in found.items()}

    @cached_property
    def _own_labels(self) -> Mapping[tuple[str, str], str]:
        return {(OBJECT_TYPES[entry.object], entry.label.lower()): self._own_name(entry) for entry in FIELDS}

    def _own_name(self, entry: Field) -> str:
        return entry.hubspot_name(self._options.prefix)

    def _recognise(self, name: str) -> str | None:
        words = re.split(r"[^a-z]+", name.rpartition(".")[0].lower())
        named = next((_WORDS[word] for word in words if word in _WORDS), None)
        return recognised_by_pattern(self._options.files, name) or named

    # --- what the values mean ---------------------------------------------------------------------------------------

    @cached_property
    def _readers(self) -> Mapping[str, Mapping[str, Callable[[str], str | None]]]:
        """Map object and column to how a value is brought into its internal form."""
        own: defaultdict[str, dict[str, Callable[[str], str | None]]] = defaultdict(dict)
        for entry in FIELDS:
            own[OBJECT_TYPES[entry.object]][self._own_name(entry)] = partial(held, entry)
        if customer := self._mapped["account"].get("customer"):
            own["companies"][customer] = partial(labels.lifecycle, stages=self._stages)
        shared = {**labels.VALUES, OWNER: self._owner}
        return {name: {**shared, **own[name]} for name in (*NEEDED, *OTHERS)}

    def _owner(self, told: str) -> str:
        """Tell the id of an owner, who may be told by name or address."""
        return self._owner_ids.get(told.lower(), told)

    def _colleagues(self, ids: Collection[str]) -> Collection[str]:
        return {str(one["id"]) for one in self.owners()} & set(ids)

    def _internal(self, name: str, found: Record) -> Record:
        readers = self._readers[name]
        return {
            column: readers[column](str(value)) if value is not None and column in readers else value
            for column, value in found.items()
        }

    def _reading(self, mapped: Mapping[str, Mapping[str, str]]) -> Reading:
        return Reading(self._source, mapped, self._options.prefix, self._stages, labels.ROLES)

    def _known(self) -> Mapping[str, Mapping[str, str]]:
        """Keep what is mapped to a column the export has."""
        return {
            table: {name: column for name, column in names.items() if column in self._columns(FED_BY[table])}
            for table, names in self._mapped.items()
        }

    def _columns(self, name: str) -> set[str]:
        return {column for _, header in self.export.of(name).sheets for column in self.plan(name, header)}

    # --- reading the files ------------------------------------------------------------------------------------------

    def load(self) -> None:
        """Read all files, then note the ties that stand on the other side."""
        if not self.export.load(self.plan):
            return
        for name, others in TIES.items():
            for other in others:
                sides = [tie for tie in map(Tie.of_column, self.export.of(other).columns) if tie and tie.to == name]
                self.export.link(_link(name, other), other, ID, {tie.column: tie.label for tie in sides})
        self._owner_ids = dict(self._named_owners())

    def _named_owners(self) -> Iterator[tuple[str, str]]:
        for found in self._owner_records():
            names = (found.get("email"), records.full_name(found.get("firstName"), found.get("lastName")))
            yield from ((str(name).lower(), str(found["id"])) for name in names if name)

    def _owner_records(self) -> list[Json]:
        """Read the owners' file, each once; who has no id there is known by address or name."""
        found = [held for one in self.export.pages("owners", PAGE_ROWS) for held in one] if self._has("owners") else []
        return list({json["id"]: json for json in map(_owner_record, found) if json["id"]}.values())

    def _has(self, name: str) -> bool:
        return self.export.exists(name)

    # --- pulling ----------------------------------------------------------------------------------------------------

    def pull(self, overlay: Overlay) -> Iterator[Page | StreamEnd]:
        """Turn the files into canonical rows; every stream is whole, a file tells all there is."""
        known = self._known()
        reading = self._reading(known)
        with Workbench(self._source, self._stages, labels.ROLES) as bench:
            one = _Pull(self, reading, overlay, bench)
            yield from one.owners()
            yield from one.stream("companies", one.companies)
            yield from one.stream("contacts", one.contacts)
            yield from one.stream("deals", one.deals)
            for engagement in ENGAGEMENTS:
                yield from one.stream(engagement.object_type, partial(one.engagements, engagement))
        captured = all(self._has(name) for name in PROOF)
        yield from one.seen.coverage(self._source, captured=captured, usage=bool(known.get("usage")))

    def records(self, name: str) -> Iterator[list[Record]]:
        """Yield the records of an object with internal values."""
        for found in self.export.pages(name, PAGE_ROWS):
            yield [self._internal(name, one) for one in {str(one[ID]): one for one in found}.values()]

    def owners(self) -> list[Json]:
        """List the owners: those of their file, and those that records name besides."""
        filed = self._owner_records()
        named = {value for name in (*NEEDED, *OTHERS) for value in self.export.distinct(name, OWNER)}
        strangers = sorted({self._owner(value) for value in named} - {str(one["id"]) for one in filed})
        return [*filed, *map(_stranger, strangers)]

    def dropped(self, name: str) -> Counter[str]:
        """Tell what an object lost: rows left out, and columns the settings name that are not there."""
        chosen = {
            column
            for table, fed_by in FED_BY.items()
            for column in self._options.fields.get(table, {}).values()
            if fed_by == name and column
        }
        return self.export.of(name).dropped + Counter(
            f"missing column {column}" for column in sorted(chosen - self._columns(name))
        )

    # --- what can be said of it -------------------------------------------------------------------------------------

    def made_at(self) -> int | None:
        """Tell the newest moment of modification."""
        told = (instant(self.export.newest(name, column)) for name in self.export.objects() for column in MODIFIED)
        return max((at for at in told if at is not None), default=None)

    def newest_activity(self, before: int) -> int | None:
        """Tell when the newest activity happened."""
        until = datetime.fromtimestamp(before, UTC).strftime("%Y-%m-%dT%H:%M")
        told = (instant(self.export.newest(one.object_type, "hs_timestamp", until)) for one in ENGAGEMENTS)
        return max((at for at in told if at is not None), default=None)

    def findings(self) -> Iterator[Finding]:
        """Compare the files and their headers with what is needed and mapped."""
        yield from missing_files(self.export, NEEDED, OTHERS, EXPORT)
        for name in self.export.objects():
            for sheet, header in self.export.of(name).sheets:
                if name != "owners" and ID not in self.plan(name, header):
                    yield Finding(sheet.name, NO_ID, EXPORT, fatal=True)
        yield from self._unmapped()
        yield from columns_unused(self.export, self.plan)

    def _unmapped(self) -> Iterator[Finding]:
        known = {name: self._columns(name) for name in dict.fromkeys(FED_BY.values())}
        for attribute in fields.ATTRIBUTES:
            name, column = FED_BY[attribute.table], self._mapped[attribute.table].get(attribute.name)
            if not column or attribute.override or not self._has(name) or column in known[name]:
                continue
            header = [labels.slug(title) for _, titles in self.export.of(name).sheets for title in titles]
            fix = fields.suggestion(column, header) or f"Export {name} with it, or take it out of `fields`."
            explicit = attribute.name in self._options.fields.get(attribute.table, {})
            where = f"fields.{attribute.table}.{attribute.name}"
            setting = ("fields", attribute.table, attribute.name) if explicit else ()
            yield Finding(
                where, f"The export of {name} has no column '{column}'.", fix, fatal=explicit, setting=setting
            )


@dataclass(slots=True)
class _Pull:
    """One pull: how the portal is read, what waits beside the export, and what was learnt on the way."""

    of: HubSpotExport
    reading: Reading
    overlay: Overlay
    bench: Workbench
    seen: Seen = field(default_factory=Seen)

    def stream(self, name: str, tables: Callable[[list[Record]], Tables]) -> Iterator[Page | StreamEnd]:
        """Yield the pages of an object and its end."""
        if not self.of.export.exists(name):
            yield StreamEnd(name, None, whole=False, read=0, dropped={"no file of it": 1})
            return
        proves = any(one.object_type == name and one.captures for one in ENGAGEMENTS)
        read = 0
        for found in self.of.records(name):
            made = page(name, tables(found), [str(one[ID]) for one in found])
            if proves:
                self.seen.activity(made)
            read += len(found)
            yield made
        expected, dropped = self.of.export.of(name).rows, dict(self.of.dropped(name))
        yield StreamEnd(name, None, whole=True, read=read, expected=expected, dropped=dropped)

    def owners(self) -> Iterator[Page | StreamEnd]:
        """Yield the colleagues."""
        found = self.of.owners()
        made = tables_of(columns_of(row for one in found for row in records.owner(self.reading, one)))
        yield page("owners", made, [str(one["id"]) for one in found])
        yield StreamEnd("owners", None, whole=True, read=len(found))

    def companies(self, found: list[Record]) -> Tables:
        """Read companies."""
        self.overlay.patch("account", found)
        self._lay("companies", self.reading.properties(records.COMPANY, "account"), found)
        return records.companies(self.reading, self.bench)

    def contacts(self, found: list[Record]) -> Tables:
        """Read people with the companies they belong to."""
        self.overlay.patch("contact", found)
        self._lay("contacts", self.reading.properties(records.CONTACT, "contact", "usage", "signal"), found)
        return records.contacts(self.reading, self.bench)

    def deals(self, found: list[Record]) -> Tables:
        """Read deals with their companies and people."""
        self._lay("deals", self.reading.properties(records.DEAL, "opportunity"), found)
        return records.deals(self.reading, self.bench)

    def _lay(self, name: str, properties: Sequence[str], found: list[Record]) -> None:
        """Lay records out as if HubSpot had told them, with what they are tied to."""
        self.bench.lay([*properties, records.MERGED_IDS], [listed(list(map(_json, found)))])
        for other in TIES.get(name, ()):
            self.bench.tie(other, [tied(self._ties(name, other, found))])

    def engagements(self, engagement: Engagement, found: list[Record]) -> Tables:
        """Read activities with who took part; our own tasks apart."""
        return tables_of(columns_of(self._engagements(engagement, found)))

    def _engagements(self, engagement: Engagement, found: list[Record]) -> Rows:
        name, key = engagement.object_type, self.of.names.task.key
        left = self.overlay.patch_tasks(found) if name == "tasks" else found
        contacts, companies = self._ties(name, "contacts", left), self._ties(name, "companies", left)
        mails = self._addresses(contacts) if engagement.kind == "email" else {}
        for one in left:
            if ours := one.get(key):
                until = _text(one.get(snooze(self.reading.prefix)))
                yield from own_task(self.reading.source, str(ours), until, _json(one))
                continue
            values = activity(self.reading.source, engagement, _json(one), _ids(companies[str(one[ID])]))
            yield "activity", row("activity", values)
            people = {contact: mails.get(contact, []) for contact in _ids(contacts[str(one[ID])])}
            yield from participants(values, people, _json(one)["properties"])

    def _addresses(self, contacts: Mapping[str, Sequence[Json]]) -> Mapping[str, list[str]]:
        """Read the addresses of contacts, so that an e-mail's sender is told from its other readers."""
        ids = {contact for ties in contacts.values() for contact in _ids(ties)}
        found = self.of.export.related("contacts", ("email", "hs_additional_emails"), ID, ids)
        return {
            str(one[ID]): [
                clean
                for mail in (one.get("email"), *parts(_text(one.get("hs_additional_emails"))))
                if (clean := lower(_text(mail)))
            ]
            for one in found
        }

    def _ties(self, name: str, to: str, found: Sequence[Record]) -> Mapping[str, list[Json]]:
        """Read what records are tied to, from their own columns and from the other side; as HubSpot's API gives it."""
        ties: dict[str, dict[str, list[Json]]] = {str(one[ID]): {} for one in found}
        for one in found:
            for other, label in _own_ties(one, to):
                ties[str(one[ID])].setdefault(other, [PLAIN]).extend(_kind(label))
        for tie in self.of.export.related(_link(name, to), ("other", "label"), "id", ties):
            ties[str(tie["id"])].setdefault(str(tie["other"]), [PLAIN]).extend(_kind(str(tie["label"] or "")))
        return {
            key: [{"toObjectId": other, "associationTypes": _distinct(kinds)} for other, kinds in of.items()]
            for key, of in ties.items()
        }


def _own_ties(one: Record, to: str) -> Iterator[tuple[str, str]]:
    """List (id, label) of what a record's own columns tie it to."""
    for column, value in one.items():
        tie = Tie.of_column(column)
        if value is not None and tie is not None and tie.to == to:
            yield from ((other, tie.label) for other in parts(str(value)))
    if to == "companies" and one.get("associatedcompanyid"):
        yield str(one["associatedcompanyid"]), "Primary"


def _kind(label: str) -> list[Json]:
    if not label:
        return []
    return [PRIMARY] if label.lower() == "primary" else [{"category": "USER_DEFINED", "typeId": label, "label": label}]


def _distinct(kinds: Sequence[Json]) -> list[Json]:
    return list({str(kind["typeId"]): kind for kind in kinds}.values())


def _ids(ties: Sequence[Json]) -> list[str]:
    return [str(tie["toObjectId"]) for tie in ties]


def _link(name: str, other: str) -> str:
    return f"{name} of {other}"


def _json(one: Record) -> dict[str, Any]:
    return {"id": str(one[ID]), "properties": one}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _owner_record(found: Record) -> Json:
    name, email = str(found.get("name") or ""), _text(found.get("email"))
    first, _, last = name.partition(" ")
    told = {"firstName": found.get("firstName") or first, "lastName": found.get("lastName") or last, "email": email}
    team = found.get("team")
    archived = labels.enumerated(str(found.get("archived") or "")) in {"TRUE", "YES", "1"}
    key = found.get("id") or email or records.full_name(str(told["firstName"]), str(told["lastName"]))
    return {**told, "id": key, "teams": [{"name": team, "primary": True}] if team else [], "archived": archived}


def _stranger(owner: str) -> Json:
    """Make a colleague of the little that a record says: an id, a name or an address."""
    name = None if owner.isdecimal() or "@" in owner else owner
    return {"id": owner, "firstName": name, "lastName": None, "email": owner if "@" in owner else None}


def _task_names(
    key: str, owner: Callable[[str], str], colleagues: Callable[[Collection[str]], Collection[str]]
) -> TaskNames:
    def is_open(record: Record) -> bool:
        return labels.enumerated(str(record.get("hs_task_status") or "")) != COMPLETED

    def set_open(record: Record, state: bool) -> None:
        record |= {"hs_task_status": "NOT_STARTED" if state else COMPLETED, "hs_task_completion_date": None}

    def owner_id(record: Record) -> str | None:
        return owner(str(record.get(OWNER) or "")) or None

    return TaskNames(
        key=key,
        id=ID,
        id_header="Record ID",
        subject="hs_task_subject",
        body="hs_task_body",
        due="hs_timestamp",
        owner=OWNER,
        account="Company Record ID",
        contact="Contact Record ID",
        status="hs_task_status",
        state="hs_task_status",
        words=("NOT_STARTED", COMPLETED),
        day="%Y-%m-%d %H:%M",
        is_open=is_open,
        set_open=set_open,
        due_at=lambda record: instant(_text(record.get("hs_timestamp"))),
        owner_id=owner_id,
        colleagues=colleagues,
    )
