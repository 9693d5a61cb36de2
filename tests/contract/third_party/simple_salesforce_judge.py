"""simple-salesforce, unmodified and with its own defaults, over TLS: prints as JSON what it saw."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

TOLD = json.loads(os.environ["JUDGE"])["salesforce"]
HOST = TOLD["https"].removeprefix("https://")
MISSING = "003A00000l99999IAA"


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """Report how the library tells a refusal."""
    try:
        return {"accepted": call()}
    except SalesforceError as error:
        return {"raised": type(error).__name__, "status": error.status, "content": error.content}


def reading(org: Any) -> dict[str, Any]:
    """Queries, pages, describes."""
    everybody = "SELECT Id, LastName, Account.Name FROM Contact ORDER BY LastName, Id"
    first = org.query(everybody)
    return {
        "all": [[row["Id"], row["LastName"]] for row in org.query_all(everybody)["records"]],
        "iterated": sum(1 for _ in org.query_all_iter("SELECT Id FROM Contact")),
        "first": {"size": len(first["records"]), "total": first["totalSize"], "done": first["done"]},
        "more": len(org.query_more(first["nextRecordsUrl"], identifier_is_url=True)["records"]),
        "described": {field["name"]: field["type"] for field in org.Contact.describe()["fields"]},
        "limit": org.limits()["DailyApiRequests"]["Max"],
        "usage": org.api_usage["api-usage"].total,
    }


def writing(org: Any) -> dict[str, Any]:
    """One record's life, and a collection."""
    made = org.Contact.create({"LastName": "Fay", "Key__c": "k-1"})
    rows = [{"attributes": {"type": "Contact"}, "LastName": "One"}, {"attributes": {"type": "Contact"}}]
    return {
        "made": {"success": made["success"], "errors": made["errors"]},
        "updated": org.Contact.update(made["id"], {"Title": "CTO"}),
        "got": org.Contact.get(made["id"])["Title"],
        "upserted": [
            org.Contact.upsert("Key__c/k-1", {"Title": "CEO"}),
            org.Contact.upsert("Key__c/k-2", {"LastName": "G"}),
        ],
        "by_key": org.Contact.get_by_custom_id("Key__c", "k-1")["Title"],
        "deleted": org.Contact.delete(made["id"]),
        "collection": org.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": rows}),
    }


def erring(org: Any) -> dict[str, Any]:
    """Refusals, as its users meet them."""
    return {
        "field": refused(lambda: org.query("SELECT Nope FROM Contact")),
        "missing": refused(lambda: org.Contact.get(MISSING)),
        "required": refused(lambda: org.Contact.create({"FirstName": "Nobody"})),
        "session": refused(lambda: Salesforce(instance=HOST, session_id="00D!no").query("SELECT Id FROM Contact")),
    }


def main() -> None:
    """Log in by client credentials, then work."""
    keys = {"consumer_key": TOLD["client_id"], "consumer_secret": TOLD["client_secret"]}
    org = Salesforce(**keys, domain=f"{HOST}/_")
    saw = {"read": reading(org), "wrote": writing(org), "errors": erring(org)}
    sys.stdout.write(json.dumps(saw))


if __name__ == "__main__":
    main()
