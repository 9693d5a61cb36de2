"""The org's HTTP surface: login, tokens, and the one endpoint behind which all REST resources lie."""

import sys
import traceback
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from connectors.emulator.salesforce import auth, dispatch, identity, limits, rest, soap
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError, unreadable
from connectors.emulator.salesforce.org import Org
from connectors.emulator.wire import JsonObject, JsonResponse

MOST_BYTES = 16_384
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE"]
_BODIES = frozenset({"application/json", "text/csv"})
_MOST_UNPACKED = 100_000_000
Endpoint = Callable[[Request], Awaitable[Response]]
OAuth = Callable[[Org, Mapping[str, str], Mapping[str, str], str], JsonObject]
Telling = Callable[[Org, JsonObject, str, str], JsonObject]


def routes(org: Org) -> list[BaseRoute]:
    """Everything the org answers, for the server to mount."""
    return [
        Route("/services/oauth2/token", partial(_oauth, org, auth.token), methods=_METHODS),
        Route("/services/oauth2/introspect", partial(_oauth, org, auth.introspect), methods=_METHODS),
        Route("/services/oauth2/revoke", partial(_revoke, org), methods=["GET", "POST"]),
        Route("/services/oauth2/userinfo", partial(_identity, org, identity.userinfo), methods=["GET", "POST"]),
        Route("/id/{org_id}/{user_id}", partial(_identity, org, identity.identity), methods=["GET", "POST"]),
        Route("/services/Soap/{api}/{version}", partial(_soap, org), methods=["POST"]),
        Route("/services/Soap/{api}/{version}/{org_id}", partial(_soap, org), methods=["POST"]),
        Route("/services/data", _versions, methods=_METHODS),
        Route("/services/data/v{version}", partial(_data, org), methods=_METHODS),
        Route("/services/data/v{version}/{path:path}", partial(_data, org), methods=_METHODS),
    ]


async def _oauth(org: Org, endpoint: OAuth, request: Request) -> Response:
    """A resource of OAuth that takes a form by POST."""
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))
    if request.method != "POST":
        return JsonResponse(auth.OAuthError("invalid_request", "must use HTTP POST").body(), 400)
    try:
        return JsonResponse(endpoint(org, form, request.headers, _origin(request)))
    except auth.OAuthError as refusal:
        return JsonResponse(refusal.body(), refusal.status)


async def _revoke(org: Org, request: Request) -> Response:
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    ended = auth.revoke(org, form.get("token") or request.query_params.get("token", ""))
    refusal = auth.OAuthError("unsupported_token_type", "this token type is not supported")
    return Response(status_code=200) if ended else JsonResponse(refusal.body(), 400)


async def _identity(org: Org, told: Telling, request: Request) -> Response:
    names = request.path_params
    try:
        user = auth.bearer(org, request.headers, request.query_params)
        owner = identity.owner(org, user, names.get("org_id", org.org_id), names.get("user_id", user))
    except auth.TokenError as refusal:
        return Response(refusal.word, refusal.status, media_type="text/html")
    return JsonResponse(told(org, owner, _origin(request), request.query_params.get("version", "")))


async def _soap(org: Org, request: Request) -> Response:
    envelope = (await request.body()).decode("utf-8", "replace")
    names = request.path_params
    status, xml = soap.answer(org, names["api"], names["version"], envelope, _origin(request))
    return Response(xml, status, media_type="text/xml")


async def _versions(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        message = f"HTTP Method '{request.method}' not allowed. Allowed are GET,HEAD"
        return JsonResponse(SalesforceError("METHOD_NOT_ALLOWED", message).body(), 405)
    return JsonResponse(rest.versions())


async def _data(org: Org, request: Request) -> Response:
    """Any REST resource; a fault of ours is answered like one of theirs, its traceback stays here."""
    if (refused := _too_long(request)) is not None:
        return refused
    content = await request.body()
    work = org.workshop.begin()
    try:
        answer = _answer(org, request, content)
    except SalesforceError as error:
        answer = Answer(error.status, error.body(), limits.usage(org))
    except Exception:  # noqa: BLE001 - the vendor's 500 must stand in for every mistake of ours
        traceback.print_exc(file=sys.stderr)
        message = "An unexpected error occurred. Please include this ErrorId if you contact support: 1-1 (1)"
        answer = Answer(500, SalesforceError("UNKNOWN_EXCEPTION", message, 500).body())
    await org.workshop.finish(work)
    if answer.status == 401 and org.settings["dead_session"] != "INVALID_SESSION_ID":
        return PlainTextResponse(org.settings["dead_session"], 401)
    return _response(answer, pretty=request.headers.get("x-prettyprint") in ("1", "true"))


def _answer(org: Org, request: Request, content: bytes) -> Answer:
    version = request.path_params["version"]
    dispatch.served(version)
    user = auth.authenticate(org, request.headers)
    if not org.settings["api_enabled"]:
        raise SalesforceError("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", 403)
    path = f"/{request.path_params['path']}" if "path" in request.path_params else ""
    query, headers = dict(request.query_params), request.headers
    content = _unpacked(request, content)
    call = Call(org, user, version, _method(request), path, query, headers, content, origin=_origin(request))
    found = rest.TABLE.find(path)
    request.scope["template"] = f"/services/data/v*{found.resource.template}"
    _readable(request, content, found.resource.accepts)
    org.count_call()
    answer = rest.route(call)
    return replace(answer, headers={**answer.headers, **limits.usage(org)})


def _method(request: Request) -> str:
    """The method meant: clients that cannot send PATCH name it in the query of a POST."""
    named = request.query_params.get("_HttpMethod", "").upper()
    return named if request.method == "POST" and named in _METHODS else request.method


def _unpacked(request: Request, content: bytes) -> bytes:
    """The body without its compression."""
    if request.headers.get("content-encoding", "").strip().lower() != "gzip":
        return content
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(content, _MOST_UNPACKED)
    except zlib.error as error:
        raise unreadable("The HTTP entity body is not compressed with gzip at [line:1, column:1]") from error


def _readable(request: Request, content: bytes, accepted: Collection[str]) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content and kind not in accepted:
        message = f"Content type {kind} is not supported."
        raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", message, 415)


def _response(answer: Answer, *, pretty: bool) -> Response:
    headers = dict(answer.headers)
    if answer.stream is not None:
        return StreamingResponse(_pieces(answer.stream), answer.status, headers)
    if answer.body is None:
        return Response(None, answer.status, headers)
    body = orjson.dumps(answer.body, option=orjson.OPT_INDENT_2 if pretty else 0)
    return Response(body, answer.status, headers, media_type=JsonResponse.media_type)


async def _pieces(stream: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, made on the event loop like everything else that reads the records."""
    for each in stream:
        yield each


def _too_long(request: Request) -> Response | None:
    """What the web server in front refuses before the org sees it."""
    target = len(request.scope["raw_path"]) + len(request.scope["query_string"]) + 1
    headers = sum(len(name) + len(value) + 4 for name, value in request.scope["headers"])
    if target > MOST_BYTES:
        return _bad_message(414, "URI Too Long")
    if target + headers > MOST_BYTES:
        return _bad_message(431, "Request Header Fields Too Large")
    return None


def _bad_message(status: int, reason: str) -> Response:
    return HTMLResponse(f"<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>", status)


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '127.0.0.1')}"
