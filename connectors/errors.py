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

    reason = ""
    """Why a run stays incomplete, in a word or two, for its report; empty where the message says all there is."""

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.at = at


class QuotaSpent(RetryLater):
    """An allowance of calls is used up for hours: the vendor's, or the share of it that the settings give us."""

    reason = "quota"


class CircuitOpen(RetryLater):
    """Too many requests failed in a row, or the vendor named a time: nothing is sent to the connection before `at`."""

    reason = "connection paused"


class Rejected(ConnectorError):
    """One row or request is wrong and will stay wrong: validation, unknown option, required field, missing record."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Forbidden(Rejected):
    """One object or feature is not granted to us; everything else of the connection works."""


class Conflict(ConnectorError):
    """The record exists already, was merged or deleted: read and plan again. `ref` is the id the vendor names."""

    def __init__(self, message: str, ref: str | None = None) -> None:
        super().__init__(message)
        self.ref = ref


class Unusable(ConnectorError):
    """Nothing can be done until an operator acts: credentials, scope, unreachable host, retired API."""


class SignInRefused(Unusable):
    """The credentials are dead: nothing but others helps, and asking again may lock the user out."""


class Unreachable(Unusable):
    """No conversation comes about: wrong address, closed port, untrusted certificate. No credentials were shown."""
