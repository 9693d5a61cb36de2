"""The HubSpot operations Rapport uses, one method each: the client library builds the request, we read the raw answer.

Each API object of the library is built once and kept (the library would open new connections on every access), and its
network layer is replaced by `connectors.transport.RestLayer`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

import hubspot
import orjson
import requests

from connectors.budget import Allowance
from connectors.errors import Rejected, RetryLater, Unusable
from connectors.hubspot.failures import sentence
from connectors.hubspot.paths import ROUTES
from connectors.hubspot.values import instant
from connectors.transport import RestLayer, Transport, Unanswered
from connectors.wire import Reply

PAGE = 100
"""Records a list page or a batch holds at most."""
SEARCH_PAGE = 200
"""Records a page of a search holds at most."""
USAGE = "/account-info/v3/api-usage/daily/private-apps"
ASSOCIATION_INPUTS = 1000
"""Records whose associations one request may ask for."""
LONGEST_QUERY = 6_000
"""Characters of property names a GET may carry; HubSpot refuses addresses of about 16,000, proxies of 8,000."""

RESULTS = "results"
"""The list in nearly every answer."""
GARBLED = "An answer of HubSpot was garbled on its way. Run again later."

Json = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Answer:
    """A list as HubSpot sent it, in `data`; whoever finds it garbled asks `again`, which may need several answers."""

    data: bytes
    again: Callable[[], Iterable[bytes]]

    def records(self) -> list[Json]:
        """Read the list, asked for once more if need be; raises RetryLater when it is garbled then too."""
        try:
            return records_of(self.data)
        except RetryLater:
            return [record for body in self.again() for record in records_of(body)]


class Client:
    """HubSpot's API in the version the settings name; raises what `connectors.transport` raises."""

    def __init__(self, transport: Transport, version: str, access_token: str | None = None) -> None:
        self.transport = transport
        self._route = ROUTES[version]
        self.asked_at = 0
        """HubSpot's clock, in epoch seconds, when properties were listed last: a pull works as of then."""
        self._layer = RestLayer(transport, ROUTES[version])
        sdk = hubspot.HubSpot(access_token=access_token, host=transport.base, base_url=transport.base)
        self._objects = self._over_transport(sdk.crm.objects.basic_api)
        self._batches = self._over_transport(sdk.crm.objects.batch_api)
        self._searches = self._over_transport(sdk.crm.objects.search_api)
        self._owners = self._over_transport(sdk.crm.owners.owners_api)
        self._properties = self._over_transport(sdk.crm.properties.core_api)
        self._property_batches = self._over_transport(sdk.crm.properties.batch_api)
        self._groups = self._over_transport(sdk.crm.properties.groups_api)
        self._associations = self._over_transport(sdk.crm.associations.v4.batch_api)
        self._labels = self._over_transport(sdk.crm.associations.v4.schema.definitions_api)

    # --- reading -----------------------------------------------------------------------------------------------------

    def probe(self) -> Reply:
        """Send the cheapest request there is; its answer carries HubSpot's clock."""
        reply: Reply = self._owners.get_page(limit=1, _preload_content=False)
        return reply

    def peek(self, object_type: str) -> None:
        """Read one record; raises Rejected when the token may not."""
        self._objects.get_page(object_type, limit=1, _preload_content=False)

    def allowance(self) -> Allowance | None:
        """Ask what is left of the day's calls of all private apps; None for a token that may not know."""
        try:
            found = _object(self.transport.request("GET", self._route(USAGE))).get("results", [])
        except (Rejected, Unusable):
            return None
        told = [one for one in found if one.get("fetchStatus", "SUCCESS") == "SUCCESS" and one.get("usageLimit")]
        return _allowance(told[0]) if told else None

    def pages(self, object_type: str, properties: Sequence[str], associations: Sequence[str] = ()) -> Iterator[Answer]:
        """List all records in ascending order of id, a page at a time, however long the list of properties is.

        A page is an answer as HubSpot sent it, or would have sent it, had the properties fitted into an address.
        """
        too_long = sum(len(name) + 12 for name in properties) > LONGEST_QUERY
        asked = ["hs_object_id"] if too_long else properties
        for answer in self._listed(object_type, asked, associations, archived=False):
            yield self._completed(object_type, answer.records(), properties) if too_long else answer

    def archived(self, object_type: str, properties: Sequence[str]) -> Iterator[list[Json]]:
        """List the recycle bin, a page at a time; it holds records for 90 days."""
        return map(Answer.records, self._listed(object_type, properties, (), archived=True))

    def read(
        self, object_type: str, ids: Sequence[str], properties: Sequence[str], by: str | None = None
    ) -> Iterator[Json]:
        """Read records by id, or by the unique property `by`; the ones that do not exist are left out."""
        for answer in self.answers(object_type, ids, properties, by):
            yield from answer.records()

    def answers(
        self, object_type: str, ids: Sequence[str], properties: Sequence[str], by: str | None = None
    ) -> Iterator[Answer]:
        """Read records as `read` does; gives the answers as HubSpot sent them."""
        for part in chunks(ids, PAGE):
            body: Json = {
                "properties": list(properties),
                "propertiesWithHistory": [],
                "inputs": [{"id": record_id} for record_id in part],
            }
            if by:
                body["idProperty"] = by
            ask = partial(self._read_batch, object_type, body)
            yield Answer(*ask(), ask)

    def _read_batch(self, object_type: str, body: Json) -> tuple[bytes]:
        return (_whole(self._batches.read(object_type, body, _preload_content=False)),)

    def find(self, object_type: str, filters: Sequence[Json], sort: str, properties: Sequence[str]) -> Json:
        """Search for the first records, in ascending order of a property, for which every filter holds."""
        body = {
            "filterGroups": [{"filters": list(filters)}],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": SEARCH_PAGE,
        }
        return self._counted(object_type, body)

    def count(self, object_type: str, filters: Sequence[Json] = ()) -> int:
        """Count the records for which every filter holds, as far as the index has come."""
        groups = [{"filters": list(filters)}] if filters else []
        body = {"filterGroups": groups, "properties": ["hs_object_id"], "limit": 1}
        return int(self._counted(object_type, body)["total"])

    def _counted(self, object_type: str, body: Json) -> Json:
        """Search, and insist on the total: an answer without one was not made by HubSpot's search."""
        answer = _object(self._searches.do_search(object_type, body, _preload_content=False))
        if "total" not in answer:
            raise Unanswered(f"HubSpot answered a search for {object_type} without a total. Run again later.")
        return answer

    def search(self, object_type: str, name: str, values: Sequence[str], properties: Sequence[str]) -> Iterator[Json]:
        """Find records whose property `name` equals one of `values`; a new record is found only after moments."""
        for part in chunks(values, 5):
            groups = [{"filters": [{"propertyName": name, "operator": "EQ", "value": value}]} for value in part]
            body = {"filterGroups": groups, "properties": list(properties), "limit": PAGE}
            yield from _object(self._searches.do_search(object_type, body, _preload_content=False))["results"]

    def owners(self, archived: bool) -> Iterator[list[Json]]:
        """List owners, a page at a time: the active ones or the deactivated ones."""
        after: str | None = None
        while True:
            page = _object(self._owners.get_page(limit=PAGE, after=after, archived=archived, _preload_content=False))
            yield page["results"]
            after = next_page(page)
            if after is None:
                return

    def properties(self, object_type: str) -> list[Json]:
        """List the properties of an object, and note HubSpot's clock."""
        reply = self._properties.get_all(object_type, _preload_content=False)
        self.asked_at = reply.server_time()
        found: list[Json] = _object(reply)["results"]
        return found

    def labels(self, from_type: str, to_type: str) -> list[Json]:
        """List the kinds of association between two object types, with the labels people gave them.

        A token that may not read them gets none; the associations themselves carry their labels all the same.
        """
        try:
            found: list[Json] = _object(self._labels.get_all(from_type, to_type, _preload_content=False))["results"]
        except Rejected:
            return []
        return found

    def associations(self, from_type: str, to_type: str, ids: Sequence[str]) -> dict[str, list[Json]]:
        """Read the associations of records with their labels, all of them, by the id they start from.

        An association is ``{"toObjectId", "associationTypes": [{"category", "typeId", "label"}]}``.
        """
        found: dict[str, list[Json]] = {}
        for answer in self.ties(from_type, to_type, ids):
            for row in answer.records():
                found.setdefault(str(row["from"]["id"]), []).extend(row["to"])
        return found

    def ties(self, from_type: str, to_type: str, ids: Sequence[str]) -> Iterator[Answer]:
        """Read these associations; gives the answers as HubSpot sent them, those of one record perhaps in several.

        Sent without the library, which takes a thousand ids apart one by one for longer than all else takes together.
        """
        path = self._route(f"/crm/v4/associations/{from_type}/{to_type}/batch/read")
        yield from self._tied(path, [{"id": record_id} for record_id in ids])

    def _tied(self, path: str, waiting: list[Json]) -> Iterator[Answer]:
        """Ask for the associations of records, and for those that go on where an answer ends."""
        while waiting:
            asked, waiting = waiting[:ASSOCIATION_INPUTS], waiting[ASSOCIATION_INPUTS:]
            body, unfinished = _asked_twice(partial(self._ties_of, path, asked), _unfinished)
            waiting += unfinished
            yield Answer(body, partial(self._tied_again, path, asked, followed=bool(unfinished)))

    def _tied_again(self, path: str, asked: list[Json], *, followed: bool) -> Iterator[bytes]:
        """Ask once more; what goes on is `followed` already where the first answer said so."""
        if followed:
            yield self._ties_of(path, asked)
        else:
            yield from (answer.data for answer in self._tied(path, asked))

    def _ties_of(self, path: str, asked: list[Json]) -> bytes:
        return _whole(self.transport.send(self.transport.prepare("POST", path, json={"inputs": asked}), listed=RESULTS))

    # --- writing -----------------------------------------------------------------------------------------------------

    def update(self, object_type: str, inputs: Sequence[Json]) -> Json:
        """Update up to 100 records by id."""
        return _object(self._batches.update(object_type, {"inputs": list(inputs)}, _preload_content=False))

    def create_all(self, object_type: str, records: Sequence[Json]) -> Json:
        """Create up to 100 records with their associations, all of them or none."""
        return _object(self._batches.create(object_type, {"inputs": list(records)}, _preload_content=False))

    def create(self, object_type: str, record: Json) -> Json:
        """Create one record, with its associations; raises Unanswered when the answer does not name it."""
        answer = _object(self._objects.create(object_type, record, _preload_content=False))
        if "id" not in answer:
            raise Unanswered(f"HubSpot created one of {object_type} without naming it; the next run looks for it.")
        return answer

    def archive(self, object_type: str, ids: Sequence[str]) -> None:
        """Move up to 100 records to the recycle bin; the ones that are there already are no error."""
        inputs = [{"id": record_id} for record_id in ids]
        self._batches.archive(object_type, {"inputs": inputs}, _preload_content=False)

    def associate(self, from_type: str, to_type: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Tie records with the unlabelled association, which changes nothing where they are tied already.

        Raises Rejected when HubSpot refused one of them, be it within a success.
        """
        for part in chunks(pairs, PAGE):
            inputs = [{"from": {"id": one}, "to": {"id": other}} for one, other in part]
            answer = _object(
                self._associations.create_default(from_type, to_type, {"inputs": inputs}, _preload_content=False)
            )
            if refused := answer.get("errors"):
                raise Rejected(sentence(refused[0]))

    # --- what exists -------------------------------------------------------------------------------------------------

    def groups(self, object_type: str) -> list[Json]:
        """List the property groups of an object."""
        found: list[Json] = _object(self._groups.get_all(object_type, _preload_content=False))["results"]
        return found

    def create_group(self, object_type: str, group: Json) -> None:
        """Create a property group."""
        self._groups.create(object_type, group, _preload_content=False)

    def create_properties(self, object_type: str, declared: Sequence[Json]) -> list[Json]:
        """Create up to 100 properties; gives those that were made."""
        made: list[Json] = _object(
            self._property_batches.create(object_type, {"inputs": list(declared)}, _preload_content=False)
        ).get("results", [])
        return made

    def create_property(self, object_type: str, declared: Json) -> None:
        """Create a property."""
        self._properties.create(object_type, declared, _preload_content=False)

    def update_property(self, object_type: str, name: str, change: Json) -> None:
        """Change a property's definition."""
        self._properties.update(object_type, name, change, _preload_content=False)

    def _over_transport(self, api: Any) -> Any:
        """Put our network layer under an API object of the library, which ships no types."""
        api.api_client.rest_client = self._layer
        return api

    def _listed(
        self, object_type: str, properties: Sequence[str], associations: Sequence[str], *, archived: bool
    ) -> Iterator[Answer]:
        """Follow a list to its end; raises RetryLater when a page leads back to itself.

        Sent without the library: its pages differ in where they begin and in nothing else, and to write a long list of
        properties into each address anew takes as long as to parse the page.
        """
        params = [("limit", str(PAGE)), *(("properties", name) for name in properties)]
        params += [*(("associations", name) for name in associations), ("archived", str(archived).lower())]
        request = self.transport.prepare("GET", self._route(f"/crm/v3/objects/{object_type}"), params=params)
        ask = partial(self._page, request, str(request.url))
        before: str | None = None
        while True:
            body, after = _asked_twice(partial(ask, before), _following)
            yield Answer(body, partial(_alone, ask, before))
            if after is None:
                return
            if after == before:
                raise RetryLater(f"HubSpot's list of {object_type} leads back to {after}. Run again later.")
            before = after

    def _page(self, request: requests.PreparedRequest, first: str, after: str | None) -> bytes:
        request.url = first if after is None else f"{first}&after={quote(after)}"
        return self.transport.send(request, listed=RESULTS).data

    def _completed(self, object_type: str, records: list[Json], properties: Sequence[str]) -> Answer:
        """Add the properties an address is too short for, read by POST and joined by id."""
        read = {found["id"]: found for found in self.read(object_type, [one["id"] for one in records], properties)}
        found = [{**one, "properties": read[one["id"]]["properties"]} for one in records if one["id"] in read]
        body = orjson.dumps({RESULTS: found})
        return Answer(body, lambda: (body,))


def _asked_twice(ask: Callable[[], bytes], read: Callable[[bytes], Item]) -> tuple[bytes, Item]:
    """Ask and read what matters at once, a second time where the answer was garbled on its way."""
    body = ask()
    try:
        return body, read(body)
    except RetryLater:
        body = ask()
        return body, read(body)


def _alone(ask: Callable[[str | None], bytes], after: str | None) -> tuple[bytes]:
    return (ask(after),)


def _allowance(told: Json) -> Allowance:
    renewed = told.get("resetsAt")
    at = None if renewed is None else instant(str(renewed))
    return Allowance(int(told["usageLimit"]), int(told["usageLimit"]) - int(told.get("currentUsage") or 0), at)


def next_page(answer: Json) -> str | None:
    """Tell where the next page begins; None on the last one, which has no `paging`, or an empty one.

    Raises RetryLater when only a link leads on: taken for the last one, all that follows would seem to be gone.
    """
    following = (answer.get("paging") or {}).get("next") or {}
    after = following.get("after")
    if after is None and following.get("link"):
        raise RetryLater("HubSpot announces a next page and does not say where it begins. Run again later.")
    return None if after is None else str(after)


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut a sequence into parts of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


ABSENT = ("NOT_FOUND", "NO_ASSOCIATIONS_FOUND")
"""How the reason ends for which a batch leaves a record out that has nothing to be read."""


def records_of(body: bytes) -> list[Json]:
    """Read the list in an answer of HubSpot; raises RetryLater when it was garbled on its way."""
    try:
        found: list[Json] = orjson.loads(body)[RESULTS]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise RetryLater(GARBLED) from error
    return found


def _following(body: bytes) -> str | None:
    """Tell where the page after this one begins; raises RetryLater when a last page was garbled on its way.

    That stands behind the records, which need not be parsed to find it: a text cannot hold an unescaped quote, and what
    stands inside of a record is followed by more brackets than end an object that begins there. Only a page that says
    nothing is parsed: that a list ends there is believed of no other.
    """
    place = body.rfind(b'"paging"')
    if place >= 0:
        with suppress(orjson.JSONDecodeError):
            return next_page(orjson.loads(b"{" + body[place:]))
    try:
        return next_page(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise RetryLater(GARBLED) from error


def _whole(reply: Reply) -> bytes:
    """Take the answer of a batch that reads; raises RetryLater for a row that is there and could not be read."""
    if b'"errors"' in reply.data:
        for error in _object(reply).get("errors") or ():
            reasons = (str(error.get("category")), str(error.get("subCategory")))
            if not any(reason.endswith(ABSENT) for reason in reasons):
                said = sentence(error)
                raise RetryLater(f"HubSpot could not read a record it was asked for: {said}. Run again later.")
    return reply.data


def _unfinished(body: bytes) -> list[Json]:
    """Name the records whose associations go on, and where."""
    if b'"paging"' not in body:
        return []
    told = ((str(row["from"]["id"]), next_page(row)) for row in records_of(body))
    return [{"id": record_id, "after": after} for record_id, after in told if after]


def _object(reply: Reply) -> Json:
    answer = reply.json()
    return answer if isinstance(answer, dict) else {}
