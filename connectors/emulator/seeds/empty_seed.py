"""The seed `empty`: standard objects only, one integration user and one owner."""

from typing import Any


def empty_seed() -> dict[str, Any]:
    """Build the seed of two CRMs that nobody has used yet; called by `connectors.emulator.seeds.load`."""
    return {"salesforce": _salesforce(), "hubspot": _hubspot()}


def _salesforce() -> dict[str, Any]:
    user = {
        "Id": "005LW0000000001YAA",
        "Name": "Integration User",
        "FirstName": "Integration",
        "LastName": "User",
        "Username": "integration@lumenworks.example",
        "Email": "integration@lumenworks.example",
        "IsActive": True,
        "ManagerId": None,
    }
    return {"features": {"shared_activities": True}, "fields": {}, "records": {"User": [user]}, "deleted": {}}


def _hubspot() -> dict[str, Any]:
    owner = {
        "id": "4101",
        "email": "integration@lumenworks.example",
        "firstName": "Integration",
        "lastName": "User",
        "userId": 91,
        "archived": False,
        "teams": [],
    }
    return {
        "portal_id": 48120733,
        "properties": {},
        "labels": [],
        "owners": [owner],
        "records": {},
        "associations": [],
    }
