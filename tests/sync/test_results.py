"""What readers ask of the ledger after runs: accounts, standing, opened tasks, names of records, the plan as JSON."""

from connectors.memory import Fault
from sync import pipeline, results
from sync.ledger import Dossier
from tests.sync.world import DAY, NOON, Gap, World

ANN = ("contact", "c1")


def account(record_id: str, name: str, **body: object) -> Dossier:
    return Dossier("account", "crm", record_id, name, name, {"values": {}, "sentences": [], "records": [], **body})


def test_accounts_are_read_once_a_company_by_name_and_without_contacts(world: World) -> None:
    world.ledger.publish(
        "acme",
        [
            account("a2", "Zeta"),
            account("a1", "Globex", home=True),
            account("9", "Globex", home=False),
            Dossier("contact", "crm", "c1", "Ann", "Globex", {}),
        ],
    )
    assert [(found.name, found.id) for found in results.accounts(world.ledger, "acme")] == [
        ("Globex", "a1"),
        ("Zeta", "a2"),
    ]


def test_more_accounts_than_a_page_are_all_read(world: World) -> None:
    world.ledger.publish("acme", [account(f"a{number}", f"Company {number}") for number in range(250)])
    assert len(results.accounts(world.ledger, "acme")) == 250


def test_the_standing_is_the_last_run_and_the_accounts(world: World) -> None:
    assert results.standing(world.ledger, "acme") == {"run": None, "accounts": []}
    world.run()
    world.run()
    world.ledger.publish("acme", [account("a1", "Globex")])
    told = results.standing(world.ledger, "acme")
    assert told["run"]["number"] == 2
    assert [found["name"] for found in told["accounts"]] == ["Globex"]


def test_the_tasks_a_run_opened_are_told_with_their_due_date(world: World) -> None:
    world.gaps = [Gap("k1"), Gap("k2", subject="Meet the buyer")]
    world.run()
    assert list(results.opened_tasks(world.ledger, "acme", 1)) == [
        {"source": "crm", "subject": "Find a champion", "due": "2023-11-20"},
        {"source": "crm", "subject": "Meet the buyer", "due": "2023-11-20"},
    ]


def test_a_task_the_crm_rejected_was_not_opened(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.crm.faults = {0: Fault.REJECTED}
    world.run()
    assert list(results.opened_tasks(world.ledger, "acme", 1)) == []


def test_completing_a_task_is_not_opening_one(world: World) -> None:
    world.gaps = [Gap("k1")]
    world.run()
    world.gaps = []
    world.crm.now += DAY
    world.run()
    assert list(results.opened_tasks(world.ledger, "acme", 2)) == []


def test_the_records_of_a_plan_are_known_by_name(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.want(("account", "a1"), coverage_score="10")
    world.crm.edit("contact", "c2", "roles", "user")
    world.want(("contact", "c2"), roles="buyer")
    world.gaps = [Gap("k1")]
    world.plan()
    assert results.names(world.stage.connection) == {
        "crm/contact/c1": "Ann",
        "crm/contact/c2": "Bob",
        "crm/account/a1": "Globex",
    }


def test_a_plan_as_json_has_every_change_and_every_omission(world: World) -> None:
    world.want(ANN, roles="buyer")
    world.crm.edit("contact", "c2", "roles", "user")
    world.want(("contact", "c2"), roles="buyer")
    report = world.plan()
    told = results.plan_json(world.desk(), report)
    assert {key: told[key] for key in ("digest", "org", "as_of", "rules", "message")} == {
        "digest": report.digest,
        "org": "acme",
        "as_of": NOON,
        "rules": "rules-1",
        "message": "",
    }
    assert told["counts"]["set"] == 3
    assert [(change["field"], change["after"]) for change in told["changes"]] == [
        ("computed_on", "2023-11-15"),
        ("evidence", "Because."),
        ("roles", "buyer"),
    ]
    assert [(skip["why"], skip["detail"]) for skip in told["skips"]] == [("occupied", "user")]


def test_a_planned_value_names_the_rule_it_follows(world: World) -> None:
    world.want(("contact", "c1"), depth="3", evidence=None)
    desk = world.desk()
    told = {change["field"]: change for change in results.plan_json(desk, pipeline.plan(desk))["changes"]}
    assert (told["depth"]["rule"], told["depth"]["part"]) == ("depth scorecard", "depth")
    assert told["computed_on"]["rule"] == ""
