"""Identifiers of seeded records in the vendors' forms: 18 characters in Salesforce, digits in HubSpot."""

from itertools import count

_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

SALESFORCE_PREFIXES = {
    "User": "005",
    "Account": "001",
    "Contact": "003",
    "AccountContactRelation": "07k",
    "Opportunity": "006",
    "OpportunityContactRole": "00K",
    "EmailMessage": "02s",
    "EmailMessageRelation": "0CZ",
    "Task": "00T",
    "Event": "00U",
    "EventRelation": "0RE",
}
"""Key prefix of each object we seed; the vendor's own, so that an id tells its object."""

_HUBSPOT_FIRST = {
    "companies": 9_400_000_001,
    "contacts": 20_100_001,
    "deals": 31_500_001,
    "emails": 61_000_001,
    "calls": 62_000_001,
    "meetings": 63_000_001,
    "notes": 64_000_001,
    "tasks": 65_000_001,
}


class Numbering:
    """Hands out identifiers in the order of the asking; one instance serves one seed."""

    def __init__(self) -> None:
        self._salesforce = {name: count(1) for name in SALESFORCE_PREFIXES}
        self._hubspot = {name: count(first) for name, first in _HUBSPOT_FIRST.items()}

    def salesforce(self, name: str) -> str:
        """Return the next 18-character id of the object `name`."""
        return with_check(f"{SALESFORCE_PREFIXES[name]}LW{next(self._salesforce[name]):010d}")

    def hubspot(self, name: str) -> str:
        """Return the next numeric id of the object type `name`, as text."""
        return str(next(self._hubspot[name]))


def with_check(identifier: str) -> str:
    """Append the three check characters that make a 15-character id safe to compare without case."""
    chunks = (identifier[start : start + 5] for start in (0, 5, 10))
    return identifier + "".join(_CHECK[_capitals(chunk)] for chunk in chunks)


def _capitals(chunk: str) -> int:
    return sum(1 << place for place, letter in enumerate(chunk) if "A" <= letter <= "Z")
