"""Every method of the contract's table (12.6) through the unmodified hubspot-api-client: none may answer None.

The client gives None for a success code it does not expect, and raises when a required key is missing.
"""

import json
from collections.abc import Callable
from typing import Any

import hubspot
import pytest
from hubspot.crm import exports, lists, pipelines, schemas
from hubspot.settings import users

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

REQUIRED = {
    "contacts": {"firstname": "New"},
    "companies": {"name": "New"},
    "deals": {"dealname": "New"},
    "tickets": {"subject": "New", "hs_pipeline_stage": "1"},
    "leads": {"hs_lead_name": "New"},
    "tasks": {"hs_timestamp": "1777593600000", "hs_task_subject": "Call"},
    "calls": {"hs_timestamp": "1777593600000"},
    "emails": {"hs_timestamp": "1777593600000"},
    "meetings": {"hs_timestamp": "1777593600000"},
    "notes": {"hs_timestamp": "1777593600000"},
    "communications": {"hs_timestamp": "1777593600000"},
}
CALLABLE = ["contacts", "companies", "deals", "tickets"]
GENERIC = ["tasks", "calls", "emails", "meetings", "notes", "communications", "leads", "2-10000001"]
PETS = {
    "name": "pets",
    "labels": {"singular": "Pet", "plural": "Pets"},
    "primaryDisplayProperty": "name",
    "requiredProperties": ["name"],
    "searchableProperties": ["name"],
    "properties": [{"name": "name", "label": "Name", "type": "string", "fieldType": "text"},
                   {"name": "chip", "label": "Chip", "type": "string", "fieldType": "text", "hasUniqueValue": True}],
    "associatedObjects": ["CONTACT"],
}  # fmt: skip


@pytest.fixture
def client(site: Site) -> Any:
    return hubspot.HubSpot(access_token=site.token, host=site.url, retry=False)


@pytest.fixture
def developer(site: Site) -> Any:
    return hubspot.HubSpot(api_key=site.portal.credentials()["developer_key"], host=site.url, retry=False)


def _life(api: Any, batch: Any, search: Any, values: dict[str, str], *kind: str) -> None:
    """Take a record of one type through every method of its three APIs."""
    made = api.create(*kind, {"properties": values, "associations": []})
    assert api.get_by_id(*kind, made.id).properties["hs_object_id"] == made.id
    assert made.id in {row.id for row in api.get_page(*kind, limit=100).results}
    name, value = next(reversed(values.items()))
    assert api.update(*kind, made.id, {"properties": {name: value}}).properties[name] is not None
    more = batch.create(*kind, {"inputs": [{"properties": values, "associations": []}]})
    key = more.results[0].id
    read = {"inputs": [{"id": key}], "properties": [name], "propertiesWithHistory": [name]}
    assert batch.read(*kind, read).results[0].id == key
    assert batch.update(*kind, {"inputs": [{"id": key, "properties": {name: value}}]}).status == "COMPLETE"
    assert batch.upsert(*kind, {"inputs": [{"id": key, "properties": {name: value}}]}).results[0].new is False
    assert search.do_search(*kind, {"filterGroups": [], "limit": 1}).total is not None
    batch.archive(*kind, {"inputs": [{"id": key}]})
    api.archive(*kind, made.id)
    assert made.id not in {row.id for row in api.get_page(*kind, limit=100).results}


@pytest.mark.parametrize("name", CALLABLE)
def test_the_four_packages_do_all_they_can(client: Any, name: str) -> None:
    package = getattr(client.crm, name)
    values = REQUIRED[name]
    _life(package.basic_api, package.batch_api, package.search_api, values)
    new = {"properties": values, "associations": []}
    first, second = (package.basic_api.create(new).id for _ in range(2))
    assert package.basic_api.merge({"primaryObjectId": first, "objectIdToMerge": second}).id == first


def test_contacts_are_purged(client: Any, site: Site) -> None:
    assert client.crm.contacts.basic_api.purge({"objectId": "201"}) is None
    site.refused("GET", "/crm/v3/objects/contacts/201", status=404)


@pytest.mark.parametrize("name", GENERIC)
def test_the_generic_package_does_all_it_can_for_every_type(client: Any, site: Site, name: str) -> None:
    site.json("POST", "/crm-object-schemas/v3/schemas", PETS, status=201)
    package = client.crm.objects
    _life(package.basic_api, package.batch_api, package.search_api, REQUIRED.get(name, {"name": "Rex"}), name)


def test_association_labels_and_types(client: Any) -> None:
    labels = client.crm.associations.v4.schema.definitions_api
    made = labels.create("contacts", "companies", {"label": "Sponsor", "name": "sponsor", "inverseLabel": "Sponsored"})
    first, second = made.results
    assert (first.label, second.label) == ("Sponsor", "Sponsored")
    assert labels.update("contacts", "companies", {"label": "Backer", "associationTypeId": first.type_id}) is None
    assert "Backer" in {row.label for row in labels.get_all("contacts", "companies").results}
    assert labels.remove("contacts", "companies", first.type_id) is None
    types = client.crm.associations.schema.types_api.get_all("contacts", "companies").results
    assert {row.id: row.name for row in types}["279"] == "contact_to_company_unlabeled"


def test_associations_of_version_3(client: Any) -> None:
    api = client.crm.associations.batch_api
    link = {"from": {"id": "203"}, "to": {"id": "9002"}, "type": "contact_to_company"}
    assert api.create("contacts", "companies", {"inputs": [link]}).results[0].type == "contact_to_company"
    (row,) = api.read("contacts", "companies", {"inputs": [{"id": "203"}]}).results
    assert {to.type for to in row.to} == {"contact_to_company", "contact_to_company_unlabeled"}
    assert api.archive("contacts", "companies", {"inputs": [{**link, "type": "contact_to_company_unlabeled"}]}) is None
    assert api.read("contacts", "companies", {"inputs": [{"id": "203"}]}).num_errors == 1


def test_properties_in_batches_and_groups(client: Any) -> None:
    api = client.crm.properties
    row = {"name": "tie", "label": "Tie", "type": "number", "fieldType": "number", "groupName": "contactinformation"}
    assert api.batch_api.create("contacts", {"inputs": [row]}).results[0].name == "tie"
    assert api.batch_api.read("contacts", {"archived": False, "inputs": [{"name": "tie"}]}).status == "COMPLETE"
    assert api.batch_api.archive("contacts", {"inputs": [{"name": "tie"}]}) is None
    assert api.core_api.get_by_name("contacts", "tie", archived=True).archived is True
    group = {"name": "own", "label": "Own", "displayOrder": 1}
    assert api.groups_api.create("contacts", group).name == "own"
    assert api.groups_api.update("contacts", "own", {"label": "Ours"}).label == "Ours"
    assert api.groups_api.get_by_name("contacts", "own").display_order == 1
    assert "own" in {each.name for each in api.groups_api.get_all("contacts").results}
    assert api.groups_api.archive("contacts", "own") is None


def test_pipelines_and_stages(client: Any, site: Site) -> None:
    api, stages = client.crm.pipelines.pipelines_api, client.crm.pipelines.pipeline_stages_api
    stage = pipelines.PipelineStageInput(label="Begun", display_order=0, metadata={"probability": "0.1"})
    made = api.create("deals", pipelines.PipelineInput(label="Second", display_order=1, stages=[stage]))
    assert [row.label for row in made.stages] == ["Begun"]
    assert {row.label for row in api.get_all("deals").results} == {"Sales Pipeline", "Second"}
    assert api.update("deals", made.id, {"label": "Other"}).label == "Other"
    assert api.replace("deals", made.id, {"label": "Third", "displayOrder": 1, "stages": [stage]}).label == "Third"
    assert api.get_by_id("deals", made.id).label == "Third"
    won = stages.create("deals", made.id, {"label": "Won", "displayOrder": 1, "metadata": {"probability": "1.0"}})
    assert won.metadata == {"probability": "1.0", "isClosed": "true"}
    assert stages.update("deals", made.id, won.id, {"label": "Signed", "metadata": {}}).metadata["probability"] == "1.0"
    replaced = {"label": "Lost", "displayOrder": 1, "metadata": {"probability": "0.0"}}
    assert stages.replace("deals", made.id, won.id, replaced).label == "Lost"
    assert stages.get_by_id("deals", made.id, won.id).label == "Lost"
    assert len(stages.get_all("deals", made.id).results) == 2
    audits = site.get(f"/crm/v3/pipelines/deals/{made.id}/stages/{won.id}/audit")["results"]
    assert [row["action"] for row in audits] == ["UPDATE", "UPDATE", "CREATE"]
    assert stages.archive("deals", made.id, won.id) is None
    assert client.crm.pipelines.pipeline_audits_api.get_audit("deals", made.id).results[-1].action == "CREATE"
    assert api.archive("deals", made.id) is None


def test_lists_and_members(client: Any) -> None:
    api, members = client.crm.lists.lists_api, client.crm.lists.memberships_api
    new = lists.ListCreateRequest(name="Champions", object_type_id="0-1", processing_type="MANUAL")
    made = api.create(new).list
    assert (made.name, made.object_type_id) == ("Champions", "0-1")
    assert api.get_by_id(made.list_id).list.name == "Champions"
    assert api.get_by_name("Champions", "0-1").list.list_id == made.list_id
    assert [row.list_id for row in api.get_all(list_ids=[made.list_id]).lists] == [made.list_id]
    found = api.do_search({"query": "champ", "count": 5, "offset": 0, "processingTypes": ["MANUAL"]})
    assert (found.total, found.has_more, found.lists[0].list_id) == (1, False, made.list_id)
    assert api.update_name(made.list_id, list_name="Friends").updated_list.name == "Friends"
    changed = members.add(made.list_id, ["201", "202", "999"])
    assert (changed.records_ids_added, changed.record_ids_missing) == (["201", "202"], ["999"])
    assert members.remove(made.list_id, ["202"]).record_ids_removed == ["202"]
    both = members.add_and_remove(made.list_id, {"recordIdsToAdd": ["203"], "recordIdsToRemove": ["201"]})
    assert (both.records_ids_added, both.record_ids_removed) == (["203"], ["201"])
    assert [row.record_id for row in members.get_page(made.list_id).results] == ["203"]
    assert members.get_page_ordered_by_added_to_list_date(made.list_id).total == 1
    assert [row.list_id for row in members.get_lists("0-1", "203").results] == [made.list_id]
    assert members.add_all_from_list(made.list_id, made.list_id) is None
    assert members.remove_all(made.list_id) is None
    assert api.remove(made.list_id) is None
    assert api.restore(made.list_id) is None


def test_dynamic_lists_take_other_filters(client: Any, site: Site) -> None:
    def branch(value: str) -> dict[str, Any]:
        operation = {"operationType": "MULTISTRING", "operator": "IS_EQUAL_TO", "values": [value]}
        own = {"filterType": "PROPERTY", "property": "firstname", "operation": operation}
        return {"filterBranchType": "OR", "filterBranches": [{"filterBranchType": "AND", "filters": [own]}]}

    new = {"name": "Anns", "objectTypeId": "0-1", "processingType": "DYNAMIC", "filterBranch": branch("Ann")}
    key = site.json("POST", "/crm/v3/lists", new)["list"]["listId"]
    page = client.crm.lists.memberships_api.get_page(key)
    assert [row.record_id for row in page.results] == ["201"]
    updated = client.crm.lists.lists_api.update_list_filters(key, {"filterBranch": branch("Ben")})
    assert updated.updated_list.list_version == 2
    assert [row.record_id for row in client.crm.lists.memberships_api.get_page(key).results] == ["202"]


def test_an_export_is_started_and_looked_after(client: Any) -> None:
    wish = exports.PublicExportViewRequest(
        export_type="VIEW",
        format="CSV",
        export_name="All",
        object_properties=["email"],
        object_type="CONTACT",
        language="EN",
        export_internal_values_options=["NAMES"],
        override_associated_objects_per_definition_per_row_limit=False,
    )
    task = client.crm.exports.public_exports_api.start(wish)
    status = client.crm.exports.public_exports_api.get_status(task.id)
    assert status.status == "COMPLETE"
    assert "/files/exports/" in status.result


def test_custom_object_schemas(client: Any) -> None:
    api = client.crm.schemas.core_api
    made = api.create(PETS)
    assert (made.name, made.object_type_id) == ("pets", "2-10000001")
    assert made.fully_qualified_name == "p48120733_pets"
    assert {row.name for row in made.properties} >= {"name", "chip", "hs_object_id"}
    assert [row.object_type_id for row in api.get_all().results] == [made.object_type_id]
    assert api.get_by_id(made.object_type_id).labels.plural == "Pets"
    patch = schemas.ObjectTypeDefinitionPatch(labels={"singular": "Animal", "plural": "Animals"})
    assert api.update(made.object_type_id, patch).labels.singular == "Animal"
    link = {"fromObjectTypeId": made.object_type_id, "toObjectTypeId": "0-2", "name": "pet_to_company"}
    association = api.create_association(made.object_type_id, link)
    assert (association.name, association.to_object_type_id) == ("pet_to_company", "0-2")
    assert api.archive_association(made.object_type_id, association.id) is None
    assert api.archive(made.object_type_id) is None
    assert [row.archived for row in api.get_all(archived=True).results] == [True]
    assert api.archive(made.object_type_id, archived=True) is None


def test_users_roles_and_teams(client: Any) -> None:
    api = client.settings.users.users_api
    made = api.create(users.UserProvisionRequest(email="new@us.example", send_welcome_email=False, role_id="r1"))
    assert (made.email, made.role_id) == ("new@us.example", "r1")
    assert api.get_by_id("new@us.example", id_property="EMAIL").id == made.id
    assert made.id in {row.id for row in api.get_page(limit=100).results}
    assert api.replace(made.id, {"primaryTeamId": "7"}).primary_team_id == "7"
    assert [row.id for row in client.settings.users.roles_api.get_all().results] == ["r1"]
    (team,) = client.settings.users.teams_api.get_all().results
    assert (team.name, team.user_ids) == ("West", ["91", made.id])
    assert api.archive(made.id) is None


def test_webhook_settings_and_subscriptions(developer: Any, site: Site) -> None:
    app = int(site.portal.credentials()["app_id"])
    settings, api = developer.webhooks.settings_api, developer.webhooks.subscriptions_api
    wanted = {"targetUrl": "http://127.0.0.1:9/hook", "throttling": {"maxConcurrentRequests": 10}}
    assert settings.configure(app, wanted).target_url == "http://127.0.0.1:9/hook"
    assert settings.get_all(app).throttling.max_concurrent_requests == 10
    made = api.create(app, {"eventType": "contact.propertyChange", "propertyName": "jobtitle", "active": False})
    assert (made.event_type, made.property_name, made.active) == ("contact.propertyChange", "jobtitle", False)
    assert api.update(int(made.id), app, {"active": True}).active is True
    batch = api.update_batch(app, {"inputs": [{"id": int(made.id), "active": False}]})
    assert [row.active for row in batch.results] == [False]
    assert [row.id for row in api.get_all(app).results] == [made.id]
    assert api.get_by_id(int(made.id), app).id == made.id
    assert api.archive(int(made.id), app) is None
    assert settings.clear(app) is None


def test_tokens_are_told_of_and_revoked(client: Any, site: Site) -> None:
    known = site.portal.credentials()
    form = {key: known[key] for key in ("client_id", "client_secret", "refresh_token")}
    granted = client.oauth.tokens_api.create(grant_type="refresh_token", **form)
    assert client.oauth.access_tokens_api.get(granted.access_token).hub_id == 48120733
    assert client.oauth.refresh_tokens_api.get(known["refresh_token"]).client_id == known["client_id"]
    assert client.oauth.refresh_tokens_api.archive(known["refresh_token"]) is None
    with pytest.raises(hubspot.oauth.exceptions.ApiException) as refused:
        client.oauth.tokens_api.create(grant_type="refresh_token", **form)
    assert refused.value.status == 400


def test_an_import_runs_and_tells_its_errors(client: Any, tmp_path: Any) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Email,Score\nfred@acme.example,7\nann@acme.example,x\n")
    columns = [{"columnObjectTypeId": "0-1", "columnName": "Email", "propertyName": "email",
                "columnType": "HUBSPOT_ALTERNATE_ID"},
               {"columnObjectTypeId": "0-1", "columnName": "Score", "propertyName": "nps_score"}]  # fmt: skip
    page = {"hasHeader": True, "columnMappings": columns}
    request = {"name": "People", "importOperations": {"0-1": "UPSERT"},
               "files": [{"fileName": "people.csv", "fileFormat": "CSV", "fileImportPage": page}]}  # fmt: skip
    api = client.crm.imports.core_api
    made = api.create(import_request=json.dumps(request), files=[str(file)])
    assert (made.state, made.mapped_object_type_ids) == ("DONE", ["0-1"])
    assert made.metadata.counters == {"TOTAL_ROWS": 2, "CREATED_OBJECTS": 1, "ERRORS": 1}
    assert api.get_by_id(int(made.id)).id == made.id
    assert [row.id for row in api.get_page().results] == [made.id]
    assert client.crm.contacts.basic_api.get_by_id("fred@acme.example", id_property="email").id
    assert api.cancel(int(made.id)).status == "COMPLETE"


PAGED: list[tuple[str, Callable[[Any], Any]]] = [
    ("get_all", lambda client: client.crm.contacts.get_all(properties=["email"])),
    ("get_all of a generic type", lambda client: client.crm.objects.get_all("tasks")),
    ("get_all of owners", lambda client: client.crm.owners.get_all()),
]


@pytest.mark.parametrize(("what", "walk"), PAGED, ids=[what for what, _ in PAGED])
def test_the_walkers_of_the_client_come_to_an_end(client: Any, what: str, walk: Callable[[Any], Any]) -> None:
    assert isinstance(walk(client), list)
