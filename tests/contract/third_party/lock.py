"""Writes package-lock.json anew from package.json: names, versions and hashes, and no address of anything.

Run by hand when a judge is to be of a newer version: `python tests/contract/third_party/lock.py`.
"""

import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
DROPPED = {"funding", "license", "deprecated", "resolved"}
"""What holds addresses and is not needed by `npm ci`."""


def main() -> None:
    """Let npm solve, then drop what is not needed."""
    npm = shutil.which("npm") or "npm"
    subprocess.run([npm, "install", "--package-lock-only"], cwd=HERE, check=True)
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    lock["packages"] = {
        place: {key: value for key, value in package.items() if key not in DROPPED}
        for place, package in lock["packages"].items()
    }
    LOCK.write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
