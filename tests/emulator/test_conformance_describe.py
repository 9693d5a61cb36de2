"""What the org tells of itself: objects, fields, record types, layouts, and whether any of it has changed."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.emulator.org import ACME, ADA, BEN, CALL, DATA, ME, STAMP, Org

pytestmark = pytest.mark.emulator
OBJECTS = {
    "Account": "001", "Contact": "003", "Lead": "00Q", "User": "005", "Opportunity": "006", "Case": "500",
    "OpportunityContactRole": "00K", "AccountContactRelation": "07k", "Task": "00T", "Event": "00U", "Group": "00G",
    "TaskRelation": "0RT", "EventRelation": "0RE", "EmailMessage": "02s", "Organization": "00D", "Campaign": "701",
    "PermissionSet": "0PS", "PermissionSetAssignment": "0Pa", "RecordType": "012", "Product2": "01t",
    "Pricebook2": "01s", "PricebookEntry": "01u", "OpportunityLineItem": "00k", "CampaignMember": "00v",
}  # fmt: skip
SUMMARY = {
    "activateable", "associateEntityType", "associateParentEntity", "createable", "custom", "customSetting",
    "deepCloneable", "deletable", "deprecatedAndHidden", "feedEnabled", "hasSubtypes", "isInterface", "isSubtype",
    "keyPrefix", "label", "labelPlural", "layoutable", "mergeable", "mruEnabled", "name", "queryable", "replicateable",
    "retrieveable", "searchable", "triggerable", "undeletable", "updateable", "urls",
}  # fmt: skip
FIELD = {
    "aggregatable", "aiPredictionField", "autoNumber", "byteLength", "calculated", "calculatedFormula", "cascadeDelete",
    "caseSensitive", "compoundFieldName", "controllerName", "createable", "custom", "defaultValue",
    "defaultValueFormula", "defaultedOnCreate", "dependentPicklist", "deprecatedAndHidden", "digits",
    "displayLocationInDecimal", "encrypted", "externalId", "extraTypeInfo", "filterable", "filteredLookupInfo",
    "formulaTreatNullNumberAsZero", "groupable", "highScaleNumber", "htmlFormatted", "idLookup", "inlineHelpText",
    "label", "length", "mask", "maskType", "name", "nameField", "namePointing", "nillable", "permissionable",
    "picklistValues", "polymorphicForeignKey", "precision", "queryByDistance", "referenceTargetField", "referenceTo",
    "relationshipName", "relationshipOrder", "restrictedDelete", "restrictedPicklist", "scale", "searchPrefilterable",
    "soapType", "sortable", "type", "unique", "updateable", "writeRequiresMasterRead",
}  # fmt: skip


def described(org: Org, name: str) -> dict[str, Any]:
    """The describe of an object."""
    answer = org.call("GET", f"/sobjects/{name}/describe")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def field(org: Org, name: str, field_name: str) -> dict[str, Any]:
    """What describe says of a field."""
    [found] = [each for each in described(org, name)["fields"] if each["name"] == field_name]
    return dict(found)


def declare(org: Org, **part: object) -> None:
    """Add to the org's schema."""
    org.emulator.control("POST", "schema", part)


def test_the_global_describe_knows_every_object_by_its_prefix(org: Org) -> None:
    listed = {each["name"]: each for each in org.call("GET", "/sobjects").json()["sobjects"]}
    assert {name: listed[name]["keyPrefix"] for name in OBJECTS} == OBJECTS
    assert all(set(each) == SUMMARY for each in listed.values())
    base = f"{DATA}/sobjects/Lead"
    assert {base, f"{base}/describe", f"{base}/{{ID}}"} <= set(listed["Lead"]["urls"].values())


@pytest.mark.parametrize("name", ["Account", "Contact", "Task", "Event", "OpportunityContactRole"])
def test_a_describe_has_every_attribute_of_every_field(org: Org, name: str) -> None:
    answer = described(org, name)
    assert set(answer) > SUMMARY | {"fields", "childRelationships", "recordTypeInfos", "supportedScopes"}
    assert all(set(each) == FIELD for each in answer["fields"])
    child = {"childSObject", "field", "relationshipName", "cascadeDelete", "restrictedDelete", "deprecatedAndHidden"}
    assert all(set(each) >= child for each in answer["childRelationships"])
    values = [value for each in answer["fields"] for value in each["picklistValues"]]
    assert all(set(value) == {"active", "defaultValue", "label", "validFor", "value"} for value in values)


FIELDS: list[tuple[str, str, Mapping[str, object]]] = [
    ("Contact", "Id", {"type": "id", "length": 18, "byteLength": 18, "idLookup": True, "nillable": False,
                       "soapType": "tns:ID", "defaultedOnCreate": True}),
    ("Contact", "LastName", {"type": "string", "length": 80, "nillable": False, "permissionable": False,
                             "compoundFieldName": "Name"}),
    ("Contact", "Name", {"nameField": True, "createable": False, "updateable": False, "length": 121}),
    ("Contact", "Title", {"length": 128, "permissionable": True, "nillable": True, "sortable": True}),
    ("Contact", "Department", {"length": 80}),
    ("Contact", "AccountId", {"type": "reference", "referenceTo": ["Account"], "relationshipName": "Account"}),
    ("Contact", "MasterRecordId", {"referenceTo": ["Contact"], "createable": False}),
    ("Contact", "MailingAddress", {"type": "address", "createable": False}),
    ("Contact", "MailingCity", {"compoundFieldName": "MailingAddress", "length": 40}),
    ("Contact", "HasOptedOutOfEmail", {"type": "boolean", "nillable": False, "defaultValue": False,
                                       "soapType": "xsd:boolean", "defaultedOnCreate": True}),
    ("Contact", "BuyerAttributes", {"type": "multipicklist"}),
    ("Contact", "OwnerId", {"permissionable": False, "defaultedOnCreate": True}),
    ("Contact", "SystemModstamp", {"type": "datetime", "soapType": "xsd:dateTime", "createable": False}),
    ("Account", "NumberOfEmployees", {"type": "int", "digits": 9, "precision": 0, "soapType": "xsd:int"}),
    ("Account", "AnnualRevenue", {"type": "currency", "soapType": "xsd:double"}),
    ("Account", "ERP_Number__c", {"custom": True, "externalId": True, "idLookup": True, "unique": False}),
    ("Account", "Description", {"type": "textarea", "filterable": False, "sortable": False, "length": 32000,
                                "extraTypeInfo": "plaintextarea"}),
    ("Task", "Description", {"filterable": False}),
    ("Task", "Subject", {"length": 255}),
    ("Task", "OwnerId", {"referenceTo": ["Group", "User"], "polymorphicForeignKey": True, "namePointing": True}),
    ("Task", "ActivityDate", {"type": "date", "soapType": "xsd:date"}),
    ("Task", "AccountId", {"createable": False, "updateable": False}),
    ("Task", "IsClosed", {"createable": False, "updateable": False}),
    ("Task", "TaskSubtype", {"createable": True, "updateable": False, "restrictedPicklist": True}),
    ("OpportunityContactRole", "OpportunityId", {"cascadeDelete": True, "updateable": False, "nillable": False}),
    ("AccountContactRelation", "Roles", {"type": "multipicklist"}),
]  # fmt: skip


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_a_field_is_described_as_the_contract_says(org: Org, row: tuple[str, str, Mapping[str, object]]) -> None:
    name, field_name, told = row
    found = field(org, name, field_name)
    assert {key: found[key] for key in told} == told


def test_what_a_feature_brings_goes_with_it(org: Org) -> None:
    features = {"buyer_attributes": False, "contacts_to_multiple_accounts": False, "shared_activities": False}
    org.emulator.control("POST", "seed", {"salesforce": {"features": features}})
    org.login()
    assert not {"TitleType", "DepartmentGroup", "BuyerAttributes", "ContactSource"} & {
        each["name"] for each in described(org, "Contact")["fields"]
    }
    for name in ("TaskRelation", "EventRelation", "TaskWhoRelation", "AccountContactRelation"):
        assert org.refusal("GET", f"/sobjects/{name}/describe")[:2] == (404, "NOT_FOUND")
        assert org.refused_query(f"SELECT Id FROM {name}")[0] == "INVALID_TYPE"


def test_an_object_without_permission_looks_as_if_it_did_not_exist(org: Org) -> None:
    org.emulator.settings(hidden_objects=["Opportunity"])
    assert org.refusal("GET", "/sobjects/Opportunity/describe")[:2] == (404, "NOT_FOUND")
    assert org.refused_query("SELECT Id FROM Opportunity")[0] == "INVALID_TYPE"
    records = [{"attributes": {"type": "Opportunity"}, "Name": "x"}]
    assert org.refusal("POST", "/composite/sobjects", {"records": records})[:2] == (400, "INVALID_TYPE")
    assert "Opportunity" not in [each["name"] for each in org.call("GET", "/sobjects").json()["sobjects"]]


SINCE = "Mon, 02 Mar 2026 09:00:00 GMT"


@pytest.mark.parametrize("path", ["/sobjects", "/sobjects/Contact/describe", f"/sobjects/Contact/{BEN}"])
def test_what_has_not_changed_is_304_without_a_body(org: Org, path: str) -> None:
    first = org.call("GET", path)
    assert (first.status_code, first.headers["Last-Modified"]) == (200, SINCE)
    org.emulator.control("POST", "clock", {"advance": 3600})
    again = org.call("GET", path, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (again.status_code, again.content) == (304, b"")
    older = org.call("GET", path, headers={"If-Modified-Since": "Mon, 02 Mar 2026 08:59:59 GMT"})
    assert older.status_code == 200
    assert org.call("GET", path, headers={"If-Modified-Since": "lately"}).status_code == 200
    assert org.call("GET", path, headers={"If-Unmodified-Since": SINCE}).status_code == 200
    asked = {"If-Unmodified-Since": "Mon, 02 Mar 2026 08:59:59 GMT"}
    assert org.refusal("GET", path, headers=asked)[:2] == (412, "PRECONDITION_FAILED")


@pytest.mark.parametrize("change", ["field", "right", "setting", "schema"])
def test_a_describe_is_told_again_once_anything_in_it_may_have_changed(org: Org, change: str) -> None:
    parent = org.create("PermissionSet", Name="P", Label="P")
    org.emulator.control("POST", "clock", {"advance": 60})
    if change == "field":
        metadata = {"label": "P", "type": "Text", "length": 5}
        org.call("POST", "/tooling/sobjects/CustomField", {"FullName": "Contact.P__c", "Metadata": metadata})
    elif change == "right":
        org.create("PermissionSetAssignment", PermissionSetId=parent, AssigneeId=ME)
    elif change == "setting":
        org.emulator.settings(hidden_fields=["Contact.Title"])
    else:
        declare(org, picklists={"Contact.LeadSource": ["Fair"]})
    answer = org.call("GET", "/sobjects/Contact/describe", headers={"If-Modified-Since": SINCE})
    assert (answer.status_code, answer.headers["Last-Modified"]) == (200, "Mon, 02 Mar 2026 09:01:00 GMT")


BUYERS = [{"DeveloperName": "Buyer", "Name": "A buyer", "default": True}, {"DeveloperName": "User", "Name": "A user"}]


def test_without_record_types_there_is_the_master_and_no_field(org: Org) -> None:
    answer = described(org, "Contact")
    [master] = answer["recordTypeInfos"]
    told = {name: master[name] for name in ("name", "master", "available", "defaultRecordTypeMapping", "recordTypeId")}
    assert told == {
        "name": "Master",
        "master": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "recordTypeId": "012000000000000AAA",
    }
    assert "RecordTypeId" not in [each["name"] for each in answer["fields"]]


def test_record_types_are_described_defaulted_queried_and_checked(org: Org) -> None:
    declare(org, recordTypes={"Contact": BUYERS, "Account": [{"DeveloperName": "Firm"}]})
    infos = {each["developerName"]: each for each in described(org, "Contact")["recordTypeInfos"]}
    assert [(name, each["defaultRecordTypeMapping"]) for name, each in infos.items()] == [
        ("Buyer", True), ("User", False), ("Master", False)
    ]  # fmt: skip
    made = org.create("Contact", LastName="Fay")
    assert org.record("Contact", made)["RecordTypeId"] == infos["Buyer"]["recordTypeId"]
    org.create("Contact", LastName="Kay", RecordTypeId=infos["User"]["recordTypeId"])
    soql = "SELECT LastName FROM Contact WHERE RecordType.DeveloperName = 'User'"
    assert org.column(soql) == ["Kay"]
    [firm] = org.column("SELECT Id FROM RecordType WHERE SobjectType = 'Account' AND IsActive = true")
    refused = org.refusal("POST", "/sobjects/Contact", {"LastName": "x", "RecordTypeId": firm})
    sentence = f"Record Type ID: this ID value isn't valid for the user: {firm}"
    assert refused == (400, "INVALID_CROSS_REFERENCE_KEY", sentence)


def test_a_custom_object_has_name_owner_and_the_first_free_prefix(org: Org) -> None:
    declare(org, objects={"Goal__c": {"label": "Goal"}, "Step__c": {"fields": {"Goal__c": {"to": ["Goal__c"]}}}})
    assert [described(org, name)["keyPrefix"] for name in ("Goal__c", "Step__c")] == ["a00", "a01"]
    goal = org.create("Goal__c", Name="Grow")
    step = org.create("Step__c", Name="One", Goal__c=goal)
    assert org.column(f"SELECT Goal__r.Name FROM Step__c WHERE Id = '{step}'")[0]["Name"] == "Grow"
    row = org.record("Goal__c", goal)
    assert (goal[:3], row["OwnerId"], row["CreatedDate"]) == ("a00", ME, STAMP)
    told = described(org, "Step__c")
    assert (told["custom"], field(org, "Step__c", "Goal__c")["relationshipName"]) == (True, "Goal__r")


def test_a_dependent_picklist_tells_for_which_values_it_is_valid(org: Org) -> None:
    rooms = [{"valueName": "Lab", "controllingFieldValue": ["Berlin", "Rome"]},
             {"valueName": "Hall", "controllingFieldValue": ["Rome"]}]  # fmt: skip
    city = {"name": "City__c", "label": "City", "type": "Picklist", "values": ["Berlin", "Oslo", "Rome"]}
    room = {"name": "Room__c", "label": "Room", "type": "Picklist", "values": ["Lab", "Hall"]}
    declare(org, fields={"Contact": [city, {**room, "controllingField": "City__c", "valueSettings": rooms}]})
    told = field(org, "Contact", "Room__c")
    assert (told["dependentPicklist"], told["controllerName"]) == (True, "City__c")
    # One bit for each city, the first one highest: Lab 101, Hall 001.
    assert {each["value"]: each["validFor"] for each in told["picklistValues"]} == {"Lab": "oA==", "Hall": "IA=="}


@pytest.mark.parametrize("path", ["layouts", "layouts/012000000000000AAA", "compactLayouts"])
def test_layouts_are_minimal(org: Org, path: str) -> None:
    answer = org.call("GET", f"/sobjects/Contact/describe/{path}").json()
    known = {"layouts": ["recordTypeMappings"], "layouts/012000000000000AAA": ["detailLayoutSections"],
             "compactLayouts": ["defaultCompactLayoutId"]}  # fmt: skip
    assert set(known[path]) <= set(answer)


def test_the_layout_of_an_unknown_record_type_is_not_found(org: Org) -> None:
    path = "/sobjects/Contact/describe/layouts/012000000000001AAA"
    assert org.refusal("GET", path)[:2] == (404, "NOT_FOUND")


def test_the_people_of_a_task_are_shown_as_relations_to_people_only(org: Org) -> None:
    soql = f"SELECT RelationId, Type FROM TaskWhoRelation WHERE TaskId = '{CALL}' ORDER BY RelationId"
    assert org.column(soql) == [ADA]
    extra = org.create("TaskRelation", TaskId=CALL, RelationId=BEN)
    assert org.column(soql) == [ADA, BEN]
    org.call("DELETE", f"/sobjects/TaskRelation/{extra}")
    org.call("PATCH", f"/sobjects/Task/{CALL}", {"WhoId": None})
    assert org.column(soql) == []


def test_an_address_is_made_of_its_parts(org: Org) -> None:
    assert org.record("Account", ACME)["BillingAddress"] is None
    org.call("PATCH", f"/sobjects/Account/{ACME}", {"BillingCity": "Oslo", "BillingStreet": "Kai 1"})
    address = org.record("Account", ACME)["BillingAddress"]
    parts = {"city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street"}
    assert (set(address), address["city"], address["street"], address["state"]) == (parts, "Oslo", "Kai 1", None)
