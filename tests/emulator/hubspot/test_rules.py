"""Validation rules of properties: set and read under every version, enforced since 2026-09 only (contract, 0)."""

import json
from typing import Any

import pytest

from tests.emulator.hubspot.site import SEED, Site

pytestmark = pytest.mark.emulator

RULES = "/crm/property-validations/2026-09/0-1"
OLDER = ["/crm/v3/objects", "/crm/objects/2025-09", "/crm/objects/2026-03"]
STRICT = "/crm/objects/2026-09"


def _rule(site: Site, name: str, kind: str, *arguments: str, status: int = 204) -> Any:
    return site.json("PUT", f"{RULES}/{name}/rule-type/{kind}", {"ruleArguments": list(arguments)}, status=status)


def test_a_rule_is_set_read_and_replaced_under_every_version(site: Site) -> None:
    _rule(site, "zip", "ALPHANUMERIC", "NUMERIC_ONLY")
    _rule(site, "zip", "MAX_LENGTH", "7")
    _rule(site, "zip", "MAX_LENGTH", "5")
    for root in (RULES, "/crm/v3/property-validations/contacts", "/crm/property-validations/2026-03/0-1"):
        assert site.get(root)["results"] == [
            {
                "propertyName": "zip",
                "propertyValidationRules": [
                    {"ruleType": "ALPHANUMERIC", "ruleArguments": ["NUMERIC_ONLY"], "shouldApplyNormalization": False},
                    {"ruleType": "MAX_LENGTH", "ruleArguments": ["5"], "shouldApplyNormalization": False},
                ],
            }
        ]
    assert site.get(f"{RULES}/zip/rule-type/MAX_LENGTH")["ruleArguments"] == ["5"]
    assert len(site.get(f"{RULES}/zip")["results"]) == 2
    site.refused("GET", f"{RULES}/zip/rule-type/REGEX", status=404)


@pytest.mark.parametrize(
    ("name", "kind", "arguments"),
    [
        ("zip", "LUCKY", []),
        ("zip", "MAX_NUMBER", ["1"]),
        ("nps_score", "MAX_LENGTH", ["1"]),
        ("zip", "MAX_LENGTH", []),
        ("zip", "MAX_LENGTH", ["many"]),
        ("zip", "ALPHANUMERIC", ["LETTERS"]),
        ("zip", "REGEX", ["("]),
        ("nps_date", "AFTER_DURATION", ["soon"]),
    ],
)
def test_impossible_rules_are_400(site: Site, name: str, kind: str, arguments: list[str]) -> None:
    assert _rule(site, name, kind, *arguments, status=400)["category"] == "VALIDATION_ERROR"


def _writes(root: str) -> list[tuple[str, str, Any]]:
    bad = {"zip": "AB"}
    batch = f"{root}/contacts/batch"
    return [
        ("POST", f"{root}/contacts", {"properties": bad}),
        ("PATCH", f"{root}/contacts/201", {"properties": bad}),
        ("POST", f"{batch}/create", {"inputs": [{"properties": bad}]}),
        ("POST", f"{batch}/update", {"inputs": [{"id": "201", "properties": bad}]}),
        ("POST", f"{batch}/upsert", {"inputs": [{"id": "201", "properties": bad}]}),
        (
            "POST",
            f"{batch}/upsert",
            {"inputs": [{"id": "x@y.example", "idProperty": "email", "properties": bad}]},
        ),
    ]


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("root", OLDER)
def test_versions_before_2026_09_do_not_ask(site: Site, root: str, number: int) -> None:
    _rule(site, "zip", "ALPHANUMERIC", "NUMERIC_ONLY")
    method, path, body = _writes(root)[number]
    assert site.call(method, path, body).status_code in {200, 201}


@pytest.mark.parametrize("number", range(6))
def test_every_write_of_2026_09_is_held_against_the_rules(site: Site, number: int) -> None:
    _rule(site, "zip", "ALPHANUMERIC", "NUMERIC_ONLY")
    method, path, body = _writes(STRICT)[number]
    error = site.refused(method, path, body)
    assert error["category"] == "VALIDATION_ERROR"
    listed = json.loads(error["message"].removeprefix("Property values were not valid: "))
    assert [(row["name"], row["isValid"], row["portalId"]) for row in listed] == [("zip", False, 48120733)]
    assert listed[0]["error"] == site.portal.settings["validation_rule_error"]
    assert error["errors"][0]["context"] == {"propertyName": ["zip"]}


def test_a_traced_batch_tells_the_row_that_breaks_a_rule(site: Site) -> None:
    _rule(site, "zip", "MAX_LENGTH", "3")
    rows = [{"id": "201", "properties": {"zip": "123"}, "objectWriteTraceId": "a"},
            {"id": "202", "properties": {"zip": "1234"}, "objectWriteTraceId": "b"}]  # fmt: skip
    answer = site.json("POST", f"{STRICT}/contacts/batch/update", {"inputs": rows}, status=207)
    assert [row["id"] for row in answer["results"]] == ["201"]
    assert answer["errors"][0]["context"] == {"objectWriteTraceId": ["b"]}


def test_clearing_a_value_breaks_no_rule(site: Site) -> None:
    _rule(site, "zip", "MIN_LENGTH", "3")
    site.json("PATCH", f"{STRICT}/contacts/201", {"properties": {"zip": ""}})


def test_a_value_that_was_there_before_the_rule_stays(site: Site) -> None:
    site.json("PATCH", f"{STRICT}/contacts/201", {"properties": {"zip": "long-before"}})
    _rule(site, "zip", "MAX_LENGTH", "3")
    site.json("PATCH", f"{STRICT}/contacts/201", {"properties": {"jobtitle": "CIO"}})
    assert site.properties(f"{STRICT}/contacts/201", "zip")["zip"] == "long-before"


HELD = [
    ("zip", "ALPHANUMERIC", ["ALPHANUMERIC"], "A1", "A-1"),
    ("zip", "ALPHANUMERIC", ["ALPHA_ONLY"], "Ab", "A1"),
    ("zip", "SPECIAL_CHARACTERS", [], "A 1", "A!"),
    ("zip", "WHITESPACE", [], "AB", "A B"),
    ("zip", "FORMAT", ["AA-##"], "XY-12", "XY12"),
    ("zip", "REGEX", ["[0-9]{5}"], "12345", "1234"),
    ("zip", "MIN_LENGTH", ["3"], "abc", "ab"),
    ("zip", "MAX_LENGTH", ["3"], "abc", "abcd"),
    ("zip", "EMAIL", [], "a@b.example", "a@b"),
    ("zip", "EMAIL_ALLOWED_DOMAINS", ["b.example"], "a@b.example", "a@c.example"),
    ("zip", "EMAIL_BLOCKED_DOMAINS", ["b.example"], "a@c.example", "a@b.example"),
    ("zip", "URL", [], "https://b.example/x", "b.example"),
    ("zip", "URL_ALLOWED_DOMAINS", ["b.example"], "https://b.example/x", "https://c.example"),
    ("zip", "URL_BLOCKED_DOMAINS", ["b.example"], "https://c.example", "https://b.example/x"),
    ("zip", "DOMAIN", [], "shop.b.example", "shop"),
    ("zip", "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE", [], "+49 30 1234", "030 1234"),
    ("nps_score", "MIN_NUMBER", ["1"], "1", "0.9"),
    ("nps_score", "MAX_NUMBER", ["10"], "10", "11"),
    ("nps_score", "DECIMAL", ["1"], "9.5", "9.55"),
    ("nps_date", "START_DATE", ["2026-01-01"], "2026-01-01", "2025-12-31"),
    ("nps_date", "END_DATE", ["2026-12-31"], "2026-12-31", "2027-01-01"),
    ("nps_date", "BEFORE_DURATION", ["P7D"], "2026-10-25", "2026-10-27"),
    ("nps_date", "AFTER_DURATION", ["P7D"], "2026-11-10", "2026-11-08"),
    ("nps_date", "DAYS_OF_WEEK", ["MONDAY"], "2026-11-02", "2026-11-03"),
    ("closedate", "START_DATETIME", ["2026-01-01T12:00:00Z"], "2026-01-01T12:00:00Z", "2026-01-01T11:59:59Z"),
    ("closedate", "END_DATETIME", ["1767268800000"], "2026-01-01T12:00:00Z", "2026-01-01T12:00:01Z"),
    ("closedate", "BEFORE_DATETIME_DURATION", ["PT1H"], "2026-11-02T09:00:00Z", "2026-11-02T09:30:00Z"),
    ("closedate", "AFTER_DATETIME_DURATION", ["PT1H"], "2026-11-02T11:00:00Z", "2026-11-02T10:30:00Z"),
]


@pytest.mark.parametrize("held", HELD, ids=[f"{kind} {good}" for _, kind, _, good, _ in HELD])
def test_each_type_of_rule_tells_good_from_bad(site: Site, held: tuple[str, str, list[str], str, str]) -> None:
    name, kind, arguments, good, bad = held
    _rule(site, name, kind, *arguments)
    site.json("PATCH", f"{STRICT}/contacts/201", {"properties": {name: good}})
    site.refused("PATCH", f"{STRICT}/contacts/201", {"properties": {name: bad}})


def test_normalised_values_are_judged_without_blanks_around_them(site: Site) -> None:
    body = {"ruleArguments": ["3"], "shouldApplyNormalization": True}
    site.json("PUT", f"{RULES}/zip/rule-type/MAX_LENGTH", body, status=204)
    site.json("PATCH", f"{STRICT}/contacts/201", {"properties": {"zip": " abc "}})


def test_a_seed_declares_rules(site: Site) -> None:
    rule = {"propertyName": "zip", "ruleType": "MAX_LENGTH", "ruleArguments": ["3"]}
    site.portal.reset()
    site.portal.load({**SEED, "validations": {"contacts": [rule]}})
    site.refused("PATCH", f"{STRICT}/contacts/201", {"properties": {"zip": "1234"}})
