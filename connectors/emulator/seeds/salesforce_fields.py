"""The custom fields of the demo organisation in Salesforce, in the form a seed declares them."""

from typing import Any


def _number(name: str, label: str, precision: int = 18) -> dict[str, Any]:
    return {"name": name, "label": label, "type": "Number", "precision": precision, "scale": 0}


def _date(name: str, label: str) -> dict[str, Any]:
    return {"name": name, "label": label, "type": "Date"}


def _picklist(name: str, label: str, *values: str) -> dict[str, Any]:
    return {"name": name, "label": label, "type": "Picklist", "values": list(values)}


FIELDS: dict[str, list[dict[str, Any]]] = {
    "Account": [
        _picklist("Segment__c", "Segment", "SMB", "Mid-Market", "Enterprise"),
        _picklist("Product_Breadth__c", "Product breadth", "workgroup", "department", "company-wide"),
        _picklist("Value_Received__c", "Value received", "none", "partial", "full"),
        {"name": "ARR__c", "label": "ARR", "type": "Currency", "precision": 18, "scale": 2},
        _number("Seats__c", "Seats", 6),
        _date("Customer_Since__c", "Customer since"),
        _date("Renewal_Date__c", "Renewal date"),
        _date("Activity_Capture_Since__c", "Activity capture since"),
    ],
    "Contact": [
        _number("Active_Days_30__c", "Active days (last 30)", 2),
        _date("Last_Active__c", "Last active"),
        _number("NPS_Score__c", "NPS score", 3),
        _date("NPS_Date__c", "NPS date"),
        _number("CSAT_Score__c", "CSAT score", 3),
        _date("CSAT_Date__c", "CSAT date"),
        _picklist(
            "Advocacy_Act__c",
            "Advocacy act",
            "reference",
            "referral",
            "case study",
            "advisory board",
            "community post",
        ),
        _date("Advocacy_Date__c", "Advocacy date"),
        _picklist("Core_Job__c", "Needs the product for the core job", "Yes", "No"),
        _date("Left_Company_On__c", "Left company on"),
        {
            "name": "Rapport_Confirmed_Role__c",
            "label": "Confirmed role",
            "type": "MultiselectPicklist",
            "values": ["buyer", "champion", "power user", "user", "guardian", "none"],
        },
        _number("Rapport_Confirmed_Depth__c", "Confirmed depth", 1),
        _date("Rapport_Confirmed_On__c", "Confirmed on"),
        {"name": "Rapport_Not_A_Champion__c", "label": "Not a champion", "type": "Checkbox"},
        {"name": "Rapport_Do_Not_Task__c", "label": "Do not task", "type": "Checkbox"},
    ],
}
"""Object name -> fields. The fields named Rapport are the overrides a pilot installed; nobody has filled most."""
