"""HubSpot's words: what people see in an export, brought into the form in which HubSpot stores it."""

import pytest

from connectors.files import labels
from connectors.files.dialect import held
from connectors.hubspot.engagements import ENGAGEMENTS
from mapping.metadata import FIELDS, Field

WORDS = [
    ("hs_email_direction", "Incoming Email", "INCOMING_EMAIL"),
    ("hs_email_direction", "Received", "INCOMING_EMAIL"),
    ("hs_email_direction", "Outgoing email", "EMAIL"),
    ("hs_email_direction", "Email", "EMAIL"),
    ("hs_email_direction", "Forwarded", "FORWARDED_EMAIL"),
    ("hs_email_status", "Bounced", "BOUNCED"),
    ("hs_call_direction", "Inbound", "INBOUND"),
    ("hs_call_status", "No answer", "NO_ANSWER"),
    ("hs_call_status", "Calling CRM user", "CALLING_CRM_USER"),
    ("hs_call_disposition", "No answer", "73a0d17f-1163-4015-bdd5-ec830791da20"),
    ("hs_call_disposition", "An outcome of our own", "An outcome of our own"),
    ("hs_task_status", "Not started", "NOT_STARTED"),
    ("hs_task_status", "Completed", "COMPLETED"),
    ("hs_is_closed", "Yes", "true"),
    ("hs_is_closed_won", "FALSE", "false"),
    ("dealstage", "Closed Won (Sales Pipeline)", "closedwon"),
    ("dealstage", "Closed lost", "closedlost"),
    ("dealstage", "Contract sent", "Contract sent"),
    ("hs_buying_role", "Legal & Compliance; End User", "LEGAL_AND_COMPLIANCE;END_USER"),
    ("hs_buying_role", "A role of our own", "A role of our own"),
]


@pytest.mark.parametrize(("name", "label", "stored"), WORDS)
def test_a_label_is_brought_into_the_stored_form(name: str, label: str, stored: str) -> None:
    assert labels.VALUES[name](label) == stored


@pytest.mark.parametrize(("name", "stored"), [(name, stored) for name, _, stored in WORDS])
def test_a_stored_value_stays_as_it_is(name: str, stored: str) -> None:
    assert labels.VALUES[name](stored) == stored


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("Customer", "customer"),
        ("customer", "customer"),
        ("Marketing Qualified Lead", "marketingqualifiedlead"),
        ("active client", "Active Client"),
        ("9148271", "9148271"),
    ],
)
def test_a_lifecycle_stage_is_told_as_the_settings_or_hubspot_name_it(text: str, stage: str) -> None:
    assert labels.lifecycle(text, frozenset({"customer", "Active Client"})) == stage


@pytest.mark.parametrize(
    ("label", "name"), [("Product breadth", "product_breadth"), ("ARR (EUR)", "arr_eur"), ("arr", "arr"), ("Ü 1", "1")]
)
def test_a_label_comes_to_an_internal_name_as_hubspot_makes_it(label: str, name: str) -> None:
    assert labels.slug(label) == name


@pytest.mark.parametrize("name", ["companies", "contacts", "deals", *(one.object_type for one in ENGAGEMENTS)])
def test_every_object_knows_its_id_and_its_moments_by_label(name: str) -> None:
    assert labels.COLUMNS[name]["record id"] == labels.ID
    assert {"create date", "last modified date"} <= labels.COLUMNS[name].keys()
    assert all(label == label.lower() for label in labels.COLUMNS[name])


def field(object_name: str, name: str) -> Field:
    return next(entry for entry in FIELDS if (entry.object, entry.name) == (object_name, name))


@pytest.mark.parametrize(
    ("name", "raw", "canonical"),
    [
        ("roles", "Power user; Champion", "champion;power user"),
        ("depth_name", "Cannot tell", "Cannot tell"),
        ("stance", "Champion-stance", "champion-stance"),
        ("depth", "3.0", "3"),
        ("depth", "deep", "deep"),
        ("counted", "Yes", "true"),
        ("counted", "0", "false"),
        ("counted", None, "false"),
        ("last_two_way", "2026-11-18 00:00:00", "2026-11-18"),
        ("evidence", "", None),
    ],
)
def test_a_field_of_ours_is_read_in_canonical_form_however_an_export_writes_it(
    name: str, raw: object, canonical: str | None
) -> None:
    assert held(field("contact", name), raw) == canonical
