"""Laws of what is told: events replayed give the portal's state, rollups agree with links, failures tell nothing."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.emulator.hubspot.events import Event
from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

LAWFUL = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CONTACTS = "/crm/v3/objects/contacts"
COMPANIES = ("9001", "9002")

CONTACT = st.integers(0, 5)
VALUE = st.sampled_from(["", "x", "y"])
ROLE = st.sampled_from(["", "DECISION_MAKER", "BLOCKER;CHAMPION", "END_USER"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("create"), VALUE, ROLE),
        st.tuples(st.just("write"), CONTACT, VALUE),
        st.tuples(st.just("role"), CONTACT, ROLE),
        st.tuples(st.just("link"), CONTACT, st.sampled_from(COMPANIES)),
        st.tuples(st.just("unlink"), CONTACT, st.sampled_from(COMPANIES)),
        st.tuples(st.just("archive"), CONTACT, st.just("")),
        st.tuples(st.just("purge"), CONTACT, st.just("")),
        st.tuples(st.just("merge"), CONTACT, CONTACT),
        st.tuples(st.just("bad"), CONTACT, VALUE),
        st.tuples(st.just("spoilt"), CONTACT, VALUE),
    ),
    max_size=12,
)


class Life:
    """Does random things to a portal over HTTP and keeps what it is told."""

    def __init__(self, site: Site) -> None:
        site.fresh()
        self.site = site
        self.events: list[Event] = []
        site.portal.crm.events.listener = self.events.append
        self.ids = ["201", "202", "203"]

    def _contact(self, number: int) -> str:
        return self.ids[number % len(self.ids)]

    def step(self, action: str, first: Any, second: Any) -> None:
        """Do one thing; refusals are part of life."""
        self.site.wait(1)
        if action == "create":
            body = {"properties": {"jobtitle": first, "hs_buying_role": second}}
            self.ids.append(self.site.json("POST", CONTACTS, body, status=201)["id"])
            return
        key = self._contact(first)
        method, path, sent = self._call(action, key, second)
        answer = self.site.call(method, path, sent)
        assert answer.status_code < 500
        if action in {"bad", "spoilt"}:
            assert answer.status_code in {400, 404}

    def _call(self, action: str, key: str, second: Any) -> tuple[str, str, Any]:
        path, links = f"{CONTACTS}/{key}", f"/crm/v4/objects/contacts/{key}/associations"
        spoilt = [{"properties": {"jobtitle": "z"}}, {"properties": {"nps_score": "many"}}]
        loser = self._contact(second) if isinstance(second, int) else ""
        calls: dict[str, tuple[str, str, Any]] = {
            "write": ("PATCH", path, {"properties": {"jobtitle": second}}),
            "role": ("PATCH", path, {"properties": {"hs_buying_role": second}}),
            "link": ("PUT", f"{links}/default/companies/{second}", None),
            "unlink": ("DELETE", f"{links}/companies/{second}", None),
            "archive": ("DELETE", path, None),
            "purge": ("POST", f"{CONTACTS}/gdpr-delete", {"objectId": key}),
            "merge": ("POST", f"{CONTACTS}/merge", {"primaryObjectId": key, "objectIdToMerge": loser}),
            "bad": ("PATCH", f"{CONTACTS}/9", {"properties": {"jobtitle": second}}),
            "spoilt": ("POST", f"{CONTACTS}/batch/create", {"inputs": spoilt}),
        }
        return calls[action]


def _live(site: Site) -> dict[str, dict[str, Any]]:
    rows = site.get(f"{CONTACTS}?limit=100&properties=jobtitle,hs_buying_role,hs_merged_object_ids")["results"]
    return {row["id"]: row["properties"] for row in rows}


@LAWFUL
@given(STEPS)
def test_events_replayed_give_the_records_there_are(site: Site, steps: list[tuple[str, Any, Any]]) -> None:
    life = Life(site)
    replayed = {key: dict(values) for key, values in _live(site).items()}
    for step in steps:
        life.step(*step)
    for event in life.events:
        _replay(replayed, event)
    live = _live(site)
    assert replayed.keys() == live.keys()
    for key, values in live.items():
        for name in ("jobtitle", "hs_buying_role", "hs_merged_object_ids"):
            assert (replayed[key].get(name) or None) == values[name], (key, name)


def _replay(held: dict[str, dict[str, Any]], event: Event) -> None:
    if event.kind.name != "contacts":
        return
    key = str(event.object_id)
    match event.type:
        case "creation":
            held[key] = {}
        case "deletion" | "privacyDeletion":
            held.pop(key, None)
        case "propertyChange":
            held[key][str(event.told["propertyName"])] = event.told["propertyValue"]
        case "merge":
            told = event.told["mergedObjectIds"]
            for loser in told if isinstance(told, list) else []:
                held.pop(str(loser), None)


@LAWFUL
@given(STEPS)
def test_rollups_agree_with_the_links(site: Site, steps: list[tuple[str, Any, Any]]) -> None:
    life = Life(site)
    for step in steps:
        life.step(*step)
    live = _live(site)
    for company in COMPANIES:
        links = site.get(f"/crm/v4/objects/companies/{company}/associations/contacts")["results"]
        linked = [live[str(row["toObjectId"])] for row in links]
        names = ("num_associated_contacts", "hs_num_decision_makers", "hs_num_blockers")
        held = site.properties(f"/crm/v3/objects/companies/{company}", *names)
        roles = [set((values["hs_buying_role"] or "").split(";")) for values in linked]
        wanted = (len(linked), sum("DECISION_MAKER" in r for r in roles), sum("BLOCKER" in r for r in roles))
        assert tuple(int(held[name] or 0) for name in names) == wanted


@LAWFUL
@given(STEPS)
def test_links_are_told_at_both_ends(site: Site, steps: list[tuple[str, Any, Any]]) -> None:
    life = Life(site)
    for step in steps:
        life.step(*step)
    ends: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for event in life.events:
        if event.type == "associationChange":
            start, end = int(str(event.told["fromObjectId"])), int(str(event.told["toObjectId"]))
            contact = event.kind.name == "contacts"
            ends[contact].append((start, end) if contact else (end, start))
    assert ends[True] == ends[False]


@LAWFUL
@given(STEPS)
def test_a_changed_record_moves_its_moment(site: Site, steps: list[tuple[str, Any, Any]]) -> None:
    life = Life(site)
    before = {row["id"]: row["updatedAt"] for row in site.get(f"{CONTACTS}?limit=100")["results"]}
    for step in steps:
        life.step(*step)
    told = {str(event.object_id) for event in life.events if event.kind.name == "contacts"}
    after = {row["id"]: row["updatedAt"] for row in site.get(f"{CONTACTS}?limit=100")["results"]}
    assert {key for key, moment in after.items() if moment != before.get(key)} == told & after.keys()
