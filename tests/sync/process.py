"""Real second processes for what only another process can show: locks, leases, sudden death."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

HOLD_STAGE = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
"""
"""Opens the stage named by its argument and keeps it until its input ends."""

HOLD_LEASE = """
import sys
from sync.app import owner
from sync.ledger import Ledger
Ledger(sys.argv[1]).lease("acme", owner(), int(sys.argv[2]), 300)
print("ready", flush=True)
sys.stdin.read()
"""
"""Takes the lease on `acme` at the moment given and works, without ever giving it back."""


@contextmanager
def python(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program until it says that it is ready; it is gone when the block ends."""
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()
