"""The emulator's own clock: every vendor part asks it what time it is; tests and demos move it at will.

The process's real clock is read here and nowhere else in the emulator.
"""

from datetime import UTC, datetime, timedelta


def _real() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Real time plus an offset, or a frozen moment; all moments are aware and in UTC."""

    def __init__(self, start: datetime | None = None) -> None:
        self._offset = timedelta()
        self._frozen: datetime | None = None
        if start is not None:
            self.set(start)

    @property
    def frozen(self) -> bool:
        """Whether time stands still until it is set or advanced."""
        return self._frozen is not None

    def now(self) -> datetime:
        """The emulated moment, aware UTC."""
        return self._frozen if self._frozen is not None else _real() + self._offset

    def set(self, moment: datetime) -> None:
        """Make it `moment` now (a naive moment is read as UTC); a frozen clock stays frozen."""
        aware = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if self._frozen is not None:
            self._frozen = aware
        self._offset = aware - _real()

    def advance(self, seconds: float) -> None:
        """Move time by `seconds` (negative goes back)."""
        self.set(self.now() + timedelta(seconds=seconds))

    def freeze(self) -> None:
        """Stop time at the present moment."""
        self._frozen = self.now()

    def unfreeze(self) -> None:
        """Let time run on from where it stands."""
        moment = self.now()
        self._frozen = None
        self.set(moment)
