"""HubSpot's own words in an export: the labels of columns, and of values, that stand for internal names.

An export has either, by an option of the person who makes it. A label is compared without regard to case. What is not
listed here is read by its internal name, or by a label that comes to it (``Product breadth`` -> ``product_breadth``).
"""

import re
from collections.abc import Callable, Mapping

from connectors.hubspot.engagements import CONNECTED
from connectors.hubspot.values import parts
from mapping.fields import FLAGS

ID = "hs_object_id"
_EVERY = {
    "record id": ID,
    "object id": ID,
    "owner": "hubspot_owner_id",
    "create date": "hs_createdate",
    "object create date/time": "hs_createdate",
    "last modified date": "hs_lastmodifieddate",
    "object last modified date/time": "hs_lastmodifieddate",
}
_ACTIVITY = {
    **_EVERY,
    "activity date": "hs_timestamp",
    "activity assigned to": "hubspot_owner_id",
    "assigned to": "hubspot_owner_id",
    "call and meeting type": "hs_activity_type",
}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "owners": {
        "owner id": "id",
        "id": "id",
        "first name": "firstName",
        "last name": "lastName",
        "name": "name",
        "email": "email",
        "team": "team",
        "teams": "team",
        "main team": "team",
        "primary team": "team",
        "archived": "archived",
        "deactivated": "archived",
    },
    "companies": {
        **_EVERY,
        "create date": "createdate",
        "company id": ID,
        "name": "name",
        "company name": "name",
        "company domain name": "domain",
        "company owner": "hubspot_owner_id",
        "lifecycle stage": "lifecyclestage",
        "number of employees": "numberofemployees",
        "parent company": "hs_parent_company_id",
        "parent company id": "hs_parent_company_id",
    },
    "contacts": {
        **_EVERY,
        "create date": "createdate",
        "last modified date": "lastmodifieddate",
        "contact id": ID,
        "first name": "firstname",
        "last name": "lastname",
        "email": "email",
        "additional email addresses": "hs_additional_emails",
        "contact owner": "hubspot_owner_id",
        "job title": "jobtitle",
        "buying role": "hs_buying_role",
        "primary associated company id": "associatedcompanyid",
        "associated company id": "associatedcompanyid",
    },
    "deals": {
        **_EVERY,
        "create date": "createdate",
        "deal id": ID,
        "deal name": "dealname",
        "deal owner": "hubspot_owner_id",
        "close date": "closedate",
        "deal stage": "dealstage",
        "amount": "amount",
        "deal probability": "hs_deal_stage_probability",
        "is deal closed?": "hs_is_closed",
        "is closed won": "hs_is_closed_won",
    },
    "emails": {
        **_ACTIVITY,
        "email direction": "hs_email_direction",
        "email send status": "hs_email_status",
        "email status": "hs_email_status",
        "email subject": "hs_email_subject",
        "email from address": "hs_email_from_email",
        "from address": "hs_email_from_email",
        "email to address": "hs_email_to_email",
        "to address": "hs_email_to_email",
        "to addresses": "hs_email_to_email",
        "email cc address": "hs_email_cc_email",
        "cc addresses": "hs_email_cc_email",
        "email headers": "hs_email_headers",
    },
    "calls": {
        **_ACTIVITY,
        "call title": "hs_call_title",
        "call direction": "hs_call_direction",
        "call outcome": "hs_call_disposition",
        "call status": "hs_call_status",
        "call duration": "hs_call_duration",
        "call duration (milliseconds)": "hs_call_duration",
    },
    "meetings": {
        **_ACTIVITY,
        "meeting name": "hs_meeting_title",
        "meeting title": "hs_meeting_title",
        "meeting start time": "hs_meeting_start_time",
        "start time": "hs_meeting_start_time",
        "meeting end time": "hs_meeting_end_time",
        "end time": "hs_meeting_end_time",
        "meeting outcome": "hs_meeting_outcome",
    },
    "notes": _ACTIVITY,
    "communications": {**_ACTIVITY, "channel type": "hs_communication_channel_type"},
    "tasks": {
        **_ACTIVITY,
        "due date": "hs_timestamp",
        "task title": "hs_task_subject",
        "task subject": "hs_task_subject",
        "task notes": "hs_task_body",
        "notes": "hs_task_body",
        "task status": "hs_task_status",
        "status": "hs_task_status",
        "task type": "hs_task_type",
        "completed at": "hs_task_completion_date",
        "task completion date": "hs_task_completion_date",
    },
}
"""Object -> label of a column in small letters -> internal name; those of owners are the names of the owners API."""

ROLES: Mapping[str, str] = {
    "BLOCKER": "Blocker",
    "BUDGET_HOLDER": "Budget Holder",
    "CHAMPION": "Champion",
    "DECISION_MAKER": "Decision Maker",
    "END_USER": "End User",
    "EXECUTIVE_SPONSOR": "Executive Sponsor",
    "INFLUENCER": "Influencer",
    "LEGAL_AND_COMPLIANCE": "Legal & Compliance",
    "OTHER": "Other",
}
"""HubSpot's buying roles: internal value -> label."""

_OUTCOMES = {
    "connected": CONNECTED,
    "busy": "9d9162e7-6cf3-4944-bf63-4dff82258764",
    "left live message": "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",
    "left voicemail": "b2cf5968-551e-4856-9783-52b3da59a7d0",
    "no answer": "73a0d17f-1163-4015-bdd5-ec830791da20",
    "wrong number": "17b47fee-58de-441e-a44c-c6300d46f273",
}
_DIRECTIONS = {
    "sent": "EMAIL",
    "outgoing": "EMAIL",
    "outgoing email": "EMAIL",
    "incoming": "INCOMING_EMAIL",
    "received": "INCOMING_EMAIL",
    "forwarded": "FORWARDED_EMAIL",
}
_STAGES = ("closed won", "closed lost")


def enumerated(text: str) -> str:
    """Write a label as HubSpot's own options are written: ``No answer`` -> ``NO_ANSWER``."""
    return re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")


def _direction(text: str) -> str:
    return _DIRECTIONS.get(text.lower(), enumerated(text))


def _outcome(text: str) -> str:
    return _OUTCOMES.get(text.lower(), text)


def _roles(text: str) -> str:
    values = {label.lower(): value for value, label in ROLES.items()}
    return ";".join(values.get(part.lower(), part) for part in parts(text))


def _flag(text: str) -> str:
    return str(FLAGS[text.lower()]).lower() if text.lower() in FLAGS else text


def _stage(text: str) -> str:
    """Tell the two stages every portal begins with; an export names the pipeline behind the stage."""
    return next((stage.replace(" ", "") for stage in _STAGES if text.lower().startswith(stage)), text)


VALUES: Mapping[str, Callable[[str], str]] = {
    "hs_email_direction": _direction,
    "hs_email_status": enumerated,
    "hs_call_direction": enumerated,
    "hs_call_status": enumerated,
    "hs_call_disposition": _outcome,
    "hs_buying_role": _roles,
    "hs_task_status": enumerated,
    "hs_task_type": enumerated,
    "hs_is_closed": _flag,
    "hs_is_closed_won": _flag,
    "dealstage": _stage,
}
"""Property -> how its value is brought into the internal form; an internal value stays as it is."""


def lifecycle(text: str, stages: frozenset[str]) -> str:
    """Bring a lifecycle stage into its internal form, or into the one the settings call a customer's."""
    named = {stage.lower(): stage for stage in stages}
    return named.get(text.lower()) or re.sub(r"[^a-z0-9]", "", text.lower())


def slug(label: str) -> str:
    """Write a label as HubSpot makes an internal name of it: ``Product breadth`` -> ``product_breadth``."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
