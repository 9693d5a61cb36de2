"""The collected failure modes of reading Salesforce, over HTTP and into a real stage; each test bears its number."""

import math
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import Page
from connectors.errors import RetryLater, Unusable
from connectors.salesforce import bulk, fetch, reading
from connectors.salesforce.soql import id18
from sync.stage import Stage
from tests.connectors.salesforce.organisation import ALWAYS, Site, people
from tests.contract.org import ACCOUNT, ADA, MAX, SEED, Org, key

ZOE, TOM = key("003", 1), key("003", 2)
BOLT = key("001", 2)
ACCOUNTS = [*SEED["salesforce"]["records"]["Account"], {"Id": BOLT, "Name": "Bolt", "OwnerId": ADA}]
AWKWARD = ['Quo"te', "com,ma", "line\nbreak", "sep\u2028arator", "NA", "null", "None", " blank ", "#N/A"]
"""Texts that readers of CSV stumble over."""


@pytest.fixture
def site(emulator: dict[str, Any]) -> Iterator[Site]:
    """Lend an organisation of three people and an empty stage."""
    with Stage(":memory:") as stage:
        found = Site(Org(emulator["salesforce"], emulator["control"]), stage)
        found.load({"Contact": people(3)})
        yield found


def task(number: int, **more: Any) -> dict[str, Any]:
    told = {"Subject": "Call", "Status": "Completed", "ActivityDate": "@-4d", "OwnerId": ADA, "WhatId": ACCOUNT}
    return {"Id": key("00T", number), **told, "WhoId": ZOE, **more}


def mail(number: int, **more: Any) -> dict[str, Any]:
    told = {"MessageDate": "@-3dT09:30", "Incoming": False, "Status": "3", "Subject": "Rollout"}
    told |= {"FromAddress": "ada@vendor.example", "ToAddress": "zoe@acme.example; tom@acme.example"}
    return {"Id": key("02s", number), **told, "RelatedToId": ACCOUNT, **more}


def full() -> dict[str, Any]:
    """Make an organisation that holds something of everything."""
    names = [{"LastName": text, "Title": text, "Email": f"p{place}@acme.example"} for place, text in enumerate(AWKWARD)]
    contacts = [{**person, **more} for person, more in zip(people(len(names)), names, strict=True)]
    deal: dict[str, Any] = {"Id": key("006", 1), "Name": "Renewal", "AccountId": ACCOUNT, "StageName": "Closed Won"}
    deal |= {"CloseDate": "2026-06-30", "Amount": 12_500_000.5, "Probability": 100, "IsClosed": True, "IsWon": True}
    event: dict[str, Any] = {"Id": key("00U", 1), "Subject": "Kick-off", "OwnerId": ADA, "WhoId": ZOE}
    event |= {"StartDateTime": "@-500dT09:30", "EndDateTime": "@-500dT10:30"}
    return {
        "Account": ACCOUNTS,
        "Contact": contacts,
        "AccountContactRelation": [
            {"Id": key("07k", 1), "ContactId": ZOE, "AccountId": BOLT, "Roles": "Decision Maker;Evaluator"}
        ],
        "Opportunity": [deal],
        "OpportunityContactRole": [
            {"Id": key("00K", 1), "OpportunityId": deal["Id"], "ContactId": ZOE, "Role": "Champion"}
        ],
        "EmailMessage": [mail(1, ActivityId=key("00T", 1)), mail(2, Status="5")],
        "EmailMessageRelation": [
            {"Id": key("0CZ", 1), "EmailMessageId": key("02s", 1), "RelationId": ZOE, "RelationType": "ToAddress"}
        ],
        "Task": [
            task(1, TaskSubtype="Email"),
            task(2, TaskSubtype="Call", CallType="Outbound", CallDurationInSeconds=90),
            task(3, ActivityDate="@-500d"),
            task(4, TaskSubtype="Email", WhoId=TOM),
        ],
        "TaskRelation": [{"Id": key("0RT", 1), "TaskId": key("00T", 2), "RelationId": TOM, "IsWhat": False}],
        "Event": [event],
        "EventRelation": [
            {"Id": key("0RE", 1), "EventId": event["Id"], "RelationId": TOM, "IsWhat": False, "IsInvitee": True}
        ],
    }


# --- cursors ---------------------------------------------------------------------------------------------------------


def test_1_a_change_in_the_very_second_of_the_cursor_is_read(site: Site) -> None:
    site.org.tell("clock", {"freeze": True})
    site.pull()
    site.org.as_person("PATCH", f"sobjects/Contact/{TOM}", {"Title": "CFO"})
    assert (TOM, "CFO") in site.pull().rows("contact", "id", "title")


def test_3_the_cursor_is_the_same_in_whatever_order_a_job_gives_its_rows(site: Site) -> None:
    site.org.tell("clock", {"freeze": True})
    site.pull(bulk_read_above=ALWAYS)
    ordered = site.stage.cursors("sf")["Contact"]
    site.stage.forget("sf")
    site.limits(unordered=True)
    site.pull(bulk_read_above=ALWAYS)
    assert site.stage.cursors("sf")["Contact"] == ordered


def test_4_the_first_pull_is_whole_reads_old_records_and_says_so(site: Site) -> None:
    site.load({"Contact": people(3, CreatedDate="2009-01-01T00:00:00.000+0000")})
    assert site.pull().end("Contact").whole
    assert len(site.rows("contact")) == 3
    assert not site.pull().end("Contact").whole


def test_7_a_pull_that_dies_goes_on_behind_the_last_record_it_committed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "COMMIT_ROWS", 200)
    monkeypatch.setattr(fetch, "BATCH_ROWS", 200)
    site.load({"Contact": people(1_000)})
    site.limits(page_size=200)
    site.pull()
    site.later(7_200)
    change(site, 1_000, Title="CFO")
    site.refuse("/query/01g", "REQUEST_LIMIT_EXCEEDED", 403, "TotalRequests Limit exceeded.", nth=3)
    with pytest.raises(RetryLater):
        site.pull()
    assert sum(title == "CFO" for _, title in site.rows("contact", "id", "title")) == 600
    site.org.clear_faults()
    site.asked()
    assert sum(title == "CFO" for _, title in site.pull().rows("contact", "id", "title")) == 1_000
    resumed = next(query for query in site.asked().queries() if "FROM Contact" in query)
    assert "AND Id > '003" in resumed
    assert [end.read for end in site.ends if end.stream == "Contact"][:2] == [200, 400]


def change(site: Site, count: int, **values: Any) -> None:
    """Let a person change many contacts."""
    ids = [key("003", number) for number in range(1, count + 1)]
    for start in range(0, count, 200):
        records = [{"attributes": {"type": "Contact"}, "id": one, **values} for one in ids[start : start + 200]]
        site.org.as_person("PATCH", "composite/sobjects", {"allOrNone": False, "records": records})


def test_29_more_records_of_one_second_than_a_page_holds_are_each_read_once_though_every_locator_is_lost(
    site: Site,
) -> None:
    site.org.tell("clock", {"freeze": True})
    site.load({"Contact": people(900)})
    site.limits(page_size=200)
    site.refuse("/query/01g", "INVALID_QUERY_LOCATOR")
    site.pull()
    assert (site.end("Contact").read, site.end("Contact").expected, len(site.rows("contact"))) == (900, 900, 900)


def test_29_a_query_that_answers_the_same_page_for_ever_is_an_error_and_no_circle(site: Site) -> None:
    record = {"attributes": {"type": "User"}, "Id": ADA, "SystemModstamp": "2026-11-01T00:00:00.000+0000"}
    again = {"totalSize": 9, "done": False, "nextRecordsUrl": "/services/data/v62.0/query/01gx-1", "records": [record]}
    site.fault(action="status", path="/query", status=200, body=again)
    with pytest.raises(Unusable, match="again and again"):
        site.pull()


# --- fields ----------------------------------------------------------------------------------------------------------

BOSS = [{"name": "Boss__c", "label": "Boss", "type": "Text", "formula": "Account.Name"}]


def test_5_a_formula_that_changed_without_a_trace_is_read_again_alone(site: Site) -> None:
    site.org.tell("schema", {"fields": {"Contact": BOSS}})
    mapped: dict[str, Any] = {"fields": {"contact": {"department": "Boss__c"}}}
    site.pull(**mapped)
    site.org.as_person("PATCH", f"sobjects/Account/{ACCOUNT}", {"Name": "Renamed"})
    before = site.rows("contact", "id", "name", "account_id", "owner_id")
    site.later(3_600)
    assert "Renamed" not in {row[0] for row in site.pull(**mapped).rows("contact", "department")}
    site.later(reading.REREAD)
    site.asked()
    assert site.pull(**mapped).rows("contact", "department") == {("Renamed",)}
    assert site.rows("contact", "id", "name", "account_id", "owner_id") == before
    assert not site.end("Contact").whole
    narrow = [query for query in site.asked().queries() if "FROM Contact WHERE IsDeleted" in query]
    assert narrow == [
        "SELECT Id, SystemModstamp, IsDeleted, Boss__c FROM Contact WHERE IsDeleted = false ORDER BY SystemModstamp, Id"
    ]


@pytest.mark.parametrize("above", [ALWAYS, 50_000], ids=["by a job", "by REST"])
def test_5_usage_and_signals_that_are_formulas_come_and_go(site: Site, above: int) -> None:
    formula = {"type": "Number", "precision": 9, "scale": 0, "formula": "Account.NumberOfEmployees"}
    fields = [{"name": name, "label": name, **formula} for name in ("Days__c", "NPS__c")]
    site.org.tell("schema", {"fields": {"Contact": fields}})
    mapped: dict[str, Any] = {"fields": {"usage": {"active_days": "Days__c"}, "signal": {"nps": "NPS__c"}}}
    mapped["bulk_read_above"] = above
    assert site.pull(**mapped).rows("usage") == set()
    site.org.as_person("PATCH", f"sobjects/Account/{ACCOUNT}", {"NumberOfEmployees": 9})
    site.later(reading.REREAD + 60)
    assert site.pull(**mapped).rows("usage", "contact_id", "active_days") == {(key("003", n), 9) for n in (1, 2, 3)}
    assert {row[0] for row in site.rows("signal", "score")} == {9.0}
    site.org.as_person("PATCH", f"sobjects/Account/{ACCOUNT}", {"NumberOfEmployees": None})
    site.later(reading.REREAD + 60)
    assert site.pull(**mapped).rows("usage") == site.rows("signal") == set()
    assert len(site.rows("contact")) == 3


@pytest.mark.parametrize("above", [ALWAYS, 50_000], ids=["by a job", "by REST"])
def test_6_a_field_that_disappears_after_it_was_described_is_left_out_and_reported(site: Site, above: int) -> None:
    site.load({"Contact": people(3, Department="Finance")})
    connector = site.connect(bulk_read_above=above)
    connector.check()
    site.limits(hidden_fields=["Contact.Department"])
    ends = list(site.stage.take("sf", connector.pull({})))
    end = [end for end in ends if end.stream == "Contact"][-1]
    assert end.dropped == {"hidden field Department": 1}
    assert site.rows("contact", "department") == {(None,)}
    assert len(site.rows("contact")) == 3
    assert end.whole
    connector.close()


def test_6_a_field_that_comes_back_is_read_for_everybody(site: Site) -> None:
    site.load({"Contact": people(3, Department="Finance")})
    site.limits(hidden_fields=["Contact.Department"])
    site.pull()
    site.limits(hidden_fields=[])
    site.later(3_600)
    assert site.pull().rows("contact", "department") == {("Finance",)}


# --- jobs ------------------------------------------------------------------------------------------------------------


def test_14_a_job_gives_the_same_rows_as_rest_down_to_the_last_character(site: Site) -> None:
    site.load(full())
    by_rest = site.pull().everything()
    with Stage(":memory:") as stage:
        other = Site(site.org, stage)
        other.asked()
        assert other.pull(bulk_read_above=ALWAYS).everything() == by_rest
        assert other.asked().count("POST jobs/query") >= 9
    assert {row[0] for row in site.rows("contact", "title")} == set(AWKWARD)
    assert len(by_rest["activity"]) == 5


def test_8_a_session_that_ends_in_the_middle_of_a_job_is_renewed_and_the_job_goes_on(site: Site) -> None:
    site.refuse("/jobs/query/750", "INVALID_SESSION_ID", 401, nth=2)
    site.refuse("/jobs/query/750", "InvalidSessionId", 400, nth=7)
    site.asked()
    assert len(site.pull(bulk_read_above=2).rows("contact")) == 3
    asked = site.asked()
    assert asked.count("POST jobs/query") == 1
    assert sum(entry["path"].endswith("/oauth2/token") for entry in asked.entries) >= 2


@pytest.mark.parametrize("way", ["garbled", "cut off"])
def test_13_a_page_of_a_result_that_arrives_broken_is_asked_for_again(site: Site, way: str) -> None:
    if way == "garbled":
        site.fault(action="status", path="/results", nth=1, status=200, body="half of a line")
    else:
        site.fault(action="truncate", path="/results", nth=1)
    assert len(site.pull(bulk_read_above=2).rows("contact")) == 3


@pytest.mark.parametrize("said", ["", "Records not found for this query", '"Id","Name"\n'])
def test_13_a_result_of_nothing_is_empty_whatever_it_says(site: Site, said: str) -> None:
    told = {"state": "JobComplete", "numberRecordsProcessed": 0}
    headers = {"Content-Type": "text/csv", "Sforce-NumberOfRecords": "0", "Sforce-Locator": "null"}
    site.fault(action="status", path="/jobs/query/750[^/]*$", status=200, body=told)
    site.fault(action="status", path="/results", status=200, body=said, headers=headers)
    assert site.pull(bulk_read_above=2).rows("contact") == set()


def test_13_a_result_that_stays_broken_is_not_taken_for_all(site: Site) -> None:
    site.fault(action="status", path="/results", status=200, body="half of a line")
    with pytest.raises(RetryLater, match="Contact"):
        site.pull(bulk_read_above=2)
    assert site.rows("contact") == set()


def test_13_fewer_records_than_the_job_found_are_not_taken_for_all(site: Site) -> None:
    told = {"state": "JobComplete", "numberRecordsProcessed": 7}
    site.fault(action="status", path="/jobs/query/750[^/]*$", status=200, body=told)
    with pytest.raises(RetryLater, match="found 7 records of Contact and sent 3"):
        site.pull(bulk_read_above=2)
    assert site.rows("contact") == set()


def test_13_a_result_of_many_pages_is_followed_by_its_locators_to_the_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "PAGE_ROWS", 300)
    site.load({"Contact": people(1_000)})
    site.asked()
    assert len(site.pull(bulk_read_above=900).rows("contact")) == 1_000
    assert site.end("Contact").read == site.end("Contact").expected == 1_000
    assert sum(entry["path"].endswith("/results") for entry in site.asked().entries) == 4


def test_15_a_job_that_takes_longer_than_anybody_waits_is_taken_up_by_the_next_process(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LOOKS", 3)
    site.limits(bulk_polls=5)
    site.asked()
    with pytest.raises(RetryLater, match="the next run goes on with it"):
        site.pull(bulk_read_above=2)
    assert (site.rows("contact"), len(site.slept)) == (set(), 3)
    site.later(60)
    assert len(site.pull(bulk_read_above=2).rows("contact")) == 3
    asked = site.asked()
    assert asked.count("POST jobs/query") == 1
    assert site.end("Contact").whole is False  # what changed since the job began was read behind it
    assert [end.whole for end in site.ends if end.stream == "Contact"] == [True, False]


def test_15_what_changed_and_who_was_deleted_while_a_job_waited_is_read_behind_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "LOOKS", 1)
    site.limits(bulk_polls=1)
    with pytest.raises(RetryLater):
        site.pull(bulk_read_above=2)
    site.later(7_200)
    site.org.as_person("PATCH", f"sobjects/Contact/{ZOE}", {"Title": "CFO"})
    site.org.as_person("DELETE", f"sobjects/Contact/{TOM}")
    found = site.pull(bulk_read_above=2).rows("contact", "id", "title")
    assert found == {(ZOE, "CFO"), (key("003", 3), None)}


@pytest.mark.parametrize("how", ["failed", "aborted", "forgotten"])
def test_15_a_job_that_ended_badly_is_replaced_by_a_new_one_in_the_next_run(
    site: Site, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(bulk, "LOOKS", 1)
    site.limits(bulk_polls=2)
    with pytest.raises(RetryLater):
        site.pull(bulk_read_above=2)
    (job,) = (row["id"] for row in site.org.as_person("GET", "jobs/query")["records"])
    match how:
        case "failed":
            site.limits(bulk_polls=0, bulk_job_error="Timeout : too slow")
            site.org.as_person("GET", f"jobs/query/{job}")
        case "aborted":
            site.org.as_person("PATCH", f"jobs/query/{job}", {"state": "Aborted"})
        case "forgotten":
            site.org.as_person("PATCH", f"jobs/query/{job}", {"state": "Aborted"})
            site.org.as_person("DELETE", f"jobs/query/{job}")
    site.limits(bulk_polls=0, bulk_job_error="")
    assert len(site.pull(bulk_read_above=2).rows("contact")) == 3
    assert site.end("Contact").whole


def test_15_a_job_that_fails_ends_the_pull_with_salesforces_reason(site: Site) -> None:
    site.limits(bulk_job_error="Timeout : the query took too long")
    with pytest.raises(RetryLater, match="the query took too long"):
        site.pull(bulk_read_above=2)


@pytest.mark.parametrize("settings", [{"bulk_query_jobs_limit": 0}, {"bulk_unsupported": ["Contact"]}])
def test_an_organisation_without_jobs_is_read_by_rest(site: Site, settings: dict[str, Any]) -> None:
    site.limits(**settings)
    assert len(site.pull(bulk_read_above=2).rows("contact")) == 3


def test_15_while_a_job_is_waited_for_the_pull_says_again_and_again_that_it_is_alive(site: Site) -> None:
    site.load({"Contact": people(3)})
    site.limits(bulk_polls=4)
    pages = [part for part in site.connect(bulk_read_above=ALWAYS).pull({}) if isinstance(part, Page)]
    waited = [page for page in pages if page.stream == "Contact" and not page.tables]
    assert len(waited) >= 3
    assert len(site.pull(bulk_read_above=ALWAYS).rows("contact")) == 3


def test_a_mass_change_is_read_by_a_job_too_and_what_belongs_to_it(site: Site) -> None:
    site.load({"Contact": people(3), "Task": [task(number) for number in range(1, 31)]})
    site.pull(bulk_read_above=20)
    site.later(7_200)
    rows = [{"attributes": {"type": "Task"}, "id": key("00T", n), "Subject": "Moved"} for n in range(1, 31)]
    site.org.as_person("PATCH", "composite/sobjects", {"allOrNone": False, "records": rows})
    site.asked()
    assert site.pull(bulk_read_above=20).rows("activity", "subject") == {("Moved",)}
    assert not site.end("Task").whole
    assert len(site.rows("participant")) == 30
    assert site.asked().count("POST jobs/query") >= 1


# --- deletions, merges, archives -------------------------------------------------------------------------------------


@pytest.mark.parametrize("above", [ALWAYS, 50_000], ids=["by a job", "by REST"])
def test_17_what_pointed_at_the_loser_of_a_merge_points_at_the_winner(site: Site, above: int) -> None:
    acts = [task(1, WhoId=TOM), task(2, WhoId=ZOE), task(3, WhoId=TOM, ActivityDate="@-500d")]
    site.load({"Contact": people(3), "Task": acts})
    site.pull(bulk_read_above=above)
    site.later(7_200)
    site.org.tell("merge", {"object": "Contact", "winner": ZOE, "losers": [TOM]})
    site.pull(bulk_read_above=above)
    assert TOM not in {row[0] for row in site.rows("contact", "id")}
    assert {row[0] for row in site.rows("participant", "contact_id")} == {ZOE}
    assert site.rows("merged_contact") == {("sf", TOM, ZOE)}


@pytest.mark.parametrize("above", [ALWAYS, 50_000], ids=["by a job", "by REST"])
def test_18_archived_activities_are_read_and_deleted_ones_are_not(site: Site, above: int) -> None:
    acts = [task(1, ActivityDate="@-800d"), task(2, ActivityDate="@-800d"), task(3)]
    site.load({"Contact": people(3), "Task": acts})
    site.org.as_person("DELETE", f"sobjects/Task/{key('00T', 2)}")
    site.pull(bulk_read_above=above)
    assert {row[0] for row in site.rows("activity", "id")} == {key("00T", 1), key("00T", 3)}


# --- relations and identifiers ---------------------------------------------------------------------------------------


def test_19_a_query_that_is_too_large_is_cut_by_time_until_it_is_not(site: Site) -> None:
    site.load({"Contact": people(40)})
    site.refuse("/queryAll", "OPERATION_TOO_LARGE", nth=3)
    site.refuse("/queryAll", "OPERATION_TOO_LARGE", nth=4)
    site.asked()
    site.pull()
    assert (len(site.rows("contact")), site.end("Contact").read, site.end("Contact").expected) == (40, 40, 40)
    cut = [query for query in site.asked().queries() if "FROM Contact" in query and "SystemModstamp < " in query]
    assert len(cut) >= 2


def test_19_a_query_that_is_too_large_for_a_single_second_is_an_error(site: Site) -> None:
    site.refuse("/queryAll", "OPERATION_TOO_LARGE")
    with pytest.raises(Exception, match="OPERATION_TOO_LARGE"):
        site.pull()


def test_19_people_of_activities_are_asked_for_apart_and_never_one_by_one(site: Site) -> None:
    extra = [{"Id": key("0RT", n), "TaskId": key("00T", n), "RelationId": TOM, "IsWhat": False} for n in range(1, 501)]
    site.load({"Contact": people(3), "Task": [task(n) for n in range(1, 501)], "TaskRelation": extra})
    site.asked()
    site.pull()
    assert len(site.rows("participant")) == 1_000
    asked = site.asked()
    assert asked.objects()["TaskRelation"] == 1
    assert not any("Who." in query or "What." in query for query in asked.queries())
    site.later(7_200)
    rows = [{"attributes": {"type": "Task"}, "id": key("00T", n), "Subject": "Moved"} for n in range(1, 501)]
    for start in range(0, 500, 200):
        body = {"allOrNone": False, "records": rows[start : start + 200]}
        site.org.as_person("PATCH", "composite/sobjects", body)
    site.asked()
    site.pull()
    (query,) = (query for query in site.asked().queries() if "FROM TaskRelation" in query)
    assert "Task.SystemModstamp >= " in query
    assert len(site.rows("participant")) == 1_000


def test_20_a_short_identifier_in_a_field_of_the_customers_points_at_the_same_record(site: Site) -> None:
    fields = {"Contact": [{"name": "Boss_Id__c", "label": "Boss", "type": "Text", "length": 18}]}
    contacts = people(3)
    contacts[1]["Boss_Id__c"] = ZOE[:15]
    site.load({"Contact": contacts}, fields)
    site.pull(fields={"contact": {"reports_to_id": "Boss_Id__c"}})
    assert (TOM, ZOE) in site.rows("contact", "id", "reports_to_id")
    assert id18(ZOE[:15]) == ZOE


# --- what a run costs ------------------------------------------------------------------------------------------------

FIXED = {"describe": 12, "clock": 1, "deleted": 9, "query": 9, "coverage": 3}
"""Calls of a run whatever changed: see docs/explanation-pull.md."""


def test_a_run_after_one_percent_changed_reads_that_and_a_quiet_run_costs_the_fixed_calls_alone(site: Site) -> None:
    site.load({"Contact": people(2_000), "Task": [task(number) for number in range(1, 1_001)]})
    site.limits(page_size=200)
    whole = site.pull()
    read = sum(end.read for end in whole.ends)
    site.later(7_200)
    site.asked()
    site.pull()
    quiet = len(site.asked().entries)
    site.later(7_200)
    change(site, 20, Title="CFO")
    site.asked()
    changed = site.pull()
    calls = len(site.asked().entries)
    assert sum(end.read for end in changed.ends if end.stream != "coverage_of_source") == 20
    assert sum(end.read for end in changed.ends) <= 0.03 * read
    assert calls <= quiet + sum(math.ceil(end.read / 200) for end in changed.ends)
    assert quiet <= sum(FIXED.values()) + 1  # and a sign-in


def test_46_our_own_write_is_read_once_more_and_changes_nothing_again(site: Site) -> None:
    site.pull()
    site.org.as_person("PATCH", f"sobjects/Contact/{TOM}", {"OwnerId": MAX})
    site.later(7_200)
    assert site.pull().end("Contact").read == 1
    site.later(7_200)
    assert site.pull().end("Contact").read == 0
