"""What holds of the CSV of bulk jobs, whatever is in it."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.emulator.salesforce.bulk import rendering, upload
from connectors.emulator.salesforce.bulk.dialect import Dialect, dialect_of
from tests.emulator.bulk import Bulk, parsed

pytestmark = pytest.mark.emulator
DIALECTS = st.builds(
    lambda delimiter, ending: dialect_of({"columnDelimiter": delimiter, "lineEnding": ending}),
    st.sampled_from(["BACKQUOTE", "CARET", "COMMA", "PIPE", "SEMICOLON", "TAB"]),
    st.sampled_from(["LF", "CRLF"]),
)
TEXTS = st.text(st.sampled_from('ab ,;|^`\t"\r\n\u2028\x85é😀'), max_size=8)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width), min_size=1, max_size=6)
)
MANY = settings(max_examples=200, deadline=None, derandomize=True)


@MANY
@given(DIALECTS, ROWS)
def test_what_is_given_out_can_be_read_by_the_book(dialect: Dialect, rows: list[list[str]]) -> None:
    text = b"".join(rendering.pieces(rows, dialect)).decode()
    assert text.endswith(dialect.ending)
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True)) == rows


@MANY
@given(DIALECTS, ROWS)
def test_what_is_given_out_is_taken_in_again(dialect: Dialect, rows: list[list[str]]) -> None:
    names = [f"column{place}" for place in range(len(rows[0]))]
    content = b"".join(rendering.pieces([names, *rows], dialect))
    read = upload.read(content, dialect)
    assert read.names == names
    # A line with nothing in it is no row; that happens only to a single column.
    assert list(read.rows) == [row for row in rows if row != [""]]


@MANY
@given(DIALECTS, st.text(max_size=40))
def test_whatever_comes_is_read_to_an_end_or_refused(dialect: Dialect, text: str) -> None:
    refusal = ""
    try:
        list(upload.read(text.encode(), dialect).rows)
    except upload.UnreadableError as error:
        refusal = error.message
    assert not refusal or refusal.startswith(("InvalidBatch : ", "ClientInputError : "))


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DIALECTS, st.lists(TEXTS.filter(str.strip), min_size=1, max_size=5))
def test_a_text_that_goes_in_comes_out_unchanged(bulk: Bulk, dialect: Dialect, texts: list[str]) -> None:
    words = {"columnDelimiter": dialect.delimiter_name, "lineEnding": dialect.ending_name}
    content = b"".join(rendering.pieces([["LastName", "Description"], *(["x", each] for each in texts)], dialect))
    job = bulk.load("Contact", "insert", content, **words)["id"]
    made = {row[0]: row[3] for row in bulk.results(job, "successfulResults", dialect.delimiter)[1:]}
    assert sorted(made.values()) == sorted(texts)
    soql = "SELECT Id, Description FROM Contact WHERE LastName = 'x'"
    found = parsed(bulk.page(bulk.query(soql, **words)).content, dialect.delimiter)[1:]
    assert {key: text for key, text in found if key in made} == made
