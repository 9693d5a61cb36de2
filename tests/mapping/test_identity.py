"""Who is one person, which accounts are one customer, who belongs where, who has gone."""

from typing import Any

import pytest

from mapping.spec import Profile, Rules
from tests.mapping.world import World, ago, connect

SAME = "salesforce:C1"


def people(world: World) -> dict[str, tuple[str, str]]:
    """Map each contact record to its person and the rule that found it."""
    return {f"{source}:{id_}": (person, rule) for source, id_, person, rule in world.resolve().table("person")}


def ambiguous(world: World) -> list[tuple[str, str, str]]:
    """List the pairs that a human has to settle."""
    return world.table("ambiguity", "kind", "left_ref", "right_ref")


# --- people ---------------------------------------------------------------------------------------------------------


def test_a_contact_alone_is_a_person_of_its_own(world: World) -> None:
    world.account()
    world.contact(email="ann@globex.example")
    assert people(world) == {"salesforce:C1": (SAME, "single")}


@pytest.mark.parametrize("holder", ["salesforce", "hubspot"])
def test_an_integration_id_makes_two_records_one_person_whichever_side_holds_it(world: World, holder: str) -> None:
    world.contact("C1", other_id="201" if holder == "salesforce" else None)
    world.contact("201", source="hubspot", other_id="C1" if holder == "hubspot" else None)
    assert people(world) == {
        "salesforce:C1": ("hubspot:201", "integration-id"),
        "hubspot:201": ("hubspot:201", "integration-id"),
    }


def test_the_short_form_of_a_salesforce_id_is_the_same_id(world: World) -> None:
    world.contact("003A0000012AbCdIAK")
    world.contact("201", source="hubspot", other_id="003A0000012AbCd")
    assert people(world)["salesforce:003A0000012AbCdIAK"] == ("hubspot:201", "integration-id")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("ann@globex.example", "ann@globex.example"),
        ("ann@globex.example", " Ann@Globex.Example "),
        ("ann+news@globex.example", "ann@globex.example"),
        ("ann+a+b@globex.example", "ann+c@globex.example"),
    ],
)
def test_a_shared_address_makes_two_records_one_person(world: World, left: str, right: str) -> None:
    world.contact("C1", email=left)
    world.contact("201", source="hubspot", email=right)
    assert set(people(world).values()) == {("hubspot:201", "email")}


def test_a_shared_name_alone_never_makes_two_records_one_person(world: World) -> None:
    world.contact("C1", name="Ann Lee", email="ann@globex.example")
    world.contact("201", source="hubspot", name="Ann Lee", email="ann.lee@globex.example")
    assert [rule for _, rule in people(world).values()] == ["single", "single"]


@pytest.mark.parametrize("email", [None, "", "not an address", "@globex.example", "ann@"])
def test_what_is_no_address_matches_nobody(world: World, email: str | None) -> None:
    world.contact("C1", email=email)
    world.contact("201", source="hubspot", email=email)
    assert [rule for _, rule in people(world).values()] == ["single", "single"]


def test_one_address_on_two_contacts_of_one_source_is_listed_and_not_merged(world: World) -> None:
    world.contact("C1", email="ann@globex.example")
    world.contact("C2", email="ann@globex.example")
    world.contact("201", source="hubspot", email="ann@globex.example")
    assert [rule for _, rule in people(world).values()] == ["single"] * 3
    assert ambiguous(world) == [
        ("person", "hubspot:201", "salesforce:C1"),
        ("person", "hubspot:201", "salesforce:C2"),
    ]
    assert world.table("ambiguity", "why")[0] == ("share the address ann@globex.example",)


def test_an_address_used_by_many_contacts_is_listed_once_for_each(world: World) -> None:
    for number in range(30):
        world.contact(f"C{number:02}", email="info@globex.example")
    people(world)
    assert len(ambiguous(world)) == 29


def test_an_integration_id_that_two_contacts_claim_is_listed_and_not_merged(world: World) -> None:
    world.contact("C1", other_id="201")
    world.contact("C2", other_id="201")
    world.contact("201", source="hubspot")
    assert [rule for _, rule in people(world).values()] == ["single"] * 3
    assert ambiguous(world) == [
        ("person", "hubspot:201", "salesforce:C1"),
        ("person", "hubspot:201", "salesforce:C2"),
    ]


def test_an_integration_id_wins_over_an_address_that_says_otherwise(world: World) -> None:
    world.contact("C1", other_id="201", email="ann@globex.example")
    world.contact("201", source="hubspot", email="ann@old.example")
    world.contact("202", source="hubspot", email="ann@globex.example")
    found = people(world)
    assert found["salesforce:C1"] == found["hubspot:201"] == ("hubspot:201", "integration-id")
    assert found["hubspot:202"] == ("hubspot:202", "single")
    assert ambiguous(world) == [("person", "hubspot:202", "salesforce:C1")]


def test_an_integration_id_that_leads_nowhere_leaves_the_address_to_decide(world: World) -> None:
    world.contact("C1", other_id="999", email="ann@globex.example")
    world.contact("201", source="hubspot", email="ann@globex.example")
    assert set(people(world).values()) == {("hubspot:201", "email")}


def test_records_of_three_sources_in_a_row_are_one_person(world: World) -> None:
    world.contact("C1", other_id="201")
    world.contact("201", source="hubspot", email="ann@globex.example")
    world.contact("X1", source="files", email="ann@globex.example")
    assert {person for person, _ in people(world).values()} == {"files:X1"}


def test_a_row_of_ties_that_ends_at_a_second_record_of_a_source_is_not_merged(world: World) -> None:
    world.contact("C1", other_id="201")
    world.contact("201", source="hubspot", email="ann@globex.example")
    world.contact("X1", source="files", email="ann@globex.example", other_id="C2")
    world.contact("C2")
    assert [rule for _, rule in people(world).values()] == ["single"] * 4


def test_contacts_and_accounts_with_one_id_are_never_mixed(world: World) -> None:
    world.account("201", source="hubspot", other_id="A1")
    world.account("A1")
    world.contact("201", source="hubspot")
    world.contact("C1", other_id=None)
    assert set(people(world).values()) == {("hubspot:201", "single"), ("salesforce:C1", "single")}


# --- colleagues -----------------------------------------------------------------------------------------------------


def test_a_colleague_is_never_a_contact(world: World) -> None:
    world.account()
    world.user(email="csm@ours.example")
    world.contact("C1", email="Boss@Ours.example")
    world.contact("C2", email="ann@globex.example")
    assert list(people(world)) == ["salesforce:C2"]
    assert world.table("member", "person_id") == [("salesforce:C2",)]


def test_a_free_mail_address_of_a_colleague_makes_no_domain_our_own(world: World) -> None:
    world.user(email="founder@gmail.com")
    world.contact("C1", email="customer@gmail.com")
    assert list(people(world)) == ["salesforce:C1"]


def test_the_very_address_of_a_colleague_is_no_contact_be_it_of_a_free_mail_domain(world: World) -> None:
    world.user("U1", email="Jo.Marsh@gmail.com")
    world.contact("C1", email=" jo.marsh+crm@gmail.com")
    world.contact("C2", email="somebody.else@gmail.com")
    assert world.resolve().table("person", "contact_id") == [("C2",)]


def test_domains_that_the_organisation_names_are_its_own_too() -> None:
    with connect() as connection:
        world = World(connection, profile=Profile(organisation="acme", own_domains=("Ours-Too.example",)))
        world.contact("C1", email="boss@ours-too.example")
        assert people(world) == {}


def test_a_word_that_stands_twice_in_the_rules_doubles_nobody(rules: Rules, profile: Profile) -> None:
    identity = rules.identity.model_copy(update={"free_mail": ("gmail.com", "GMAIL.com ", "gmail.com")})
    twice = rules.model_copy(update={"identity": identity})
    with connect() as connection:
        world = World(connection, twice, profile.model_copy(update={"sources": ("salesforce", "salesforce")}))
        world.account(domain="gmail.com")
        world.contact()
        assert world.resolve().one("member", "person_id") == "salesforce:C1"
        assert world.one("customer", "account_key") == "salesforce:A1"


# --- customers ------------------------------------------------------------------------------------------------------


def test_accounts_with_one_web_domain_are_one_customer_at_home_in_the_first_source(world: World) -> None:
    world.account("A1", domain="globex.example")
    world.account("9001", source="hubspot", domain="www.Globex.example")
    assert world.resolve().table("company") == [
        ("hubspot", "9001", "salesforce:A1", False, "domain"),
        ("salesforce", "A1", "salesforce:A1", True, "domain"),
    ]


def test_the_organisation_decides_which_source_is_home() -> None:
    with connect() as connection:
        world = World(connection, profile=Profile(organisation="acme", sources=("hubspot", "salesforce")))
        world.account("A1", other_id="9001")
        world.account("9001", source="hubspot")
        assert world.resolve().table("company", "account_key", "home", "rule") == [
            ("hubspot:9001", False, "integration-id"),
            ("hubspot:9001", True, "integration-id"),
        ]


def test_an_account_in_one_crm_alone_is_at_home_there(world: World) -> None:
    world.account("9001", source="hubspot")
    assert world.resolve().one("company", "account_key", "home") == ("hubspot:9001", True)


def test_a_free_mail_domain_makes_no_accounts_one(world: World) -> None:
    world.account("A1", domain="gmail.com")
    world.account("9001", source="hubspot", domain="gmail.com")
    world.resolve()
    assert world.table("company", "rule") == [("single",), ("single",)]
    assert ambiguous(world) == []


def test_a_domain_that_two_accounts_of_one_source_share_is_listed_and_not_merged(world: World) -> None:
    world.account("A1", domain="globex.example")
    world.account("A2", domain="globex.example")
    world.account("9001", source="hubspot", domain="globex.example")
    world.resolve()
    assert world.table("company", "rule") == [("single",)] * 3
    assert ambiguous(world) == [
        ("company", "hubspot:9001", "salesforce:A1"),
        ("company", "hubspot:9001", "salesforce:A2"),
    ]


@pytest.mark.parametrize(
    ("word", "won", "expected"),
    [(True, False, 1), (False, True, 1), (None, True, 1), (False, False, 0), (None, False, 0)],
)
def test_a_customer_is_one_by_the_crms_word_or_by_a_won_deal(
    world: World, word: bool | None, won: bool, expected: int
) -> None:
    world.account(customer=word)
    world.opportunity(won=won)
    assert len(world.resolve().table("customer")) == expected


def test_the_word_of_either_crm_makes_a_customer(world: World) -> None:
    world.account("A1", customer=False, domain="globex.example")
    world.account("9001", source="hubspot", customer=True, domain="globex.example")
    assert world.resolve().one("customer", "account_key") == "salesforce:A1"


# --- members --------------------------------------------------------------------------------------------------------


def test_a_person_belongs_to_the_primary_account_and_to_every_affiliation(world: World) -> None:
    world.account("A1")
    world.account("A2")
    world.contact()
    world.add("affiliation", id="R1", contact_id="C1", account_id="A2", direct=False, active=True)
    world.resolve()
    assert world.table("member", "account_key") == [("salesforce:A1",), ("salesforce:A2",)]


def test_people_of_a_prospect_are_no_members(world: World) -> None:
    world.account(customer=False)
    world.contact()
    assert world.resolve().table("member") == []


def test_a_person_with_two_records_is_one_member_with_the_values_of_home_first(world: World) -> None:
    world.account("A1", domain="globex.example")
    world.account("9001", source="hubspot", domain="globex.example")
    world.contact("201", source="hubspot", email="ann@globex.example", name="Ann", title="CFO", account_id="9001")
    world.contact("C1", email="ann@globex.example", name="Ann Lee", title=" ", department="Ops")
    assert world.resolve().one("member") == (
        "salesforce:A1",
        "hubspot:201",
        "Ann Lee",
        "CFO",
        "Operations",
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("department", "title", "expected"),
    [
        ("Ops", "CFO", "Operations"),
        (" OPERATIONS ", None, "Operations"),
        ("Team Blue", "Director of Finance", "Finance"),
        ("Team Blue", None, None),
        (None, "VP, Sales Operations", "Sales"),
        (None, "Director", None),
        (None, None, None),
    ],
)
def test_the_department_is_the_crms_else_that_of_the_title(
    world: World, department: str | None, title: str | None, expected: str | None
) -> None:
    world.account()
    world.contact(department=department, title=title)
    assert world.resolve().one("member", "department") == expected


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, None),
        ({"bounced_at": ago(3)}, "mail bounced hard (salesforce/contact/C1)"),
        ({"left_at": ago(1)}, "left the company (salesforce/contact/C1)"),
        ({"left_at": ago(-30)}, None),
        ({"name": "Ann Lee (GONE)"}, "name is marked (gone) (salesforce/contact/C1)"),
        ({"name": "Ann Lee (Former)"}, "name is marked (former) (salesforce/contact/C1)"),
        ({"name": "Ann Left"}, None),
    ],
)
def test_a_record_that_says_so_makes_a_person_departed(world: World, values: dict[str, Any], why: str | None) -> None:
    world.account()
    world.contact(**values)
    assert world.resolve().one("member", "departed", "departed_why") == (why is not None, why)


def test_a_person_is_departed_where_every_affiliation_is_inactive(world: World) -> None:
    world.account("A1")
    world.account("A2")
    world.contact(account_id="A2")
    world.add("affiliation", id="R1", contact_id="C1", account_id="A1", direct=False, active=False)
    assert world.resolve().table("member", "account_key", "departed", "departed_why") == [
        ("salesforce:A1", True, "no longer active in the account (salesforce/affiliation/R1)"),
        ("salesforce:A2", False, None),
    ]


def test_an_inactive_primary_affiliation_is_believed(world: World) -> None:
    world.account()
    world.contact()
    world.add("affiliation", id="R1", contact_id="C1", account_id="A1", direct=True, active=False)
    assert world.resolve().one("member", "departed") is True


def test_one_active_tie_in_either_crm_is_enough_to_belong(world: World) -> None:
    world.account("A1", domain="globex.example")
    world.account("9001", source="hubspot", domain="globex.example")
    world.contact("C1", other_id="201")
    world.contact("201", source="hubspot", account_id="9001")
    world.add("affiliation", id="R1", contact_id="C1", account_id="A1", direct=True, active=False)
    assert world.resolve().one("member", "departed") is False


def test_a_departed_record_of_either_crm_is_enough_to_have_gone(world: World) -> None:
    world.account()
    world.contact("C1", other_id="201")
    world.contact("201", source="hubspot", account_id=None, bounced_at=ago(10))
    assert world.resolve().one("member", "departed") is True
