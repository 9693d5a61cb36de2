"""The story the judges are told: what both CRMs hold before a judge comes, and so what each must report.

Small enough to know by heart, long enough for three pages of everything that is paged.
"""

from typing import Any

NOW = "2026-03-02T09:00:00+00:00"

# --- Salesforce ---------------------------------------------------------------------------------------------------

USER = "005A0000001UserIAC"
ACME, BOLT = "001A0000001AcmeIAC", "001A0000001BoltIAC"
PEOPLE = 450
"""Contacts of Acme; the org gives 200 to a page."""
PAGE = 200


def contact_id(number: int) -> str:
    """Make the 18-character id of a contact; its capitals are those of the prefix, so the check letters stay."""
    return f"003A00000l{number:05d}IAA"


AWKWARD = 'O"Neil, Zoë;\nsecond line 😀'
"""A name with everything that breaks CSV readers and careless encoders."""
LAST_NAMES = {contact_id(number): f"Person {number:03d}" for number in range(1, PEOPLE)} | {contact_id(PEOPLE): AWKWARD}
SALESFORCE: dict[str, Any] = {
    "fields": {
        "Contact": [
            {"name": "Score__c", "label": "Score", "type": "Number", "precision": 5, "scale": 2},
            {"name": "Key__c", "label": "Key", "type": "Text", "length": 40, "externalId": True, "unique": True},
        ]
    },
    "records": {
        "User": [
            {
                "Id": USER,
                "FirstName": "Ina",
                "LastName": "Gray",
                "Username": "integration@acme.example",
                "Email": "ina@acme.example",
            }
        ],
        "Account": [
            {"Id": ACME, "Name": "Acme", "Industry": "Energy", "NumberOfEmployees": 120},
            {"Id": BOLT, "Name": "Bolt & Söhne", "ParentId": ACME},
        ],
        "Contact": [
            {"Id": record, "LastName": name, "AccountId": ACME, "Score__c": number / 4, "DoNotCall": number % 2 == 0}
            for number, (record, name) in enumerate(LAST_NAMES.items(), 1)
        ],
    },
}

# --- HubSpot ------------------------------------------------------------------------------------------------------

EMAILS = {str(number): f"p{number}@acme.example" for number in range(1001, 1251)}
"""Contacts of the portal by id; HubSpot gives at most 100 to a page."""
GONE = "1300"
OWNERS = {"4101": "ada@us.example", "4102": "bob@us.example"}
HUBSPOT: dict[str, Any] = {
    "portal_id": 48120733,
    "properties": {"contacts": [{"name": "nps", "label": "NPS", "type": "number", "fieldType": "number"}]},
    "labels": [{"from": "contacts", "to": "companies", "typeId": 101, "label": "Decision maker"}],
    "owners": [
        {"id": key, "email": email, "firstName": email[:3].title(), "lastName": "Of Us", "userId": 90 + int(key[-1])}
        for key, email in OWNERS.items()
    ],
    "records": {
        "contacts": [
            {
                "id": key,
                "properties": {
                    "email": email,
                    "firstname": "Zoë" if key == "1001" else "P",
                    "nps": str(int(key) % 11),
                    "hubspot_owner_id": "4101",
                    "createdate": "2026-01-10T08:00:00Z",
                    "lastmodifieddate": "2026-02-01T08:00:00Z",
                },
            }
            for key, email in EMAILS.items()
        ]
        + [{"id": GONE, "archived": True, "properties": {"email": "gone@acme.example"}}],
        "companies": [{"id": "9001", "properties": {"name": "Acme", "domain": "acme.example"}}],
    },
    "associations": [
        {"from": "contacts/1001", "to": "companies/9001", "types": [1, 101]},
        {"from": "contacts/1002", "to": "companies/9001", "types": [279]},
    ],
}
PROMOTERS = sorted(key for key in EMAILS if int(key) % 11 == 10)
"""Whose `nps` is 10."""
