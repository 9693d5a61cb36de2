"""Rows of the collected failure modes about quotas, sessions, silence and prohibitions, over HTTP from the emulator."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

import pytest
import requests

from connectors.base import Metered, Outcome, Page, StreamEnd, UpdateRecord
from connectors.errors import QuotaSpent, RetryLater, Unusable
from connectors.hubspot.connector import HubSpot
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.failures import DIALECT
from connectors.salesforce.forecast import OVERHEAD
from connectors.transport import Network, Token, Transport, Unanswered
from mapping.metadata import FIELDS
from tests.connectors.hubspot.crm import Crm
from tests.connectors.test_failure_modes import PORTAL
from tests.contract.harness import Mirror
from tests.contract.org import ACCOUNT, ADA, CLOCK, CONTACTS, SEED, Org, key
from tests.contract.test_salesforce_reading import mail, relation, seeded

ZOE, *_ = CONTACTS
DAY = 86_400
NOT_GRANTED = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "insufficient access rights on object id"}]
NO_SCOPE = {"status": "error", "category": "MISSING_SCOPES", "message": "This app hasn't been granted all scopes."}


@pytest.fixture
def crm(emulator: dict[str, Any]) -> Crm:
    """Lend a portal with three people."""
    return Crm(emulator).load(PORTAL)


@pytest.fixture
def org(emulator: dict[str, Any]) -> Org:
    """Lend the small organisation with an e-mail and a task in it, its clock an hour after its records."""
    found = Org(emulator["salesforce"], emulator["control"])
    found.load(
        seeded(
            {
                "EmailMessage": [mail(1)],
                "EmailMessageRelation": [relation(1, 1, ZOE, "ToAddress", "zoe@acme.example")],
                "Task": [{"Id": key("00T", 1), "Subject": "Call", "Status": "Completed", "ActivityDate": "@-400d"}],
            }
        )
    )
    found.tell("clock", {"advance": 3_600})
    return found


def salesforce_used(org: Org) -> int:
    """Tell how many calls the organisation has counted."""
    told = requests.get(f"{org.control}/limits", timeout=10).json()
    return int(told["salesforce"]["daily_used"])


def hubspot_used(crm: Crm) -> int:
    """Tell how many calls the portal has counted."""
    (told,) = crm.by_hand("GET", "/account-info/v3/api-usage/daily/private-apps")["results"]
    return int(told["currentUsage"])


# --- row 12: the daily limit -----------------------------------------------------------------------------------------


def test_12_salesforce_is_asked_no_further_than_the_reserve_of_its_people(org: Org) -> None:
    org.tell("limits", {"salesforce": {"daily_limit": 2_000, "daily_used": 985}})
    connection = org.connect(budget={"share": 1.0, "reserve": 1000})
    with pytest.raises(QuotaSpent, match=r"1,000 are kept for people and other apps \(budget.reserve\)"):
        Mirror().pull(connection)
    assert salesforce_used(org) == 1000


def test_12_hubspot_is_asked_no_further_than_our_share_of_its_day(crm: Crm) -> None:
    crm.limits(daily_limit=100)
    connection = crm.connect(budget={"share": 0.08, "reserve": 0})
    with pytest.raises(QuotaSpent, match=r"used up: 8 of 100 \(budget.share\)"):
        Mirror().pull(connection)
    assert sum(connection.calls().values()) == 8


def test_12_what_was_read_before_the_budget_ended_is_kept_and_the_rest_follows(org: Org) -> None:
    mirror = Mirror()
    with pytest.raises(QuotaSpent):
        mirror.pull(org.connect(budget={"share": 0.00021, "reserve": 0}))
    assert (
        {"User", "Account"}
        <= set(mirror.cursors)
        < {"User", "Account", "Contact", "Task", "EmailMessage", "Event"}
        | {
            "AccountContactRelation",
            "Opportunity",
            "OpportunityContactRole",
        }
    )
    mirror.pull(org.connect())
    ends = {end.stream: end.whole for end in mirror.ends}
    assert (ends["User"], ends["Task"]) == (False, True)
    assert len(mirror.all("contact")) == len(CONTACTS)
    assert len(mirror.all("activity")) == 2


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_12_before_a_run_begins_it_is_known_what_exists_and_about_how_many_calls_it_takes(
    org: Org, crm: Crm, vendor: str
) -> None:
    connection: Salesforce | HubSpot
    if vendor == "salesforce":
        org.load(SEED)
        connection, people, day = org.connect(), "Contact", 20_000
    else:
        connection, people, day = crm.connect(), "contacts", 125_000
    assert isinstance(connection, Metered)
    connection.check()
    before = 0 if vendor == "salesforce" else sum(connection.calls().values())  # Salesforce counts the describes too
    forecast = connection.forecast({})
    mirror = Mirror().pull(connection)
    used = sum(connection.calls().values()) - before
    assert used / 2 <= forecast.calls <= used * 2
    assert forecast.exists[people] == 3 == next(end.read for end in mirror.ends if end.stream == people)
    assert forecast.day == day
    assert day - 60 < (forecast.left or 0) < day
    assert forecast.fits


def test_12_a_pull_that_follows_another_is_foreseen_to_cost_two_calls_an_object_and_the_fixed_ones(org: Org) -> None:
    many = [{"Id": key("00T", number), "Subject": "S", "Status": "Completed"} for number in range(3_000)]
    org.load(seeded({"Task": many}))
    org.tell("clock", {"advance": 3_600})
    connection = org.connect()
    connection.check()
    mirror = Mirror().pull(connection)
    objects = len(mirror.ends) - 1
    described = sum(count for call, count in connection.calls().items() if call.endswith("/describe"))
    foreseen = connection.forecast(mirror.cursors).calls
    assert foreseen == OVERHEAD + described + 2 * objects
    before = sum(connection.calls().values())
    mirror.pull(connection)
    assert foreseen - OVERHEAD <= sum(connection.calls().values()) - before <= foreseen


@pytest.mark.parametrize("above", [100, 50_000], ids=["by jobs", "by REST"])
def test_12_what_is_read_by_jobs_is_foreseen_and_so_are_their_calls(org: Org, above: int) -> None:
    many = [{"Id": key("00T", number), "Subject": "S", "Status": "Completed"} for number in range(300)]
    org.load(seeded({"Task": many}))
    org.tell("clock", {"advance": 3_600})
    connection = org.connect(bulk_read_above=above)
    connection.check()
    forecast = connection.forecast({})
    Mirror().pull(connection)
    used = sum(connection.calls().values())
    assert list(forecast.jobs) == (["Task"] if above == 100 else [])
    assert ("POST /services/data/v62.0/jobs/query" in connection.calls()) is (above == 100)
    assert used / 2 <= forecast.calls <= used * 2


def test_12_a_user_who_may_not_see_the_limits_learns_them_from_every_answer(org: Org) -> None:
    org.tell("limits", {"salesforce": {"daily_limit": 2_000, "daily_used": 500}})
    org.tell("faults", {"action": "status", "path": "/limits$", "status": 403, "body": NOT_GRANTED})
    connection = org.connect()
    connection.check()
    assert connection.forecast({}).day == 400
    assert 350 < (connection.left() or 0) < 400


def test_12_the_calls_of_earlier_runs_count_for_our_share(crm: Crm) -> None:
    crm.limits(daily_limit=10_000)
    connection = crm.connect()
    connection.spent(1_900)
    connection.check()
    forecast = connection.forecast({})
    assert (forecast.day, forecast.fits) == (2_000, True)
    assert (forecast.left or 0) < 100
    connection.spent(2_000)
    with pytest.raises(QuotaSpent, match=r"used up: 2,000 of 10,000 \(budget.share\)"):
        Mirror().pull(connection)


def test_12_an_oauth_app_has_no_daily_allowance_and_nothing_is_held_back(crm: Crm) -> None:
    connection = crm.connect(auth=oauth(crm))
    connection.check()
    assert connection.forecast({}).left is None


def test_12_the_portal_says_when_its_day_ends(crm: Crm) -> None:
    crm.limits(daily_limit=1_100)
    connection = crm.connect(budget={"share": 1.0, "reserve": 1_070})
    connection.check()
    connection.forecast({})
    with pytest.raises(QuotaSpent) as raised:
        Mirror().pull(connection)
    assert raised.value.at is not None
    assert 0 < raised.value.at - CLOCK() <= DAY


# --- rows 8 and 36: sessions end on the way --------------------------------------------------------------------------


def oauth(crm: Crm) -> dict[str, str]:
    """Describe a sign-in with a refresh token."""
    names = ("client_id", "client_secret", "refresh_token")
    return {"flow": "refresh_token", **{name: f"env:{name}" for name in names}}


def after_the_first_stream(parts: Iterator[Page | StreamEnd], act: Callable[[], object]) -> Iterator[Page | StreamEnd]:
    """Pass a pull on and do something once its first stream has ended."""
    for part in parts:
        yield part
        if isinstance(part, StreamEnd):
            act()
            break
    yield from parts


def ends(parts: Iterator[Page | StreamEnd]) -> dict[str, StreamEnd]:
    return {part.stream: part for part in parts if isinstance(part, StreamEnd)}


def test_8_a_session_that_times_out_in_the_middle_of_a_pull_is_renewed_once(org: Org) -> None:
    connection = org.connect()
    found = ends(after_the_first_stream(connection.pull({}), lambda: org.tell("clock", {"advance": 7_300})))
    assert found["Contact"].read == len(CONTACTS)
    assert not any(end.missing for end in found.values())
    assert connection.calls()["POST /services/oauth2/token"] == 2


def test_8_a_session_refused_on_every_endpoint_ends_in_one_clear_error_and_few_sign_ins(org: Org) -> None:
    gone = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    org.tell("faults", {"action": "status", "path": "/queryAll", "status": 401, "body": gone})
    connection = org.connect()
    with pytest.raises(Unusable, match="connect again"):
        ends(connection.pull({}))
    assert connection.calls()["POST /services/oauth2/token"] == 2


def test_36_a_thirty_minute_token_that_ends_in_the_middle_of_a_pull_is_renewed_once(crm: Crm) -> None:
    connection = crm.connect(auth=oauth(crm))
    found = ends(after_the_first_stream(connection.pull({}), lambda: crm.control("clock", {"advance": 1_900})))
    assert found["contacts"].read == 3
    assert connection.calls()["POST /oauth/v3/token"] == 2


# --- rows 16 and 38: silence and proxies -----------------------------------------------------------------------------


def impatient(org: Org, slept: list[float]) -> Transport:
    """Open a transport that waits a third of a second for an answer and notes its pauses instead of taking them."""
    form = {"grant_type": "client_credentials", **{name: org.told[name] for name in ("client_id", "client_secret")}}
    told = requests.post(f"{org.told['http']}/services/oauth2/token", data=form, timeout=10).json()
    network = Network(CLOCK, timeout=(2.0, 0.3), attempts=3, sleep=slept.append)
    return Transport(DIALECT, org.told["http"], lambda one: Token(told["access_token"], one.base), network)


def test_16_a_server_that_hangs_is_left_after_the_read_timeout_and_asked_again(org: Org) -> None:
    org.tell("faults", {"action": "hang", "path": "/limits$", "seconds": 1.0, "times": 1})
    slept: list[float] = []
    assert impatient_get(impatient(org, slept), "limits").keys() >= {"DailyApiRequests"}
    assert len(slept) == 1


def test_16_a_create_that_hangs_is_not_sent_again(org: Org) -> None:
    org.tell("faults", {"action": "hang", "method": "POST", "path": "/composite/sobjects$", "seconds": 1.0, "times": 1})
    transport = impatient(org, [])
    with pytest.raises(Unanswered, match="may have been carried out"):
        transport.request("POST", "/services/data/v62.0/composite/sobjects", json={"records": []})
    assert transport.calls() == {"POST /services/data/v62.0/composite/sobjects": 1}


@pytest.mark.parametrize("action", ["reset", "truncate", "commit-then-drop"])
def test_16_an_answer_that_breaks_off_is_asked_for_again(org: Org, action: str) -> None:
    org.tell("faults", {"action": action, "path": "/limits$", "times": 1})
    assert impatient_get(impatient(org, []), "limits").keys() >= {"DailyApiRequests"}


@pytest.mark.parametrize("status", [502, 504])
def test_38_a_proxys_page_instead_of_an_answer_is_asked_for_again(org: Org, status: int) -> None:
    org.tell("faults", {"action": "html", "path": "/limits$", "status": status, "times": 2})
    slept: list[float] = []
    assert impatient_get(impatient(org, slept), "limits").keys() >= {"DailyApiRequests"}
    assert len(slept) == 2


def impatient_get(transport: Transport, what: str) -> Mapping[str, Any]:
    answer = transport.request("GET", f"/services/data/v62.0/{what}").json()
    assert isinstance(answer, dict)
    return answer


# --- row 27: what is planned is sent ---------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 200, 201, 401])
def test_27_no_record_of_a_batch_is_left_behind(org: Org, count: int) -> None:
    people = [
        {"Id": key("003", number), "LastName": f"P{number}", "AccountId": ACCOUNT, "OwnerId": ADA}
        for number in range(100, 100 + count)
    ]
    org.load(seeded({"Contact": people}))
    connection = org.connect()
    list(connection.provision([field for field in FIELDS if field.name == "depth"], dry_run=False))
    written = list(connection.write(UpdateRecord("contact", str(one["Id"]), {"depth": "3"}) for one in people))
    assert [result.outcome for result in written] == [Outcome.DONE] * count
    held = org.as_person("GET", "query?q=SELECT+COUNT()+FROM+Contact+WHERE+Rapport_Depth__c+=+3")
    assert held["totalSize"] == count


# --- row 37: one object is forbidden ---------------------------------------------------------------------------------


def captured(mirror: Mirror) -> tuple[object, object]:
    """Tell whether activity counts as captured, and as not read to its end."""
    fact = mirror.one("coverage_of_source", fact="activity")
    return fact["available"], fact["unread"]


@pytest.mark.parametrize("path", ["/sobjects/EmailMessage/describe$", "/sobjects/Event/describe$"])
def test_37_an_object_that_may_not_be_described_is_skipped_and_silence_is_no_evidence(org: Org, path: str) -> None:
    org.tell("faults", {"action": "status", "path": path, "status": 403, "body": NOT_GRANTED})
    mirror = Mirror().pull(org.connect())
    closed = {end.stream: end.missing for end in mirror.ends if end.missing}
    assert closed.keys() == {path.split("/")[2]}
    assert "insufficient access rights" in "".join(closed.values())
    assert len(mirror.all("contact")) == len(CONTACTS)
    assert captured(mirror) == (False, True)


def test_37_an_object_whose_records_may_not_be_queried_is_skipped_and_the_others_are_read(org: Org) -> None:
    """The seventh query of this pull is that of the e-mails."""
    org.tell("faults", {"action": "status", "path": "/queryAll", "nth": 7, "status": 403, "body": NOT_GRANTED})
    mirror = Mirror().pull(org.connect())
    assert [end.stream for end in mirror.ends if end.missing] == ["EmailMessage"]
    assert captured(mirror) == (False, True)
    org.clear_faults()
    mirror.pull(org.connect())
    assert [end.stream for end in mirror.ends if end.missing] == []
    assert captured(mirror) == (True, False)
    assert len(mirror.all("activity", kind="email")) == 1


def test_37_an_object_that_was_read_before_and_is_gone_from_view_is_missed_until_it_is_back(org: Org) -> None:
    gone = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    mirror = Mirror().pull(org.connect())
    rule = {"action": "status", "path": "/sobjects/EmailMessage/describe$", "status": 404, "body": gone}
    org.tell("faults", rule)
    for _ in range(2):
        mirror.pull(org.connect())
        assert [end.stream for end in mirror.ends if end.missing] == ["EmailMessage"]
        assert captured(mirror) == (False, True)
        assert len(mirror.all("activity", kind="email")) == 1, "what was read stays"
    org.clear_faults()
    mirror.pull(org.connect())
    assert captured(mirror) == (True, False)


def test_37_an_object_the_organisation_never_had_is_no_loss(org: Org) -> None:
    gone = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    rule = {"action": "status", "path": "/sobjects/EmailMessage/describe$", "status": 404, "body": gone}
    org.tell("faults", rule)
    mirror = Mirror().pull(org.connect())
    assert [end.stream for end in mirror.ends if end.missing] == []
    assert captured(mirror) == (True, False)


@pytest.mark.parametrize("nth", [1, 2, 3], ids=["users", "accounts", "contacts"])
def test_37_without_users_accounts_or_contacts_a_pull_stops_and_says_why(org: Org, nth: int) -> None:
    org.tell("faults", {"action": "status", "path": "/queryAll", "nth": nth, "status": 403, "body": NOT_GRANTED})
    with pytest.raises(Unusable, match="insufficient access rights"):
        Mirror().pull(org.connect())


@pytest.mark.parametrize(("object_type", "unread"), [("emails", True), ("calls", True), ("deals", False)])
def test_37_a_scope_that_is_missing_in_hubspot_closes_one_object(crm: Crm, object_type: str, unread: bool) -> None:
    path = f"/objects/[^/]+/{object_type}$"
    crm.control("faults", {"vendor": "hubspot", "path": path, "action": "status", "status": 403, "body": NO_SCOPE})
    mirror = Mirror().pull(crm.connect())
    closed = {end.stream: end.missing for end in mirror.ends if end.missing}
    assert closed.keys() == {object_type}
    assert "granted" in closed[object_type]
    assert captured(mirror) == (not unread, unread)
    assert len(mirror.all("contact")) == 3


# --- the windows of the completeness ledger, the API version ---------------------------------------------------------


def test_every_stream_tells_the_window_it_read(org: Org) -> None:
    mirror = Mirror().pull(org.connect())
    whole = {end.stream: end for end in mirror.ends}["Contact"]
    assert whole.since is None
    assert whole.until is not None
    org.tell("clock", {"advance": 600})
    changed = {end.stream: end for end in mirror.pull(org.connect()).ends}["Contact"]
    assert changed.since is not None
    assert changed.since < whole.until < (changed.until or 0)


@pytest.mark.parametrize("version", ["30.0", "99.0"], ids=["retired", "to come"])
def test_an_api_version_that_is_not_served_is_named_with_those_that_are(org: Org, version: str) -> None:
    (finding,) = org.connect(api_version=version).check()
    assert finding.fatal
    assert (
        f"API version {version} does not exist, any more or yet; the organisation serves 31.0 to 68.0" in finding.cause
    )
    assert "Set `api_version` of the connection to 68.0" in finding.fix


def test_a_retired_version_is_unusable_in_words_where_nobody_checked(org: Org) -> None:
    with pytest.raises((Unusable, RetryLater)) as raised:
        list(chain(org.connect(api_version="30.0").pull({})))
    assert isinstance(raised.value, Unusable)


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3", "v4"])
def test_every_version_of_hubspot_that_can_be_chosen_reads_the_portal(crm: Crm, version: str) -> None:
    connection = crm.connect(api=version)
    assert len(Mirror().pull(connection).all("contact")) == 3
    paths = [path for path in connection.calls() if "/objects/" in path]
    assert all(("/crm/v3/" in path) == version.startswith("v") for path in paths)
    connection.check()
    assert connection.forecast({}).exists["contacts"] == 3
