"""HubSpot's property texts become typed values; what is no value is unknown."""

import pytest

from connectors import columns
from connectors.hubspot import values
from mapping.fields import Attribute, Type
from mapping.metadata import FIELDS, Field
from tests.connectors.reading import COLUMN, read_by_hubspot

MIDNIGHT = 1_705_449_600
"""2024-01-17, midnight UTC."""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-01-17", MIDNIGHT),
        ("2024-01-17T00:00:00Z", MIDNIGHT),
        ("2024-01-17T01:00:00+01:00", MIDNIGHT),
        ("2024-01-17T19:55:04.281Z", MIDNIGHT + 19 * 3600 + 55 * 60 + 4),
        ("1705449600000", MIDNIGHT),
        ("-86400000", -86400),
        ("", None),
        (None, None),
        ("soon", None),
    ],
)
def test_a_date_is_its_midnight_in_utc_and_a_moment_its_second(text: str | None, seconds: int | None) -> None:
    assert values.instant(text) == seconds
    assert read_by_hubspot(columns.instant("f"), [text], "BIGINT") == [seconds]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Type.NUMBER, "12000.5", 12000.5),
        (Type.NUMBER, "a lot", None),
        (Type.WHOLE, "250.0", 250),
        (Type.WHOLE, "", None),
        (Type.FLAG, "true", True),
        (Type.FLAG, "false", False),
        (Type.FLAG, None, None),
        (Type.TEXT, "", None),
        (Type.TEXT, "NA", "NA"),
        (Type.TEXT, "null", "null"),
        (Type.INSTANT, "2024-01-17", MIDNIGHT),
    ],
)
def test_a_mapped_property_is_read_by_its_type(kind: Type, text: str | None, value: object) -> None:
    attribute = Attribute("account", "x", kind, None, None, "")
    reader = columns.mapped([attribute], {"x": "f"})["x"]
    assert read_by_hubspot(reader, [text], COLUMN[kind]) == [value]


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("acme.example", "acme.example"),
        ("https://www.Acme.example/about?x=1", "acme.example"),
        ("HTTP://acme.example:8080", "acme.example"),
        ("www.acme.example", "acme.example"),
        ("", None),
        (None, None),
    ],
)
def test_a_web_address_is_reduced_to_its_domain(text: str | None, domain: str | None) -> None:
    assert read_by_hubspot(columns.domain("f"), [text], "TEXT") == [domain]


def field(object_name: str, name: str) -> Field:
    return next(one for one in FIELDS if (one.object, one.name) == (object_name, name))


@pytest.mark.parametrize(
    ("name", "text", "canonical"),
    [
        ("roles", "user;buyer", "buyer;user"),
        ("tie_strength", "61.0", "61"),
        ("tie_strength", "many", "many"),
        ("last_two_way", "2026-10-31", "2026-10-31"),
        ("counted", "false", "false"),
        ("counted", "", None),
        ("evidence", "Größe\nzwei", "Größe\nzwei"),
        ("depth_name", None, None),
    ],
)
def test_an_observed_value_is_canonical_and_a_strange_one_stays_as_it_is(
    name: str, text: str | None, canonical: str | None
) -> None:
    assert read_by_hubspot(columns.observed(field("contact", name), "f"), [text], "TEXT") == [canonical]
