"""The stage: a stream is one transaction, parents are replaced, the gone are swept, another layout starts over."""

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.base import Ids, Page, StreamEnd
from mapping.statements import arrow_table
from sync.arrival import TABLES, BrokenStreamError
from sync.stage import Stage, StageClosedError, StageInUseError, layout
from tests.sync.process import HOLD_STAGE, python


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(":memory:") as opened:
        yield opened


def page(stream: str, ids: Sequence[str], deleted: Sequence[str] = (), **rows: list[dict[str, Any]]) -> Page:
    tables = {
        name: arrow_table(TABLES[name], [[row.get(column) for column in TABLES[name].column_names()] for row in given])
        for name, given in rows.items()
    }
    return Page(stream, ids, tables, deleted)


def activity(record_id: str, *people: str, subject: str = "Hello") -> Page:
    return page(
        "activity",
        [record_id],
        activity=[{"source": "crm", "id": record_id, "subject": subject}],
        participant=[{"source": "crm", "activity_id": record_id, "contact_id": person} for person in people],
    )


def end(stream: str = "activity", cursor: str | None = "1", *, whole: bool = False) -> StreamEnd:
    return StreamEnd(stream, cursor, whole, read=1)


def column(stage: Stage, query: str) -> list[Any]:
    return sorted(row[0] for row in stage.connection.execute(query).fetchall())


def test_a_stream_becomes_visible_with_its_cursor(stage: Stage) -> None:
    ends = list(stage.take("crm", [activity("e1", "c1", "c2"), end(cursor="17")]))
    assert [item.stream for item in ends] == ["activity"]
    assert column(stage, "SELECT contact_id FROM participant") == ["c1", "c2"]
    assert stage.cursors("crm") == {"activity": "17"}


def test_rows_of_a_parent_that_is_read_again_are_replaced_even_by_none(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "c1", "c2"), end()]))
    list(stage.take("crm", [activity("e1", subject="Again"), end()]))
    assert column(stage, "SELECT contact_id FROM participant") == []
    assert column(stage, "SELECT subject FROM activity") == ["Again"]


def test_a_stream_that_comes_first_replaces_what_another_told_of_the_same_record_and_nothing_else(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "c1"), activity("e2", "c2"), end()]))
    again = page("mails", ["e1"], activity=[{"source": "crm", "id": "e1", "subject": "Again"}], participant=[])
    other = page("mails", ["e3"], activity=[{"source": "crm", "id": "e3", "subject": "Other"}])
    list(stage.take("crm", [again, other, end("mails")]))
    assert column(stage, "SELECT subject FROM activity") == ["Again", "Hello", "Other"]
    assert column(stage, "SELECT contact_id FROM participant") == ["c2"]


def test_the_garbage_collector_is_left_as_it_was_found(stage: Stage) -> None:
    before = gc.get_threshold()
    list(stage.take("crm", [activity("e1"), end()]))
    with pytest.raises(BrokenStreamError):
        list(stage.take("crm", [activity("e2")]))
    assert gc.get_threshold() == before


def test_a_table_a_page_does_not_bring_keeps_its_rows(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "c1"), end()]))
    again = page("activity", ["e1"], activity=[{"source": "crm", "id": "e1", "subject": "Again"}])
    list(stage.take("crm", [again, end()]))
    assert column(stage, "SELECT contact_id FROM participant") == ["c1"]


def test_of_two_versions_in_one_pull_the_later_counts(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "c1"), activity("e1", "c2", subject="Later"), end()]))
    assert column(stage, "SELECT subject FROM activity") == ["Later"]
    assert column(stage, "SELECT contact_id FROM participant") == ["c2"]


def test_a_deletion_reaches_every_table_the_stream_ever_filled(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "c1"), activity("e2", "c2"), end()]))
    list(stage.take("crm", [page("activity", [], deleted=["e1"]), end()]))
    assert column(stage, "SELECT id FROM activity") == ["e2"]
    assert column(stage, "SELECT contact_id FROM participant") == ["c2"]


def test_a_record_deleted_and_restored_in_one_pull_is_there(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "c1"), end()]))
    list(stage.take("crm", [page("activity", [], deleted=["e1"]), activity("e1", "c9"), end()]))
    assert column(stage, "SELECT contact_id FROM participant") == ["c9"]


def test_a_whole_listing_sweeps_who_was_not_in_it_but_no_other_stream(stage: Stage) -> None:
    call = page("call", ["k1"], activity=[{"source": "crm", "id": "k1"}])
    list(stage.take("crm", [activity("e1", "c1"), activity("e2", "c2"), end(), call, end("call")]))
    list(stage.take("crm", [activity("e2", "c2"), end(whole=True)]))
    assert column(stage, "SELECT id FROM activity") == ["e2", "k1"]
    assert column(stage, "SELECT contact_id FROM participant") == ["c2"]


def test_an_empty_whole_listing_empties_the_stream(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "c1"), end()]))
    list(stage.take("crm", [end(whole=True)]))
    assert column(stage, "SELECT id FROM activity") == []


def test_the_same_id_of_another_connection_is_another_record(stage: Stage) -> None:
    other = page("activity", ["e1"], activity=[{"source": "hub", "id": "e1"}])
    list(stage.take("crm", [activity("e1", "c1"), end()]))
    list(stage.take("hub", [other, end()]))
    list(stage.take("crm", [page("activity", [], deleted=["e1"]), end()]))
    assert column(stage, "SELECT source FROM activity") == ["hub"]


def test_nothing_of_a_stream_that_fails_half_way_is_visible_and_those_before_it_stay(stage: Stage) -> None:
    def pull() -> Iterator[Page | StreamEnd]:
        yield activity("e1", "c1")
        yield end(cursor="5")
        yield page("contact", ["c1"], contact=[{"source": "crm", "id": "c1"}])
        raise ConnectionError("the line is dead")

    with pytest.raises(ConnectionError):
        list(stage.take("crm", pull()))
    assert column(stage, "SELECT id FROM contact") == []
    assert column(stage, "SELECT id FROM activity") == ["e1"]
    assert stage.cursors("crm") == {"activity": "5"}


def test_a_stream_without_its_end_is_a_broken_contract(stage: Stage) -> None:
    with pytest.raises(BrokenStreamError, match="has no end"):
        list(stage.take("crm", [activity("e1", "c1")]))
    assert column(stage, "SELECT id FROM activity") == []


def test_interleaved_streams_are_a_broken_contract(stage: Stage) -> None:
    with pytest.raises(BrokenStreamError, match="call begins before activity has ended"):
        list(stage.take("crm", [activity("e1", "c1"), page("call", ["k1"])]))


def test_a_stream_without_a_cursor_is_read_from_the_beginning_next_time(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1"), end(cursor=None)]))
    assert stage.cursors("crm") == {}


def test_forgetting_a_connection_makes_its_next_pull_full(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1"), end()]))
    stage.forget("crm")
    assert stage.cursors("crm") == {}


def test_what_was_staged_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    with Stage(tmp_path / "acme.duckdb") as stage:
        list(stage.take("crm", [activity("e1", "c1"), end()]))
    with Stage(tmp_path / "acme.duckdb") as stage:
        assert not stage.rebuilt
        assert column(stage, "SELECT id FROM activity") == ["e1"]


def test_a_file_of_another_layout_is_started_over(tmp_path: Path) -> None:
    with Stage(tmp_path / "acme.duckdb") as stage:
        list(stage.take("crm", [activity("e1"), end()]))
        stage.connection.execute("UPDATE stage_layout SET fingerprint = 'of last year'")
    with Stage(tmp_path / "acme.duckdb") as stage:
        assert stage.rebuilt
        assert (stage.cursors("crm"), column(stage, "SELECT id FROM activity")) == ({}, [])
        assert column(stage, "SELECT fingerprint FROM stage_layout") == [layout()]


@pytest.mark.parametrize("content", [b"this is no database", b"\0" * 4096])
def test_an_unreadable_file_is_started_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "acme.duckdb").write_bytes(content)
    with Stage(tmp_path / "acme.duckdb") as stage:
        assert stage.rebuilt


def test_a_stage_that_another_process_holds_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "acme.duckdb"
    with Stage(path) as stage:
        list(stage.take("crm", [activity("e1", "c1"), end()]))
    with python(HOLD_STAGE, str(path)) as other:
        with pytest.raises(StageInUseError, match=r"has .*acme\.duckdb open\. Wait until it has finished"):
            Stage(path).__enter__()
        other.communicate()
    with Stage(path) as stage:
        assert not stage.rebuilt
        assert column(stage, "SELECT id FROM activity") == ["e1"]


def test_a_file_that_was_cut_off_is_deleted_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "acme.duckdb"
    with Stage(path) as stage:
        list(stage.take("crm", [activity("e1"), end()]))
    path.write_bytes(path.read_bytes()[:20_000])
    with Stage(path) as stage:
        assert stage.rebuilt
        assert stage.cursors("crm") == {}
    assert f"the stage {path} is deleted, the next pull is full" in caplog.text


def test_a_damaged_log_of_the_file_starts_over(tmp_path: Path) -> None:
    path, copy = tmp_path / "acme.duckdb", tmp_path / "copy.duckdb"
    with Stage(path) as stage:
        list(stage.take("crm", [activity("e1"), end()]))
        copy.write_bytes(path.read_bytes())
        content = bytearray(Path(f"{path}.wal").read_bytes())
        content[len(content) // 2] ^= 0xFF
        Path(f"{copy}.wal").write_bytes(content)
    with Stage(copy) as stage:
        assert stage.rebuilt


@pytest.mark.parametrize("fault", ["No space left on device", "Permission denied", "Input/output error"])
def test_a_stage_that_the_system_refuses_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    path = tmp_path / "Corrupt" / "acme.duckdb"
    path.parent.mkdir()
    with Stage(path) as stage:
        list(stage.take("crm", [activity("e1"), end()]))

    def refuse(name: str, **_: object) -> None:
        raise duckdb.IOException(f'IO Error: Failure while replaying WAL file "{name}": {fault}\n\nSee also: nowhere')

    with monkeypatch.context() as system:
        system.setattr("duckdb.connect", refuse)
        with pytest.raises(StageClosedError, match=rf"cannot be used: .*{fault}\. Mend that, or name another folder"):
            Stage(path).__enter__()
    with Stage(path) as stage:
        assert not stage.rebuilt
        assert column(stage, "SELECT id FROM activity") == ["e1"]


def test_a_database_of_another_kind_is_never_taken_for_a_stage(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    content = b"SQLite format 3\0" + bytes(8_176)
    path.write_bytes(content)
    with pytest.raises(StageClosedError, match="cannot be used: it is a database of SQLite"):
        Stage(path).__enter__()
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_stage_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(StageClosedError, match="Is a directory"):
        Stage(tmp_path).__enter__()
    assert tmp_path.is_dir()


def test_a_broken_file_starts_over_even_where_its_path_speaks_of_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "lockers.duckdb"
    path.write_bytes(b"no database" * 1000)
    with Stage(path) as stage:
        assert stage.rebuilt


def test_what_a_removed_connection_left_is_dropped_with_its_cursor(stage: Stage) -> None:
    account = {"id": "a1", "name": "Globex"}
    for source in ("crm", "old"):
        list(stage.take(source, [page("account", ["a1"], account=[{**account, "source": source}]), end("account")]))
    stage.keep_only(["crm"])
    assert column(stage, "SELECT source FROM account") == ["crm"]
    assert stage.cursors("crm") == {"account": "1"}
    assert stage.cursors("old") == {}


def ties(contact: str, *companies: str, **more: Any) -> Page:
    rows = [{"source": "crm", "id": f"{contact}:{one}", "contact_id": contact, "account_id": one} for one in companies]
    roles = [
        {"source": "crm", "id": f"label:{contact}:{one}", "contact_id": contact, "role": "Buyer"} for one in companies
    ]
    return page("contacts", [contact, f"{contact}:", f"label:{contact}:"], affiliation=rows, contact_role=roles, **more)


def test_an_id_that_ends_in_a_colon_stands_for_all_that_begin_with_it(stage: Stage) -> None:
    first: list[Page | StreamEnd] = [
        ties("c1", "a1", "a2"),
        ties("c11", "a1"),
        ties("c2", "a1"),
        end("contacts", whole=True),
    ]
    list(stage.take("crm", first))
    gone = page("contacts", [], deleted=["c2", "c2:", "label:c2:"])
    list(stage.take("crm", [ties("c1", "a2"), gone, end("contacts")]))
    assert column(stage, "SELECT id FROM affiliation") == ["c11:a1", "c1:a2"]
    assert column(stage, "SELECT id FROM contact_role") == ["label:c11:a1", "label:c1:a2"]


def test_the_beginning_of_ids_is_no_member_that_a_whole_listing_could_miss(stage: Stage) -> None:
    list(stage.take("crm", [ties("c1", "a1"), end("contacts")]))
    rows = [{"source": "crm", "id": "c1:a1", "contact_id": "c1", "account_id": "a1"}]
    list(stage.take("crm", [page("contacts", ["c1"], affiliation=rows), end("contacts", whole=True)]))
    assert column(stage, "SELECT id FROM affiliation") == ["c1:a1"]


def test_a_new_stream_replaces_rows_that_another_one_left_of_the_same_parent(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "c1"), activity("e2", "c2"), end()]))
    again = page("call", ["e2"], activity=[{"source": "crm", "id": "e2", "subject": "Call"}], participant=[])
    list(stage.take("crm", [again, page("call", ["e3"], activity=[{"source": "crm", "id": "e3"}]), end("call")]))
    assert column(stage, "SELECT id FROM activity") == ["e1", "e2", "e3"]
    assert column(stage, "SELECT subject FROM activity WHERE id = 'e2'") == ["Call"]
    assert column(stage, "SELECT contact_id FROM participant") == ["c1"]


def test_the_beginning_of_ids_in_a_new_stream_reaches_rows_that_another_one_left(stage: Stage) -> None:
    left = page("role", ["r1:a", "r2:a"], contact_role=[{"source": "crm", "id": one} for one in ("r1:a", "r2:a")])
    list(stage.take("crm", [left, end("role")]))
    new = page("tie", ["r1", "r1:", "r1:b"], contact_role=[{"source": "crm", "id": "r1:b"}])
    list(stage.take("crm", [new, end("tie")]))
    assert column(stage, "SELECT id FROM contact_role") == ["r1:b", "r2:a"]


def test_of_two_versions_the_later_counts_however_long_the_pages_are(stage: Stage) -> None:
    many = [f"e{number}" for number in range(130_000)]  # more than DuckDB keeps in one piece
    first = page("activity", many, activity=[{"source": "crm", "id": one, "subject": "First"} for one in many])
    later = page(
        "activity", many[::9999], activity=[{"source": "crm", "id": one, "subject": "Later"} for one in many[::9999]]
    )
    list(stage.take("crm", [first, later, page("activity", ["x"]), end()]))
    assert column(stage, "SELECT COUNT(*) FROM activity") == [130_000]
    assert column(stage, "SELECT id FROM activity WHERE subject = 'Later'") == sorted(many[::9999])


def test_ids_may_come_as_a_column_and_count_like_any_others(stage: Stage) -> None:
    rows = page("activity", [], activity=[{"source": "crm", "id": one} for one in ("e1", "e2")])
    ids = Ids(rows.tables["activity"].column("id"))
    assert (list(ids), len(ids), ids[0], ids[-1:]) == (["e1", "e2"], 2, "e1", ["e2"])
    assert list(ids.and_then(["e3"])) == ["e1", "e2", "e3"]
    assert ids.and_then([]) is ids
    list(stage.take("crm", [Page("activity", ids.and_then(["e3"]), rows.tables), end()]))
    assert column(stage, "SELECT id FROM stage_member") == ["e1", "e2", "e3"]
    list(stage.take("crm", [Page("activity", Ids.of(["e2"]), {}), end(whole=True)]))
    assert column(stage, "SELECT id FROM activity") == ["e2"]


def test_tables_that_hold_no_other_parents_than_their_page_are_replaced_like_any_others(stage: Stage) -> None:
    def listed(subject: str) -> Page:
        rows = page("activity", [], activity=[{"source": "crm", "id": "e1", "subject": subject}])
        return Page("activity", ["e1"], rows.tables, listed=["activity"])

    list(stage.take("crm", [listed("Hello"), end()]))
    list(stage.take("crm", [listed("Again"), listed("Later"), end(whole=True)]))
    assert column(stage, "SELECT subject FROM activity") == ["Later"]


def test_after_a_pull_there_are_as_many_threads_as_before(stage: Stage) -> None:
    stage.connection.execute("SET threads = 2")
    list(stage.take("crm", [activity("e1"), end()]))
    assert column(stage, "SELECT CURRENT_SETTING('threads')") == [2]


def test_while_pages_arrive_little_memory_is_allowed_and_before_and_after_as_much_as_ever(tmp_path: Path) -> None:
    limit = "SELECT CURRENT_SETTING('memory_limit')"
    with Stage(tmp_path / "stage.duckdb") as stage:
        before, during = column(stage, limit), []

        def pages() -> Iterator[Page | StreamEnd]:
            for id_ in ("e1", "e2"):
                yield activity(id_)
                during.extend(column(stage, limit))
            yield end()

        list(stage.take("crm", pages()))
        assert during == ["128.0 MiB", "128.0 MiB"]
        assert column(stage, limit) == before != during[:1]


def test_no_page_stays_on_the_connection_until_its_stream_ends(stage: Stage) -> None:
    registered = "SELECT view_name FROM duckdb_views() WHERE NOT internal"

    def pages() -> Iterator[Page | StreamEnd]:
        yield activity("e1")
        assert column(stage, registered) == []
        yield end()

    list(stage.take("crm", pages()))
    stage.connection.register("arrived", activity("e1").tables["activity"])
    assert column(stage, registered) == ["arrived"]


def merge(object_name: str, loser: str, winner: str) -> Page:
    row = {"source": "crm", "id": loser, "winner_id": winner}
    return page(object_name, [winner], [loser], **{f"merged_{object_name}": [row]})


def test_17_a_merge_of_accounts_leaves_the_contact_with_the_same_number_alone(stage: Stage) -> None:
    list(stage.take("crm", [activity("e1", "5"), end()]))
    placed = [{"source": "crm", "id": "e2", "account_id": "5"}]
    list(stage.take("crm", [page("deal", ["e2"], opportunity=placed), end("deal")]))
    list(stage.take("crm", [merge("account", "5", "7"), end("account")]))
    assert column(stage, "SELECT contact_id FROM participant") == ["5"]
    assert column(stage, "SELECT account_id FROM opportunity") == ["7"]
    list(stage.take("crm", [merge("contact", "5", "6"), end("contact")]))
    assert column(stage, "SELECT contact_id FROM participant") == ["6"]
    assert column(stage, "SELECT account_id FROM opportunity") == ["7"]


def test_32_a_loser_that_a_whole_listing_tells_of_is_gone_and_stays_known_as_one(stage: Stage) -> None:
    people = [{"source": "crm", "id": one} for one in ("5", "6")]
    list(stage.take("crm", [page("contact", ["5", "6"], contact=people), end("contact", whole=True)]))
    for _ in range(2):
        told = merge("contact", "5", "6")
        listed = Page("contact", ["6"], {**told.tables, **page("contact", ["6"], contact=people[1:]).tables}, ["5"])
        list(stage.take("crm", [listed, end("contact", whole=True)]))
        assert column(stage, "SELECT id FROM contact") == ["6"]
        assert column(stage, "SELECT winner_id FROM merged_contact WHERE id = '5'") == ["6"]
