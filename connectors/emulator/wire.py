"""JSON on the wire, shared by the control interface and the Salesforce org."""

from typing import Any, TypeAlias

import orjson
from starlette.responses import Response

# What a JSON text can hold. `Any` inside, because handlers take it apart by hand and answer for every wrong shape.
Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]


class JsonResponse(Response):
    """A response whose content is encoded with orjson."""

    media_type = "application/json;charset=UTF-8"

    def render(self, content: Json) -> bytes:
        """The encoded body; no body for None, as on 204 and 304."""
        return b"" if content is None else orjson.dumps(content)
