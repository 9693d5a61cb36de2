"""The custom properties and association labels of the demo portal in HubSpot, in the form a seed declares them."""

from typing import Any

LABELS: list[dict[str, Any]] = [
    {"from": "contacts", "to": "companies", "typeId": 101, "label": "Decision maker"},
    {"from": "contacts", "to": "companies", "typeId": 103, "label": "Day-to-day contact"},
    {"from": "contacts", "to": "deals", "typeId": 105, "label": "Champion"},
    {"from": "contacts", "to": "deals", "typeId": 107, "label": "Evaluator"},
]
"""Labels that the portal's administrator made; ids leave room for their inverses."""


def _property(name: str, label: str, kind: str, group: str, *values: str, field: str = "") -> dict[str, Any]:
    shown = {"string": "text", "enumeration": "select", "bool": "booleancheckbox"}.get(kind, kind)
    options = [{"label": value, "value": value, "displayOrder": place} for place, value in enumerate(values)]
    if kind == "bool":
        options = [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}]
    facts = {"name": name, "label": label, "type": kind, "fieldType": field or shown, "groupName": group}
    return facts | ({"options": options} if options else {})


_COMPANY = "companyinformation"
_CONTACT = "contactinformation"

PROPERTIES: dict[str, list[dict[str, Any]]] = {
    "companies": [
        _property("salesforceaccountid", "Salesforce account id", "string", _COMPANY),
        _property("segment", "Segment", "enumeration", _COMPANY, "SMB", "Mid-Market", "Enterprise"),
        _property(
            "product_breadth", "Product breadth", "enumeration", _COMPANY, "workgroup", "department", "company-wide"
        ),
        _property("value_received", "Value received", "enumeration", _COMPANY, "none", "partial", "full"),
        _property("arr", "ARR", "number", _COMPANY),
        _property("seats", "Seats", "number", _COMPANY),
        _property("customer_since", "Customer since", "date", _COMPANY),
        _property("renewal_date", "Renewal date", "date", _COMPANY),
        _property("activity_capture_since", "Activity capture since", "date", _COMPANY),
    ],
    "contacts": [
        _property("salesforcecontactid", "Salesforce contact id", "string", _CONTACT),
        _property("department", "Department", "string", _CONTACT),
        _property("active_days_30", "Active days (last 30)", "number", _CONTACT),
        _property("last_active", "Last active", "date", _CONTACT),
        _property("nps_score", "NPS score", "number", _CONTACT),
        _property("nps_date", "NPS date", "date", _CONTACT),
        _property("csat_score", "CSAT score", "number", _CONTACT),
        _property("csat_date", "CSAT date", "date", _CONTACT),
        _property(
            "advocacy_act",
            "Advocacy act",
            "enumeration",
            _CONTACT,
            "reference",
            "referral",
            "case study",
            "advisory board",
            "community post",
        ),
        _property("advocacy_date", "Advocacy date", "date", _CONTACT),
        _property("core_job", "Needs the product for the core job", "enumeration", _CONTACT, "Yes", "No"),
        _property("left_company_on", "Left company on", "date", _CONTACT),
        _property(
            "rapport_confirmed_role",
            "Confirmed role",
            "enumeration",
            _CONTACT,
            "buyer",
            "champion",
            "power user",
            "user",
            "guardian",
            "none",
            field="checkbox",
        ),
        _property("rapport_confirmed_depth", "Confirmed depth", "number", _CONTACT),
        _property("rapport_confirmed_on", "Confirmed on", "date", _CONTACT),
        _property("rapport_not_a_champion", "Not a champion", "bool", _CONTACT),
        _property("rapport_do_not_task", "Do not task", "bool", _CONTACT),
    ],
}
"""Object type -> properties. Those named rapport are the overrides a pilot installed; nobody has filled most."""
