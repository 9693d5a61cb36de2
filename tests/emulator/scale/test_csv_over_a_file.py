"""The CSV that SQL writes over a file is that of Bulk API 2.0 (wire contract 6.1): quoted, null empty, LF or CRLF."""

import csv
import io
from typing import Any

import pytest

from connectors.emulator.salesforce.columnar.found import Records
from tests.emulator.scale.twins import Twins

FIELDS = "Id, Name, Title, DoNotCall, NPS_Score__c, NPS_Date__c, SystemModstamp, Account.Name, Account.AnnualRevenue"


def _csv(twins: Twins, soql: str, start: int = 0, stop: int = 10**9, **dialect: str) -> bytes:
    records = twins.found(soql).rows
    assert isinstance(records, Records)
    return b"".join(records.csv_pages(start, stop, **dialect))


def _rows(text: bytes, **dialect: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode(), newline=""), **dialect))


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.replace("+0000", "Z") if "T" in value and value.endswith("+0000") else value
        case _:
            return str(value)


def test_a_line_holds_the_selected_fields_in_their_order(read_only: Twins) -> None:
    soql = f"SELECT {FIELDS.replace(', Account.AnnualRevenue', '')} FROM Contact ORDER BY LastName, Id"
    fields = [name for name in FIELDS.split(", ") if "." not in name]
    found = read_only.answer(soql)[1]
    expected = [[*(_cell(row[name]) for name in fields), row["Account"]["Name"]] for row in found]
    assert _rows(_csv(read_only, soql)) == expected


def test_every_value_is_quoted_and_quotes_and_line_breaks_stay_inside(read_only: Twins) -> None:
    text = _csv(read_only, "SELECT Id, Description FROM Task")
    rows = _rows(text)
    assert len(rows) == 6_000
    texts = {row[1] for row in rows}
    assert {'Said: "we need this before the quarter ends".', ""} <= texts
    assert "Happy with the rollout so far.\nAsks for a second training." in texts
    assert b'"Said: ""we need this before the quarter ends""."\n' in text
    assert text.startswith(b'"00T')


@pytest.mark.parametrize(("delimiter", "ending"), [("|", "\n"), ("\t", "\r\n"), (";", "\r\n"), ("^", "\n")])
def test_the_dialect_is_the_one_asked_for(read_only: Twins, delimiter: str, ending: str) -> None:
    soql = "SELECT Id, Name FROM Contact"
    text = _csv(read_only, soql, delimiter=delimiter, ending=ending)
    assert text.endswith(f'"{ending}'.encode())
    assert text.count(ending.encode()) == 1_000
    assert _rows(text, delimiter=delimiter) == _rows(_csv(read_only, soql))


def test_any_stretch_of_the_records_can_be_had(read_only: Twins) -> None:
    soql = "SELECT Id FROM Task WHERE IsClosed = true"
    whole = _csv(read_only, soql).splitlines()
    assert _csv(read_only, soql, 10, 13).splitlines() == whole[10:13]
    assert _csv(read_only, soql, len(whole) - 2).splitlines() == whole[-2:]
    assert _csv(read_only, "SELECT Id FROM Task WHERE Subject = 'nothing'") == b""


def test_doubles_are_spelled_as_java_spells_them(twins: Twins) -> None:
    values = {0: "0.0", 1: "1.0", -2.5: "-2.5", 9_999_999: "9999999.0", 10_000_000: "1.0E7", 483_590_000: "4.8359E8",
              -12_345_678.25: "-1.234567825E7", 0.001: "0.001"}  # fmt: skip
    accounts = [row["Id"] for row in twins.answer(f"SELECT Id FROM Account LIMIT {len(values)}")[1]]
    entity = twins.filed.schema.objects["account"]
    for record_id, value in zip(accounts, values, strict=True):
        twins.write(twins.filed).update(entity, record_id, {"AnnualRevenue": value})
    rows = _rows(_csv(twins, f"SELECT AnnualRevenue FROM Account LIMIT {len(values)}"))
    assert [row[0] for row in rows] == list(values.values())
