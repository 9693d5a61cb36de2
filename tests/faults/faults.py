"""Every way in which a request may go wrong, as rules of the emulator's fault script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Bodies = Mapping[str, Any]
"""By vendor; a fault that has no body for a vendor does not happen there."""

BOTH = ("salesforce", "hubspot")


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble. `timeout` is how long the client waits for an answer (None: as long as usual).

    `final` says that no run may get around it: an operator has to act, and the error says so. `only` names the methods
    it makes sense for.
    """

    name: str
    rule: Json
    bodies: Bodies = field(default_factory=dict)
    vendors: tuple[str, ...] = BOTH
    timeout: float | None = None
    final: bool = False
    only: str = "GET POST PUT PATCH"

    def fits(self, vendor: str, method: str, path: str) -> bool:
        """Tell whether it may strike such a request."""
        batch = self.rule.get("status") != 207 or "/batch/" in path
        return vendor in self.vendors and method in self.only.split() and batch

    def at(self, vendor: str, aim: Json, **which: int) -> Json:
        """Aim it: `which` are nth, every or times of the fault script."""
        body = {"body": self.bodies[vendor]} if vendor in self.bodies else {}
        return {**self.rule, **body, **aim, **which}


def _status(name: str, status: int, bodies: Bodies, headers: Json | None = None, **more: Any) -> Fault:
    rule = {"action": "status", "status": status, **({"headers": headers} if headers else {})}
    vendors = tuple(vendor for vendor in BOTH if vendor in bodies)
    return Fault(name, rule, bodies, vendors, **more)


def _hubspot(category: str, message: str, **more: object) -> Json:
    return {"status": "error", "category": category, "message": message, "correlationId": "c", **more}


def _salesforce(code: str, message: str) -> list[Json]:
    return [{"errorCode": code, "message": message}]


ROLLING = _hubspot(
    "RATE_LIMITS", "You have reached your ten_secondly_rolling limit.", policyName="TEN_SECONDLY_ROLLING"
)
DAILY = _hubspot("RATE_LIMITS", "You have reached your daily limit.", policyName="DAILY")
ONE_ROW = _hubspot("VALIDATION_ERROR", "This row was not taken.", context={})
ANYTHING: Bodies = {"salesforce": {}, "hubspot": {}}

FAULTS = (
    Fault("500 page", {"action": "html", "status": 500}),
    Fault("502 page", {"action": "html", "status": 502}),
    Fault("503 page", {"action": "html", "status": 503}),
    _status(
        "500 in words",
        500,
        {
            "salesforce": _salesforce("UNKNOWN_EXCEPTION", "An unexpected error occurred."),
            "hubspot": _hubspot("INTERNAL_ERROR", "There was a problem with the request."),
        },
    ),
    _status(
        "503 in words",
        503,
        {
            "salesforce": _salesforce("SERVER_UNAVAILABLE", "The server is temporarily unavailable."),
            "hubspot": _hubspot("SERVICE_UNAVAILABLE", "Try again later."),
        },
    ),
    _status("429 and when", 429, {"salesforce": {}, "hubspot": ROLLING}, {"Retry-After": "1"}),
    _status("429", 429, {"salesforce": {}, "hubspot": ROLLING}),
    Fault("drop", {"action": "drop"}),
    Fault("reset", {"action": "reset"}),
    Fault("truncate", {"action": "truncate"}),
    Fault("lost answer", {"action": "commit-then-drop"}),
    Fault("cut", {"action": "cut"}),
    Fault("hang", {"action": "hang", "seconds": 1.2}, timeout=0.6),
    Fault("slow", {"action": "slow", "bytes_per_second": 200_000}),
    _status(
        "401",
        401,
        {
            "salesforce": _salesforce("INVALID_SESSION_ID", "Session expired or invalid"),
            "hubspot": _hubspot("EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired."),
        },
        final=True,
    ),
    _status(
        "quota",
        403,
        {"salesforce": _salesforce("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")},
    ),
    _status("daily", 429, {"hubspot": DAILY}),
    _status("locked", 423, {"hubspot": _hubspot("LOCKED", "The record is locked.")}),
    _status(
        "row lock",
        400,
        {"salesforce": _salesforce("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")},
    ),
    _status(
        "207", 207, {"hubspot": {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [ONE_ROW]}}, only="POST"
    ),
    _status(
        "200 page",
        200,
        {"salesforce": "<html>Maintenance</html>", "hubspot": "<html>Maintenance</html>"},
        {"Content-Type": "text/html"},
    ),
    _status("200 garbage", 200, {"salesforce": "\u0001}{", "hubspot": "\u0001}{"}, {"Content-Type": "text/plain"}),
    _status("200 nothing", 200, {"salesforce": None, "hubspot": None}),
    _status("200 object", 200, ANYTHING),
    _status("200 list", 200, {"salesforce": [], "hubspot": []}),
    _status("200 null", 200, {"salesforce": "null", "hubspot": "null"}, {"Content-Type": "application/json; x=json"}),
)
