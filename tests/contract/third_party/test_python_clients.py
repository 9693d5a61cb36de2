"""dlt, simple-salesforce and hubspot-api-client, unmodified and with their own defaults: what they saw is the story."""

from typing import Any

import pytest

from tests.contract.third_party import story
from tests.contract.third_party.conftest import Judge

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def loaded(dlt_judge: Judge) -> Any:
    """What dlt loaded."""
    return dlt_judge("dlt_judge.py")


def test_dlt_follows_next_records_url_to_the_end(loaded: Any) -> None:
    assert {row["Id"]: row["LastName"] for row in loaded["people"]} == story.LAST_NAMES
    assert [row["Score__c"] for row in loaded["people"]] == [number / 4 for number in range(1, 451)]
    assert "Contact" in {row["name"] for row in loaded["objects"]}


def test_dlt_follows_paging_next_after_to_the_end(loaded: Any) -> None:
    assert {row["id"]: row["properties"]["email"] for row in loaded["contacts"]} == story.EMAILS
    assert len(loaded["contacts"]) == len(story.EMAILS)
    assert {row["id"]: row["email"] for row in loaded["owners"]} == story.OWNERS
    assert [row["id"] for row in loaded["promoters"]] == story.PROMOTERS


@pytest.fixture(scope="module")
def salesforce(judge: Judge) -> Any:
    """What simple-salesforce saw."""
    return judge("simple_salesforce_judge.py")


def test_simple_salesforce_reads_the_story(salesforce: Any) -> None:
    read = salesforce["read"]
    assert dict(read["all"]) == story.LAST_NAMES
    assert [name for _, name in read["all"]] == sorted(story.LAST_NAMES.values())
    assert read["iterated"] == story.PEOPLE
    assert read["first"] == {"size": 200, "total": 450, "done": False}
    assert read["more"] == 200
    assert (read["described"]["Score__c"], read["described"]["Key__c"]) == ("double", "string")
    assert (read["limit"], read["usage"]) == (100_000, 100_000)


def test_simple_salesforce_writes_with_the_status_codes_it_expects(salesforce: Any) -> None:
    wrote = salesforce["wrote"]
    assert wrote["made"] == {"success": True, "errors": []}
    assert (wrote["updated"], wrote["got"], wrote["deleted"]) == (204, "CTO", 204)
    assert (wrote["upserted"], wrote["by_key"]) == ([200, 201], "CEO")
    assert [row["success"] for row in wrote["collection"]] == [True, False]


@pytest.mark.parametrize(
    ("case", "raised", "status", "code"),
    [
        ("field", "SalesforceMalformedRequest", 400, "INVALID_FIELD"),
        ("missing", "SalesforceResourceNotFound", 404, "NOT_FOUND"),
        ("required", "SalesforceMalformedRequest", 400, "REQUIRED_FIELD_MISSING"),
        ("session", "SalesforceExpiredSession", 401, "INVALID_SESSION_ID"),
    ],
)
def test_simple_salesforce_raises_its_own_errors(
    salesforce: Any, case: str, raised: str, status: int, code: str
) -> None:
    error = salesforce["errors"][case]
    assert (error["raised"], error["status"]) == (raised, status)
    assert error["content"][0]["errorCode"] == code


@pytest.fixture(scope="module")
def hubspot(judge: Judge) -> Any:
    """What hubspot-api-client saw."""
    return judge("hubspot_client_judge.py")


def test_hubspot_api_client_reads_the_story(hubspot: Any) -> None:
    read = hubspot["read"]
    assert read["all"] == story.EMAILS
    assert (read["archived"], read["first"], read["companies"]) == ([story.GONE], [100, "1101"], ["9001"])
    assert read["batch"] == [["1001"], 1, {"ids": ["999999"]}]
    assert read["promoters"] == story.PROMOTERS
    assert read["links"] == [["9001", [1, 101, 279]]]
    assert (read["owners"], read["nps"]) == (story.OWNERS, "number")


def test_hubspot_api_client_writes_with_the_status_codes_it_expects(hubspot: Any) -> None:
    wrote = hubspot["wrote"]
    assert (wrote["changed"], wrote["upserted"], wrote["linked"]) == ("CFO", True, ["Decision maker"])
    assert wrote["archived"] is None
    assert (wrote["gone"]["raised"], wrote["gone"]["status"]) == ("NotFoundException", 404)


@pytest.mark.parametrize(
    ("case", "raised", "status", "category"),
    [
        ("token", "UnauthorizedException", 401, "INVALID_AUTHENTICATION"),
        ("conflict", "ApiException", 409, "CONFLICT"),
        ("limit", "ApiException", 400, "VALIDATION_ERROR"),
    ],
)
def test_hubspot_api_client_raises_its_own_errors(
    hubspot: Any, case: str, raised: str, status: int, category: str
) -> None:
    error = hubspot["errors"][case]
    assert (error["raised"], error["status"], error["body"]["category"]) == (raised, status, category)
