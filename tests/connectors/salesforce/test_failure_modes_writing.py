"""The collected failure modes of writing Salesforce, in batches and by jobs, over HTTP; each bears its number."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from connectors.base import Outcome, UpdateRecord, WriteResult
from connectors.salesforce import ingest
from connectors.salesforce.connector import Salesforce
from mapping.metadata import FIELDS
from sync.stage import Stage
from tests.connectors.salesforce.organisation import ALWAYS, NEVER, Site, people
from tests.contract.org import ACCOUNT, ADA, Org, key

BOLT = key("001", 2)
OURS = [entry for entry in FIELDS if (entry.object, entry.name) in {("contact", "depth"), ("contact", "evidence")}]
WAYS = pytest.mark.parametrize("above", [ALWAYS, NEVER], ids=["by a job", "in batches"])


@pytest.fixture
def site(emulator: dict[str, Any]) -> Iterator[Site]:
    """Lend an organisation of six people in two accounts, every other one in each."""
    with Stage(":memory:") as stage:
        found = Site(Org(emulator["salesforce"], emulator["control"]), stage)
        two = [{"Id": ACCOUNT, "Name": "Acme", "OwnerId": ADA}, {"Id": BOLT, "Name": "Bolt", "OwnerId": ADA}]
        six = [{**one, "AccountId": (ACCOUNT, BOLT)[place % 2]} for place, one in enumerate(people(6))]
        found.load({"Account": two, "Contact": six})
        list(found.connect().provision(OURS, dry_run=False))
        yield found


def write(connector: Salesforce, **values: str | None) -> dict[str, WriteResult]:
    """Write the same values on all six."""
    updates = [UpdateRecord("contact", key("003", number), values) for number in range(1, 7)]
    return {str(result.id): result for result in connector.write(updates)}


def outcomes(results: Mapping[str, WriteResult]) -> list[Outcome]:
    return [results[key("003", number)].outcome for number in range(1, 7)]


def held(site: Site) -> list[tuple[Any, Any]]:
    """Read depth and evidence of all six."""
    query = "SELECT+Rapport_Depth__c,Rapport_Evidence__c+FROM+Contact+ORDER+BY+Id"
    rows = site.org.as_person("GET", f"query?q={query}")["records"]
    return [(row["Rapport_Depth__c"], row["Rapport_Evidence__c"]) for row in rows]


def spoil(site: Site, code: str, message: str, **more: Any) -> None:
    """Let a row be refused."""
    site.limits(record_faults=[{"statusCode": code, "message": message, "object": "Contact", **more}])


@WAYS
def test_22_none_clears_a_field_and_a_field_that_is_not_named_stays(site: Site, above: int) -> None:
    connector = site.connect(bulk_write_above=above)
    assert outcomes(write(connector, depth="3", evidence='two\nlines, "quoted"')) == [Outcome.DONE] * 6
    assert outcomes(write(connector, depth=None)) == [Outcome.DONE] * 6
    assert held(site) == [(None, 'two\nlines, "quoted"')] * 6
    assert ("POST /services/data/v62.0/jobs/ingest" in connector.calls()) is (above == ALWAYS)


def test_22_a_text_that_would_clear_a_field_in_a_job_is_written_in_a_batch(site: Site) -> None:
    assert outcomes(write(site.connect(bulk_write_above=ALWAYS), evidence="#N/A")) == [Outcome.DONE] * 6
    assert {evidence for _, evidence in held(site)} == {"#N/A"}


@WAYS
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("DUPLICATES_DETECTED", "Use one of these records?"),
        ("INACTIVE_OWNER_OR_USER", "owner is inactive"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "A title is needed"),
    ],
)
def test_23_24_and_26_the_row_that_a_rule_refuses_is_rejected_in_the_vendors_words_and_the_others_are_written(
    site: Site, above: int, code: str, message: str
) -> None:
    spoil(site, code, message, nth=2)
    results = write(site.connect(bulk_write_above=above), depth="3")
    refused = [result for result in results.values() if result.outcome is Outcome.REJECTED]
    assert len(results) == 6
    assert [message in result.message and code in result.message for result in refused] == [True]
    assert refused[0].message.startswith("Blocked by a duplicate rule") is (code == "DUPLICATES_DETECTED")
    assert [depth for depth, _ in held(site)].count(3.0) == 5


@WAYS
@pytest.mark.parametrize("override", [False, True])
@pytest.mark.parametrize("action", ["alert", "block"])
def test_24_a_rule_that_only_alerts_yields_to_a_setting_and_one_that_blocks_to_none(
    site: Site, above: int, override: bool, action: str
) -> None:
    rule = {"fullName": "Same_Name", "fields": ["AccountId"], "action": action}
    site.org.tell("schema", {"duplicateRules": {"Contact": [rule]}})
    results = write(site.connect(bulk_write_above=above, override_duplicate_alerts=override), depth="3")
    expected = Outcome.DONE if override and action == "alert" else Outcome.REJECTED
    assert outcomes(results) == [expected] * 6
    assert {depth for depth, _ in held(site)} == {3.0 if expected is Outcome.DONE else None}


def test_21_a_row_that_is_locked_during_a_job_is_sent_again_alone(site: Site) -> None:
    spoil(site, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", nth=2)
    connector = site.connect(bulk_write_above=ALWAYS)
    assert outcomes(write(connector, depth="3")) == [Outcome.DONE] * 6
    assert connector.calls()["PATCH /services/data/v62.0/composite/sobjects"] == 1


@WAYS
def test_21_of_hundreds_of_rows_under_few_accounts_those_that_were_locked_and_no_others_are_sent_again(
    site: Site, above: int
) -> None:
    three = [{"Id": key("001", number), "Name": f"A{number}", "OwnerId": ADA} for number in (1, 2, 3)]
    many = [{**one, "AccountId": key("001", 1 + place % 3)} for place, one in enumerate(people(600))]
    site.load({"Account": three, "Contact": many})
    list(site.connect().provision(OURS, dry_run=False))
    held_by_others = {"object": "Contact", "operation": "update", "times": 330}
    spoil(site, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", **held_by_others)
    connector = site.connect(bulk_write_above=above)
    updates = [UpdateRecord("contact", key("003", number), {"depth": "3"}) for number in range(1, 601)]
    results = list(connector.write(updates))
    assert [result.outcome for result in results] == [Outcome.DONE] * 600
    assert len({result.id for result in results}) == 600
    assert set(held(site)) == {(3.0, None)}
    batches = connector.calls()["PATCH /services/data/v62.0/composite/sobjects"]
    assert batches == (2 if above == ALWAYS else 3 + 2), "330 rows again: two batches after the job, or one after each"


def test_21_contacts_of_one_account_stand_side_by_side_in_a_job(site: Site) -> None:
    write(site.connect(bulk_write_above=ALWAYS), depth="3")
    (job,) = [job["id"] for job in site.org.as_person("GET", "jobs/ingest?jobType=V2Ingest")["records"]]
    connector = site.connect()
    connector.server_time()
    rows = connector._client.ingest_result(job, "successfulResults").decode().splitlines()[1:]
    order = [(int(row.split('"')[1][3:15].lstrip("LWRp0") or 0)) % 2 for row in rows]
    assert order in ([1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1])


def test_15_and_44_a_job_that_takes_too_long_is_waited_for_before_anything_is_written_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "LOOKS", 2)
    site.limits(bulk_polls=4)
    connector = site.connect(bulk_write_above=ALWAYS)
    connector.server_time()
    results = write(connector, depth="3")
    assert outcomes(results) == [Outcome.UNKNOWN] * 6
    assert "the next run looks" in results[key("003", 1)].message
    monkeypatch.setattr(ingest, "LOOKS", 9)
    later = site.connect(bulk_write_above=NEVER)
    later.server_time()
    assert outcomes(write(later, depth="4")) == [Outcome.DONE] * 6
    assert {depth for depth, _ in held(site)} == {4.0}


def test_an_organisation_without_jobs_is_written_in_batches(site: Site) -> None:
    site.refuse("/jobs/ingest$", "API_ERROR")
    connector = site.connect(bulk_write_above=ALWAYS)
    assert outcomes(write(connector, depth="3")) == [Outcome.DONE] * 6
    assert {depth for depth, _ in held(site)} == {3.0}


def test_27_2001_updates_go_by_one_job_and_each_has_its_result(site: Site) -> None:
    site.org.load({"salesforce": {"records": {"Account": [{"Id": ACCOUNT, "Name": "Acme"}], "Contact": many(2_001)}}})
    connector = site.connect()
    list(connector.provision(OURS, dry_run=False))
    updates = [UpdateRecord("contact", one["Id"], {"depth": "3"}) for one in many(2_001)]
    assert [result.outcome for result in connector.write(updates)] == [Outcome.DONE] * 2_001
    assert connector.calls()["POST /services/data/v62.0/jobs/ingest"] == 1
    assert "PATCH /services/data/v62.0/composite/sobjects" not in connector.calls()


def many(count: int) -> list[dict[str, Any]]:
    return [
        {"Id": key("003", number), "LastName": f"Ng {number}", "AccountId": ACCOUNT} for number in range(1, count + 1)
    ]
