"""The object types of a portal and the three names each goes by in a path: ``contacts``, ``contact``, ``0-1``."""

from dataclasses import dataclass

from .refusals import invalid
from .wire import data_file

ACTIVITY_SCOPE = "contacts"
"""Activities ride on the scopes of contacts."""


@dataclass(frozen=True, slots=True)
class ObjectType:
    """What differs between contacts, companies, deals and the activities."""

    name: str
    """Plural, as in paths."""
    id: str
    """For example ``0-1``."""
    singular: str
    scope: str
    """The word in ``crm.objects.<scope>.read``."""
    created: str
    modified: str
    """Names of the properties that hold the two moments."""
    shown: tuple[str, ...]
    """Returned when a request names no properties, together with `always`."""
    text: tuple[str, ...]
    """Properties that a search's `query` looks into."""
    activity: bool

    @property
    def always(self) -> tuple[str, ...]:
        """Properties that every answer holds."""
        return ("hs_object_id", self.created, self.modified)


def _read(name: str, raw: dict[str, object]) -> ObjectType:
    defaults: dict[str, object] = {
        "scope": ACTIVITY_SCOPE,
        "created": "hs_createdate",
        "modified": "hs_lastmodifieddate",
        "shown": [],
        "activity": False,
    }
    merged = {**defaults, **raw}
    lists = {key: tuple(value) for key, value in merged.items() if isinstance(value, list)}
    return ObjectType(name=name, **{**merged, **lists})  # type: ignore[arg-type] # the shape of our own data file


OBJECT_TYPES = {name: _read(name, raw) for name, raw in data_file("object_types.json").items()}
_BY_ANY_NAME = {word.lower(): kind for kind in OBJECT_TYPES.values() for word in (kind.name, kind.singular, kind.id)}


def infer(word: str) -> ObjectType:
    """Find the type a path or a body names. Raises RefusedError (400) when there is none."""
    kind = _BY_ANY_NAME.get(word.lower())
    if kind is None:
        raise invalid(f"Unable to infer object type from: {word}")
    return kind
