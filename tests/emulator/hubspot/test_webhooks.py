"""Webhooks: who may set them up, what is told of which change, signatures, retries, doubles and disorder."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from connectors.emulator.hubspot.webhooks import signature
from tests.emulator.hubspot.receiver import Receiver, receiving
from tests.emulator.hubspot.site import Site

pytestmark = pytest.mark.emulator

CONTACTS = "/crm/v3/objects/contacts"


@pytest.fixture
def receiver(site: Site) -> Iterator[Receiver]:
    with receiving() as receiver:
        _manage(site, "PUT", "settings", {"targetUrl": receiver.url, "throttling": {"maxConcurrentRequests": 10}})
        yield receiver
        site.portal.reset()


def _manage(site: Site, method: str, rest: str, body: Any = None, *, status: int = 200) -> Any:
    known = site.portal.credentials()
    path = f"/webhooks/v3/{known['app_id']}/{rest}?hapikey={known['developer_key']}"
    return site.json(method, path, body, status=status)


def _subscribe(site: Site, event_type: str, **more: str) -> None:
    _manage(site, "POST", "subscriptions", {"eventType": event_type, "active": True, **more}, status=201)


# --- setting up -------------------------------------------------------------------------------------------------------


def test_the_signature_is_the_one_the_contract_prints() -> None:
    signed = signature("secret", "POST", "https://www.example.com/webhook?a=b", b'[{"eventId":1}]', "1700000000000")
    assert signed == "+aK/YOgtmqSiHzgJu2UMSGidaS5T42j7XCPtQx3tScA="


@pytest.mark.parametrize("path", ["/webhooks/v3/{app}/settings", "/webhooks/2026-09/{app}/subscriptions"])
def test_only_the_developer_s_key_lets_in(site: Site, path: str) -> None:
    app = site.portal.credentials()["app_id"]
    assert site.call("GET", path.format(app=app)).status_code == 401
    assert site.call("GET", path.format(app=app) + "?hapikey=wrong").status_code == 401


@pytest.mark.parametrize(
    "url", ["https://example.com/hook", "http://10.0.0.1/x", "ftp://127.0.0.1/x", "x", "http://[::"]
)
def test_no_address_but_this_machine_s_is_called(site: Site, url: str) -> None:
    error = _manage(site, "PUT", "settings", {"targetUrl": url}, status=400)
    assert "on this machine" in error["message"]


@pytest.mark.parametrize(
    "form",
    [
        {"eventType": "contact.exploded"},
        {"eventType": "gadget.creation"},
        {"eventType": "contacts.creation"},
        {"eventType": "contact.propertyChange"},
        {"eventType": "contact.creation", "propertyName": "email"},
        {"eventType": "contact.propertyChange", "propertyName": "hs_lastmodifieddate"},
        {"eventType": "object.creation"},
    ],
)
def test_impossible_subscriptions_are_400(site: Site, form: dict[str, str]) -> None:
    assert _manage(site, "POST", "subscriptions", form, status=400)["category"] == "VALIDATION_ERROR"


def test_a_subscription_exists_once(site: Site) -> None:
    _subscribe(site, "contact.creation")
    assert _manage(site, "POST", "subscriptions", {"eventType": "contact.creation"}, status=409)


def test_another_app_and_unknown_subscriptions_are_404(site: Site) -> None:
    key = site.portal.credentials()["developer_key"]
    site.refused("GET", f"/webhooks/v3/1/settings?hapikey={key}", status=404)
    _manage(site, "GET", "settings", status=404)
    _manage(site, "GET", "subscriptions/77", status=404)


# --- what is told -----------------------------------------------------------------------------------------------------


def test_a_change_is_delivered_with_a_true_signature(site: Site, receiver: Receiver) -> None:
    _subscribe(site, "contact.propertyChange", propertyName="jobtitle")
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "CIO", "firstname": "Anna"}})
    got = receiver.next()
    (row,) = got.rows
    secret, stamp = site.portal.credentials()["client_secret"], got.headers["x-hubspot-request-timestamp"]
    uri = receiver.url.replace("%2F", "/")  # of the encoded characters only some are taken decoded
    source = f"POST{uri}".encode() + got.body + stamp.encode()
    signed = base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest()).decode()
    assert got.headers["x-hubspot-signature-v3"] == signed
    assert got.path == "/hook?a=b%20c%2Fd"
    assert {key: row[key] for key in ("portalId", "appId", "subscriptionType", "objectId", "attemptNumber")} == {
        "portalId": 48120733, "appId": int(site.portal.credentials()["app_id"]),
        "subscriptionType": "contact.propertyChange", "objectId": 201, "attemptNumber": 0,
    }  # fmt: skip
    told = (row["propertyName"], row["propertyValue"], row["changeSource"], row["occurredAt"])
    assert told == ("jobtitle", "CIO", "INTEGRATION", int(stamp))


def _merge(site: Site) -> None:
    site.json("POST", f"{CONTACTS}/merge", {"primaryObjectId": "202", "objectIdToMerge": "201"})


def _batch(action: str, status: int = 200, **row: Any) -> Callable[[Site], Any]:
    return lambda site: site.json("POST", f"{CONTACTS}/batch/{action}", {"inputs": [row]}, status=status)


def _delete(path: str) -> Callable[[Site], Any]:
    return lambda site: site.json("DELETE", path, status=204)


def _create(site: Site) -> None:
    site.json("POST", CONTACTS, {"properties": {}}, status=201)


def _purge(site: Site) -> None:
    site.json("POST", f"{CONTACTS}/gdpr-delete", {"objectId": "203"}, status=204)


def _link(site: Site) -> None:
    site.json("PUT", "/crm/v4/objects/contacts/203/associations/default/companies/9002")


def _rename(site: Site) -> None:
    site.json("PATCH", "/crm/v3/objects/deals/7001", {"properties": {"dealname": "N"}})


JOBTITLE = {"propertyName": "jobtitle"}
HAPPENINGS: dict[str, tuple[str, dict[str, str], Callable[[Site], Any], int, dict[str, Any]]] = {
    "creation": ("contact.creation", {}, _create, 0, {}),
    "batch create": ("contact.creation", {}, _batch("create", 201, properties={}), 0, {}),
    "deletion": ("contact.deletion", {}, _delete(f"{CONTACTS}/203"), 203, {}),
    "batch archive": ("contact.deletion", {}, _batch("archive", 204, id="203"), 203, {}),
    "gdpr delete": ("contact.privacyDeletion", {}, _purge, 203, {}),
    "email deletion": ("object.deletion", {"objectTypeId": "0-49"}, _delete("/crm/v3/objects/emails/5001"), 5001, {}),
    "merge": ("contact.merge", {}, _merge, 202, {"primaryObjectId": 202, "mergedObjectIds": [201]}),
    "what a merge brings": ("contact.propertyChange", JOBTITLE, _merge, 202,
                            {"propertyValue": "Head of IT", "changeSource": "MERGE_OBJECTS"}),
    "batch update": ("contact.propertyChange", JOBTITLE, _batch("update", id="203", properties={"jobtitle": "X"}),
                     203, {"propertyValue": "X"}),
    "upsert": ("contact.propertyChange", JOBTITLE,
               _batch("upsert", id="cy@bolt.example", idProperty="email", properties={"jobtitle": "X"}),
               203, {"propertyValue": "X"}),
    "association": ("contact.associationChange", {}, _link, 203,
                    {"associationType": "CONTACT_TO_COMPANY", "toObjectId": 9002, "associationRemoved": False}),
    "the other end": ("company.associationChange", {}, _link, 9002,
                      {"associationType": "COMPANY_TO_CONTACT", "fromObjectId": 9002, "toObjectId": 203}),
    "no association": ("contact.associationChange", {},
                       _delete("/crm/v4/objects/contacts/201/associations/companies/9001"),
                       201, {"associationRemoved": True}),
    "a calculated property": ("company.propertyChange", {"propertyName": "num_associated_contacts"}, _link, 9002,
                              {"propertyValue": "1", "changeSource": "CALCULATED"}),
    "a generic type": ("object.propertyChange", {"objectTypeId": "0-3", "propertyName": "dealname"}, _rename,
                       7001, {"propertyValue": "N"}),
}  # fmt: skip


@pytest.mark.parametrize("name", HAPPENINGS)
def test_a_change_is_told_whatever_route_it_takes(site: Site, receiver: Receiver, name: str) -> None:
    event_type, more, act, object_id, told = HAPPENINGS[name]
    _subscribe(site, event_type, **more)
    act(site)
    (row,) = receiver.rows(1)
    assert row["subscriptionType"] == event_type
    assert object_id in {0, row["objectId"]}
    assert {key: row[key] for key in told} == told


def test_what_did_not_change_is_not_told(site: Site, receiver: Receiver) -> None:
    _subscribe(site, "contact.propertyChange", propertyName="jobtitle")
    site.json("PATCH", f"{CONTACTS}/201", {"properties": {"jobtitle": "Head of IT"}})
    bad = {"inputs": [{"id": "201", "properties": {"jobtitle": "A"}}, {"id": "202", "properties": {"nps_score": "x"}}]}
    site.refused("POST", f"{CONTACTS}/batch/update", bad)
    site.json("PATCH", f"{CONTACTS}/202", {"properties": {"jobtitle": "B"}})
    assert [(row["objectId"], row["propertyValue"]) for row in receiver.rows(1)] == [(202, "B")]


def test_a_paused_subscription_and_a_service_key_tell_nothing(site: Site, receiver: Receiver) -> None:
    _manage(site, "POST", "subscriptions", {"eventType": "contact.deletion", "active": False}, status=201)
    _subscribe(site, "contact.creation")
    site.json("DELETE", f"{CONTACTS}/203", status=204)
    site.portal.settings["webhooks"] = False
    site.json("POST", CONTACTS, {"properties": {}}, status=201)
    site.portal.settings["webhooks"] = True
    made = site.json("POST", CONTACTS, {"properties": {}}, status=201)["id"]
    assert [(row["objectId"]) for row in receiver.rows(1)] == [int(made)]


# --- how it is delivered ----------------------------------------------------------------------------------------------


def test_a_delivery_holds_a_hundred_events_at_most(site: Site, receiver: Receiver) -> None:
    _subscribe(site, "contact.propertyChange", propertyName="firstname")
    _subscribe(site, "contact.creation")
    rows = [{"properties": {"firstname": str(number)}} for number in range(60)]
    site.json("POST", f"{CONTACTS}/batch/create", {"inputs": rows}, status=201)
    sizes: list[int] = []
    while sum(sizes) < 120:
        sizes.append(len(receiver.next().rows))
    assert (max(sizes) <= 100, sum(sizes)) == (True, 120)


def _until_failed(site: Site) -> None:
    """Wait until the portal has seen that a delivery failed."""
    pause = threading.Event()
    while not site.portal.webhooks.waiting:
        pause.wait(0.005)


def test_a_refused_delivery_comes_again_and_is_given_up_in_the_end(site: Site, receiver: Receiver) -> None:
    site.portal.settings |= {"webhook_retries": 2, "webhook_retry_seconds": 60.0}
    _subscribe(site, "contact.creation")
    receiver.statuses += [500, 404, 503, 200]
    site.json("POST", CONTACTS, {"properties": {}}, status=201)
    attempts = [receiver.rows(1)[0]]
    for _ in range(2):
        _until_failed(site)
        site.wait(60)
        attempts.append(receiver.rows(1)[0])
    assert [row["attemptNumber"] for row in attempts] == [0, 1, 2]
    assert len({row["eventId"] for row in attempts}) == 1
    site.wait(3600)
    other = site.json("POST", CONTACTS, {"properties": {}}, status=201)["id"]
    assert receiver.rows(1)[0]["objectId"] == int(other)


def test_a_receiver_that_takes_too_long_is_asked_again(site: Site, receiver: Receiver) -> None:
    site.portal.settings |= {"webhook_timeout": 0.1, "webhook_retry_seconds": 1.0}
    _subscribe(site, "contact.creation")
    receiver.free.clear()
    site.json("POST", CONTACTS, {"properties": {}}, status=201)
    assert receiver.rows(1)[0]["attemptNumber"] == 0
    _until_failed(site)
    receiver.free.set()
    site.wait(1)
    assert receiver.rows(1)[0]["attemptNumber"] == 1


def test_ten_retries_fill_a_day_unless_told_otherwise(site: Site) -> None:
    assert site.portal.settings["webhook_retries"] * site.portal.settings["webhook_retry_seconds"] == 86_400
    assert site.portal.settings["webhook_timeout"] == 5


def test_events_come_twice_and_out_of_order_when_asked_to(site: Site, receiver: Receiver) -> None:
    site.portal.settings |= {"webhook_duplicates": True, "webhook_disorder": True}
    _subscribe(site, "contact.creation")
    rows = [{"properties": {"firstname": name}} for name in ("A", "B")]
    made = site.json("POST", f"{CONTACTS}/batch/create", {"inputs": rows}, status=201)["results"]
    first, second = (int(row["id"]) for row in made)
    told = receiver.rows(4)
    assert [row["objectId"] for row in told] == [second, second, first, first]
    assert told[0]["eventId"] == told[1]["eventId"]


def test_a_reset_forgets_what_was_on_its_way(site: Site, receiver: Receiver) -> None:
    _subscribe(site, "contact.creation")
    receiver.statuses += [500]
    site.json("POST", CONTACTS, {"properties": {}}, status=201)
    receiver.next()
    site.fresh()
    assert _manage(site, "GET", "subscriptions")["results"] == []
    assert site.portal.webhooks.waiting == []


def test_without_a_target_nothing_is_noted_until_there_is_one_again(site: Site, receiver: Receiver) -> None:
    _subscribe(site, "contact.creation")
    _manage(site, "DELETE", "settings", status=204)
    site.json("POST", CONTACTS, {"properties": {}}, status=201)
    _manage(site, "PUT", "settings", {"targetUrl": receiver.url, "throttling": {"maxConcurrentRequests": 6}})
    later = site.json("POST", CONTACTS, {"properties": {}}, status=201)["id"]
    assert [row["objectId"] for row in receiver.rows(1)] == [int(later)]


@pytest.mark.parametrize("most", [0, 5, 501])
def test_the_number_of_deliveries_at_once_has_limits(site: Site, most: int) -> None:
    settings = {"targetUrl": "http://127.0.0.1:9/", "throttling": {"maxConcurrentRequests": most}}
    assert "maxConcurrentRequests" in _manage(site, "PUT", "settings", settings, status=400)["message"]


def test_a_subscription_that_is_gone_tells_nothing(site: Site, receiver: Receiver) -> None:
    _subscribe(site, "contact.creation")
    (row,) = _manage(site, "GET", "subscriptions")["results"]
    _manage(site, "DELETE", f"subscriptions/{row['id']}", status=204)
    site.json("POST", CONTACTS, {"properties": {}}, status=201)
    _subscribe(site, "contact.deletion")
    site.json("DELETE", f"{CONTACTS}/203", status=204)
    assert [told["subscriptionType"] for told in receiver.rows(1)] == ["contact.deletion"]
