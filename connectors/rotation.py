"""A refresh token that its vendor may replace whenever it is redeemed; `connectors.salesforce` and `hubspot` hold one.

What was given out last is in two places: in this process, and where the settings keep it, if that can be written. Other
processes redeem the same token (`rapport check` beside a running worker), and a vendor that rotates tokens refuses one
that was redeemed before: whoever comes second takes the one that the first has kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from connectors.errors import ConnectorError, RetryLater, Unreachable

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Rotating:
    """One refresh token. `read` gives what is kept; `keep` replaces it, or says that it cannot, and does not raise."""

    read: Callable[[], str]
    keep: Callable[[str], None]
    _stored: str = ""
    _newest: str = ""

    def redeemed(self, redeem: Callable[[str], Answer]) -> Answer:
        """Redeem the newest token; when it is refused and another has been kept meanwhile, that one, once."""
        used = self._known()
        try:
            return redeem(used)
        except (RetryLater, Unreachable):
            raise
        except ConnectorError:
            if (newer := self._known()) == used:
                raise
            return redeem(newer)

    def replaced(self, given: str) -> None:
        """Keep the token that came along with an access token, before anything is signed with that."""
        if given != self._newest:
            self.keep(given)
            self._stored, self._newest = self.read(), given

    def _known(self) -> str:
        stored = self.read()
        if stored != self._stored:
            self._stored = self._newest = stored
        return self._newest
