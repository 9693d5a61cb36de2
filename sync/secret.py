"""Secrets are kept elsewhere; the settings only say where. The composition root builds one `SecretResolver`.

A reference is ``env:NAME`` (environment), ``file:PATH`` (relative to the settings file) or ``keyring:NAME`` (the
system's keyring, service "rapport"). No message ever holds a secret.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SERVICE = "rapport"
"""Service name under which the keyring keeps our secrets."""


class SecretMissingError(Exception):
    """A secret is not where its reference says; the text says how to put it there."""


@dataclass(frozen=True, slots=True)
class SecretResolver:
    """Looks secrets up. `keyring` is asked with service and name and gives None for what it does not have."""

    environment: Mapping[str, str]
    keyring: Callable[[str, str], str | None]
    folder: Path = Path()

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

    def _read(self, name: str) -> str | None:
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def _present(secret: str | None, fix: str) -> str:
    if secret is None or not secret.strip():
        raise SecretMissingError(f"a secret is missing: {fix}")
    return secret.strip()
