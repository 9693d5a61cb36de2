"""Open queries: what they found, kept for as long as their locators live, and handed out page by page.

A cursor holds the rows as they were when its query ran. The records of child subqueries count towards a page; those
that do not fit have a cursor of their own. Contract 3.2.
"""

import re
import sys
import zlib
from datetime import timedelta

import orjson

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.columnar.found import Records
from connectors.emulator.salesforce.dispatch import Call
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import Cursor, Org
from connectors.emulator.salesforce.soql.run import AGGREGATE, Result
from connectors.emulator.wire import Json, JsonObject

LEAST_PAGE, MOST_PAGE = 200, 2000
_LOCATOR_PREFIX = "01g"
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def first_page(call: Call, result: Result) -> JsonObject:
    """The answer to a query; what does not fit stays open under a locator.

    Raises:
        SalesforceError: EXCEEDED_ID_LIMIT, because groups come in one page or not at all.
    """
    if result.entity == AGGREGATE and len(result.rows) > MOST_PAGE:
        message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
        raise SalesforceError("EXCEEDED_ID_LIMIT", message)
    return _Pager(call, _page_size(call, result)).page(result, 0)


def next_page(call: Call, locator: str) -> JsonObject:
    """The page a locator names: `01g...-2000` is the one that begins with the 2001st record.

    Raises:
        SalesforceError: INVALID_QUERY_LOCATOR.
    """
    key, _, start = locator.partition("-")
    cursor = call.org.cursors.get(key)
    known = cursor is not None and _NUMBER.fullmatch(start) and int(start) < len(cursor.result.rows)
    if cursor is None or not known or cursor.user != call.user or _expired(call.org, cursor):
        raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _Pager(call, cursor.size).page(cursor.result, int(start), key)


def everything(call: Call, result: Result) -> list[JsonObject]:
    """All records of a result at once, for resources without pages."""
    records: list[JsonObject] = _Pager(call, sys.maxsize).page(result, 0, room=sys.maxsize)["records"]
    return records


class _Pager:
    """Cuts results into pages of a size, in which the records of subqueries count."""

    def __init__(self, call: Call, size: int) -> None:
        self._call = call
        self._size = size

    def page(self, result: Result, start: int, key: str = "", room: int = 0) -> JsonObject:
        """One page; `key` is empty for a result that has no cursor yet, `room` 0 means a whole page."""
        if isinstance(result.rows, Records):
            size = self._varied(start)
            return self._body(result, start + size, key, orjson.Fragment(result.rows.page(start, size)))
        records: list[JsonObject] = []
        end, room = start, room or self._varied(start)
        while end < len(result.rows) and (room > 0 or not records):
            record, weight = self._record(result.render(result.rows[end]), room)
            records.append(record)
            end, room = end + 1, room - weight
        return self._body(result, end, key, records)

    def _body(self, result: Result, end: int, key: str, records: Json) -> JsonObject:
        body: JsonObject = {"totalSize": result.total, "done": end >= len(result.rows)}
        if not body["done"]:
            body["nextRecordsUrl"] = f"{self._call.base}/query/{key or self._open(result)}-{end}"
        return {**body, "records": records}

    def _record(self, record: JsonObject, room: int) -> tuple[JsonObject, int]:
        """A record with its subqueries answered, and how many records that makes."""
        weight = 1
        for name, value in record.items():
            if isinstance(value, Result):
                record[name] = page = self.page(value, 0, room=max(1, room - weight))
                weight += len(page["records"])
        return record, weight

    def _varied(self, start: int) -> int:
        """The size of a page, which the org may be set to vary; the same place has the same size again."""
        if not self._call.org.settings["short_pages"]:
            return self._size
        return self._size - zlib.crc32(str(start).encode()) % (self._size // 2 + 1)

    def _open(self, result: Result) -> str:
        """Keep a result, and drop what is expired or too old to be kept beside it."""
        org, user = self._call.org, self._call.user
        mine = [key for key, each in org.cursors.items() if each.user == user]
        dead = {key for key, each in org.cursors.items() if _expired(org, each)}
        if most := int(org.settings["open_cursors"]):
            dead.update(mine[: max(0, len(mine) - most + 1)])
        for key in dead:
            del org.cursors[key]
        org.cursors_opened += 1
        key = ids.make(_LOCATOR_PREFIX, org.cursors_opened)
        org.cursors[key] = Cursor(result, self._size, org.clock.now(), user)
        return key


def _page_size(call: Call, result: Result) -> int:
    """The size asked for, clamped, and never more than the org is set to give or wide records allow.

    Groups have no further pages, so they all stand on the first.
    """
    if result.entity == AGGREGATE:
        return MOST_PAGE
    asked = MOST_PAGE
    for option in call.headers.get("sforce-query-options", "").split(","):
        name, _, value = option.partition("=")
        if name.strip().lower() == "batchsize" and _NUMBER.fullmatch(value.strip()):
            asked = int(value)
    clamped = max(LEAST_PAGE, min(asked, MOST_PAGE))
    return min(LEAST_PAGE if result.wide else clamped, int(call.org.settings["page_size"]))


def _expired(org: Org, cursor: Cursor) -> bool:
    seconds: Json = org.settings["locator_seconds"]
    return org.clock.now() - cursor.opened > timedelta(seconds=seconds)
