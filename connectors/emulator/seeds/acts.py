"""What happened between the vendor and a customer, act by act, over fourteen months.

`acts_of` turns the arcs of an account's people into dated acts: the last 90 days as the arcs say, an older history
that no arc depends on, newsletters, upcoming and cancelled meetings. Chance decides subjects, minutes and the
older history only; it is seeded with the account's name, so the same story always gives the same acts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from connectors.emulator.seeds.story import Account, Person

HISTORY_ENDS = 122
"""Latest day of the older history: an act of it can be no answer to, and no prompt of, an act of an arc."""

HISTORY_BEGINS = 420
"""Earliest day of the story: fourteen months before the clock."""

_DAYS_BETWEEN = (58, 100)
"""Fewest and most days between two episodes of a person's older history; gives about 6,000 acts in all."""

_KINDS = {
    "write": "mail out",
    "answer": "mail out",
    "reply": "mail in",
    "ask": "mail in",
    "auto": "automatic reply",
    "call": "call",
    "miss": "missed call",
    "phone": "inbound call",
    "cancel": "cancelled meeting",
}

_SUBJECTS = {
    "write": (
        "Your planning cycle",
        "Ideas for the next release",
        "Rollout at your second site",
        "Checking in on goals",
    ),
    "answer": ("Re: next steps", "Re: your question", "Re: thank you"),
    "reply": ("Re: your letter", "Re: rollout dates", "Re: goals for the quarter"),
    "ask": ("A question about shift plans", "Can Lumen Flow export forecasts?", "Request: approval by department"),
    "auto": ("Automatic reply: on the road",),
    "call": ("Call about open points",),
    "miss": ("Call, left a voicemail",),
    "phone": ("Call from the customer",),
    "cancel": ("Canceled: Planning session",),
}


@dataclass(frozen=True, slots=True)
class Act:
    """One act of an account's story."""

    kind: str
    """mail out, mail in, automatic reply, newsletter, call, missed call, inbound call, meeting, review, cancelled
    meeting, upcoming meeting, note or to-do"""
    day: int
    """days before the clock; negative for what is still to come"""
    minute: int
    """minute of the day, UTC"""
    people: tuple[Person, ...]
    subject: str
    in_salesforce: bool
    in_hubspot: bool

    def moment(self, later: int = 0) -> str:
        """Write the act's moment, `later` minutes after its beginning, in the form of a seed."""
        hour, minute = divmod(self.minute + later, 60)
        return f"@{-self.day:+d}dT{hour:02d}:{minute:02d}"

    def date(self) -> str:
        """Write the act's date in the form of a seed."""
        return f"@{-self.day:+d}d"


def acts_of(account: Account) -> list[Act]:
    """List everything that happened with an account, oldest first."""
    acts = list(_Chronicle(account).acts())
    if account.captured is not None:
        acts = [act for act in acts if act.day < account.captured - 2]
    return sorted(acts, key=lambda act: (-act.day, act.minute, act.kind, act.subject))


class _Chronicle:
    """Tells the acts of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._chance = Random(account.name)
        self._shift = self._chance.randint(0, 2)

    def acts(self) -> Iterator[Act]:
        for person in self._account.people:
            yield from self._personal(person)
        yield from self._review()
        yield from self._old_meetings()
        yield from self._newsletters()
        yield from self._plans()

    def _personal(self, person: Person) -> Iterator[Act]:
        shift = self._chance.randint(0, 2)
        recent = [(verb, day + shift) for verb, day in person.arc.acts if verb != "meet"]
        for verb, day in [*recent, *self._history(person)]:
            minute = self._chance.randint(780, 960) if verb == "auto" else self._chance.randint(480, 760)
            yield self._act(_KINDS[verb], (day, minute), (person,), self._chance.choice(_SUBJECTS[verb]))

    def _history(self, person: Person) -> Iterator[tuple[str, int]]:
        match person.history:
            case "two-way":
                return self._two_way_history()
            case "one-way":
                return iter((("write", 150), ("write", 235), ("miss", 320)))
            case "none":
                return iter(())
            case other:
                raise ValueError(f"{person.name} has an unknown history: {other}")

    def _two_way_history(self) -> Iterator[tuple[str, int]]:
        """The latest of it is an answered letter, so that no old silence reaches into the arc."""
        day = HISTORY_ENDS + self._chance.randint(0, 8)
        yield from _exchange(day)
        while (day := day + self._chance.randint(*_DAYS_BETWEEN)) < HISTORY_BEGINS - 3:
            yield from self._chance.choices(_HABITS, weights=(6, 2, 1, 1))[0](day)

    def _review(self) -> Iterator[Act]:
        """The one recent meeting, of all people whose arc has it."""
        guests = tuple(person for person in self._account.people if ("meet", 12) in person.arc.acts)
        kind, title = ("meeting", "Monthly check-in")
        if self._account.segment != "SMB":
            kind, title = ("review", "Quarterly business review")
        if guests:
            yield self._act(kind, (12 + self._shift, 840), guests, title)

    def _old_meetings(self) -> Iterator[Act]:
        """Every seven weeks a meeting in the older history, every other one a review."""
        regulars = [person for person in self._account.people if person.history == "two-way"]
        for number, day in enumerate(range(HISTORY_ENDS + 10, HISTORY_BEGINS, 49)):
            attending = tuple(person for person in regulars if self._chance.random() < 0.4)
            kind, title = ("review", "Business review") if number % 2 else ("meeting", "Check-in")
            if attending:
                yield self._act(kind, (day + self._shift, 870), attending, title)

    def _newsletters(self) -> Iterator[Act]:
        readers = tuple(person for person in self._account.people if self._reads_newsletter(person))
        if readers:
            for number, day in enumerate(range(16, HISTORY_BEGINS, 62)):
                subject = f"Newsletter: Lumen Flow news {7 - number}"
                yield self._act("newsletter", (day + self._shift, 420), readers, subject)

    def _reads_newsletter(self, person: Person) -> bool:
        """Keep newsletters to people whose depth rests on something else, and those whose arc it is."""
        account = self._account
        known = person.arc.depth >= 1 and person.crm == account.crm and not person.departed
        return person.arc.newsletter or (known and not account.quiet and account.since > HISTORY_BEGINS)

    def _plans(self) -> Iterator[Act]:
        close = tuple(person for person in self._account.people if person.arc.depth >= 4 and not person.departed)
        if close and not self._account.quiet:
            yield self._act("upcoming meeting", (-9 - self._shift, 600), close, "Planning session")
            yield self._act("note", (15 + self._shift, 905), close[:1], "Plans to widen the use next year")
            yield self._act("to-do", (-6 - self._shift, 540), close[:1], "Prepare the next planning session")

    def _act(self, kind: str, when: tuple[int, int], people: tuple[Person, ...], subject: str) -> Act:
        salesforce, hubspot = self._places(people)
        return Act(kind, when[0], when[1], people, subject, salesforce, hubspot)

    def _places(self, people: tuple[Person, ...]) -> tuple[bool, bool]:
        """Say in which CRMs an act is logged: where both are in use, in one of them, and now and then in both."""
        crm = people[0].crm
        if crm != "both":
            return crm == "sf", crm == "hs"
        if any(person.mirror for person in people):
            return True, True
        draw = self._chance.random()
        return draw < 0.55, draw > 0.45


def _exchange(latest: int) -> Iterator[tuple[str, int]]:
    yield from (("write", latest + 3), ("reply", latest + 1), ("answer", latest))


def _call(day: int) -> Iterator[tuple[str, int]]:
    yield "call", day


def _phone(day: int) -> Iterator[tuple[str, int]]:
    yield "phone", day


def _vain(day: int) -> Iterator[tuple[str, int]]:
    yield from (("write", day), ("miss", day - 6))


_HABITS = (_exchange, _call, _phone, _vain)
