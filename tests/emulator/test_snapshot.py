"""A snapshot is the whole of both vendors: taken back, or started from, every answer is what it was."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import org as salesforce
from tests.emulator.hubspot import site as hubspot
from tests.emulator.org import ACME, ADA, BEN, CLEO, DATA, DEE, NOW, Org
from tests.emulator.process import Emulator, running

pytestmark = pytest.mark.emulator
PASSING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|http://127\.0\.0\.1:\d+")
"""What no two answers share: correlation ids, and the port of another process."""
WORDS = {
    "version": ["65.0"],
    "entity": ["Contact", "Account", "Task", "Event", "CustomField", "PermissionSet", "FieldPermissions"],
    "id": [ADA, BEN, DEE, ACME, "201", "202", "205", "9001", "5001", "4101", "100255"],
    "key": ["ERP_Number__c", "Persona__c"],
    "value": ["A-1", "Boss"],
    "kind": ["contacts", "companies", "deals", "emails", "tasks"],
    "other": ["companies", "contacts"],
    "name": ["tie", "nps_score", "email", "rapport"],
}
QUERIES = [
    "SELECT FIELDS(ALL) FROM Contact ORDER BY Id LIMIT 200",
    "SELECT FIELDS(ALL) FROM Account ORDER BY Id LIMIT 200",
    "SELECT FIELDS(ALL) FROM Task ORDER BY Id LIMIT 200",
    "SELECT FIELDS(ALL) FROM Event ORDER BY Id LIMIT 200",
    "SELECT FIELDS(ALL) FROM OpportunityContactRole ORDER BY Id LIMIT 200",
    "SELECT Field, PermissionsRead, PermissionsEdit FROM FieldPermissions ORDER BY Field",
]


class Pair:
    """Both vendors of one emulator, spoken to with credentials that a snapshot keeps."""

    def __init__(self, emulator: Emulator, token: str) -> None:
        self.emulator = emulator
        self._tokens = {"salesforce": token, "hubspot": f"Bearer {emulator.announced['hubspot']['token']}"}
        self._url = emulator.announced["hubspot"]["url"]

    def call(self, method: str, path: str, body: object = None, **params: str) -> Any:
        """One call: status and text, without what passes."""
        vendor = "salesforce" if path.startswith("/services") else "hubspot"
        headers = {"Authorization": self._tokens[vendor]}
        options: dict[str, Any] = {"json": body, "params": params, "headers": headers, "timeout": 20}
        answer = self.emulator.session.request(method, self._url + path, **options)
        return answer.status_code, PASSING.sub("-", answer.text)

    def everything(self) -> dict[str, Any]:
        """What every route that only reads answers, and what questions and searches find."""
        rows = self.emulator.control("GET", "routes")
        reading = sorted(t for row in rows if row["method"] == "GET" for t in row["templates"])
        seen = {path: self.call("GET", path) for template in reading for path in filled(template)}
        for soql in QUERIES:
            for resource in ("query", "queryAll"):
                seen[f"{resource} {soql}"] = self.call("GET", f"{DATA}/{resource}", q=soql)
        for kind in WORDS["kind"]:
            page = {"limit": "100", "archived": "true", "properties": "email,jobtitle,tie,hs_merged_object_ids"}
            seen[f"archived {kind}"] = self.call("GET", f"/crm/v3/objects/{kind}", **page)
            seen[f"search {kind}"] = self.call("POST", f"/crm/v3/objects/{kind}/search", {"limit": 100})
        for record in ("201", "202", "203", "204"):
            seen[f"contact {record}"] = self.call("GET", f"/crm/v3/objects/contacts/{record}", associations="companies")
        history = {"propertiesWithHistory": "jobtitle,email"}
        seen["history"] = self.call("GET", "/crm/v3/objects/contacts/201", **history)
        seen["settings"] = self.emulator.control("GET", "limits")
        seen["clock"] = self.emulator.control("GET", "clock")
        return seen


def filled(template: str) -> Iterator[str]:
    """A template with each of the words in turn in its first parameter, the others taken along."""
    names = re.findall(r"\{(\w+)\}", template)
    for number in range(max((len(WORDS.get(name, "x")) for name in names), default=1)):
        words = {name: WORDS.get(name, ["1"])[number % len(WORDS.get(name, ["1"]))] for name in names}
        yield template.format(**words)


def live(pair: Pair) -> None:
    """Do something of every kind, so that there is everything to keep."""
    field = {"label": "Persona", "type": "Text", "length": 40, "externalId": True}
    custom = f"{DATA}/tooling/sobjects/CustomField"
    made = [
        pair.call("POST", custom, {"FullName": "Contact.Persona__c", "Metadata": field}),
        pair.call("POST", custom, {"FullName": "Contact.Hidden__c", "Metadata": {**field, "label": "Hidden"}}),
        pair.call("POST", f"{DATA}/sobjects/PermissionSet", {"Name": "Rapport", "Label": "Rapport"}),
    ]
    parent = json.loads(made[2][1])["id"]
    user = {"AssigneeId": salesforce.ME, "PermissionSetId": parent}
    grant = {"SobjectType": "Contact", "Field": "Contact.Persona__c", "PermissionsRead": True, "PermissionsEdit": True}
    made += [
        pair.call("POST", f"{DATA}/sobjects/PermissionSetAssignment", user),
        pair.call("POST", f"{DATA}/sobjects/FieldPermissions", {"ParentId": parent, **grant}),
        pair.call("PATCH", f"{DATA}/sobjects/Contact/Persona__c/Boss", {"LastName": 'Zoë "Boss"\n😀'}),
        pair.call("DELETE", f"{DATA}/sobjects/Contact/{DEE}"),
        pair.call("PATCH", "/crm/v3/objects/contacts/201", {"properties": {"jobtitle": "CIO"}}),
        pair.call("POST", "/crm/v3/objects/contacts/merge", {"primaryObjectId": "202", "objectIdToMerge": "203"}),
        pair.call("POST", "/crm/v3/objects/contacts", {"properties": {"email": "new@acme.example"}}),
        pair.call("DELETE", "/crm/v3/objects/deals/7001"),
        pair.call("POST", "/crm/v3/properties/contacts/groups", {"name": "rapport", "label": "R", "displayOrder": -1}),
        pair.call("POST", "/crm/v3/properties/contacts", TIE),
        pair.call("POST", "/crm/v4/associations/contacts/companies/labels", {"label": "Fan", "name": "fan"}),
        pair.call("PUT", "/crm/v4/objects/contacts/202/associations/default/companies/9002"),
    ]
    assert [answer for answer in made if answer[0] >= 300] == []
    pair.emulator.control("POST", "merge", {"object": "Contact", "winner": BEN, "losers": [CLEO]})
    pair.emulator.control("POST", "limits", {"salesforce": {"page_size": 7}, "hubspot": {"search_lag": 3}})


TIE = {"name": "tie", "label": "Tie", "type": "number", "fieldType": "number", "groupName": "rapport"}


@pytest.fixture
def pair(emulator: Emulator) -> Pair:
    """Both vendors with a past."""
    emulator.control("POST", "seed", {**salesforce.SEED, "hubspot": hubspot.SEED})
    org = Org(emulator)
    org.login()
    pair = Pair(emulator, org.headers["Authorization"])
    emulator.control("POST", "limits", {"hubspot": {"ten_secondly_limit": 100_000, "search_limit": 100_000}})
    live(pair)
    return pair


def test_after_anything_at_all_a_snapshot_brings_every_answer_back(pair: Pair, tmp_path: Path) -> None:
    folder = {"folder": str(tmp_path / "kept")}
    pair.emulator.control("POST", "snapshot", folder)
    before = pair.everything()
    assert len(before) > 200
    pair.emulator.control("POST", "clock", {"freeze": False, "now": "2031-01-01T00:00:00+00:00"})
    pair.emulator.control("POST", "seed", {"name": "demo"})
    pair.emulator.control("POST", "restore", folder)
    after = pair.everything()
    assert {path: (before[path], after[path]) for path in before if before[path] != after[path]} == {}


def test_an_emulator_started_from_a_snapshot_gives_every_answer_the_same(pair: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    pair.emulator.control("POST", "snapshot", {"folder": str(folder)})
    before = pair.everything()
    with running("--seed", str(folder)) as emulator:
        other = Pair(emulator, pair._tokens["salesforce"])
        after = other.everything()
        other.call("DELETE", "/crm/v3/objects/contacts/201")
        emulator.control("POST", "reset")
        again = other.call("GET", "/crm/v3/objects/contacts/201", associations="companies")
        assert again == before["contact 201"]
    assert {path: (before[path], after[path]) for path in before if before[path] != after[path]} == {}


def test_life_goes_on_after_a_snapshot_with_ids_nobody_had(pair: Pair, tmp_path: Path) -> None:
    folder = {"folder": str(tmp_path / "kept")}
    pair.emulator.control("POST", "snapshot", folder)
    first = pair.call("POST", "/crm/v3/objects/contacts", {"properties": {"firstname": "A"}})
    account = pair.call("POST", f"{DATA}/sobjects/Account", {"Name": "New"})
    pair.emulator.control("POST", "restore", folder)
    assert pair.call("POST", "/crm/v3/objects/contacts", {"properties": {"firstname": "A"}}) == first
    assert pair.call("POST", f"{DATA}/sobjects/Account", {"Name": "New"}) == account


def test_a_snapshot_may_be_taken_again_into_its_folder(emulator: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    for _ in "ab":
        told = emulator.control("POST", "snapshot", {"folder": str(folder)})
        assert told == {"written": str(folder / "snapshot.json")}
    assert [path.name for path in folder.iterdir()] == ["snapshot.json"]
    assert [path.name for path in tmp_path.rglob("*.json")] == ["snapshot.json"]


def test_a_clock_given_at_the_start_wins_over_the_snapshot_s(emulator: Emulator, tmp_path: Path) -> None:
    emulator.control("POST", "snapshot", {"folder": str(tmp_path / "kept")})
    with running("--seed", str(tmp_path / "kept")) as other:
        assert other.control("GET", "clock") == {"now": NOW, "frozen": True}
    with running("--seed", str(tmp_path / "kept"), "--clock", "2030-05-05T00:00:00+00:00") as other:
        assert other.control("GET", "clock")["now"].startswith("2030-05-05")


@pytest.mark.parametrize(
    ("name", "folder", "sentence"),
    [
        ("snapshot", "relative/path", "the folder of a snapshot must be an absolute path"),
        ("snapshot", "{held}", "{held} holds something else (diary.txt)"),
        ("snapshot", "{held}/diary.txt", ""),
        ("restore", "{empty}", "{empty} holds no snapshot.json"),
        ("restore", "{broken}", ""),
        ("restore", "{foreign}", "not a state this emulator can take on"),
        ("restore", "{older}", "{older}/snapshot.json is no snapshot of this emulator"),
    ],
)
def test_a_folder_that_will_not_do_is_refused_and_left_alone(
    emulator: Emulator, tmp_path: Path, name: str, folder: str, sentence: str
) -> None:
    foreign = {"$": "object", "of": "json.decoder:JSONDecoder", "has": {}}
    texts = {
        "diary.txt": "mine",
        "broken": "{",
        "foreign": json.dumps({"format": 1, "clock": {}, "salesforce": foreign, "hubspot": {}}),
        "older": json.dumps({"format": 0}),
    }
    folders = {each: str(tmp_path / each) for each in ("held", "empty", "broken", "foreign", "older")}
    for each in folders.values():
        Path(each).mkdir()
    (tmp_path / "held" / "diary.txt").write_text(texts["diary.txt"], encoding="utf-8")
    for each in ("broken", "foreign", "older"):
        (tmp_path / each / "snapshot.json").write_text(texts[each], encoding="utf-8")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    url = f"{emulator.announced['control']}/{name}"
    answer = emulator.session.post(url, json={"folder": folder.format(**folders)}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence.format(**folders))
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
    assert emulator.control("GET", "clock") == {"now": NOW, "frozen": True}
