"""`python -m connectors.emulator.coverage > docs/emulator.md`: the emulator's reference, made of what it is.

Routes come from the route tables and provenance.yaml, control routes from their handlers' docstrings, rules from their
models, settings from their tables. A test asserts that the page in docs/ is what this prints.
"""

import inspect
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connectors.emulator import control, provenance
from connectors.emulator.faults import ACTIONS, Rule
from connectors.emulator.hubspot import settings as hubspot
from connectors.emulator.latency import Delay
from connectors.emulator.provenance import Known, Served
from connectors.emulator.salesforce import settings as salesforce

_VENDORS = {"salesforce": "Salesforce", "hubspot": "HubSpot"}
_ROUTE_HEADS = ("", "route", "versions", "tag", "setting or what lacks")
_HEAD = """\
# The emulator

A Salesforce org and a HubSpot portal in one local process, for the demo, for tests and for a first careful try. It is
written from the vendors' wire contract and shares no code with Rapport: it is reached over HTTP only, and any client of
either vendor can be pointed at it.

This page is made by `python -m connectors.emulator.coverage > docs/emulator.md`; a test fails when it is out of date.

`rapport emulator` starts it and prints one line of JSON: addresses (plain HTTP and TLS with the authority's
certificate), credentials for every way of logging in, and the address of the control interface. `--port` and
`--tls-port` choose ports, `--seed` what it holds: `demo`, `empty`, or a folder with a seed (see
[the seed format](seed-format.md)) or a snapshot. `--clock` sets the moment it starts at. It listens on 127.0.0.1 only.
"""
_CONTROL = """\
## Control interface

No vendor has these routes. They take and give JSON; what they refuse is 400 `{"error": "..."}` with the reason. They
are not logged, not delayed and never struck by a fault.
"""
_FAULTS = """\
## Faults

A rule is aimed at requests and says what happens to some of them. Rules are tried in the order they were added; the
first that strikes decides. For example, every third query of contacts ends in the middle of its JSON:

```json
{"action": "cut", "path": "/query$", "object": "Contact", "every": 3}
```
"""
_LATENCY = """\
## Latency

A delay is aimed like a fault; the first that fits decides. For example, everything Salesforce answers takes 80 to
120 ms:

```json
{"vendor": "salesforce", "seconds": 0.08, "jitter": 0.04}
```
"""
_SNAPSHOTS = """\
## Snapshots

`POST /_emulator/snapshot {"folder": "/absolute/path"}` keeps everything both vendors hold: records, schemas, settings,
issued tokens, jobs, deliveries that wait and the moment. The folder is made; nothing outside of it is written, and a
folder that holds anything but an older snapshot is refused. `POST /_emulator/restore` with the same body takes it back,
and `rapport emulator --seed /absolute/path` starts from it, at the moment it was taken unless `--clock` says otherwise.
What was being delivered, or written by a bulk job, goes on. Not kept are the client credentials, which belong to the
process, open query cursors, requests that wait for slow rows and the locks they hold, faults, delays, withdrawn routes
and the request log.
"""
_SETTINGS = """\
## Settings

`GET /_emulator/limits` tells them, `POST /_emulator/limits` changes them while the emulator runs; every seed and every
reset puts them back. What the contract knows from memory only is the default of a setting.
"""
_ROUTES = """\
## Routes

Every route the wire contract names and some others of the same families: built (✓), built in part (◐) or absent (✗),
and where the knowledge of it comes from. The numbers are the contract's sections. Behind MEM stands the setting that
changes what memory says; `withdrawn` takes the whole route away, as in an org or portal that does not have it.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD, _CONTROL, _controls(), _FAULTS, _rules(), _LATENCY, _fields(Delay), _SNAPSHOTS, _SETTINGS]
    return "\n".join([*parts, *_settings(), _ROUTES, _legend(), *_routes()])


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), ["---" for _ in heads], *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _controls() -> str:
    rows = ((f"`{method} /_emulator/{name}`", _told(handler)) for method, name, handler in control.table())
    return _table(["route", "does"], rows)


def _told(handler: object) -> str:
    return (inspect.getdoc(handler) or "").replace("\n", " ")


def _rules() -> str:
    actions = _table(["action", "what happens"], ((f"`{name}`", text) for name, text in ACTIONS.items()))
    return f"{actions}\n{_fields(Rule)}"


def _fields(model: type[BaseModel]) -> str:
    rows = ((f"`{name}`", _default(field), field.description or "") for name, field in model.model_fields.items())
    return _table(["key", "default", "meaning"], rows)


def _default(field: FieldInfo) -> str:
    return "needed" if field.is_required() else _short(field.get_default(call_default_factory=True))


def _settings() -> Iterator[str]:
    tables = {"salesforce": salesforce.TABLE, "hubspot": hubspot.TABLE, "emulator": control.TABLE}
    for whose, table in tables.items():
        rows = ((f"`{name}`", _short(value), meaning) for name, (value, meaning) in table.items())
        yield f"### {_VENDORS.get(whose, 'The emulator itself')}\n\n{_table(['setting', 'default', 'meaning'], rows)}"


def _short(value: object) -> str:
    """A default as JSON; of a long list only how long it is."""
    return (
        f"{len(value)} of them" if isinstance(value, list) and len(value) > 3 else f"`{orjson.dumps(value).decode()}`"
    )


def _legend() -> str:
    return _table(["tag", "known from"], provenance.TAGS.items())


def _routes() -> Iterator[str]:
    served = provenance.served()
    for (vendor, title), group in groupby(provenance.contract(), lambda each: (each.vendor, each.title)):
        rows = (_row(each, served.get(each.key)) for each in group)
        yield f"### {_VENDORS[vendor]}: {title}\n\n{_table(_ROUTE_HEADS, rows)}"


def _row(known: Known, served: Served | None) -> tuple[str, ...]:
    mark = "✗" if served is None else "◐" if known.lacks else "✓"
    versions = ", ".join(served.versions) if served is not None and known.vendor == "hubspot" else ""
    more = [f"`{known.setting}`"] if known.setting else []
    more += [f"lacks {known.lacks}"] if known.lacks else []
    return mark, f"`{known.method} {known.path}`", versions, known.tag, "; ".join(more)


def main() -> int:
    """Print the page."""
    sys.stdout.buffer.write(page().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
