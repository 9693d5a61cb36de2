"""The cases of ``cases.yaml``: each a sentence, what is told and what must be said. One computation judges all."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.mapping.world import World, ago, gather

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8"))
"""`account` and `people` are told, `then` is expected; days count back from the moment of the computation."""

LETTERS = {
    "write": ("out", None),
    "reply": ("in", None),
    "ask": ("in", None),
    "auto": ("in", "Automatic reply: I am travelling"),
    "gone": ("in", "Automatic reply: I am no longer with Acme"),
    "accept": ("in", "Accepted: Weekly call"),
    "news": ("out", "Newsletter: what is new"),
}
MEETINGS: dict[str, dict[str, object]] = {
    "meet": {},
    "organised": {"organizer": "contact"},
    "cancel": {"outcome": "cancelled"},
    "no-show": {"outcome": "no-show"},
    "review": {"subject": "Quarterly business review"},
    "missed": {"subject": "Quarterly business review", "outcome": "no-show"},
}
CALLS = {"call": ("out", "connected"), "miss": ("out", "not-connected"), "phone": ("in", "connected")}


def told(connection: duckdb.DuckDBPyConnection, case: dict[str, Any]) -> World:
    """Tell the story of one case."""
    world = World(connection)
    world.user("U1", manager_id="U9")
    world.user("U2")
    world.user("U9")
    account = {"segment": "Mid-Market", "breadth": "department", "owner": "U1", "sees": 400, **case.get("account", {})}
    world.sees()
    account["captured_since_at"] = ago(account.pop("sees") or 0)
    names = {"since": "since_at", "renewal": "renewal_at"}
    dates = {column: ago(account.pop(name)) for name, column in names.items() if name in account}
    owner = account.pop("owner")
    world.account(**{**account, **dates, "owner_id": owner})
    for name, person in case.get("people", {}).items():
        tell(world, name, dict(person))
    return world


def tell(world: World, name: str, person: dict[str, Any]) -> None:
    """Tell of one person; `acts` are words with days, as "write 24, reply 22 by U2"."""
    for act in filter(None, person.pop("acts", "").split(", ")):
        happened(world, name, *act.split())
    if (days := person.pop("usage", None)) is not None:
        world.usage(name, days)
    for kind in ("nps", "csat"):
        if kind in person:
            score, days = person.pop(kind)
            world.nps(name, score, days, kind=kind)
    if "advocacy" in person:
        world.advocacy(name, person.pop("advocacy"))
    if "won" in person:
        deal = world.opportunity(close_at=ago(person.pop("won")))
        world.crm_role(name, "Champion", opportunity_id=deal)
    if "signs" in person:
        world.crm_role(name, "Contract Signer", opportunity_id=world.opportunity(won=person.pop("signs")))
    if "role" in person:
        world.crm_role(name, person.pop("role"))
    dated = {"left": "left_at", "bounced": "bounced_at", "confirmed": "confirmed_at"}
    dates = {column: ago(person.pop(key)) for key, column in dated.items() if key in person}
    world.contact(name, **{"name": name, **person, **dates})


def happened(world: World, name: str, kind: str, days: str, *by: str) -> None:
    """Tell of one act."""
    who = {"owner_id": by[1] if by else "U1", "account_id": "A1"}
    if kind in LETTERS:
        direction, subject = LETTERS[kind]
        world.email(direction, name, float(days), subject=subject, **who)
    elif kind in CALLS:
        direction, outcome = CALLS[kind]
        world.call(direction, name, float(days), outcome=outcome, **who)
    elif kind == "case":
        world.email("in", name, float(days), kind="case", **who)
    else:
        world.meeting(name, days=float(days), id=f"{kind}-{days}-{name}", **MEETINGS[kind], **who)


@pytest.fixture(scope="module")
def judged() -> Iterator[duckdb.DuckDBPyConnection]:
    """Compute all cases at once, each an account of its own, in a database of their own."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        gather([told(connection, case) for case in CASES]).compute()
        yield connection


def name_of(case: dict[str, Any]) -> str:
    """Name a case by its sentence, as pytest shows it."""
    return re.sub(r"\s+", " ", case["say"])


PERSON = {
    "depth": "SELECT level FROM depth",
    "held by": "SELECT why FROM depth",
    "trend": "SELECT trend FROM depth",
    "departed": "SELECT departed FROM member",
    "stance": "SELECT stance FROM stance",
    "quartet": "SELECT quartet FROM stance",
}


def said_of_a_person(connection: duckdb.DuckDBPyConnection, account: str, person: str, wanted: list[str]) -> Any:
    """Read what the computation says about a person, as far as the case asks."""
    where = f" WHERE account_key = '{account}' AND person_id = '{person}'"
    found = {key: (connection.execute(PERSON[key] + where).fetchone() or (None,))[0] for key in wanted if key in PERSON}
    rows = connection.execute("SELECT role, status, subtype, missing FROM role" + where + " ORDER BY role").fetchall()
    roles = {
        "roles": ", ".join(f"{role} {status}" for role, status, _, _ in rows),
        "buyer": next((subtype for role, _, subtype, _ in rows if role == "buyer"), None),
        "missing": next((missing for _, _, _, missing in rows if missing), None),
    }
    return found | {key: value for key, value in roles.items() if key in wanted}


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_case(case: dict[str, Any], judged: duckdb.DuckDBPyConnection) -> None:
    number = CASES.index(case)
    account = f"salesforce:{number}/A1"
    then = dict(case["then"])
    kinds = {kind for (kind,) in judged.execute("SELECT kind FROM gap WHERE account_key = ?", [account]).fetchall()}
    query = "SELECT detail FROM gap WHERE account_key = ?"
    details = {detail for (detail,) in judged.execute(query, [account]).fetchall()}
    assert set(then.pop("details", ())) <= details
    assert set(then.pop("gaps", ())) <= kinds
    assert not set(then.pop("absent", ())) & kinds
    for table in ("engagement", "voice", "coverage", "customer", "standing"):
        if table in then:
            row = then.pop(table)
            columns = ", ".join(row)
            found = judged.execute(f"SELECT {columns} FROM {table} WHERE account_key = ?", [account]).fetchone()
            assert found == tuple(row.values())
    for name, wanted in then.items():
        assert said_of_a_person(judged, account, f"salesforce:{number}/{name}", list(wanted)) == wanted
