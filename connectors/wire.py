"""The way over the network and what comes back on it, read once: an answer, or the reason there is none."""

import email.utils
import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from connectors.dialect import redact
from connectors.errors import Rejected, RetryLater, Unusable

_SECONDS = re.compile(r"-?\d+(?:\.\d+)?")

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a character of two halves
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"  # one half: somebody cut a text in the middle of a character
    rb"|\\."
)


def _paired(found: re.Match[bytes]) -> bytes:
    """Put the character for what cannot be read in the place of half a character; JSON may hold one, no text does."""
    return rb"\ufffd" if found[1] else found[0]


class Reply(requests.Response):
    """An answer with its bytes read; `json` parses with orjson, once, whatever hooks a client library passes."""

    _parsed: object = None
    _read: bool = False
    _whole: bytes | None = None

    def take(self) -> None:
        """Read the body, in one piece; raises an error of urllib3 when it does not come to its end."""
        self.__dict__.update(_content=self.raw.read(decode_content=True), _content_consumed=True)

    @property
    def data(self) -> bytes:
        """The raw body, under the name the HubSpot client uses; of JSON every text is one that UTF-8 can write."""
        if self._whole is None:
            self._whole = self.content or b""
            if self._says_json() and _SURROGATE.search(self._whole):
                self._whole = _ESCAPE.sub(_paired, self._whole)
        return self._whole

    @property
    def status(self) -> int:
        """The status code, under the name the HubSpot client uses."""
        return self.status_code

    def json(self, **_: object) -> object:
        """Parse the body; an empty one is None. Raises RetryLater when it is not JSON: it was spoilt on the way."""
        if not self._read:
            try:
                self._parsed = orjson.loads(self.data) if self.data else None
            except orjson.JSONDecodeError as error:
                raise RetryLater(f"The answer of {urlsplit(self.url).path} is not JSON: {error}.") from error
            self._read = True
        return self._parsed

    def complete(self, needed: str) -> bool:
        """Tell, without parsing it, whether this looks like JSON to its end and holds the list `needed`.

        That finds what was cut off, or is no such answer. What is damaged inside is found by who reads it, and asks
        again.
        """
        found = re.search(rb'"%s"\s*:\s*\[' % needed.encode(), self.data)
        return found is not None and self.data[-9:].rstrip().endswith(b"}")

    def spoilt(self) -> bool:
        """Tell whether it says that it is JSON and is not: an answer that was cut off in the middle, for one."""
        if not self._says_json():
            return False
        try:
            self.json()
        except RetryLater:
            return True
        return False

    def _says_json(self) -> bool:
        return "json" in str(self.headers.get("Content-Type", "")).lower()

    def server_time(self) -> int:
        """Read the server's clock from the Date header, in epoch seconds; raises Unusable where there is none."""
        try:
            moment = email.utils.parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError as error:
            raise Unusable(f"The answer of {urlsplit(self.url).path} tells no date; check the proxy.") from error
        return int(moment.timestamp())


_UNASKED = Reply()
_UNASKED.encoding = "utf-8"
"""What a reply says before it came; both vendors write UTF-8. Nobody reads cookies, so all replies share none."""


class Way(HTTPAdapter):
    """A pool of connections for one transport, to which a server's certificates and proxy never change.

    They are looked up once a server, and an answer becomes a `Reply` at once: to do so for each request, and to look
    for cookies, was a tenth of a pull's CPU.
    """

    def __init__(self) -> None:
        super().__init__(pool_maxsize=32, pool_block=True)
        self._pools: dict[str, Any] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """Find the connections to a server."""
        server = origin(request)
        if server not in self._pools:
            adapter: Any = super()  # whose types know less than it does
            found = adapter.get_connection_with_tls_context(request, verify, proxies, cert)
            adapter.cert_verify(found, request.url, verify, cert)
            self._pools[server] = found
        return self._pools[server]

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: the pool knows its certificates since it was found."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Tell what to ask a server for; a proxy may have to be told the whole address."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> Reply:
        """Make a reply of what came back; its body is still to be read."""
        reply = Reply.__new__(Reply)
        told = {"status_code": resp.status, "reason": resp.reason, "headers": resp.headers, "url": req.url}
        reply.__dict__.update(_UNASKED.__dict__, **told, raw=resp, request=req, connection=self, history=[])
        return reply

    def close(self) -> None:
        """Close the connections; who asks again opens new ones."""
        super().close()
        self._pools.clear()


def encode(value: object) -> bytes:
    """Write a body as JSON. Raises Rejected for NaN and infinities: orjson would write null, which clears a field."""
    written = orjson.dumps(value)
    for number in _fractions(value) if b"null" in written else ():
        if not math.isfinite(number):
            raise Rejected(f"A value to be sent is {number}, which is not a number that JSON knows. Nothing was sent.")
    return written


def _fractions(value: object) -> Iterator[float]:
    match value:
        case float():
            yield value
        case dict():
            for held in value.values():
                yield from _fractions(held)
        case list() | tuple():
            for held in value:
                yield from _fractions(held)


def retry_after(reply: requests.Response, now: float) -> float | None:
    """Read the Retry-After header, seconds or a date, as seconds from `now`; None where it is missing or garbled."""
    text = reply.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return max(0.0, float(text))
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except ValueError:
        return None


def is_page(reply: requests.Response) -> bool:
    """Tell whether a web page came instead of data (a proxy, a login form, a maintenance notice)."""
    return str(reply.headers.get("Content-Type", "")).lower().startswith("text/html")


def never_sent(error: Exception) -> bool:
    """Tell whether the request certainly did not leave: no connection came about."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return isinstance(_root(error), urllib3.exceptions.NewConnectionError)


def _root(error: Exception) -> object:
    inner = error.args[0] if error.args else error
    return inner.reason if isinstance(inner, urllib3.exceptions.MaxRetryError) else inner


def reason(error: Exception) -> str:
    """Say the cause in a few words, without the address and without anything that was sent."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    said = str(_root(error)).rpartition(": ")[2].strip("()'\" ")
    return redact(re.sub(r"^.*\[Errno -?\d+\] ", "", said) or type(error).__name__)


def origin(request: requests.PreparedRequest) -> str:
    """Name scheme and host of a request, for a message."""
    parts = urlsplit(str(request.url))
    return f"{parts.scheme}://{parts.netloc}"
