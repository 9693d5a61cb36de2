"""Which requests a rule of the control interface is about: by vendor, method, path and the object they speak of.

Faults and delays share it. A rule about an object has to know the body, so the body is read before the rule is tried
and given to the handler again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_plus

from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.types import Message, Receive, Scope

from connectors.emulator.requestlog import CONTROL, vendor_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule may know of a request; `words` is everything it says: path, query and, if needed, body."""

    vendor: str
    method: str
    path: str
    words: str


class Aim(BaseModel):
    """The aim of a rule; whatever is not given fits every request."""

    model_config = ConfigDict(extra="forbid")

    vendor: Literal["salesforce", "hubspot"] | None = Field(None, description="only this vendor's requests")
    method: str | None = Field(None, description="only this HTTP method")
    path: str = Field("", description="a regular expression searched for in the path")
    object: str | None = Field(
        None, description="a name that must stand as a word in path, query or body: `Contact`, `contacts`, `0-1`"
    )

    @field_validator("path")
    @classmethod
    def _readable(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        return path

    def fits(self, asked: Asked) -> bool:
        """Whether the rule is about the request."""
        return (
            self.vendor in (None, asked.vendor)
            and (self.method or asked.method).upper() == asked.method
            and re.search(self.path, asked.path) is not None
            and (self.object is None or _says(asked.words, self.object))
        )


def _says(words: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", words, re.IGNORECASE) is not None


def about(scope: Scope) -> bool:
    """Whether rules are tried at all: on requests that are not to the control interface."""
    return scope["type"] == "http" and not scope["path"].startswith(CONTROL)


async def overhear(scope: Scope, receive: Receive, aims: Iterable[Aim]) -> tuple[Asked, Receive]:
    """What the rules may know of a request, and where its handler reads the body from."""
    words = f"{scope['path']} {unquote_plus(scope['query_string'].decode('latin-1'))}"
    if any(aim.object for aim in aims):
        body, receive = await _read(receive)
        words = f"{words} {body.decode('utf-8', 'replace')}"
    return Asked(vendor_of(scope["path"]), scope["method"], scope["path"], words), receive


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The whole body, and a `receive` that gives all of it again."""
    messages: list[Message] = []
    while not messages or messages[-1].get("more_body"):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return body, again
