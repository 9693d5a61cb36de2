"""A small Salesforce org to ask about, and a client that speaks to it by hand."""

from dataclasses import dataclass, field
from typing import Any

import requests

from tests.emulator.process import Emulator

NOW = "2026-03-02T09:00:00+00:00"
STAMP = "2026-03-02T09:00:00.000+0000"
DATA = "/services/data/v65.0"

ME, OWNER, GONE = "0055g000001AaAAAA0", "0055g000001BbBbAAK", "0055g000001CcCcAAK"
ACME, BOLT, CRUX = "0015g000001AcmeAAC", "0015g000001BoltAAC", "0015g000001CruxAAC"
ADA, BEN, CLEO, DEE, OLD = (
    "0035g000001AdaaAAC",
    "0035g000001BennAAC",
    "0035g000001CleoAAC",
    "0035g000001DeeeAAC",
    "0035g000001OldaAAC",
)
DEAL, CALL, OLDCALL, MEET = "0065g000001DealAAC", "00T5g000001CallEAC", "00T5g000001OldcEAC", "00U5g000001MeetEAC"

USERS = [
    {
        "Id": ME,
        "FirstName": "Ina",
        "LastName": "Gray",
        "Username": "integration@acme.example",
        "Email": "i@acme.example",
    },
    {"Id": OWNER, "FirstName": "Olga", "LastName": "Nord", "Username": "olga@acme.example", "Email": "o@acme.example"},
    {
        "Id": GONE,
        "FirstName": "Gus",
        "LastName": "Left",
        "Username": "gus@acme.example",
        "Email": "g@acme.example",
        "IsActive": False,
        "ManagerId": OWNER,
    },
]
ACCOUNTS = [
    {
        "Id": ACME,
        "Name": "Acme",
        "Industry": "Energy",
        "NumberOfEmployees": 120,
        "OwnerId": OWNER,
        "ERP_Number__c": "A-1",
    },
    {"Id": BOLT, "Name": 'Bolt\'s "Best"', "Industry": "Banking", "NumberOfEmployees": 12, "ParentId": ACME},
    {"Id": CRUX, "Name": "crux_100%", "OwnerId": OWNER},
]
CONTACTS = [
    {
        "Id": ADA,
        "FirstName": "Ada",
        "LastName": "Berg",
        "Email": "Ada@acme.example",
        "AccountId": ACME,
        "Title": "CFO",
        "NPS__c": 9,
        "Topics__c": "Price;Support",
        "CreatedDate": "2025-06-30T23:30:00.000+0000",
        "Birthdate": "1980-02-29",
    },
    {"Id": BEN, "FirstName": "Ben", "LastName": "Iyer", "AccountId": ACME, "ReportsToId": ADA, "Topics__c": "Roadmap"},
    {"Id": CLEO, "LastName": "Ono", "AccountId": BOLT, "ReportsToId": BEN, "Title": "cfo", "HasOptedOutOfEmail": True},
    {"Id": DEE, "FirstName": "Dee", "LastName": "Zed", "NPS__c": 3},
    {"Id": OLD, "FirstName": "Old", "LastName": "Twin", "AccountId": ACME, "MasterRecordId": ADA},
]
SEED: dict[str, Any] = {
    "salesforce": {
        "features": {"shared_activities": True},
        "fields": {
            "Account": [
                {"name": "ERP_Number__c", "label": "ERP number", "type": "Text", "length": 20, "externalId": True}
            ],
            "Contact": [
                {"name": "NPS__c", "label": "NPS", "type": "Number", "precision": 3, "scale": 0},
                {
                    "name": "Topics__c",
                    "label": "Topics",
                    "type": "MultiselectPicklist",
                    "values": ["Price", "Roadmap", "Support"],
                    "restricted": True,
                },
            ],
            "Activity": [{"name": "Rapport_Key__c", "label": "Key", "type": "Text", "length": 80, "externalId": True}],
        },
        "records": {
            "User": USERS,
            "Account": ACCOUNTS,
            "Contact": CONTACTS,
            "Opportunity": [
                {
                    "Id": DEAL,
                    "Name": "Rollout",
                    "AccountId": ACME,
                    "StageName": "Closed Won",
                    "CloseDate": "2026-02-01",
                    "Amount": 1000,
                }
            ],
            "Task": [
                {
                    "Id": CALL,
                    "Subject": "Call",
                    "WhoId": ADA,
                    "WhatId": DEAL,
                    "Status": "Completed",
                    "ActivityDate": "2026-02-20",
                },
                {"Id": OLDCALL, "Subject": "Old", "WhoId": BEN, "Status": "Completed", "ActivityDate": "2025-03-02"},
            ],
            "Event": [
                {
                    "Id": MEET,
                    "Subject": "Meet",
                    "WhoId": CLEO,
                    "StartDateTime": "2026-02-25T10:00:00Z",
                    "DurationInMinutes": 45,
                }
            ],
            "OpportunityContactRole": [
                {"OpportunityId": DEAL, "ContactId": ADA, "Role": "Economic Buyer", "IsPrimary": True}
            ],
        },
        "deleted": {"Contact": [OLD]},
    }
}


@dataclass(slots=True)
class Org:
    """The org over plain HTTP with a session of the integration user."""

    emulator: Emulator
    headers: dict[str, str] = field(default_factory=dict)

    def login(self) -> None:
        """Get a token by client credentials."""
        sent = {"grant_type": "client_credentials"}
        keys = self.emulator.announced["salesforce"]
        answer = self.post_form("/services/oauth2/token", sent, auth=(keys["client_id"], keys["client_secret"]))
        self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def post_form(self, path: str, form: dict[str, str], auth: tuple[str, str] | None = None) -> requests.Response:
        """POST a form without a token."""
        return self.emulator.session.post(self.url(path), data=form, auth=auth, timeout=10)

    def url(self, path: str) -> str:
        """The plain address of a path."""
        return f"{self.emulator.announced['salesforce']['http']}{path}"

    def call(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        """Call a REST resource below the version."""
        headers = {**self.headers, **options.pop("headers", {})}
        options.setdefault("timeout", 10)
        return self.emulator.session.request(method, self.url(DATA + path), json=body, headers=headers, **options)

    def query(self, soql: str, resource: str = "query", **headers: str) -> Any:
        """The JSON of a query that must succeed."""
        answer = self.call("GET", f"/{resource}", params={"q": soql}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def column(self, soql: str, resource: str = "query") -> list[Any]:
        """The first selected field of every record."""
        return [list(each.values())[1] for each in self.query(soql, resource)["records"]]

    def refusal(self, method: str, path: str, body: object = None, **options: Any) -> tuple[int, str, str]:
        """Status, errorCode and message of a call that must fail with one error."""
        answer = self.call(method, path, body, **options)
        [error] = answer.json()
        return answer.status_code, error["errorCode"], error["message"]

    def refused_query(self, soql: str) -> tuple[str, str]:
        """The errorCode and message of a query that must fail with 400."""
        status, code, message = self.refusal("GET", "/query", params={"q": soql})
        assert status == 400
        return code, message

    def record(self, name: str, record_id: str) -> Any:
        """One record with all its fields."""
        answer = self.call("GET", f"/sobjects/{name}/{record_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, name: str, **fields: object) -> str:
        """Create a record that must be accepted; its id."""
        answer = self.call("POST", f"/sobjects/{name}", fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])
