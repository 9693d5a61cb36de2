"""Nobody reaches into the emulator's memory: the product never, tests and tools only over HTTP.

Tests may use what holds no running state: the story of the demo, and single parts on their own (a parser, a value
table, an empty portal) where laws are tried on thousands of inputs. What serves is out of bounds for everybody.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EMULATOR = "connectors.emulator"
SERVING = (
    f"{EMULATOR}.__main__",
    f"{EMULATOR}.aim",
    f"{EMULATOR}.control",
    f"{EMULATOR}.coverage",
    f"{EMULATOR}.faults",
    f"{EMULATOR}.front",
    f"{EMULATOR}.latency",
    f"{EMULATOR}.provenance",
    f"{EMULATOR}.requestlog",
    f"{EMULATOR}.server",
    f"{EMULATOR}.snapshot",
    f"{EMULATOR}.state",
    f"{EMULATOR}.hubspot.api",
    f"{EMULATOR}.hubspot.routes",
    f"{EMULATOR}.salesforce.dispatch",
    f"{EMULATOR}.salesforce.http",
    f"{EMULATOR}.salesforce.rest",
)
STORY = f"{EMULATOR}.seeds"
TWINS = ROOT / "tests" / "emulator" / "scale" / "sites.py"
"""Makes two portals of its own of the same rows and compares what their routes answer; no running one is reached."""


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, and every name it takes from one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{each.name}" for each in node.names)


def files(*folders: str) -> list[Path]:
    """The Python files below some folders of the project; not what a judge's packages brought."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "node_modules" not in path.parts)


def uses(path: Path, *modules: str) -> list[str]:
    """What a file imports of these modules."""
    return [name for name in imported(path) if any(f"{name}.".startswith(f"{module}.") for module in modules)]


def test_no_file_of_the_product_imports_the_emulator() -> None:
    ours = [path for path in files("sync", "mapping", "connectors") if "emulator" not in path.relative_to(ROOT).parts]
    assert {str(path): found for path in ours if (found := uses(path, EMULATOR))} == {}


def test_no_test_or_tool_imports_what_serves() -> None:
    asked = (path for path in files("tests", ".ci", "deploy") if path != TWINS)
    assert {str(path): found for path in asked if (found := uses(path, *SERVING))} == {}


def test_outside_its_own_tests_only_the_story_of_the_emulator_is_read() -> None:
    asked = [path for path in files("tests", ".ci", "deploy") if "emulator" not in path.relative_to(ROOT).parts]
    other = {str(path): [each for each in uses(path, EMULATOR) if not each.startswith(STORY)] for path in asked}
    assert {path: found for path, found in other.items() if found} == {}


def test_the_emulator_imports_nothing_of_ours() -> None:
    def ours(name: str) -> bool:
        root, _, rest = name.partition(".")
        return root in ("sync", "mapping", "tests") or (root == "connectors" and not rest.startswith("emulator"))

    asked = files("connectors/emulator")
    assert {str(path): found for path in asked if (found := [name for name in imported(path) if ours(name)])} == {}


@pytest.mark.parametrize("side", ["source_modules", "forbidden_modules"])
def test_the_contracts_of_the_import_linter_name_every_module_beside_the_emulator(side: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    about = {contract["name"]: contract for contract in contracts if "stranger" in contract["name"]}
    inward = about["the emulator is a stranger: nothing of ours imports it"]["source_modules"]
    outward = about["the emulator is a stranger: it imports nothing of ours"]["forbidden_modules"]
    beside = {
        f"connectors.{path.stem}"
        for path in (ROOT / "connectors").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    } - {EMULATOR}
    assert {"sync", "mapping", *beside} == set(inward if side == "source_modules" else outward)
