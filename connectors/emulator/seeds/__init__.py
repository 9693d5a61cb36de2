"""Seeds of the emulator: what a CRM holds before anybody calls it.

`load` is called by the emulator at start and by its control endpoint; the format is described in
``docs/seed-format.md``. A seed speaks of moments relative to the emulator's clock (``@-12d``), so that a story
keeps its meaning on any day; `resolve` turns them into the wire form of each vendor.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from connectors.emulator.seeds.demo_seed import demo_seed
from connectors.emulator.seeds.empty_seed import empty_seed

__all__ = ["load", "resolve"]

_MOMENT = re.compile(r"@(?P<days>[+-]\d+)d(?:T(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d))?")
_DATETIME_FORMS = {"salesforce": "%Y-%m-%dT%H:%M:00.000+0000", "hubspot": "%Y-%m-%dT%H:%M:00.000Z"}


def load(seed: str, now: datetime) -> dict[str, Any]:
    """Return the whole seed object named `seed`, every relative moment resolved against `now` (UTC).

    `seed` is ``demo``, ``empty`` or the path of a folder with ``seed.json``, or with ``salesforce.json`` and
    ``hubspot.json`` (one of the two may be missing); beside either a schema file, ``salesforce.schema.yaml`` or
    ``.json``, may declare objects, fields and rules. Raises FileNotFoundError when the folder holds no records.
    """
    match seed:
        case "demo":
            payload = demo_seed()
        case "empty":
            payload = empty_seed()
        case _:
            payload = _from_folder(Path(seed))
    return resolve(payload, now)


def resolve(payload: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Replace each relative moment of a seed object by the wire form of the vendor it stands under.

    A moment is a whole string: ``@-12d`` or ``@+30d`` (a date), ``@-12dT09:30`` (a datetime, UTC). Dates are
    ``YYYY-MM-DD`` for both vendors. Any other string stays as it is; `payload` itself is not changed.
    """
    return {vendor: _replace(part, partial(_wire, now=now, vendor=vendor)) for vendor, part in payload.items()}


def _from_folder(folder: Path) -> dict[str, Any]:
    whole = folder / "seed.json"
    if whole.exists():
        return _with_schema(folder, dict(json.loads(whole.read_text(encoding="utf-8"))))
    parts = {path.stem: path for path in (folder / "salesforce.json", folder / "hubspot.json") if path.exists()}
    if not parts:
        raise FileNotFoundError(f"{folder} holds neither seed.json nor salesforce.json nor hubspot.json")
    return _with_schema(
        folder, {vendor: json.loads(path.read_text(encoding="utf-8")) for vendor, path in parts.items()}
    )


def _with_schema(folder: Path, payload: dict[str, Any]) -> dict[str, Any]:
    """The seed with what its schema files declare; where both say something, the seed's own word counts."""
    own = payload.get("salesforce", {})
    for name in ("salesforce.schema.yaml", "salesforce.schema.json"):
        declared = _declared(folder / name)
        own = {key: _joined(declared.get(key, {}), own.get(key, {})) for key in declared.keys() | own.keys()}
    return {**payload, "salesforce": own} if own else payload


def _declared(path: Path) -> dict[str, Any]:
    match yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}:
        case dict() as declared:
            return declared
        case _:
            raise ValueError(f"{path}: a schema file holds a mapping of objects, fields and rules")


def _joined(declared: Any, own: Any) -> Any:
    return {**declared, **own} if isinstance(declared, dict) and isinstance(own, dict) else own or declared


def _replace(value: Any, wire: Callable[[str], str]) -> Any:
    match value:
        case dict():
            return {key: _replace(entry, wire) for key, entry in value.items()}
        case list():
            return [_replace(entry, wire) for entry in value]
        case str() if value.startswith("@"):
            return wire(value)
        case _:
            return value


def _wire(text: str, now: datetime, vendor: str) -> str:
    found = _MOMENT.fullmatch(text)
    if found is None:
        return text
    day = now + timedelta(days=int(found["days"]))
    if found["hour"] is None:
        return day.strftime("%Y-%m-%d")
    moment = day.replace(hour=int(found["hour"]), minute=int(found["minute"]))
    return moment.strftime(_DATETIME_FORMS.get(vendor, _DATETIME_FORMS["hubspot"]))
