"""The schema part of a seed: from a folder, from the documentation, from the control interface; and what it refuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator.org import ADA, OWNER, SEED, Org
from tests.emulator.process import Emulator

pytestmark = pytest.mark.emulator
DOCS = Path(__file__).parents[2] / "docs" / "seed-format.md"
SCHEMA = """
objects:
  Project__c:
    label: Project
    fields:
      Sponsor__c: {to: [Contact], children: Projects__r, required: true}
      Stage__c: {type: picklist, values: [Plan, Do], restricted: true, default: Plan}
fields:
  Contact:
    - {name: Ext__c, label: Key, type: Text, length: 9, externalId: true, unique: true}
recordTypes:
  Contact:
    - {Id: 0125g000001Buye, DeveloperName: Buyer, default: true}
validationRules:
  Project__c:
    - {fullName: Named, errorConditionFormula: 'ISBLANK(Name)', errorMessage: A project has a name.}
"""
RECORDS = {
    "User": [{"LastName": "Gray", "Username": "integration@acme.example"}],
    "Contact": [{"Id": ADA, "LastName": "Berg", "Ext__c": "a1"}],
    "Project__c": [{"Name": "Moon", "Sponsor__c": ADA}],
}


@pytest.mark.parametrize("name", ["salesforce.json", "seed.json"])
@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_folder_may_keep_its_schema_in_a_file_of_its_own(
    emulator: Emulator, tmp_path: Path, name: str, form: str
) -> None:

    text = SCHEMA if form == "yaml" else json.dumps(yaml.safe_load(SCHEMA))
    (tmp_path / f"salesforce.schema.{form}").write_text(text, encoding="utf-8")
    whole = {"records": RECORDS} if name == "salesforce.json" else {"salesforce": {"records": RECORDS}}
    (tmp_path / name).write_text(json.dumps(whole), encoding="utf-8")
    emulator.control("POST", "seed", {"name": str(tmp_path)})
    org = Org(emulator)
    org.login()
    [row] = org.query("SELECT Stage__c, Sponsor__r.RecordType.DeveloperName FROM Project__c")["records"]
    assert (row["Stage__c"], row["Sponsor__r"]["RecordType"]["DeveloperName"]) == ("Plan", "Buyer")
    assert org.call("GET", "/sobjects/Contact/Ext__c/A1").json()["Id"] == ADA
    refused = org.refusal("POST", "/sobjects/Project__c", {"Sponsor__c": ADA})
    assert refused[1:] == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "A project has a name.")


def documented() -> dict[str, Any]:
    """The schema example of the documentation."""
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return dict(json.loads(blocks[1]))


def test_the_example_of_the_documentation_works(org: Org) -> None:
    part = {**documented(), "assignmentRules": {"Lead": OWNER}}
    org.emulator.control("POST", "schema", {name: value for name, value in part.items() if name != "features"})
    person = {"LastName": "x", "Title": "VP", "Ext__c": "k"}
    made = org.create("Contact", **person)
    row = org.record("Contact", made)
    assert (row["Boss__c"], row["RecordTypeId"][:3]) == (None, "012")
    assert org.refusal("POST", "/sobjects/Contact", {"LastName": "x"})[2] == "Say what they do."
    assert org.refusal("POST", "/sobjects/Contact", {**person, "Title": "CEO", "Ext__c": "l"})[1] == (
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
    )
    duplicate = f"duplicate value found: Ext__c duplicates value on record with id: {made[:15]}"
    assert org.refusal("POST", "/sobjects/Contact", person) == (400, "DUPLICATE_VALUE", duplicate)
    org.create("Project__c", Name="p", Sponsor__c=made)


def rule(condition: str, **more: str) -> dict[str, str]:
    """A validation rule."""
    return {"fullName": "R", "errorConditionFormula": condition, "errorMessage": "no", **more}


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ({"objects": {"X__c": {"fields": {"A__c": {"colour": 1}}}}}, "colour"),
        ({"fields": {"Nope": [{"name": "X__c", "type": "Text"}]}}, "nope"),
        ({"fields": {"Contact": [{"name": "X__c", "type": "Sound"}]}}, "Sound"),
        ({"picklists": {"Contact.Nope": ["a"]}}, "unknown field"),
        ({"picklists": {"Contact.LeadSource": [1]}}, "no texts"),
        ({"recordTypes": {"Nope": []}}, "unknown object"),
        ({"recordTypes": {"Contact": [{"Name": "x"}]}}, "DeveloperName"),
        ({"validationRules": {"Contact": [rule("1", colour="red")]}}, "colour"),
        ({"validationRules": {"Contact": [rule("(")]}}, "formula"),
        ({"validationRules": {"Contact": [rule("Nope")]}}, "no field Nope"),
        ({"validationRules": {"Nope": [rule("Name")]}}, "formula of Nope"),
        ({"duplicateRules": {"Contact": [{"fullName": "R", "fields": []}]}}, "fields"),
        ({"triggers": {"Contact": [{"fullName": "T", "milliseconds": -1}]}}, "milliseconds"),
        ({"triggers": {"Contact": [{"fullName": "T", "set": {"Title": "ISCHANGED()"}}]}}, "ISCHANGED"),
    ],
)
def test_a_schema_that_cannot_be_is_refused_with_its_place(org: Org, part: object, sentence: str) -> None:
    url = f"{org.emulator.announced['control']}/schema"
    answer = org.emulator.session.post(url, json=part, timeout=10)
    assert (answer.status_code, sentence in answer.json()["error"]) == (400, True)


def test_after_a_refused_seed_the_org_is_empty_and_answers(org: Org) -> None:
    url = f"{org.emulator.announced['control']}/seed"
    assert org.emulator.session.post(url, json={"salesforce": {"records": {"Nope": []}}}, timeout=10).status_code == 400
    org.login()
    assert org.query("SELECT COUNT() FROM Contact")["totalSize"] == 0
    org.emulator.control("POST", "seed", SEED)
    org.login()
    assert org.query("SELECT COUNT() FROM Contact")["totalSize"] == 4


def test_a_converted_lead_can_no_longer_be_changed(org: Org) -> None:
    lead = {"Id": "00Q5g000001Lead", "LastName": "x", "Company": "y", "IsConverted": True}
    org.emulator.control("POST", "seed", {"salesforce": {"records": {"Lead": [lead]}}})
    org.login()
    refused = org.refusal("PATCH", f"/sobjects/Lead/{lead['Id']}", {"Title": "CEO"})
    assert refused == (400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


def test_what_is_declared_again_replaces_what_was(org: Org) -> None:
    org.emulator.control("POST", "schema", {"validationRules": {"Account": [rule("TRUE")]}})
    assert org.refusal("POST", "/sobjects/Account", {"Name": "x"})[2] == "no"
    org.emulator.control("POST", "schema", {"validationRules": {"Account": [rule("FALSE")]}})
    org.create("Account", Name="x")
    org.emulator.control("POST", "schema", {"objects": {"Goal__c": {"label": "Goal"}}})
    org.emulator.control("POST", "schema", {"objects": {"Goal__c": {"label": "Aim"}}})
    described = org.call("GET", "/sobjects/Goal__c/describe").json()
    assert (described["label"], described["keyPrefix"]) == ("Aim", "a00")
