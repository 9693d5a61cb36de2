"""What people do in both CRMs between two runs, so that an incremental run has something to find and to lose."""

from tests.faults.story import DAY, Json, Stand


def make(stand: Stand) -> None:
    """Let a day pass and people work: new, changed, deleted and merged records, and our own work touched by hand."""
    stand.wait(DAY)
    _in_salesforce(stand)
    _in_hubspot(stand)
    stand.wait(DAY // 24)


def _in_salesforce(stand: Stand) -> None:
    people = stand.query("SELECT Id, AccountId FROM Contact ORDER BY Id")
    promoted, gone, edited, busy = people[0], people[1], people[2], people[3]
    stand.salesforce("PATCH", f"/sobjects/Contact/{promoted['Id']}", {"Title": "Chief Operating Officer"})
    stand.salesforce("PATCH", f"/sobjects/Contact/{edited['Id']}", {"Rapport_Depth__c": 1})
    stand.salesforce("DELETE", f"/sobjects/Contact/{gone['Id']}")
    new: Json = {
        "LastName": "Quill",
        "FirstName": "Odette",
        "Title": "Head of Operations",
        "AccountId": promoted["AccountId"],
    }
    stand.salesforce("POST", "/sobjects/Contact", {**new, "Email": "odette.quill@new.example"})
    call: Json = {"Subject": "Call", "TaskSubtype": "Call", "CallType": "Inbound", "CallDisposition": "Connected"}
    tied = {"WhoId": busy["Id"], "WhatId": busy["AccountId"], "Status": "Completed", "ActivityDate": "2026-03-11"}
    stand.salesforce("POST", "/sobjects/Task", {**call, **tied})
    ours = stand.query("SELECT Id FROM Task WHERE Rapport_Key__c != null AND IsClosed = false ORDER BY Id")
    stand.salesforce("PATCH", f"/sobjects/Task/{ours[0]['Id']}", {"Status": "Completed"})


def _in_hubspot(stand: Stand) -> None:
    people = stand.hubspot("GET", "/crm/v3/objects/contacts?limit=100&associations=companies")["results"]
    tied = [one for one in people if one.get("associations")]
    promoted, gone, winner, loser = tied[-1], tied[-2], tied[-3], tied[-4]
    path = "/crm/v3/objects/contacts"
    stand.hubspot("PATCH", f"{path}/{promoted['id']}", {"properties": {"jobtitle": "Chief Executive Officer"}})
    stand.hubspot("DELETE", f"{path}/{gone['id']}")
    stand.hubspot("POST", f"{path}/merge", {"primaryObjectId": winner["id"], "objectIdToMerge": loser["id"]})
    company = promoted["associations"]["companies"]["results"][0]["id"]
    meeting: Json = {
        "hs_timestamp": "2026-03-12T09:00:00Z",
        "hs_meeting_start_time": "2026-03-12T09:00:00Z",
        "hs_meeting_end_time": "2026-03-12T10:00:00Z",
        "hs_meeting_title": "Business review",
        "hs_meeting_outcome": "COMPLETED",
    }
    ties = [_tie(promoted["id"], 200), _tie(company, 188)]
    stand.hubspot("POST", "/crm/v3/objects/meetings", {"properties": meeting, "associations": ties})


def _tie(to: str, kind: int) -> Json:
    return {"to": {"id": to}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind}]}
