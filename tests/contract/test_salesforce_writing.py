"""How the Salesforce connector writes and provisions, over HTTP against the emulator."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord, WriteResult
from connectors.errors import RetryLater, Unusable
from connectors.salesforce.connector import Salesforce
from mapping.metadata import FIELDS, TASK_KEY
from tests.contract.harness import Mirror
from tests.contract.org import ACCOUNT, ADA, CONTACTS, MAX, Org, key

ZOE, TOM, EVA = CONTACTS
FEW = [entry for entry in FIELDS if (entry.object, entry.name) in {("task", TASK_KEY), ("contact", "depth")}]
"""Two fields are enough for most stories and quicker to make."""
GAP = "acme|a1|default|missing-champion|champion|it's \\ 50 % & more"


@pytest.fixture
def connected(org: Org) -> Iterator[Salesforce]:
    connector = org.connect()
    list(connector.provision(FEW, dry_run=False))
    yield connector
    connector.close()


def a_task(gap: str = GAP, body: str = "Why: renewal in 60 days.") -> CreateTask:
    return CreateTask(gap, "Find a champion", body, 1_767_225_600, ADA, ACCOUNT, ZOE)


def depths(connector: Salesforce, *writes: tuple[str, str]) -> dict[str, WriteResult]:
    updates = [UpdateRecord("contact", contact, {"depth": value}) for contact, value in writes]
    return {result.id or "": result for result in connector.write(updates)}


def fault(org: Org, code: str, message: str, **more: Any) -> None:
    org.tell("limits", {"salesforce": {"record_faults": [{"statusCode": code, "message": message, **more}]}})


def tasks_of(org: Org, gap: str) -> list[dict[str, Any]]:
    rows = org.as_person(
        "GET", "queryAll/?q=SELECT+Id,Description,Status,Rapport_Key__c+FROM+Task+WHERE+IsDeleted=false"
    )
    return [row for row in rows["records"] if row["Rapport_Key__c"] == gap]


# --- rows ------------------------------------------------------------------------------------------------------------


def test_21_a_locked_row_is_sent_again_alone_and_succeeds(org: Org, connected: Salesforce) -> None:
    fault(org, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", object="Contact", nth=2)
    results = depths(connected, (ZOE, "1"), (TOM, "2"), (EVA, "3"))
    assert {result.outcome for result in results.values()} == {Outcome.DONE}
    assert connected.calls()["PATCH /services/data/v62.0/composite/sobjects"] == 2
    assert Mirror().pull(connected).one("observed_contact", id=TOM)["depth"] == "2"


def test_21_a_row_that_stays_locked_is_reported_and_the_others_are_written(
    org: Org, connected: Salesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.uniform", lambda *_: 0.0)
    fault(org, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", object="Contact", operation="update")
    (result,) = depths(connected, (ZOE, "1")).values()
    assert result.outcome is Outcome.REJECTED
    assert result.message == "Another process holds the record; the next run tries again."


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Title]"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "A title is needed"),
        ("INACTIVE_OWNER_OR_USER", "owner is inactive"),
    ],
)
def test_24_and_26_a_row_that_a_rule_blocks_keeps_the_vendors_words(
    org: Org, connected: Salesforce, code: str, message: str
) -> None:
    fault(org, code, message, object="Contact", nth=2)
    results = depths(connected, (ZOE, "1"), (TOM, "2"), (EVA, "3"))
    assert results[TOM].outcome is Outcome.REJECTED
    assert results[TOM].message == f"{message} ({code})"
    assert (results[ZOE].outcome, results[EVA].outcome) == (Outcome.DONE, Outcome.DONE)


def test_26_a_task_for_a_colleague_who_has_left_is_refused_for_good_and_the_others_are_made(
    org: Org, connected: Salesforce
) -> None:
    org.as_person("PATCH", f"sobjects/User/{MAX}", {"IsActive": False})
    for_max = CreateTask("acme|a1|gone", "Find a buyer", "Why.", 1_767_225_600, MAX, ACCOUNT, ZOE)
    results = {result.write: result for result in connected.write([for_max, a_task()])}
    assert (results[for_max].outcome, results[a_task()].outcome) == (Outcome.REJECTED, Outcome.DONE)
    assert "inactive user" in results[for_max].message
    assert connected.calls()["POST /services/data/v62.0/composite/sobjects"] == 1
    assert tasks_of(org, "acme|a1|gone") == []


def test_24_a_duplicate_rule_that_blocks_a_row_is_named_as_the_cause(org: Org, connected: Salesforce) -> None:
    fault(org, "DUPLICATES_DETECTED", "Use one of these records?", object="Contact", nth=1)
    (result,) = depths(connected, (ZOE, "1")).values()
    assert result.outcome is Outcome.REJECTED
    assert result.message == "Blocked by a duplicate rule: Use one of these records? (DUPLICATES_DETECTED)"


def test_17_a_write_to_a_record_deleted_meanwhile_is_refused_and_spoils_nothing(
    org: Org, connected: Salesforce
) -> None:
    org.as_person("DELETE", f"sobjects/Contact/{TOM}")
    results = depths(connected, (ZOE, "1"), (TOM, "2"))
    assert (results[ZOE].outcome, results[TOM].outcome) == (Outcome.DONE, Outcome.REJECTED)
    assert "ENTITY_IS_DELETED" in results[TOM].message


def test_42_a_row_that_spoils_the_whole_request_is_found_by_halving(org: Org, connected: Salesforce) -> None:
    wrong = UpdateRecord("account", ACCOUNT, {"coverage_score": "5"})  # the field was never provisioned
    right = [UpdateRecord("contact", contact, {"depth": "4"}) for contact in CONTACTS]
    results = list(connected.write([*right, wrong]))
    assert [result.write for result in results if result.outcome is Outcome.REJECTED] == [wrong]
    assert {row["depth"] for row in Mirror().pull(connected).all("observed_contact")} == {"4"}


def test_20_identifiers_of_15_characters_are_accepted(connected: Salesforce) -> None:
    (result,) = connected.write([UpdateRecord("contact", ZOE[:15], {"depth": "2"})])
    assert (result.outcome, result.id) == (Outcome.DONE, ZOE)


def test_8_a_session_that_ends_before_a_write_is_renewed_and_the_write_carried_out(
    org: Org, connected: Salesforce
) -> None:
    expired = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    org.tell("faults", {"action": "status", "path": "composite/sobjects", "nth": 1, "status": 401, "body": expired})
    assert depths(connected, (ZOE, "3"))[ZOE].outcome is Outcome.DONE


# --- tasks -----------------------------------------------------------------------------------------------------------


def test_44_a_task_whose_answer_was_lost_is_found_again_and_not_made_twice(org: Org, connected: Salesforce) -> None:
    org.tell("faults", {"action": "commit-then-drop", "method": "POST", "path": "composite/sobjects", "times": 1})
    (lost,) = connected.write([a_task()])
    assert lost.outcome is Outcome.UNKNOWN
    assert "may have been carried out" in lost.message
    (found,) = connected.write([a_task()])
    assert (found.outcome, len(tasks_of(org, GAP))) == (Outcome.DONE, 1)
    assert found.id == tasks_of(org, GAP)[0]["Id"]


def test_16_after_two_batches_without_an_answer_nothing_more_is_sent(org: Org, connected: Salesforce) -> None:
    org.tell("faults", {"action": "commit-then-drop", "method": "POST", "path": "composite/sobjects"})
    writes = [
        a_task("one"),
        SetTaskState(key("00T", 99), "x", open=True),
        a_task("two"),
        DeleteTask(key("00T", 99), "x"),
    ]
    results: list[WriteResult] = []
    with pytest.raises(RetryLater, match="2 batches in a row got no answer"):
        collected(connected, writes, results)
    outcomes = [(type(result.write).__name__, result.outcome) for result in results]
    assert outcomes == [
        ("CreateTask", Outcome.UNKNOWN),
        ("SetTaskState", Outcome.REJECTED),
        ("CreateTask", Outcome.UNKNOWN),
    ]


def collected(connector: Salesforce, writes: list[Any], into: list[WriteResult]) -> None:
    """Keep each result as it comes, so that those before an error are seen."""
    found = connector.write(writes)
    while result := next(found, None):
        into.append(result)


def test_44_an_update_whose_answer_was_lost_is_simply_repeated(org: Org, connected: Salesforce) -> None:
    org.tell("faults", {"action": "commit-then-drop", "method": "PATCH", "path": "composite/sobjects", "times": 1})
    assert depths(connected, (ZOE, "3"))[ZOE].outcome is Outcome.DONE


def test_18_a_completed_task_that_was_archived_is_found_by_its_key(org: Org, connected: Salesforce) -> None:
    (made,) = connected.write([a_task()])
    list(connected.write([SetTaskState(made.id or "", GAP, open=False)]))
    org.tell("clock", {"advance": 800 * 86_400})
    (again,) = connected.write([a_task()])
    assert (again.outcome, again.id) == (Outcome.DONE, made.id)


def test_a_note_is_appended_once_however_often_the_write_is_repeated(org: Org, connected: Salesforce) -> None:
    (made,) = connected.write([a_task()])
    close = SetTaskState(made.id or "", GAP, open=False, note="Closed: the champion answered.")
    list(connected.write([close]))
    list(connected.write([close]))
    (row,) = tasks_of(org, GAP)
    assert row["Description"] == "Why: renewal in 60 days.\n\nClosed: the champion answered."
    assert row["Status"] == "Completed"


def test_a_note_that_finds_no_room_is_left_out_and_nothing_people_wrote_is_cut(org: Org, connected: Salesforce) -> None:
    (made,) = connected.write([a_task()])
    written = "What people wrote. " + "x" * 31_970
    org.as_person("PATCH", f"sobjects/Task/{made.id}", {"Description": written})
    (done,) = connected.write([SetTaskState(made.id or "", GAP, open=False, note="Closed: the champion answered.")])
    (row,) = tasks_of(org, GAP)
    assert (done.outcome, row["Status"], row["Description"]) == (Outcome.DONE, "Completed", written)


def test_a_task_that_is_passed_on_keeps_its_date_and_gets_the_note_once(org: Org, connected: Salesforce) -> None:
    (made,) = connected.write([a_task()])
    pass_on = AssignTask(made.id or "", GAP, MAX, "Overdue since 2026-01-01.")
    org.tell("faults", {"action": "commit-then-drop", "method": "PATCH", "path": "composite/sobjects", "times": 1})
    assert [result.outcome for _ in range(2) for result in connected.write([pass_on])] == [Outcome.DONE] * 2
    row = org.as_person("GET", f"sobjects/Task/{made.id}")
    assert (row["OwnerId"], row["Status"], row["ActivityDate"]) == (MAX, "Not Started", "2026-01-01")
    assert row["Description"] == "Why: renewal in 60 days.\n\nOverdue since 2026-01-01."


def test_a_task_is_not_passed_on_to_somebody_who_has_left(org: Org, connected: Salesforce) -> None:
    (made,) = connected.write([a_task()])
    org.as_person("PATCH", f"sobjects/User/{MAX}", {"IsActive": False})
    (result,) = connected.write([AssignTask(made.id or "", GAP, MAX)])
    assert result.outcome is Outcome.REJECTED
    assert org.as_person("GET", f"sobjects/Task/{made.id}")["OwnerId"] == ADA


def test_tasks_of_one_batch_keep_their_own_keys(org: Org, connected: Salesforce) -> None:
    gaps = [f"acme|a1|default|gap|{number}|" for number in range(60)]
    results = {
        result.write.key: result.id
        for result in connected.write(map(a_task, gaps))
        if isinstance(result.write, CreateTask)
    }
    assert list(results) == gaps
    assert {gap: tasks_of(org, gap)[0]["Id"] for gap in gaps[:3]} == {gap: results[gap] for gap in gaps[:3]}
    assert connected.calls()["POST /services/data/v62.0/composite/sobjects"] == 1


def test_deleting_a_task_nobody_has_is_done(connected: Salesforce) -> None:
    (result,) = connected.write([DeleteTask(key("00T", 99), GAP)])
    assert result.outcome is Outcome.DONE


# --- provisioning ----------------------------------------------------------------------------------------------------


def test_25_a_field_that_exists_but_is_hidden_becomes_visible(org: Org) -> None:
    metadata = {"label": "Depth", "type": "Number", "precision": 18, "scale": 0}
    body = {"FullName": "Contact.Rapport_Depth__c", "Metadata": metadata}
    org.as_person("POST", "tooling/sobjects/CustomField/", body)
    connector = org.connect()
    assert connector.writable("contact") == frozenset()
    list(connector.provision(FEW, dry_run=False))
    assert connector.writable("contact") == {"depth"}


def test_25_a_field_that_stays_hidden_after_provisioning_is_an_error_and_not_success(org: Org) -> None:
    org.tell("limits", {"salesforce": {"hidden_fields": ["Contact.Rapport_Depth__c"]}})
    with pytest.raises(Unusable, match=r"still hides Contact.Rapport_Depth__c"):
        list(org.connect().provision(FEW, dry_run=False))


def test_a_field_somebody_made_read_only_is_skipped_and_reported_but_stops_no_run(
    org: Org, connected: Salesforce
) -> None:
    org.tell("limits", {"salesforce": {"read_only_fields": ["Contact.Rapport_Depth__c"]}})
    assert connected.writable("contact") == frozenset()
    found = {finding.where: finding for finding in connected.check()}
    assert found["Contact.Rapport_Depth__c"].cause == "Our field cannot be written; it is skipped."
    assert not found["Contact.Rapport_Depth__c"].fatal


def test_another_prefix_makes_other_fields(org: Org) -> None:
    connector = org.connect(prefix="Acme")
    steps = [step.what for step in connector.provision(FEW, dry_run=False)]
    assert "field Contact.Acme_Depth__c" in steps
    assert "field Activity.Acme_Key__c" in steps
    assert depths(connector, (ZOE, "3"))[ZOE].outcome is Outcome.DONE
    assert org.as_person("GET", f"sobjects/Contact/{ZOE}")["Acme_Depth__c"] == 3
