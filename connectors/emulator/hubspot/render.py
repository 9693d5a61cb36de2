"""Records as HubSpot shows them: which properties, their history, associations inside, and batch envelopes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .associations import LinkType
from .crm import Crm
from .object_types import ObjectType
from .records import Change, Record
from .wire import stamp

EMAIL_CONTENT = ("hs_email_html", "hs_email_text", "hs_email_subject", "hs_body_preview", "hs_body_preview_html")
"""What a token without `sales-email-read` does not see."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a record a request asks for."""

    kind: ObjectType
    properties: Sequence[str] = ()
    with_history: Sequence[str] = ()
    associated: Sequence[ObjectType] = ()
    inline: int = 100
    """Associations of one type shown inside a record."""
    base: str | None = None
    """Address of the API, for links."""
    urls: bool = False
    """2026 versions name the record's page in the app."""
    withheld: Sequence[str] = ()

    def known(self, crm: Crm) -> list[str]:
        """List the properties shown: those asked for that exist, and those always shown."""
        wanted = [*(self.properties or self.kind.shown), *self.with_history, *self.kind.always]
        schema = crm.schemas[self.kind.name]
        return [name for name in dict.fromkeys(wanted) if schema.get(name) is not None]

    def render(self, crm: Crm, record: Record) -> dict[str, object]:
        """Form the JSON of one record."""
        get = record.properties.get
        return {
            "id": str(record.id),
            "properties": {name: None if name in self.withheld else get(name) for name in self.known(crm)},
            **self._history(crm, record),
            "createdAt": stamp(record.created),
            "updatedAt": stamp(record.updated),
            "archived": record.archived,
            **({"archivedAt": stamp(record.archived_at)} if record.archived_at else {}),
            **self._associations(crm, record),
            **({"url": self.url(crm, str(record.id))} if self.urls else {}),
        }

    def url(self, crm: Crm, record_id: str) -> str:
        """Form the address of a record's page in the app."""
        return f"https://app.hubspot.com/contacts/{crm.portal_id}/record/{self.kind.id}/{record_id}"

    def _history(self, crm: Crm, record: Record) -> dict[str, object]:
        schema = crm.schemas[self.kind.name]
        names = [name for name in self.with_history if schema.get(name) is not None and name not in self.withheld]
        return {"propertiesWithHistory": {name: _versions(record, name) for name in names}} if names else {}

    def _associations(self, crm: Crm, record: Record) -> dict[str, object]:
        found = {other.name: self._linked(crm, record, other) for other in self.associated}
        shown = {name: block for name, block in found.items() if block["results"]}
        return {"associations": shown} if shown else {}

    def _linked(self, crm: Crm, record: Record, other: ObjectType) -> dict[str, object]:
        links = crm.associations.of((self.kind.name, other.name), record.id)
        shown = [row for there, types in links[: self.inline] for row in legacy_rows(there, types)]
        if len(links) <= self.inline:
            return {"results": shown}
        after = str(links[self.inline][0])
        link = f"{self.base}/crm/v3/objects/{self.kind.name}/{record.id}/associations/{other.name}?after={after}"
        return {"results": shown, "paging": {"next": {"after": after, "link": link}}}


def legacy_rows(there: int, types: Iterable[LinkType]) -> list[dict[str, str]]:
    """Form the v3 rows of one link: a row per type, named in words."""
    return [{"id": str(there), "type": kind.name} for kind in types]


def _versions(record: Record, name: str) -> list[dict[str, object]]:
    return [_version(change) for change in record.versions(name)]


def _version(change: Change) -> dict[str, object]:
    named = {"sourceId": change.by.id, "sourceLabel": change.by.label}
    told = {key: value for key, value in named.items() if value}
    return {"value": change.value or "", "timestamp": stamp(change.at), "sourceType": change.by.source, **told}


def envelope(crm: Crm, results: list[object], errors: list[object] | None = None) -> dict[str, object]:
    """Form the answer to a batch; `errors` are the rows of a 207."""
    now = stamp(crm.now())
    counted = {"numErrors": len(errors), "errors": errors} if errors else {}
    return {"status": "COMPLETE", "results": results, **counted, "startedAt": now, "completedAt": now}
