"""What happened to records, as webhooks tell it: noted where records are stored, so that no route can forget it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from .object_types import ObjectType
from .records import Author, Record


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one record; `told` are the keys a webhook's payload adds for this type."""

    kind: ObjectType
    type: str
    """creation, deletion, propertyChange, merge, restore, associationChange or privacyDeletion."""
    object_id: int
    at: datetime
    by: Author
    told: dict[str, object] = field(default_factory=dict)


Listener = Callable[[Event], None]


class Events:
    """Passes events on to whoever listens; held back while writes may still be taken back."""

    def __init__(self) -> None:
        self.listener: Listener | None = None
        self._held: list[Event] | None = None

    def hold(self) -> None:
        """Keep events back until `release`."""
        self._held = []

    def release(self, *, happened: bool) -> None:
        """Pass held events on, or forget them when their writes were taken back."""
        held, self._held = self._held or [], None
        for event in held if happened else ():
            self.tell(event)

    def tell(self, event: Event) -> None:
        """Pass an event on."""
        if self._held is not None:
            self._held.append(event)
        elif self.listener is not None:
            self.listener(event)

    def stored(self, kind: ObjectType, before: Record | None, after: Record, at: datetime, by: Author) -> None:
        """Tell what the storing of a record means."""
        if self.listener is not None:
            for name, told in _differences(before, after):
                self.tell(Event(kind, name, after.id, at, by, told))


def _differences(before: Record | None, after: Record) -> Iterator[tuple[str, dict[str, object]]]:
    if before is None:
        yield "creation", {}
    elif before.archived is not after.archived:
        yield ("deletion" if after.archived else "restore"), {}
        return
    held = before.properties if before else {}
    for name, value in after.properties.items():
        if value != held.get(name):
            yield "propertyChange", {"propertyName": name, "propertyValue": value or ""}
