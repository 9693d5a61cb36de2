"""Holds the code to its size budgets; `make check` runs it and every broken budget is one line.

The figures come from docs/architecture.md. What is counted as an exception (`type: ignore`, `noqa`, `no cover`) is
frozen: the number may fall, and rises only by editing FROZEN in a commit that says why.
"""

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = ("sync", "connectors", "mapping")
MODULE_MEDIAN = 250
MODULE_MOST = 600
BODY_MEDIAN = 6
BODY_P95 = 30
BODY_MOST = 50
TESTS_TO_SOURCE = (1.05, 2.0)  # the goal is 1.2: raise the lower end whenever it can be, never lower it
FROZEN = {r"#\s*type:\s*ignore": 6, r"#\s*noqa": 17, r"#\s*pragma:\s*no cover": 0}


def modules(*folders: str) -> list[Path]:
    """List the Python files below `folders`."""
    return sorted(path for folder in folders for path in Path(folder).rglob("*.py"))


def lines(path: Path) -> int:
    """Count the lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def code_lines(path: Path) -> int:
    """Count the lines that are neither empty nor comment."""
    return sum(1 for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and line.strip()[0] != "#")


def bodies(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every function with the length of its body: lines without signature and docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node, clean=False) is not None
            body = node.body[1:] if documented else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield f"{path}:{node.lineno} {node.name}", length


def broken_modules(source: list[Path]) -> Iterator[str]:
    """Name modules over the budget."""
    sizes = {path: lines(path) for path in source if path.name != "__init__.py"}
    for path, size in sizes.items():
        if size > MODULE_MOST:
            yield f"{path}: {size} lines, at most {MODULE_MOST}"
    if (median := statistics.median(sizes.values())) > MODULE_MEDIAN:
        yield f"median module {median:.0f} lines, at most {MODULE_MEDIAN}"


def broken_bodies(source: list[Path]) -> Iterator[str]:
    """Name functions over the budget."""
    found = [item for path in source for item in bodies(path)]
    for where, length in found:
        if length > BODY_MOST:
            yield f"{where}: body of {length} lines, at most {BODY_MOST}"
    ordered = sorted(length for _, length in found)
    if (median := statistics.median(ordered)) > BODY_MEDIAN:
        yield f"median function body {median:.0f} lines, at most {BODY_MEDIAN}"
    if (p95 := ordered[int(len(ordered) * 0.95)]) > BODY_P95:
        yield f"p95 function body {p95} lines, at most {BODY_P95}"


def broken_exceptions(every: list[Path]) -> Iterator[str]:
    """Name exceptions to the linters beyond the frozen number."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in every)
    for pattern, frozen in FROZEN.items():
        if (count := len(re.findall(pattern, text))) > frozen:
            yield f"{count} x {pattern}, frozen at {frozen}"


def broken_ratio(source: list[Path], tests: list[Path]) -> Iterator[str]:
    """Say when there is too little or too much test code."""
    ratio = sum(map(code_lines, tests)) / sum(map(code_lines, source))
    low, high = TESTS_TO_SOURCE
    if not low <= ratio <= high:
        yield f"test:source ratio {ratio:.2f}, wanted {low}-{high}"


def main() -> int:
    """Print every broken budget; exit status 1 when there is one."""
    source, tests = modules(*SOURCE), modules("tests")
    broken = [
        *broken_modules(source),
        *broken_bodies(source),
        *broken_exceptions([*source, *tests]),
        *broken_ratio(source, tests),
    ]
    for line in broken:
        sys.stderr.write(f"budget: {line}\n")
    sys.stdout.write(f"budgets: {len(source)} modules, {len(broken)} broken\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
