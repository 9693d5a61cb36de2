"""Faults of single records, set through the org's `record_faults`: a locked row, a validation rule, a duplicate.

A fault is an object with `statusCode` and `message`, optionally `fields`, `object`, `operation` (create, update,
delete) and one of `times` (the first n), `nth` (only that one) or `every` (each n-th) of the writes it matches.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import Org
from connectors.emulator.wire import JsonObject


class RowFault(BaseModel):
    """The form of a fault, checked where it comes in."""

    model_config = ConfigDict(extra="forbid")

    status_code: str = Field(alias="statusCode")
    message: str
    fields: tuple[str, ...] = ()
    object: str = ""
    operation: Literal["create", "update", "delete"] = "create"
    times: int | None = Field(None, ge=0)
    nth: int | None = Field(None, ge=1)
    every: int | None = Field(None, ge=1)


def strike(org: Org, entity: str, operation: str) -> None:
    """Fail the write if a fault says so. Called once for each record about to be written."""
    for place, fault in enumerate(org.settings["record_faults"]):
        if fault.get("object", entity) != entity or fault.get("operation", operation) != operation:
            continue
        org.fault_counts[place] = count = org.fault_counts.get(place, 0) + 1
        if _due(fault, count):
            raise SalesforceError(fault["statusCode"], fault["message"], 400, fault.get("fields", ()))


def _due(fault: JsonObject, count: int) -> bool:
    if "nth" in fault:
        return bool(count == fault["nth"])
    if "every" in fault:
        return bool(count % fault["every"] == 0)
    return bool(count <= fault.get("times", count))
