"""The query resources: query, queryAll, and the pages behind a query locator."""

import re
from datetime import timedelta

import orjson

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.columnar.found import Records
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import Cursor, Org
from connectors.emulator.salesforce.reading import View
from connectors.emulator.salesforce.soql.parser import parse
from connectors.emulator.salesforce.soql.run import Result, run
from connectors.emulator.wire import Json, JsonObject

LEAST_PAGE, MOST_PAGE = 200, 2000
_LOCATOR_PREFIX = "01g"
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def query(call: Call) -> Answer:
    """GET query?q=: live records only."""
    return _answer(call, everything=False)


def query_all(call: Call) -> Answer:
    """GET queryAll?q=: deleted records and archived activities too."""
    return _answer(call, everything=True)


def more(call: Call) -> Answer:
    """GET query/{locator}: the next page of an open query."""
    key, _, start = call.names["locator"].partition("-")
    cursor = call.org.cursors.get(key)
    known = cursor is not None and _NUMBER.fullmatch(start) and int(start) < cursor.result.total
    if cursor is None or not known or _expired(call.org, cursor):
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return Answer(body=_page(call, key, cursor, int(start)))


def execute(call: Call, text: str, *, everything: bool) -> Result:
    """Parse and run a statement for the caller."""
    call.org.archive()
    query, view = parse(text), View(call.org, call.access(), everything)
    found = call.org.columns.answer(query, view, call.url) if call.org.columns is not None else None
    return found or run(query, view, call.url)


def _answer(call: Call, *, everything: bool) -> Answer:
    text = call.query.get("q")
    if not text:
        raise SalesforceError("MALFORMED_QUERY", "SOQL query is missing: the q parameter is required")
    result = execute(call, text, everything=everything)
    cursor = Cursor(result, _page_size(call), call.org.clock.now())
    key = ids.make(_LOCATOR_PREFIX, len(call.org.cursors) + 1)
    if len(result.rows) > cursor.size:
        call.org.cursors[key] = cursor
    return Answer(body=_page(call, key, cursor, 0))


def _page(call: Call, key: str, cursor: Cursor, start: int) -> JsonObject:
    result, end = cursor.result, start + cursor.size
    done = end >= len(result.rows)
    more_url = {} if done else {"nextRecordsUrl": f"{call.base}/query/{key}-{end}"}
    return {"totalSize": result.total, "done": done, **more_url, "records": _records(result, start, cursor.size)}


def _records(result: Result, start: int, size: int) -> Json:
    """A stretch of the records; as a ready text where it comes from a file."""
    if isinstance(result.rows, Records):
        return orjson.Fragment(result.rows.page(start, size))
    return [result.render(row) for row in result.rows[start : start + size]]


def _page_size(call: Call) -> int:
    """The size asked for, clamped, and never more than the org is set to give."""
    asked = MOST_PAGE
    for option in call.headers.get("sforce-query-options", "").split(","):
        name, _, value = option.partition("=")
        if name.strip().lower() == "batchsize" and _NUMBER.fullmatch(value.strip()):
            asked = int(value)
    return min(max(LEAST_PAGE, min(asked, MOST_PAGE)), int(call.org.settings["page_size"]))


def _expired(org: Org, cursor: Cursor) -> bool:
    return org.clock.now() - cursor.opened > timedelta(seconds=org.settings["locator_seconds"])
