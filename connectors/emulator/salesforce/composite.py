"""Several requests in one: composite (with references between them) and composite/batch (independent)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.wire import Json, JsonObject

MOST_SUBREQUESTS = 25
_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_NOT_NESTED = frozenset({"/composite", "/composite/batch"})
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."
Dispatch = Callable[[Call], Answer]


def composite(call: Call, dispatch: Dispatch) -> Answer:
    """POST composite: subrequests in order; `@{ref.path}` is replaced by what an earlier one answered."""
    body = call.json_object()
    requests = _limited(body.get("compositeRequest"))
    names = [each.get("referenceId") for each in requests]
    if not all(isinstance(each, str) and each for each in names):
        raise SalesforceError("INVALID_INPUT", "A subrequest needs a referenceId")
    if len(set(names)) < len(names):
        raise SalesforceError("INVALID_INPUT", "The referenceId of a subrequest must be unique")
    answers: dict[str, Answer] = {}
    with call.org.store.transaction() as take_back:
        for each in requests:
            answers[each["referenceId"]] = _sub(call, each, dispatch, answers)
        if body.get("allOrNone") and any(_failed(each) for each in answers.values()):
            take_back()
            answers = {name: each if _failed(each) else _halted() for name, each in answers.items()}
    return Answer(body={"compositeResponse": [_part(name, each) for name, each in answers.items()]})


def batch(call: Call, dispatch: Dispatch) -> Answer:
    """POST composite/batch: subrequests that know nothing of each other."""
    body = call.json_object()
    results: list[Answer] = []
    for each in _limited(body.get("batchRequests")):
        halted = body.get("haltOnError") and any(_failed(answer) for answer in results)
        content = each.get("richInput")
        results.append(
            _halted(412) if halted else _one(call, each["method"], f"/{each['url'].lstrip('/')}", content, dispatch)
        )
    answered = [{"statusCode": each.status, "result": each.body} for each in results]
    return Answer(body={"hasErrors": any(_failed(each) for each in results), "results": answered})


def _limited(requests: Json) -> list[JsonObject]:
    if not isinstance(requests, list) or not requests:
        raise SalesforceError("INVALID_INPUT", "At least one subrequest is required")
    if len(requests) > MOST_SUBREQUESTS:
        raise SalesforceError("LIMIT_EXCEEDED", f"The limit of {MOST_SUBREQUESTS} subrequests is exceeded")
    for each in requests:
        if not isinstance(each, dict) or not all(isinstance(each.get(key), str) for key in ("method", "url")):
            raise SalesforceError("INVALID_INPUT", "A subrequest needs a method and a url")
    return requests


def _sub(call: Call, request: JsonObject, dispatch: Dispatch, answers: Mapping[str, Answer]) -> Answer:
    try:
        url = _REFERENCE.sub(lambda found: str(_resolve(found, answers)), request["url"])
        content = _filled(request.get("body"), answers)
    except (KeyError, IndexError, TypeError) as error:
        message = f"Invalid reference specified. {error} is no known reference"
        return _refused(SalesforceError("PROCESSING_HALTED", message))
    return _one(call, request["method"], url, content, dispatch)


def _one(call: Call, method: str, url: str, content: Json, dispatch: Dispatch) -> Answer:
    try:
        parts = urlsplit(url)
    except ValueError:
        return _refused(SalesforceError("INVALID_INPUT", f"The url of a subrequest is not valid: {url}"))
    path = unquote(re.sub(r"^(/services/data)?/v\d\d\.0", "", parts.path)).rstrip("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if path.lower() in _NOT_NESTED:
        return _refused(SalesforceError("INVALID_INPUT", f"The resource {path} cannot be part of a composite request"))
    sub = replace(call, method=method.upper(), path=path, query=query, content=orjson.dumps(content), names={})
    try:
        return _read(dispatch(sub))
    except SalesforceError as error:
        return _refused(error)


def _read(answer: Answer) -> Answer:
    """An answer whose records can be referred to: read again where they are a ready text."""
    ready = isinstance(answer.body, dict) and isinstance(answer.body.get("records"), orjson.Fragment)
    return replace(answer, body=orjson.loads(orjson.dumps(answer.body))) if ready else answer


def _filled(value: Json, answers: Mapping[str, Answer]) -> Json:
    match value:
        case dict():
            return {name: _filled(each, answers) for name, each in value.items()}
        case list():
            return [_filled(each, answers) for each in value]
        case str():
            whole = _REFERENCE.fullmatch(value)
            if whole:
                return _resolve(whole, answers)
            return _REFERENCE.sub(lambda found: str(_resolve(found, answers)), value)
        case _:
            return value


def _resolve(found: re.Match[str], answers: Mapping[str, Answer]) -> Json:
    value = answers[found[1]].body
    for step in _STEP.finditer(found[2]):
        value = value[step[1]] if step[1] else value[int(step[2])]
    return value


def _failed(answer: Answer) -> bool:
    return answer.status >= 400


def _refused(error: SalesforceError) -> Answer:
    return Answer(error.status, error.body())


def _halted(status: int = 400) -> Answer:
    return Answer(status, SalesforceError("PROCESSING_HALTED", _HALTED).body())


def _part(reference: str, answer: Answer) -> JsonObject:
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": reference,
    }
