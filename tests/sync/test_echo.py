"""After a run the stage holds what was written, as the next pull will find it, however late an index is."""

from typing import Any

from connectors.memory import Fault
from mapping.records import STAGED
from sync import pipeline
from tests.sync.world import Gap, World

ANN, BOB, GLOBEX = ("contact", "c1"), ("contact", "c2"), ("account", "a1")
TASK = ", ".join(
    name for table in STAGED if table.name == "own_task" for name in table.column_names() if name != "completed_at"
)


def staged(world: World) -> dict[str, list[Any]]:
    """Read what the stage holds of our fields and tasks; only a CRM knows when it completed a task."""
    queries = {
        "contact": "SELECT * FROM observed_contact ORDER BY id",
        "account": "SELECT * FROM observed_account ORDER BY id",
        "task": f"SELECT {TASK} FROM own_task ORDER BY id",
    }
    return {name: world.stage.connection.execute(query).fetchall() for name, query in queries.items()}


def agrees_with_the_next_pull(world: World) -> bool:
    echoed = staged(world)
    pipeline.pull(world.desk())
    return echoed == staged(world)


def test_values_that_were_set_and_cleared_are_in_the_stage(world: World) -> None:
    world.want(ANN, roles="buyer", depth="4")
    world.want(GLOBEX, tier="high")
    world.run()
    rows = world.stage.connection.execute("SELECT roles, depth FROM observed_contact WHERE id = 'c1'").fetchall()
    assert rows == [("buyer", "4")]
    assert agrees_with_the_next_pull(world)
    world.want(ANN, depth="3")
    world.run()
    assert agrees_with_the_next_pull(world)


def test_a_task_is_in_the_stage_when_it_was_opened_closed_and_reopened(world: World) -> None:
    world.gaps = [Gap("k1"), Gap("k2")]
    world.run()
    assert [row[0] for row in world.stage.connection.execute("SELECT key FROM own_task ORDER BY 1").fetchall()] == [
        "k1",
        "k2",
    ]
    assert agrees_with_the_next_pull(world)
    world.close_gap("k1")
    world.run()
    assert agrees_with_the_next_pull(world)
    world.gaps.append(Gap("k1"))
    world.run()
    assert agrees_with_the_next_pull(world)


def test_a_task_that_undo_removed_is_not_in_the_stage(world: World) -> None:
    world.gaps = [Gap("k1")]
    number = world.run().number
    world.undo(number)
    assert staged(world)["task"] == []
    assert agrees_with_the_next_pull(world)


def test_what_was_rejected_or_never_sent_is_not_in_the_stage(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.want(BOB, roles="user")
    world.crm.faults = {1: Fault.QUOTA}
    world.run()
    assert agrees_with_the_next_pull(world)
