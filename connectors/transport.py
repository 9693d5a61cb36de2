"""The one way to a CRM's network: timeouts, retries, sign-in, limits, counting, and errors a person understands.

Both client libraries build their requests on top of it: simple-salesforce through `Transport.session`, the HubSpot
client through `RestLayer`. Their own defaults have no timeout, never repeat a POST and sign in once per thread.
Nothing but this module sleeps.
"""

import gzip
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partialmethod
from typing import Any, NoReturn, Protocol
from urllib.parse import parse_qs, urlsplit

import requests
import tenacity
import urllib3.exceptions
from requests.adapters import BaseAdapter

from connectors.breaker import Attempt, Breaker
from connectors.budget import Budget
from connectors.dialect import Dialect, Meaning, Problem, redact, template
from connectors.errors import (
    Conflict,
    ConnectorError,
    Forbidden,
    QuotaSpent,
    Rejected,
    RetryLater,
    SignInRefused,
    Unreachable,
    Unusable,
)
from connectors.wire import Reply, Way, encode, is_page, never_sent, origin, reason, retry_after

log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0
"""Seconds; the longest pause between two attempts, whatever `Retry-After` asks for."""
DEADLINE = 300.0
"""Seconds after which a request is not tried again, however many attempts are left."""
RENEW_AHEAD = 60.0
"""Seconds before its end at which a token is renewed."""
LONGEST_REST = 86_400.0
"""Seconds; the longest pause of a connection that a vendor is believed to ask for."""

_SECRET_NAMES = ("client_secret", "refresh_token", "password", "assertion")

Query = Mapping[str, str] | Sequence[tuple[str, str]]


class Unanswered(RetryLater):
    """A request went out and no answer came back, or a broken one: if it was a write, look before writing again."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, the address its requests go to, and the epoch second it ends, where that is known."""

    value: str
    base: str
    expires_at: float | None = None


class Pace(Protocol):
    """A vendor's limiter: asked before each request, told about each answer."""

    def before(self, method: str, path: str) -> float:
        """Tell the seconds to wait before the request may go out."""
        ...

    def after(self, path: str, status: int, headers: Mapping[str, str]) -> None:
        """Learn from the limits an answer reports; may raise RetryLater when a budget is spent."""
        ...


class Unpaced:
    """A limiter that never limits."""

    def before(self, method: str, path: str) -> float:  # noqa: ARG002 - the signature of Pace
        """Let everything pass."""
        return 0.0

    def after(self, path: str, status: int, headers: Mapping[str, str]) -> None:
        """Learn nothing."""


class _Again(Exception):  # noqa: N818 - a signal to tenacity, never seen outside
    """This attempt failed in a way that allows another; `final` is raised when attempts are used up."""

    def __init__(self, final: ConnectorError, wait: float | None = None) -> None:
        super().__init__(str(final))
        self.final = final
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Network:
    """How to behave on the network: the clock, and what a test or an operator may want otherwise.

    `ca_file` replaces the trusted certificate authorities. `timeout` is (connect, read) in seconds. `budget` governs
    the calls; without one, whatever the vendor allows is used.
    """

    now: Callable[[], float]
    ca_file: str | None = None
    timeout: tuple[float, float] = (5.0, 120.0)
    attempts: int = 6
    sleep: Callable[[float], None] = time.sleep
    budget: Budget | None = None


class Transport:
    """One connection pool to one CRM; safe to use from several threads.

    `sign_in` fetches a token by means of `submit`; `base` is where requests go until a token says otherwise.
    """

    def __init__(
        self,
        dialect: Dialect,
        base: str,
        sign_in: Callable[["Transport"], Token],
        network: Network,
        pace: Pace | None = None,
    ) -> None:
        self.dialect = dialect
        self.base = base.rstrip("/")
        self.budget = network.budget or Budget(dialect.vendor)
        self._breaker = Breaker(dialect.vendor, network.now)
        far = urlsplit(base).hostname not in {"127.0.0.1", "localhost", "::1"}
        self._packs = far and dialect.packed_from is not None
        self._sign_in = sign_in
        self._network = network
        self._pace = pace or Unpaced()
        self._token: Token | None = None
        self._refused: Unusable | None = None
        self._signing_in = threading.Lock()
        self._counting = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._around: dict[str, Mapping[str, Any]] = {}
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_Again),
            stop=tenacity.stop_any(tenacity.stop_after_attempt(network.attempts), tenacity.stop_after_delay(DEADLINE)),
            wait=_patience,
            sleep=network.sleep,
            reraise=True,
        )
        self._pool = requests.Session()
        self._pool.trust_env = far
        for scheme in ("http://", "https://"):
            self._pool.mount(scheme, Way())

    def session(self) -> requests.Session:
        """Make a session for a client library whose requests all travel through this transport."""
        session = requests.Session()
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Bridge(self))
        return session

    def request(self, method: str, path: str, *, params: Query | None = None, json: object = None) -> Reply:
        """Send one signed request of our own."""
        return self.send(self.prepare(method, path, params=params, json=json))

    def prepare(
        self, method: str, path: str, *, params: Query | None = None, json: object = None
    ) -> requests.PreparedRequest:
        """Put a request of our own together without sending it."""
        body = None if json is None else encode(json)
        headers = {"Content-Type": "application/json"}
        return requests.Request(method, self.base + path, headers, data=body, params=params).prepare()

    def submit(self, address: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Reply:
        """Post a form without a token: this is how a token is asked for."""
        asked = requests.Request("POST", address, dict(headers or {}), data=dict(form))
        return self.send(asked.prepare(), signed=False)

    def send(self, request: requests.PreparedRequest, *, signed: bool = True, listed: str = "") -> Reply:
        """Carry a prepared request out, as often as its operation allows; raises a ConnectorError on failure.

        The answer is parsed here, to send again what came back spoilt. Of one whose list `listed` somebody else reads
        from its bytes it is only looked whether it is complete.
        """
        try:
            return self._retrying.copy()(self._attempt, request, signed, listed)
        except _Again as again:
            raise again.final from again.__cause__

    def pause(self, attempt: int) -> None:
        """Wait before rows that were refused for a moment are sent again; `attempt` counts from 0."""
        self._network.sleep(random.uniform(0, min(30.0, 0.5 * 2.0**attempt)))  # noqa: S311 - spreads load, no secret

    def calls(self) -> Mapping[str, int]:
        """Count the requests sent so far by method and endpoint."""
        with self._counting:
            return dict(self._calls)

    def close(self) -> None:
        """Close the pool's connections."""
        self._pool.close()

    def _attempt(self, request: requests.PreparedRequest, signed: bool, listed: str) -> Reply:
        if not signed:
            return self._judged(request, self._exchange(request), listed)
        token = self._valid_token()
        reply = self._delivered(request, token)
        if reply.status_code >= 300 and self._meaning(reply) is Meaning.SIGN_IN:  # a success is not parsed here
            renewed = self._renewed(token)
            if renewed.value != token.value:
                reply = self._delivered(request, renewed)
        return self._judged(request, reply, listed)

    def _delivered(self, request: requests.PreparedRequest, token: Token) -> Reply:
        """Send a signed copy, compressed where that pays; who cannot read it gets everything plain from then on."""
        copy = _addressed(request, token)
        if not (self._packs and _pack(copy, self.dialect.packed_from or 0)):
            return self._exchange(copy)
        reply = self._exchange(copy)
        if reply.ok or not self._unread(reply):
            return reply
        self._packs = False
        return self._exchange(_addressed(request, token))

    def _unread(self, reply: Reply) -> bool:
        return reply.status_code == 415 or self._problem(reply).code in self.dialect.unread

    def _valid_token(self) -> Token:
        token = self._token
        if token is None or (token.expires_at is not None and token.expires_at - RENEW_AHEAD <= self._network.now()):
            return self._renewed(token)
        return token

    def _renewed(self, stale: Token | None) -> Token:
        """Sign in once, however many threads found the same token stale; refused credentials are not tried again."""
        with self._signing_in:
            if self._refused:
                raise self._refused
            if self._token is None or self._token is stale:
                try:
                    self._token = _sendable(self._sign_in(self), self.dialect.vendor)
                except Unusable as error:
                    dead = SignInRefused(str(error))
                    self._refused = error if isinstance(error, Unreachable | SignInRefused) else dead
                    raise self._refused from error
            return self._token

    def _exchange(self, request: requests.PreparedRequest) -> Reply:
        """Send once and read the whole answer, as soon as circuit, pace and budget let it out."""
        method, path = str(request.method), urlsplit(str(request.url)).path
        with self._breaker.attempt() as attempt:
            if pause := self._pace.before(method, path):
                self._network.sleep(pause)
            with self.budget.call() as call:
                with self._counting:
                    self._calls[f"{method} {template(path)}"] += 1
                reply = self._answer(request, attempt)
                call.answered, call.told = True, self.dialect.allowance(reply.headers)
        log.debug("%s %s -> %s", method, template(path), reply.status_code)
        self._pace.after(path, reply.status_code, reply.headers)
        return reply

    def _answer(self, request: requests.PreparedRequest, attempt: Attempt) -> Reply:
        """Wait for the answer; what becomes of a failure depends on whether the request left.

        Nothing here follows redirects or keeps cookies, so the session's own `send` would only cost time, as would its
        reading of the body in pieces of ten kilobytes.
        """
        request.headers["Accept-Encoding"] = "gzip, deflate"
        adapter: Any = self._pool.get_adapter(str(request.url))  # its types know fewer settings than it takes
        try:
            reply: Reply = adapter.send(request, timeout=self._network.timeout, **self._surroundings(request))
            reply.take()
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            log.warning("%s failed: %s", _operation(request), type(error).__name__)
            attempt.alive, attempt.why = False, f"{_operation(request)} got no answer ({reason(error)})"
            self._no_answer(request, error)
        attempt.alive = reply.status_code < 500 and not is_page(reply)
        attempt.why = f"{_operation(request)} was answered with {reply.status_code}"
        return reply

    def _surroundings(self, request: requests.PreparedRequest) -> Mapping[str, Any]:
        """Look the proxy, certificates and the like of a server up once; to do so took a tenth of a request's CPU."""
        server = origin(request)
        if server not in self._around:
            found = self._pool.merge_environment_settings(request.url, {}, False, self._network.ca_file, None)  # noqa: FBT003 - positional in requests
            self._around[server] = {**found, "verify": self._network.ca_file or found["verify"]}
        return self._around[server]

    def _no_answer(self, request: requests.PreparedRequest, error: Exception) -> NoReturn:
        place = f"{self.dialect.vendor} at {origin(request)}"
        match error:
            case requests.exceptions.SSLError():
                raise Unreachable(
                    f"{place} shows a certificate that is not trusted ({reason(error)}). "
                    "Name the authority's file as `ca_file`, or correct the address."
                ) from error
            case requests.exceptions.InvalidURL() | requests.exceptions.MissingSchema():
                raise Unreachable(f"{place}: this is not an address. Correct `url` of the connection.") from error
            case _ if never_sent(error):
                unreachable = Unreachable(
                    f"{place} cannot be reached ({reason(error)}). Check `url`, the network and the proxy."
                )
                raise _Again(unreachable) from error
        late = f"gave no answer within {self._network.timeout[1]:.0f} s"
        cause = late if isinstance(error, requests.Timeout) else "broke the connection off"
        self._unanswered(request, f"{place} {cause} on {_operation(request)}.", None, error)

    def _unanswered(
        self, request: requests.PreparedRequest, said: str, wait: float | None, error: Exception | None = None
    ) -> NoReturn:
        """Allow another attempt when sending twice does no harm; otherwise stop and say that it is open."""
        if self.dialect.repeatable(str(request.method), urlsplit(str(request.url)).path):
            raise _Again(Unanswered(f"{said} Run again later."), wait) from error
        raise Unanswered(f"{said} It may have been carried out; the next run looks before it repeats it.") from error

    def _judged(self, request: requests.PreparedRequest, reply: Reply, listed: str) -> Reply:
        """Return a success; raise what anything else means."""
        if reply.status_code >= 300 or is_page(reply):
            self._refuse(request, reply)
        if listed and reply.complete(listed):
            return reply
        if said := self._lacking(request, reply):
            self._unanswered(request, f"{self.dialect.vendor} answered {_operation(request)} {said}.", None)
        return reply

    def _lacking(self, request: requests.PreparedRequest, reply: Reply) -> str:
        """Say what is wrong with an answer that calls itself a success; empty when it is whole."""
        if reply.spoilt():
            return "with JSON that cannot be read"
        method, path = str(request.method), urlsplit(str(request.url)).path
        if reply.status_code == 204 or not (needed := self.dialect.needed(method, path)):
            return ""
        answer = reply.json()
        held = isinstance(answer, dict) and answer.get(needed) is not None
        return "" if held else f"without {needed}, which every such answer has"

    def _refuse(self, request: requests.PreparedRequest, reply: Reply) -> NoReturn:
        problem = self._problem(reply)
        said = redact(
            f"{self.dialect.vendor} answered {reply.status_code} to {_operation(request)}: "
            f"{problem.message.strip() or reply.reason}",
            self._secrets(request),
        )
        after = retry_after(reply, self._network.now())
        at = int(self._network.now() + min(after, LONGEST_REST)) if after is not None else None
        wait = max(after, problem.least) if after is not None else problem.wait
        match self._meaning(reply):
            case Meaning.SIGN_IN:
                raise SignInRefused(f"{said}. The sign-in is no longer accepted: connect again with valid credentials.")
            case Meaning.BUSY:
                raise _Again(RetryLater(f"{said}. Run again later.", at), wait)
            case Meaning.BROKEN:
                self._unanswered(request, f"{said}.", wait)
            case Meaning.QUOTA:
                said += ". The allowance is used up; run again when it is renewed."
                raise QuotaSpent(said, self._rest(at, said))
            case Meaning.AWAY:
                raise RetryLater(f"{said}. Run again later.", self._rest(at, said))
            case Meaning.FORBIDDEN:
                raise Forbidden(said, problem.code)
            case Meaning.REJECTED:
                raise Rejected(said, problem.code)
            case Meaning.CONFLICT:
                raise Conflict(said, problem.ref)
            case Meaning.UNUSABLE:
                raise Unusable(said)

    def _rest(self, at: int | None, said: str) -> int | None:
        """Ask nothing more before the time the vendor named; where none was named the next answer may differ."""
        if at is not None:
            self._breaker.rest(at, said)
        return at or self.budget.renewed_at

    def _secrets(self, request: requests.PreparedRequest) -> Iterator[str]:
        """Name what a careless answer could repeat: the token, and what a form signed in with."""
        if self._token:
            yield self._token.value
        form = parse_qs(request.body) if isinstance(request.body, str) else {}
        yield from (value for name in _SECRET_NAMES for value in form.get(name, ()))

    def _problem(self, reply: Reply) -> Problem:
        if is_page(reply):
            return Problem("PAGE", "a web page came instead of data; check `url`, the network and the proxy")
        return self.dialect.read(reply.status_code, reply.data)

    def _meaning(self, reply: Reply) -> Meaning:
        if reply.ok and is_page(reply):
            return Meaning.BROKEN
        return self.dialect.meaning(reply.status_code, self._problem(reply).code)


class _Bridge(BaseAdapter):
    """Mounted on a client library's session; the library's own timeouts, retries and addresses do not count."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Hand the request to the transport."""
        return self._transport.send(request)

    def close(self) -> None:
        """Close nothing: the pool belongs to the transport."""


class RestLayer:
    """Stands in for the `rest_client` of an ApiClient of the HubSpot SDK: the five calls it makes, raw bytes back.

    `route` turns the path the SDK hard-codes into the one of the chosen API version. Call the SDK with
    ``_preload_content=False``; the result is a `Reply`.
    """

    def __init__(self, transport: Transport, route: Callable[[str], str] = lambda path: path) -> None:
        self._transport = transport
        self._route = route

    def _call(
        self,
        method: str,
        url: str,
        query_params: Sequence[tuple[str, object]] | None = None,
        body: object = None,
        **_: object,
    ) -> Reply:
        """Send what the SDK built; its headers and timeouts do not count."""
        pairs = [(name, _wire(value)) for name, value in query_params or ()]
        return self._transport.request(method, self._route(urlsplit(url).path), params=pairs, json=body)

    GET = partialmethod(_call, "GET")
    POST = partialmethod(_call, "POST")
    PUT = partialmethod(_call, "PUT")
    PATCH = partialmethod(_call, "PATCH")
    DELETE = partialmethod(_call, "DELETE")


def _wire(value: object) -> str:
    """Write a value of the query; booleans as JSON writes them, where the SDK would write ``True``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _addressed(request: requests.PreparedRequest, token: Token) -> requests.PreparedRequest:
    """Point a copy at the token's address, whatever host and scheme the client library wrote, and sign it."""
    copy = request.copy()
    parts = urlsplit(str(request.url))
    copy.url = token.base.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")
    copy.headers["Authorization"] = f"Bearer {token.value}"
    return copy


def _pack(request: requests.PreparedRequest, least: int) -> bool:
    """Compress the body of a request where it has at least so many bytes; tells whether it did."""
    body = request.body.encode() if isinstance(request.body, str) else request.body
    if not isinstance(body, bytes) or len(body) < least:
        return False
    request.body = gzip.compress(body, compresslevel=5, mtime=0)
    request.headers["Content-Encoding"] = "gzip"
    request.headers["Content-Length"] = str(len(request.body))
    return True


def _sendable(token: Token, vendor: str) -> Token:
    """Refuse a token that no header can carry, before a library says so in words that repeat it."""
    if not (token.value.isascii() and token.value.isprintable()):
        raise Unusable(f"The access token of {vendor} holds a character that no token has. Copy it again, on one line.")
    return token


def _operation(request: requests.PreparedRequest) -> str:
    return f"{request.method} {template(urlsplit(str(request.url)).path)}"


def _patience(state: tenacity.RetryCallState) -> float:
    """Wait as long as the vendor asks, at most `LONGEST_WAIT`; else a random part of a growing interval."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Again) and error.wait is not None:
        return min(error.wait, LONGEST_WAIT)
    return tenacity.wait_random_exponential(multiplier=0.5, max=30)(state)
