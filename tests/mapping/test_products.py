"""Coverage by product: what each product of an account has, and what the account shows of them."""

from typing import Any

import duckdb
import pytest

from mapping.spec import CoverageRules, Need, Product, Profile
from tests.mapping.test_explain import dossier, explained
from tests.mapping.world import PROFILE, RULES, World, ago

ANALYTICS = Product(name="Analytics", sold_to=("Operations",), consumed_in=("Operations", "Finance"))
BILLING = Product(name="Billing", sold_to=("Finance",), consumed_in=("Finance",))
SELLING_TWO = Profile(organisation="acme", products=(ANALYTICS, BILLING))


@pytest.fixture
def seller(connection: duckdb.DuckDBPyConnection) -> World:
    """Tell of an organisation that sells two products and sees everything, and of a CSM."""
    world = World(connection, profile=SELLING_TWO)
    world.sees()
    world.user("U1", manager_id="U9")
    world.user("U9")
    return world


def customer(world: World, products: str | None, **values: Any) -> None:
    """Add the SMB customer A1, a workgroup, with what its field of products says."""
    world.account(segment="SMB", breadth="workgroup", owner_id="U1", products=products, **values)


def buyer(world: World, name: str, department: str) -> None:
    """Add a vice president who answers us."""
    world.contact(name, title=f"VP {department}")
    for days in (20, 40):
        world.email("out", name, days)
        world.email("in", name, days - 1)


def offers(world: World) -> dict[str, tuple[str, int | None]]:
    """Map each product of the account to its status and score."""
    return {product: (status, score) for product, status, score in world.table("offer", "product", "status", "score")}


def missing(world: World, kind: str) -> set[str]:
    """Name the products that a kind of gap is about, as the keys have them."""
    return {key.split("|")[2] for (key,) in world.table("gap", "key") if key.split("|")[3] == kind}


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ("Analytics", {"Analytics"}),
        ("analytics; BILLING ", {"Analytics", "Billing"}),
        ("Billing;Billing", {"Billing"}),
        (None, {"Analytics"}),
        ("Something old", {"Analytics"}),
        ("Something old;Billing", {"Billing"}),
    ],
)
def test_an_account_holds_what_its_field_names_and_else_the_first_product(
    said: str | None, held: set[str], seller: World
) -> None:
    customer(seller, said)
    assert set(offers(seller.compute())) == held


def test_the_records_of_both_crms_speak_of_products(seller: World) -> None:
    customer(seller, "Analytics", domain="acme.example")
    seller.account("H1", source="hubspot", domain="acme.example", products="Billing")
    assert set(offers(seller.compute())) == {"Analytics", "Billing"}


def test_a_department_leader_of_one_product_signs_the_cheques_of_the_other(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    buyer(seller, "C1", "Operations")
    seller.compute()
    heads = {(product, subtype) for product, subtype in seller.table("counted_for", "product", "subtype")}
    assert heads == {("Analytics", "department leader"), ("Billing", "check-signer")}
    assert missing(seller, "only a check-signer") == {"Billing"}


def test_a_person_has_roles_toward_each_product_and_they_are_told(seller: World) -> None:
    customer(seller, "Billing;Analytics")
    buyer(seller, "C1", "Operations")
    seller.usage("C1", 20, product="Analytics")
    seller.contact("C2", title="Operations Analyst")
    seller.usage("C2", 20, product="Analytics")
    seller.compute()
    found = explained(seller, ("contact", "C1"), ("contact", "C2"))
    assert found["C1", "products"] == "By product: Analytics buyer (department leader); Billing buyer (check-signer)."
    assert found["C2", "products"] == "By product: Analytics power user."
    assert found["C1", "products"] in seller.one("companion WHERE id = 'C1'", "evidence")


def test_roles_by_product_are_not_told_where_the_account_holds_one(seller: World) -> None:
    customer(seller, "Analytics")
    buyer(seller, "C1", "Operations")
    assert ("C1", "products") not in explained(seller.compute(), ("contact", "C1"))


def test_a_slice_of_a_product_counts_whoever_holds_it_with_its_own_coverage_and_gaps(seller: World) -> None:
    customer(seller, "Analytics;Billing", arr=3_000.0)
    seller.account("A2", segment="SMB", breadth="workgroup", owner_id="U1", products="Billing", arr=1_000.0)
    buyer(seller, "C1", "Operations")
    seller.usage("C1", 20)
    seller.compute()
    rows = seller.table("slice WHERE dimension = 'product'", "name", "accounts", "arr", "uncovered", "gaps")
    of_products = [seller.one(f"gap WHERE product = '{name}'", "COUNT(*)") for name in ("Analytics", "Billing")]
    assert rows == [("Analytics", 1, 3_000.0, 1, of_products[0]), ("Billing", 2, 4_000.0, 2, of_products[1])]
    assert of_products[0] > 0


def test_where_one_product_is_sold_there_is_no_slice_of_it(world: World) -> None:
    world.account()
    assert world.compute().table("slice WHERE dimension = 'product'") == []


def test_each_product_has_its_gaps_and_a_task_each(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    seller.compute()
    assert missing(seller, "missing champion") == {"Analytics", "Billing"}
    told = dict(seller.table("desired_task", "subject", "body"))
    assert {subject for subject in told if subject.startswith("Missing champion")} == {
        "Missing champion (Analytics): Account A1",
        "Missing champion (Billing): Account A1",
    }
    body = told["Missing champion (Billing): Account A1"]
    assert body.startswith("What is missing: Billing: Missing 1 champion: 0 of 1 required")
    assert "Evidence: coverage of Billing gap, score 0; live buyers 0 of 1, champions 0 of 1" in body


def test_a_gap_that_is_no_products_is_one_gap_under_the_first_product(seller: World) -> None:
    customer(seller, "Billing;Analytics")
    seller.compute()
    assert missing(seller, "single-threaded") == {"Analytics"}
    assert [key for (key,) in seller.table("gap", "key") if "single-threaded" in key] == [
        "acme|salesforce:A1|Analytics|single-threaded||"
    ]


def test_the_account_shows_the_product_that_is_covered_worst(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    buyer(seller, "C1", "Finance")
    seller.compute()
    assert offers(seller) == {"Analytics": ("gap", 20), "Billing": ("gap", 38)}
    assert seller.table("offer", "product", "shown") == [("Analytics", True), ("Billing", False)]
    assert seller.one("coverage", "account_key", "status", "score") == ("salesforce:A1", "gap", 20)
    assert seller.one("desired_account", "coverage_score", "buyers_required", "buyers_actual") == ("20", "1", "1")
    assert {account for (account,) in seller.table("need", "account_key")} == {"salesforce:A1"}
    assert seller.one("standing", "reach") == 0.2


def test_equal_products_are_shown_in_the_order_of_the_settings(connection: duckdb.DuckDBPyConnection) -> None:
    world = World(connection, profile=Profile(organisation="acme", products=(BILLING, ANALYTICS)))
    customer(world, "Analytics;Billing")
    world.compute()
    assert world.table("offer", "product", "shown") == [("Analytics", False), ("Billing", True)]


def frequent(world: World, product: str, *names: str) -> None:
    """Let people use a product on twenty days, who answer us and need it for their core job."""
    for name in names:
        if not any(row[1] == name for row in world.rows["contact"]):
            world.contact(name, title="Analyst", core_job=True)
            world.email("out", name, 20)
            world.email("in", name, 19)
        world.usage(name, 20, product=product)


def power_users(world: World) -> dict[str, tuple[int, int]]:
    """Map each product to required and live power users, as its words have them."""
    found = {}
    for product, words in world.table("offer", "product", "words"):
        live, required = words.rpartition("power users ")[2].split(" of ")
        found[product] = (int(required), int(live))
    return found


def test_a_power_user_counts_for_the_product_that_is_used(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    frequent(seller, "Analytics", "C1", "C2", "C3", "C4")
    frequent(seller, "Billing", "C4")
    assert power_users(seller.compute()) == {"Analytics": (2, 4), "Billing": (1, 1)}


def test_usage_of_an_unnamed_product_counts_for_all_of_them(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    frequent(seller, "default", "C1", "C2", "C3", "C4")
    assert power_users(seller.compute()) == {"Analytics": (2, 4), "Billing": (2, 4)}


def test_unknown_usage_of_one_product_is_no_gap_and_closes_none(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    seller.contact("C1")
    seller.usage("C1", 0, product="Analytics")
    frequent(seller, "Analytics", "C2", "C3")
    seller.compute()
    assert missing(seller, "missing power users") == set()
    assert ("salesforce:A1", "missing power users") in seller.table("undecided")


def test_breadth_and_required_numbers_may_be_those_of_a_product(connection: duckdb.DuckDBPyConnection) -> None:
    own = RULES.coverage.model_copy(
        update={"needs_of_product": {"Billing": {"company-wide": {"SMB": Need(buyers=3, champions=0, power_users=0)}}}}
    )
    wide = BILLING.model_copy(update={"breadth": "company-wide"})
    profile = Profile(organisation="acme", products=(ANALYTICS, wide))
    world = World(connection, RULES.model_copy(update={"coverage": own}), profile)
    world.sees()
    customer(world, "Analytics;Billing")
    world.compute()
    told = dict(world.table("offer", "product", "words"))
    assert "live buyers 0 of 1, champions 0 of 1" in told["Analytics"]
    assert "live buyers 0 of 3, champions 0 of 0" in told["Billing"]


def test_the_rule_file_takes_needs_of_a_product() -> None:
    cells = {"Billing": {"department": {"SMB": {"buyers": 2, "champions": 1, "power_users": 0}}}}
    rules = CoverageRules.model_validate({**RULES.coverage.model_dump(), "needs_of_product": cells})
    assert rules.needs_of_product["Billing"]["department"]["SMB"].buyers == 2


def test_who_counts_for_another_product_than_the_shown_one_counts(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    frequent(seller, "Billing", "C1", "C2")
    seller.compute()
    assert seller.table("desired_contact", "id", "counted") == [("C1", "true"), ("C2", "true")]
    assert explained(seller, ("contact", "C1"))["C1", "counted"] == "Counts toward coverage as power user of Billing."


def test_an_account_is_explained_by_product(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    buyer(seller, "C1", "Finance")
    seller.compute()
    told = explained(seller, ("account", "A1"))
    assert told["A1", "products"] == (
        "By product, the worst first: Analytics gap (score 20), Billing gap (score 38); the fields show Analytics."
    )
    assert told["A1", "coverage_status"].startswith("Coverage of Analytics gap, score 20; live buyers 1 of 1")
    assert told["A1", "champions_required"] == "1 champion needed for SMB, workgroup, Analytics."


def test_what_if_is_asked_of_the_product_that_is_shown(seller: World) -> None:
    customer(seller, "Analytics;Billing")
    buyer(seller, "C1", "Finance")
    seller.compute()
    assert explained(seller, ("contact", "C1"))["C1", "what_if"] == (
        "Without this person coverage would be gap (score 0) instead of gap (score 20)."
    )


def test_the_gap_of_a_product_is_named_so_in_its_dossier(seller: World) -> None:
    customer(seller, "Billing")
    seller.compute()
    found = dossier(seller, "acme|salesforce:A1|Billing|missing champion|champion|")
    assert found.name == "Missing champion (Billing): Account A1"


def answers(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Give what one product's organisation is told: values, tasks and gaps."""
    return {name: world.table(name) for name in ("desired_account", "desired_contact", "desired_task", "gap", "credit")}


def test_with_one_product_nothing_is_by_product(connection: duckdb.DuckDBPyConnection) -> None:
    world = World(connection, profile=PROFILE)
    world.sees()
    world.user("U1")
    customer(world, "Analytics;Billing")
    buyer(world, "C1", "Operations")
    before = answers(world.compute())
    assert world.table("offer") == []
    assert {key.split("|")[2] for (key,) in world.table("gap", "key")} == {"default"}
    assert not any("(" in subject for (subject,) in world.table("desired_task", "subject"))
    world.rows["account"] = [
        tuple(None if value == "Analytics;Billing" else value for value in row) for row in world.rows["account"]
    ]
    assert answers(world.compute()) == before


def test_renewing_a_day_changes_no_key(seller: World) -> None:
    customer(seller, "Analytics;Billing", renewal_at=ago(-200))
    keys = seller.compute().table("gap", "key")
    assert seller.compute(as_of=ago(-1)).table("gap", "key") == keys
