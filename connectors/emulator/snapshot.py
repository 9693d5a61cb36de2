"""Everything both vendors hold, kept in a folder and taken back: a story can be paused, branched and repeated.

The folder is a seed of its own: `rapport emulator --seed FOLDER` starts from it. Kept are records, schemas, settings,
tokens, jobs, deliveries that wait and the moment; not kept are the credentials of the process, open query cursors,
requests that wait for slow rows and the locks they hold, faults, delays, withdrawn routes and the request log.
"""

from datetime import datetime
from pathlib import Path

import orjson

from connectors.emulator import state
from connectors.emulator.clock import Clock
from connectors.emulator.hubspot import Portal
from connectors.emulator.salesforce.org import FEATURES, Org
from connectors.emulator.salesforce.schema import standard
from connectors.emulator.wire import JsonObject

FILE = "snapshot.json"
_PART = f"{FILE}.part"
_OURS = frozenset({FILE, _PART})
_FORMAT = 1
_OF_THE_PROCESS = frozenset({"clock", "public_key", "credentials"})
_PASSING = frozenset({"cursors", "workshop"})


def is_one(folder: Path) -> bool:
    """Whether a folder holds a snapshot."""
    return (folder / FILE).is_file()


def take(folder: Path, clock: Clock, org: Org, portal: Portal) -> Path:
    """Write a snapshot into `folder`, which is made if it is not there; nothing outside of it is touched.

    Raises:
        ValueError: the path is not absolute, or the folder holds something else.
    """
    _check(folder)
    outer = {"clock": clock, "org": org, "portal": portal}
    text = {
        "format": _FORMAT,
        "clock": {"now": clock.now().isoformat(), "frozen": clock.frozen},
        "announced": org.credentials.refresh_token,
        "salesforce": state.dump(_held(org), outer),
        "hubspot": state.dump(_held(portal), outer),
    }
    folder.mkdir(parents=True, exist_ok=True)
    begun = folder / _PART
    begun.write_bytes(orjson.dumps(text))
    begun.replace(folder / FILE)
    return folder / FILE


def put_back(folder: Path, clock: Clock, org: Org, portal: Portal) -> None:
    """Let both vendors hold what the snapshot in `folder` holds, and the clock tell its moment.

    Raises:
        ValueError: the folder holds no snapshot, or one of another emulator.
    """
    if not is_one(folder):
        raise ValueError(f"{folder} holds no {FILE}")
    text = orjson.loads((folder / FILE).read_bytes())
    if not isinstance(text, dict) or text.get("format") != _FORMAT:
        raise ValueError(f"{folder / FILE} is no snapshot of this emulator")
    outer = {"clock": clock, "org": org, "portal": portal}
    taken = [(org, state.load(text["salesforce"], outer)), (portal, state.load(text["hubspot"], outer))]
    portal.reset()  # whatever it had under way ends
    org.clear(standard(), FEATURES)
    for vendor, held in taken:
        for name, value in held.items():
            setattr(vendor, name, value)
    # The refresh token that the process announces is as good as the one announced when the snapshot was taken.
    announced = {text["announced"]: org.credentials.refresh_token}
    org.refresh_tokens = {announced.get(each, each) for each in org.refresh_tokens}
    _set(clock, text["clock"])


def _check(folder: Path) -> None:
    if not folder.is_absolute():
        raise ValueError(f"the folder of a snapshot must be an absolute path, but was {folder}")
    others = sorted(each.name for each in folder.iterdir() if each.name not in _OURS) if folder.exists() else []
    if others:
        raise ValueError(f"{folder} holds something else ({others[0]}); name a new folder or one with a snapshot")


def _held(vendor: Org | Portal) -> JsonObject:
    """What a vendor's part holds, by attribute."""
    return {name: value for name, value in state.attributes(vendor) if name not in _OF_THE_PROCESS | _PASSING}


def _set(clock: Clock, told: JsonObject) -> None:
    clock.unfreeze()
    clock.set(datetime.fromisoformat(told["now"]))
    if told["frozen"]:
        clock.freeze()
        clock.set(datetime.fromisoformat(told["now"]))
