"""Faults between client and emulator: scripted status codes, HTML pages, resets, cuts, hangs and lost answers.

Rules come through `/_emulator/faults` and are tried in order; the first that is due decides. One ASGI middleware
carries them out below the request log and above everything else.
"""

import asyncio
import re
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Literal, TypeAlias

import orjson
from pydantic import Field, PrivateAttr, field_validator
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.emulator.aim import Aim, Asked, about, overhear

Action: TypeAlias = Literal["status", "html", "drop", "reset", "truncate", "cut", "slow", "hang", "commit-then-drop"]
ACTIONS: Mapping[Action, str] = {
    "status": "answers `status`, `headers` and `body` (JSON) without doing what was asked",
    "html": "answers `status` with an HTML page (`body`, or a short one), as a proxy does",
    "drop": "resets the connection before anything is done",
    "reset": "does what was asked, sends half of the answer's body and resets the connection",
    "truncate": "does what was asked, sends half of the answer's body and closes the connection",
    "cut": "does what was asked and answers properly, but the JSON or CSV text ends in its middle",
    "slow": "does what was asked; the answer's body comes at `bytes_per_second`",
    "hang": "waits `seconds`, then goes on as if nothing had been",
    "commit-then-drop": "does what was asked and resets the connection without an answer",
}
_HEADER = re.compile(r"[ -~]+")
_KINDS = {"status": "application/json;charset=UTF-8", "html": "text/html;charset=UTF-8"}
_TICK = 0.05


class Rule(Aim):
    """One fault. Without `nth`, `every`, `times` or `chance` it strikes each request its aim fits."""

    action: Action = Field(description="what happens, see the actions")
    nth: int | None = Field(None, ge=1, description="strikes only the n-th request it is about")
    every: int | None = Field(None, ge=1, description="strikes each n-th")
    times: int | None = Field(None, ge=1, description="strikes the first n")
    chance: float = Field(1.0, ge=0, le=1, description="of those, strikes only this share, by chance")
    seed: int = Field(0, description="where the chance begins, so that a run can be repeated")
    status: int = Field(503, ge=200, le=599, description="the status of `status` and `html`")
    body: Any = Field(
        None, description="the body of `status` and `html`: JSON, or text where `headers` name another content type"
    )
    headers: dict[str, str] = Field(default_factory=dict, description="headers of `status` and `html`")
    seconds: float = Field(1.0, ge=0, le=600, description="how long `hang` waits")
    bytes_per_second: int = Field(1000, ge=1, description="how fast `slow` sends")
    seen: int = Field(0, description="told: requests the rule was about")
    struck: int = Field(0, description="told: requests it struck")
    _dice: Random = PrivateAttr()

    def model_post_init(self, _context: object) -> None:
        """Begin the chance anew."""
        self._dice = Random(self.seed)

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, str]) -> dict[str, str]:
        if not all(_HEADER.fullmatch(text) for pair in headers.items() for text in pair):
            raise ValueError("headers hold printable ASCII only")
        return headers

    def due(self, asked: Asked) -> bool:
        """Count a request that the rule is about, and say whether the rule strikes it."""
        if not self.fits(asked):
            return False
        self.seen += 1
        strikes = self._counted() and self._dice.random() < self.chance
        self.struck += strikes
        return strikes

    def _counted(self) -> bool:
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
        rule = None
        if self._rules and about(scope):
            asked, receive = await overhear(scope, receive, self._rules)
            rule = next((each for each in self._rules if each.due(asked)), None)
        if rule is None:
            await self._app(scope, receive, send)
            return
        scope["fault"] = rule.action
        await self._strike(rule, scope, receive, send)

    async def _strike(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        match rule.action:
            case "status" | "html":
                await _answer(rule, receive, send)
            case "hang":
                await asyncio.sleep(rule.seconds)
                await self._app(scope, receive, send)
            case "drop":
                _reset(scope)
            case "reset" | "truncate" | "cut" | "slow" | "commit-then-drop":
                await _SPOILERS[rule.action](rule, await self._run(scope, receive), scope, send)

    async def _run(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """The whole answer of the handler, kept back: its start and its body, in plain text."""
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        answer: list[Message] = []

        async def keep(message: Message) -> None:
            answer.append(message)

        # The layers above read from the scope which route was taken, so it is changed and not copied.
        scope["headers"] = plain
        await self._app(scope, receive, keep)
        return answer[0], b"".join(message.get("body", b"") for message in answer)


async def _answer(rule: Rule, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    headers = {"content-type": _KINDS[rule.action]} | {name.lower(): value for name, value in rule.headers.items()}
    body = _body(rule, headers["content-type"])
    sized = {**headers, "content-length": str(len(body))}
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in sized.items()]
    await send({"type": "http.response.start", "status": rule.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _body(rule: Rule, kind: str) -> bytes:
    """JSON, or text as it is where the content type is another."""
    if rule.action == "html":
        return str(rule.body or f"<html><body><h1>Error {rule.status}</h1></body></html>").encode()
    if rule.body is None:
        return b""
    return str(rule.body).encode() if "json" not in kind else orjson.dumps(rule.body)


async def _break(rule: Rule, answer: tuple[Message, bytes], scope: Scope, send: Send) -> None:
    start, body = answer
    await send(_sized(start, len(body) or 1))
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    if rule.action == "truncate":
        _transport(scope).close()
    else:
        _reset(scope)


async def _cut(_rule: Rule, answer: tuple[Message, bytes], _scope: Scope, send: Send) -> None:
    start, body = answer
    half = body[: len(body) // 2]
    await send(_sized(start, len(half)) if body else start)
    await send({"type": "http.response.body", "body": half})


async def _drip(rule: Rule, answer: tuple[Message, bytes], _scope: Scope, send: Send) -> None:
    start, body = answer
    await send(start)
    size = max(1, int(rule.bytes_per_second * _TICK))
    for place in range(0, len(body), size):
        piece = body[place : place + size]
        await asyncio.sleep(len(piece) / rule.bytes_per_second)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _forget(_rule: Rule, _answer: tuple[Message, bytes], scope: Scope, _send: Send) -> None:
    _reset(scope)


_Spoiler: TypeAlias = Callable[[Rule, tuple[Message, bytes], Scope, Send], Awaitable[None]]
_SPOILERS: Mapping[Action, _Spoiler] = {
    "reset": _break,
    "truncate": _break,
    "cut": _cut,
    "slow": _drip,
    "commit-then-drop": _forget,
}


def _transport(scope: Scope) -> asyncio.Transport:
    transport: asyncio.Transport = scope["extensions"]["transport"]["transport"]
    return transport


def _reset(scope: Scope) -> None:
    linger = struct.pack("ii", 1, 0)
    transport = _transport(scope)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def _sized(start: Message, length: int) -> Message:
    kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    return {**start, "headers": [*kept, (b"content-length", str(length).encode())]}
