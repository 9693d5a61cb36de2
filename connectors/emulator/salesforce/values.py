"""Field values as they come in, checked and turned into the one form the org keeps."""

import math
import re
from collections.abc import Callable

from connectors.emulator.salesforce import ids, moments
from connectors.emulator.salesforce.errors import rejected, unreadable
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.wire import Json

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")


def stored(entity: SObject, field: Field, value: Json) -> Json:
    """The value in the form it is kept and answered in; an empty string is null, as in Salesforce.

    Raises:
        SalesforceError: the refusal Salesforce words for the field's type.
    """
    if value is None or value == "":
        return False if field.type == "boolean" else None
    return _BY_TYPE.get(field.type, _text)(entity, field, value)


def _text(_entity: SObject, field: Field, value: Json) -> str:
    if isinstance(value, bool | int | float):
        value = str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, str):
        raise _wrong_shape(field, value)
    if field.length and len(value) > field.length:
        message = f"{field.label}: data value too large: {value[:255]} (max length={field.length})"
        raise rejected("STRING_TOO_LONG", message, field.name)
    return value


def _boolean(_entity: SObject, field: Field, value: Json) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _wrong_shape(field, value)


def _number(_entity: SObject, field: Field, value: Json) -> float | int:
    try:
        number = float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        number = None
    if number is None or not math.isfinite(number):
        raise _wrong_shape(field, value)
    whole = field.precision - field.scale
    if field.precision and abs(number) >= 10**whole:
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise rejected("NUMBER_OUTSIDE_VALID_RANGE", message, field.name)
    if field.type == "int":
        return int(number)
    return round(number, field.scale) if field.custom else number


def _date(_entity: SObject, field: Field, value: Json) -> str:
    text = value[:10] if isinstance(value, str) and moments.parse_datetime(value) else value
    if not isinstance(text, str) or moments.parse_date(text) is None:
        raise _wrong_shape(field, value)
    return text


def _datetime(_entity: SObject, field: Field, value: Json) -> str:
    if isinstance(value, str):
        moment = moments.parse_datetime(value if "T" in value else f"{value}T00:00:00")
        if moment is not None:
            return moments.stamp(moment)
    raise _wrong_shape(field, value)


def _picklist(entity: SObject, field: Field, value: Json) -> str:
    text = _text(entity, field, value)
    found = next((each for each in field.values if each.lower() == text.lower()), None)
    if found is None and field.restricted:
        raise _bad_choice(field, text)
    return found or text


def _multipicklist(entity: SObject, field: Field, value: Json) -> str:
    known = {each.lower(): each for each in field.values}
    chosen = [each.strip() for each in _text(entity, field, value).split(";") if each.strip()]
    for each in chosen:
        if field.restricted and each.lower() not in known:
            raise _bad_choice(field, each)
    listed = [each for each in field.values if each.lower() in {one.lower() for one in chosen}]
    return ";".join(listed + [each for each in chosen if each.lower() not in known])


def _email(entity: SObject, field: Field, value: Json) -> str:
    text = _text(entity, field, value)
    if not _EMAIL.fullmatch(text):
        raise rejected("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", field.name)
    return text


def _reference(_entity: SObject, field: Field, value: Json) -> str:
    found = ids.canonical(value) if isinstance(value, str) else None
    if found is None:
        message = f"{field.label.removesuffix('Id').strip()} ID: id value of incorrect type: {value}"
        raise rejected("MALFORMED_ID", message, field.name)
    return found


def _complex(_entity: SObject, field: Field, value: Json) -> Json:
    if not isinstance(value, dict):
        raise _wrong_shape(field, value)
    return value


def _bad_choice(field: Field, text: str) -> Exception:
    message = f"{field.label}: bad value for restricted picklist field: {text}"
    return rejected("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)


def _wrong_shape(field: Field, value: Json) -> Exception:
    shape = {str: "VALUE_STRING", bool: "VALUE_BOOLEAN", dict: "START_OBJECT", list: "START_ARRAY"}
    token = shape.get(type(value), "VALUE_NUMBER")
    shown = f" value {value}" if token.startswith("VALUE") else ""
    text = f"Cannot deserialize instance of {field.type} from {token}{shown}"
    return unreadable(f"{text} or request may be missing a required field at [line:1, column:1]")


_BY_TYPE: dict[str, Callable[[SObject, Field, Json], Json]] = {
    "boolean": _boolean,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "int": _number,
    "date": _date,
    "datetime": _datetime,
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "email": _email,
    "id": _reference,
    "reference": _reference,
    "complexvalue": _complex,
}
