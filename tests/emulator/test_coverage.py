"""The reference of the emulator is what the emulator is: no route without provenance, no setting without a word."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

from tests.emulator.org import Org
from tests.emulator.process import Emulator

ROOT = Path(__file__).parents[2]
CONTRACT = yaml.safe_load((ROOT / "connectors" / "emulator" / "provenance.yaml").read_text(encoding="utf-8"))
ROUTES = [
    (vendor, route, what if isinstance(what, dict) else {"tag": str(what)})
    for vendor, titles in CONTRACT.items()
    for routes in titles.values()
    for route, what in routes.items()
]


@pytest.fixture(scope="module")
def page() -> str:
    """What the command prints now."""
    command = [sys.executable, "-m", "connectors.emulator.coverage"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()


def test_the_page_in_docs_is_what_the_command_prints(page: str) -> None:
    told = "make it anew: python -m connectors.emulator.coverage > docs/emulator.md"
    assert (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8") == page, told


@pytest.mark.emulator
def test_every_served_route_has_a_tag(emulator: Emulator) -> None:
    found = emulator.control("GET", "routes")
    untagged = [f"{row['vendor']}: {row['method']} {row['templates'][0]}" for row in found if row["tag"] is None]
    assert untagged == [], "say in connectors/emulator/provenance.yaml where these routes are known from"


@pytest.mark.emulator
def test_what_is_known_from_memory_only_can_be_changed_by_a_setting(emulator: Emulator) -> None:
    settings = emulator.control("GET", "limits")
    known = {vendor: {*settings[vendor], *settings["emulator"]} for vendor in ("salesforce", "hubspot")}
    fixed = [
        route for vendor, route, what in ROUTES if what["tag"] == "MEM" and what.get("setting") not in known[vendor]
    ]
    assert fixed == []


def test_every_route_of_the_contract_stands_on_the_page_with_its_state(page: str) -> None:
    rows = [line for line in page.splitlines() if line.startswith(("| ✓ |", "| ◐ |", "| ✗ |"))]
    assert len(rows) == len(ROUTES)
    assert sum(line.startswith("| ◐ |") for line in rows) <= sum("lacks" in what for _, _, what in ROUTES)


@pytest.mark.emulator
def test_every_setting_and_every_control_route_stands_on_the_page(page: str, emulator: Emulator) -> None:
    settings = emulator.control("GET", "limits")
    assert [name for part in settings.values() for name in part if f"| `{name}` |" not in page] == []
    assert [line for line in page.splitlines() if "/_emulator/" in line and line.endswith("|  |")] == []


@pytest.mark.emulator
def test_a_withdrawn_route_of_salesforce_is_its_not_found(org: Org) -> None:
    assert org.call("POST", "/composite/batch", {"batchRequests": []}).status_code != 404
    withdraw(org.emulator, "POST /services/data/v{version}/composite/batch")
    assert org.refusal("POST", "/composite/batch", {"batchRequests": []})[:2] == (404, "NOT_FOUND")
    assert org.call("GET", "/limits").status_code == 200


@pytest.mark.emulator
def test_a_withdrawn_route_of_hubspot_is_a_page_until_reset(emulator: Emulator) -> None:
    hubspot = emulator.announced["hubspot"]

    def owners() -> requests.Response:
        headers = {"Authorization": f"Bearer {hubspot['token']}"}
        return emulator.session.get(f"{hubspot['url']}/crm/v3/owners", headers=headers, timeout=10)

    withdraw(emulator, "GET /crm/v3/owners")
    assert (owners().status_code, owners().headers["Content-Type"]) == (404, "text/html;charset=utf-8")
    emulator.control("POST", "reset")
    assert owners().status_code == 200


def withdraw(emulator: Emulator, route: str) -> None:
    emulator.control("POST", "limits", {"emulator": {"withdrawn": [route]}})


@pytest.mark.emulator
def test_only_routes_that_are_there_can_be_withdrawn(emulator: Emulator) -> None:
    url = f"{emulator.announced['control']}/limits"
    answer = emulator.session.post(url, json={"emulator": {"withdrawn": ["GET /nowhere"]}}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("no such route: GET /nowhere")
