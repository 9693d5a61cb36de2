"""What comes back over the network, read once: an answer, or the reason there is none."""

import email.utils
import math
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import orjson
import requests
import urllib3.exceptions

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

        That costs a hundredth of parsing a page of records, and finds what was cut off. A brace in somebody's name may
        make a whole answer look cut, so whoever gets False parses it. What is damaged without a brace being lost is
        found by who reads it, and not asked for again: the run stops and the next one reads it.
        """
        body = self.data.rstrip()
        closed = body.endswith(b"}") and body.count(b"{") == body.count(b"}")
        return closed and re.search(rb'"%s"\s*:\s*\[' % needed.encode(), body) is not None

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
    return redact(re.sub(r"^\[Errno -?\d+\] ", "", said) or type(error).__name__)


def origin(request: requests.PreparedRequest) -> str:
    """Name scheme and host of a request, for a message."""
    parts = urlsplit(str(request.url))
    return f"{parts.scheme}://{parts.netloc}"
