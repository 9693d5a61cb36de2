"""Keeps below HubSpot's limits, so that 429 stays the exception.

Three allowances are counted apart: searches (5 a second for the whole account, shared with other apps), associations
(their own limit) and everything else (a rolling interval that each answer's headers describe).
"""

import bisect
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

SHARE = 0.9
"""The part of an allowance we use; the rest is for requests under way and for clocks that differ."""
SEARCHES = 5 * SHARE
"""Searches a second."""
TIES = ((250, 200), (190, 150), (0, 100))
"""Association requests in ten seconds by the rolling allowance of the account's tier: no answer names them."""


@dataclass(slots=True)
class Window:
    """At most `most` requests in any `seconds`."""

    most: int
    seconds: float
    sent: deque[float] = field(default_factory=deque)

    def book(self, now: float) -> float:
        """Book the next free moment and tell how many seconds away it is."""
        while self.sent and self.sent[0] <= now - self.seconds:
            self.sent.popleft()
        at = now if len(self.sent) < self.most else max(now, self.sent[-self.most] + self.seconds)
        self.sent.append(at)
        return at - now

    def count(self, used: int, now: float) -> None:
        """Take over the vendor's count where others have sent as well: as if they had done so just now."""
        first, last = (bisect.bisect_right(self.sent, at) for at in (now - self.seconds, now))
        ours = last - first
        for _ in range(min(used, self.most) - ours):
            bisect.insort(self.sent, now)


class HubSpotPace:
    """The limiter of one connection; safe to use from several threads. `now` tells epoch seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._search = Window(5, 5 / SEARCHES)
        self._association = Window(90, 10.0)
        self._other = Window(90, 10.0)

    def before(self, method: str, path: str) -> float:  # noqa: ARG002 - the signature of Pace
        """Tell how long the request has to wait for its turn."""
        with self._lock:
            return self._window(path).book(self._now())

    def after(self, path: str, status: int, headers: Mapping[str, str]) -> None:  # noqa: ARG002 - the signature of Pace
        """Learn the allowance from the headers, which searches do not carry."""
        most, milliseconds, left = (
            headers.get(f"X-HubSpot-RateLimit-{name}", "") for name in ("Max", "Interval-Milliseconds", "Remaining")
        )
        window = self._window(path)
        if not (most.isdecimal() and milliseconds.isdecimal() and window is self._other):
            return
        with self._lock:
            window.most = max(1, int(int(most) * SHARE))
            window.seconds = int(milliseconds) / 1000
            self._association.most = int(next(ties for tier, ties in TIES if int(most) >= tier) * SHARE)
            if left.isdecimal():
                window.count(int(most) - int(left), self._now())

    def _window(self, path: str) -> Window:
        if path.endswith("/search"):
            return self._search
        return self._association if "/associations/" in path else self._other
