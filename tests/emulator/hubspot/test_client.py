"""The unmodified hubspot-api-client as a judge: it answers None for a status it does not expect."""

from typing import Any

import hubspot
import pytest
from hubspot.crm import associations, contacts, objects, properties

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator


@pytest.fixture
def client(site: Site) -> Any:
    return hubspot.HubSpot(access_token=site.token, host=site.url, retry=False)


def _write(**values: str) -> Any:
    return contacts.SimplePublicObjectInput(properties=values)


def test_records_are_listed_with_properties_and_associations(client: Any) -> None:
    page = client.crm.contacts.basic_api.get_page(
        limit=2, properties=["email", "jobtitle"], associations=["companies"], archived=False
    )
    assert [row.id for row in page.results] == ["201", "202"]
    assert page.results[0].properties["jobtitle"] == "Head of IT"
    assert page.results[0].associations["companies"].results[0].id == "9001"
    assert page.paging.next.after == "203"


def test_everything_is_walked_page_by_page(client: Any) -> None:
    assert [row.id for row in client.crm.contacts.get_all()] == ["201", "202", "203"]
    assert [row.id for row in client.crm.contacts.get_all(archived=True)] == ["204"]


def test_a_record_lives_its_life(client: Any) -> None:
    api = client.crm.contacts.basic_api
    made = api.create(_write(email="zoe@acme.example", firstname="Zoe"))
    assert api.get_by_id("zoe@acme.example", id_property="email").id == made.id
    assert api.update(made.id, _write(jobtitle="CFO")).properties["jobtitle"] == "CFO"
    assert api.archive(made.id) is None
    with pytest.raises(contacts.exceptions.NotFoundException):
        api.get_by_id(made.id)


def test_history_is_understood(client: Any) -> None:
    client.crm.contacts.basic_api.update("201", _write(jobtitle="CIO"))
    record = client.crm.contacts.basic_api.get_by_id("201", properties_with_history=["jobtitle"])
    assert [row.value for row in record.properties_with_history["jobtitle"]] == ["CIO", "Head of IT"]


def test_batches_have_the_codes_the_client_expects(client: Any) -> None:
    api = client.crm.contacts.batch_api
    made = api.create({"inputs": [{"properties": {"firstname": "A"}}]})
    assert made.status == "COMPLETE"
    key = made.results[0].id
    assert api.update({"inputs": [{"id": key, "properties": {"firstname": "B"}}]}).results[0].id == key
    asked = {"inputs": [{"id": key}, {"id": "999"}], "properties": ["firstname"], "propertiesWithHistory": []}
    read = api.read(asked)
    assert (read.num_errors, read.errors[0].context) == (1, {"ids": ["999"]})
    upserted = api.upsert({"inputs": [{"id": "q@acme.example", "idProperty": "email", "properties": {}}]})
    assert upserted.results[0].new is True
    assert api.archive({"inputs": [{"id": key}]}) is None


def test_search_and_merge(client: Any) -> None:
    wanted = {"propertyName": "email", "operator": "EQ", "value": "ben@acme.example"}
    found = client.crm.contacts.search_api.do_search({"filterGroups": [{"filters": [wanted]}], "limit": 5})
    assert (found.total, found.results[0].id) == (1, "202")
    merged = client.crm.contacts.basic_api.merge({"primaryObjectId": "202", "objectIdToMerge": "203"})
    assert (merged.id, client.crm.contacts.basic_api.get_by_id("203").id) == ("202", "202")


def test_tasks_go_through_the_generic_api(client: Any) -> None:
    spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}
    task = objects.SimplePublicObjectInputForCreate(
        properties={"hs_timestamp": "1777593600000", "hs_task_subject": "Call"},
        associations=[{"to": {"id": "201"}, "types": [spec]}],
    )
    made = client.crm.objects.basic_api.create("tasks", task)
    shown = client.crm.objects.basic_api.get_by_id("tasks", made.id, associations=["contacts"])
    assert shown.associations["contacts"].results[0].id == "201"


def test_associations_of_version_4(client: Any) -> None:
    api, batch = client.crm.associations.v4.basic_api, client.crm.associations.v4.batch_api
    spec = associations.v4.AssociationSpec(association_category="USER_DEFINED", association_type_id=101)
    assert api.create("contacts", "203", "companies", "9002", [spec]).labels == ["Decision maker"]
    assert api.create_default("contacts", "203", "companies", "9002").status == "COMPLETE"
    assert api.get_page("contacts", "203", "companies").results[0].to_object_id == "9002"
    read = batch.get_page("contacts", "companies", {"inputs": [{"id": "203"}, {"id": "201"}]})
    assert [row._from.id for row in read.results] == ["203", "201"]
    link = {"from": {"id": "202"}, "to": {"id": "9002"}}
    labelled = {**link, "types": [spec]}
    assert batch.create("contacts", "companies", {"inputs": [labelled]}).results[0].labels == ["Decision maker"]
    assert batch.create_default("contacts", "companies", {"inputs": [link]}).status == "COMPLETE"
    assert batch.archive_labels("contacts", "companies", {"inputs": [labelled]}) is None
    assert batch.archive("contacts", "companies", {"inputs": [{"from": {"id": "202"}, "to": [{"id": "9002"}]}]}) is None
    assert api.archive("contacts", "203", "companies", "9002") is None
    labels = client.crm.associations.v4.schema.definitions_api.get_all("contacts", "companies").results
    assert 101 in {row.type_id for row in labels}


def test_properties_and_groups(client: Any) -> None:
    api = client.crm.properties
    group = {"name": "rapport", "label": "Rapport", "displayOrder": -1}
    assert api.groups_api.create("contacts", group).name == "rapport"
    new = properties.PropertyCreate(
        name="tie", label="Tie", type="number", field_type="number", group_name="rapport", has_unique_value=False
    )
    assert api.core_api.create("contacts", new).field_type == "number"
    assert api.core_api.get_by_name("contacts", "tie").hubspot_defined is False
    assert "tie" in {row.name for row in api.core_api.get_all("contacts", archived=False).results}
    assert api.core_api.update("contacts", "tie", {"label": "Strength"}).label == "Strength"
    read = api.batch_api.read("contacts", {"archived": False, "inputs": [{"name": "tie"}]})
    assert read.results[0].name == "tie"
    assert api.core_api.archive("contacts", "tie") is None


def test_owners_account_and_tokens(client: Any, site: Site) -> None:
    assert [row.id for row in client.crm.owners.owners_api.get_page(limit=100).results] == ["4101", "4102"]
    assert client.crm.owners.owners_api.get_by_id(92, id_property="userId").id == "4102"
    known = site.portal.credentials()
    form = {key: known[key] for key in ("client_id", "client_secret", "refresh_token")}
    granted = client.oauth.tokens_api.create(grant_type="refresh_token", **form)
    assert granted.expires_in == 1800
    newcomer = hubspot.HubSpot(access_token=granted.access_token, host=site.url)
    assert newcomer.crm.companies.basic_api.get_by_id("9001").properties["name"] == "Acme"


def test_refusals_are_the_client_s_exceptions(client: Any, site: Site) -> None:
    stranger = hubspot.HubSpot(access_token="pat-na1-x", host=site.url)
    with pytest.raises(contacts.exceptions.UnauthorizedException):
        stranger.crm.contacts.basic_api.get_page()
    site.portal.settings["scopes"] = []
    with pytest.raises(contacts.exceptions.ForbiddenException):
        client.crm.contacts.basic_api.get_page()
