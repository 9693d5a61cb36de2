"""The demo's settings: secrets beside the file and for its owner only, nothing of anybody else's removed."""

from pathlib import Path
from typing import Any

import pytest

from sync.app import UsageError
from sync.demo import ORG, running, settings
from sync.settings import load_settings

READY: dict[str, Any] = {
    "salesforce": {"http": "http://127.0.0.1:8001", "client_id": "the-id", "client_secret": "the-secret"},
    "hubspot": {"url": "http://127.0.0.1:8002", "token": "the-token"},
}
SECRETS = {"salesforce-id": "the-id", "salesforce-secret": "the-secret", "hubspot-token": "the-token"}


def test_secrets_are_written_for_their_owner_only(tmp_path: Path) -> None:
    settings(tmp_path / "demo", READY)
    for name, secret in SECRETS.items():
        path = tmp_path / "demo" / name
        assert (path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777) == (secret, 0o600)


def test_the_settings_file_holds_no_secret(tmp_path: Path) -> None:
    text = settings(tmp_path / "demo", READY).read_text(encoding="utf-8")
    assert not [secret for secret in SECRETS.values() if secret in text]


def test_the_settings_name_both_crms_and_keep_everything_in_the_folder(tmp_path: Path) -> None:
    loaded = load_settings(settings(tmp_path / "demo", READY))
    connections = loaded.organisations[ORG].connections
    assert {name: options.model_dump()["url"] for name, options in connections.items()} == {
        "salesforce": "http://127.0.0.1:8001",
        "hubspot": "http://127.0.0.1:8002",
    }
    assert loaded.stage_file(ORG).parent == tmp_path / "demo"
    assert loaded.store.ledger == f"sqlite:///{tmp_path}/demo/ledger.sqlite"


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    settings(tmp_path / "demo", READY)
    (tmp_path / "demo" / "ledger.sqlite").write_bytes(b"of the last demo")
    settings(tmp_path / "demo", READY)
    assert not (tmp_path / "demo" / "ledger.sqlite").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UsageError, match="choose another --folder"):
        settings(tmp_path, READY)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_settings_of_a_real_organisation_are_no_earlier_demo(tmp_path: Path) -> None:
    (tmp_path / "rapport.yaml").write_text("# ours\norganisations: {}\n", encoding="utf-8")
    with pytest.raises(UsageError):
        settings(tmp_path, READY)
    assert (tmp_path / "rapport.yaml").exists()


@pytest.mark.enable_socket  # asks a port of loopback where nothing listens
def test_an_emulator_that_does_not_answer_is_one_clear_message() -> None:
    with pytest.raises(UsageError, match=r"no emulator answers at http://127\.0\.0\.1:9"):
        running("http://127.0.0.1:9")
