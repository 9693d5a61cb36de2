"""The errors of the org: one exception that carries what Salesforce would answer, and its two wire shapes.

Raised anywhere below the dispatcher. A whole request that fails is a list with `errorCode`; one record of a collection
that fails is an item with `statusCode`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.emulator.wire import JsonObject


@dataclass(slots=True)
class SalesforceError(Exception):
    """A refusal: HTTP status, error code and text; `fields` is None where Salesforce leaves the key away."""

    code: str
    message: str
    status: int = 400
    fields: Sequence[str] | None = None

    def body(self) -> list[JsonObject]:
        """The answer to a whole request."""
        fields = {} if self.fields is None else {"fields": list(self.fields)}
        return [{"message": self.message, "errorCode": self.code, **fields}]

    def item(self) -> JsonObject:
        """The error of one record within a collection."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


def not_found(message: str = "The requested resource does not exist") -> SalesforceError:
    """The resource, object or record does not exist (or may not be seen)."""
    return SalesforceError("NOT_FOUND", message, 404)


def session_invalid() -> SalesforceError:
    """The access token is unknown, expired or revoked."""
    return SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", 401)


def deleted(fields: Sequence[str] | None = None, status: int = 404) -> SalesforceError:
    """The record is in the recycle bin."""
    return SalesforceError("ENTITY_IS_DELETED", "entity is deleted", status, fields)


def rejected(code: str, message: str, *fields: str) -> SalesforceError:
    """A record that breaks a rule of its object; `fields` are the fields to blame."""
    return SalesforceError(code, message, 400, fields)


def unreadable(message: str) -> SalesforceError:
    """The body is not what the resource expects."""
    return SalesforceError("JSON_PARSER_ERROR", message, 400)
