"""Where a stream of Salesforce stopped, as the text that the stage keeps with the stream's rows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from connectors.salesforce.fetch import Key


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A reading that was interrupted: when it began (epoch seconds), whether it is whole, and how to go on.

    `jobs` maps what is read to the id of its Bulk 2.0 job; `last` is the last record that was committed.
    """

    began: int
    whole: bool
    jobs: Mapping[str, str] = field(default_factory=dict)
    last: Key | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a stream stopped, in epoch seconds by the organisation's clock.

    `at` is when its last complete reading began (0: there was none), `whole_at` the last whole one, `calculated_at` the
    last look at formulas and roll-ups. `shape` digests what was selected and how it is read: records that did not
    change hold nothing of a field that was mapped or granted since, so another shape makes the pull whole.
    `logged_until` is how far the log of deletions had come, where it was behind `at`.
    """

    at: int
    whole_at: int
    shape: str
    calculated_at: int = 0
    unfinished: Unfinished | None = None
    logged_until: int | None = None

    @property
    def open_since(self) -> int:
        """Tell from when on not everything is known: who is deleted and who came back is told from one moment on."""
        return self.at if self.logged_until is None else min(self.at, self.logged_until)

    @classmethod
    def parse(cls, text: str | None) -> "Cursor | None":
        """Read what `text` wrote; anything else counts as no cursor, and the pull is whole."""
        try:
            told: dict[str, Any] = orjson.loads(text or "")
            left = told.pop("unfinished")
            if left is not None:
                last = left.pop("last")
                left = Unfinished(**left, last=(str(last[0]), str(last[1])) if last else None)
            found = cls(**told, unfinished=left)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            return None
        moments = (found.at, found.whole_at, found.calculated_at, found.logged_until or 0)
        return found if all(isinstance(moment, int) for moment in moments) and isinstance(found.shape, str) else None

    def text(self) -> str:
        """Write the cursor for the stage."""
        return orjson.dumps(asdict(self)).decode()
