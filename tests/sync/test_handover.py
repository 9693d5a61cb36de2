"""Who looks after an account is remembered from run to run, so that a change of hands is seen."""

from tests.sync.world import NOON, World


def test_a_run_remembers_who_looks_after_an_account(world: World) -> None:
    world.csms = {"a1": ("crm:u1", None)}
    world.run()
    assert world.ledger.csms("acme") == [("crm", "a1", "crm:u1", None)]
    world.csms = {"a1": ("crm:u2", NOON)}
    world.run()
    assert world.ledger.csms("acme") == [("crm", "a1", "crm:u2", NOON)]


def test_what_is_remembered_lies_beside_the_stage_in_the_next_run(world: World) -> None:
    world.csms = {"a1": ("crm:u1", NOON)}
    world.run()
    world.run()
    found = world.stage.connection.execute("SELECT source, id, colleague, since_at FROM remembered_csm").fetchall()
    assert found == [("crm", "a1", "crm:u1", NOON)]


def test_a_plan_remembers_nothing(world: World) -> None:
    world.csms = {"a1": ("crm:u1", None)}
    world.plan()
    assert world.ledger.csms("acme") == []
