"""The REST resources below `/services/data`, and the way one call goes through them."""

from dataclasses import replace

from connectors.emulator.salesforce import collections, composite, describe, dispatch, query, search, sobjects, tooling
from connectors.emulator.salesforce.dispatch import Answer, Call, Resource, Table
from connectors.emulator.wire import JsonObject


def limits(call: Call) -> Answer:
    """GET limits."""
    most, used = call.org.settings["daily_limit"], call.org.settings["daily_used"]
    fixed = {"DailyBulkApiBatches": 15000, "DailyBulkV2QueryJobs": 10000, "DailyBulkV2QueryFileStorageMB": 976562,
             "DataStorageMB": 11264, "FileStorageMB": 11264, "HourlyPublishedPlatformEvents": 50000}  # fmt: skip
    full = {name: {"Max": value, "Remaining": value} for name, value in fixed.items()}
    return Answer(body={"DailyApiRequests": {"Max": most, "Remaining": max(0, most - used)}, **full})


def index(call: Call) -> Answer:
    """GET the version itself: the names of its resources."""
    names = ("sobjects", "query", "queryAll", "search", "parameterizedSearch", "composite", "tooling", "limits")
    return Answer(body={name: f"{call.base}/{name}" for name in names})


def _composite(call: Call) -> Answer:
    return composite.composite(call, route)


def _batch(call: Call) -> Answer:
    return composite.batch(call, route)


TABLE = Table(
    [
        Resource("", {"GET": index}),
        Resource("/limits", {"GET": limits}),
        Resource("/query", {"GET": query.query}),
        Resource("/queryAll", {"GET": query.query_all}),
        Resource("/query/{locator}", {"GET": query.more}),
        Resource("/queryAll/{locator}", {"GET": query.more}),
        Resource("/search", {"GET": search.search}),
        Resource("/parameterizedSearch", {"GET": search.parameterized, "POST": search.parameterized}),
        Resource("/composite", {"POST": _composite}),
        Resource("/composite/batch", {"POST": _batch}),
        Resource(
            "/composite/sobjects",
            {"POST": collections.create, "PATCH": collections.update, "DELETE": collections.delete},
        ),
        Resource("/composite/sobjects/{entity}", {"GET": collections.retrieve, "POST": collections.retrieve}),
        Resource("/composite/sobjects/{entity}/{key}", {"PATCH": collections.upsert}),
        Resource("/tooling/query", {"GET": tooling.query}, tooling=True),
        Resource("/tooling/sobjects", {"GET": describe.describe_global}, tooling=True),
        Resource("/tooling/sobjects/{entity}/describe", {"GET": describe.describe}, tooling=True),
        Resource("/tooling/sobjects/{entity}", {"GET": describe.basics, "POST": tooling.create}, tooling=True),
        Resource(
            "/tooling/sobjects/{entity}/{id}",
            {"GET": tooling.retrieve, "PATCH": tooling.update, "DELETE": tooling.delete},
            tooling=True,
        ),
        Resource("/sobjects", {"GET": describe.describe_global}),
        Resource("/sobjects/{entity}", {"GET": describe.basics, "POST": sobjects.create}),
        Resource("/sobjects/{entity}/describe", {"GET": describe.describe}),
        Resource("/sobjects/{entity}/updated", {"GET": sobjects.updated}),
        Resource("/sobjects/{entity}/deleted", {"GET": sobjects.deleted}),
        Resource(
            "/sobjects/{entity}/{id}",
            {"GET": sobjects.retrieve, "PATCH": sobjects.update, "DELETE": sobjects.delete},
        ),
        Resource(
            "/sobjects/{entity}/{key}/{value:path}",
            {"GET": sobjects.retrieve_by_key, "PATCH": sobjects.upsert, "DELETE": sobjects.delete_by_key},
        ),
    ]
)


def route(call: Call) -> Answer:
    """Answer a call, also one inside a composite.

    Raises:
        SalesforceError: the refusal.
    """
    found = TABLE.find(call.path)
    return dispatch.handle(found, replace(call, names=found.names, tooling=found.resource.tooling))


def versions() -> list[JsonObject]:
    """The answer of /services/data: the API versions served, three a year."""
    seasons = ("Summer", "Winter", "Spring")
    return [
        {
            "label": f"{seasons[(number - 58) % 3]} '{_year(number):02d}",
            "url": f"/services/data/v{number}.0",
            "version": f"{number}.0",
        }
        for number in range(dispatch.FIRST_SERVED, dispatch.NEWEST_VERSION + 1)
    ]


def _year(number: int) -> int:
    """Two digits: 58 is Summer '23, 59 Winter '24."""
    return 23 + (number - 58 + 2) // 3
