"""Reads rule files so that every problem is reported with its file and line, all at once.

YAML is kept as PyYAML's node tree until it has been validated: the tree remembers where each value stands, also after
an organisation's file has been laid over the shipped ones. `mapping.spec` and the settings of `sync` call `read`,
`merge` and `validate`; nobody else touches YAML.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Parsed = TypeVar("Parsed", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Reason:
    """One problem of a rule file: where it stands and what is wrong, in words."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        """Render as ``file:line: message``, which editors open at the place."""
        return f"{self.file}:{self.line}: {self.message}"


class SpecError(ValueError):
    """The rules or settings cannot be used; `reasons` holds every problem that was found, in file order."""

    def __init__(self, reasons: Iterable[Reason]) -> None:
        self.reasons = tuple(sorted(set(reasons), key=lambda reason: (reason.file, reason.line, reason.message)))
        super().__init__("\n".join(map(str, self.reasons)))


def read(text: str, file: str) -> yaml.Node:
    """Read one YAML document into its node tree; `file` names it in reasons.

    Raises SpecError when the text is no YAML, is no mapping, or names a key twice.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise SpecError([_syntax(error, file)]) from error
    if node is None:
        return yaml.MappingNode("tag:yaml.org,2002:map", [], start_mark=_start(file))
    nodes = list(_nodes(node))
    for each in nodes:
        if each.start_mark is not None:
            each.start_mark.name = file
    if not isinstance(node, yaml.MappingNode):
        raise SpecError([_reason(node, "expected a mapping of names to values")])
    if problems := [reason for each in nodes for reason in _unusable(each)]:
        raise SpecError(problems)
    return node


def section(sections: dict[str, yaml.Node]) -> yaml.Node:
    """Join trees under their names into one tree, as if they had stood in one file."""
    pairs = [(yaml.ScalarNode("tag:yaml.org,2002:str", name), node) for name, node in sections.items()]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, start_mark=_start("rules"))


def merge(base: yaml.Node, over: yaml.Node) -> yaml.Node:
    """Lay `over` on `base`: mappings are joined key by key, every other value of `over` replaces that of `base`."""
    if not (isinstance(base, yaml.MappingNode) and isinstance(over, yaml.MappingNode)):
        return over
    joined = {key.value: (key, value) for key, value in base.value}
    for key, value in over.value:
        below = joined.get(key.value)
        joined[key.value] = (key, merge(below[1], value) if below else value)
    return yaml.MappingNode(base.tag, list(joined.values()), start_mark=base.start_mark)


def validate(model: type[Parsed], node: yaml.Node) -> Parsed:
    """Check a tree against `model`; raises SpecError with the file and line of every problem."""
    try:
        return model.model_validate(_plain(node))
    except ValidationError as error:
        raise SpecError(_explain(node, error)) from error


def place(node: yaml.Node, steps: Sequence[int | str]) -> tuple[str, int] | None:
    """Tell in which file and line a value stands that is reached by `steps`; None where nothing is written there."""
    name = node
    for step in steps:
        found = _child(node, step)
        if found is None:
            return None
        name, node = found
    mark = name.start_mark
    return (mark.name, mark.line + 1) if mark is not None else None


def _plain(node: yaml.Node) -> object:
    constructor = yaml.constructor.SafeConstructor()
    return constructor.construct_document(node)


def _explain(node: yaml.Node, error: ValidationError) -> Iterator[Reason]:
    for problem in error.errors(include_url=False):
        where = ".".join(str(step) for step in problem["loc"])
        yield _reason(_place(node, problem["loc"]), f"{where}: {problem['msg']}")


def _place(node: yaml.Node, steps: Sequence[int | str]) -> yaml.Node:
    """Walk toward a value and give the name it stands under; the nearest parent's when the value is missing."""
    place = node
    for step in steps:
        found = _child(node, step)
        if found is None:
            return place
        place, node = found
    return place


def _child(node: yaml.Node, step: int | str) -> tuple[yaml.Node, yaml.Node] | None:
    """Find the value one step further, with the node that names it: its key, or itself in a list."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    """Yield every node once, also where an alias leads back to it."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            if isinstance(node, yaml.MappingNode):
                waiting.extend(part for pair in node.value for part in pair)
            elif isinstance(node, yaml.SequenceNode):
                waiting.extend(node.value)


def _unusable(node: yaml.Node) -> Iterator[Reason]:
    """Find what no rule file may hold: tags that make objects, names that are no text, names that stand twice."""
    if node.tag not in yaml.SafeLoader.yaml_constructors:
        yield _reason(node, f"tag {node.tag} is not allowed")
    keys = [key for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
    yield from (_reason(key, "a name must be plain text") for key in keys if not isinstance(key, yaml.ScalarNode))
    names = [key.value for key in keys if isinstance(key, yaml.ScalarNode)]
    yield from (
        _reason(key, f"{key.value}: named twice")
        for place, key in enumerate(keys)
        if isinstance(key, yaml.ScalarNode) and key.value in names[:place]
    )


def _reason(node: yaml.Node, message: str) -> Reason:
    mark = node.start_mark or _start("rules")
    return Reason(mark.name, mark.line + 1, message)


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Reason:
    mark = error.problem_mark or error.context_mark or _start(file)
    return Reason(file, mark.line + 1, f"not YAML: {error.problem}")


def _start(file: str) -> yaml.Mark:
    return yaml.Mark(file, 0, 0, 0, "", 0)


def read_file(path: Path) -> yaml.Node:
    """Read a file of an organisation; a file that cannot be read is a reason too (raises SpecError)."""
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError([Reason(str(path), 1, f"cannot be read: {error}")]) from error
