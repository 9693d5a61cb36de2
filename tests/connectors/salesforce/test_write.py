"""Writing, without a network: how writes are cut into batches and values into JSON."""

from decimal import Decimal

import orjson
import pytest

from connectors.base import AssignTask, CreateTask, DeleteTask, SetTaskState, UpdateRecord, Write
from connectors.salesforce.provision import metadata
from connectors.salesforce.write import BATCH, batches, wire
from mapping.metadata import FIELDS, TASK_KEY, Field, Kind


def update(number: int) -> UpdateRecord:
    return UpdateRecord("contact", f"003LW{number:010d}YAA", {"depth": "1"})


def field(object_name: str, name: str) -> Field:
    return next(entry for entry in FIELDS if (entry.object, entry.name) == (object_name, name))


def test_27_every_write_is_in_exactly_one_batch_the_last_one_too() -> None:
    for count in (1, 199, 200, 201, 10_001):
        cut = list(batches(map(update, range(count))))
        assert [write for batch in cut for write in batch] == list(map(update, range(count)))
        assert max(map(len, cut)) <= BATCH


def test_a_record_is_never_twice_in_one_batch_and_the_order_stays() -> None:
    writes: list[Write] = [update(1), update(2), update(1)]
    assert [len(batch) for batch in batches(writes)] == [2, 1]


def test_kinds_of_writes_do_not_mix() -> None:
    task = CreateTask("k", "s", "b", 0, None, "001", None)
    writes: list[Write] = [
        update(1),
        task,
        task,
        SetTaskState("00T1", "k", open=True),
        AssignTask("00T1", "k", "005"),
        DeleteTask("00T1", "k"),
        update(1),
    ]
    assert [type(batch[0]).__name__ for batch in batches(writes)] == [
        "UpdateRecord",
        "CreateTask",
        "SetTaskState",
        "AssignTask",
        "DeleteTask",
        "UpdateRecord",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "json"),
    [
        (Kind.NUMBER, "12", b"12"),
        (Kind.NUMBER, "0.75", b"0.75"),
        (Kind.NUMBER, "-3", b"-3"),
        (Kind.FLAG, "true", b"true"),
        (Kind.FLAG, "false", b"false"),
        (Kind.DATE, "2026-03-29", b'"2026-03-29"'),
        (Kind.CHOICES, "buyer;champion", b'"buyer;champion"'),
        (Kind.TEXT, "NA", b'"NA"'),
    ],
)
def test_39_a_canonical_value_survives_the_way_to_json_and_back(kind: Kind, text: str, json: bytes) -> None:
    entry = Field("contact", "x", "X", kind, "help", scale=2 if "." in text else 0)
    assert orjson.dumps(wire(entry, text)) == json
    assert entry.canonical(orjson.loads(json)) == text


def test_22_none_clears_a_value_and_sets_a_checkbox_to_false() -> None:
    assert wire(field("contact", "depth"), None) is None
    assert wire(field("contact", "counted"), None) is False


def test_27_what_is_no_number_never_reaches_the_wire() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        wire(field("contact", "depth"), str(Decimal("NaN")))


@pytest.mark.parametrize("entry", FIELDS, ids=lambda entry: f"{entry.object}.{entry.name}")
def test_every_field_has_a_form_the_tooling_api_accepts(entry: Field) -> None:
    form = metadata(entry)
    assert form["label"] == entry.label
    assert (form.get("externalId") is True) == (entry.name == TASK_KEY)
    assert ("valueSet" in form) == bool(entry.choices)
    assert len(str(form["inlineHelpText"])) <= 510
