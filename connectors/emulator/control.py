"""The control interface `/_emulator/...`: reset, seeds, faults, clock, request log and limits; no vendor has it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import orjson
from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from connectors.emulator import seeds
from connectors.emulator.clock import Clock
from connectors.emulator.faults import Rule
from connectors.emulator.hubspot import Portal
from connectors.emulator.requestlog import RequestLog
from connectors.emulator.salesforce import seeding
from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.records import Writer
from connectors.emulator.salesforce.rowfaults import RowFault
from connectors.emulator.wire import Json, JsonObject, JsonResponse

if TYPE_CHECKING:
    from connectors.emulator.synthetic.made import Made


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
    ready: JsonObject = field(default_factory=dict)
    made: "Made | None" = None

    def reset(self) -> None:
        """Back to the start seed, with no faults and an empty log; the clock stays where it is."""
        self.rules.clear()
        self.log.reset()
        self.load(self.made.seed() if self.made is not None else seeds.load(self.seed, self.clock.now()))
        if self.made is not None:
            self.made.lay(self.org, self.portal)

    def load(self, seed: JsonObject) -> None:
        """Fill both vendors from a resolved seed.

        Raises:
            ValueError: the seed names something the org does not have.
        """
        seeding.load(self.org, seed.get("salesforce", {}))
        self.portal.reset()
        self.portal.load(seed.get("hubspot", {}))


class Merge(BaseModel):
    """A merge of Salesforce records, by their ids."""

    object: str
    winner: str
    losers: list[str]


_OBJECT = TypeAdapter(JsonObject)
_FAULTS = TypeAdapter(list[RowFault])
_LEAST = {"page_size": 1}
Handler = Callable[[World, Request], Awaitable[Json]]


def routes(world: World) -> list[BaseRoute]:
    """The control routes."""
    table: list[tuple[str, str, Handler]] = [
        ("GET", "ready", _ready),
        ("POST", "reset", _reset),
        ("POST", "seed", _seed),
        ("GET", "faults", _faults),
        ("POST", "faults", _add_faults),
        ("DELETE", "faults", _clear_faults),
        ("GET", "clock", _clock),
        ("POST", "clock", _set_clock),
        ("GET", "requests", _requests),
        ("POST", "merge", _merge),
        ("GET", "limits", _limits),
        ("POST", "limits", _set_limits),
    ]
    return [
        Route(f"/_emulator/{name}", partial(_run, world, handler), methods=[method]) for method, name, handler in table
    ]


async def _run(world: World, handler: Handler, request: Request) -> Response:
    try:
        return JsonResponse(await handler(world, request))
    except (ValueError, OSError, ArithmeticError, LookupError, TypeError, AttributeError, SalesforceError) as error:
        # Seeds and settings are taken apart by hand: a wrong shape anywhere in them is the caller's mistake.
        message = error.message if isinstance(error, SalesforceError) else str(error)
        return JsonResponse({"error": message}, 400)


async def _body(request: Request) -> JsonObject:
    return _OBJECT.validate_json(await request.body() or b"{}")


async def _ready(world: World, _request: Request) -> Json:
    return world.ready


async def _reset(world: World, _request: Request) -> Json:
    world.reset()
    return {"seed": world.seed}


async def _seed(world: World, request: Request) -> Json:
    body = await _body(request)
    now = world.clock.now()
    seed = seeds.load(body["name"], now) if "name" in body else seeds.resolve(body, now)
    world.load(seed)
    return {"loaded": sorted(seed)}


async def _faults(world: World, _request: Request) -> Json:
    return [rule.model_dump(exclude_none=True) for rule in world.rules]


async def _add_faults(world: World, request: Request) -> Json:
    given = orjson.loads(await request.body())
    rules = [Rule.model_validate(each) for each in (given if isinstance(given, list) else [given])]
    world.rules.extend(rules)
    return await _faults(world, request)


async def _clear_faults(world: World, request: Request) -> Json:
    world.rules.clear()
    return await _faults(world, request)


async def _clock(world: World, _request: Request) -> Json:
    return {"now": world.clock.now().isoformat(), "frozen": world.clock.frozen}


async def _set_clock(world: World, request: Request) -> Json:
    body = await _body(request)
    if "freeze" in body:
        (world.clock.freeze if body["freeze"] else world.clock.unfreeze)()
    if "now" in body:
        world.clock.set(datetime.fromisoformat(body["now"]))
    if "advance" in body:
        world.clock.advance(float(body["advance"]))
    return await _clock(world, request)


async def _requests(world: World, request: Request) -> Json:
    report = world.log.report(int(request.query_params.get("last", "50")))
    if request.query_params.get("reset", "").lower() == "true":
        world.log.reset()
    return report


async def _merge(world: World, request: Request) -> Json:
    """Merge Salesforce records, for which its REST API has no resource."""
    merge = Merge.model_validate_json(await request.body())
    access = world.org.access(world.org.user_id)
    entity = access.object(merge.object)
    if entity is None:
        raise ValueError(f"no such object: {merge.object}")
    Writer(world.org, access).merge(entity, merge.winner, merge.losers)
    return {"merged": len(merge.losers)}


async def _limits(world: World, _request: Request) -> Json:
    return {"salesforce": world.org.settings, "hubspot": world.portal.settings}


async def _set_limits(world: World, request: Request) -> Json:
    settings = {"salesforce": world.org.settings, "hubspot": world.portal.settings}
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
    return settings


def _check_setting(name: str, before: Json, value: Json) -> None:
    """A setting keeps its kind, and no number of them may be negative."""
    number = isinstance(before, int | float) and not isinstance(before, bool)
    fits = isinstance(value, int | float) and not isinstance(value, bool) if number else isinstance(value, type(before))
    if not fits or (number and value < _LEAST.get(name, 0)):
        raise ValueError(f"setting {name} cannot be {value}")
    if name == "record_faults":
        _FAULTS.validate_python(value)
