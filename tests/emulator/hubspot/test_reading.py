"""List, get and batch read (contract section 14)."""

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"


def test_a_record_has_exactly_the_documented_form(site: Site) -> None:
    assert site.get(f"{CONTACTS}/201?properties=email,jobtitle,phone,nothing_such") == {
        "id": "201",
        "properties": {
            "email": "ann@acme.example",
            "jobtitle": "Head of IT",
            "phone": None,
            "hs_object_id": "201",
            "createdate": "2026-01-10T08:00:00.000Z",
            "lastmodifieddate": "2026-10-01T08:00:00.000Z",
        },
        "createdAt": "2026-01-10T08:00:00.000Z",
        "updatedAt": "2026-10-01T08:00:00.000Z",
        "archived": False,
    }


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("contacts/201", {"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"}),
        ("companies/9001", {"name", "domain", "createdate", "hs_lastmodifieddate", "hs_object_id"}),
        ("deals/7001", {"dealname", "amount", "closedate", "pipeline", "dealstage", "createdate",
                        "hs_lastmodifieddate", "hs_object_id"}),
        ("emails/5001", {"hs_createdate", "hs_lastmodifieddate", "hs_object_id"}),
    ],
)  # fmt: skip
def test_default_properties_per_object_type(site: Site, path: str, names: set[str]) -> None:
    assert site.get(f"/crm/v3/objects/{path}")["properties"].keys() == names


def test_every_value_is_text_or_null(site: Site) -> None:
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"nps_score": 7, "is_user": True, "nps_date": "2026-05-01"}})
    shown = site.properties(f"{CONTACTS}/201", "nps_score", "is_user", "nps_date", "phone")
    assert (shown["nps_score"], shown["is_user"], shown["nps_date"], shown["phone"]) == (
        "7",
        "true",
        "2026-05-01",
        None,
    )


@pytest.mark.parametrize("query", ["properties=email&properties=jobtitle", "properties=email,jobtitle"])
def test_properties_are_repeated_or_joined_by_commas(site: Site, query: str) -> None:
    assert {"email", "jobtitle"} <= site.get(f"{CONTACTS}?{query}")["results"][0]["properties"].keys()


def test_a_list_goes_by_ascending_id_and_ends_without_paging(site: Site) -> None:
    first = site.get(f"{CONTACTS}?limit=2")
    assert [row["id"] for row in first["results"]] == ["201", "202"]
    assert first["paging"]["next"]["after"] == "203"
    second = site.call("GET", first["paging"]["next"]["link"].removeprefix(site.url)).json()
    assert [row["id"] for row in second["results"]] == ["203"]
    assert "paging" not in second


@pytest.mark.parametrize("after", ["", "&after=202", "&%61fter=202", "&after=7&after=202"])
def test_the_link_to_the_next_page_asks_for_the_same_once(site: Site, after: str) -> None:
    page = site.get(f"{CONTACTS}?limit=1{after}&properties=email%2Cjobtitle&properties=a%20b%26c&archived=")
    link = page["paging"]["next"]["link"]
    kept = "limit=1&properties=email%2Cjobtitle&properties=a+b%26c&archived="
    assert link == f"{site.url}{CONTACTS}?{kept}&after={page['paging']['next']['after']}"


def test_the_link_to_the_next_page_of_a_plain_list_names_where_it_begins(site: Site) -> None:
    site.json("POST", f"{CONTACTS}/batch/create",
              {"inputs": [{"properties": {"firstname": f"P{n}"}} for n in range(8)]}, status=201)  # fmt: skip
    following = site.get(CONTACTS)["paging"]["next"]
    assert following["link"] == f"{site.url}{CONTACTS}?after={following['after']}"


def test_a_page_has_ten_records_by_default_and_at_most_a_hundred(site: Site) -> None:
    site.json("POST", f"{CONTACTS}/batch/create",
              {"inputs": [{"properties": {"firstname": f"P{n}"}} for n in range(98)]}, status=201)  # fmt: skip
    assert len(site.get(CONTACTS)["results"]) == 10
    assert len(site.get(f"{CONTACTS}?limit=100")["results"]) == 100
    site.refused("GET", f"{CONTACTS}?limit=101")
    site.refused("GET", f"{CONTACTS}?limit=0")
    site.refused("GET", f"{CONTACTS}?limit=ten")
    site.refused("GET", f"{CONTACTS}?limit=51&propertiesWithHistory=email")


@pytest.mark.parametrize("word", ["true", "True", "TRUE"])
def test_archived_records_are_listed_on_demand(site: Site, word: str) -> None:
    (row,) = site.get(f"{CONTACTS}?archived={word}")["results"]
    assert (row["id"], row["archived"]) == ("204", True)
    assert row["archivedAt"]


def test_an_archived_record_is_got_only_as_archived(site: Site) -> None:
    site.refused("GET", f"{CONTACTS}/204", status=404)
    assert site.get(f"{CONTACTS}/204?archived=True")["archived"] is True
    site.refused("GET", f"{CONTACTS}/201?archived=true", status=404)
    site.refused("GET", f"{CONTACTS}/201?archived=perhaps", status=400)


@pytest.mark.parametrize("key", ["999", "abc", "99999999999999999999999", "-1", "²"])
def test_an_unknown_record_is_404(site: Site, key: str) -> None:
    error = site.refused("GET", f"{CONTACTS}/{key}", status=404)
    assert (error["category"], error["message"]) == ("OBJECT_NOT_FOUND", "resource not found")


def test_a_contact_is_found_by_email_in_any_case_and_by_a_unique_property(site: Site) -> None:
    site.json("PATCH", f"{CONTACTS}/202", {"properties": {"crm_key": "K-2"}})
    assert site.get(f"{CONTACTS}/ANN@acme.example?idProperty=email")["id"] == "201"
    assert site.get(f"{CONTACTS}/k-2?idProperty=crm_key")["id"] == "202"
    site.refused("GET", f"{CONTACTS}/Ann?idProperty=firstname", status=400)


def test_associations_inside_records_are_named_by_type(site: Site) -> None:
    first, second, third = site.get(f"{CONTACTS}?associations=companies,deals")["results"]
    assert first["associations"] == {
        "companies": {
            "results": [
                {"id": "9001", "type": "contact_to_company"},
                {"id": "9001", "type": "decision_maker"},
                {"id": "9001", "type": "contact_to_company_unlabeled"},
            ]
        }
    }
    assert second["associations"]["companies"]["results"] == [{"id": "9001", "type": "contact_to_company_unlabeled"}]
    assert "associations" not in third


def test_many_associations_inside_a_record_are_paged(site: Site) -> None:
    site.portal.settings["inline_associations"] = 1
    inside = site.get("/crm/v3/objects/companies/9001?associations=contacts")["associations"]["contacts"]
    assert {row["id"] for row in inside["results"]} == {"201"}
    following = site.call("GET", inside["paging"]["next"]["link"].removeprefix(site.url)).json()
    assert {row["id"] for row in following["results"]} == {"202"}


def test_history_holds_earlier_values_newest_first(site: Site) -> None:
    site.wait(60)
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "CIO"}})
    history = site.get(f"{CONTACTS}/201?propertiesWithHistory=jobtitle,email")["propertiesWithHistory"]
    assert [row["value"] for row in history["jobtitle"]] == ["CIO", "Head of IT"]
    assert history["jobtitle"][0]["timestamp"] == site.later(60)
    assert [row["value"] for row in history["email"]] == ["ann@acme.example"]


def test_a_batch_read_gives_each_record_once_and_tells_lost_ids(site: Site) -> None:
    body = {"inputs": [{"id": "203"}, {"id": "201"}, {"id": "203"}, {"id": "999"}], "properties": ["email"]}
    answer = site.json("POST", f"{CONTACTS}/batch/read", body, status=207)
    assert [row["id"] for row in answer["results"]] == ["201", "203"]
    assert answer["status"] == "COMPLETE"
    assert answer["numErrors"] == 1
    assert answer["errors"] == [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some CONTACT objects, they may be deleted or not exist. "
            "Check that ids are valid.",
            "context": {"ids": ["999"]},
        }
    ]


def test_a_batch_read_by_email_and_of_archived_records(site: Site) -> None:
    body = {"inputs": [{"id": "ben@acme.example"}], "idProperty": "email", "properties": ["email"]}
    assert [row["id"] for row in site.json("POST", f"{CONTACTS}/batch/read", body)["results"]] == ["202"]
    archived = site.json("POST", f"{CONTACTS}/batch/read?archived=True", {"inputs": [{"id": "204"}]})
    assert archived["results"][0]["archived"] is True


def test_a_batch_has_at_most_a_hundred_inputs(site: Site) -> None:
    for action in ("read", "archive", "create", "update", "upsert"):
        body = {"inputs": [{"id": str(n), "properties": {}} for n in range(101)]}
        site.refused("POST", f"{CONTACTS}/batch/{action}", body)
