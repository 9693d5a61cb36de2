"""hubspot-api-client, unmodified and with its own defaults: prints as JSON what it saw."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import hubspot
from hubspot.crm import associations, contacts

TOLD = json.loads(os.environ["JUDGE"])["hubspot"]


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """Report how the library tells a refusal."""
    try:
        return {"accepted": str(call())}
    except contacts.exceptions.ApiException as error:
        return {"raised": type(error).__name__, "status": error.status, "body": json.loads(error.body)}


def reading(crm: Any) -> dict[str, Any]:
    """Lists, pages, search, owners, properties, associations."""
    asked = {"inputs": [{"id": "1001"}, {"id": "999999"}], "properties": ["email"], "propertiesWithHistory": []}
    wanted = {"filters": [{"propertyName": "nps", "operator": "EQ", "value": "10"}]}
    first = crm.contacts.basic_api.get_page(limit=100, properties=["email"], associations=["companies"], archived=False)
    read = crm.contacts.batch_api.read(asked)
    found = crm.contacts.search_api.do_search({"filterGroups": [wanted], "limit": 200, "sorts": ["hs_object_id"]})
    links = crm.associations.v4.batch_api.get_page("contacts", "companies", {"inputs": [{"id": "1001"}]})
    return {
        "all": {row.id: row.properties["email"] for row in crm.contacts.get_all(properties=["email"])},
        "archived": [row.id for row in crm.contacts.get_all(archived=True)],
        "first": [len(first.results), first.paging.next.after],
        "companies": sorted({link.id for link in first.results[0].associations["companies"].results}),
        "batch": [[row.id for row in read.results], read.num_errors, read.errors[0].context],
        "promoters": [row.id for row in found.results],
        "links": [
            [to.to_object_id, sorted(kind.type_id for kind in to.association_types)] for to in links.results[0].to
        ],
        "owners": {row.id: row.email for row in crm.owners.owners_api.get_page(limit=100).results},
        "nps": crm.properties.core_api.get_by_name("contacts", "nps").type,
    }


def writing(crm: Any) -> dict[str, Any]:
    """One record's life, batches, links."""
    api, batch = crm.contacts.basic_api, crm.contacts.batch_api
    made = api.create(contacts.SimplePublicObjectInput(properties={"email": "new@acme.example"}))
    changed = api.update(made.id, contacts.SimplePublicObjectInput(properties={"jobtitle": "CFO"}))
    upsert = {"inputs": [{"id": "up@acme.example", "idProperty": "email", "properties": {"firstname": "Up"}}]}
    spec = associations.v4.AssociationSpec(association_category="USER_DEFINED", association_type_id=101)
    return {
        "changed": changed.properties["jobtitle"],
        "upserted": batch.upsert(upsert).results[0].new,
        "linked": crm.associations.v4.basic_api.create("contacts", "1007", "companies", "9001", [spec]).labels,
        "archived": api.archive(made.id),
        "gone": refused(lambda: api.get_by_id(made.id)),
    }


def erring(crm: Any) -> dict[str, Any]:
    """Refusals, as its users meet them."""
    stranger = hubspot.HubSpot(access_token="pat-na1-nobody", host=TOLD["url"]).crm
    taken = contacts.SimplePublicObjectInput(properties={"email": "P1001@acme.example"})
    return {
        "token": refused(stranger.contacts.basic_api.get_page),
        "conflict": refused(lambda: crm.contacts.basic_api.create(taken)),
        "limit": refused(lambda: crm.contacts.basic_api.get_page(limit=101)),
    }


def main() -> None:
    """Work with a private app's token."""
    crm = hubspot.HubSpot(access_token=TOLD["token"], host=TOLD["url"]).crm
    saw = {"read": reading(crm), "wrote": writing(crm), "errors": erring(crm)}
    sys.stdout.write(json.dumps(saw))


if __name__ == "__main__":
    main()
