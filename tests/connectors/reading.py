"""Reads the values of one field as each vendor's workbench reads them, for tests of what a text means."""

from collections.abc import Sequence

from connectors.hubspot.records import MERGED_IDS
from connectors.hubspot.workbench import Workbench as HubSpot
from connectors.hubspot.workbench import listed
from connectors.salesforce.workbench import Workbench as Salesforce
from mapping.fields import Type

COLUMN = {Type.TEXT: "TEXT", Type.NUMBER: "DOUBLE", Type.WHOLE: "BIGINT", Type.INSTANT: "BIGINT", Type.FLAG: "BOOLEAN"}
"""The type of the column that a mapped attribute becomes."""
PLACES = {
    "TEXT": ("user_account", "name"),
    "DOUBLE": ("opportunity", "amount"),
    "BIGINT": ("opportunity", "close_at"),
    "BOOLEAN": ("user_account", "active"),
}
"""A canonical column of each type."""


def read_by_salesforce(reader: str, raw: Sequence[object], kind: str) -> list[object]:
    """Read the values of the field F."""
    name, column = PLACES[kind]
    with Salesforce("sf", ()) as bench:
        bench.heap("raw", ["F"], ["F"]).add_records([{"F": value} for value in raw])
        found: list[object] = bench.read(name, {column: reader}).column(column).to_pylist()
    return found


def read_by_hubspot(reader: str, raw: Sequence[str | None], kind: str) -> list[object]:
    """Read the texts of the property f."""
    name, column = PLACES[kind]
    records = [{"id": str(place), "properties": {"f": text}} for place, text in enumerate(raw)]
    with HubSpot("hs", (), {}) as bench:
        bench.lay(["f", MERGED_IDS], [listed(records)])
        found: list[object] = bench.read(name, {column: reader}).column(column).to_pylist()
    return found
