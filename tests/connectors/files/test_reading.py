"""Reading CSV files: nothing is lost, nothing is guessed, and what is spoilt is named with file and line."""

import csv
import io
import string
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Unusable
from connectors.files.csvfile import Column, Text, load
from connectors.salesforce.soql import id18
from mapping.statements import execute
from sync.stage import Stage
from tests.connectors.files.conftest import Desk
from tests.contract.exported import NOW
from tests.contract.harness import Mirror
from tests.contract.org import ACCOUNT, CONTACTS

HEAD = b'"Id","LastName","Email","AccountId"\n'


@pytest.fixture(scope="module")
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a scratch database as an export does."""
    with duckdb.connect() as connection:
        execute(connection, "scratch", "connectors.files")
        yield connection


def contact(name: bytes, quote: bytes = b'"') -> bytes:
    return b'"%s",%s%s%s,"zoe@acme.example","%s"\n' % (CONTACTS[0].encode(), quote, name, quote, ACCOUNT.encode())


def names(desk: Desk, **more: object) -> list[object]:
    return [row["name"] for row in desk.pull(**more).rows["contact"]]


# --- failure 13: truncated and garbled files -------------------------------------------------------------------------

SPOILT = [
    (HEAD + contact(b"Ng") + b'"003","N', "line 3: unexpected end of data"),
    (HEAD + contact(b"Ng") + b'"003","Ng"\n', "line 3: 2 values instead of 4"),
    (HEAD + contact(b"Ng") + b'"003","Ng","e@x.example",', "the file ends in the middle of a row"),
    (HEAD + contact(b"one\ntwo\nthree") + b'"003","Ng","x","y","z"\n', "line 5: 5 values instead of 4"),
    (HEAD + b'"003","N"g","x","y"\n', "line 2: ',' expected after '\"'"),
    (HEAD + contact(b"Ng") + contact(b"M\xfcller"), "line 3: the text is not utf-8"),
    (b"", "the file is empty"),
]


@pytest.mark.parametrize(("content", "words"), SPOILT, ids=[words for _, words in SPOILT])
def test_13_a_file_that_is_cut_off_or_garbled_is_an_error_that_names_file_and_line(
    desk: Desk, content: bytes, words: str
) -> None:
    connection = desk.put("Contact.csv", content).connect()
    with pytest.raises(Unusable) as raised:
        list(connection.pull({}))
    assert str(raised.value).startswith("Contact.csv")
    assert words in str(raised.value)
    (finding,) = connection.check()
    assert finding.fatal
    assert words in finding.cause


def test_13_the_values_of_a_spoilt_row_are_not_quoted(desk: Desk) -> None:
    desk.put("Contact.csv", HEAD + b'"003","Ng","secret@acme.example"\n')
    with pytest.raises(Unusable) as raised:
        desk.pull()
    assert "secret" not in str(raised.value)


def test_13_a_spoilt_file_keeps_everything_out_of_the_stage(desk: Desk) -> None:
    desk.put("Task.csv", b'"Id","Subject"\n"00T","Th')
    connection = desk.connect()
    with Stage(":memory:") as stage:
        with pytest.raises(Unusable, match=r"Task.csv, line 2"):
            list(stage.take("salesforce", connection.pull({})))
        assert stage.connection.execute("SELECT COUNT(*) FROM user_account").fetchone() == (0,)


def test_13_a_zip_that_is_cut_off_or_whose_content_does_not_match_its_checksum_is_an_error(desk: Desk) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as packed:
        packed.writestr("Contact.csv", HEAD + contact(b"Ng"))
    (desk.folder / "Contact.csv").unlink()
    for content in (whole.getvalue()[:-30], whole.getvalue().replace(b'"Ng"', b'"Xy"', 1)):
        desk.put("WE_00D_1.ZIP", content)
        with pytest.raises(Unusable, match=r"WE_00D_1.ZIP.*cut off, garbled or locked"):
            desk.pull()


def test_13_quotes_newlines_separators_and_nul_in_values_are_data(desk: Desk) -> None:
    told = 'comma, "quote"\r\nand a line\nseparator\u2028 nul\x00 end'
    written = told.replace('"', '""').encode()
    desk.put("Contact.csv", HEAD + contact(written))
    assert names(desk) == [told]


def test_13_every_row_of_a_file_is_counted(desk: Desk) -> None:
    ends = {end.stream: end for end in desk.pull().ends}
    assert (ends["Contact"].read, ends["Contact"].expected) == (3, 3)
    assert (ends["Task"].read, ends["Task"].expected) == (1, 1)


def test_a_file_whose_rows_end_now_this_way_now_that_is_read_all_the_same(desk: Desk) -> None:
    rows = contact(b"one") + contact(b"two").replace(b"\n", b"\r\n").replace(b"001YAA", b"002YAA")
    desk.put("Contact.csv", HEAD + rows + contact(b"three").replace(b"001YAA", b"003YAA"))
    assert len(names(desk)) == 3


def test_a_file_without_an_end_of_its_last_line_is_read_and_remarked_on(desk: Desk) -> None:
    desk.put("Contact.csv", (HEAD + contact(b"Ng")).rstrip())
    connection = desk.connect()
    remarks = [finding for finding in connection.check() if finding.where == "Contact"]
    assert [(finding.fatal, "may be cut off" in finding.cause) for finding in remarks] == [(False, True)]
    assert names(desk) == ["Ng"]


# --- failure 14: text that looks like nothing -------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["NA", "null", "None", "NULL", "nan", "N/A", "#N/A", "-", "0", "false"])
@pytest.mark.parametrize("quote", [b"", b'"'], ids=["plain", "in quotes"])
def test_14_text_that_says_nothing_stays_text(desk: Desk, text: str, quote: bytes) -> None:
    desk.put("Contact.csv", HEAD + contact(text.encode(), quote))
    assert names(desk) == [text]


@pytest.mark.parametrize("quote", [b"", b'"'], ids=["plain", "in quotes"])
def test_14_only_an_empty_value_is_null(desk: Desk, quote: bytes) -> None:
    desk.put("Contact.csv", HEAD + contact(b"", quote))
    assert names(desk) == [None]


# --- failure 20: identifiers ------------------------------------------------------------------------------------------


def test_20_identifiers_of_15_characters_are_completed_wherever_they_stand(desk: Desk) -> None:
    short = HEAD.decode() + f'"{CONTACTS[0][:15]}","Ng","zoe@acme.example","{ACCOUNT[:15]}"\n'
    row = desk.put("Contact.csv", short.encode()).pull().one("contact")
    assert (row["id"], row["account_id"]) == (CONTACTS[0], ACCOUNT)


@given(identifier=st.text(string.ascii_letters + string.digits, min_size=15, max_size=18))
def test_20_identifiers_are_completed_as_the_connector_of_the_api_does(
    scratch: duckdb.DuckDBPyConnection, identifier: str
) -> None:
    assert scratch.execute("SELECT id18(?)", [identifier]).fetchone() == (id18(identifier),)


# --- encodings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "shift_jis"])
def test_an_export_in_another_encoding_is_read_when_the_settings_name_it(desk: Desk, encoding: str) -> None:
    name = "東京" if encoding == "shift_jis" else "Zoë Müller"
    text = f"Id,LastName\n{CONTACTS[0]},{name}\n"
    for file in desk.folder.glob("*.csv"):
        file.write_bytes(unicodedata.normalize("NFD", file.read_text(encoding="utf-8")).encode(encoding, "ignore"))
    desk.put("Contact.csv", text.encode(encoding))
    assert names(desk, encoding=encoding) == [name]


def test_a_text_that_is_not_of_the_named_encoding_is_an_error_with_its_line(desk: Desk) -> None:
    for name in ("Account", "User", "AccountContactRelation", "Task"):
        desk.put(f"{name}.csv", b"Id,Name\n")
    desk.put("Contact.csv", "Id,LastName\n003,Ng\n003,東京\n".encode())
    with pytest.raises(Unusable, match=r"Contact.csv, line 3: the text is not ascii"):
        desk.pull(encoding="ascii")


# --- any file that a writer of CSV makes ------------------------------------------------------------------------------

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)


WAYS = st.tuples(st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-8-sig"]), st.booleans())
"""How rows end, whether the file begins with a mark, whether every value is quoted."""


@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), way=WAYS)
def test_what_a_writer_of_csv_writes_is_what_is_read(
    scratch: duckdb.DuckDBPyConnection,
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    way: tuple[str, str, bool],
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    with path.open("w", encoding=way[1], newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL if way[2] else csv.QUOTE_MINIMAL, lineterminator=way[0])
        writer.writerow(("Id", "b", "c"))
        writer.writerows((f"id{number}", *row) for number, row in enumerate(rows))
    scratch.execute("CREATE OR REPLACE TABLE found (a TEXT, b TEXT, c TEXT)")
    load(scratch, "found", {name: Column((place,)) for place, name in enumerate("abc")}, Text(path, "any", 3))
    read = scratch.execute("SELECT * FROM found").fetchall()
    assert read == [(f"id{number}", row[0] or None, row[1] or None) for number, row in enumerate(rows)]


# --- where the files lie ----------------------------------------------------------------------------------------------


def test_a_zip_instead_of_a_folder_is_read_the_same(desk: Desk, tmp_path: Path) -> None:
    expected = desk.pull().rows
    packed = tmp_path / "WE_00DLW0000000001_1.ZIP"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for file in desk.folder.glob("*.csv"):
            made.write(file, f"export/{file.name}")
    desk.folder = packed
    assert desk.pull().rows == expected


def test_an_object_that_is_split_over_several_zips_is_read_from_all_of_them(desk: Desk) -> None:
    (desk.folder / "Contact.csv").unlink()
    for number, one in enumerate(CONTACTS):
        with zipfile.ZipFile(desk.folder / f"part_{number}.zip", "w") as made:
            made.writestr("Contact.csv", HEAD + contact(b"Ng").replace(CONTACTS[0].encode(), one.encode()))
    assert sorted(str(row["id"]) for row in desk.pull().rows["contact"]) == sorted(CONTACTS)


def test_a_record_that_two_files_hold_counts_as_the_newer_file_has_it(desk: Desk) -> None:
    for name, year in (("old", 2025), ("new", 2026)):
        with zipfile.ZipFile(desk.folder / f"{name}.zip", "w") as made:
            made.writestr(zipfile.ZipInfo("Contact.csv", (year, 1, 1, 0, 0, 0)), HEAD + contact(name.encode()))
    (desk.folder / "Contact.csv").unlink()
    assert names(desk) == ["new"]


def test_there_is_no_such_place(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "nowhere")
    (finding,) = desk.connect().check()
    assert finding.fatal
    assert "neither a folder nor a file" in finding.cause


def test_the_clock_of_an_export_is_its_newest_moment_of_modification_and_never_later_than_now(desk: Desk) -> None:
    text = '"Id","LastName","SystemModstamp"\n"003","Ng","%s"\n'
    desk.put("Contact.csv", (text % "2026-11-22T07:15:00.000+0000").encode())
    assert desk.connect().server_time() == NOW - 6300
    desk.put("Contact.csv", (text % "2099-01-01 00:00:00").encode())
    assert desk.connect().server_time() == NOW


def test_an_export_without_moments_of_modification_is_as_old_as_its_newest_file(desk: Desk) -> None:
    for file in desk.folder.glob("*.csv"):
        file.write_text(file.read_text(encoding="utf-8").replace("SystemModstamp", "Other"), encoding="utf-8")
    newest = max(int(file.stat().st_mtime) for file in desk.folder.glob("*.csv"))
    assert desk.connect().server_time() == min(NOW, newest)


def test_an_export_that_is_exchanged_while_the_connection_is_open_is_read_anew(desk: Desk) -> None:
    connection = desk.connect()
    list(connection.pull({}))
    desk.put("Contact.csv", HEAD + contact(b"Another name"))
    assert [row["name"] for row in Mirror().pull(connection).rows["contact"]] == ["Another name"]


def test_a_folder_is_searched_below_and_what_is_no_csv_and_no_object_is_passed_over(desk: Desk) -> None:
    below = desk.folder / "2026" / "november"
    below.mkdir(parents=True)
    (desk.folder / "Contact.csv").rename(below / "Contact.CSV")
    desk.put("notes.txt", b"not ours")
    desk.put("Attachment.csv", b"Id,Name\n1,x\n")
    assert len(desk.pull().rows["contact"]) == 3


def test_a_zip_in_the_folder_is_read_like_its_files(desk: Desk) -> None:
    with zipfile.ZipFile(desk.folder / "more.ZIP", "w") as made:
        made.write(desk.folder / "Contact.csv", "Contact.csv")
    (desk.folder / "Contact.csv").unlink()
    assert len(desk.pull().rows["contact"]) == 3


def test_nothing_is_left_in_the_folder_for_temporary_files(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    desk.pull()
    assert list((tmp_path / "scratch").iterdir()) != []
    desk.close()
    assert list((tmp_path / "scratch").iterdir()) == []
