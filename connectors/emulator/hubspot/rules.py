"""Validation rules an administrator puts on a property; enforced on writes by the 2026-09 paths and later only.

Rule types and their arguments are those of the property validations API; what cannot be judged without HubSpot's own
services (a URL that answers, a domain that exists) is judged by form.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .refusals import invalid
from .schema import Property
from .wire import moment, number, stamp

TEXT, NUMBER, DATE, DATETIME = ("string",), ("number",), ("date",), ("datetime",)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a property."""

    type: str
    arguments: tuple[str, ...]
    normalise: bool = False

    def render(self) -> dict[str, object]:
        """Form the rule's JSON."""
        return {
            "ruleType": self.type,
            "ruleArguments": list(self.arguments),
            "shouldApplyNormalization": self.normalise,
        }


Holds = Callable[[str, Sequence[str], datetime], bool]
"""Whether a stored value fulfils a rule's arguments at a moment."""

_CLASSES = {
    "ALPHANUMERIC": re.compile(r"[^\W_]*", re.UNICODE),
    "ALPHA_ONLY": re.compile(r"[^\W\d_]*", re.UNICODE),
    "NUMERIC_ONLY": re.compile(r"[0-9]*"),
}
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_DAYS = (365.0, 30.0, 7.0, 1.0, 1 / 24, 1 / 1440, 1 / 86_400)
_EMAIL = re.compile(r"[^@\s]+@([^@\s]+\.[^@\s.]+)")
_URL = re.compile(r"https?://([^/\s:?#]+)\S*", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE)
_PHONE = re.compile(r"\+[0-9][0-9 ().-]{4,}")
_WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def _period(text: str) -> timedelta:
    found = _PERIOD.fullmatch(text)
    if found is None or not any(found.groups()):
        raise ValueError(text)
    parts = zip(found.groups(), _DAYS, strict=True)
    return timedelta(days=sum(int(part[:6]) * days for part, days in parts if part))


def _at(value: str) -> str:
    return stamp(moment(value))


def _decimals(value: str) -> int:
    return len(value.partition(".")[2])


def _host(pattern: re.Pattern[str], value: str) -> str:
    found = pattern.fullmatch(value.strip())
    return found.group(1).lower() if found else ""


def _whitespace(value: str, arguments: Sequence[str]) -> bool:
    return not re.search(r"\s", value if "NO_SPACES" in arguments or not arguments else "")


def _format(value: str, arguments: Sequence[str]) -> bool:
    """Hold a text against patterns where ``#`` is a digit, ``A`` a letter and ``*`` either."""
    signs = {"#": "[0-9]", "A": "[A-Za-z]", "*": "[A-Za-z0-9]"}
    return any(re.fullmatch("".join(signs.get(c, re.escape(c)) for c in given), value) for given in arguments)


RULES: Mapping[str, tuple[tuple[str, ...], Holds]] = {
    "ALPHANUMERIC": (TEXT, lambda v, a, _: bool(_CLASSES[a[0]].fullmatch(v))),
    "SPECIAL_CHARACTERS": (TEXT, lambda v, _, __: not re.search(r"[^\w\s]|_", v)),
    "WHITESPACE": (TEXT, lambda v, a, _: _whitespace(v, a)),
    "FORMAT": (TEXT, lambda v, a, _: _format(v, a)),
    "REGEX": (TEXT, lambda v, a, _: bool(re.fullmatch(a[0], v))),
    "MIN_LENGTH": (TEXT, lambda v, a, _: len(v) >= int(a[0])),
    "MAX_LENGTH": (TEXT, lambda v, a, _: len(v) <= int(a[0])),
    "EMAIL": (TEXT, lambda v, _, __: bool(_EMAIL.fullmatch(v.strip()))),
    "EMAIL_ALLOWED_DOMAINS": (TEXT, lambda v, a, _: _host(_EMAIL, v) in {d.lower() for d in a}),
    "EMAIL_BLOCKED_DOMAINS": (TEXT, lambda v, a, _: _host(_EMAIL, v) not in {d.lower() for d in a}),
    "URL": (TEXT, lambda v, _, __: bool(_URL.fullmatch(v.strip()))),
    "URL_ALLOWED_DOMAINS": (TEXT, lambda v, a, _: _host(_URL, v) in {d.lower() for d in a}),
    "URL_BLOCKED_DOMAINS": (TEXT, lambda v, a, _: _host(_URL, v) not in {d.lower() for d in a}),
    "DOMAIN": (TEXT, lambda v, _, __: bool(_DOMAIN.fullmatch(v.strip()))),
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE": (TEXT, lambda v, _, __: bool(_PHONE.fullmatch(v.strip()))),
    "MIN_NUMBER": (NUMBER, lambda v, a, _: number(v) >= number(a[0])),
    "MAX_NUMBER": (NUMBER, lambda v, a, _: number(v) <= number(a[0])),
    "DECIMAL": (NUMBER, lambda v, a, _: _decimals(v) <= int(a[0])),
    "START_DATE": (DATE, lambda v, a, _: _at(v) >= _at(a[0])),
    "END_DATE": (DATE, lambda v, a, _: _at(v) <= _at(a[0])),
    "BEFORE_DURATION": (DATE, lambda v, a, now: moment(v) <= now - _period(a[0])),
    "AFTER_DURATION": (DATE, lambda v, a, now: moment(v) >= now + _period(a[0])),
    "DAYS_OF_WEEK": (DATE + DATETIME, lambda v, a, _: _WEEK[moment(v).weekday()] in {d.upper() for d in a}),
    "START_DATETIME": (DATETIME, lambda v, a, _: _at(v) >= _at(a[0])),
    "END_DATETIME": (DATETIME, lambda v, a, _: _at(v) <= _at(a[0])),
    "BEFORE_DATETIME_DURATION": (DATETIME, lambda v, a, now: moment(v) <= now - _period(a[0])),
    "AFTER_DATETIME_DURATION": (DATETIME, lambda v, a, now: moment(v) >= now + _period(a[0])),
}
"""Property types a rule is for, and what it asks of a value."""

_SAMPLES = {"string": "a", "number": "1", "date": "2026-01-01", "datetime": "2026-01-01T00:00:00.000Z"}


def read(definition: Property, kind: str, arguments: Sequence[str], now: datetime, *, normalise: bool = False) -> Rule:
    """Make a rule for a property. Raises RefusedError (400) when it does not fit its type or has odd arguments."""
    if kind not in RULES:
        raise invalid(f"{kind} is not a rule type; the rule types are {', '.join(sorted(RULES))}.")
    types, holds = RULES[kind]
    if definition.type not in types:
        raise invalid(f"Rule type {kind} is not supported for property {definition.name} of type {definition.type}.")
    try:
        holds(_SAMPLES[definition.type], arguments, now)
    except (LookupError, ValueError, OverflowError, re.error):
        raise invalid(f"{list(arguments)} are not valid arguments of rule type {kind}.") from None
    return Rule(kind, tuple(arguments), normalise)


def broken(definition: Property, rules: Mapping[str, Rule], value: str, now: datetime) -> Rule | None:
    """Find the first rule that a stored value breaks."""
    for rule in rules.values():
        try:
            held = RULES[rule.type][1](value.strip() if rule.normalise else value, rule.arguments, now)
        except (ValueError, OverflowError):
            held = definition.type not in RULES[rule.type][0]  # the property's type has changed since
        if not held:
            return rule
    return None
