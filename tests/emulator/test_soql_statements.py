"""The statements of `statements.yaml`, one test for each sentence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator.org import Org

pytestmark = pytest.mark.emulator
TABLE = yaml.safe_load((Path(__file__).parent / "statements.yaml").read_text(encoding="utf-8"))


def sentences() -> Iterator[Any]:
    """Every entry of the table under the name of its topic and sentence."""
    for topic, entries in TABLE.items():
        for entry in entries:
            yield pytest.param(entry, id=f"{topic}: {entry['says']}")


def plain(record: Any) -> Any:
    """A record as the table writes it: its values without attributes, one value alone."""
    values = [nested(value) for name, value in record.items() if name != "attributes"]
    return values[0] if len(values) == 1 else values


def nested(value: Any) -> Any:
    """A parent as a mapping, children as rows, everything else as it is."""
    if isinstance(value, dict) and "records" in value:
        assert (value["totalSize"], value["done"]) == (len(value["records"]), True)
        return [plain(each) for each in value["records"]]
    if isinstance(value, dict):
        return {name: nested(each) for name, each in value.items() if name != "attributes"}
    return value


def shown(marked: str, message: str, first_column: int) -> tuple[str, str]:
    """The statement without its mark, and how the refusal must end: place and text."""
    before, mark, after = marked.partition("@")
    if not mark:
        return marked, message
    row, column = before.count("\n") + 1, len(before) - before.rfind("\n") - 1 + first_column
    return before + after, f"^\nERROR at Row:{row}:Column:{column}\n{message}"


@pytest.mark.parametrize("entry", list(sentences()))
def test_salesforce_answers(library: Org, entry: dict[str, Any]) -> None:
    if "rows" in entry:
        assert [plain(each) for each in library.query(entry["ask"])["records"]] == entry["rows"]
    elif "total" in entry:
        assert library.query(entry["ask"]) == {"totalSize": entry["total"], "done": True, "records": []}
    else:
        grammar = "grammar" in entry
        message = entry["grammar"] if grammar else entry["refused"]
        statement, ending = shown(entry["ask"], message, 0 if grammar else 1)
        code, text = library.refused_query(statement)
        assert code == entry.get("code", "MALFORMED_QUERY")
        assert text == ending if "@" not in entry["ask"] else text.endswith(ending)


def test_the_table_has_at_least_150_sentences_and_says_each_once() -> None:
    said = [f"{topic}: {entry['says']}" for topic, entries in TABLE.items() for entry in entries]
    assert len(said) == len(set(said)) >= 150
