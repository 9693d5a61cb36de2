"""Faults between client and emulator: scripted status codes, HTML pages, resets, cuts, hangs and lost answers.

Rules come through `/_emulator/faults` and are tried in order; the first that is due decides. One ASGI middleware
carries them out below the request log and above everything else.
"""

import asyncio
import re
import socket
import struct
from typing import Any, Literal, TypeAlias

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.emulator.requestlog import CONTROL, vendor_of

Action: TypeAlias = Literal["status", "reset", "hang", "truncate", "html", "commit-then-drop"]

_HEADER = re.compile(r"[ -~]+")


class Rule(BaseModel):
    """One fault. Without nth, every or times it strikes each request it matches.

    `times`: the first n; `nth`: only that one; `every`: each n-th. `reset` runs the handler, sends half of its answer
    and resets the connection; `truncate` closes it there; `commit-then-drop` runs the handler and sends nothing;
    `hang` waits `seconds` and then goes on as if nothing had been.
    """

    model_config = ConfigDict(extra="forbid")

    action: Action
    vendor: Literal["salesforce", "hubspot"] | None = None
    method: str | None = None
    path: str = ""
    nth: int | None = Field(None, ge=1)
    every: int | None = Field(None, ge=1)
    times: int | None = Field(None, ge=1)
    status: int = Field(503, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    seconds: float = Field(1.0, ge=0, le=600)
    seen: int = 0
    struck: int = 0

    @field_validator("path")
    @classmethod
    def _readable(cls, path: str) -> str:
        try:
            re.compile(path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        return path

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, str]) -> dict[str, str]:
        if not all(_HEADER.fullmatch(text) for pair in headers.items() for text in pair):
            raise ValueError("headers hold printable ASCII only")
        return headers

    def due(self, scope: Scope) -> bool:
        """Count a request that the rule is about, and say whether the rule strikes it."""
        if not self._matches(scope):
            return False
        self.seen += 1
        strikes = self._strikes()
        self.struck += strikes
        return strikes

    def _matches(self, scope: Scope) -> bool:
        return (
            self.vendor in (None, vendor_of(scope["path"]))
            and (self.method or scope["method"]).upper() == scope["method"]
            and re.search(self.path, scope["path"]) is not None
        )

    def _strikes(self) -> bool:
        if self.nth is not None:
            return self.seen == self.nth
        if self.every is not None:
            return self.seen % self.every == 0
        return self.times is None or self.seen <= self.times


class Faulty:
    """ASGI middleware that carries the rules out. The list is shared with the control interface."""

    def __init__(self, app: ASGIApp, rules: list[Rule]) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or do to it what a due rule says."""
        rule = self._due(scope) if scope["type"] == "http" else None
        if rule is None:
            await self._app(scope, receive, send)
            return
        scope["fault"] = rule.action
        match rule.action:
            case "status" | "html":
                await _answer(rule, receive, send)
            case "hang":
                await asyncio.sleep(rule.seconds)
                await self._app(scope, receive, send)
            case "reset" | "truncate" | "commit-then-drop":
                answer = await self._run(scope, receive)
                await _break(rule.action, answer, scope, send)

    def _due(self, scope: Scope) -> Rule | None:
        if scope["path"].startswith(CONTROL):
            return None
        return next((rule for rule in self._rules if rule.due(scope)), None)

    async def _run(self, scope: Scope, receive: Receive) -> list[Message]:
        """The whole answer of the handler, kept back."""
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        await self._app(scope, receive, keep)
        return answer


async def _answer(rule: Rule, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    html = rule.action == "html"
    if html:
        body = str(rule.body or f"<html><body><h1>Error {rule.status}</h1></body></html>").encode()
    else:
        body = b"" if rule.body is None else orjson.dumps(rule.body)
    kind = "text/html;charset=UTF-8" if html else "application/json;charset=UTF-8"
    headers = {"content-type": kind, "content-length": str(len(body)), **rule.headers}
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": rule.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def _break(action: Action, answer: list[Message], scope: Scope, send: Send) -> None:
    transport: asyncio.Transport = scope["extensions"]["transport"]["transport"]
    if action != "commit-then-drop":
        body = b"".join(message.get("body", b"") for message in answer)
        await send(_sized(answer[0], len(body) or 1))
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    if action == "truncate":
        transport.close()
        return
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def _sized(start: Message, length: int) -> Message:
    kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    return {**start, "headers": [*kept, (b"content-length", str(length).encode())]}
