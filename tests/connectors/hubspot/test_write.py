"""What becomes of each write, whatever HubSpot answers."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
import requests

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord, Write, WriteResult
from connectors.errors import RetryLater, Unusable
from connectors.hubspot.batch import OMITTED
from connectors.hubspot.tasks import GONE
from tests.connectors.hubspot.conftest import Portal

CONTACTS = "/crm/objects/2026-09/contacts/batch/update"
TASKS = "/crm/objects/2026-09/tasks"
TIES = "/crm/associations/2026-09/tasks"


def depth(contact: str, value: str | None = "3") -> UpdateRecord:
    return UpdateRecord("contact", contact, {"depth": value})


def task(key: str = "k1", contact: str | None = "201") -> CreateTask:
    return CreateTask(key, "Subject", "Body", 1_767_225_600, "4101", "9001", contact)


def by_id(found: Iterable[WriteResult]) -> dict[str | None, tuple[Outcome, str]]:
    return {one.id: (one.outcome, one.message) for one in found}


def refusal(words: str, status: int = 400) -> tuple[int, dict[str, object]]:
    return status, {"status": "error", "category": "VALIDATION_ERROR", "message": words}


def accepting(portal: Portal, poison: frozenset[str] = frozenset()) -> None:
    """Let batch/update refuse every batch that holds a poisoned id, as HubSpot does."""

    def answer(inputs: list[dict[str, Any]]) -> object:
        if wrong := [one["id"] for one in inputs if one["id"] in poison]:
            return refusal(f"{wrong[0]} is poisoned")
        return {"status": "COMPLETE", "results": [{"id": one["id"]} for one in reversed(inputs)]}

    portal.decides("POST", CONTACTS, lambda body: answer(body["inputs"]))


def sent(portal: Portal, path: str) -> list[Any]:
    return [body for _, asked, body in portal.asked if asked == path]


def test_two_hundred_and_fifty_updates_travel_in_three_batches(portal: Portal) -> None:
    portal.provisioned()
    accepting(portal)
    results = by_id(portal.connect().write(depth(str(number)) for number in range(250)))
    assert len(results) == 250
    assert set(results.values()) == {(Outcome.DONE, "")}
    assert [len(body["inputs"]) for body in sent(portal, CONTACTS)] == [100, 100, 50]


def test_a_cleared_field_is_sent_as_an_empty_text(portal: Portal) -> None:
    portal.provisioned()
    accepting(portal)
    list(portal.connect().write([depth("201", None)]))
    assert sent(portal, CONTACTS) == [{"inputs": [{"id": "201", "properties": {"rapport_depth": ""}}]}]


def test_42_one_bad_row_does_not_fail_its_batch(portal: Portal) -> None:
    portal.provisioned()
    accepting(portal, frozenset({"17"}))
    results = by_id(portal.connect().write([depth(str(number)) for number in range(100)]))
    refused = {record_id: message for record_id, (outcome, message) in results.items() if outcome is Outcome.REJECTED}
    assert list(refused) == ["17"]
    assert "17 is poisoned" in str(refused["17"])
    assert len(results) == 100
    assert len(sent(portal, CONTACTS)) <= 15


def test_23_a_207_reports_each_row_by_its_id(portal: Portal) -> None:
    portal.provisioned()
    answer = {
        "status": "COMPLETE",
        "results": [{"id": "2"}],
        "numErrors": 1,
        "errors": [
            {
                "status": "error",
                "category": "OBJECT_NOT_FOUND",
                "message": "They may be deleted.",
                "context": {"ids": ["1"]},
            }
        ],
    }
    portal.answers("POST", CONTACTS, (207, answer))
    assert by_id(portal.connect().write([depth("1"), depth("2")])) == {
        "1": (Outcome.REJECTED, "They may be deleted."),
        "2": (Outcome.DONE, ""),
    }


def test_32_a_merged_contact_that_hubspot_silently_leaves_out_is_no_success(portal: Portal) -> None:
    portal.answers("POST", "/crm/objects/2026-09/contacts/batch/read", {"results": []})
    portal.provisioned()
    portal.answers("POST", CONTACTS, {"status": "COMPLETE", "results": [{"id": "2"}]})
    results = by_id(portal.connect().write([depth("1"), depth("2")]))
    assert results["1"] == (Outcome.REJECTED, OMITTED)


@pytest.mark.parametrize(
    ("held", "outcome"),
    [
        ({"rapport_depth": "3"}, Outcome.DONE),
        ({"rapport_depth": "3.0"}, Outcome.DONE),
        ({"rapport_depth": None}, Outcome.UNKNOWN),
    ],
    ids=["as sent", "written otherwise", "not yet"],
)
@pytest.mark.parametrize(
    "answer", [(200, None), (202, {}), (201, {"results": []})], ids=["empty", "accepted", "no rows"]
)
def test_40_an_update_that_says_nothing_of_a_row_is_settled_by_reading_it(
    portal: Portal, answer: tuple[int, object], held: dict[str, str | None], outcome: Outcome
) -> None:
    portal.provisioned()
    portal.answers("POST", CONTACTS, answer)
    portal.answers("POST", "/crm/objects/2026-09/contacts/batch/read", {"results": [{"id": "201", "properties": held}]})
    (result,) = portal.connect().write([depth("201")])
    assert (result.outcome, result.id) == (outcome, "201")
    assert not any(path.endswith("/search") for path in portal.paths())


def test_41_the_task_a_conflict_names_is_taken_when_it_has_our_key(portal: Portal) -> None:
    portal.provisioned(rapport_key={"hasUniqueValue": False})
    tied(portal)
    exists = {"category": "CONFLICT", "message": "Task already exists. Existing ID: 901"}
    tasks_of(portal)
    portal.answers("POST", TASKS, (409, exists))
    named = {"results": [{"id": "901", "properties": {"rapport_key": "k1"}}]}
    portal.decides(
        "POST",
        f"{TASKS}/batch/read",
        lambda body: named if {"id": "901"} in body["inputs"] else {"results": []},
    )
    (result,) = portal.connect().write([task("k1")])
    assert (result.outcome, result.id) == (Outcome.DONE, "901")


@pytest.mark.parametrize("count", [1, 99, 100, 101, 250])
def test_27_every_write_that_was_planned_was_sent_once_and_has_one_outcome(portal: Portal, count: int) -> None:
    portal.provisioned()
    accepting(portal)
    writes = [depth(str(number)) for number in range(201, 201 + count)]
    results = list(portal.connect().write(writes))
    sent = [row["id"] for _, path, body in portal.asked if path.endswith("/batch/update") for row in body["inputs"]]
    assert sorted(sent) == sorted(write.id for write in writes)
    assert sorted(str(result.id) for result in results) == sorted(sent)


def test_43_an_option_hubspot_does_not_know_is_refused_before_it_is_sent(portal: Portal) -> None:
    portal.provisioned(rapport_depth_name={"options": [{"label": "Engaged", "value": "Engaged"}]})
    accepting(portal)
    writes = [
        UpdateRecord("contact", "1", {"depth_name": "Trusted"}),
        UpdateRecord("contact", "2", {"depth_name": "Engaged"}),
    ]
    results = by_id(portal.connect().write(writes))
    assert results["1"][0] is Outcome.REJECTED
    assert "Trusted" in results["1"][1]
    assert results["2"] == (Outcome.DONE, "")
    assert [len(body["inputs"]) for body in sent(portal, CONTACTS)] == [1]


def test_two_writes_of_one_record_never_share_a_batch_and_keep_their_order(portal: Portal) -> None:
    portal.provisioned()
    accepting(portal)
    list(portal.connect().write([depth("1", "1"), depth("2"), depth("1", "2")]))
    assert [
        [(one["id"], one["properties"]["rapport_depth"]) for one in body["inputs"]] for body in sent(portal, CONTACTS)
    ] == [
        [("1", "1"), ("2", "3")],
        [("1", "2")],
    ]


def test_35_a_spent_day_leaves_the_batch_unknown_and_stops(portal: Portal) -> None:
    portal.provisioned()
    portal.answers("POST", CONTACTS, (429, {"policyName": "DAILY", "message": "You have reached your daily limit."}))
    results = portal.connect().write([depth("1"), depth("2")])
    assert [next(results).outcome, next(results).outcome] == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    with pytest.raises(RetryLater, match="daily limit"):
        next(results)
    assert len(sent(portal, CONTACTS)) == 1


def test_a_missing_scope_refuses_all_rows_without_halving(portal: Portal) -> None:
    portal.provisioned()
    portal.answers("POST", CONTACTS, (403, {"category": "MISSING_SCOPES", "message": "Not granted."}))
    results = by_id(portal.connect().write([depth(str(number)) for number in range(100)]))
    assert {outcome for outcome, _ in results.values()} == {Outcome.REJECTED}
    assert len(sent(portal, CONTACTS)) == 1


# --- tasks -----------------------------------------------------------------------------------------------------------


def tied(portal: Portal) -> None:
    for to_type in ("companies", "contacts"):
        portal.answers("POST", f"{TIES}/{to_type}/batch/associate/default", {"status": "COMPLETE", "results": []})


def tasks_of(portal: Portal, *turns: Sequence[str]) -> None:
    """Answer which tasks the company and the contact have, each time they are asked for; at last as said last."""
    held: list[object] = [
        {"results": [{"from": {"id": "9001"}, "to": [{"toObjectId": int(one)} for one in ids]}]}
        for ids in turns or ((),)
    ]
    for from_type in ("companies", "contacts"):
        portal.answers("POST", f"/crm/associations/2026-09/{from_type}/tasks/batch/read", *held)


TIED = [
    {"to": {"id": "9001"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 192}]},
    {"to": {"id": "201"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 204}]},
]


def test_a_task_is_created_in_one_request_with_company_and_contact(portal: Portal) -> None:
    portal.provisioned()
    portal.answers("POST", f"{TASKS}/batch/read", {"results": []})
    portal.answers("POST", f"{TASKS}/batch/create", {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]})
    assert by_id(portal.connect().write([task()])) == {"501": (Outcome.DONE, "")}
    properties = {
        "rapport_key": "k1",
        "hs_task_subject": "Subject",
        "hs_task_body": "Body",
        "hs_timestamp": "1767225600000",
        "hs_task_status": "NOT_STARTED",
        "hs_task_type": "TODO",
        "hubspot_owner_id": "4101",
    }
    assert sent(portal, f"{TASKS}/batch/create") == [{"inputs": [{"properties": properties, "associations": TIED}]}]


def test_a_task_that_is_there_already_is_tied_once_more(portal: Portal) -> None:
    portal.provisioned()
    tied(portal)
    portal.answers("POST", f"{TASKS}/batch/read", {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]})
    assert by_id(portal.connect().write([task()])) == {"501": (Outcome.DONE, "")}
    for to_type, other in (("companies", "9001"), ("contacts", "201")):
        (body,) = sent(portal, f"{TIES}/{to_type}/batch/associate/default")
        assert body == {"inputs": [{"from": {"id": "501"}, "to": {"id": other}}]}


def test_a_task_that_is_there_already_is_neither_reopened_nor_overwritten(portal: Portal) -> None:
    portal.provisioned()
    tied(portal)
    portal.answers("POST", f"{TASKS}/batch/read", {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]})
    assert by_id(portal.connect().write([task()])) == {"501": (Outcome.DONE, "")}
    assert sent(portal, f"{TASKS}/batch/create") == []


def test_a_batch_that_does_not_name_its_keys_is_looked_up(portal: Portal) -> None:
    portal.provisioned()
    tied(portal)
    held = {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]}
    portal.answers("POST", f"{TASKS}/batch/read", {"results": []}, held)
    portal.answers("POST", f"{TASKS}/batch/create", {"results": [{"id": "501", "properties": {}}]})
    assert by_id(portal.connect().write([task()])) == {"501": (Outcome.DONE, "")}


def test_44_a_batch_whose_answer_is_lost_is_unknown_and_the_next_write_finds_what_it_made(portal: Portal) -> None:
    portal.provisioned()
    tied(portal)
    held = {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]}
    portal.answers("POST", f"{TASKS}/batch/read", {"results": []}, held)
    portal.answers("POST", f"{TASKS}/batch/create", requests.ReadTimeout("no answer"))
    results = portal.connect().write([task()])
    assert next(results).outcome is Outcome.UNKNOWN
    with pytest.raises(RetryLater):
        next(results)
    assert by_id(portal.connect().write([task()])) == {"501": (Outcome.DONE, "")}
    assert len(sent(portal, f"{TASKS}/batch/create")) == 1


MEANWHILE = [
    (409, {"category": "CONFLICT", "message": "rapport_key k1 exists. Existing ID: 501"}),
    (400, {"category": "VALIDATION_ERROR", "message": "Cannot set Coordinates{} on 502. 501 already has that value."}),
]


@pytest.mark.parametrize("exists", MEANWHILE, ids=["409", "400"])
def test_41_a_task_somebody_created_meanwhile_is_taken(portal: Portal, exists: tuple[int, object]) -> None:
    portal.provisioned()
    tied(portal)
    held = {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]}
    portal.answers("POST", f"{TASKS}/batch/read", {"results": []}, held)
    portal.answers("POST", f"{TASKS}/batch/create", refusal("batches of tasks are not supported"))
    portal.answers("POST", TASKS, exists)
    assert by_id(portal.connect().write([task()])) == {"501": (Outcome.DONE, "")}


@pytest.mark.parametrize("status", [200, 201])
def test_40_where_a_batch_is_refused_tasks_are_created_with_their_ties_whatever_the_2xx(
    portal: Portal, status: int
) -> None:
    portal.provisioned()
    tied(portal)
    portal.answers("POST", f"{TASKS}/batch/read", {"results": []})
    portal.answers("POST", f"{TASKS}/batch/create", refusal("batches of tasks are not supported"))
    portal.answers("POST", TASKS, (status, {"id": "501", "properties": {}}))
    assert by_id(portal.connect().write([task()])) == {"501": (Outcome.DONE, "")}
    (created,) = sent(portal, TASKS)
    assert created["associations"] == TIED


def test_42_a_task_hubspot_refuses_is_named_and_the_others_are_created(portal: Portal) -> None:
    portal.provisioned()
    tied(portal)
    portal.answers("POST", f"{TASKS}/batch/read", {"results": []})
    portal.answers("POST", f"{TASKS}/batch/create", refusal("Owner 4101 is archived"))
    portal.answers("POST", TASKS, refusal("Owner 4101 is archived"), (201, {"id": "502"}))
    results = {one.write: one for one in portal.connect().write([task("k1"), task("k2")])}
    assert results[task("k1")].outcome is Outcome.REJECTED
    assert "archived" in results[task("k1")].message
    assert (results[task("k2")].outcome, results[task("k2")].id) == (Outcome.DONE, "502")


def test_30_without_a_unique_key_a_task_is_looked_for_among_those_of_its_company_and_never_by_a_search(
    portal: Portal,
) -> None:
    portal.provisioned(rapport_key={"hasUniqueValue": False})
    tied(portal)
    held = [{"id": "6", "properties": {"rapport_key": "k9"}}, {"id": "7", "properties": {"rapport_key": "k1"}}]
    tasks_of(portal, ("6", "7"))
    portal.answers("POST", f"{TASKS}/batch/read", {"results": held})
    assert by_id(portal.connect().write([task()])) == {"7": (Outcome.DONE, "")}
    assert sent(portal, TASKS) == []
    assert not any(path.endswith("/search") for path in portal.paths())


def test_44_a_create_without_an_answer_is_unknown_and_not_repeated(portal: Portal) -> None:
    portal.provisioned(rapport_key={"hasUniqueValue": False})
    tasks_of(portal)
    portal.answers("POST", TASKS, requests.ReadTimeout("no answer"))
    results = portal.connect().write([task()])
    assert next(results).outcome is Outcome.UNKNOWN
    with pytest.raises(RetryLater):
        next(results)
    assert len(sent(portal, TASKS)) == 1


def test_40_a_create_that_is_answered_with_200_instead_of_201_is_done(portal: Portal) -> None:
    portal.provisioned(rapport_key={"hasUniqueValue": False})
    tasks_of(portal)
    portal.answers("POST", TASKS, (200, {"id": "501"}))
    tied(portal)
    assert by_id(portal.connect().write([task()])) == {"501": (Outcome.DONE, "")}


@pytest.mark.parametrize("answer", [(200, None), (201, {}), (201, [])], ids=["nothing", "an object", "a list"])
def test_40_a_create_that_names_no_record_leaves_the_outcome_open(portal: Portal, answer: tuple[int, object]) -> None:
    portal.provisioned(rapport_key={"hasUniqueValue": False})
    tasks_of(portal)
    portal.answers("POST", TASKS, answer)
    results = portal.connect().write([task()])
    assert next(results).outcome is Outcome.UNKNOWN
    with pytest.raises(RetryLater, match="without naming it"):
        next(results)
    assert len(sent(portal, TASKS)) == 1


def test_44_what_was_created_before_an_answer_was_lost_is_not_created_again(portal: Portal) -> None:
    portal.provisioned(rapport_key={"hasUniqueValue": False})
    tasks_of(portal, (), ("501",))
    portal.answers("POST", TASKS, (201, {"id": "501"}), requests.ReadTimeout("no answer"), (201, {"id": "502"}))
    portal.answers("POST", f"{TASKS}/batch/read", {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]})
    tied(portal)
    connection = portal.connect()
    with pytest.raises(RetryLater):
        list(connection.write([task("k1"), task("k2")]))
    again = by_id(connection.write([task("k1"), task("k2")]))
    assert again == {"501": (Outcome.DONE, ""), "502": (Outcome.DONE, "")}
    keys = [body["properties"]["rapport_key"] for body in sent(portal, TASKS)]
    assert keys == ["k1", "k2", "k2"]


@pytest.mark.parametrize(
    "refused",
    [
        refusal("company 9001 was merged"),
        (207, {"results": [], "numErrors": 1, "errors": [{"message": "company 9001 was merged"}]}),
    ],
    ids=["as a whole", "within a success"],
)
def test_23_a_task_that_cannot_be_tied_is_done_and_says_so(portal: Portal, refused: tuple[int, object]) -> None:
    portal.provisioned()
    portal.answers("POST", f"{TIES}/contacts/batch/associate/default", {"results": []})
    portal.answers("POST", f"{TASKS}/batch/read", {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]})
    portal.answers("POST", f"{TIES}/companies/batch/associate/default", refused)
    ((outcome, message),) = by_id(portal.connect().write([task()])).values()
    assert outcome is Outcome.DONE
    assert "merged" in message


def test_a_withdrawn_grant_in_the_middle_leaves_open_writes_unknown(portal: Portal) -> None:
    portal.provisioned()
    portal.answers("POST", f"{TASKS}/batch/read", {"results": [{"id": "501", "properties": {"rapport_key": "k1"}}]})
    refused = (401, {"category": "INVALID_AUTHENTICATION", "message": "Authentication credentials not found."})
    portal.answers("POST", f"{TIES}/companies/batch/associate/default", refused)
    results = portal.connect().write([task()])
    assert next(results).outcome is Outcome.UNKNOWN
    with pytest.raises(Unusable, match="credentials"):
        next(results)


def test_tasks_that_may_not_be_deleted_are_refused_with_the_reason(portal: Portal) -> None:
    portal.provisioned()
    refused = (403, {"category": "MISSING_SCOPES", "message": "Not granted."})
    portal.answers("POST", f"{TASKS}/batch/archive", refused)
    (result,) = portal.connect().write([DeleteTask("501", "k1")])
    assert result.outcome is Outcome.REJECTED
    assert "Not granted." in result.message


def test_one_task_that_cannot_be_tied_does_not_keep_the_others_untied(portal: Portal) -> None:
    portal.provisioned()
    held = [{"id": "501", "properties": {"rapport_key": "k1"}}, {"id": "502", "properties": {"rapport_key": "k2"}}]
    portal.answers("POST", f"{TASKS}/batch/read", {"results": held})
    portal.answers("POST", f"{TIES}/contacts/batch/associate/default", {"results": []})

    def decide(body: Any) -> object:
        wrong = any(one["from"]["id"] == "501" for one in body["inputs"])
        return refusal("company 9001 was merged") if wrong else {"results": []}

    portal.decides("POST", f"{TIES}/companies/batch/associate/default", decide)
    results = by_id(portal.connect().write([task("k1"), task("k2")]))
    assert "merged" in results["501"][1]
    assert results["502"] == (Outcome.DONE, "")


def test_a_change_of_a_task_that_is_gone_is_refused_and_nothing_is_sent(portal: Portal) -> None:
    portal.provisioned()
    portal.answers("POST", f"{TASKS}/batch/read", {"results": []})
    (result,) = portal.connect().write([SetTaskState("501", "k1", open=False)])
    assert (result.outcome, result.message) == (Outcome.REJECTED, GONE)
    assert portal.paths("POST") == [f"{TASKS}/batch/read"]


def test_a_note_is_appended_once_however_often_the_write_is_repeated(portal: Portal) -> None:
    portal.provisioned()
    portal.answers(
        "POST",
        f"{TASKS}/batch/read",
        {"results": [{"id": "501", "properties": {"hs_task_body": "Body"}}]},
        {"results": [{"id": "501", "properties": {"hs_task_body": "Body\nClosed."}}]},
    )
    portal.answers("POST", f"{TASKS}/batch/update", {"results": [{"id": "501"}]})
    connection = portal.connect()
    for _ in range(2):
        list(connection.write([SetTaskState("501", "k1", open=False, note="Closed.")]))
    assert [body["inputs"][0]["properties"] for body in sent(portal, f"{TASKS}/batch/update")] == [
        {"hs_task_status": "COMPLETED", "hs_task_body": "Body\nClosed."},
        {"hs_task_status": "COMPLETED"},
    ]


def test_a_note_that_finds_no_room_is_left_out_and_nothing_that_stands_there_is_cut(portal: Portal) -> None:
    portal.provisioned()
    long = "x" * 65_530
    portal.answers("POST", f"{TASKS}/batch/read", {"results": [{"id": "501", "properties": {"hs_task_body": long}}]})
    portal.answers("POST", f"{TASKS}/batch/update", {"results": [{"id": "501"}]})
    (result,) = portal.connect().write([SetTaskState("501", "k1", open=False, note="Closed: she answered.")])
    assert result.outcome is Outcome.DONE
    (body,) = sent(portal, f"{TASKS}/batch/update")
    assert body["inputs"][0]["properties"] == {"hs_task_status": "COMPLETED"}


def test_assignments_and_states_of_several_tasks_share_one_batch_and_say_only_what_changes(portal: Portal) -> None:
    portal.provisioned()
    held = [{"id": task_id, "properties": {"hs_task_body": "Body"}} for task_id in ("501", "502")]
    portal.answers("POST", f"{TASKS}/batch/read", {"results": held})
    portal.answers("POST", f"{TASKS}/batch/update", {"results": [{"id": "501"}, {"id": "502"}]})
    writes: list[Write] = [
        AssignTask("501", "k1", "4102", "Overdue."),
        SetTaskState("502", "k2", open=True, due_at=1_767_225_600, owner_id="4101"),
    ]
    assert [one.outcome for one in portal.connect().write(writes)] == [Outcome.DONE, Outcome.DONE]
    (body,) = sent(portal, f"{TASKS}/batch/update")
    assert [one["properties"] for one in body["inputs"]] == [
        {"hubspot_owner_id": "4102", "hs_task_body": "Body\nOverdue."},
        {"hs_task_status": "NOT_STARTED", "hs_timestamp": "1767225600000", "hubspot_owner_id": "4101"},
    ]


def test_two_changes_of_one_task_go_out_one_after_the_other(portal: Portal) -> None:
    portal.provisioned()
    portal.answers("POST", f"{TASKS}/batch/read", {"results": [{"id": "501", "properties": {}}]})
    portal.answers("POST", f"{TASKS}/batch/update", {"results": [{"id": "501"}]})
    writes: list[Write] = [SetTaskState("501", "k1", open=True), AssignTask("501", "k1", "4102")]
    assert [one.outcome for one in portal.connect().write(writes)] == [Outcome.DONE, Outcome.DONE]
    assert [body["inputs"][0]["properties"] for body in sent(portal, f"{TASKS}/batch/update")] == [
        {"hs_task_status": "NOT_STARTED"},
        {"hubspot_owner_id": "4102"},
    ]


def test_a_deletion_follows_the_changes_of_the_same_task(portal: Portal) -> None:
    portal.provisioned()
    portal.answers("POST", f"{TASKS}/batch/read", {"results": [{"id": "501", "properties": {}}]})
    portal.answers("POST", f"{TASKS}/batch/update", {"results": [{"id": "501"}]})
    portal.answers("POST", f"{TASKS}/batch/archive", (204, None))
    writes: list[Write] = [SetTaskState("501", "k1", open=True), DeleteTask("501", "k1")]
    assert [one.outcome for one in portal.connect().write(writes)] == [Outcome.DONE, Outcome.DONE]
    assert portal.paths("POST") == [f"{TASKS}/batch/{step}" for step in ("read", "update", "archive")]


@pytest.mark.parametrize("errors", [None, [{"message": "It is locked.", "context": None}]])
def test_an_answer_may_say_of_refusals_nothing_at_all(portal: Portal, errors: object) -> None:
    portal.provisioned()
    portal.answers("POST", "/crm/objects/2026-09/contacts/batch/update", {"results": [{"id": "1"}], "errors": errors})
    (result,) = portal.connect().write([UpdateRecord("contact", "1", {"depth": "3"})])
    assert result.outcome is Outcome.DONE


def test_a_property_that_says_nothing_of_how_it_may_change_may_be_written(portal: Portal) -> None:
    portal.provisioned(rapport_depth={"modificationMetadata": None})
    assert "depth" in portal.connect().writable("contact")
