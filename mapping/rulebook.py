"""The rules in force, figure by figure: what each is, where it stands, and in which figures two rule sets differ.

``rapport rules show`` lists `in_force`; `sync.pipeline` notes `flat` figures under the digest of every plan, so that
``rapport rules diff`` can say later which of them have changed since.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import orjson
import yaml
from pydantic import BaseModel

from mapping.rulefile import place
from mapping.spec import Rules, load_rules, rule_tree

Value: TypeAlias = object
"""What a figure may be: a number, a flag, a word, None, or a list of these or of small mappings; JSON values."""

Figures: TypeAlias = Mapping[str, Value]
"""Figures by their name: the path to them, ``depth.half_life_days``."""

OURS = "our default"

SHOWN_WORDS = 4
"""Entries of a list that are shown before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure in force. `default` is what ships; `file` and `line` say where the value stands."""

    name: str
    value: Value
    default: Value
    file: str
    line: int
    ours: bool
    """Is our default: the organisation's file does not name it."""

    @property
    def source(self) -> str:
        """Say where the value comes from: ``our default`` or ``rules.yaml:3``."""
        return OURS if self.ours else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that two rule sets differ in; `MISSING` stands for one that a set does not have."""

    name: str
    before: Value
    after: Value

    @property
    def words(self) -> str:
        """Say what changed in plain words."""
        if self.before == MISSING:
            return f"{self.name}: {shown(self.after)} is new"
        if self.after == MISSING:
            return f"{self.name}: {shown(self.before)} is gone"
        if isinstance(self.before, list) and isinstance(self.after, list):
            return f"{self.name}: {_changed_list(self.before, self.after)}"
        return f"{self.name}: {shown(self.before)} -> {shown(self.after)}"


MISSING = "(not there)"


def in_force(override: Path | None = None) -> tuple[Figure, ...]:
    """List every figure of the shipped rules with `override` laid over them. Raises SpecError like `load_rules`."""
    shipped = flat(load_rules())
    tree = rule_tree(override)
    return tuple(_figure(tree, override, shipped, *pair) for pair in flat(load_rules(override)).items())


def flat(model: BaseModel) -> dict[str, Value]:
    """Give the figures of rules (or of a profile) by name, as JSON values; a list is one figure."""
    return dict(_leaves(model.model_dump(mode="json"), ""))


def differences(before: Figures, after: Figures) -> tuple[Difference, ...]:
    """Compare two rule sets figure by figure, in order of their names."""
    names = sorted(before.keys() | after.keys())
    pairs = (Difference(name, before.get(name, MISSING), after.get(name, MISSING)) for name in names)
    return tuple(pair for pair in pairs if pair.before != pair.after)


def schema_of(section: str) -> dict[str, object]:
    """Give the JSON Schema of one shipped rule file, ``rules/<section>.yaml``. Raises KeyError for another name."""
    model = Rules.model_fields[section].annotation
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        raise KeyError(section)
    return model.model_json_schema()


def shown(value: Value) -> str:
    """Write a value as its rule file does; of a long list the first entries and how many more there are."""
    if isinstance(value, list):
        words = [_word(entry) for entry in value[:SHOWN_WORDS]]
        more = [f"and {len(value) - SHOWN_WORDS} more"] if len(value) > SHOWN_WORDS else []
        return f"[{', '.join([*words, *more])}]"
    return _word(value)


def _figure(tree: yaml.Node, override: Path | None, shipped: Figures, name: str, value: Value) -> Figure:
    found = place(tree, _steps(tree, name))
    ours = found is None or found[0] != str(override)
    file, line = found or (f"rules/{name.partition('.')[0]}.yaml", 1)
    return Figure(name, value, shipped.get(name, MISSING), file, line, ours)


def _steps(tree: yaml.Node, name: str) -> list[str]:
    """Cut a name into the keys of the tree; a key may hold a full stop itself, so the longest that fits is taken."""
    steps: list[str] = []
    rest = name
    while rest and isinstance(tree, yaml.MappingNode):
        keys = {key.value: below for key, below in tree.value if rest == key.value or rest.startswith(f"{key.value}.")}
        if not keys:
            return [*steps, rest]
        key = max(keys, key=len)
        steps, rest, tree = [*steps, key], rest[len(key) + 1 :], keys[key]
    return steps


def _leaves(value: Value, name: str) -> Iterator[tuple[str, Value]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _leaves(below, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _changed_list(before: list[Value], after: list[Value]) -> str:
    new = [entry for entry in after if entry not in before]
    gone = [entry for entry in before if entry not in after]
    parts = [*([f"{shown(new)} added"] if new else []), *([f"{shown(gone)} taken out"] if gone else [])]
    return ", ".join(parts) or "the same entries in another order"


def _word(value: Value) -> str:
    """Write one value: whole numbers without a point, text as it is, everything else as JSON."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else orjson.dumps(value).decode()
