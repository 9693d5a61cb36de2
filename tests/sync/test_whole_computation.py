"""The pipeline with the shipped rules and the real computation in place of the seam."""

from dataclasses import replace

import duckdb
import pytest

from mapping.compute import compute
from mapping.explain import render
from mapping.metadata import COMPANIONS
from mapping.spec import Profile, Rules, load_rules
from sync import pipeline
from sync.changes import SetField
from sync.pipeline import Desk
from tests.sync.world import NOON, World

DAY = 86_400
PROFILE = Profile(organisation="acme", sources=("crm",))


@pytest.fixture(scope="module")
def rules() -> Rules:
    return load_rules()


@pytest.fixture
def desk(world: World, rules: Rules) -> Desk:
    def run(connection: duckdb.DuckDBPyConnection, as_of: int) -> None:
        compute(connection, rules, PROFILE, as_of)

    world.crm.put("user_account", {"id": "u1", "name": "Cleo", "email": "cleo@ours.example", "active": True})
    world.crm.put(
        "account",
        {"id": "a1", "name": "Globex", "customer": True, "owner_id": "u1", "segment": "SMB", "breadth": "workgroup"},
    )
    world.crm.put("contact", {"id": "c1", "name": "Ann", "account_id": "a1", "title": "VP Finance"})
    world.crm.put("affiliation", {"id": "f1", "contact_id": "c1", "account_id": "a1", "direct": True, "active": True})
    world.crm.put("coverage_of_source", {"fact": "activity", "available": True, "since_at": NOON - 400 * DAY})
    return replace(world.desk(), compute=run, explain=render, rules=rules.digest)


def test_a_first_run_writes_roles_with_the_record_they_rest_on(world: World, desk: Desk) -> None:
    assert pipeline.run(desk).status == "ok"
    assert world.held(("contact", "c1"), "roles") == "buyer"
    evidence = world.held(("contact", "c1"), "evidence")
    assert evidence is not None
    assert "crm/contact/c1" in evidence


def test_every_change_quotes_its_own_sentence(world: World, desk: Desk) -> None:
    pipeline.plan(desk)
    own = [change for change in world.changes() if isinstance(change, SetField) and change.field not in COMPANIONS]
    assert own
    assert not [change for change in own if change.reason.startswith("Follows from")]


def test_a_second_run_finds_nothing_to_do(world: World, desk: Desk) -> None:
    pipeline.run(desk)
    assert pipeline.run(desk).status == "nothing"


def test_a_quiet_day_writes_nothing(world: World, desk: Desk) -> None:
    pipeline.run(desk)
    world.next_day()
    assert pipeline.run(desk).planned["set"] == 0
