"""Row 9, a rotating refresh token: the new one is stored before anything is signed with what came along with it."""

import logging
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses

from connectors.base import Connector
from connectors.open import open_connection
from connectors.options import HubSpotOptions, SalesforceOptions
from sync.secret import SERVICE, SecretResolver
from tests.connectors.conftest import BASE, NOW

HUBSPOT = "https://api.hubapi.com"
DATE = {"Date": "Sat, 21 Nov 2026 22:26:40 GMT"}
AUTH = {"flow": "refresh_token", "client_id": "env:ID", "client_secret": "env:KEY"}
VENDORS = {
    "salesforce": (f"{BASE}/services/oauth2/token", f"{BASE}/services/data/v62.0/"),
    "hubspot": (f"{HUBSPOT}/oauth/v3/token", f"{HUBSPOT}/crm/owners/2026-09"),
}
Keep = Callable[[str, str], None]


@dataclass(slots=True)
class Vendor:
    """A CRM that gives out a new refresh token each time, and everything it saw in order."""

    name: str
    mock: responses.RequestsMock
    seen: list[str] = field(default_factory=list)
    given: int = 0

    def __post_init__(self) -> None:
        """Answer the token request and the cheapest signed one."""
        token, probe = VENDORS[self.name]
        self.mock.add_callback(responses.POST, token, self._token)
        self.mock.add_callback(responses.GET, probe, self._probe)

    def _token(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.given += 1
        self.seen.append(f"redeemed {parse_qs(str(request.body))['refresh_token'][0]}")
        answer = (
            f'{{"access_token": "access-{self.given}", "refresh_token": "refresh-{self.given}", "expires_in": 1800}}'
        )
        return 200, {"Content-Type": "application/json"}, answer

    def _probe(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.seen.append(f"signed with {request.headers['Authorization']}")
        return 200, {**DATE, "Content-Type": "application/json"}, '{"results": [], "records": []}'

    def open(self, kept_in: str, secret: Callable[[str], str], keep: Keep | None) -> Connector:
        """Open a connection whose refresh token is kept where `kept_in` says."""
        described: dict[str, Any] = {"vendor": self.name, "auth": {**AUTH, "refresh_token": kept_in}}
        options = (
            SalesforceOptions.model_validate({**described, "url": BASE})
            if self.name == "salesforce"
            else HubSpotOptions.model_validate(described)
        )
        return open_connection(self.name, options, secret, lambda: NOW, keep)


@pytest.fixture(params=list(VENDORS))
def vendor(request: pytest.FixtureRequest) -> Iterator[Vendor]:
    with responses.RequestsMock() as mock:
        yield Vendor(request.param, mock)


def plain(reference: str) -> str:
    """Resolve any reference to what stands behind the colon."""
    return reference.partition(":")[2]


def test_9_the_new_token_is_stored_before_anything_is_signed(vendor: Vendor) -> None:
    connection = vendor.open(
        "file:token", plain, lambda reference, value: vendor.seen.append(f"kept {reference} {value}")
    )
    connection.server_time()
    assert vendor.seen == ["redeemed token", "kept file:token refresh-1", "signed with Bearer access-1"]
    connection.close()


def test_9_the_next_process_redeems_the_token_that_was_kept(vendor: Vendor, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("refresh-0", encoding="utf-8")
    resolver = SecretResolver({"ID": "id", "KEY": "key"}, lambda *_: None, tmp_path)
    for _ in range(3):
        connection = vendor.open("file:token", resolver, resolver.keep)
        connection.server_time()
        connection.close()
    assert [seen for seen in vendor.seen if seen.startswith("redeemed")] == [
        "redeemed refresh-0",
        "redeemed refresh-1",
        "redeemed refresh-2",
    ]
    assert (tmp_path / "token").read_text(encoding="utf-8") == "refresh-3"


def test_9_a_token_that_nobody_keeps_is_warned_of_without_being_shown(
    vendor: Vendor, caplog: pytest.LogCaptureFixture
) -> None:
    connection = vendor.open("file:token", plain, None)
    connection.server_time()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "refresh-1" not in caplog.text
    connection.close()


def test_9_a_token_that_stays_the_same_is_not_written_again(vendor: Vendor) -> None:
    kept: list[str] = []
    connection = vendor.open("file:refresh-1", plain, lambda _, value: kept.append(value))
    connection.server_time()
    assert kept == []
    connection.close()


def test_9_a_store_that_fails_does_not_end_a_run_that_is_signed_in(
    vendor: Vendor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    resolver = SecretResolver({"ID": "id", "KEY": "key", "TOKEN": "old"}, lambda *_: None, tmp_path)
    connection = vendor.open("env:TOKEN", resolver, resolver.keep)
    connection.server_time()
    assert vendor.seen[-1] == "signed with Bearer access-1"
    assert "env:TOKEN" in caplog.text
    assert "refresh-1" not in caplog.text
    connection.close()


# --- where secrets are kept ------------------------------------------------------------------------------------------


def resolver(folder: Path, to_keyring: Callable[[str, str, str], None] | None = None) -> SecretResolver:
    return SecretResolver({}, lambda *_: None, folder, to_keyring)


def test_a_file_is_replaced_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old", encoding="utf-8")
    (tmp_path / "token").chmod(0o644)
    resolver(tmp_path).keep("file:token", "new")
    assert (tmp_path / "token").read_text(encoding="utf-8") == "new"
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["token"]


def test_a_file_that_cannot_be_written_keeps_its_old_content_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "token").write_text("old", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    resolver(tmp_path).keep("file:token", "new-secret")
    assert (tmp_path / "token").read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["token"]
    assert "file:token" in caplog.text
    assert "new-secret" not in caplog.text


def test_a_missing_folder_is_no_reason_to_stop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    resolver(tmp_path / "gone").keep("file:token", "new-secret")
    assert "FileNotFoundError" in caplog.text
    assert "new-secret" not in caplog.text


def test_the_keyring_is_told_under_our_service(tmp_path: Path) -> None:
    told: list[tuple[str, str, str]] = []
    resolver(tmp_path, lambda *words: told.append(words)).keep("keyring:acme/hubspot", "new")
    assert told == [(SERVICE, "acme/hubspot", "new")]


def test_a_keyring_that_is_locked_is_reported_without_the_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(*words: str) -> None:
        raise RuntimeError(f"locked, wanted to store {words[2]}")

    resolver(tmp_path, locked).keep("keyring:acme", "new-secret")
    assert "keyring:acme" in caplog.text
    assert "new-secret" not in caplog.text


@pytest.mark.parametrize("reference", ["env:TOKEN", "keyring:acme"])
def test_where_nothing_can_be_written_the_operator_is_told_which_secret_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, reference: str
) -> None:
    resolver(tmp_path).keep(reference, "new-secret")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert reference in record.getMessage()
    assert "new-secret" not in caplog.text
