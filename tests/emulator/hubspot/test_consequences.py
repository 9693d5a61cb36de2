"""What follows from writes: batch rules, upserts, merge chains, links and labels, archives, definitions."""

from typing import Any

import pytest

from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"
COMPANIES = "/crm/v3/objects/companies"
PROPERTIES = "/crm/v3/properties/contacts"
LINKS = "/crm/v4/objects/contacts/{}/associations/companies"
PAIR = "/crm/v4/associations/contacts/companies"
TEXT = {"groupName": "contactinformation", "name": "note_1", "label": "Note", "type": "string", "fieldType": "text"}


def _post(site: Site, action: str, rows: list[dict[str, Any]], status: int = 200) -> Any:
    return site.json("POST", f"{CONTACTS}/batch/{action}", {"inputs": rows}, status=status)


def _listed(site: Site, query: str = "") -> list[str]:
    return [row["id"] for row in site.get(f"{CONTACTS}?limit=100{query}")["results"]]


def _merge(site: Site, kind: str, winner: str, loser: str, status: int = 200) -> Any:
    body = {"primaryObjectId": winner, "objectIdToMerge": loser}
    return site.json("POST", f"/crm/v3/objects/{kind}/merge", body, status=status)


def _types(site: Site, path: str) -> dict[int, set[int]]:
    return {
        row["toObjectId"]: {kind["typeId"] for kind in row["associationTypes"]} for row in site.get(path)["results"]
    }


def _spec(type_id: int, category: str = "HUBSPOT_DEFINED") -> dict[str, Any]:
    return {"associationCategory": category, "associationTypeId": type_id}


# --- batches ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["update", "upsert"])
@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": ""}, {"id": " "}, {"idProperty": "email"}])
def test_a_row_without_an_id_is_400_and_makes_nothing(site: Site, action: str, row: dict[str, Any]) -> None:
    rows = [{"id": "201", "properties": {"jobtitle": "CIO"}}, {**row, "properties": {"firstname": "Nobody"}}]
    site.refused("POST", f"{CONTACTS}/batch/{action}", {"inputs": rows})
    assert _listed(site) == ["201", "202", "203"]
    assert site.properties(f"{CONTACTS}/201", "jobtitle")["jobtitle"] == "Head of IT"


@pytest.mark.parametrize(
    ("action", "rows", "twice"),
    [
        ("update", [{"id": "201"}, {"id": 201}], True),
        ("update", [{"id": "201"}, {"id": "201", "idProperty": None}], True),
        ("upsert", [{"id": "a@x.co", "idProperty": "email"}, {"id": "A@x.co", "idProperty": "email"}], True),
        ("upsert", [{"id": "k", "idProperty": "crm_key"}, {"id": " K", "idProperty": "crm_key"}], True),
        ("upsert", [{"id": "a@x.co", "idProperty": "crm_key"}, {"id": "a@x.co", "idProperty": "email"}], False),
    ],
)
def test_a_record_named_twice_fails_the_batch(site: Site, action: str, rows: list[dict[str, Any]], twice: bool) -> None:
    error = site.json("POST", f"{CONTACTS}/batch/{action}", {"inputs": rows}, status=400 if twice else 200)
    if twice:
        assert error["message"].startswith("Duplicate IDs found in batch input: [")
        assert error["context"]["ids"]


@pytest.mark.parametrize("action", ["create", "read", "update", "upsert", "archive"])
def test_a_batch_of_101_is_400_and_of_none_is_complete(site: Site, action: str) -> None:
    rows = [{"id": str(i), "properties": {}} for i in range(101)]
    site.refused("POST", f"{CONTACTS}/batch/{action}", {"inputs": rows})
    empty = site.call("POST", f"{CONTACTS}/batch/{action}", {"inputs": []})
    assert empty.status_code == {"create": 201, "archive": 204}.get(action, 200)
    if empty.content:
        assert (empty.json()["status"], empty.json()["results"]) == ("COMPLETE", [])


def test_a_hundred_rows_are_taken(site: Site) -> None:
    made = _post(site, "create", [{"properties": {"email": f"p{i}@x.co"}} for i in range(100)], 201)["results"]
    ids = [row["id"] for row in made]
    assert len(set(ids)) == 100
    read = _post(site, "read", [{"id": key} for key in reversed(ids)])
    assert [row["id"] for row in read["results"]] == ids
    _post(site, "archive", [{"id": key} for key in ids], 204)
    lost = _post(site, "read", [{"id": key} for key in ids], 207)
    assert (lost["results"], lost["numErrors"]) == ([], 1)
    assert sorted(lost["errors"][0]["context"]["ids"]) == sorted(ids)


def _traced(trace: str, **row: Any) -> dict[str, Any]:
    return {"objectWriteTraceId": trace, "properties": {"firstname": trace}, **row}


def test_a_traced_row_with_a_bad_link_fails_alone(site: Site) -> None:
    bad = [{"to": {"id": "1"}, "types": [_spec(279)]}]
    good = [{"to": {"id": "9002"}, "types": [_spec(1)]}]
    rows = [_traced("a", associations=good), _traced("b", associations=bad), _traced("c")]
    answer = _post(site, "create", rows, 207)
    assert [row["objectWriteTraceId"] for row in answer["results"]] == ["a", "c"]
    assert [row["context"] for row in answer["errors"]] == [{"objectWriteTraceId": ["b"]}]
    made = answer["results"][0]["id"]
    assert _types(site, LINKS.format(made)) == {9002: {1, 279}}
    assert site.properties(f"{CONTACTS}/{made}", "associatedcompanyid")["associatedcompanyid"] == "9002"


def test_an_untraced_row_with_a_bad_link_fails_all(site: Site) -> None:
    rows = [
        {"properties": {"firstname": "A"}, "associations": [{"to": {"id": "9002"}, "types": [_spec(1)]}]},
        {"properties": {"firstname": "B"}, "associations": [{"to": {"id": "9002"}, "types": [_spec(4)]}]},
    ]
    site.refused("POST", f"{CONTACTS}/batch/create", {"inputs": rows})
    assert _listed(site) == ["201", "202", "203"]
    assert site.get("/crm/v4/objects/companies/9002/associations/contacts")["results"] == []


def test_a_traced_update_tells_each_row(site: Site) -> None:
    rows = [_traced("a", id="201"), _traced("b", id="999"), _traced("c", id="202", properties={"nps_score": "x"})]
    answer = _post(site, "update", rows, 207)
    assert [row["id"] for row in answer["results"]] == ["201"]
    told = {row["context"]["objectWriteTraceId"][0]: row["category"] for row in answer["errors"]}
    assert told == {"b": "OBJECT_NOT_FOUND", "c": "VALIDATION_ERROR"}
    assert answer["numErrors"] == 2


def test_an_upsert_by_a_key_links_nothing_twice_and_keeps_other_values(site: Site) -> None:
    row = {"id": "K-1", "idProperty": "crm_key", "properties": {"firstname": "Kay", "email": "kay@x.co"}}
    (made,) = _post(site, "upsert", [row])["results"]
    site.json("PATCH", f"{CONTACTS}/{made['id']}", {"properties": {"jobtitle": "CIO"}})
    (again,) = _post(site, "upsert", [{**row, "id": "k-1", "properties": {"firstname": "Kim"}}])["results"]
    assert (again["id"], again["new"]) == (made["id"], False)
    held = site.properties(f"{CONTACTS}/{made['id']}", "firstname", "jobtitle", "crm_key", "email")
    assert [held[n] for n in ("firstname", "jobtitle", "crm_key", "email")] == ["Kim", "CIO", "K-1", "kay@x.co"]


def test_an_archived_record_is_not_upserted_into(site: Site) -> None:
    site.json("DELETE", f"{CONTACTS}/201", status=204)
    (row,) = _post(site, "upsert", [{"id": "ann@acme.example", "idProperty": "email", "properties": {}}])["results"]
    assert row["new"] is True
    assert row["id"] != "201"


# --- archives and purges ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["true", "True", "TRUE"])
def test_an_archived_record_is_seen_only_among_archived_ones(site: Site, flag: str) -> None:
    site.json("DELETE", f"{CONTACTS}/201", status=204)
    assert _listed(site) == ["202", "203"]
    assert _listed(site, f"&archived={flag}") == ["201", "204"]
    shown = site.get(f"{CONTACTS}/201?archived={flag}")
    assert (shown["archived"], shown["archivedAt"]) == (True, site.later(0))
    site.refused("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "x"}}, status=404)
    site.refused("GET", f"{CONTACTS}/ann@acme.example?idProperty=email", status=404)
    assert site.get("/crm/v4/objects/companies/9001/associations/contacts")["results"][0]["toObjectId"] == 202
    assert site.properties(f"{COMPANIES}/9001", "num_associated_contacts")["num_associated_contacts"] == "1"


def test_a_live_record_is_not_among_archived_ones_by_any_name(site: Site) -> None:
    site.refused("GET", f"{CONTACTS}/201?archived=true", status=404)
    site.refused("GET", f"{CONTACTS}/ann@acme.example?idProperty=email&archived=true", status=404)
    rows = {"inputs": [{"id": "ann@acme.example"}], "idProperty": "email"}
    site.json("POST", f"{CONTACTS}/batch/read?archived=true", rows, status=207)


@pytest.mark.parametrize("body", [{"objectId": "201"}, {"objectId": "ANN@acme.example", "idProperty": "email"}])
def test_a_purged_contact_is_nowhere(site: Site, body: dict[str, str]) -> None:
    site.json("POST", f"{CONTACTS}/gdpr-delete", body, status=204)
    assert "201" not in _listed(site) + _listed(site, "&archived=true")
    site.refused("GET", f"{CONTACTS}/201?archived=true", status=404)
    assert site.json("POST", f"{CONTACTS}/search", {"query": "ann"})["total"] == 0
    links = site.get("/crm/v4/objects/companies/9001/associations/contacts")["results"]
    assert [row["toObjectId"] for row in links] == [202]
    site.json("POST", f"{CONTACTS}/gdpr-delete", body, status=204)


# --- merges -----------------------------------------------------------------------------------------------------------


def test_a_chain_of_merges_leads_every_old_id_to_the_last_winner(site: Site) -> None:
    _merge(site, "contacts", "202", "201")
    last = _merge(site, "contacts", "203", "202")
    assert sorted(last["properties"]["hs_merged_object_ids"].split(";")) == ["201", "202"]
    for old in ("201", "202", "203"):
        assert site.get(f"{CONTACTS}/{old}")["id"] == "203"
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "CIO"}})
    held = site.properties(f"{CONTACTS}/203", "jobtitle", "hs_additional_emails", "email")
    assert (held["jobtitle"], held["email"]) == ("CIO", "cy@bolt.example")
    assert set((held["hs_additional_emails"] or "").split(";")) == {"ann@acme.example", "ben@acme.example"}
    assert _listed(site) == ["203"]
    assert "201" not in _listed(site, "&archived=true")


@pytest.mark.parametrize("pair", [("203", "201"), ("201", "203"), ("203", "203"), ("203", "999"), ("x", "202")])
def test_what_is_merged_already_cannot_be_merged_again(site: Site, pair: tuple[str, str]) -> None:
    _merge(site, "contacts", "203", "201")
    status = 404 if {"999", "x"} & set(pair) else 400
    _merge(site, "contacts", *pair, status=status)
    assert _listed(site) == ["202", "203"]


def test_merging_companies_moves_what_mirrors_them(site: Site) -> None:
    site.wait(60)
    _merge(site, "companies", "9002", "9001")
    assert site.properties(f"{COMPANIES}/9002", "num_associated_contacts")["num_associated_contacts"] == "2"
    ann = site.properties(f"{CONTACTS}/201", "associatedcompanyid")
    assert (ann["associatedcompanyid"], ann["lastmodifieddate"]) == ("9002", site.later(60))
    assert _types(site, LINKS.format("201")) == {9002: {1, 101, 279}}


def test_merging_contacts_of_one_company_counts_them_once(site: Site) -> None:
    merged = _merge(site, "contacts", "202", "201")
    assert merged["id"] == "202"
    assert site.properties(f"{COMPANIES}/9001", "num_associated_contacts")["num_associated_contacts"] == "1"
    assert site.properties(f"{CONTACTS}/202", "associatedcompanyid")["associatedcompanyid"] == "9001"
    assert _types(site, LINKS.format("202")) == {9001: {1, 101, 279}}


def test_a_merge_frees_no_value_the_winner_took_over(site: Site) -> None:
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"crm_key": "K1"}})
    _merge(site, "contacts", "203", "201")
    assert site.get(f"{CONTACTS}/k1?idProperty=crm_key")["id"] == "203"
    site.refused("PATCH", f"{CONTACTS}/202", {"properties": {"crm_key": "K1"}})


@pytest.mark.parametrize("key", ["201", "9" * 30, "9" * 5000, "\u0662\u0660\u0661", "x"])
def test_a_portal_that_passes_over_merged_ids_still_tells_unknown_ones(site: Site, key: str) -> None:
    site.portal.settings["merged_in_batch"] = "omit"
    _merge(site, "contacts", "203", "201")
    answer = _post(site, "update", [{"id": key, "properties": {}}], 200 if key == "201" else 207)
    assert answer["results"] == []
    assert [row["context"]["ids"] for row in answer.get("errors", [])] == ([] if key == "201" else [[key]])


# --- history ----------------------------------------------------------------------------------------------------------


def test_history_of_what_did_not_change_stands_still(site: Site) -> None:
    asked = f"{CONTACTS}/201?propertiesWithHistory=jobtitle,nps_date"
    before = site.get(asked)["propertiesWithHistory"]
    site.wait(60)
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"firstname": "Anna"}})
    assert site.get(asked)["propertiesWithHistory"] == before
    assert before["nps_date"] == []
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "CIO"}})
    after = site.get(asked)["propertiesWithHistory"]["jobtitle"]
    assert [row["value"] for row in after] == ["CIO", "Head of IT"]
    assert (after[0]["timestamp"], after[1]) == (site.later(60), before["jobtitle"][0])


# --- links and labels -------------------------------------------------------------------------------------------------


def test_every_page_of_many_links_holds_each_once_from_both_sides(site: Site) -> None:
    rows = [{"id": str(i), "properties": {"name": f"C{i}"}} for i in range(20_000, 20_501)]
    links = [{"from": "contacts/203", "to": f"companies/{row['id']}", "types": [279]} for row in rows]
    site.portal.load({"records": {"companies": rows}, "associations": links})
    for limit, pages in ((500, 2), (167, 3), (501, 0)):
        if not pages:
            site.refused("GET", f"{LINKS.format('203')}?limit={limit}")
            continue
        seen: list[int] = []
        after, count = "0", 0
        while after:
            page = site.get(f"{LINKS.format('203')}?limit={limit}&after={after}")
            seen += [row["toObjectId"] for row in page["results"]]
            assert all({k["typeId"] for k in row["associationTypes"]} == {279} for row in page["results"])
            after, count = page.get("paging", {}).get("next", {}).get("after"), count + 1
        assert (count, seen) == (pages, list(range(20_000, 20_501)))
    (row,) = site.json("POST", f"{PAIR}/batch/read", {"inputs": [{"id": "203"}]})["results"]
    (rest,) = site.json(
        "POST", f"{PAIR}/batch/read", {"inputs": [{"id": "203", "after": row["paging"]["next"]["after"]}]}
    )["results"]
    assert (len(row["to"]), [to["toObjectId"] for to in rest["to"]]) == (500, [20_500])
    assert "paging" not in rest


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "\u0661", "9" * 30])
def test_a_forged_after_in_a_batch_read_is_400(site: Site, after: str) -> None:
    site.refused("POST", f"{PAIR}/batch/read", {"inputs": [{"id": "201", "after": after}]})


@pytest.mark.parametrize(
    ("types", "left"),
    [([_spec(1)], {1, 279}), ([_spec(279)], {279}), ([_spec(931), _spec(101, "USER_DEFINED")], {101, 279, 931}),
     ([], {279}), ([_spec(1), _spec(1)], {1, 279})],
)  # fmt: skip
def test_the_unlabelled_type_stands_beside_whatever_is_put(site: Site, types: list[Any], left: set[int]) -> None:
    site.json("PUT", f"{LINKS.format('201')}/9001", types, status=201)
    assert _types(site, LINKS.format("201")) == {9001: left}
    back = _types(site, "/crm/v4/objects/companies/9001/associations/contacts")[201]
    assert back == {{1: 2, 279: 280, 931: 930, 101: 102}[i] for i in left}


@pytest.mark.parametrize(
    "spec",
    [_spec(1, "USER_DEFINED"), _spec(101), _spec(280), _spec(2), _spec(4), _spec(-1), _spec(10**12), {}, {"x": 1},
     {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": "x"}, _spec(1, "hubspot_defined"), None],
)  # fmt: skip
def test_a_type_of_another_direction_or_category_is_400(site: Site, spec: Any) -> None:
    before = _types(site, LINKS.format("201"))
    site.refused("PUT", f"{LINKS.format('201')}/9001", [spec])
    row = {"from": {"id": "201"}, "to": {"id": "9001"}, "types": [spec]}
    site.refused("POST", f"{PAIR}/batch/create", {"inputs": [row]})
    assert _types(site, LINKS.format("201")) == before


@pytest.mark.parametrize("other", ["companies", "contacts", "deals"])
def test_ten_labels_fit_on_a_pair_also_on_one_of_a_type_with_itself(site: Site, other: str) -> None:
    path = f"/crm/v4/associations/contacts/{other}/labels"
    there = 1 if other == "companies" else 0
    for number in range(10 - there):
        body = {"label": f"L{number}", "name": f"l_{number}", "inverseLabel": f"R{number}"}
        assert len(site.json("POST", path, body)["results"]) == 2
    error = site.refused("POST", path, {"label": "One more", "name": "one_more"})
    assert "10" in error["message"]
    ids = [row["typeId"] for row in site.get(path)["results"]]
    assert len(ids) == len(set(ids))


# --- definitions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [-2, 2**31, 2**63, "9" * 30, 1e30, 1.5, "x"])
def test_an_order_out_of_range_is_400_and_spoils_nothing(site: Site, order: Any) -> None:
    site.refused("POST", PROPERTIES, {**TEXT, "displayOrder": order})
    site.refused("POST", f"{PROPERTIES}/groups", {"name": "g", "label": "G", "displayOrder": order})
    site.refused("PATCH", f"{PROPERTIES}/nps_score", {"displayOrder": order})
    options = [{"label": "A", "value": "a", "displayOrder": order}]
    site.refused("POST", PROPERTIES, {**TEXT, "type": "enumeration", "fieldType": "select", "options": options})
    names = {row["name"] for row in site.get(PROPERTIES)["results"]}
    assert "note_1" not in names


def test_a_new_definition_says_every_key_with_its_type(site: Site) -> None:
    options = [{"label": "B", "value": "b", "displayOrder": 7}, {"label": "A", "value": "a", "displayOrder": 0},
               {"label": "C", "value": "c", "hidden": True}]  # fmt: skip
    body = {**TEXT, "type": "enumeration", "fieldType": "select", "options": options}
    made = site.json("POST", PROPERTIES, body, status=201)
    assert made["hidden"] is False
    assert made["formField"] is False
    assert [(row["value"], row["displayOrder"], row["hidden"]) for row in made["options"]] == [
        ("b", 7, False), ("a", 0, False), ("c", 2, True)
    ]  # fmt: skip
    assert site.get(f"{PROPERTIES}/note_1") == made


def test_a_name_twice_in_a_batch_of_properties_is_made_once_and_told(site: Site) -> None:
    rows = [TEXT, {**TEXT, "label": "Other"}, {**TEXT, "name": "Bad Name"}]
    answer = site.json("POST", f"{PROPERTIES}/batch/create", {"inputs": rows}, status=207)
    assert [row["label"] for row in answer["results"]] == ["Note"]
    assert [(row["category"], row["context"]) for row in answer["errors"]] == [
        ("CONFLICT", {"name": ["note_1"]}), ("VALIDATION_ERROR", {"name": ["Bad Name"]})
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["", "A", "1a", "_a", "a-b", "a b", "é", "a" * 101, "a.b", "a\n"])
def test_a_property_s_name_has_rules(site: Site, name: str) -> None:
    site.refused("POST", PROPERTIES, {**TEXT, "name": name})


def test_only_ten_unique_properties_and_an_archived_one_makes_room(site: Site) -> None:
    names = [f"u{n}" for n in range(9)]  # the seed's crm_key is the tenth
    for name in names:
        site.json("POST", PROPERTIES, {**TEXT, "name": name, "hasUniqueValue": True}, status=201)
    extra = {**TEXT, "name": "u_more", "hasUniqueValue": True}
    site.refused("POST", PROPERTIES, extra)
    site.json("POST", "/crm/v3/properties/companies", {**extra, "groupName": "companyinformation"}, status=201)
    site.json("DELETE", f"{PROPERTIES}/u0", status=204)
    assert site.json("POST", PROPERTIES, extra, status=201)["hasUniqueValue"] is True
    changed = site.json("PATCH", f"{PROPERTIES}/nps_score", {"hasUniqueValue": True, "label": "Score"})
    assert (changed["hasUniqueValue"], changed["label"]) == (False, "Score")


@pytest.mark.parametrize("word", ["", " ", "\t\n"])
def test_nothing_goes_by_a_blank_name(site: Site, word: str) -> None:
    site.refused("POST", f"{PAIR}/labels", {"label": word, "name": "x"})
    site.refused("POST", f"{PAIR}/labels", {"label": "X", "name": word})
    site.refused("PUT", f"{PAIR}/labels", {"associationTypeId": 101, "label": word})
    site.refused("POST", f"{PROPERTIES}/groups", {"name": word, "label": "X"})
    assert "Decision maker" in [row["label"] for row in site.get(f"{PAIR}/labels")["results"]]


def test_past_its_last_page_a_record_is_not_told_to_have_no_associations(site: Site) -> None:
    asked = {"inputs": [{"id": "201", "after": "9002"}]}
    answer = site.json("POST", f"{PAIR}/batch/read", asked)
    assert [(row["from"], row["to"]) for row in answer["results"]] == [({"id": "201"}, [])]
    assert site.get(f"{LINKS.format('201')}?after=9002") == {"results": []}


@pytest.mark.parametrize("action", ["archive", "labels/archive"])
def test_taking_away_a_link_that_is_not_there_moves_nothing(site: Site, action: str) -> None:
    site.wait(60)
    to: Any = {"id": "9002"} if action == "labels/archive" else [{"id": "9002"}]
    row = {"from": {"id": "202"}, "to": to, "types": [_spec(279)]}
    site.json("POST", f"{PAIR}/batch/{action}", {"inputs": [row]}, status=204)
    assert site.get(f"{CONTACTS}/202")["updatedAt"] == "2026-10-02T08:00:00.000Z"


@pytest.mark.parametrize(
    ("asked", "held"), [("lead", "customer"), ("evangelist", "evangelist"), ("customer", "customer")]
)
def test_a_stage_moves_forward_in_a_batch_too(site: Site, asked: str, held: str) -> None:
    _post(site, "update", [{"id": "202", "properties": {"lifecyclestage": asked, "jobtitle": "CIO"}}])
    shown = site.properties(f"{CONTACTS}/202", "lifecyclestage", "jobtitle")
    assert (shown["lifecyclestage"], shown["jobtitle"]) == (held, "CIO")


def test_a_stage_is_cleared_and_set_back(site: Site) -> None:
    for asked, held in (("", None), ("lead", "lead"), ("subscriber", "lead")):
        site.json("PATCH", f"{CONTACTS}/202", {"properties": {"lifecyclestage": asked}})
        assert site.properties(f"{CONTACTS}/202", "lifecyclestage")["lifecyclestage"] == held


def test_the_last_merge_within_the_limit_is_taken_and_the_next_is_414(site: Site) -> None:
    site.portal.settings |= {"merge_limit": 3, "ten_secondly_limit": 1000}
    made = _post(site, "create", [{"properties": {"firstname": f"m{n}"}} for n in range(4)], 201)["results"]
    for row in made[:3]:
        _merge(site, "contacts", "203", row["id"])
    error = _merge(site, "contacts", "203", made[3]["id"], status=414)
    assert error["message"] == "Cannot have more than 3 identities on a profile"
    assert made[3]["id"] in _listed(site)
    assert site.properties(f"{CONTACTS}/203", "hs_merged_object_ids")["hs_merged_object_ids"] == ";".join(
        row["id"] for row in made[:3]
    )
