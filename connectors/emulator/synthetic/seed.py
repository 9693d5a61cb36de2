"""What of a made-up CRM does not lie in the file but is small enough for a seed: people of ours, fields, properties."""

from typing import Any

import duckdb

from connectors.emulator.seeds.hubspot_properties import PROPERTIES
from connectors.emulator.seeds.salesforce_fields import FIELDS


def seed(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The seed that goes with the file attached as `made`, in the form of docs/seed-format.md."""
    return {"salesforce": salesforce(connection), "hubspot": hubspot(connection)}


def salesforce(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Its Salesforce part."""
    return {"fields": FIELDS, "records": {"User": _rows(connection, "made.salesforce.colleague")}}


def hubspot(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Its HubSpot part."""
    owners = [{**row, "id": str(row["id"])} for row in _rows(connection, "made.hubspot.owner")]
    return {"portal_id": 48120733, "properties": PROPERTIES, "owners": owners}


def _rows(connection: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    found = connection.execute(f"SELECT * FROM {table} ORDER BY 1")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
