"""The verdict on a census and a forecast, and how findings are joined and weighed; values in, values out."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from connectors.base import Finding, Forecast, Severity
from connectors.census import Census, Keeper
from connectors.hubspot.checks import retiring
from connectors.options import HubSpotOptions, SalesforceOptions
from mapping.spec import Product, load_rules
from sync import findings
from sync.check import unusable
from sync.findings import Told
from sync.settings import Lines, Problem, SettingsError

AUTH = {"flow": "client_credentials", "client_id": "env:ID", "client_secret": "env:SECRET"}
SALESFORCE = SalesforceOptions.model_validate({"vendor": "salesforce", "url": "https://a.example", "auth": AUTH})
HUBSPOT = HubSpotOptions.model_validate({"vendor": "hubspot", "auth": {"flow": "token", "access_token": "env:T"}})
CLEO = Keeper("u1", "Cleo", 2, active=True, manager="u2", manager_active=True)


def told(where: str, severity: Severity = Severity.WARNING, cause: str = "gone", line: int = 3) -> Told:
    return Told("acme", "crm", severity, "r.yaml", line, where, cause, "")


# --- weight and form -------------------------------------------------------------------------------------------------


def test_a_finding_is_an_error_when_fatal_a_warning_otherwise_and_an_info_when_it_only_remarks() -> None:
    assert Finding("x", "c", "f", fatal=True).severity is Severity.ERROR
    assert Finding("x", "c", "f", fatal=False).severity is Severity.WARNING
    assert Finding("x", "c", "f", fatal=False, remark=True).severity is Severity.INFO


def test_errors_come_first_and_the_rest_keeps_its_order() -> None:
    found = [told("a"), told("b", Severity.INFO), told("c"), told("d", Severity.ERROR)]
    assert [one.where for one in findings.sorted_by_weight(found)] == ["d", "a", "c", "b"]
    assert findings.fails(found)
    assert not findings.fails(found[:3])


def test_what_is_said_of_several_things_is_joined_with_the_first_five_names() -> None:
    many = [told(f"f{number}") for number in range(8)]
    (one,) = findings.merged(many)
    assert one.where == "f0, f1, f2, f3, f4 and 3 more"
    assert len(findings.merged([told("a"), told("b", line=4), told("c", cause="hidden")])) == 3


def test_a_cause_begins_with_a_capital_unless_it_begins_with_a_name() -> None:
    assert told("x", cause="the field is gone.").sentence == "The field is gone."
    assert told("x", cause="crm.objects.read is missing").sentence == "crm.objects.read is missing."


# --- the budget ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forecast", "severity", "said"),
    [
        (Forecast(40), Severity.INFO, "A run needs about 40 HubSpot calls"),
        (Forecast(40, left=50, day=60), Severity.INFO, "A run needs about 40 HubSpot calls of 50 left today"),
        (Forecast(40, left=30, day=60), Severity.ERROR, "it does not fit and would not begin"),
        (Forecast(90, left=30, day=60), Severity.INFO, "A run needs about 90 HubSpot calls of 30 left today"),
    ],
    ids=["no allowance", "fits", "does not fit", "is done in parts"],
)
def test_a_forecast_is_an_error_when_the_run_would_not_begin(forecast: Forecast, severity: Severity, said: str) -> None:
    found = findings.of_forecast("HubSpot", forecast)
    assert (found.severity, found.setting) == (severity, ("budget",))
    assert said in found.cause


# --- customers, activity, owners -------------------------------------------------------------------------------------


def causes(census: Census, options: SalesforceOptions | HubSpotOptions = SALESFORCE) -> list[str]:
    return [found.cause for found in findings.of_connection(census, options)]


def test_what_nobody_can_tell_is_no_finding() -> None:
    assert causes(Census()) == []
    assert causes(Census(activity={"Task": None})) == []
    assert causes(Census(customers=3, activity={"Task": 0, "Event": 1, "EmailMessage": None}, keepers=[CLEO])) == []


def test_types_are_beginnings_in_any_case_and_stages_are_exact() -> None:
    offered = {"customer": ["Customer - Direct", "Other"]}
    assert causes(Census(customers=1, choices=offered)) == []
    (cause,) = causes(Census(customers=1, choices={"customer": ["Customer", "lead"]}), HUBSPOT)
    assert "no value for 'customer'" in cause


def test_owners_who_are_gone_or_unknown_are_named_with_their_customers() -> None:
    gone, stranger = Keeper("u8", "Max", 1, active=False), Keeper("u9", "u9", 1_200, active=None)
    assert causes(Census(keepers=[CLEO, gone, stranger])) == [
        "Owners of customers are deactivated: Max (1 customer)",
        "Owners of customers are not among the users the integration may see: u9 (1,200 customers)",
    ]


@pytest.mark.parametrize(
    ("keeper", "managers", "said"),
    [
        (CLEO, {}, None),
        (Keeper("u1", "Cleo", 2, active=True), {}, "No active manager is known of Cleo (2 customers)"),
        (Keeper("u1", "Cleo", 2, active=True, manager="u2", manager_active=False), {}, "No active manager"),
        (Keeper("u1", "Cleo", 2, active=False), {}, None),
    ],
    ids=["known", "unknown", "deactivated", "of somebody who has gone"],
)
def test_managers_that_the_crm_knows(keeper: Keeper, managers: Mapping[str, str], said: str | None) -> None:
    found = list(findings.of_managers(Census(keepers=[keeper], managers_known=True), managers))
    assert len(found) == (said is not None)
    assert all(said in one.cause for one in found if said)


def test_managers_by_team_lead_to_the_line_of_the_team_that_was_probably_meant() -> None:
    west = Keeper("1", "Eve", 1, active=True, team="West")
    census = Census(keepers=[west], colleagues=frozenset({"max@v.example"}))
    assert list(findings.of_managers(census, {"West": "Max@v.example"})) == []
    (found,) = findings.of_managers(census, {"Wset": "max@v.example"})
    assert (found.setting, "'Wset'" in found.fix) == (("managers", "Wset"), True)
    (found,) = findings.of_managers(census, {})
    assert (found.setting, found.fix) == (("managers",), "Add West: and the manager's address.")


# --- rules -----------------------------------------------------------------------------------------------------------


def test_values_and_departments_are_compared_with_every_spelling_in_any_case() -> None:
    rules = load_rules()
    assert list(findings.of_choices(Census(choices={"segment": ["smb", "ENT", "Mid market"]}), rules)) == []
    (found,) = findings.of_choices(Census(choices={"breadth": ["Team", "Galaxy"]}), rules)
    assert (found.setting, "'Galaxy'" in found.cause) == (("fields", "account", "breadth"), True)
    products = [Product(), Product(sold_to=("ops", "Legl"), consumed_in=("Finance",))]
    ((steps, found),) = findings.of_products(products, rules)
    assert steps == ("products", 1, "sold_to", 1)
    assert found.fix == "Did you mean 'Legal'?"


def test_the_line_of_a_setting_is_that_of_the_nearest_one_that_is_written(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("a:\n  products:\n    - name: x\n      sold_to:\n        - one\n        - two\n", encoding="utf-8")
    lines = Lines(path)
    assert lines.of(("a", "products", 0, "sold_to", 1)) == 6
    assert lines.of(("a", "products", 0, "consumed_in", 0)) == 3
    assert lines.of(("b",)) == 1


# --- versions that end -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("api", "today", "said"),
    [
        ("2026-09", date(2026, 11, 22), None),
        ("2026-09", date(2027, 10, 1), "until about March 2028"),
        ("2026-03", date(2026, 11, 22), None),
        ("2026-03", date(2027, 4, 1), "until about September 2027"),
        ("v3", date(2026, 11, 22), "v4 associations on 2027-03-30, v3 in September 2027"),
        ("v4", date(2026, 11, 22), "v4 associations on 2027-03-30, v3 in September 2027"),
    ],
)
def test_the_end_of_a_version_is_told_ahead(api: str, today: date, said: str | None) -> None:
    found = [one.cause for one in retiring(api, today)]
    assert len(found) == (said is not None)
    assert all(said in cause for cause in found if said)


def test_the_problems_of_a_settings_file_are_sentences() -> None:
    wrong = [Problem("r.yaml", 3, "unknown setting urll", "did you mean url?"), Problem("r.yaml", 5, "a tab", "cut it")]
    said = [told.sentence for told in unusable(SettingsError(wrong))]
    assert said == ["Unknown setting urll. Did you mean url?", "A tab. Cut it."]
