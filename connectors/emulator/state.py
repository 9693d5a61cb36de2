"""Object graphs of the emulator as JSON and back, whole: shared objects stay shared, every type stays what it was.

`snapshot` keeps what a vendor's part holds with it, whatever classes that part is built of today. Only values,
containers and classes of the emulator itself are written or made, so that a file can never bring foreign code along.
An object that no attributes describe, because it holds functions made on the spot, says by `__reduce__` which function
of the emulator makes it again, and of what. Tasks of the event loop and suspended generators are work under way and
not part of any state: nothing stands where they stood.
"""

from asyncio import Future
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from importlib import import_module
from types import FunctionType, MethodType
from typing import Any, NoReturn, TypeAlias

from connectors.emulator.wire import Json, JsonObject

_HOME = "connectors.emulator."
_PLAIN = (str, int, float, bool, type(None))
_TEXTS: Mapping[type, tuple[str, Callable[[Any], str], Callable[[str], object]]] = {
    datetime: ("moment", datetime.isoformat, datetime.fromisoformat),
    date: ("day", date.isoformat, date.fromisoformat),
    Decimal: ("decimal", str, Decimal),
    bytes: ("bytes", bytes.hex, bytes.fromhex),
}
_SERIES: Mapping[type, tuple[str, Callable[[list[Any]], Any]]] = {
    tuple: ("tuple", tuple),
    frozenset: ("frozenset", frozenset),
}
_NAMED = ("outer", "seen", "enum", "method", "function", "made")
_UNDER_WAY = (Future, Generator)
_READ = {name: read for name, _, read in _TEXTS.values()}
_MADE = dict(_SERIES.values())
Outer: TypeAlias = Mapping[str, object]
"""Objects that are not part of the state and stand in it by name only: the clock, for one."""


def attributes(thing: object) -> Iterator[tuple[str, Any]]:
    """The attributes an object has now, from its dictionary and its slots."""
    slots = [name for kind in type(thing).__mro__ for name in kind.__dict__.get("__slots__", ())]
    names = [*getattr(thing, "__dict__", {}), *(name for name in slots if name not in ("__dict__", "__weakref__"))]
    return ((name, getattr(thing, name)) for name in names if hasattr(thing, name))


def dump(value: object, outer: Outer) -> Json:
    """The JSON of a graph.

    Raises:
        ValueError: something in it is neither value, container nor the emulator's own; the message says where.
    """
    writer = _Writer(outer)
    return _plain(writer.write(value, "state"), writer.mentioned)


def load(text: Json, outer: Outer) -> Any:
    """The graph that `dump` wrote.

    Raises:
        ValueError: the text is no such graph, or its classes are other ones by now.
    """
    try:
        return _Reader(outer).read(text)
    except (KeyError, TypeError, AttributeError, ImportError) as error:
        raise ValueError(f"not a state this emulator can take on: {error!r}") from error


class _Writer:
    """Writes each object that can change once, numbered; later mentions are references."""

    def __init__(self, outer: Outer) -> None:
        self._outer = {id(thing): name for name, thing in outer.items()}
        # The objects are held too, so that no number is given to a second object at the same place in memory.
        self._seen: dict[int, tuple[int, object]] = {}
        self.mentioned: set[int] = set()

    def write(self, value: Any, place: str) -> Json:
        kind = type(value)
        if kind in _PLAIN or isinstance(value, _UNDER_WAY):
            return value if kind in _PLAIN else None
        if (named := self._named(value, place)) is not None:
            return named
        if kind in _TEXTS:
            word, text, _ = _TEXTS[kind]
            return {"$": word, "is": text(value)}
        if kind in _SERIES:
            return {"$": _SERIES[kind][0], "has": [self.write(each, place) for each in value]}
        if "__reduce__" in kind.__dict__ and kind.__module__.startswith(_HOME):
            make, parts = value.__reduce__()
            return {"$": "made", "by": _name(make, place), "has": [self.write(each, place) for each in parts]}
        return self._changeable(value, place)

    def _named(self, value: Any, place: str) -> JsonObject | None:
        """What stands in the text by its name: outer objects, members of enumerations, functions and methods."""
        if (name := self._outer.get(id(value))) is not None:
            return {"$": "outer", "name": name}
        if isinstance(value, Enum):
            return {"$": "enum", "of": _name(type(value), place), "is": value.name}
        if isinstance(value, MethodType):
            return {"$": "method", "of": self.write(value.__self__, place), "is": value.__name__}
        return {"$": "function", "of": _name(value, place)} if isinstance(value, FunctionType) else None

    def _changeable(self, value: Any, place: str) -> Json:
        if id(value) in self._seen:
            self.mentioned.add(self._seen[id(value)][0])
            return {"$": "seen", "no": self._seen[id(value)][0]}
        number = len(self._seen)
        self._seen[id(value)] = (number, value)
        return {"no": number, **self._content(value, place)}

    def _content(self, value: Any, place: str) -> JsonObject:
        kind = type(value)
        if kind in (list, set, deque):
            most = {"most": value.maxlen} if kind is deque else {}
            kept = [each for each in value if not isinstance(each, _UNDER_WAY)]
            return {"$": kind.__name__, **most, "has": [self.write(each, f"{place}[]") for each in kept]}
        if kind in (dict, Counter):
            pairs = [[self.write(key, place), self.write(each, f"{place}.{key}")] for key, each in value.items()]
            return {"$": kind.__name__.lower(), "has": pairs}
        if isinstance(value, (list, set, dict)):
            _refuse(f"{place} is a container of its own kind and says nowhere what it is made of")
        held = {name: self.write(each, f"{place}.{name}") for name, each in attributes(value)}
        return {"$": "object", "of": _name(kind, place), "has": held}


def _refuse(why: str) -> NoReturn:
    raise ValueError(why)


def _name(kind: type | FunctionType, place: str) -> str:
    if not kind.__module__.startswith(_HOME) or "<" in kind.__qualname__:
        raise ValueError(f"{place} is a {kind.__module__}.{kind.__qualname__}, which no snapshot can hold")
    return f"{kind.__module__.removeprefix(_HOME)}:{kind.__qualname__}"


def _plain(text: Json, mentioned: set[int]) -> Json:
    """The same with lists and dictionaries as JSON's own, and without numbers, wherever nothing refers to them."""

    def inside(part: Json) -> Json:
        return _plain(part, mentioned)

    match text:
        case {"$": "dict", "no": number, "has": has} if number not in mentioned and _worded(has):
            return {key: inside(each) for key, each in has}
        case {"$": "list", "no": number, "has": list() as has} if number not in mentioned:
            return inside(has)
        case {"has": dict() as has}:
            return _numbered(text, {name: inside(each) for name, each in has.items()}, mentioned)
        case {"has": list() as has}:
            return _numbered(text, inside(has), mentioned)
        case {"$": "method", "of": owner}:
            return {**text, "of": inside(owner)}
        case _:
            return [inside(each) for each in text] if isinstance(text, list) else text


def _numbered(text: JsonObject, has: Json, mentioned: set[int]) -> JsonObject:
    kept = {key: each for key, each in text.items() if key != "no" or each in mentioned}
    return kept | {"has": has}


def _worded(pairs: list[Any]) -> bool:
    return all(isinstance(key, str) and key != "$" for key, _ in pairs)


class _Reader:
    """Makes each numbered object once, before what it holds, so that references to it find it."""

    def __init__(self, outer: Outer) -> None:
        self._outer = outer
        self._made: dict[int, Any] = {}

    def read(self, text: Json) -> Any:
        if isinstance(text, list):
            return [self.read(each) for each in text]
        if not isinstance(text, dict):
            return text
        if (word := text.get("$")) is None:
            return {key: self.read(each) for key, each in text.items()}
        if word in _READ:
            return _READ[word](text["is"])
        if word in _MADE:
            return _MADE[word]([self.read(each) for each in text["has"]])
        return self._named(word, text) if word in _NAMED else self._changeable(word, text)

    def _named(self, word: str, text: JsonObject) -> Any:
        match word:
            case "outer":
                return self._outer[text["name"]]
            case "seen":
                return self._made[text["no"]]
            case "enum":
                return _found(text["of"], type)[text["is"]]
            case "method":
                return getattr(self.read(text["of"]), text["is"])
            case "made":
                return _found(text["by"], FunctionType)(*(self.read(each) for each in text["has"]))
            case _:
                return _found(text["of"], FunctionType)

    def _changeable(self, word: str, text: JsonObject) -> Any:
        made = _empty(word, text)
        if "no" in text:
            self._made[text["no"]] = made
        match made:
            case list() | deque():
                made.extend(self.read(each) for each in text["has"])
            case set() | Counter() | dict():
                made.update(self._members(made, text["has"]))
            case _:
                for name, each in text["has"].items():
                    # Frozen classes refuse plain assignment, also to whoever makes them.
                    object.__setattr__(made, name, self.read(each))
        return made

    def _members(self, made: Any, has: list[Any]) -> Any:
        if isinstance(made, set):
            return {self.read(each) for each in has}
        return {self.read(key): self.read(each) for key, each in has}


def _empty(word: str, text: JsonObject) -> Any:
    if word == "object":
        kind = _found(text["of"], type)
        return kind.__new__(kind)
    if word == "deque":
        return deque(maxlen=text["most"])
    return {"list": list, "set": set, "dict": dict, "counter": Counter}[word]()


def _found(name: str, kind: type) -> Any:
    """A class or function of the emulator by its name."""
    module, _, path = name.partition(":")
    found: Any = import_module(_HOME + module)
    for part in path.split("."):
        found = getattr(found, part)
    if not isinstance(found, kind) or not found.__module__.startswith(_HOME):
        raise ValueError(f"not a state this emulator can take on: {name} is none of its own")
    return found
