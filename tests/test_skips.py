"""A skip is for a developer's machine; CI must have everything the tests need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = """
import pytest

def test_that_needs_something():
    pytest.skip("the thing is not here")
"""


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed"), ("", "1 skipped")])
def test_a_skip_fails_under_ci_and_only_there(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "test_needy.py").write_text(SKIPPED, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-rsf", str(tmp_path)]
    done = subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", str(tmp_path)],
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in done.stdout
    assert "the thing is not here" in done.stdout
