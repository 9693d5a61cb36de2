"""Errors of a connector, named by what the caller must do.

Each vendor package holds one table ``(status, code) -> type`` that chooses among these; nobody else looks at vendor
codes.
"""


class ConnectorError(Exception):
    """Base of everything a connector raises on purpose; the text is fit to be shown to a person."""


class RetryLater(ConnectorError):
    """The vendor asks for patience (quota, maintenance, overload) and the transport's own retries are used up.

    `at` is the epoch second from which another run may succeed, where the vendor says so.
    """

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.at = at


class Rejected(ConnectorError):
    """One row or request is wrong and will stay wrong: validation, unknown option, required field, missing record."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Conflict(ConnectorError):
    """The record exists already, was merged or deleted: read and plan again. `ref` is the id the vendor names."""

    def __init__(self, message: str, ref: str | None = None) -> None:
        super().__init__(message)
        self.ref = ref


class Unusable(ConnectorError):
    """Nothing can be done until an operator acts: credentials, scope, unreachable host, retired API."""


class Unreachable(Unusable):
    """No conversation comes about: wrong address, closed port, untrusted certificate. No credentials were shown."""
