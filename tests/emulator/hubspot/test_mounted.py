"""The portal inside the emulator's own process: announced credentials, switches, seeds and clock from outside."""

from typing import Any

import pytest

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
