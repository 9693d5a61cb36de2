"""What one request costs and holds while it waits: slow triggers, and the rows that nobody else may write meanwhile.

Handlers run one after the other, so two requests meet only while the first waits for its slow rows (`row_milliseconds`
or a trigger's own). Salesforce lets the second wait up to ten seconds for the lock; here it is refused at once.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.emulator.salesforce.errors import SalesforceError


@dataclass(slots=True, eq=False)
class Work:
    """One request: how long its rows take and the ids of the rows it holds."""

    milliseconds: int = 0
    held: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Workshop:
    """The requests that have not been answered yet. `current` is the one whose handler runs."""

    current: Work | None = None
    waiting: list[Work] = field(default_factory=list)

    def begin(self) -> Work:
        """Start a request."""
        self.current = Work()
        return self.current

    async def finish(self, work: Work) -> None:
        """Wait as long as the request's rows take, then let go of them."""
        self.current = None
        if not work.milliseconds:
            return
        self.waiting.append(work)
        try:
            await asyncio.sleep(work.milliseconds / 1000)
        finally:
            self.waiting.remove(work)

    def spend(self, milliseconds: int) -> None:
        """Make the request that runs take longer."""
        if self.current is not None:
            self.current.milliseconds += milliseconds

    def hold(self, record_ids: Iterable[str]) -> None:
        """Lock rows for the request that runs.

        Raises:
            SalesforceError: UNABLE_TO_LOCK_ROW, another request holds one of them.
        """
        wanted = set(record_ids)
        for other in self.waiting:
            if taken := sorted(wanted & other.held):
                message = f"unable to obtain exclusive access to this record or {len(taken)} records: {','.join(taken)}"
                raise SalesforceError("UNABLE_TO_LOCK_ROW", message, 400, ())
        if self.current is not None:
            self.current.held |= wanted
