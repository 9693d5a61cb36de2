"""Laws of the wire: what holds for every value, identifier, credential and field map, not only for the usual ones."""

import string
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connectors import columns
from connectors.base import AssignTask, CreateTask, DeleteTask, SetTaskState, UpdateRecord, Write
from connectors.dialect import SHORTEST_SECRET, redact, template
from connectors.hubspot import values
from connectors.hubspot.client import chunks
from connectors.hubspot.engagements import addresses
from connectors.hubspot.pace import Window
from connectors.salesforce.columns import mapped
from connectors.salesforce.columns import text as words
from connectors.salesforce.cursor import Cursor, Unfinished
from connectors.salesforce.soql import LONGEST_LIST, epoch, id18, lists, moment, quoted
from connectors.salesforce.write import BATCH, batches, wire
from mapping.fields import ATTRIBUTES, Type, Vendor, attributes, problems, resolve, suggestion
from mapping.metadata import FIELDS, Field, Kind
from tests.connectors.reading import COLUMN, read_by_hubspot, read_by_salesforce

ALPHANUMERIC = string.ascii_letters + string.digits
TEXT = st.text(st.characters(codec="utf-8"))
WORDS = st.text(string.ascii_lowercase + " .,", max_size=30)
MOMENTS = st.integers(-2_000_000_000, 4_000_000_000)
BY_KIND = {kind: [field for field in FIELDS if field.kind is kind] for kind in Kind}


@st.composite
def canonical_values(draw: st.DrawFn) -> tuple[Field, str]:
    """Draw a field of ours and canonical text it may hold."""
    field = draw(st.sampled_from(FIELDS))
    match field.kind:
        case Kind.NUMBER:
            return field, str(draw(st.integers(-(10**9), 10**9)))
        case Kind.DATE:
            return field, draw(st.dates(min_value=date(1700, 1, 1), max_value=date(4000, 12, 31))).isoformat()
        case Kind.FLAG:
            return field, draw(st.sampled_from(["true", "false"]))
        case Kind.CHOICE:
            return field, draw(st.sampled_from(field.choices))
        case Kind.CHOICES:
            chosen = draw(st.sets(st.sampled_from(field.choices), min_size=1))
            return field, ";".join(sorted(chosen))
        case Kind.TEXT | Kind.LONG_TEXT:
            return field, draw(TEXT.filter(bool))


# --- row 39: canonical values ----------------------------------------------------------------------------------------


@given(canonical_values())
def test_39_a_canonical_value_survives_the_way_through_salesforces_json(drawn: tuple[Field, str]) -> None:
    field, text = drawn
    assert field.canonical(orjson.loads(orjson.dumps(wire(field, text)))) == text


@given(canonical_values())
def test_39_a_canonical_value_survives_the_way_through_hubspots_texts(drawn: tuple[Field, str]) -> None:
    field, text = drawn
    assert read_by_hubspot(columns.observed(field, "f"), [text], "TEXT") == [text]


@given(st.sampled_from(BY_KIND[Kind.NUMBER]), st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_a_number_is_the_same_however_many_zeros_the_crm_appends(field: Field, number: int, zeros: int) -> None:
    written = f"{number}.{'0' * zeros}" if zeros else str(number)
    assert field.canonical(float(number)) == str(number)
    assert read_by_hubspot(columns.observed(field, "f"), [written], "TEXT") == [str(number)]


@given(st.sampled_from(BY_KIND[Kind.DATE]), st.dates(min_value=date(1970, 1, 2), max_value=date(4000, 1, 1)))
def test_39_a_date_that_hubspot_keeps_in_milliseconds_is_the_same_day(field: Field, day: date) -> None:
    milliseconds = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
    assert read_by_hubspot(columns.observed(field, "f"), [str(milliseconds)], "TEXT") == [day.isoformat()]


@given(st.sampled_from(BY_KIND[Kind.CHOICES]), st.data())
def test_the_order_a_crm_lists_choices_in_does_not_make_another_value(field: Field, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(field.choices), min_size=1, unique=True))
    shuffled = data.draw(st.permutations(chosen))
    expected = field.canonical(";".join(chosen))
    assert read_by_hubspot(columns.observed(field, "f"), [";".join(shuffled)], "TEXT") == [expected]


@given(st.sampled_from(FIELDS))
def test_22_clearing_reads_back_as_empty_or_as_a_flag_that_is_off(field: Field) -> None:
    read = field.canonical(wire(field, None))
    assert read == ("false" if field.kind is Kind.FLAG else None)
    assert read_by_hubspot(columns.observed(field, "f"), [""], "TEXT") == [None]


# --- row 39: moments -------------------------------------------------------------------------------------------------


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_39_a_moment_is_the_same_second_with_and_without_a_colon_in_its_offset(at: int, minutes: int) -> None:
    local = datetime.fromtimestamp(at, timezone(timedelta(minutes=minutes)))
    assume(1 < local.year < 9999)
    with_colon = local.isoformat()
    without = with_colon[:-3] + with_colon[-2:]
    assert epoch(with_colon) == epoch(without) == values.instant(with_colon) == values.instant(without) == at
    assert read_by_hubspot(columns.instant("f"), [with_colon, without], "BIGINT") == [at, at]


@given(MOMENTS)
def test_39_a_fraction_of_a_second_and_a_z_change_nothing(at: int) -> None:
    stem = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    forms = [f"{stem}Z", f"{stem}.000Z", f"{stem}.123+0000", f"{stem}+00:00"]
    assert {epoch(form) for form in forms} == {values.instant(form) for form in forms} == {at}
    assert set(read_by_hubspot(columns.instant("f"), forms, "BIGINT")) == {at}
    assert epoch(moment(at)) == at


@given(st.dates(min_value=date(1700, 1, 1), max_value=date(4000, 1, 1)))
def test_39_a_date_is_its_midnight_in_utc_for_both_vendors(day: date) -> None:
    read = epoch(day.isoformat())
    assert read == values.instant(day.isoformat())
    assert read_by_hubspot(columns.instant("f"), [day.isoformat()], "BIGINT") == [read]
    assert read is not None
    assert read % 86_400 == 0
    assert datetime.fromtimestamp(read, UTC).date() == day


@given(st.integers(0, 10**13))
def test_39_hubspots_milliseconds_are_cut_to_seconds(milliseconds: int) -> None:
    assert values.instant(str(milliseconds)) == milliseconds // 1000
    assert read_by_hubspot(columns.instant("f"), [str(milliseconds)], "BIGINT") == [milliseconds // 1000]


# --- reading never fails ---------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXT
ONE_OF_EACH = {attribute.type: attribute for attribute in ATTRIBUTES}


@given(st.sampled_from(sorted(Type)), st.lists(SCALARS, max_size=4))
def test_whatever_a_mapped_salesforce_field_holds_becomes_a_column_of_its_type(
    kind: Type, raw: Sequence[object]
) -> None:
    attribute = ONE_OF_EACH[kind]
    reader = mapped([attribute], {attribute.name: "F"}, lambda _: None)[attribute.name]
    assert len(read_by_salesforce(reader, raw, COLUMN[kind])) == len(raw)


NUMERIC = st.integers().map(str) | st.floats().map(str)


@given(st.sampled_from(sorted(Type)), st.lists(st.none() | TEXT | NUMERIC, max_size=4))
def test_whatever_a_mapped_hubspot_property_holds_becomes_a_column_of_its_type(
    kind: Type, raw: Sequence[str | None]
) -> None:
    attribute = ONE_OF_EACH[kind]
    reader = columns.mapped([attribute], {attribute.name: "f"})[attribute.name]
    assert len(read_by_hubspot(reader, raw, COLUMN[kind])) == len(raw)


@given(st.sampled_from(["nan", "inf", "-inf", "Infinity", "NaN", "1e999"]))
def test_27_what_is_no_finite_number_is_unknown_in_both_vendors(text: str) -> None:
    assert (values.number(text), values.whole(text)) == (None, None)
    assert read_by_hubspot(columns.number("f"), [text], "DOUBLE") == [None]
    assert read_by_hubspot(columns.whole("f"), [text], "BIGINT") == [None]
    assert read_by_salesforce(columns.number("F"), [text], "DOUBLE") == [None]
    assert read_by_salesforce(columns.whole("F"), [text], "BIGINT") == [None]


@given(st.sampled_from(["null", "None", "NA", "N/A", "nil", "-", "0", "false"]))
def test_14_words_that_look_like_nothing_stay_words(text: str) -> None:
    assert read_by_hubspot(columns.plain("f"), [text], "TEXT") == [text]
    assert read_by_salesforce(words("F"), [text], "TEXT") == [text]


@given(st.text(values.BLANKS + "aB@.", max_size=12))
def test_an_address_is_the_same_for_sql_and_for_the_headers_of_a_mail(text: str) -> None:
    assert read_by_hubspot(columns.lowered("f"), [text], "TEXT") == [values.lower(text)]


@given(TEXT)
def test_garbled_headers_of_an_email_never_stop_a_pull(text: str) -> None:
    assert set(addresses({"hs_email_headers": text}).values()) <= {"from", "to"}


@given(TEXT)
def test_a_cursor_is_understood_or_ignored_and_never_an_error(text: str) -> None:
    cursor = Cursor.parse(text)
    assert cursor is None or Cursor.parse(cursor.text()) == cursor


@given(st.integers(0, 2**40), st.integers(0, 2**40), st.text(string.hexdigits, min_size=1, max_size=16))
def test_a_cursor_survives_the_stage(at: int, whole_at: int, shape: str) -> None:
    assert Cursor.parse(Cursor(at, whole_at, shape).text()) == Cursor(at, whole_at, shape)
    left = Unfinished(at, whole=at > whole_at, jobs={shape: "750"}, last=(shape, "003"))
    cursor = Cursor(at, whole_at, shape, whole_at, left)
    assert Cursor.parse(cursor.text()) == cursor


# --- identifiers and literals ----------------------------------------------------------------------------------------

PREFIXES = ("001", "003", "005", "006", "00K", "00T", "00U", "02s", "07k", "0PS", "00N", "01g")
SALESFORCE_IDS = st.tuples(
    st.sampled_from(PREFIXES),
    st.text(ALPHANUMERIC, min_size=12, max_size=12),
    st.sampled_from(["", "AAA", "YAX", "IA2"]),
).map("".join)
HUBSPOT_IDS = st.integers(1, 10**15).map(str)
ADDRESSES = st.tuples(st.text(string.ascii_lowercase, min_size=1), st.text(string.ascii_lowercase, min_size=1)).map(
    "@".join
)


@given(SALESFORCE_IDS | HUBSPOT_IDS | ADDRESSES, st.sampled_from(["", "/describe", "?fields=Id,Name"]))
def test_a_counted_endpoint_never_keeps_an_identifier(identifier: str, rest: str) -> None:
    counted = template(f"/services/data/v62.0/sobjects/Contact/{identifier}{rest}")
    assert counted == f"/services/data/v62.0/sobjects/Contact/{{id}}{rest.partition('?')[0]}"


@given(SALESFORCE_IDS, st.integers(1, 10**6))
def test_a_locator_is_an_identifier_too(identifier: str, offset: int) -> None:
    assert template(f"/services/data/v62.0/query/{identifier}-{offset}") == "/services/data/v62.0/query/{id}"


@given(st.sampled_from([field.hubspot_name() for field in FIELDS]))
def test_the_names_of_our_properties_are_no_identifiers(name: str) -> None:
    path = f"/crm/properties/2026-09/contacts/{name}"
    assert template(path) == path


@given(st.text(ALPHANUMERIC, min_size=15, max_size=15))
def test_20_an_identifier_keeps_its_beginning_and_is_completed_once(short: str) -> None:
    assert (id18(short)[:15], len(id18(short)), id18(id18(short))) == (short, 18, id18(short))


@given(st.text(string.ascii_letters, min_size=15, max_size=15))
def test_20_identifiers_that_differ_in_case_alone_differ_without_case_when_completed(short: str) -> None:
    assert id18(short).lower() != id18(short.swapcase()).lower()


def read_literal(literal: str) -> str:
    """Read a SOQL literal as Salesforce does; an unescaped quote inside is an error."""
    assert literal[0] == literal[-1] == "'"
    inner, out = iter(literal[1:-1]), []
    meant = {"n": "\n", "r": "\r", "t": "\t", "'": "'", "\\": "\\"}
    for character in inner:
        assert character != "'"
        out.append(meant[next(inner)] if character == "\\" else character)
    return "".join(out)


@given(TEXT)
def test_any_text_is_one_literal_and_reads_back_as_itself(text: str) -> None:
    assert read_literal(quoted(text)) == text


@given(st.lists(SALESFORCE_IDS, max_size=60), st.integers(0, 12))
def test_19_lists_hold_every_identifier_once_and_none_is_too_long(ids: list[str], times: int) -> None:
    many = [f"{identifier}{number}" for number in range(times) for identifier in ids]
    cut = list(lists([*many, *many]))
    assert [one for part in cut for one in part] == sorted(set(many))
    assert all(0 < len(part) <= LONGEST_LIST for part in cut)


@given(st.lists(st.integers()), st.integers(1, 20))
def test_chunks_are_the_sequence_in_parts(items: list[int], size: int) -> None:
    parts = list(chunks(items, size))
    assert [item for part in parts for item in part] == items
    assert all(0 < len(part) <= size for part in parts)


RECORDS = st.integers(1, 4).map(lambda number: f"003LW{number:010d}YAA")
WRITES = st.one_of(
    RECORDS.map(lambda record: UpdateRecord("contact", record, {"depth": "1"})),
    RECORDS.map(lambda record: CreateTask(record, "s", "b", 0, None, "001", None)),
    RECORDS.map(lambda record: SetTaskState(record, "k", open=True)),
    RECORDS.map(lambda record: AssignTask(record, "k", "005")),
    RECORDS.map(lambda record: DeleteTask(record, "k")),
)


@given(st.lists(WRITES, max_size=40))
def test_27_batches_hold_every_write_in_order_of_one_kind_and_no_record_twice(writes: list[Write]) -> None:
    cut = list(batches(writes))
    assert [write for batch in cut for write in batch] == writes
    for batch in cut:
        assert len({type(write) for write in batch}) == 1
        changed = [write.id for write in batch if not isinstance(write, CreateTask)]
        assert len(changed) == len(set(changed))
        assert len(batch) <= BATCH


# --- credentials -----------------------------------------------------------------------------------------------------

OPAQUE = st.text(ALPHANUMERIC, min_size=12, max_size=40).map("S3{}".format)
FORMS = (
    "Bearer {}",
    "Authorization: Basic {}==",
    "00D5g000001AbCd!AQ.{}",
    "5Aep861{}",
    "pat-na1-{}",
    "na1-0a1b-{}",
    "eyJhbGciOiJSUzI1NiJ9.{}.sig",
    "client_secret={}&x=1",
    '{{"refresh_token": "{}"}}',
    "<sessionId>{}</sessionId>",
    "password: 'two {}'",
)


@given(WORDS, st.sampled_from(FORMS), OPAQUE, WORDS)
def test_no_credential_of_either_vendor_survives_redaction(before: str, form: str, secret: str, after: str) -> None:
    said = redact(f"{before} {form.format(secret)} {after}")
    assert secret not in said
    assert "[secret]" in said
    assert said.startswith(before)


@given(WORDS, st.text(ALPHANUMERIC + "!.-_", min_size=SHORTEST_SECRET).filter(lambda text: text not in "[secret]"))
def test_a_known_credential_is_taken_out_however_it_looks(words: str, credential: str) -> None:
    said = redact(f"{words}<{credential}>{credential}", [credential])
    assert credential not in said.replace("[secret]", "\n").replace(words, "\n")


@given(WORDS)
def test_redaction_leaves_ordinary_words_alone(words: str) -> None:
    assert redact(words) == words


# --- limits ----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 5), st.integers(1, 10), st.lists(st.integers(0, 3), max_size=40))
def test_35_no_interval_holds_more_requests_than_the_window_allows(most: int, seconds: int, steps: list[int]) -> None:
    window, now, sent = Window(most, float(seconds)), 0.0, list[float]()
    for step in steps:
        now += step
        sent.append(now + window.book(now))
    assert sent == sorted(sent)
    assert all(later - earlier >= seconds for earlier, later in zip(sent, sent[most:], strict=False))


# --- field maps ------------------------------------------------------------------------------------------------------

TABLES = sorted({attribute.table for attribute in ATTRIBUTES})
CRM_FIELDS = st.none() | st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True)


@st.composite
def maps(draw: st.DrawFn) -> Mapping[str, Mapping[str, str | None]]:
    """Draw what an organisation may set."""
    chosen = draw(st.lists(st.sampled_from(ATTRIBUTES), unique=True))
    found: dict[str, dict[str, str | None]] = {}
    for attribute in chosen:
        found.setdefault(attribute.table, {})[attribute.name] = draw(CRM_FIELDS)
    return found


VENDORS = st.sampled_from(["salesforce", "hubspot"])


@given(VENDORS, maps())
def test_what_is_chosen_wins_and_everything_else_keeps_its_default(
    vendor: Vendor, chosen: Mapping[str, Mapping[str, str | None]]
) -> None:
    merged = resolve(vendor, chosen)
    assert list(problems(chosen)) == []
    assert set(merged) == set(TABLES)
    for attribute in ATTRIBUTES:
        told = chosen.get(attribute.table, {})
        expected = told[attribute.name] if attribute.name in told else attribute.default(vendor)
        assert merged[attribute.table].get(attribute.name) == (expected or None)


@given(maps(), st.sampled_from(TABLES), st.text(string.ascii_lowercase, min_size=1))
def test_a_wrong_attribute_is_named_with_its_table_and_a_way_out(
    chosen: Mapping[str, Mapping[str, str | None]], table: str, wrong: str
) -> None:
    known = [attribute.name for attribute in attributes(table)]
    assume(wrong not in known)
    (said,) = problems({**chosen, table: {**chosen.get(table, {}), wrong: "X__c"}})
    assert f"{table} has no attribute '{wrong}'" in said
    assert any(name in said for name in known)


@given(st.text(string.ascii_lowercase + "_", min_size=1))
def test_a_wrong_table_is_named_once_however_many_attributes_it_has(wrong: str) -> None:
    assume(wrong not in TABLES)
    (said,) = problems({wrong: {"title": "A", "nonsense": "B"}})
    assert f"there is no table '{wrong}' to map" in said


@pytest.mark.parametrize("vendor", ["salesforce", "hubspot"])
def test_every_default_is_its_own_suggestion_whatever_its_case(vendor: Vendor) -> None:
    known = [name for table in resolve(vendor, {}).values() for name in table.values()]
    for name in known:
        assert suggestion(name.upper(), known) == f"Did you mean '{name}'?"


@given(st.sampled_from(["Segment__c", "NumberOfEmployees", "jobtitle", "hs_deal_stage_probability"]), st.data())
def test_a_field_with_one_letter_missing_is_recognised(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    mistyped = name[:place] + name[place + 1 :]
    assert suggestion(mistyped, [name, "Unrelated__c"]) == f"Did you mean '{name}'?"


def test_nothing_is_suggested_when_nothing_is_alike() -> None:
    assert suggestion("zzzz", ["Segment__c", "jobtitle"]) == ""
    assert suggestion("anything", []) == ""
