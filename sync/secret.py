"""Secrets are kept elsewhere; the settings only say where. The composition root builds one `SecretResolver`.

A reference is ``env:NAME`` (environment), ``file:PATH`` (relative to the settings file) or ``keyring:NAME`` (the
system's keyring, service "rapport"). No message ever holds a secret.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

SERVICE = "rapport"
"""Service name under which the keyring keeps our secrets."""


class SecretMissingError(Exception):
    """A secret is not where its reference says; the text says how to put it there."""


@dataclass(frozen=True, slots=True)
class SecretResolver:
    """Looks secrets up and keeps those a vendor replaced.

    `keyring` is asked with service and name and gives None for what it does not have; `to_keyring` is told service,
    name and secret.
    """

    environment: Mapping[str, str]
    keyring: Callable[[str, str], str | None]
    folder: Path = Path()
    to_keyring: Callable[[str, str, str], None] | None = None

    def __call__(self, reference: str) -> str:
        """Resolve a reference. Raises SecretMissingError when nothing, or nothing but space, is there."""
        kind, _, name = reference.partition(":")
        match kind:
            case "env":
                return _present(self.environment.get(name), f"set the environment variable {name}")
            case "file":
                return _present(self._read(name), f"write the secret into {self.folder / name}")
            case "keyring":
                return _present(self.keyring(SERVICE, name), f"run: keyring set {SERVICE} {name}")
            case _:
                raise SecretMissingError("a secret is written as env:NAME, file:PATH or keyring:NAME")

    def prove(self, references: Iterable[str]) -> None:
        """Look every secret up and forget it. Raises SecretMissingError naming all that are missing."""
        missing = list(filter(None, map(self._missing, dict.fromkeys(references))))
        if missing:
            raise SecretMissingError("\n".join(missing))

    def _missing(self, reference: str) -> str | None:
        try:
            self(reference)
        except SecretMissingError as error:
            return str(error)
        return None

    def keep(self, reference: str, value: str) -> None:
        """Store a secret where its reference says; where that is impossible, say so and let the run go on."""
        kind, _, name = reference.partition(":")
        try:
            if kind == "file":
                _replace((self.folder / name).resolve(), value)
            elif kind == "keyring" and self.to_keyring:
                self.to_keyring(SERVICE, name, value)
            else:
                log.warning("The secret of %s was replaced and cannot be written there: keep it in a file.", reference)
        except Exception as error:  # noqa: BLE001 - a keyring may raise anything, and the run has a valid token
            log.warning("The secret of %s was replaced and is not kept: %s", reference, type(error).__name__)

    def _read(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def _present(secret: str | None, fix: str) -> str:
    if secret is None or not secret.strip():
        raise SecretMissingError(f"a secret is missing: {fix}")
    return secret.strip()


def _replace(path: Path, value: str) -> None:
    """Write a file that only its owner may read, all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
