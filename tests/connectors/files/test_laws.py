"""Laws of what waits beside an export: it counts as held, it arrives once, and it can be taken back without a trace."""

import csv
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import AssignTask, CreateTask, DeleteTask, Outcome, SetTaskState, UpdateRecord, Write
from mapping.metadata import FIELDS, Field, Kind, results
from tests.connectors.files.conftest import Desk
from tests.contract.exported import hubspot_sheets, salesforce_sheets
from tests.contract.harness import Mirror
from tests.contract.org import ACCOUNT, ADA, CONTACTS, MAX

Updates = list[tuple[int, dict[str, str | None]]]
PEOPLE = {"salesforce": CONTACTS, "hubspot": ("201", "202", "203")}
FILES = {"salesforce": "Contact.csv", "hubspot": "hubspot-crm-exports-all-contacts-2026-11-21.csv"}
OUT = {"salesforce": "Contact.csv", "hubspot": "contacts.csv"}
IDS = {"salesforce": "Id", "hubspot": "Record ID"}
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters=";"), min_size=1, max_size=9)


def values(entry: Field) -> st.SearchStrategy[str | None]:
    """Make canonical values of a field, nothing among them."""
    made: Mapping[Kind, st.SearchStrategy[str]] = {
        Kind.NUMBER: st.integers(0, 100).map(str),
        Kind.FLAG: st.sampled_from(["true", "false"]),
        Kind.DATE: st.dates().map(str),
        Kind.CHOICE: st.sampled_from(entry.choices or ("",)),
        Kind.CHOICES: st.sets(st.sampled_from(entry.choices or ("",)), min_size=1).map(lambda s: ";".join(sorted(s))),
        Kind.TEXT: TEXTS.filter(lambda text: bool(text.strip())),
        Kind.LONG_TEXT: TEXTS.filter(lambda text: bool(text.strip())).map(lambda text: f"{text}\n{text}"),
    }
    return st.none() | made[entry.kind]


UPDATES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.fixed_dictionaries({}, optional={entry.name: values(entry) for entry in results("contact")}),
    ),
    min_size=1,
    max_size=5,
)
"""Writes to one of three people each."""


@contextmanager
def provisioned(dialect: str) -> Iterator[Desk]:
    """Lay out a small export with a place for results, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        sheets = salesforce_sheets() if dialect == "salesforce" else hubspot_sheets(*PEOPLE["hubspot"])
        desk = Desk(Path(folder) / "export", dialect).lay(sheets)
        list(desk.connect().provision(FIELDS, dry_run=False))
        try:
            yield desk
        finally:
            desk.close()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def held(desk: Desk) -> dict[object, dict[str, object]]:
    """Read what counts as held in our fields; an untouched checkbox is off."""
    flags = {entry.name for entry in results("contact") if entry.kind is Kind.FLAG}
    return {
        row["id"]: {name: value or ("false" if name in flags else None) for name, value in row.items() if name != "id"}
        for row in Mirror().pull(desk.connection).rows["observed_contact"]
    }


def wanted(desk: Desk, updates: Updates) -> dict[object, dict[str, object]]:
    """Say what must be held after writes, from what is held before."""
    told = held(desk)
    for person, changed in updates:
        of = told[PEOPLE[desk.dialect][person]]
        of.update({name: "false" if value is None and name == "counted" else value for name, value in changed.items()})
    return told


def carry_out(desk: Desk, updates: Updates) -> None:
    writes = [UpdateRecord("contact", PEOPLE[desk.dialect][person], changed) for person, changed in updates]
    assert {result.outcome for result in desk.connection.write(writes)} == {Outcome.DONE}


def import_contacts(desk: Desk) -> None:
    """Let the CRM take our file, and lay its next export there."""
    path, key = desk.folder / FILES[desk.dialect], IDS[desk.dialect]
    ours = rows(desk.folder / "rapport-out" / OUT[desk.dialect])
    given = {row.pop(key): row for row in ours}
    for row in _cleared(desk):
        given.setdefault(row.pop(key), {}).update({name: value for name, value in row.items() if value})
    names = {name for row in given.values() for name in row}
    merged = []
    for row in rows(path):
        arrived = {name: value for name, value in given.get(row[key], {}).items() if value}
        cleared = {name: "" if value == "#N/A" else value for name, value in arrived.items()}
        merged.append({**dict.fromkeys(names, ""), **row, **cleared})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(merged[0]))
        writer.writeheader()
        writer.writerows(merged)


def _cleared(desk: Desk) -> list[dict[str, str]]:
    """Read what a person clears by hand in HubSpot."""
    path = desk.folder / "rapport-out" / "contacts-clear.csv"
    return rows(path) if path.is_file() else []


@pytest.mark.parametrize("dialect", ["salesforce", "hubspot"])
@settings(max_examples=8)
@given(updates=UPDATES)
def test_what_was_written_last_is_held_and_writing_it_again_changes_no_file(dialect: str, updates: Updates) -> None:
    with provisioned(dialect) as desk:
        expected = wanted(desk, updates)
        carry_out(desk, updates)
        assert held(desk) == expected
        files = {path: path.read_bytes() for path in (desk.folder / "rapport-out").rglob("*.csv")}
        carry_out(desk, [updates[-1]])
        assert held(desk) == expected
        assert {path: path.read_bytes() for path in (desk.folder / "rapport-out").rglob("*.csv")} == files


@pytest.mark.parametrize("dialect", ["salesforce", "hubspot"])
@settings(max_examples=8)
@given(updates=UPDATES)
def test_taking_everything_back_leaves_files_without_a_row(dialect: str, updates: Updates) -> None:
    with provisioned(dialect) as desk:
        before = held(desk)
        carry_out(desk, updates)
        carry_out(desk, [(person, dict.fromkeys(changed)) for person, changed in updates])
        assert held(desk) == before
        assert rows(desk.folder / "rapport-out" / OUT[dialect]) == []


@pytest.mark.parametrize("dialect", ["salesforce", "hubspot"])
@settings(max_examples=8)
@given(updates=UPDATES, later=UPDATES)
def test_what_was_imported_is_held_as_before_and_waits_no_longer(
    dialect: str, updates: Updates, later: Updates
) -> None:
    with provisioned(dialect) as desk:
        for batch in (updates, later):
            expected = wanted(desk, batch)
            carry_out(desk, batch)
            import_contacts(desk)
            assert held(desk) == expected
            assert rows(desk.folder / "rapport-out" / OUT[dialect]) == []


# --- tasks: whatever is done to one key, there is one task or none ---------------------------------------------------

KEY = "acme|a1|default|missing champion|champion|"
STEPS = st.lists(st.sampled_from(["create", "close", "reopen", "give", "delete"]), max_size=6)


def step(desk: Desk, name: str) -> Write:
    """Make the write of a step, about the task as it is held."""
    task_id = next((str(row["id"]) for row in Mirror().pull(desk.connection).rows["own_task"]), "new-unknown")
    steps: Mapping[str, Write] = {
        "create": CreateTask(KEY, "Find a champion", "Why", 1_767_225_600, ADA, ACCOUNT, None),
        "close": SetTaskState(task_id, KEY, open=False, note="The gap has closed."),
        "reopen": SetTaskState(task_id, KEY, open=True, note="The gap is back."),
        "give": AssignTask(task_id, KEY, MAX, note="Overdue."),
        "delete": DeleteTask(task_id, KEY),
    }
    return steps[name]


@settings(max_examples=12)
@given(steps=STEPS)
def test_whatever_happens_to_a_key_its_task_is_there_once_or_not_at_all(steps: list[str]) -> None:
    state: tuple[bool, str] | None = None
    with provisioned("salesforce") as desk:
        for name in steps:
            (result,) = desk.connection.write([step(desk, name)])
            refused = state is None and name in {"close", "reopen", "give"}
            assert result.outcome is (Outcome.REJECTED if refused else Outcome.DONE)
            is_open, owner = state or (True, ADA)
            follows = {"create": (is_open, owner), "close": (False, owner), "reopen": (True, owner)}
            state = None if refused else {**follows, "give": (is_open, MAX), "delete": None}[name]
            held_now = Mirror().pull(desk.connection).rows["own_task"]
            assert [(row["open"], row["owner_id"]) for row in held_now] == ([] if state is None else [state])
