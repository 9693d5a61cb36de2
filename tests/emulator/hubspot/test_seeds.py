"""Filling a portal from a seed (docs/seed-format.md) and emptying it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.emulator.clock import Clock
from connectors.emulator.hubspot import Portal
from connectors.emulator.hubspot.seeds import SeedError
from tests.emulator.hubspot.site import SEED, Site

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)


def _portal() -> Portal:
    clock = Clock(NOW)
    clock.freeze()
    return Portal(clock)


def test_every_mistake_of_a_seed_is_told_at_once() -> None:
    records = [
        {"id": "1", "properties": {"emial": "x", "nps_score": "5"}},
        {"id": "2", "properties": {"closedate": "soon"}},
    ]
    with pytest.raises(SeedError) as told:
        _portal().load(
            {"records": {"contacts": records}, "associations": [{"from": "contacts/1", "to": "companies/9"}]}
        )
    assert [line.split(":")[0] for line in str(told.value).splitlines()] == [
        "contacts/1", "contacts/1", "contacts/2", "association contacts/1 -> companies/9"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "seed",
    [
        {"records": {"gadgets": []}},
        {"labels": [{"from": "contacts", "to": "deals", "typeId": n, "label": "Twice"} for n in (201, 203)]},
    ],
)
def test_what_hubspot_would_refuse_is_a_mistake_of_the_seed(seed: dict[str, Any]) -> None:
    with pytest.raises(SeedError):
        _portal().load(seed)


@pytest.mark.emulator
def test_a_seed_may_set_what_a_caller_may_not(site: Site) -> None:
    site.portal.load(
        {"records": {"contacts": [{"id": "301", "properties": {"num_notes": 4, "lifecyclestage": "lead"}}]}}
    )
    assert site.properties("/crm/v3/objects/contacts/301", "num_notes")["num_notes"] == "4"


@pytest.mark.emulator
def test_new_records_never_take_an_id_of_the_seed(site: Site) -> None:
    site.portal.load({"records": {"companies": [{"id": "900000", "properties": {}}]}})
    made = site.json("POST", "/crm/v3/objects/contacts", {"properties": {}}, status=201)
    assert int(made["id"]) > 900_000


@pytest.mark.emulator
def test_search_finds_a_seed_at_once(site: Site) -> None:
    assert site.json("POST", "/crm/v3/objects/contacts/search", {})["total"] == 3


@pytest.mark.emulator
@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([{"typeId": 201, "label": "A"}], {"A"}),
        ([{"typeId": 201, "label": "A"}, {"typeId": 202, "label": "B"}], {"A", "B"}),
        ([{"typeId": 201, "label": "A", "inverseTypeId": 300, "inverseLabel": "Z"}], {"Z"}),
    ],
)
def test_labels_get_an_inverse_of_their_own(site: Site, labels: list[dict[str, Any]], names: set[str]) -> None:
    site.portal.load({"labels": [{"from": "contacts", "to": "deals", **row} for row in labels]})
    shown = site.get("/crm/v4/associations/deals/contacts/labels")["results"]
    inverse = {row["label"]: row["typeId"] for row in shown if row["category"] == "USER_DEFINED"}
    assert inverse.keys() == names
    assert len({*inverse.values(), *(row["typeId"] for row in labels)}) == 2 * len(labels)


@pytest.mark.emulator
def test_a_seed_may_bring_its_own_pipelines(site: Site) -> None:
    stages = [{"id": "s1", "label": "Talk"}, {"id": "s2", "label": "Won", "probability": "1.0"}]
    site.portal.load(
        {
            "pipelines": {"deals": [{"id": "p1", "label": "Ours", "stages": stages}]},
            "records": {"deals": [{"id": "7100", "properties": {"pipeline": "p1", "dealstage": "s2"}}]},
        }
    )
    assert site.properties("/crm/v3/objects/deals/7100", "hs_is_closed_won")["hs_is_closed_won"] == "true"
    site.refused("PATCH", "/crm/v3/objects/deals/7100", {"properties": {"dealstage": "closedwon"}})


@pytest.mark.emulator
def test_every_type_with_pipelines_takes_a_seed_s(site: Site) -> None:
    stages = [{"id": "t1", "label": "In"}, {"id": "t2", "label": "Out", "metadata": {"ticketState": "CLOSED"}}]
    ticket = {"id": "7200", "properties": {"subject": "Help", "hs_pipeline": "p2", "hs_pipeline_stage": "t2"}}
    pipelines = {"tickets": [{"id": "p2", "label": "Desk", "stages": stages}]}
    site.portal.load({"pipelines": pipelines, "records": {"tickets": [ticket]}})
    assert site.properties("/crm/v3/objects/tickets/7200", "hs_is_closed")["hs_is_closed"] == "true"
    shown = site.get("/crm/v3/pipelines/tickets/p2/stages/t2")
    assert shown["metadata"] == {"ticketState": "CLOSED", "isClosed": "true"}


@pytest.mark.emulator
@pytest.mark.parametrize(
    "seed",
    [
        {"schemas": [{"name": "9"}]},
        {"schemas": [{"name": "pets", "requiredProperties": ["x"]}]},
        {"validations": {"contacts": [{"propertyName": "zip", "ruleType": "LUCKY"}]}},
        {"validations": {"contacts": [{"propertyName": "x", "ruleType": "URL"}]}},
        {"validations": {"gadgets": []}},
        {
            "pipelines": {
                "deals": [{"id": "p", "label": "P", "stages": [{"id": "s", "label": "S", "probability": "x"}]}]
            }
        },
    ],
)
def test_a_seed_that_cannot_be_is_told(site: Site, seed: dict[str, Any]) -> None:
    with pytest.raises(SeedError):
        site.portal.load(seed)


@pytest.mark.emulator
def test_reset_forgets_everything_but_the_credentials(site: Site) -> None:
    site.portal.settings["search_lag"] = 60
    site.portal.reset()
    assert site.portal.settings["search_lag"] == 5.0
    assert site.get("/crm/v3/objects/contacts")["results"] == []
    site.refused("GET", "/crm/v3/properties/contacts/nps_score", status=404)
    site.portal.load(SEED)
    assert len(site.get("/crm/v3/objects/contacts")["results"]) == 3
