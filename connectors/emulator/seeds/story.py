"""The demo story as it is told in ``demo/story.yaml``: colleagues, customers, people and what happened with them.

`read_story` is called by `connectors.emulator.seeds.demo_seed`. It adds the supporting cast, whose names are drawn
from its lists in turn, so that the same file always gives the same people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml

HANDOVER = 250
"""Days since accounts with a former owner were handed over."""

STORY_FILE = Path(__file__).parent / "demo" / "story.yaml"


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the vendor: CSM or manager."""

    name: str
    title: str
    team: str
    manager: str | None
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class Arc:
    """What happened with a person in the last 90 days, and what lies before."""

    name: str
    depth: int
    words: str
    acts: tuple[tuple[str, int], ...]
    history: str
    newsletter: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A contact of a customer. Pairs are (what, days ago); None is "the CRM does not say"."""

    name: str
    email: str
    title: str
    department: str | None
    arc: Arc
    crm: str
    history: str
    usage: int | None = None
    nps: tuple[int, int] | None = None
    csat: tuple[int, int] | None = None
    advocacy: tuple[str, int] | None = None
    role: str | None = None
    via: str | None = None
    core_job: str | None = None
    bounced: int | None = None
    left: int | None = None
    inactive: bool = False
    confirmed_role: str | None = None
    confirmed_depth: int | None = None
    confirmed: int | None = None
    not_a_champion: bool = False
    do_not_task: bool = False
    hubspot_email: str | None = None
    mirror: bool = False
    named: bool = True

    @property
    def departed(self) -> bool:
        """A record says that the person is not there any more."""
        gone = self.bounced is not None or self.left is not None
        return gone or self.inactive or "(GONE)" in self.name


@dataclass(frozen=True, slots=True)
class Account:
    """A customer, or a prospect when `customer` is false. Days count back from the clock."""

    name: str
    domain: str
    crm: str
    owner: str
    people: tuple[Person, ...] = ()
    customer: bool = True
    quiet: bool = False
    segment: str | None = None
    breadth: str | None = None
    value_received: str | None = None
    arr: int | None = None
    seats: int | None = None
    renewal: int = -200
    since: int = 700
    captured: int | None = None
    lost_deal: bool = False
    former_owner: str | None = None

    def owner_on(self, day: int) -> str:
        """Name the CSM who looked after the account so many days ago; a handover was `HANDOVER` days ago."""
        return self.former_owner if self.former_owner and day > HANDOVER else self.owner


@dataclass(frozen=True, slots=True)
class Story:
    """The whole story."""

    domain: str
    colleagues: tuple[Colleague, ...]
    arcs: dict[str, Arc]
    accounts: tuple[Account, ...]
    prospects: tuple[Account, ...]
    second_accounts: tuple[tuple[str, str], ...]

    def colleague(self, name: str) -> Colleague:
        """Find a colleague by name; KeyError when the story has none."""
        return {colleague.name: colleague for colleague in self.colleagues}[name]


def read_story(path: Path = STORY_FILE) -> Story:
    """Read the story file; KeyError or TypeError names what is missing or misspelt in it."""
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    arcs = {name: _arc(name, facts) for name, facts in told["arcs"].items()}
    reader = _Reader(told, arcs)
    return Story(
        domain=told["vendor"]["domain"],
        colleagues=tuple(_colleague(facts, told["vendor"]["domain"]) for facts in told["colleagues"]),
        arcs=arcs,
        accounts=tuple(reader.account(facts) for facts in told["accounts"]),
        prospects=tuple(reader.prospect(facts) for facts in told["prospects"]),
        second_accounts=tuple((entry["name"], entry["account"]) for entry in told["second_accounts"]),
    )


def slug(name: str) -> str:
    """Turn a company's or person's name into the form used in addresses."""
    words = "".join(letter if letter.isalnum() else " " for letter in name.lower())
    return "-".join(words.split())


def _colleague(facts: dict[str, Any], domain: str) -> Colleague:
    address = f"{slug(facts['name']).replace('-', '.')}@{domain}"
    active = not facts.get("left", False)
    return Colleague(facts["name"], facts["title"], facts["team"], facts.get("manager"), address, active)


def _arc(name: str, facts: dict[str, Any]) -> Arc:
    acts = tuple((verb, int(day)) for verb, day in (act.split() for act in facts["acts"]))
    return Arc(name, facts["depth"], facts["words"], acts, facts["history"], facts.get("newsletter", False))


class _Reader:
    """Reads accounts; keeps the names of the supporting cast that are still free."""

    def __init__(self, told: dict[str, Any], arcs: dict[str, Arc]) -> None:
        self._cast = told["cast"]
        self._departments = told["departments"]
        self._arcs = arcs
        named = {person["name"] for account in told["accounts"] for person in account["people"]}
        self._names = (name for name in _cast_names(**told["cast_names"]) if name not in named)
        self._turn = count()

    def account(self, told: dict[str, Any]) -> Account:
        """Read a customer with its named people and its cast."""
        name, facts = told["account"], told["facts"]
        domain = f"{slug(name)}.example"
        named = [self._person(person, domain, facts["crm"]) for person in told["people"]]
        cast = [
            self._extra(kind, place, domain, facts["crm"])
            for kind, number in told.get("cast", {}).items()
            for place in range(number)
        ]
        return Account(name, domain, people=(*named, *cast), quiet=told.get("quiet", False), **facts)

    def prospect(self, told: dict[str, Any]) -> Account:
        """Read a company that is no customer; its people are cast."""
        facts = {"crm": told["crm"], "owner": told["owner"], "customer": False}
        return self.account({"account": told["name"], "facts": facts, "people": (), "cast": {"bystanders": 2}})

    def _person(self, told: dict[str, Any], domain: str, crm: str) -> Person:
        facts = dict(told)
        arc = self._arcs[facts.pop("arc")]
        facts.setdefault("email", _address(facts["name"], domain))
        facts.setdefault("department", self._department(facts["title"]))
        facts.setdefault("crm", crm)
        facts.setdefault("history", arc.history)
        pairs: dict[str, Any] = {key: tuple(facts.pop(key)) for key in ("nps", "csat", "advocacy") if key in facts}
        return Person(arc=arc, **facts, **pairs)

    def _extra(self, kind: str, place: int, domain: str, crm: str) -> Person:
        told = self._cast[kind]
        facts: dict[str, Any] = {
            "name": next(self._names),
            "title": told["titles"][place % len(told["titles"])],
            "arc": told["arcs"][next(self._turn) % len(told["arcs"])],
            "named": False,
        }
        if "usage" in told:
            low, high = told["usage"]
            facts["usage"] = low + (3 * place) % (high - low + 1)
        return self._person(facts, domain, crm)

    def _department(self, title: str) -> str | None:
        found = (self._departments[word] for word in title.split() if word in self._departments)
        return next(found, None)


def _address(name: str, domain: str) -> str:
    plain = name.split(" (", maxsplit=1)[0]
    return f"{slug(plain).replace('-', '.')}@{domain}"


def _cast_names(first: list[str], last: list[str]) -> Iterator[str]:
    """Pair each first name with each last name, neighbours looking unlike."""
    for number in range(len(first) * len(last)):
        yield f"{first[number % len(first)]} {last[(number + number // len(first)) % len(last)]}"
