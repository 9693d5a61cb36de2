"""The control interface `/_emulator/...`: reset, seeds, faults, clock, request log and limits; no vendor has it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.emulator import provenance, seeds, snapshot
from connectors.emulator.clock import Clock
from connectors.emulator.faults import Rule
from connectors.emulator.hubspot import Portal
from connectors.emulator.hubspot import settings as hubspot
from connectors.emulator.latency import Delay
from connectors.emulator.requestlog import RequestLog
from connectors.emulator.salesforce import seeding
from connectors.emulator.salesforce import settings as salesforce
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.records import Writer
from connectors.emulator.salesforce.rowfaults import RowFault
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.wire import Json, JsonObject, JsonResponse

if TYPE_CHECKING:
    from connectors.emulator.synthetic.made import Made

TABLE: Mapping[str, tuple[list[Json], str]] = {
    "withdrawn": ([], "routes that are not there, as `GET /_emulator/routes` writes them: `GET /crm/v3/owners`"),
}
"""The settings of the emulator itself: a default each, and what it decides."""


@dataclass(slots=True)
class World:
    """Everything the process holds: `seed` is what it starts from and returns to, `ready` how to reach it.

    With the seed `synthetic` that is `made`.
    """

    clock: Clock
    org: Org
    portal: Portal
    seed: str
    log: RequestLog = field(default_factory=RequestLog)
    rules: list[Rule] = field(default_factory=list)
    delays: list[Delay] = field(default_factory=list)
    settings: dict[str, Json] = field(default_factory=lambda: {name: list(value) for name, (value, _) in TABLE.items()})
    ready: JsonObject = field(default_factory=dict)
    made: "Made | None" = None

    def reset(self) -> None:
        """Back to the start seed, with no faults, no delays and an empty log.

        The clock stays where it is, but for a snapshot, which brings its moment along.
        """
        self.rules.clear()
        self.delays.clear()
        self.settings["withdrawn"] = []
        self.log.reset()
        self.begin(self.seed)

    def begin(self, seed: str) -> None:
        """Fill both vendors from a seed's name, a seed's folder or a snapshot's folder."""
        if self.made is not None and seed == self.seed:
            self.load(self.made.seed())
            self.made.lay(self.org, self.portal)
        elif snapshot.is_one(Path(seed)):
            snapshot.put_back(Path(seed), self.clock, self.org, self.portal)
        else:
            self.load(seeds.load(seed, self.clock.now()))

    def all_settings(self) -> dict[str, dict[str, Json]]:
        """The settings as they are, by whose they are; to be changed in place."""
        return {"salesforce": self.org.settings, "hubspot": self.portal.settings, "emulator": self.settings}

    def load(self, seed: JsonObject) -> None:
        """Fill both vendors from a resolved seed.

        Raises:
            ValueError: the seed names something the org does not have.
        """
        seeding.load(self.org, seed.get("salesforce", {}))
        self.portal.reset()
        self.portal.load(seed.get("hubspot", {}))


class Undelete(BaseModel):
    """Salesforce records to be taken out of the recycle bin."""

    object: str
    ids: list[str]


class Merge(BaseModel):
    """A merge of Salesforce records, by their ids."""

    object: str
    winner: str
    losers: list[str]


class Folder(BaseModel):
    """Where a snapshot lies."""

    model_config = ConfigDict(extra="forbid")

    folder: Path


_OBJECT = TypeAdapter(JsonObject)
_FAULTS = TypeAdapter(list[RowFault])
_LEAST = dict.fromkeys(("page_size", "bulk_batch_records", "bulk_page_records", "bulk_list_jobs"), 1)
_MOST = 1_000_000_000
_CHOICES = {**salesforce.CHOICES, **hubspot.CHOICES}
Handler = Callable[[World, Request], Awaitable[Json]]


def table() -> list[tuple[str, str, Handler]]:
    """Every control route: method, name, handler. The handlers' docstrings are their documentation."""
    return [
        ("GET", "ready", _ready),
        ("POST", "reset", _reset),
        ("POST", "seed", _seed),
        ("POST", "snapshot", _snapshot),
        ("POST", "restore", _restore),
        ("GET", "faults", _faults),
        ("POST", "faults", _add_faults),
        ("DELETE", "faults", _clear_faults),
        ("GET", "latency", _latency),
        ("POST", "latency", _add_latency),
        ("DELETE", "latency", _clear_latency),
        ("GET", "clock", _clock),
        ("POST", "clock", _set_clock),
        ("GET", "requests", _requests),
        ("POST", "merge", _merge),
        ("POST", "undelete", _undelete),
        ("POST", "schema", _schema),
        ("DELETE", "sessions", _end_sessions),
        ("GET", "limits", _limits),
        ("POST", "limits", _set_limits),
        ("GET", "routes", _routes),
        ("GET", "webhooks", _webhooks),
    ]


def routes(world: World) -> list[BaseRoute]:
    """The control routes."""
    return [
        Route(f"/_emulator/{name}", partial(_run, world, handler), methods=[method])
        for method, name, handler in table()
    ]


async def _run(world: World, handler: Handler, request: Request) -> Response:
    try:
        told = await handler(world, request)
    except (ValueError, OSError, ArithmeticError, LookupError, TypeError, AttributeError, SalesforceError) as error:
        # Seeds and settings are taken apart by hand: a wrong shape anywhere in them is the caller's mistake.
        message = error.message if isinstance(error, SalesforceError) else str(error)
        return JsonResponse({"error": message}, 400)
    world.portal.webhooks.resume()  # a snapshot may have been taken back
    return JsonResponse(told)


async def _body(request: Request) -> JsonObject:
    return _OBJECT.validate_json(await request.body() or b"{}")


async def _ready(world: World, _request: Request) -> Json:
    """Tell addresses and credentials, as the line on standard output does."""
    return world.ready


async def _reset(world: World, _request: Request) -> Json:
    """Go back to the start seed, without faults and delays and with an empty log."""
    world.reset()
    return {"seed": world.seed}


async def _seed(world: World, request: Request) -> Json:
    """Hold a seed from now on: its whole text, or `{"name": ...}` for a built-in one or a folder."""
    body = await _body(request)
    if "name" in body:
        world.begin(body["name"])
        return {"loaded": ["hubspot", "salesforce"]}
    seed = seeds.resolve(body, world.clock.now())
    world.load(seed)
    return {"loaded": sorted(seed)}


async def _snapshot(world: World, request: Request) -> Json:
    """Keep everything both vendors hold in `{"folder": ...}`: an absolute path, new or with an older snapshot."""
    named = Folder.model_validate_json(await request.body())
    if world.made is not None:
        raise ValueError("a made-up CRM is not kept in a snapshot: its cached file and --rng make the same again")
    return {"written": str(snapshot.take(named.folder, world.clock, world.org, world.portal))}


async def _restore(world: World, request: Request) -> Json:
    """Take the snapshot in `{"folder": ...}` back, with its moment."""
    named = Folder.model_validate_json(await request.body())
    snapshot.put_back(named.folder, world.clock, world.org, world.portal)
    return await _clock(world, request)


async def _faults(world: World, _request: Request) -> Json:
    """List the faults, with how often each was tried and struck."""
    return [rule.model_dump(exclude_none=True) for rule in world.rules]


async def _add_faults(world: World, request: Request) -> Json:
    """Add a fault or a list of faults."""
    world.rules.extend(Rule.model_validate(each) for each in await _several(request))
    return await _faults(world, request)


async def _clear_faults(world: World, request: Request) -> Json:
    """Forget all faults."""
    world.rules.clear()
    return await _faults(world, request)


async def _latency(world: World, _request: Request) -> Json:
    """List the delays."""
    return [delay.model_dump(exclude_none=True) for delay in world.delays]


async def _add_latency(world: World, request: Request) -> Json:
    """Add a delay or a list of delays."""
    world.delays.extend(Delay.model_validate(each) for each in await _several(request))
    return await _latency(world, request)


async def _clear_latency(world: World, request: Request) -> Json:
    """Forget all delays."""
    world.delays.clear()
    return await _latency(world, request)


async def _several(request: Request) -> list[Json]:
    given = orjson.loads(await request.body())
    return given if isinstance(given, list) else [given]


async def _clock(world: World, _request: Request) -> Json:
    """Tell the emulated moment and whether it stands still."""
    return {"now": world.clock.now().isoformat(), "frozen": world.clock.frozen}


async def _set_clock(world: World, request: Request) -> Json:
    """Move time: `{"freeze": true}`, `{"now": ISO 8601}`, `{"advance": seconds}`, in this order where together."""
    body = await _body(request)
    if "freeze" in body:
        (world.clock.freeze if body["freeze"] else world.clock.unfreeze)()
    if "now" in body:
        world.clock.set(datetime.fromisoformat(body["now"]))
    if "advance" in body:
        world.clock.advance(float(body["advance"]))
    return await _clock(world, request)


async def _requests(world: World, request: Request) -> Json:
    """Tell counts and body bytes in and out by route, and the `last` requests (50); `?reset=true` forgets them."""
    report = world.log.report(int(request.query_params.get("last", "50")))
    if request.query_params.get("reset", "").lower() == "true":
        world.log.reset()
    return report


async def _routes(_world: World, _request: Request) -> Json:
    """List every route of both vendors: method, path template, and where our knowledge of it comes from."""
    return provenance.told()


async def _webhooks(world: World, _request: Request) -> Json:
    """Tell HubSpot's deliveries that wait, and the latest 1000 events noticed while webhooks had a target."""
    return world.portal.webhooks.told()


async def _merge(world: World, request: Request) -> Json:
    """Merge Salesforce records: `{"object", "winner", "losers": [...]}`; its REST API has no resource for it."""
    merge = Merge.model_validate_json(await request.body())
    writer, entity = _writer(world, merge.object)
    writer.merge(entity, merge.winner, merge.losers)
    return {"merged": len(merge.losers)}


async def _undelete(world: World, request: Request) -> Json:
    """Undelete Salesforce records, for which its REST API has no resource."""
    undelete = Undelete.model_validate_json(await request.body())
    writer, entity = _writer(world, undelete.object)
    for each in undelete.ids:
        writer.undelete(entity, each)
    return {"undeleted": len(undelete.ids)}


def _writer(world: World, name: str) -> tuple[Writer, SObject]:
    access = world.org.access(world.org.user_id)
    entity = access.object(name)
    if entity is None:
        raise ValueError(f"no such object: {name}")
    return Writer(world.org, access), entity


async def _schema(world: World, request: Request) -> Json:
    """Add objects, fields, record types and rules to the Salesforce org as it is, in the words of a seed."""
    part = await _body(request)
    seeding.extend(world.org, part)
    return {"declared": sorted(part)}


async def _end_sessions(world: World, _request: Request) -> Json:
    """Kill every Salesforce session, as an administrator may."""
    ended = len(world.org.sessions)
    world.org.sessions.clear()
    return {"ended": ended}


async def _limits(world: World, _request: Request) -> Json:
    """Tell the settings of both vendors, and those of the emulator itself."""
    return world.all_settings()


async def _set_limits(world: World, request: Request) -> Json:
    """Change settings: `{"salesforce": {name: value}, "hubspot": {...}, "emulator": {...}}`."""
    settings = world.all_settings()
    for vendor, changes in (await _body(request)).items():
        unknown = sorted(changes.keys() - settings[vendor].keys()) if vendor in settings else [vendor]
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(unknown)}")
        for name, value in changes.items():
            _check_setting(name, settings[vendor][name], value)
        if vendor == "hubspot":
            world.portal.configure(changes)
        else:
            settings[vendor].update(changes)
    # Rights among the settings decide what describe shows.
    world.org.metadata_changed()
    return settings


def _check_setting(name: str, before: Json, value: Json) -> None:
    """A setting keeps its kind; numbers have bounds, and some words are given."""
    number = isinstance(before, int | float) and not isinstance(before, bool)
    fits = isinstance(value, int | float) and not isinstance(value, bool) if number else isinstance(value, type(before))
    bounded = not number or (fits and _LEAST.get(name, 0) <= value <= salesforce.MOST.get(name, _MOST))
    if not fits or not bounded or value not in _CHOICES.get(name, (value,)):
        raise ValueError(f"setting {name} cannot be {value}")
    if name == "record_faults":
        _FAULTS.validate_python(value)
    if name == "withdrawn" and (unknown := sorted(set(value) - provenance.routes())):
        raise ValueError(f"no such route: {unknown[0]}; GET /_emulator/routes lists them")
