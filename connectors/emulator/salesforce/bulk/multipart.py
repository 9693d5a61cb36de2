"""The multipart body that makes an ingest job and brings its data along."""

import re
from collections.abc import Mapping

import orjson

from connectors.emulator.salesforce.errors import unreadable
from connectors.emulator.wire import JsonObject

_KIND = re.compile(r"multipart/form-data\s*;.*boundary=(\"?)([^\";]+)\1", re.IGNORECASE)
_NAME = re.compile(rb"name=\"?(\w+)", re.IGNORECASE)
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")


def is_multipart(content_type: str) -> bool:
    """Whether a body of this type has parts."""
    return content_type.lower().startswith("multipart/form-data")


def parts(content: bytes, content_type: str) -> dict[str, bytes]:
    """The parts by their names.

    Raises:
        SalesforceError: JSON_PARSER_ERROR without a boundary.
    """
    kind = _KIND.match(content_type)
    if kind is None:
        raise unreadable("The multipart request has no boundary at [line:1, column:1]")
    found: dict[str, bytes] = {}
    for piece in content.split(b"--" + kind[2].encode())[1:]:
        head, *body = _EMPTY_LINE.split(piece, maxsplit=1)
        if body and (name := _NAME.search(head)) is not None:
            # The line break before the next boundary belongs to the boundary.
            found[name[1].decode()] = body[0].removesuffix(b"\n").removesuffix(b"\r")
    return found


def described(given: Mapping[str, bytes]) -> JsonObject:
    """The part that describes the job.

    Raises:
        SalesforceError: JSON_PARSER_ERROR.
    """
    try:
        body = orjson.loads(given.get("job", b""))
    except orjson.JSONDecodeError as error:
        raise unreadable(f"{error.msg} at [line:{error.lineno}, column:{error.colno}]") from error
    if not isinstance(body, dict):
        raise unreadable("The part named job must be a JSON object at [line:1, column:1]")
    return body
