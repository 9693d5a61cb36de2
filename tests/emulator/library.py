"""A richer org for questions only: a chain of accounts, people, deals and activities with every kind of gap."""

from typing import Any

_USER, _ACCOUNT, _CONTACT = "0055g00000100", "0015g00000100", "0035g00000100"
ME, OLGA, RITA = (f"{_USER}{tail}" for tail in ("01", "02", "03"))
ROOT, MID, LEAF, LONE = (f"{_ACCOUNT}{tail}" for tail in ("01", "02", "03", "04"))
ANN, BOB, CAT, DAN, EVE, FAY, GIL = (f"{_CONTACT}{tail}" for tail in ("01", "02", "03", "04", "05", "06", "07"))
WON, OPEN = "0065g0000010001", "0065g0000010002"
RING, MAIL, LUNCH = "00T5g0000010001", "00T5g0000010002", "00T5g0000010003"
HUNT = "00Q5g0000010001"
DEMO = "00U5g0000010001"

_FIELDS = {
    "Account": [
        {"name": "Tier__c", "label": "Tier", "type": "Picklist", "values": ["Gold", "Silver"]},
        {"name": "ERP__c", "label": "ERP", "type": "Number", "precision": 9, "scale": 0, "externalId": True},
    ],
    "Contact": [
        {"name": "Score__c", "label": "Score", "type": "Number", "precision": 6, "scale": 2},
        {"name": "Tags__c", "label": "Tags", "type": "MultiselectPicklist", "values": ["Blue", "Green", "Red"]},
        {"name": "Notes__c", "label": "Notes", "type": "LongTextArea", "length": 4000},
    ],
}
_USERS = [
    {"Id": ME, "FirstName": "Ina", "LastName": "Gray", "Username": "integration@acme.example"},
    {"Id": OLGA, "FirstName": "Olga", "LastName": "Nord", "Username": "olga@acme.example", "Title": "Head"},
    {"Id": RITA, "FirstName": "Rita", "LastName": "Oak", "Username": "rita@acme.example", "ManagerId": OLGA},
]
_ACCOUNTS = [
    {"Id": ROOT, "Name": "Root", "Industry": "Energy", "NumberOfEmployees": 900, "Tier__c": "Gold", "ERP__c": 10},
    {"Id": MID, "Name": "mid_50%", "ParentId": ROOT, "Industry": "Energy", "NumberOfEmployees": 90, "OwnerId": OLGA},
    {"Id": LEAF, "Name": "Leaf's", "ParentId": MID, "Industry": "Banking", "Tier__c": "Silver", "OwnerId": RITA},
    {"Id": LONE, "Name": 'a\\b\n"c"', "AnnualRevenue": 12.5, "OwnerId": RITA},
]


def _person(record_id: str, last: str, created: str, **fields: object) -> dict[str, object]:
    stamps = {"CreatedDate": created, "SystemModstamp": created, "LastModifiedDate": created}
    return {"Id": record_id, "LastName": last, **stamps, **fields}


# The clock stands at Monday, 2 March 2026, 09:00 UTC.
_CONTACTS = [
    _person(ANN, "Ash", "2026-03-02T08:00:00Z", FirstName="Ann", AccountId=ROOT, Title="CFO", Score__c=9.5,
            Tags__c="Blue;Red", Birthdate="1980-02-29", Email="ann@root.example"),
    _person(BOB, "ash", "2026-03-01T12:00:00Z", FirstName="Bob", AccountId=ROOT, ReportsToId=ANN, Title="cfo",
            Score__c=0, Tags__c="Green"),
    _person(CAT, "Birch", "2026-02-22T00:00:00Z", AccountId=MID, ReportsToId=BOB, Score__c=-2.25, DoNotCall=True),
    _person(DAN, "Cedar", "2026-02-01T00:00:00Z", FirstName="Dan", AccountId=LEAF, ReportsToId=CAT, Title="CTO",
            Tags__c="Blue;Green;Red", Birthdate="1990-12-31"),
    _person(EVE, "Elm_x", "2025-12-31T23:59:59Z", FirstName="Eve", ReportsToId=DAN, Title="Head of 100% Sales",
            Score__c=100),
    _person(FAY, "Fir", "2025-10-15T00:00:00Z", AccountId=LONE, ReportsToId=EVE, HasOptedOutOfEmail=True,
            DoNotCall=True, Email="Fay@Lone.example"),
    _person(GIL, "Gum", "2024-02-29T10:30:00Z", AccountId=ROOT, MasterRecordId=ANN),
]  # fmt: skip
_DEALS = [
    {"Id": WON, "Name": "Won", "AccountId": ROOT, "StageName": "Closed Won", "CloseDate": "2026-01-31", "Amount": 500},
    {"Id": OPEN, "Name": "Open", "AccountId": LEAF, "StageName": "Prospecting", "CloseDate": "2026-03-31",
     "OwnerId": RITA},
]  # fmt: skip
_TASKS = [
    {"Id": RING, "Subject": "Ring", "WhoId": ANN, "WhatId": WON, "Status": "Completed", "ActivityDate": "2026-03-01",
     "TaskSubtype": "Call", "Priority": "High"},
    {"Id": MAIL, "Subject": "Mail", "WhoId": HUNT, "Status": "Not Started", "ActivityDate": "2026-03-09"},
    {"Id": LUNCH, "Subject": "Lunch", "WhatId": LEAF, "OwnerId": OLGA, "CallDurationInSeconds": 60},
]  # fmt: skip
_LEADS = [{"Id": HUNT, "FirstName": "Hal", "LastName": "Hunt", "Company": "Hunters", "Title": "Boss"}]
_EVENTS = [
    {"Id": DEMO, "Subject": "Demo", "WhoId": CAT, "StartDateTime": "2026-02-27T15:00:00Z", "DurationInMinutes": 30}
]
LIBRARY: dict[str, Any] = {
    "salesforce": {
        "features": {"shared_activities": True},
        "fields": _FIELDS,
        "records": {
            "User": _USERS,
            "Account": _ACCOUNTS,
            "Contact": _CONTACTS,
            "Lead": _LEADS,
            "Opportunity": _DEALS,
            "Task": _TASKS,
            "Event": _EVENTS,
            "OpportunityContactRole": [
                {"OpportunityId": WON, "ContactId": ANN, "Role": "Decision Maker", "IsPrimary": True},
                {"OpportunityId": WON, "ContactId": BOB, "Role": "Influencer"},
                {"OpportunityId": OPEN, "ContactId": DAN, "Role": "Evaluator"},
            ],
        },
        "deleted": {"Contact": [GIL]},
    }
}
