"""From what a client sends to what a record holds: always text or None, checked against the property's definition."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from .schema import Property
from .wire import moment, number, stamp

LONGEST_TEXT = 65_536

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class BadValueError(ValueError):
    """A value the property does not take; `code` is HubSpot's name for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def text(raw: object) -> str:
    """Write a JSON scalar as HubSpot stores it: ``true``, ``12``, ``""`` for null."""
    match raw:
        case None:
            return ""
        case bool():
            return "true" if raw else "false"
        case float() if raw.is_integer():
            return str(int(raw))
        case _:
            return str(raw)


def normalise(definition: Property, raw: object, held: str | None = None) -> str | None:
    """Bring `raw` into the stored form of this property; None clears it.

    `held` is the present value: a multiple choice that starts with ``;`` is added to it. Raises BadValueError.
    """
    given = text(raw)
    if not given.strip():
        return None
    if definition.many:
        return _choices(definition, given, held)
    return _FORMS.get(definition.type, _string)(definition, given)


def _string(definition: Property, given: str) -> str:
    if len(given) > LONGEST_TEXT:
        raise BadValueError("PROPERTY_VALUE_TOO_LONG", f"{definition.name} holds at most {LONGEST_TEXT} characters.")
    if definition.name == "email" and definition.standard:
        return _email(given)
    return given


def _email(given: str) -> str:
    if not _EMAIL.fullmatch(given.strip()):
        raise BadValueError("INVALID_EMAIL", f"Email address {given} is invalid")
    return given.strip().lower()


def _number(_: Property, given: str) -> str:
    try:
        value = number(given)
    except ValueError:
        value = None
    if value is None or abs(value.adjusted()) > 100:
        raise BadValueError("INVALID_INTEGER", f"{given} was not a valid number.")
    return format(value, "f")


def _instant(given: str) -> datetime:
    try:
        return moment(given.strip())
    except ValueError:
        raise BadValueError("INVALID_LONG", f"{given} was not a valid long.") from None


def _day(_: Property, given: str) -> str:
    at = _instant(given)
    if _DAY.fullmatch(given.strip()) or at == at.replace(hour=0, minute=0, second=0, microsecond=0):
        return at.date().isoformat()
    raise BadValueError("INVALID_DATE", f"{given} is at {at:%H:%M:%S} UTC, not midnight!")


def _choice(definition: Property, given: str) -> str:
    if definition.external or any(option.value == given for option in definition.options):
        return given
    allowed = ", ".join(f'label: "{option.label}" value: "{option.value}"' for option in definition.options)
    raise BadValueError("INVALID_OPTION", f"{given} was not one of the allowed options: [{allowed}]")


def _choices(definition: Property, given: str, held: str | None) -> str:
    before = split(held) if given.startswith(";") else ()
    chosen = dict.fromkeys([*before, *(_choice(definition, part) for part in split(given))])
    return ";".join(chosen)


def split(joined: str | None) -> Iterable[str]:
    """Take a multiple choice apart."""
    return [part.strip() for part in (joined or "").split(";") if part.strip()]


_FORMS: Mapping[str, Callable[[Property, str], str]] = {
    "number": _number,
    "date": _day,
    "datetime": lambda _, given: stamp(_instant(given)),
    "bool": lambda definition, given: _choice(definition, given.lower()),
    "enumeration": _choice,
}
