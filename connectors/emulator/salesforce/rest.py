"""The REST resources below `/services/data`, and the way one call goes through them."""

from dataclasses import replace

from connectors.emulator.salesforce import (
    collections,
    composite,
    describe,
    dispatch,
    limits,
    query,
    search,
    sobjects,
    tooling,
    tree,
)
from connectors.emulator.salesforce.bulk import ingest, progress, queries
from connectors.emulator.salesforce.dispatch import Answer, Call, Resource, Table
from connectors.emulator.wire import JsonObject


def index(call: Call) -> Answer:
    """GET the version itself: the names of its resources."""
    names = (
        "sobjects", "query", "queryAll", "search", "parameterizedSearch", "composite", "tooling", "limits", "jobs",
        "recent", "tabs", "theme",
    )  # fmt: skip
    identity = f"{call.origin}/id/{call.org.org_id}/{call.user}"
    return Answer(body={name: f"{call.base}/{name}" for name in names} | {"identity": identity})


def nothing(call: Call) -> Answer:
    """GET recent, tabs or theme: what a person at a screen would have, and nobody here has."""
    return Answer(body={"themeItems": []} if call.path.lower() == "/theme" else [])


def _composite(call: Call) -> Answer:
    return composite.composite(call, route)


def _batch(call: Call) -> Answer:
    return composite.batch(call, route)


def _graph(call: Call) -> Answer:
    return composite.graph(call, route)


TABLE = Table(
    [
        Resource("", {"GET": index}),
        Resource("/limits", {"GET": limits.limits}),
        *(Resource(f"/{name}", {"GET": nothing}) for name in ("recent", "tabs", "theme")),
        Resource("/query", {"GET": query.query}),
        Resource("/queryAll", {"GET": query.query_all}),
        Resource("/query/{locator}", {"GET": query.more}),
        Resource("/queryAll/{locator}", {"GET": query.more}),
        Resource("/search", {"GET": search.search}),
        Resource("/parameterizedSearch", {"GET": search.parameterized, "POST": search.parameterized}),
        Resource("/jobs/query", {"GET": queries.listing, "POST": queries.create}),
        Resource("/jobs/query/{job}", {"GET": queries.info, "PATCH": queries.update, "DELETE": queries.delete}),
        Resource("/jobs/query/{job}/results", {"GET": queries.results}),
        Resource("/jobs/query/{job}/resultPages", {"GET": queries.result_pages}),
        Resource(
            "/jobs/ingest",
            {"GET": ingest.listing, "POST": ingest.create},
            accepts=("application/json", "multipart/form-data"),
        ),
        Resource("/jobs/ingest/{job}", {"GET": ingest.info, "PATCH": ingest.update, "DELETE": ingest.delete}),
        Resource("/jobs/ingest/{job}/batches", {"PUT": ingest.upload}),
        Resource("/jobs/ingest/{job}/successfulResults", {"GET": ingest.successful}),
        Resource("/jobs/ingest/{job}/failedResults", {"GET": ingest.failed}),
        Resource("/jobs/ingest/{job}/unprocessedrecords", {"GET": ingest.unprocessed}),
        Resource("/composite", {"POST": _composite}),
        Resource("/composite/batch", {"POST": _batch}),
        Resource("/composite/graph", {"POST": _graph}),
        Resource("/composite/tree/{entity}", {"POST": tree.create}),
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
        Resource("/sobjects/{entity}/describe/layouts", {"GET": describe.layouts}),
        Resource("/sobjects/{entity}/describe/layouts/{type}", {"GET": describe.layout}),
        Resource("/sobjects/{entity}/describe/compactLayouts", {"GET": describe.compact_layouts}),
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
    # A job that takes no time can still be aborted, as long as nothing was asked since it was made.
    if call.method != "PATCH" or "{job}" not in found.resource.template or call.org.settings["bulk_seconds"]:
        progress.catch_up(call.org)
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
