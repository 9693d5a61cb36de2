"""Every command the documentation shows is run, in its order, in a new folder, against the emulator."""

import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mapping.metadata import FIELDS
from sync.demo import emulator, settings
from tests.e2e.conftest import RAPPORT, rapport
from tests.exports import export_hubspot, export_salesforce

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))]
EXPECTED = {"rapport plan": 3}
"""Exit status of commands that do not end with 0."""
MAKE = {"make demo": "rapport demo --once", "make test": "pytest"}
"""What the targets of the Makefile run once their environment is there; `.ci/run` calls `make test` itself."""


def shown(page: str) -> list[str]:
    """List the commands in the shell blocks of a page, without comments."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = [
        line.split("#")[0].strip()
        for block in re.findall(r"```sh\n(.*?)```", text, re.S)
        for line in block.splitlines()
    ]
    return [line.replace(".venv/bin/", "") for line in lines if line]


def shown_files(page: str) -> dict[str, str]:
    """Give the files a page shows: a block of YAML whose first line is a comment with the file's name."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return {name: f"# {name}\n{body}" for name, body in re.findall(r"```yaml\n# (\S+)\n(.*?)```", text, re.S)}


def prepared(folder: Path, command: str) -> None:
    """Do what a page asks of the reader between two commands: name the CRMs, here the emulated ones."""
    if command == "rapport provision --dry-run":
        text = (folder / "crm" / "rapport.yaml").read_text(encoding="utf-8")
        (folder / "rapport.yaml").write_text(text.replace("file:", "file:crm/"), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a reader's folder, with an emulator that is already running."""
    place = tmp_path_factory.mktemp("reader")
    with emulator() as ready:
        settings(place / "crm", ready)
        export_salesforce(ready["salesforce"], place / "exports" / "salesforce")
        export_hubspot(ready["hubspot"], place / "exports" / "hubspot")
        yield place


def works_until_told_to_stop(folder: Path, command: str) -> None:
    """Run the worker, see that it answers, and end it by its own process id."""
    words = [str(RAPPORT), *shlex.split(command)[1:], "--health-port", "0"]
    with subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if '"event": "run ended"' in line:
                break
        process.send_signal(signal.SIGTERM)
        assert "worker stopped" in process.stderr.read()
    assert process.returncode == 0


@pytest.mark.parametrize("page", [page for page in PAGES if shown(page)])
def test_every_command_of_a_page_does_what_the_page_says(page: str, folder: Path) -> None:
    for name, text in shown_files(page).items():
        (folder / name).write_text(text, encoding="utf-8")
    for written in shown(page):
        command = MAKE.get(written, written)
        if command == MAKE["make test"]:
            continue  # this very run
        prepared(folder, command)
        if command == "rapport worker":
            works_until_told_to_stop(folder, command)
            continue
        done = rapport(*shlex.split(command)[1:], cwd=folder)
        assert done.code == EXPECTED.get(command, 0), f"{command}\n{done.out}\n{done.err}"


def test_every_command_line_command_is_documented() -> None:
    listed = re.findall(r"^  (\w+)  ", rapport("--help").out, re.M)
    assert len(listed) >= 15
    text = "\n".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    missing = [name for name in listed if f"rapport {name}" not in text and f"`{name}" not in text]
    assert missing == []


def test_the_reference_lists_every_field_of_ours() -> None:
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith(("| contact |", "| account |", "| task |"))]
    declared = [(field.salesforce_name(), field.hubspot_name(), field.help) for field in FIELDS]
    assert [tuple(cell.strip(" `") for cell in (row.split("|")[i] for i in (3, 4, 7))) for row in rows] == declared
