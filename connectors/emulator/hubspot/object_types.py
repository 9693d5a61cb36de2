"""The object types of a portal and the names each goes by in a path: ``contacts``, ``contact``, ``0-1``."""

from collections.abc import Iterator
from dataclasses import dataclass

from .refusals import invalid
from .wire import data_file

ACTIVITY_SCOPE = "contacts"
"""Activities ride on the scopes of contacts."""
CUSTOM_SCOPE = "custom"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """What differs between contacts, companies, deals, activities and the types a portal adds."""

    name: str
    """Plural, as in paths; of a custom type its fully qualified name."""
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
    required: tuple[str, ...]
    """Properties a new record must have."""
    stages: tuple[str, ...] = ()
    """Names of the properties that hold pipeline and stage, where the type has pipelines."""
    activity: bool = False
    custom: bool = False

    @property
    def always(self) -> tuple[str, ...]:
        """Properties that every answer holds."""
        return ("hs_object_id", self.created, self.modified)

    @property
    def words(self) -> tuple[str, ...]:
        """Names the type goes by in paths; a custom type has no plain name since June 2025."""
        return (
            (self.name.lower(), self.id, f"p_{self.singular}") if self.custom else (self.name, self.singular, self.id)
        )


def _read(name: str, raw: dict[str, object]) -> ObjectType:
    defaults: dict[str, object] = {
        "scope": ACTIVITY_SCOPE,
        "created": "hs_createdate",
        "modified": "hs_lastmodifieddate",
        "shown": [],
        "text": [],
        "required": ["hs_timestamp"] if raw.get("activity") else [],
    }
    merged = {**defaults, **raw}
    lists = {key: tuple(value) for key, value in merged.items() if isinstance(value, list)}
    return ObjectType(name=name, **{**merged, **lists})  # type: ignore[arg-type] # the shape of our own data file


OBJECT_TYPES = {name: _read(name, raw) for name, raw in data_file("object_types.json").items()}
"""HubSpot's own types, which every portal has."""


class ObjectTypes:
    """The types of one portal: HubSpot's and its own."""

    def __init__(self) -> None:
        self._types: dict[str, ObjectType] = {}
        self._by_word: dict[str, ObjectType] = {}
        for kind in OBJECT_TYPES.values():
            self.put(kind)

    def __iter__(self) -> Iterator[ObjectType]:
        return iter(list(self._types.values()))

    def __getitem__(self, name: str) -> ObjectType:
        return self._types[name]

    def put(self, kind: ObjectType) -> None:
        """Add a type, or replace it by its changed form."""
        self._types[kind.name] = kind
        self._by_word |= dict.fromkeys(kind.words, kind)

    def drop(self, kind: ObjectType) -> None:
        """Forget a type of the portal's own."""
        del self._types[kind.name]
        for word in kind.words:
            del self._by_word[word]

    def infer(self, word: str) -> ObjectType:
        """Find the type a path or a body names. Raises RefusedError (400) when there is none."""
        kind = self._by_word.get(word.lower())
        if kind is None:
            raise invalid(f"Unable to infer object type from: {word}")
        return kind
