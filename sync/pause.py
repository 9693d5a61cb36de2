"""Dead credentials: the worker leaves an organisation alone, says so once and keeps everything it knows.

`rapport worker` runs through `guarded`. Asking again with credentials that were refused never helps and may lock the
user out, so nothing is sent until there are others, or until `rapport check` or any run by hand finds that every
connection can be used (`sync.pipeline` ends the pause then).
"""

import hashlib
import secrets
from collections.abc import Callable

from connectors.errors import SignInRefused
from sync.ledger import Ledger


class PausedError(Exception):
    """The organisation is left alone; the text says why and what ends it. `fresh`: nobody has been told yet."""

    def __init__(self, said: str, *, fresh: bool) -> None:
        super().__init__(said)
        self.fresh = fresh


def guarded(ledger: Ledger, org: str, credentials: Callable[[], str], now: int, run: Callable[[], str]) -> str:
    """Run, unless the credentials were refused before and are still the same; raises PausedError.

    `credentials` gives everything an organisation signs in with, in one text; it is kept as a slow digest only.
    """
    known = ledger.paused(org)
    if known and digest(credentials(), known["salt"]) == known["credentials"]:
        raise PausedError(known["said"], fresh=False)
    try:
        return run()
    except SignInRefused as error:
        salt = secrets.token_hex(16)
        said = f"{error}\n{org} is paused. New credentials or a clean `rapport check` resume it; nothing is lost."
        ledger.pause(org, since=now, said=said, salt=salt, credentials=digest(credentials(), salt))
        raise PausedError(said, fresh=True) from error


def digest(text: str, salt: str) -> str:
    """Digest credentials so slowly that nobody guesses them from the ledger."""
    return hashlib.scrypt(text.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
