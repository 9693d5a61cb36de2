"""Imports over HTTP: a multipart request with a JSON description and the files it names."""

from email import policy
from email.parser import BytesParser

import orjson

from connectors.emulator.hubspot.refusals import RefusedError, invalid

from .endpoint import Answer, Call, Endpoint, every

SCOPES = ("crm.import",)
PAGE, PAGE_MOST = 10, 100


def _parts(call: Call) -> tuple[object, dict[str, bytes]]:
    """Take the body apart: the description and the files by name. Raises RefusedError: 415, 400."""
    media = call.request.headers.get("content-type", "")
    if "multipart/form-data" not in media:
        raise RefusedError(415, "VALIDATION_ERROR", "Unsupported Media Type: a multipart body is expected.")
    head = f"Content-Type: {media}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1", "replace")
    request: object = None
    files: dict[str, bytes] = {}
    for part in BytesParser(policy=policy.HTTP).parsebytes(head + call.raw).iter_parts():
        content = part.get_payload(decode=True)
        data = content if isinstance(content, bytes) else b""
        name = part.get_param("name", header="content-disposition")
        if name == "importRequest":
            request = _json(data)
        elif filename := part.get_filename():
            files[filename] = data
    return request, files


def _json(data: bytes) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise invalid(f"importRequest is not JSON: {error.msg}") from None


def _create(call: Call) -> Answer:
    request, files = _parts(call)
    if not isinstance(request, dict):
        raise invalid("The request needs a part importRequest with a JSON object.")
    made = call.portal.imports.start(request, files)
    return Answer(200, call.portal.imports.render(made))


def _list(call: Call) -> Answer:
    limit, after = call.limit(PAGE, PAGE_MOST), call.number("after", 0)
    found = [each for key, each in sorted(call.portal.imports.all.items()) if key >= after]
    following = found[limit].id if len(found) > limit else None
    return Answer(200, {"results": [call.portal.imports.render(e) for e in found[:limit]], **call.page(following)})


def _get(call: Call) -> Answer:
    return Answer(200, call.portal.imports.render(call.portal.imports.read(call.path["id"])))


def _cancel(call: Call) -> Answer:
    found = call.portal.imports.read(call.path["id"])
    if call.portal.imports.state(found) == "PROCESSING":
        found.canceled = True
    now = call.portal.imports.render(found)["updatedAt"]
    return Answer(200, {"status": "COMPLETE", "startedAt": now, "completedAt": now})


def _errors(call: Call) -> Answer:
    limit, after = call.limit(PAGE, PAGE_MOST), call.number("after", 0)
    found = call.portal.imports.read(call.path["id"]).errors
    following = after + limit if after + limit < len(found) else None
    return Answer(200, {"results": found[after : after + limit], **call.page(following)})


ENDPOINTS = (
    Endpoint("POST", every("/crm/v3/imports"), _create, SCOPES),
    Endpoint("GET", every("/crm/v3/imports"), _list, SCOPES),
    Endpoint("GET", every("/crm/v3/imports/{id}"), _get, SCOPES),
    Endpoint("POST", every("/crm/v3/imports/{id}/cancel"), _cancel, SCOPES),
    Endpoint("GET", every("/crm/v3/imports/{id}/errors"), _errors, SCOPES),
)
