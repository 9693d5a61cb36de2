"""dlt's rest_api source, unmodified: pages through both vendors as its users configure it, and prints what it saw."""

import json
import os
import sys
from typing import Any

from dlt.sources.rest_api import rest_api_source

TOLD = json.loads(os.environ["JUDGE"])


def salesforce() -> Any:
    """Query by nextRecordsUrl, which is a path and no whole address."""
    org = TOLD["salesforce"]
    return rest_api_source(
        {
            "client": {
                "base_url": f"{org['http']}/services/data/v65.0/",
                "headers": {"Sforce-Query-Options": "batchSize=200"},
                "auth": {
                    "type": "oauth2_client_credentials",
                    "access_token_url": f"{org['http']}/services/oauth2/token",
                    "client_id": org["client_id"],
                    "client_secret": org["client_secret"],
                },
                "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"},
            },
            "resources": [
                {
                    "name": "people",
                    "endpoint": {
                        "path": "query",
                        "params": {"q": "SELECT Id, LastName, Score__c FROM Contact ORDER BY Id"},
                        "data_selector": "records",
                    },
                },
                {"name": "objects", "endpoint": {"path": "sobjects", "data_selector": "sobjects"}},
            ],
        },
        name="salesforce",
    )


def hubspot() -> Any:
    """List by paging.next.after, which is not there on the last page."""
    portal = TOLD["hubspot"]
    return rest_api_source(
        {
            "client": {
                "base_url": portal["url"],
                "auth": {"type": "bearer", "token": portal["token"]},
                "paginator": {"type": "cursor", "cursor_path": "paging.next.after", "cursor_param": "after"},
            },
            "resource_defaults": {"endpoint": {"data_selector": "results"}},
            "resources": [
                {
                    "name": "contacts",
                    "endpoint": {
                        "path": "crm/v3/objects/contacts",
                        "params": {"limit": 100, "properties": "email,nps", "associations": "companies"},
                    },
                },
                {"name": "owners", "endpoint": {"path": "crm/v3/owners", "params": {"limit": 1}}},
                {
                    "name": "promoters",
                    "endpoint": {
                        "path": "crm/v3/objects/contacts/search",
                        "method": "POST",
                        "json": {
                            "filterGroups": [{"filters": [{"propertyName": "nps", "operator": "EQ", "value": "10"}]}],
                            "limit": 10,
                        },
                        "paginator": {
                            "type": "cursor",
                            "cursor_path": "paging.next.after",
                            "cursor_body_path": "after",
                        },
                    },
                },
            ],
        },
        name="hubspot",
    )


def main() -> None:
    """Read every resource of both sources to its end."""
    found = {name: list(rows) for source in (salesforce(), hubspot()) for name, rows in source.resources.items()}
    sys.stdout.write(json.dumps(found, default=str))


if __name__ == "__main__":
    main()
