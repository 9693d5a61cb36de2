"""Custom fields, who may see them, and what describe tells."""

from typing import Any

import pytest

from tests.emulator.org import ADA, CALL, DATA, ME, OWNER, Org

pytestmark = pytest.mark.emulator
TOOLING = "/tooling/sobjects/CustomField"
PERSONA = {"label": "Persona", "type": "Text", "length": 80, "externalId": False, "unique": False, "required": False}


def make_field(org: Org, name: str, **metadata: object) -> str:
    """Create a custom field that must be accepted; its id."""
    answer = org.call("POST", TOOLING, {"FullName": name, "Metadata": {**PERSONA, **metadata}})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def grant(org: Org, *fields: str, edit: bool = True, user: str = ME) -> str:
    """Give a user the right to fields through a new permission set; its id."""
    parent = org.create("PermissionSet", Name=f"Rapport_{user}_{edit}", Label="Rapport")
    org.create("PermissionSetAssignment", PermissionSetId=parent, AssigneeId=user)
    for field in fields:
        permit(org, parent, field, edit=edit)
    return parent


def permit(org: Org, parent: str, field: str, *, edit: bool) -> str:
    """Add one field to a permission set."""
    name = field.partition(".")[0]
    rights = {"PermissionsRead": True, "PermissionsEdit": edit}
    return org.create("FieldPermissions", ParentId=parent, SobjectType=name, Field=field, **rights)


def described(org: Org, name: str) -> dict[str, Any]:
    """The fields of an object by name."""
    return {each["name"]: each for each in org.call("GET", f"/sobjects/{name}/describe").json()["fields"]}


def test_a_new_field_is_invisible_until_it_is_granted(org: Org) -> None:
    made = make_field(org, "Contact.Persona__c")
    assert made[:3] == "00N"
    assert "Persona__c" not in described(org, "Contact")
    code, message = org.refused_query("SELECT Persona__c FROM Contact")
    assert (code, "No such column 'Persona__c' on entity 'Contact'" in message) == ("INVALID_FIELD", True)
    assert org.refusal("PATCH", f"/sobjects/Contact/{ADA}", {"Persona__c": "x"})[:2] == (400, "INVALID_FIELD")
    grant(org, "Contact.Persona__c")
    assert described(org, "Contact")["Persona__c"]["updateable"] is True
    assert org.call("PATCH", f"/sobjects/Contact/{ADA}", {"Persona__c": "Champion"}).status_code == 204
    assert org.column("SELECT Persona__c FROM Contact WHERE Persona__c != null") == ["Champion"]


def test_read_alone_does_not_let_write(org: Org) -> None:
    make_field(org, "Contact.Persona__c")
    grant(org, "Contact.Persona__c", edit=False)
    field = described(org, "Contact")["Persona__c"]
    assert (field["createable"], field["updateable"]) == (False, False)
    refused = org.refusal("PATCH", f"/sobjects/Contact/{ADA}", {"Persona__c": "x"})
    assert refused[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_grant_to_somebody_else_does_not_help_and_withdrawal_takes_it_away(org: Org) -> None:
    make_field(org, "Contact.Persona__c")
    grant(org, "Contact.Persona__c", user=OWNER)
    assert "Persona__c" not in described(org, "Contact")
    parent = grant(org)
    row = permit(org, parent, "Contact.Persona__c", edit=True)
    assert "Persona__c" in described(org, "Contact")
    assert org.call(
        "PATCH", f"/sobjects/FieldPermissions/{row}", {"PermissionsRead": False, "PermissionsEdit": False}
    ).ok
    assert "Persona__c" not in described(org, "Contact")
    assert org.query("SELECT COUNT() FROM FieldPermissions WHERE ParentId = '" + parent + "'")["totalSize"] == 0


def test_a_field_of_activity_appears_on_task_and_event_but_is_granted_on_each(org: Org) -> None:
    make_field(org, "Activity.Rapport_Kind__c", externalId=True)
    grant(org, "Task.Rapport_Kind__c")
    assert described(org, "Task")["Rapport_Kind__c"]["externalId"] is True
    assert "Rapport_Kind__c" not in described(org, "Event")
    assert "Rapport_Key__c" in described(org, "Event")
    assert org.call("PATCH", f"/sobjects/Task/{CALL}", {"Rapport_Kind__c": "meet"}).status_code == 204


@pytest.mark.parametrize(
    ("name", "metadata", "code"),
    [
        ("Contact.NPS__c", {}, "DUPLICATE_DEVELOPER_NAME"),
        ("Contact.persona", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.Two__Bars__c", {}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Task.Persona__c", {}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Nope.Persona__c", {}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Persona__c", {}, "REQUIRED_FIELD_MISSING"),
        ("Contact.P__c", {"label": ""}, "REQUIRED_FIELD_MISSING"),
        ("Contact.P__c", {"label": "x" * 41}, "STRING_TOO_LONG"),
        ("Contact.P__c", {"inlineHelpText": "x" * 511}, "STRING_TOO_LONG"),
        ("Contact.P__c", {"length": 256}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ("Contact.P__c", {"type": "Sound"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Contact.P__c", {"type": "Number"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.P__c", {"type": "Checkbox"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.P__c", {"type": "LongTextArea", "length": 4000}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Activity.P__c", {"unique": True}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.P__c", {"length": "long"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_field_that_cannot_be_is_refused(org: Org, name: str, metadata: dict[str, object], code: str) -> None:
    body = {"FullName": name, "Metadata": {**PERSONA, **metadata}}
    assert org.refusal("POST", TOOLING, body)[:2] == (400, code)


def test_the_org_may_allow_unique_fields_of_activity(org: Org) -> None:
    org.emulator.settings(activity_unique=True)
    make_field(org, "Activity.Once__c", unique=True, externalId=True)
    grant(org, "Task.Once__c")
    org.create("Task", Once__c="a")
    refused = org.refusal("POST", "/sobjects/Task", {"Once__c": "A"})
    assert refused[:2] == (400, "DUPLICATE_VALUE")
    assert refused[2].startswith("duplicate value found: Once__c duplicates value on record with id: 00T")


def test_a_picklist_field_enforces_its_values(org: Org) -> None:
    values = [{"fullName": each, "label": each, "default": False} for each in ("Low", "High")]
    value_set = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
    make_field(org, "Contact.Depth__c", type="Picklist", valueSet=value_set)
    grant(org, "Contact.Depth__c")
    choices = described(org, "Contact")["Depth__c"]["picklistValues"]
    assert [each["value"] for each in choices] == ["Low", "High"]
    path = f"/sobjects/Contact/{ADA}"
    assert org.refusal("PATCH", path, {"Depth__c": "Deep"})[1] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert org.call("PATCH", path, {"Depth__c": "high"}).status_code == 204
    assert org.record("Contact", ADA)["Depth__c"] == "High"


def test_custom_fields_are_listed_in_the_tooling_envelope(org: Org) -> None:
    made = make_field(org, "Contact.Persona__c", description="who they are")
    soql = "SELECT Id, DeveloperName FROM CustomField WHERE TableEnumOrId = 'Contact' ORDER BY DeveloperName"
    answer = org.query(soql, "tooling/query")
    assert [each["DeveloperName"] for each in answer["records"]] == ["NPS", "Persona", "Topics"]
    envelope = {name: answer[name] for name in ("size", "totalSize", "done", "queryLocator", "entityTypeName")}
    assert envelope == {"size": 3, "totalSize": 3, "done": True, "queryLocator": None, "entityTypeName": "CustomField"}
    one = org.query(f"SELECT FullName, Metadata FROM CustomField WHERE Id = '{made}'", "tooling/query")["records"][0]
    assert (one["FullName"], one["Metadata"]["description"]) == ("Contact.Persona__c", "who they are")
    assert one["attributes"]["url"] == f"{DATA}{TOOLING}/{made}"


def test_metadata_is_selectable_for_one_row_only(org: Org) -> None:
    refused = org.refusal("GET", "/tooling/query", params={"q": "SELECT Metadata FROM CustomField"})
    assert refused[:2] == (400, "MALFORMED_QUERY")
    assert refused[2].endswith("no more than one row for retrieval. Result size: 4")


def test_the_tooling_object_is_unknown_to_the_data_api(org: Org) -> None:
    assert org.refused_query("SELECT Id FROM CustomField")[0] == "INVALID_TYPE"
    assert org.refusal("POST", "/tooling/sobjects/Contact", {})[:2] == (404, "NOT_FOUND")


def test_a_field_can_be_changed_and_deleted_with_its_values(org: Org) -> None:
    made = make_field(org, "Contact.Persona__c")
    grant(org, "Contact.Persona__c")
    org.call("PATCH", f"/sobjects/Contact/{ADA}", {"Persona__c": "Champion"})
    longer = {"Metadata": {**PERSONA, "label": "Who", "length": 120}}
    assert org.call("PATCH", f"{TOOLING}/{made}", longer).status_code == 204
    assert described(org, "Contact")["Persona__c"]["length"] == 120
    assert org.call("GET", f"{TOOLING}/{made}").json()["Metadata"]["label"] == "Who"
    assert org.call("DELETE", f"{TOOLING}/{made}").status_code == 204
    assert org.refusal("GET", f"{TOOLING}/{made}")[:2] == (404, "NOT_FOUND")
    assert org.query("SELECT COUNT() FROM FieldPermissions")["totalSize"] == 0
    make_field(org, "Contact.Persona__c")
    grant(org, "Contact.Persona__c", edit=False)
    assert org.column("SELECT Id FROM Contact WHERE Persona__c != null") == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Field": "Contact.Nope__c"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Field": "Account.Industry"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"SobjectType": "Nope"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Field": "Contact.LastName"}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"Field": "Contact.OwnerId"}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"PermissionsRead": False}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"Field": "Contact.NPS__c"}, "DUPLICATE_VALUE"),
    ],
)
def test_senseless_permissions_are_refused(org: Org, fields: dict[str, object], code: str) -> None:
    parent = grant(org, "Contact.NPS__c")
    rights = {"PermissionsRead": True, "PermissionsEdit": True}
    good = {"ParentId": parent, "SobjectType": "Contact", "Field": "Contact.Title", **rights}
    assert org.refusal("POST", "/sobjects/FieldPermissions", {**good, **fields})[:2] == (400, code)


def test_permission_sets_have_unique_names_and_single_assignments(org: Org) -> None:
    parent = grant(org)
    same = {"Name": f"Rapport_{ME}_True", "Label": "Other"}
    assert org.refusal("POST", "/sobjects/PermissionSet", same)[1] == "DUPLICATE_VALUE"
    again = {"PermissionSetId": parent, "AssigneeId": ME}
    assert org.refusal("POST", "/sobjects/PermissionSetAssignment", again)[1] == "DUPLICATE_VALUE"
    soql = f"SELECT SobjectType FROM ObjectPermissions WHERE ParentId = '{parent}'"
    org.create("ObjectPermissions", ParentId=parent, SobjectType="Contact", PermissionsRead=True)
    assert org.column(soql) == ["Contact"]


def test_an_administrator_may_hide_or_lock_fields_of_the_integration_user(org: Org) -> None:
    org.emulator.settings(hidden_fields=["Contact.Title"], read_only_fields=["Contact.Department"])
    fields = described(org, "Contact")
    assert ("Title" in fields, fields["Department"]["updateable"]) == (False, False)
    assert org.refused_query("SELECT Id FROM Contact WHERE Title = 'CFO'")[0] == "INVALID_FIELD"
    refused = org.refusal("PATCH", f"/sobjects/Contact/{ADA}", {"Department": "x"})
    assert refused[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_describe_speaks_of_types_references_and_children(org: Org) -> None:
    answer = org.call("GET", "/sobjects/Contact/describe").json()
    fields = {each["name"]: each for each in answer["fields"]}
    nps, who = fields["NPS__c"], fields["ReportsToId"]
    assert (nps["type"], nps["precision"], nps["scale"], nps["custom"]) == ("double", 3, 0, True)
    assert (who["type"], who["referenceTo"], who["relationshipName"]) == ("reference", ["Contact"], "ReportsTo")
    assert (fields["LastName"]["nillable"], fields["LastName"]["permissionable"]) == (False, False)
    assert (fields["SystemModstamp"]["createable"], fields["SystemModstamp"]["type"]) == (False, "datetime")
    assert fields["Topics__c"]["restrictedPicklist"] is True
    children = {each["relationshipName"]: each for each in answer["childRelationships"]}
    assert (children["Tasks"]["childSObject"], children["Tasks"]["field"]) == ("Task", "WhoId")
    assert (answer["keyPrefix"], answer["queryable"], answer["updateable"]) == ("003", True, True)
    task = described(org, "Task")
    assert (task["WhoId"]["namePointing"], task["WhoId"]["referenceTo"]) == (True, ["Contact", "Lead"])
    assert (task["TaskSubtype"]["createable"], task["TaskSubtype"]["updateable"]) == (True, False)


def test_the_global_describe_lists_what_the_org_has(org: Org) -> None:
    answer = org.call("GET", "/sobjects").json()
    names = {each["name"]: each for each in answer["sobjects"]}
    assert (answer["encoding"], answer["maxBatchSize"]) == ("UTF-8", 200)
    assert {"Account", "Contact", "Task", "TaskRelation", "EmailMessage", "Case"} <= names.keys()
    assert "CustomField" not in names
    assert names["Account"]["urls"]["describe"] == f"{DATA}/sobjects/Account/describe"


def test_a_seed_may_bring_custom_objects(org: Org) -> None:
    project = {
        "prefix": "a01",
        "label": "Project",
        "fields": {"Name": {"required": True}, "Sponsor__c": {"to": ["Contact"], "children": "Projects__r"}},
    }
    person = {"Id": ADA, "LastName": "Berg"}
    records = {"Contact": [person], "Project__c": [{"Name": "Moon", "Sponsor__c": ADA}]}
    org.emulator.control("POST", "seed", {"salesforce": {"objects": {"Project__c": project}, "records": records}})
    org.login()
    [row] = org.query("SELECT Name, Sponsor__r.LastName FROM Project__c")["records"]
    assert (row["Name"], row["Sponsor__r"]["LastName"]) == ("Moon", "Berg")
    [contact] = org.query("SELECT Id, (SELECT Name FROM Projects__r) FROM Contact")["records"]
    assert contact["Projects__r"]["totalSize"] == 1
