"""How long the emulated network takes: delays before a request is answered, by vendor, route or object.

Rules come through `/_emulator/latency`; the first whose aim fits decides. Without one there is no delay.
"""

import asyncio
from random import Random

from pydantic import Field, PrivateAttr
from starlette.types import ASGIApp, Receive, Scope, Send

from connectors.emulator.aim import Aim, about, overhear


class Delay(Aim):
    """One rule of latency."""

    seconds: float = Field(0.0, ge=0, le=600, description="waited before the request is handled")
    jitter: float = Field(0.0, ge=0, le=600, description="at most so many seconds more, evenly spread")
    seed: int = Field(0, description="where the chance of `jitter` begins, so that a run can be repeated")
    _dice: Random = PrivateAttr()

    def model_post_init(self, _context: object) -> None:
        """Begin the chance anew."""
        self._dice = Random(self.seed)

    def next(self) -> float:
        """The seconds the next request waits."""
        return self.seconds + self._dice.uniform(0, self.jitter)


class Delayed:
    """ASGI middleware that lets requests wait. The list is shared with the control interface."""

    def __init__(self, app: ASGIApp, delays: list[Delay]) -> None:
        self._app = app
        self._delays = delays

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait as the first fitting rule says, then pass the request on."""
        if self._delays and about(scope):
            asked, receive = await overhear(scope, receive, self._delays)
            delay = next((each for each in self._delays if each.fits(asked)), None)
            await asyncio.sleep(delay.next() if delay else 0)
        await self._app(scope, receive, send)
