"""What is committed of the judges' packages: names, versions and hashes, so that any mirror can serve them."""

import json
import re

from tests.contract.third_party.conftest import HERE, LOCK, REQUIRED


def test_the_lock_file_names_no_address() -> None:
    assert "://" not in LOCK.read_text(encoding="utf-8")


def test_every_locked_package_has_a_version_and_a_hash() -> None:
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    assert all(each["version"] and each["integrity"].startswith("sha") for place, each in packages.items() if place)


def test_the_list_of_dlt_is_names_and_versions() -> None:
    lines = REQUIRED.read_text(encoding="utf-8").splitlines()
    assert "dlt==1.31.0" in lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][\w.]*", line)] == []


def test_the_settings_of_npm_name_no_address_and_run_no_scripts() -> None:
    settings = (HERE / ".npmrc").read_text(encoding="utf-8").splitlines()
    assert "omit-lockfile-registry-resolved=true" in settings
    assert "ignore-scripts=true" in settings
    assert not [line for line in settings if "://" in line]
