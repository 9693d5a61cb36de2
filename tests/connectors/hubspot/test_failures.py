"""HubSpot's answers of failure, and what each one asks of us."""

import orjson
import pytest

from connectors.dialect import Meaning
from connectors.hubspot.failures import DIALECT, read, sentence


def body(**said: object) -> bytes:
    return orjson.dumps({"status": "error", "correlationId": "c", **said})


@pytest.mark.parametrize(
    ("status", "said", "meaning"),
    [
        (400, body(message="wrong", category="VALIDATION_ERROR"), Meaning.REJECTED),
        (400, body(status="BAD_REFRESH_TOKEN", message="refresh token is invalid"), Meaning.UNUSABLE),
        (401, body(category="INVALID_AUTHENTICATION"), Meaning.SIGN_IN),
        (401, body(category="EXPIRED_AUTHENTICATION"), Meaning.SIGN_IN),
        (403, body(category="MISSING_SCOPES"), Meaning.FORBIDDEN),
        (404, body(category="OBJECT_NOT_FOUND"), Meaning.REJECTED),
        (400, body(message="Unable to infer object type from: communications"), Meaning.FORBIDDEN),
        (404, body(message="Unable to infer object type from: communications"), Meaning.FORBIDDEN),
        (409, body(category="CONFLICT"), Meaning.CONFLICT),
        (423, b"", Meaning.BUSY),
        (429, body(policyName="TEN_SECONDLY_ROLLING", errorType="RATE_LIMIT"), Meaning.BUSY),
        (429, body(policyName="SECONDLY"), Meaning.BUSY),
        (429, body(policyName="DAILY"), Meaning.QUOTA),
        (429, body(category="RATE_LIMITS", message="You have reached your daily limit."), Meaning.QUOTA),
        (477, b"", Meaning.AWAY),
        (500, body(category="INTERNAL_ERROR"), Meaning.BROKEN),
        (502, b"<html>Bad gateway</html>", Meaning.BROKEN),
        (524, b"<html>A timeout occurred</html>", Meaning.BROKEN),
    ],
)
def test_each_answer_has_one_meaning(status: int, said: bytes, meaning: Meaning) -> None:
    assert DIALECT.meaning(status, read(status, said).code) is meaning


@pytest.mark.parametrize(
    ("status", "said", "seconds"),
    [
        (429, body(policyName="TEN_SECONDLY_ROLLING"), 10),
        (429, body(policyName="SECONDLY"), 1),
        (423, b"", 2),
        (429, body(errorType="RATE_LIMIT"), None),
    ],
)
def test_the_policy_decides_how_long_to_wait(status: int, said: bytes, seconds: float | None) -> None:
    assert read(status, said).wait == seconds


def test_the_record_that_holds_a_unique_value_is_named_last_and_the_one_that_was_to_get_it_first() -> None:
    held = (
        "Cannot set PropertyValueCoordinates{portalId=1, propertyName=k, value=9} on 5521. 5522 already has that value."
    )
    problem = read(400, body(message=held, category="VALIDATION_ERROR"))
    assert (DIALECT.meaning(400, problem.code), problem.ref) == (Meaning.CONFLICT, "5522")


def test_the_existing_record_is_read_from_the_message() -> None:
    problem = read(409, body(message="Contact already exists. Existing ID: 32151", category="CONFLICT"))
    assert problem.ref == "32151"


def test_json_embedded_in_a_message_becomes_a_sentence() -> None:
    said = {
        "message": 'Property values were not valid: [{"isValid":false,"message":"Property \\"x\\" does not exist",'
        '"error":"PROPERTY_DOESNT_EXIST","name":"x"}]'
    }
    assert sentence(said) == 'Property values were not valid: Property "x" does not exist'


def test_the_property_that_is_wrong_is_named() -> None:
    said = {"message": 'Property values were not valid: [{"message":"deep was not a valid number.","name":"depth"}]'}
    assert sentence(said) == "Property values were not valid: depth: deep was not a valid number."


def test_missing_scopes_are_named() -> None:
    said = {
        "message": "This app hasn't been granted all required scopes.",
        "errors": [{"message": "One is required.", "context": {"requiredGranularScopes": ["crm.objects.deals.read"]}}],
    }
    assert "crm.objects.deals.read" in sentence(said)
    assert "One is required." in sentence(said)


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe", b"<html>", b"[]", b"null", b'{"errors": 7, "message": null}'])
def test_a_body_that_is_no_error_object_never_raises(garbage: bytes) -> None:
    assert read(500, garbage).code == ""


@pytest.mark.parametrize(
    ("path", "repeatable"),
    [
        ("/crm/objects/2026-09/contacts/search", True),
        ("/crm/objects/2026-09/contacts/batch/read", True),
        ("/crm/v3/objects/contacts/batch/update", True),
        ("/crm/objects/2026-09/tasks/batch/upsert", True),
        ("/crm/objects/2026-09/tasks/batch/archive", True),
        ("/crm/associations/2026-09/contacts/companies/batch/read", True),
        ("/crm/associations/2026-09/tasks/companies/batch/associate/default", True),
        ("/crm/objects/2026-09/tasks/batch/create", False),
        ("/crm/objects/2026-09/tasks", False),
        ("/crm/properties/2026-09/contacts", False),
    ],
)
def test_a_post_is_repeated_by_what_it_does_and_not_by_its_verb(path: str, repeatable: bool) -> None:
    assert DIALECT.repeatable("POST", path) is repeatable
