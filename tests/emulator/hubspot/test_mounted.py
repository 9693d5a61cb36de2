"""The portal inside the emulator's own process: announced credentials, switches, seeds and clock from outside."""

from typing import Any

import pytest

from tests.emulator.hubspot.receiver import receiving
from tests.emulator.hubspot.site import SEED
from tests.emulator.process import Emulator

pytestmark = pytest.mark.emulator


def _call(emulator: Emulator, method: str, path: str, body: Any = None) -> Any:
    portal = emulator.announced["hubspot"]
    headers = {"Authorization": f"Bearer {portal['token']}"}
    return emulator.session.request(method, portal["url"] + path, json=body, headers=headers, timeout=10)


def test_the_announced_token_lets_in(emulator: Emulator) -> None:
    assert _call(emulator, "GET", "/crm/v3/owners").status_code == 200


def test_switches_are_set_through_the_control_interface(emulator: Emulator) -> None:
    emulator.control("POST", "limits", {"hubspot": {"ten_secondly_limit": 1, "retry_after": True}})
    assert _call(emulator, "GET", "/crm/v3/owners").status_code == 200
    answer = _call(emulator, "GET", "/crm/v3/owners")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    emulator.control("POST", "clock", {"advance": 10})
    assert _call(emulator, "GET", "/crm/v3/owners").status_code == 200


def test_a_seed_is_loaded_from_outside_and_reset_goes_back(emulator: Emulator) -> None:
    emulator.control("POST", "seed", {"hubspot": SEED})
    assert len(_call(emulator, "GET", "/crm/v3/objects/contacts").json()["results"]) == 3
    emulator.control("POST", "reset")
    assert _call(emulator, "GET", "/crm/v3/objects/contacts").json()["results"] == []


def test_unknown_routes_stay_without_json(emulator: Emulator) -> None:
    answer = _call(emulator, "GET", "/crm/v3/nothing")
    assert answer.status_code == 404
    assert "json" not in answer.headers.get("content-type", "")


@pytest.mark.parametrize(
    ("tier", "increases", "burst", "day"),
    [
        ("free", 0, "100", "250000"),
        ("starter", 0, "100", "250000"),
        ("professional", 0, "190", "625000"),
        ("enterprise", 0, "190", "1000000"),
        ("enterprise", 1, "250", "2000000"),
        ("professional", 2, "250", "2625000"),
    ],
)
def test_a_tier_brings_its_limits(emulator: Emulator, tier: str, increases: int, burst: str, day: str) -> None:
    emulator.control("POST", "limits", {"hubspot": {"tier": tier, "limit_increases": increases}})
    headers = _call(emulator, "GET", "/crm/v3/owners").headers
    assert (headers["X-HubSpot-RateLimit-Max"], headers["X-HubSpot-RateLimit-Daily"]) == (burst, day)


def test_a_limit_named_together_with_a_tier_wins(emulator: Emulator) -> None:
    changed = emulator.control("POST", "limits", {"hubspot": {"tier": "free", "daily_limit": 7}})["hubspot"]
    assert (changed["ten_secondly_limit"], changed["daily_limit"], changed["association_limit"]) == (100, 7, 100)


@pytest.mark.parametrize("change", [{"tier": "gold"}, {"limit_increases": 3}])
def test_a_tier_that_is_none_changes_nothing(emulator: Emulator, change: dict[str, Any]) -> None:
    url = f"{emulator.announced['control']}/limits"
    assert emulator.session.post(url, json={"hubspot": change}, timeout=10).status_code == 400
    assert emulator.control("GET", "limits")["hubspot"]["tier"] == "professional"


def test_labels_need_a_tier_that_has_them(emulator: Emulator) -> None:
    emulator.control("POST", "limits", {"hubspot": {"tier": "starter"}})
    path = "/crm/v4/associations/contacts/companies/labels"
    assert _call(emulator, "POST", path, {"label": "L", "name": "l"}).status_code == 403
    assert _call(emulator, "GET", path).status_code == 200


@pytest.mark.parametrize(
    ("status", "headers"), [(477, {"Retry-After": "30"}), (423, {}), (502, {}), (503, {}), (521, {}), (524, {})]
)
def test_the_odd_codes_of_hubspot_come_by_fault_script(
    emulator: Emulator, status: int, headers: dict[str, str]
) -> None:
    emulator.fault(action="status", vendor="hubspot", status=status, headers=headers, times=1)
    answer = _call(emulator, "GET", "/crm/v3/owners")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, headers.get("Retry-After"))
    assert _call(emulator, "GET", "/crm/v3/owners").status_code == 200


def test_users_schemas_and_webhooks_are_hubspot_s_in_the_log(emulator: Emulator) -> None:
    for path in ("/settings/v3/users", "/crm-object-schemas/v3/schemas", "/webhooks/v3/1/settings"):
        _call(emulator, "GET", path)
    assert {row["vendor"] for row in emulator.control("GET", "requests", last="3")["last"]} == {"hubspot"}


def test_webhooks_come_out_of_the_process(emulator: Emulator) -> None:
    portal = emulator.announced["hubspot"]
    with receiving() as receiver:
        root = f"{portal['url']}/webhooks/v3/{portal['app_id']}"
        key = {"hapikey": portal["developer_key"]}
        emulator.session.put(f"{root}/settings", params=key, json={"targetUrl": receiver.url}, timeout=10)
        wanted = {"eventType": "contact.creation", "active": True}
        emulator.session.post(f"{root}/subscriptions", params=key, json=wanted, timeout=10)
        made = _call(emulator, "POST", "/crm/v3/objects/contacts", {"properties": {}}).json()["id"]
        assert receiver.rows(1)[0]["objectId"] == int(made)
