"""A transport over a mocked network, with a clock that stands still and a sleep that only notes down."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import responses

from connectors.dialect import Dialect
from connectors.salesforce.failures import DIALECT
from connectors.transport import Network, Token, Transport

NOW = 1_795_300_000.0
BASE = "https://acme.my.salesforce.com"


@dataclass(slots=True)
class Wire:
    """The mocked network and what the transport did in front of it."""

    mock: responses.RequestsMock
    slept: list[float] = field(default_factory=list)
    sign_ins: int = 0
    tokens: list[str] = field(default_factory=lambda: ["token-1", "token-2", "token-3"])

    def transport(self, dialect: Dialect = DIALECT, *, attempts: int = 4, base: str = BASE) -> Transport:
        """Open a transport that signs in with one token after the other."""
        network = Network(lambda: NOW, sleep=self.slept.append, attempts=attempts, timeout=(0.5, 1.0))
        return Transport(dialect, base, self._sign_in, network)

    def _sign_in(self, transport: Transport) -> Token:
        self.sign_ins += 1
        return Token(self.tokens[self.sign_ins - 1], transport.base)

    def bearer(self, call: int) -> str:
        """Tell the Authorization header of a call."""
        return str(self.mock.calls[call].request.headers["Authorization"])


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Mock the network; every answer that was prepared must be asked for."""
    with responses.RequestsMock() as mock:
        yield Wire(mock)


@pytest.fixture
def secret() -> Callable[[str], str]:
    """Resolve any reference to the name it holds."""
    return lambda reference: reference.partition(":")[2]
