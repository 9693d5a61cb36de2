"""The files of deploy/ name only what exists: no container engine is needed to see that."""

import re
from pathlib import Path
from typing import Any

import yaml

from sync.cli import main

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")


def test_the_image_copies_what_the_build_needs_and_all_of_it_exists() -> None:
    copied = {name for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, re.M) for name in line.split()[:-1]}
    assert copied >= {"pyproject.toml", "README.md", "LICENSE", "constraints.txt", "mapping", "connectors", "sync"}
    assert all((ROOT / name).exists() for name in copied)


def test_the_worker_is_started_with_options_that_it_knows_and_probed_where_it_answers() -> None:
    command = re.findall(r'^CMD \["(\w+)", "(--[\w-]+)", "(\d+)"\]$', DOCKERFILE, re.M)
    ((name, option, port),) = command
    known = {found for parameter in main.commands[name].params for found in parameter.opts}
    assert option in known
    assert f"http://127.0.0.1:{port}/healthz" in DOCKERFILE


def test_the_default_composition_is_the_worker_alone_and_the_demo_profile_adds_the_emulator() -> None:
    services = COMPOSE["services"]
    assert [name for name, service in services.items() if not service.get("profiles")] == ["worker"]
    assert {name for name, service in services.items() if service.get("profiles") == ["demo"]} == {"emulator", "demo"}


def test_every_container_runs_a_command_of_ours_with_the_paths_that_exist() -> None:
    for name, service in COMPOSE["services"].items():
        assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        if "entrypoint" in service:
            program, command, *_ = service["entrypoint"]
            assert program == "rapport"
            assert command in main.commands, name


def test_the_demo_talks_to_the_port_that_the_emulator_listens_on() -> None:
    words = COMPOSE["services"]["emulator"]["entrypoint"]
    port = words[words.index("--port") + 1]
    assert COMPOSE["services"]["demo"]["entrypoint"][-1] == f"http://127.0.0.1:{port}"
    assert COMPOSE["services"]["demo"]["network_mode"] == "service:emulator"
