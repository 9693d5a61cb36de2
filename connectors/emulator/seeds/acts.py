"""What happened between the vendor and a customer, act by act, over fourteen months.

`acts_of` turns the arcs of an account's people into dated acts: the last 90 days as the arcs say, an older history
that no arc depends on, newsletters, upcoming and cancelled meetings. Chance decides subjects, minutes and the
older history only; it is seeded with the account's name, so the same story always gives the same acts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random

from connectors.emulator.seeds.story import Account, Person

HISTORY_ENDS = 122
"""Latest day of the older history: an act of it can be no answer to, and no prompt of, an act of an arc."""

HISTORY_BEGINS = 420
"""Earliest day of the story: fourteen months before the clock."""

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
    "write": ("Your planning cycle", "Ideas for the next release", "Rollout at your second site", "Checking in on goals"),
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
    chance = Random(account.name)  # noqa: S311 -- a story needs repeatable chance, no secrecy
    acts = [*_personal(account, chance), *_shared(account, chance)]
    if account.captured is not None:
        acts = [act for act in acts if act.day < account.captured - 2]
    return sorted(acts, key=lambda act: (-act.day, act.minute, act.kind, act.subject))


def _personal(account: Account, chance: Random) -> Iterator[Act]:
    for person in account.people:
        shift = chance.randint(0, 2)
        recent = [(verb, day + shift) for verb, day in person.arc.acts if verb != "meet"]
        for verb, day in [*recent, *_history(person, chance)]:
            minute = chance.randint(780, 960) if verb == "auto" else chance.randint(480, 760)
            yield _act(account, chance, _KINDS[verb], (day, minute), (person,), chance.choice(_SUBJECTS[verb]))


def _history(person: Person, chance: Random) -> Iterator[tuple[str, int]]:
    match person.history:
        case "two-way":
            return _two_way_history(chance)
        case "one-way":
            return iter((("write", 150), ("write", 235), ("miss", 320)))
        case "none":
            return iter(())
        case other:
            raise ValueError(f"{person.name} has an unknown history: {other}")


def _two_way_history(chance: Random) -> Iterator[tuple[str, int]]:
    """The latest of it is an answered letter, so that no old silence reaches into the arc."""
    day = HISTORY_ENDS + chance.randint(0, 8)
    yield from _exchange(day)
    for _ in count():
        day += chance.randint(26, 48)
        if day > HISTORY_BEGINS - 3:
            return
        match chance.randint(1, 10):
            case 1 | 2 | 3 | 4 | 5 | 6:
                yield from _exchange(day)
            case 7 | 8:
                yield "call", day
            case 9:
                yield "phone", day
            case _:
                yield "write", day
                yield "miss", day - 6


def _exchange(latest: int) -> Iterator[tuple[str, int]]:
    yield "write", latest + 3
    yield "reply", latest + 1
    yield "answer", latest


def _shared(account: Account, chance: Random) -> Iterator[Act]:
    shift = chance.randint(0, 2)
    yield from _meetings(account, chance, shift)
    yield from _newsletters(account, chance, shift)
    close = tuple(person for person in account.people if person.arc.depth >= 4 and not person.departed)
    if close and not account.quiet:
        yield _act(account, chance, "upcoming meeting", (-9 - shift, 600), close, "Planning session")
        yield _act(account, chance, "note", (15 + shift, 905), close[:1], "Plans to widen the use next year")
        yield _act(account, chance, "to-do", (-6 - shift, 540), close[:1], "Prepare the next planning session")


def _meetings(account: Account, chance: Random, shift: int) -> Iterator[Act]:
    """One held meeting that the arcs ask for, and every seven weeks one in the older history."""
    guests = tuple(person for person in account.people if ("meet", 12) in person.arc.acts)
    large = account.segment != "SMB"
    if guests:
        title = "Quarterly business review" if large else "Monthly check-in"
        yield _act(account, chance, "review" if large else "meeting", (12 + shift, 840), guests, title)
    regulars = [person for person in account.people if person.history == "two-way"]
    for number, day in enumerate(range(HISTORY_ENDS + 10, HISTORY_BEGINS, 49)):
        attending = tuple(person for person in regulars if chance.random() < 0.4)
        if attending:
            kind, title = ("review", "Business review") if number % 2 else ("meeting", "Check-in")
            yield _act(account, chance, kind, (day + shift, 870), attending, title)


def _newsletters(account: Account, chance: Random, shift: int) -> Iterator[Act]:
    readers = tuple(person for person in account.people if _reads_newsletter(account, person))
    if readers:
        for number, day in enumerate(range(16, HISTORY_BEGINS, 31)):
            subject = f"Newsletter: Lumen Flow news {13 - number}"
            yield _act(account, chance, "newsletter", (day + shift, 420), readers, subject)


def _reads_newsletter(account: Account, person: Person) -> bool:
    """A newsletter goes to people whose depth rests on something else, so that it decides about nobody but those
    whose arc is the newsletter."""
    if person.arc.newsletter:
        return True
    known = person.arc.depth >= 1 and person.crm == account.crm and not person.departed
    return known and not account.quiet and account.since > HISTORY_BEGINS


def _act(
    account: Account, chance: Random, kind: str, when: tuple[int, int], people: tuple[Person, ...], subject: str
) -> Act:
    salesforce, hubspot = _places(account, people, chance)
    return Act(kind, when[0], when[1], people, subject, salesforce, hubspot)


def _places(account: Account, people: tuple[Person, ...], chance: Random) -> tuple[bool, bool]:
    """Say in which CRMs an act is logged: where both are in use, one of them, and now and then both."""
    if account.crm != "both" or len(people) == 1:
        crm = people[0].crm
        if crm != "both":
            return crm == "sf", crm == "hs"
    if any(person.mirror for person in people):
        return True, True
    draw = chance.random()
    return draw < 0.55, draw > 0.45
