"""Several requests in one: composite and graphs of it (with references between them), and batch (independent)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.wire import Json, JsonObject

MOST_SUBREQUESTS, MOST_GRAPHS, MOST_NODES, MOST_FAILED_GRAPHS = 25, 75, 500, 14
_NAME = re.compile(r"[A-Za-z0-9]\w*", re.ASCII)
_QUERY = re.compile(r"/(query|queryAll|composite/sobjects)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"@\{(\w+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_NOT_NESTED = frozenset({"/composite", "/composite/batch", "/composite/graph", "/composite/tree"})
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."
Dispatch = Callable[[Call], Answer]


def composite(call: Call, dispatch: Dispatch) -> Answer:
    """POST composite: subrequests in order; `@{ref.path}` is replaced by what an earlier one answered."""
    body = call.json_object()
    requests = _limited(body.get("compositeRequest"), MOST_SUBREQUESTS)
    most = call.org.settings["composite_queries"]
    if sum(1 for each in requests if _QUERY.search(each["url"])) > most:
        raise SalesforceError("LIMIT_EXCEEDED", f"The limit of {most} queries and sObject Collections is exceeded")
    answers = _in_order(call, requests, dispatch, all_or_none=bool(body.get("allOrNone")))
    return Answer(body=_composed(answers))


def graph(call: Call, dispatch: Dispatch) -> Answer:
    """POST composite/graph: graphs of subrequests, each of which happens as a whole or not at all."""
    graphs = call.json_object().get("graphs")
    if not isinstance(graphs, list) or not all(isinstance(each, dict) and each.get("graphId") for each in graphs):
        raise SalesforceError("INVALID_INPUT", "A graph needs a graphId")
    nodes = [_limited(each.get("compositeRequest"), MOST_NODES) for each in graphs]
    if len(graphs) > MOST_GRAPHS or sum(map(len, nodes)) > MOST_NODES:
        message = f"The limit of {MOST_GRAPHS} graphs or {MOST_NODES} nodes is exceeded"
        raise SalesforceError("LIMIT_EXCEEDED", message)
    results: list[JsonObject] = []
    for each, requests in zip(graphs, nodes, strict=True):
        failed = sum(1 for result in results if not result["isSuccessful"])
        if failed >= MOST_FAILED_GRAPHS:
            answers = {request.get("referenceId", ""): _halted() for request in requests}
        else:
            answers = dict(_in_order(call, requests, dispatch, all_or_none=True))
        good = not any(_failed(answer) for answer in answers.values())
        results.append({"graphId": each["graphId"], "graphResponse": _composed(answers), "isSuccessful": good})
    return Answer(body={"graphs": results})


def _in_order(call: Call, requests: list[JsonObject], dispatch: Dispatch, *, all_or_none: bool) -> Mapping[str, Answer]:
    """The answers by reference; with `all_or_none` one failure takes everything back."""
    _check_names([each.get("referenceId") for each in requests])
    answers: dict[str, Answer] = {}
    with call.org.store.transaction() as take_back:
        for each in requests:
            answers[each["referenceId"]] = _sub(call, each, dispatch, answers)
        if not all_or_none or not any(_failed(each) for each in answers.values()):
            return answers
        take_back()
        return {name: each if _failed(each) else _halted() for name, each in answers.items()}


def _check_names(names: list[Json]) -> None:
    for each in names:
        if not isinstance(each, str) or not each:
            raise SalesforceError("INVALID_INPUT", "A subrequest needs a referenceId")
        if not _NAME.fullmatch(each):
            message = f"Provided referenceId ('{each}') must start with a letter or a number, and it can contain only"
            raise SalesforceError("INVALID_INPUT", f"{message} letters, numbers and underscores ('_').")
    if len(set(names)) < len(names):
        raise SalesforceError("INVALID_INPUT", "The referenceId of a subrequest must be unique")


def _composed(answers: Mapping[str, Answer]) -> JsonObject:
    return {"compositeResponse": [_part(name, each) for name, each in answers.items()]}


def batch(call: Call, dispatch: Dispatch) -> Answer:
    """POST composite/batch: subrequests that know nothing of each other."""
    body = call.json_object()
    results: list[Answer] = []
    for each in _limited(body.get("batchRequests"), MOST_SUBREQUESTS):
        halted = body.get("haltOnError") and any(_failed(answer) for answer in results)
        content = each.get("richInput")
        results.append(
            _halted(412) if halted else _one(call, each["method"], f"/{each['url'].lstrip('/')}", content, dispatch)
        )
    answered = [{"statusCode": each.status, "result": each.body} for each in results]
    return Answer(body={"hasErrors": any(_failed(each) for each in results), "results": answered})


def _limited(requests: Json, most: int) -> list[JsonObject]:
    if not isinstance(requests, list) or not requests:
        raise SalesforceError("INVALID_INPUT", "At least one subrequest is required")
    if len(requests) > most:
        raise SalesforceError("LIMIT_EXCEEDED", f"The limit of {most} subrequests is exceeded")
    for each in requests:
        if not isinstance(each, dict) or not all(isinstance(each.get(key), str) for key in ("method", "url")):
            raise SalesforceError("INVALID_INPUT", "A subrequest needs a method and a url")
    return requests


def _sub(call: Call, request: JsonObject, dispatch: Dispatch, answers: Mapping[str, Answer]) -> Answer:
    try:
        url = _REFERENCE.sub(lambda found: str(_resolve(found, answers)), request["url"])
        content = _filled(request.get("body"), answers)
    except _UnknownReferenceError as error:
        message = f"Invalid reference specified. No value for {error} found in {error.name}"
        return _refused(SalesforceError("PROCESSING_HALTED", message))
    given = request.get("httpHeaders")
    own = {name.lower(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    headers = {name.lower(): value for name, value in call.headers.items()} | own
    return _one(replace(call, headers=headers), request["method"], url, content, dispatch)


def _one(call: Call, method: str, url: str, content: Json, dispatch: Dispatch) -> Answer:
    try:
        parts = urlsplit(url)
    except ValueError:
        return _refused(SalesforceError("INVALID_INPUT", f"The url of a subrequest is not valid: {url}"))
    path = unquote(re.sub(r"^(/services/data)?/v\d\d\.0", "", parts.path)).rstrip("/")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if path.lower() in _NOT_NESTED or path.lower().startswith(("/jobs/", "/composite/tree/")):
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
    try:
        value = answers[found[1]].body
        for step in _STEP.finditer(found[2]):
            value = value[step[1]] if step[1] else value[int(step[2])]
    except (KeyError, IndexError, TypeError) as error:
        raise _UnknownReferenceError(found[1] + found[2], found[1]) from error
    return value


class _UnknownReferenceError(Exception):
    """A reference to what no earlier subrequest answered; `name` is the subrequest it speaks of."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__(path)
        self.name = name


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
