"""Signing in to both emulated CRMs: every flow the settings know, tokens that are rotated, credentials that die."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.base import Connector
from connectors.open import open_connection
from connectors.options import HubSpotOptions, SalesforceOptions
from tests.contract.org import CLOCK

pytestmark = pytest.mark.emulator

APP = {"client_id": "env:client_id", "client_secret": "env:client_secret"}
WITH_TOKEN = {"flow": "refresh_token", **APP, "refresh_token": "file:refresh_token"}
FLOWS: Mapping[str, Mapping[str, str]] = {
    "client_credentials": APP,
    "jwt_bearer": {"client_id": "env:client_id", "username": "USERNAME", "private_key": "env:private_key"},
    "refresh_token": {**APP, "refresh_token": "file:refresh_token"},
    "password": {
        **APP,
        "username": "USERNAME",
        "password": "env:password",
        "security_token": "env:security_token",
    },
}


class Vendor:
    """One of the emulated CRMs, and where a refresh token to it is kept for all processes."""

    def __init__(self, name: str, ready: Mapping[str, Any]) -> None:
        self.name = name
        self.told: dict[str, str] = dict(ready[name])
        self.control = str(ready["control"])
        self.kept = dict(self.told)
        if key := self.told.get("private_key"):
            self.kept["private_key"] = Path(key).read_text(encoding="utf-8")

    def tell(self, what: str, body: object) -> None:
        """Turn a switch of the emulator."""
        requests.post(f"{self.control}/{what}", json=body, timeout=10).raise_for_status()

    def asked(self) -> list[str]:
        """List the paths of the requests since the last time."""
        query = {"last": "1000", "reset": "true"}
        last = requests.get(f"{self.control}/requests", params=query, timeout=10).json()["last"]
        return [one["path"] for one in last]

    def process(
        self, auth: Mapping[str, str] = WITH_TOKEN, meanwhile: Callable[[], object] = lambda: None
    ) -> Connector:
        """Open a connection as a process of its own does; what it keeps, all the others read.

        `meanwhile` happens, once, between its first look at the refresh token and its request.
        """
        waiting = [meanwhile]

        def secret(reference: str) -> str:
            found = self.kept[reference.partition(":")[2]]
            if reference == WITH_TOKEN["refresh_token"] and waiting:
                waiting.pop()()
            return found

        options: SalesforceOptions | HubSpotOptions
        described = {"vendor": self.name, "auth": {**auth}}
        if self.name == "salesforce":
            options = SalesforceOptions.model_validate({**described, "url": self.told["http"]})
        else:
            options = HubSpotOptions.model_validate({**described, "url": self.told["url"]})
        return open_connection("crm", options, secret, CLOCK, self._keep)

    def _keep(self, reference: str, value: str) -> None:
        self.kept[reference.partition(":")[2]] = value


@pytest.fixture(params=["salesforce", "hubspot"])
def vendor(request: pytest.FixtureRequest, emulator: dict[str, Any]) -> Iterator[Vendor]:
    found = Vendor(request.param, emulator)
    found.tell("reset", {})
    yield found
    found.tell("reset", {})


def signs_in(connection: Connector) -> bool:
    """Tell whether a connection, sign-in included, can be used; whatever else it finds amiss."""
    return not any(finding.where == "connection" for finding in connection.check())


@pytest.mark.parametrize("flow", list(FLOWS))
def test_11_every_flow_signs_in_over_oauth_and_none_over_soap(emulator: dict[str, Any], flow: str) -> None:
    salesforce = Vendor("salesforce", emulator)
    salesforce.tell("reset", {})
    auth = {name: value.replace("USERNAME", salesforce.told["username"]) for name, value in FLOWS[flow].items()}
    salesforce.asked()
    connection = salesforce.process({"flow": flow, **auth})
    assert signs_in(connection)
    connection.close()
    asked = salesforce.asked()
    assert asked.count("/services/oauth2/token") == 1
    assert not [path for path in asked if path.lower().startswith("/services/soap")]


@pytest.mark.parametrize("flow", list(FLOWS))
def test_11_a_flow_that_is_refused_says_so_once_and_asks_for_nothing_more(emulator: dict[str, Any], flow: str) -> None:
    salesforce = Vendor("salesforce", emulator)
    salesforce.tell("reset", {})
    auth = {name: value.replace("USERNAME", salesforce.told["username"]) for name, value in FLOWS[flow].items()}
    salesforce.kept |= {"client_id": "nobody's app"}
    salesforce.asked()
    connection = salesforce.process({"flow": flow, **auth})
    (finding,) = [one for one in connection.check() if one.where == "connection"]
    connection.close()
    assert (finding.fatal, finding.refused) == (True, True)
    assert "Check the credentials" in finding.cause
    assert salesforce.asked() == ["/services/oauth2/token"]


def test_9_of_two_processes_the_second_redeems_what_the_first_has_kept(vendor: Vendor) -> None:
    vendor.tell("limits", {vendor.name: {"rotate_refresh_tokens": True}})
    first = vendor.kept["refresh_token"]
    check, worker = vendor.process(), vendor.process()
    assert signs_in(worker)
    second = vendor.kept["refresh_token"]
    assert signs_in(check)
    assert len({first, second, vendor.kept["refresh_token"]}) == 3
    for connection in (check, worker):
        connection.close()
    assert signs_in(vendor.process())


def test_9_a_token_that_another_process_redeemed_a_moment_ago_is_no_dead_credential(vendor: Vendor) -> None:
    vendor.tell("limits", {vendor.name: {"rotate_refresh_tokens": True}})
    other = vendor.process()
    connection = vendor.process(meanwhile=lambda: signs_in(other))
    assert signs_in(connection)
    for opened in (connection, other):
        opened.close()


def test_10_a_refresh_token_that_is_revoked_is_a_dead_credential_and_redeemed_once(vendor: Vendor) -> None:
    vendor.kept["refresh_token"] = "revoked"
    vendor.asked()
    connection = vendor.process()
    (finding,) = [one for one in connection.check() if one.where == "connection"]
    connection.close()
    assert (finding.fatal, finding.refused) == (True, True)
    assert len(vendor.asked()) == 1
