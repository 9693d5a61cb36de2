"""`rapport check` over HTTP: an organisation is broken one thing at a time, and each is told with its place.

Every case is followed by a run: it fails, or does not begin, exactly when check ended with 1.
"""

import copy
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
from click.testing import CliRunner, Result

from sync.cli import main
from tests.contract.org import ACCOUNT, ADA, CONTACTS, MAX, SEED, key

SETTINGS = """\
store: {stage: ., ledger: "sqlite:///ledger.db"}
organisations:
  acme:
    managers:
      West: max@vendor.example
    products:
      - sold_to: [Finance]
    connections:
      sf:
        vendor: salesforce
        url: SF_URL
        auth: {flow: client_credentials, client_id: "env:SF_ID", client_secret: "env:SF_SECRET"}
        api_version: "62.0"
        customer_types: [Customer]
        budget: {share: 0.5, reserve: 1000}
        fields:
          account:
            segment: Segment__c
            renewal_at: Renewal__c
      hs:
        vendor: hubspot
        url: HS_URL
        auth: {flow: token, access_token: "env:HS_TOKEN"}
        api: "2026-09"
        customer_stages: [customer]
        budget: {share: 0.5, reserve: 1000}
        fields:
          account:
            segment: segment
            renewal_at: renewal
"""
SF_FIELDS = {
    "Account": [
        {"name": "Segment__c", "label": "Segment", "type": "Picklist", "values": ["SMB", "Enterprise"]},
        {"name": "Renewal__c", "label": "Renewal", "type": "Date"},
        {"name": "Notes__c", "label": "Notes", "type": "Text", "length": 80},
    ]
}
HS_FIELDS = {
    "companies": [
        {
            "name": "segment",
            "label": "Segment",
            "type": "enumeration",
            "fieldType": "select",
            "groupName": "companyinformation",
            "options": [{"label": value, "value": value} for value in ("SMB", "Enterprise")],
        },
        *(
            {"name": name, "label": name, "type": kind, "fieldType": form, "groupName": "companyinformation"}
            for name, kind, form in (("renewal", "date", "date"), ("notes", "string", "text"))
        ),
    ]
}
OWNER = {"firstName": "Eve", "lastName": "Orr", "teams": [{"id": "7", "name": "West", "primary": True}]}


def whole_seed() -> dict[str, Any]:
    """Describe two organisations in which nothing is amiss."""
    salesforce = copy.deepcopy(SEED["salesforce"])
    records = salesforce["records"]
    for user in records["User"]:
        user["ManagerId"] = MAX if user["Id"] == ADA else ADA
    records["Task"] = [
        {"Id": key("00T", 1), "Subject": "Call", "Status": "Completed", "WhoId": CONTACTS[0], "WhatId": ACCOUNT}
    ]
    eve = {**OWNER, "id": "4101", "email": "eve@vendor.example", "userId": 91}
    head = {"id": "4102", "email": "max@vendor.example", "firstName": "Max", "lastName": "Osei", "userId": 92}
    acme = {"name": "Acme", "lifecyclestage": "customer", "hubspot_owner_id": "4101"}
    mail = {"hs_timestamp": "@-3dT09:30", "hs_email_direction": "INCOMING_EMAIL", "hs_email_subject": "A question"}
    hubspot: dict[str, Any] = {
        "portal_id": 48120733,
        "properties": copy.deepcopy(HS_FIELDS),
        "owners": [eve, head],
        "records": {
            "companies": [{"id": "9001", "properties": acme}],
            "contacts": [{"id": "201", "properties": {"email": "zoe@acme.example", "lastname": "Ng"}}],
            "emails": [{"id": "301", "properties": mail}],
        },
        "associations": [
            {"from": "contacts/201", "to": "companies/9001", "types": [1, 279]},
            {"from": "emails/301", "to": "contacts/201", "types": [198]},
        ],
    }
    return {"salesforce": {**salesforce, "fields": copy.deepcopy(SF_FIELDS)}, "hubspot": hubspot}


@dataclass(slots=True)
class World:
    """Both organisations in the emulator and a person with a settings file; broken by the methods."""

    ready: Mapping[str, Any]
    folder: Path
    env: pytest.MonkeyPatch
    seed: dict[str, Any] = field(default_factory=whole_seed)
    settings: str = SETTINGS

    def tell(self, what: str, body: object) -> None:
        """Turn a switch of the emulator."""
        answer = requests.post(f"{self.ready['control']}/{what}", json=body, timeout=10)
        assert answer.ok, answer.text

    def limit(self, vendor: str, **changes: object) -> None:
        """Change what a vendor allows."""
        self.tell("limits", {vendor: changes})

    def fault(self, path: str, status: int, body: object) -> None:
        """Refuse what is asked at a path."""
        self.tell("faults", {"action": "status", "path": path, "status": status, "body": body})

    def hubspot(self, method: str, path: str, body: object = None) -> Any:
        """Act as an administrator of the portal."""
        headers = {"Authorization": f"Bearer {self.ready['hubspot']['token']}"}
        url = self.ready["hubspot"]["url"] + path
        answer = requests.request(method, url, json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def write(self, old: str, new: str) -> None:
        """Change the settings."""
        assert old in self.settings
        self.settings = self.settings.replace(old, new, 1)

    def within(self, connection: str, old: str, new: str) -> None:
        """Change the settings of one connection."""
        start = self.settings.index(f"\n      {connection}:\n")
        self.settings = self.settings[:start] + self.settings[start:].replace(old, new, 1)

    def only(self, connection: str) -> None:
        """Leave the other connection out of the settings."""
        head, _, rest = self.settings.partition("      sf:\n")
        salesforce, _, hubspot = rest.partition("      hs:\n")
        kept = {"sf": salesforce, "hs": hubspot}[connection]
        self.settings = f"{head}      {connection}:\n{kept}"

    def line(self, marker: str, after: str = "") -> int:
        """Tell the line in which a text stands, the first one after another."""
        start = self.settings.index(after)
        return self.settings[: self.settings.index(marker, start)].count("\n") + 1

    def load(self) -> None:
        """Bring the seed into the emulator."""
        self.tell("reset", {})
        self.tell("seed", self.seed)
        self.limit("hubspot", ten_secondly_limit=100_000, association_limit=100_000)

    def ask(self, *words: str) -> Result:
        """Give a command with the settings as they are now."""
        text = self.settings.replace("SF_URL", self.ready["salesforce"]["http"])
        (self.folder / "rapport.yaml").write_text(
            text.replace("HS_URL", self.ready["hubspot"]["url"]), encoding="utf-8"
        )
        return CliRunner().invoke(main, words)


@pytest.fixture
def world(emulator: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Lend both organisations and put logging back afterwards: its streams end with the command."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SF_ID", emulator["salesforce"]["client_id"])
    monkeypatch.setenv("SF_SECRET", emulator["salesforce"]["client_secret"])
    monkeypatch.setenv("HS_TOKEN", emulator["hubspot"]["token"])
    root = logging.getLogger()
    handlers, level, root.handlers = root.handlers, root.level, []
    yield World(emulator, tmp_path, monkeypatch)
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


# --- one thing at a time -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """What is broken before the CRMs are provisioned and after, and the finding that must be told of it.

    `place` is a text in the line that is named (of the settings as broken), after the text `after`.
    """

    name: str
    severity: str
    about: str
    where: str
    said: str
    place: str
    after: str = ""
    seed: Callable[[World], object] = lambda _: None
    act: Callable[[World], object] = lambda _: None

    def __str__(self) -> str:
        return f"{self.about}: {self.name}"


def at(tree: Any, *steps: Any) -> Any:
    for step in steps:
        tree = tree[step]
    return tree


def sf_rows(world: World, name: str) -> list[dict[str, Any]]:
    return list(at(world.seed, "salesforce", "records").setdefault(name, []))


def picklist(world: World) -> None:
    """Let somebody make our picklist with one value before we come."""
    short = {"name": "Rapport_Depth_Name__c", "label": "Depth name", "type": "Picklist", "restricted": True}
    world.seed["salesforce"]["fields"]["Contact"] = [{**short, "values": ["Unknown"]}]


def ours(world: World, object_type: str, **declared: object) -> None:
    """Let somebody make a property of our name before we come."""
    held = world.seed["hubspot"]["properties"].setdefault(object_type, [])
    held.append({"label": "Ours", "groupName": "companyinformation", **declared})


def our_text(world: World) -> None:
    text = {"name": "Rapport_Depth__c", "label": "Depth", "type": "Text", "length": 20}
    world.seed["salesforce"]["fields"]["Contact"] = [text]


def nearly_spent(world: World) -> None:
    """Reserve the portal's day for people but for 30 calls: a check has room in it, a run after it has not."""
    told = world.hubspot("GET", "/account-info/v3/api-usage/daily/private-apps")["results"][0]
    left = told["usageLimit"] - told["currentUsage"]
    world.within("hs", "reserve: 1000", f"reserve: {left - 30}")


NO_ACCESS = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "insufficient access rights on object id"}]
SCOPED = "sf:\n"
PORTAL = "hs:\n"
SALESFORCE = (
    Case(
        "a field was deleted",
        "error",
        "sf",
        "Account.Renewal__c",
        "The mapped field does not exist or is hidden.",
        "renewal_at: Renewal__c",
        seed=lambda w: w.seed["salesforce"]["fields"]["Account"].pop(1),
    ),
    Case(
        "a field is misspelt",
        "error",
        "sf",
        "Account.Segmnt__c",
        "Did you mean 'Segment__c'?",
        "segment: Segmnt__c",
        act=lambda w: w.write("segment: Segment__c", "segment: Segmnt__c"),
    ),
    Case(
        "a field is hidden by field-level security",
        "error",
        "sf",
        "Account.Segment__c",
        "Grant it to the integration user in a permission set",
        "segment: Segment__c",
        act=lambda w: w.limit("salesforce", hidden_fields=["Account.Segment__c"]),
    ),
    Case(
        "a standard field is hidden",
        "warning",
        "sf",
        "Contact.Department",
        "A standard field is hidden; it reads as unknown.",
        SCOPED,
        act=lambda w: w.limit("salesforce", hidden_fields=["Contact.Department"]),
    ),
    Case(
        "a field is of a type that cannot be read",
        "error",
        "sf",
        "Account.Segment__c",
        "The field is of type picklist, but account.renewal_at is a date or moment.",
        "renewal_at: Segment__c",
        act=lambda w: w.write("renewal_at: Renewal__c", "renewal_at: Segment__c"),
    ),
    Case(
        "a date is kept in a text",
        "warning",
        "sf",
        "Account.Notes__c",
        "what cannot be read as one is unknown",
        "renewal_at: Notes__c",
        act=lambda w: w.write("renewal_at: Renewal__c", "renewal_at: Notes__c"),
    ),
    Case(
        "a field of ours is read-only",
        "warning",
        "sf",
        "Contact.Rapport_Depth__c",
        "Our field cannot be written; it is skipped.",
        SCOPED,
        act=lambda w: w.limit("salesforce", read_only_fields=["Contact.Rapport_Depth__c"]),
    ),
    Case(
        "a field of ours was made as a text",
        "warning",
        "sf",
        "Contact.Rapport_Depth__c",
        "Our field is of type string instead of number; what we write may be refused.",
        SCOPED,
        seed=our_text,
    ),
    Case(
        "a picklist of ours lacks values",
        "warning",
        "sf",
        "Contact.Rapport_Depth_Name__c",
        "The picklist lacks 'Identified', 'Responsive', 'Engaged', 'Trusted', 'Advocate', 'Cannot tell'",
        SCOPED,
        seed=picklist,
    ),
    Case(
        "the status of a completed task is gone",
        "error",
        "sf",
        "Task.Status",
        "Tasks have no status 'Completed'; tasks cannot be opened or closed. Add the status 'Completed' in Setup.",
        SCOPED,
        seed=lambda w: (
            w.seed["salesforce"].update(picklists={"Task.Status": ["Not Started", "Deferred"]}),
            sf_rows(w, "Task")[0].update(Status="Deferred"),
        ),
    ),
    Case(
        "no account is a customer",
        "warning",
        "sf",
        "customers",
        "No account is a customer by `customer_types`: 'Custmer'. Did you mean 'Customer'?",
        "customer_types",
        act=lambda w: w.write("customer_types: [Customer]", "customer_types: [Custmer]"),
    ),
    Case(
        "a type of customers is none of the picklist",
        "warning",
        "sf",
        "customers",
        "The field that says who is a customer has no value for 'Klient'",
        "customer_types",
        act=lambda w: w.write("customer_types: [Customer]", "customer_types: [Customer, Klient]"),
    ),
    Case(
        "a segment is none that the rules know",
        "warning",
        "sf",
        "segment",
        "The rules know no segment 'Gold'",
        "segment: Segment__c",
        seed=lambda w: w.seed["salesforce"]["fields"]["Account"][0]["values"].append("Gold"),
    ),
    Case(
        "there is no activity",
        "warning",
        "sf",
        "activity",
        "Nothing of Task, Event, EmailMessage is younger than 90 days",
        SCOPED,
        seed=lambda w: w.seed["salesforce"]["records"].pop("Task"),
    ),
    Case(
        "an object is forbidden",
        "warning",
        "sf",
        "EmailMessage",
        "The object is not visible; its evidence is missing.",
        SCOPED,
        act=lambda w: w.fault("/sobjects/EmailMessage/describe$", 403, NO_ACCESS),
    ),
    Case(
        "an owner of customers is deactivated",
        "warning",
        "sf",
        "owners",
        "Owners of customers are deactivated: Max Osei (1 customer)",
        SCOPED,
        seed=lambda w: (
            sf_rows(w, "Account")[0].update(OwnerId=MAX),
            sf_rows(w, "User")[1].update(IsActive=False),
        ),
    ),
    Case(
        "an owner has no manager",
        "warning",
        "sf",
        "managers",
        "No active manager is known of Ada King (1 customer)",
        "acme:",
        seed=lambda w: sf_rows(w, "User")[0].update(ManagerId=None),
    ),
    Case(
        "the budget is too small",
        "error",
        "sf",
        "budget",
        "it does not fit and would not begin. Raise `budget.share`",
        "budget:",
        SCOPED,
        act=lambda w: w.limit("salesforce", daily_limit=100_000, daily_used=98_978),
    ),
    Case(
        "the API version is of the future",
        "error",
        "sf",
        "connection",
        "API version 99.0 does not exist, any more or yet; the organisation serves 31.0 to 68.0. "
        "Set `api_version` of the connection to 68.0.",
        "api_version",
        act=lambda w: w.write('"62.0"', '"99.0"'),
    ),
    Case(
        "the API version was retired",
        "error",
        "sf",
        "connection",
        "API version 30.0 does not exist",
        "api_version",
        act=lambda w: w.write('"62.0"', '"30.0"'),
    ),
    Case(
        "the secret is wrong",
        "error",
        "sf",
        "connection",
        "Check the credentials",
        SCOPED,
        act=lambda w: w.env.setenv("SF_SECRET", "wrong"),
    ),
    Case(
        "the secret is missing",
        "error",
        "sf",
        "connection",
        "A secret is missing: set the environment variable SF_SECRET",
        "auth:",
        SCOPED,
        act=lambda w: w.env.delenv("SF_SECRET"),
    ),
    Case(
        "the host cannot be reached",
        "error",
        "sf",
        "connection",
        "cannot be reached",
        SCOPED,
        act=lambda w: w.write("SF_URL", "http://127.0.0.1:9"),
    ),
)
HUBSPOT = (
    Case(
        "a property was deleted",
        "error",
        "hs",
        "fields.account.renewal_at",
        "Companies have no property 'renewal'",
        "renewal_at: renewal",
        PORTAL,
        act=lambda w: w.hubspot("DELETE", "/crm/v3/properties/companies/renewal"),
    ),
    Case(
        "a property is misspelt",
        "error",
        "hs",
        "fields.account.segment",
        "Companies have no property 'segmnt'. Did you mean 'segment'?",
        "segment: segmnt",
        PORTAL,
        act=lambda w: w.within("hs", "segment: segment", "segment: segmnt"),
    ),
    Case(
        "a property is of a type that cannot be read",
        "error",
        "hs",
        "fields.account.renewal_at",
        "'segment' is of type enumeration, but account.renewal_at is a date or moment.",
        "renewal_at: segment",
        PORTAL,
        act=lambda w: w.within("hs", "renewal_at: renewal", "renewal_at: segment"),
    ),
    Case(
        "a date is kept in a text",
        "warning",
        "hs",
        "fields.account.renewal_at",
        "what cannot be read as one is unknown",
        "renewal_at: notes",
        PORTAL,
        act=lambda w: w.within("hs", "renewal_at: renewal", "renewal_at: notes"),
    ),
    Case(
        "a property of ours is read-only",
        "warning",
        "hs",
        "contacts.rapport_depth",
        "The property is read-only; it is skipped.",
        PORTAL,
        seed=lambda w: ours(w, "contacts", name="rapport_depth", type="number", fieldType="number", readOnly=True),
    ),
    Case(
        "a property of ours was made as a text",
        "warning",
        "hs",
        "contacts.rapport_depth",
        "The property is of type string instead of number; what we write may be refused.",
        PORTAL,
        seed=lambda w: ours(w, "contacts", name="rapport_depth", type="string", fieldType="text"),
    ),
    Case(
        "an enumeration of ours lost options",
        "warning",
        "hs",
        "contacts.rapport_trend",
        "The options 'steady', 'fading', 'ghosting' are missing",
        PORTAL,
        act=lambda w: w.hubspot(
            "PATCH",
            "/crm/v3/properties/contacts/rapport_trend",
            {"options": [{"label": "Rising", "value": "rising", "displayOrder": 0, "hidden": False}]},
        ),
    ),
    Case(
        "no company is a customer",
        "warning",
        "hs",
        "customers",
        "No account is a customer by `customer_stages`: 'custmer'. Did you mean 'customer'?",
        "customer_stages",
        act=lambda w: w.write("customer_stages: [customer]", "customer_stages: [custmer]"),
    ),
    Case(
        "a segment is none that the rules know",
        "warning",
        "hs",
        "segment",
        "The rules know no segment 'Gold'",
        "segment: segment",
        PORTAL,
        seed=lambda w: at(w.seed, "hubspot", "properties", "companies", 0, "options").append(
            {"label": "Gold", "value": "Gold"}
        ),
    ),
    Case(
        "there is no activity",
        "warning",
        "hs",
        "activity",
        "Nothing of emails, calls, meetings, notes, tasks is younger than 90 days",
        PORTAL,
        seed=lambda w: at(w.seed, "hubspot", "records", "emails", 0, "properties").update(hs_timestamp="@-400d"),
    ),
    Case(
        "an owner of customers is deactivated",
        "warning",
        "hs",
        "owners",
        "Owners of customers are deactivated: Eve Orr (1 customer)",
        PORTAL,
        seed=lambda w: at(w.seed, "hubspot", "owners", 0).update(archived=True),
    ),
    Case(
        "a team is misspelt",
        "warning",
        "hs",
        "managers",
        "Team 'West' has no manager in `managers`: overdue tasks of Eve Orr (1 customer) are passed on to nobody. "
        "Is it the one written 'Wset'?",
        "Wset:",
        act=lambda w: w.write("West:", "Wset:"),
    ),
    Case(
        "the manager of a team is nobody",
        "warning",
        "hs",
        "managers",
        "The manager of team 'West' is nobody's address in this CRM. Did you mean 'max@vendor.example'?",
        "West:",
        act=lambda w: w.write("max@vendor", "maks@vendor"),
    ),
    Case(
        "an owner is in no team",
        "warning",
        "hs",
        "managers",
        "Owners of customers are in no team, so no manager is known: Eve Orr (1 customer)",
        "managers:",
        seed=lambda w: at(w.seed, "hubspot", "owners", 0).update(teams=[]),
    ),
    Case(
        "a scope for one object is missing",
        "warning",
        "hs",
        "deals",
        "crm.objects.deals.read",
        PORTAL,
        act=lambda w: w.limit("hubspot", scopes=[one for one in scopes(w) if "deals" not in one]),
    ),
    Case(
        "a scope that all depends on is missing",
        "error",
        "hs",
        "connection",
        "Missing: crm.schemas.contacts.read",
        PORTAL,
        act=lambda w: w.limit("hubspot", scopes=[one for one in scopes(w) if "contacts" not in one]),
    ),
    Case(
        "the budget is too small",
        "error",
        "hs",
        "budget",
        "it does not fit and would not begin. Raise `budget.share`",
        "budget:",
        PORTAL,
        act=nearly_spent,
    ),
    Case(
        "the token is dead",
        "error",
        "hs",
        "connection",
        "HubSpot",
        PORTAL,
        act=lambda w: w.env.setenv("HS_TOKEN", "pat-na1-dead"),
    ),
    Case(
        "the host cannot be reached",
        "error",
        "hs",
        "connection",
        "cannot be reached",
        PORTAL,
        act=lambda w: w.write("HS_URL", "http://127.0.0.1:9"),
    ),
    Case(
        "the paths of the API end soon",
        "warning",
        "hs",
        "API version",
        "HubSpot's numbered paths end: v4 associations on 2027-03-30, v3 in September 2027",
        'api: "v3"',
        act=lambda w: w.write('api: "2026-09"', 'api: "v3"'),
    ),
    Case(
        "the version of the API does not answer",
        "error",
        "hs",
        "connection",
        "HubSpot",
        PORTAL,
        act=lambda w: w.fault("/crm/owners/2026-09", 404, {"status": "error", "message": "resource not found"}),
    ),
)
BESIDE = (
    Case(
        "a department is misspelt",
        "warning",
        "",
        "sold_to",
        "The rules know no department 'Finanse'; only people whose department is spelt so count. "
        "Did you mean 'Finance'?",
        "sold_to:",
        act=lambda w: w.write("[Finance]", "[Finanse]"),
    ),
    Case(
        "the folder of the stage cannot be made",
        "error",
        "",
        "stage",
        "the folder of the stage",
        "store:",
        act=lambda w: w.write("stage: .", "stage: rapport.yaml/stages"),
    ),
    Case(
        "the settings hold a misspelt setting",
        "error",
        "",
        "settings",
        "did you mean takeover?",
        "takover",
        act=lambda w: w.write("    managers:", "    takover: true\n    managers:"),
    ),
)


def scopes(world: World) -> Sequence[str]:
    """List what the app may do."""
    told = requests.get(f"{world.ready['control']}/limits", timeout=10).json()
    return list(told["hubspot"]["scopes"])


def findings(done: Result) -> list[dict[str, Any]]:
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return list(json.loads(done.stdout)["findings"])


def fails(done: Result) -> bool:
    """Tell whether a run failed or did not begin; one that did all it could is no failure."""
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    if done.exit_code == 4:
        return any(report["reason"] != "partial" for report in json.loads(done.stdout))
    return done.exit_code != 0


@pytest.mark.parametrize("case", [*SALESFORCE, *HUBSPOT, *BESIDE], ids=str)
def test_what_is_broken_is_told_with_its_place_and_ends_with_1_exactly_when_the_run_fails(
    world: World, case: Case
) -> None:
    case.seed(world)
    world.only(case.about or "sf")
    world.load()
    assert world.ask("provision").exit_code == 0
    case.act(world)
    done = world.ask("check", "--json")
    found = [one for one in findings(done) if one["connection"] == case.about and one["where"] == case.where]
    said = " ".join(f"{one['cause'].rstrip('. ')}. {one['fix']}" for one in found)
    assert [one["severity"] for one in found] == [case.severity], findings(done)
    assert case.said.lower() in said.lower()
    assert [(one["file"], one["line"]) for one in found] == [("rapport.yaml", world.line(case.place, case.after))]
    assert all(one["fix"][:1] == one["fix"][:1].upper() for one in found), "a fix is a sentence"
    assert done.exit_code == (1 if case.severity == "error" else 0), findings(done)
    ran = world.ask("run", "--json")
    assert fails(ran) == (done.exit_code == 1), ran.output


def test_where_nothing_is_amiss_nothing_but_the_budgets_is_told_and_the_run_succeeds(world: World) -> None:
    world.load()
    world.ask("provision")
    done = world.ask("check", "--json")
    assert [(one["severity"], one["connection"], one["where"]) for one in findings(done)] == [
        ("info", "sf", "budget"),
        ("info", "hs", "budget"),
    ]
    assert (done.exit_code, json.loads(done.stdout)["fails"]) == (0, False)
    assert not fails(world.ask("run", "--json"))


def test_several_things_at_once_come_all_at_once_errors_first(world: World) -> None:
    world.load()
    world.ask("provision")
    world.write("SF_URL", "http://127.0.0.1:9")
    world.within("hs", "segment: segment", "segment: segmnt")
    world.within("hs", "renewal_at: renewal", "renewal_at: segment")
    world.write("[Finance]", "[Finanse]")
    world.write('api: "2026-09"', 'api: "v4"')
    nearly_spent(world)
    done = world.ask("check", "--json")
    assert [(one["severity"], one["connection"], one["where"]) for one in findings(done)] == [
        ("error", "sf", "connection"),
        ("error", "hs", "fields.account.segment"),
        ("error", "hs", "fields.account.renewal_at"),
        ("error", "hs", "budget"),
        ("warning", "", "sold_to"),
        ("warning", "hs", "API version"),
        ("warning", "hs", "census"),
    ], "the calls that are left suffice for the inspection alone"
    assert re.findall(r"^rapport: (\S+ \S+) failed", done.stderr, re.MULTILINE) == ["POST /services/oauth2/token"]
    assert len(done.stderr.splitlines()) == 1, "a server that does not answer is told once, in words"
    assert done.exit_code == 1
    assert fails(world.ask("run", "--json"))


def test_an_organisation_without_our_fields_is_told_in_one_line_for_each_connection(world: World) -> None:
    world.load()
    done = world.ask("check")
    shown = " ".join(done.stdout.split())
    assert "sf Contact.Rapport_Roles__c, Contact.Rapport_Buyer_Type__c, " in shown
    assert shown.count("Our field does not exist or is hidden.") == 1
    assert shown.count("The property does not exist.") == 2, "what we write, and what people write"
    assert done.exit_code == 1
    assert max(map(len, done.stdout.splitlines())) <= 100
