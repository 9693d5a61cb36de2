"""Values at their edges: huge and odd numbers, dates out of range, long texts, options, unique properties."""

import json
from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"
ANN = f"{CONTACTS}/201"
PROPERTIES = "/crm/v3/properties/contacts"
TEXT = {"groupName": "contactinformation", "name": "note_1", "label": "Note", "type": "string", "fieldType": "text"}


def _held(site: Site, name: str, given: object, path: str = ANN) -> str | None:
    site.json("PATCH", path, {"properties": {name: given}})
    return site.properties(path, name)[name]


def _code(site: Site, name: str, given: object) -> str:
    """Write a value that must be refused; give HubSpot's code and make sure the message holds the list as JSON."""
    error = site.refused("PATCH", ANN, {"properties": {name: given}})
    rows = json.loads(error["message"].removeprefix("Property values were not valid: "))
    assert [row["name"] for row in rows] == [name]
    assert rows[0]["isValid"] is False
    assert rows[0]["portalId"] == 48120733
    assert error["errors"][0]["code"] == rows[0]["error"]
    assert error["errors"][0]["context"] == {"propertyName": [name]}
    code: str = rows[0]["error"]
    return code


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (0, "0"), ("0", "0"), ("-0", "0"), (-0.0, "0"), ("+5", "5"), (" 5 ", "5"), ("007", "7"), (".5", "0.5"),
        ("5.", "5"), (5.0, "5"), (5.25, "5.25"), ("1e3", "1000"), ("1E+2", "100"), ("1e-7", "0.0000001"),
        (1e-07, "0.0000001"), (2**53 + 1, "9007199254740993"), (2**63 - 1, "9223372036854775807"),
        (-(2**63), "-9223372036854775808"), ("1e100", "1" + "0" * 100),
        ("3.14159265358979323846", "3.14159265358979323846"),
        ("", None), (None, None), ("   ", None),
    ],
)  # fmt: skip
def test_numbers_are_stored_plain(site: Site, given: object, held: str | None) -> None:
    assert _held(site, "nps_score", given) == held


@pytest.mark.parametrize(
    "given",
    [
        "x",
        "1,5",
        "1_000",
        "0x10",
        "\u0661\u0662",
        "²",
        "½",
        "1e",
        "e5",
        ".",
        "-",
        "--1",
        "NaN",
        "-Infinity",
        "inf",
        "1 2",
        True,
        "1e101",
        "1e999999999999999999999",
        "1e-999999999999999999999",
        1e308,
        "9" * 102,
        "9" * 5000,
    ],
)
def test_what_is_no_number_is_refused(site: Site, given: object) -> None:
    assert _code(site, "nps_score", given) == "INVALID_INTEGER"
    assert site.properties(ANN, "nps_score")["nps_score"] == "9"


@pytest.mark.parametrize("raw", ["1e999", "9" * 400, "NaN", "Infinity", "-", "01", "1.", "0x1", "[1]", "{}", '"a'])
def test_a_number_json_cannot_hold_is_an_invalid_body(site: Site, raw: str) -> None:
    body = '{"properties":{"nps_score":' + raw + "}}"
    answer = site.call("PATCH", ANN, data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["category"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["message"].startswith("Invalid input JSON")


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("2026-02-28", "2026-02-28"), ("2028-02-29", "2028-02-29"), ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"), (1772236800000, "2026-02-28"), ("1772236800000", "2026-02-28"),
        (-86400000, "1969-12-31"), (0, "1970-01-01"), ("-62135596800000", "0001-01-01"),
        ("253402214400000", "9999-12-31"), ("2026-02-28T00:00:00Z", "2026-02-28"),
        ("2026-02-28T05:00:00+05:00", "2026-02-28"), ("", None),
    ],
)  # fmt: skip
def test_days_are_stored_as_days(site: Site, given: object, held: str | None) -> None:
    assert _held(site, "nps_date", given) == held


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("2026-02-30", "INVALID_LONG"),
        ("2026-13-01", "INVALID_LONG"),
        ("2027-02-29", "INVALID_LONG"),
        ("0000-01-01", "INVALID_LONG"),
        ("10000-01-01", "INVALID_LONG"),
        ("28/02/2026", "INVALID_LONG"),
        ("2026-W01-1", "INVALID_LONG"),
        ("\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661", "INVALID_LONG"),
        ("\u0661\u0667\u0667\u0662\u0662\u0663\u0666\u0668\u0660\u0660\u0660\u0660\u0660", "INVALID_LONG"),
        ("1e3", "INVALID_LONG"),
        ("soon", "INVALID_LONG"),
        ("9" * 40, "INVALID_LONG"),
        ("9" * 5000, "INVALID_LONG"),
        ("-62135596800001", "INVALID_LONG"),
        ("253402300800000", "INVALID_LONG"),
        ("--1", "INVALID_LONG"),
        ("0001-01-01T00:00:00+14:00", "INVALID_LONG"),
        ("9999-12-31T23:59:59-14:00", "INVALID_LONG"),
        ("1772236800001", "INVALID_DATE"),
        ("2026-02-28T12:00:00Z", "INVALID_DATE"),
        ("2026-02-28T00:00:00+05:00", "INVALID_DATE"),
        (True, "INVALID_LONG"),
    ],
)
def test_what_is_no_day_is_refused(site: Site, given: object, code: str) -> None:
    assert _code(site, "nps_date", given) == code


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (1772236800001, "2026-02-28T00:00:00.001Z"), ("2026-02-28", "2026-02-28T00:00:00.000Z"),
        ("2026-02-28T10:11:12", "2026-02-28T10:11:12.000Z"),
        ("2026-02-28T10:11:12.987654Z", "2026-02-28T10:11:12.987Z"),
        ("2026-02-28T10:11:12+02:00", "2026-02-28T08:11:12.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        ("253402300799999", "9999-12-31T23:59:59.999Z"),
    ],
)  # fmt: skip
def test_moments_are_stored_in_utc_with_milliseconds(site: Site, given: object, held: str) -> None:
    path = "/crm/v3/objects/deals/7001"
    assert _held(site, "closedate", given, path) == held


@pytest.mark.parametrize(("length", "status"), [(65_536, 200), (65_537, 400)])
def test_the_longest_text_has_65536_characters(site: Site, length: int, status: int) -> None:
    site.json("PATCH", ANN, {"properties": {"jobtitle": "ä" * length}}, status=status)


@pytest.mark.parametrize(
    "given", ["  Chief ", "é🙂中", "a\nb\tc", "\u0000", "<b>&amp;</b>", "'; DROP TABLE x;--", "null"]
)
def test_texts_come_back_as_they_were_sent(site: Site, given: str) -> None:
    assert _held(site, "jobtitle", given) == given


@pytest.mark.parametrize(("given", "held"), [(True, "true"), (12, "12"), (1.5, "1.5"), (1e22, "1" + "0" * 22)])
def test_scalars_become_text(site: Site, given: object, held: str) -> None:
    assert _held(site, "jobtitle", given) == held


@pytest.mark.parametrize("given", [[], {}, ["a"], {"a": 1}])
def test_a_value_is_a_scalar(site: Site, given: object) -> None:
    assert site.refused("PATCH", ANN, {"properties": {"jobtitle": given}})["category"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("name", ["", " ", "no_such", "JobTitle", "jobtitle ", "é", "hs_object_id\u0000", "a" * 3000])
def test_a_property_of_an_odd_name_does_not_exist(site: Site, name: str) -> None:
    assert _code(site, name, "x") == "PROPERTY_DOESNT_EXIST"
    assert site.properties(ANN, "jobtitle")["jobtitle"] == "Head of IT"


def test_every_bad_value_is_told_at_once(site: Site) -> None:
    given = {"nps_score": "x", "no_such": 1, "hs_object_id": "7", "jobtitle": "CIO", "is_user": "maybe"}
    error = site.refused("PATCH", ANN, {"properties": given})
    told = {row["context"]["propertyName"][0]: row["code"] for row in error["errors"]}
    assert told == {
        "nps_score": "INVALID_INTEGER",
        "no_such": "PROPERTY_DOESNT_EXIST",
        "hs_object_id": "READ_ONLY_VALUE",
        "is_user": "INVALID_OPTION",
    }
    assert site.properties(ANN, "jobtitle")["jobtitle"] == "Head of IT"


@pytest.mark.parametrize(
    "given", ["9999", "0", "-4101", "x", "\u096a\u0967\u0966\u0967", "²", "9" * 19, "9" * 5000, 4101.5, True]
)
def test_an_owner_must_exist(site: Site, given: object) -> None:
    assert _code(site, "hubspot_owner_id", given) == "INVALID_OWNER"


@pytest.mark.parametrize(("given", "held"), [(4102, "4102"), ("4103", "4103"), ("", None), (4101.0, "4101")])
def test_an_owner_is_set_and_cleared(site: Site, given: object, held: str | None) -> None:
    assert _held(site, "hubspot_owner_id", given) == held


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("BLOCKER", "BLOCKER"), (";BLOCKER", "CHAMPION;END_USER;BLOCKER"), (";CHAMPION", "CHAMPION;END_USER"),
        ("OTHER;BLOCKER", "OTHER;BLOCKER"), ("BLOCKER;BLOCKER", "BLOCKER"), (" BLOCKER ; OTHER ", "BLOCKER;OTHER"),
        (";BLOCKER;OTHER", "CHAMPION;END_USER;BLOCKER;OTHER"), ("BLOCKER;", "BLOCKER"), ("", None),
    ],
)  # fmt: skip
def test_a_multiple_choice_is_replaced_or_added_to(site: Site, given: str, held: str | None) -> None:
    assert _held(site, "hs_buying_role", given, f"{CONTACTS}/202") == held


@pytest.mark.parametrize("given", ["champion", "Champion", ";X", "CHAMPION;X", "CHAMPION,BLOCKER", "CHAMPION BLOCKER"])
def test_a_multiple_choice_takes_internal_values_only(site: Site, given: str) -> None:
    assert _code(site, "hs_buying_role", given) == "INVALID_OPTION"


@pytest.mark.parametrize(("given", "held"), [(True, "true"), ("FALSE", "false"), ("True", "true"), ("", None)])
def test_a_flag_in_any_case(site: Site, given: object, held: str | None) -> None:
    assert _held(site, "is_user", given) == held


@pytest.mark.parametrize("given", [1, 0, "yes", "on"])
def test_a_flag_is_true_or_false(site: Site, given: object) -> None:
    assert _code(site, "is_user", given) == "INVALID_OPTION"


@pytest.mark.parametrize(
    "given", ["x", "@", "a@b", "a@b.", "a@@b.co", "a b@c.co", "a@b,c.co", "a@b.co;c@d.co", "a@" + "." * 60_000]
)
def test_an_address_has_a_form(site: Site, given: str) -> None:
    assert _code(site, "email", given) == "INVALID_EMAIL"


def test_clearing_an_address_clears_what_it_said(site: Site) -> None:
    assert site.properties(ANN, "hs_email_domain")["hs_email_domain"] == "acme.example"
    assert _held(site, "email", "") is None
    assert site.properties(ANN, "hs_email_domain")["hs_email_domain"] is None
    assert site.json("POST", CONTACTS, {"properties": {"email": "ann@acme.example"}}, status=201)["id"] != "201"


def test_taking_the_stage_from_a_deal_opens_it(site: Site) -> None:
    deal = "/crm/v3/objects/deals/7001"
    site.json("PATCH", deal, {"properties": {"dealstage": "closedwon"}})
    assert site.properties(deal, "hs_is_closed_won")["hs_is_closed_won"] == "true"
    site.json("PATCH", deal, {"properties": {"dealstage": ""}})
    held = site.properties(deal, "hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability")
    assert [held[name] for name in ("hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability")] == [None] * 3


@pytest.mark.parametrize("given", ["K1", " K1", "k1 ", "\tK1"])
def test_a_unique_value_is_the_same_in_any_case_and_with_blanks_around_it(site: Site, given: str) -> None:
    assert _held(site, "crm_key", " k1") == " k1"
    error = site.refused("PATCH", f"{CONTACTS}/202", {"properties": {"crm_key": given}})
    assert error["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"
    assert site.get(f"{CONTACTS}/{given.strip()}?idProperty=crm_key")["id"] == "201"


def test_a_unique_number_is_found_in_any_form(site: Site) -> None:
    made = {**TEXT, "name": "seat", "type": "number", "fieldType": "number", "hasUniqueValue": True}
    site.json("POST", PROPERTIES, made, status=201)
    site.json("PATCH", ANN, {"properties": {"seat": "007"}})
    assert [site.get(f"{CONTACTS}/{key}?idProperty=seat")["id"] for key in ("7", "007", "+7")] == ["201"] * 3
    rows = [{"id": "07", "idProperty": "seat", "properties": {"jobtitle": "CIO"}}]
    (row,) = site.json("POST", f"{CONTACTS}/batch/upsert", {"inputs": rows})["results"]
    assert (row["id"], row["new"]) == ("201", False)


def test_a_value_of_a_unique_property_is_free_once_its_holder_lets_go(site: Site) -> None:
    steps: list[tuple[str, Any]] = [("201", "K1"), ("201", "K2"), ("202", "K1"), ("201", ""), ("203", "K2")]
    for record_id, key in steps:
        site.json("PATCH", f"{CONTACTS}/{record_id}", {"properties": {"crm_key": key}})
    assert [site.get(f"{CONTACTS}/{key}?idProperty=crm_key")["id"] for key in ("k1", "K2")] == ["202", "203"]


def test_a_name_used_again_for_a_common_property_is_no_longer_unique(site: Site) -> None:
    site.json("POST", PROPERTIES, {**TEXT, "hasUniqueValue": True}, status=201)
    site.json("DELETE", f"{PROPERTIES}/note_1", status=204)
    site.json("POST", PROPERTIES, TEXT, status=201)
    for record_id in ("201", "202"):
        site.json("PATCH", f"{CONTACTS}/{record_id}", {"properties": {"note_1": "same"}})
    site.refused("GET", f"{CONTACTS}/same?idProperty=note_1")


def test_what_a_property_held_before_its_type_changed_does_not_break_search(site: Site) -> None:
    site.json("POST", PROPERTIES, TEXT, status=201)
    for record_id, value in (("201", "abc"), ("202", "10"), ("203", "9")):
        site.json("PATCH", f"{CONTACTS}/{record_id}", {"properties": {"note_1": value}})
    site.json("PATCH", f"{PROPERTIES}/note_1", {"type": "number", "fieldType": "number"})
    site.wait(10)
    found = site.json("POST", f"{CONTACTS}/search", {"sorts": ["note_1"]})["results"]
    assert [row["id"] for row in found] == ["203", "202", "201"]
    above = {"propertyName": "note_1", "operator": "GT", "value": "1"}
    assert site.json("POST", f"{CONTACTS}/search", {"filters": [above]})["total"] == 2


@pytest.mark.parametrize(("kind", "field"), [("date", "date"), ("datetime", "date"), ("bool", "booleancheckbox")])
def test_a_text_made_another_type_keeps_old_values_and_takes_new_ones(site: Site, kind: str, field: str) -> None:
    site.json("POST", PROPERTIES, TEXT, status=201)
    site.json("PATCH", ANN, {"properties": {"note_1": "abc"}})
    site.json("PATCH", f"{PROPERTIES}/note_1", {"type": kind, "fieldType": field})
    assert site.properties(ANN, "note_1")["note_1"] == "abc"
    new = "true" if kind == "bool" else "2026-02-28"
    assert (_held(site, "note_1", new, f"{CONTACTS}/202") or "").startswith(new)
    site.wait(10)
    for operator in ("EQ", "GTE", "LT"):
        item = {"propertyName": "note_1", "operator": operator, "value": new}
        site.json("POST", f"{CONTACTS}/search", {"filters": [item], "sorts": ["-note_1"]})


@pytest.mark.parametrize(
    "headers",
    ["[" * 60_000, "{", "[]", "1", '"x"', "9" * 5000, '{"from": 1}', '{"from": [1, null]}', '{"to": {"email": {}}}',
     '{"from": {"email": "\\ud800"}}', '{"from": {"email": ["a", {"b": []}]}}', '{"cc": "a@b.co"}', "NaN"],
)  # fmt: skip
def test_odd_headers_of_an_email_never_spoil_it(site: Site, headers: str) -> None:
    emails = "/crm/v3/objects/emails"
    given = {"hs_timestamp": "1777593600000", "hs_email_headers": headers}
    made = site.json("POST", f"{emails}?properties=hs_email_from_email", {"properties": given}, status=201)
    assert site.properties(f"{emails}/{made['id']}", "hs_email_headers")["hs_email_headers"] == headers
    names = "hs_email_from_email,hs_email_to_email,hs_email_cc_email"
    assert len(site.get(f"{emails}?properties={names}")["results"]) == 2
