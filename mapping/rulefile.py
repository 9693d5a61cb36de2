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
    _name(node, file)
    if not isinstance(node, yaml.MappingNode):
        raise SpecError([_reason(node, "expected a mapping of names to values")])
    if problems := list(_repeated(node)):
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


def _plain(node: yaml.Node) -> object:
    constructor = yaml.constructor.SafeConstructor()
    return constructor.construct_document(node)


def _explain(node: yaml.Node, error: ValidationError) -> Iterator[Reason]:
    for problem in error.errors(include_url=False):
        where = ".".join(str(step) for step in problem["loc"])
        yield _reason(_place(node, problem["loc"]), f"{where}: {problem['msg']}")


def _place(node: yaml.Node, steps: Sequence[int | str]) -> yaml.Node:
    """Walk toward a value; stops at the nearest parent when the value is missing. Names lead to their key."""
    for step in steps:
        found = _child(node, step)
        if found is None:
            return node
        node = found
    return node


def _child(node: yaml.Node, step: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child
    return None


def _repeated(node: yaml.Node) -> Iterator[Reason]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield _reason(key, f"{key.value}: named twice")
            seen.add(key.value)
            yield from _repeated(value)
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _repeated(child)


def _name(node: yaml.Node, file: str) -> None:
    """Write the file's name into every mark: PyYAML only knows it for streams."""
    if node.start_mark is not None:
        node.start_mark.name = file
    children = node.value if isinstance(node, yaml.CollectionNode) else []
    for child in children:
        for part in child if isinstance(child, tuple) else (child,):
            _name(part, file)


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
