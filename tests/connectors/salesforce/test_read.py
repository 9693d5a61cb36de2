"""Reading, over a mocked network: what the emulator does not offer."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from connectors.base import Page, StreamEnd
from connectors.options import SalesforceOptions
from connectors.salesforce.auth import SignIn
from connectors.salesforce.connector import Salesforce
from connectors.salesforce.cursor import Cursor
from connectors.salesforce.reading import REREAD
from connectors.salesforce.soql import moment
from tests.connectors.conftest import BASE, NOW, Wire

DATA = f"{BASE}/services/data/v62.0"
CLOCK = {"Date": "Sat, 21 Nov 2026 22:26:40 GMT"}
AT = int(NOW)
"""The moment CLOCK tells."""


class Org:
    """An organisation that has only the objects described, and no records."""

    def __init__(self, wire: Wire, described: dict[str, list[dict[str, Any]]]) -> None:
        self.asked: list[str] = []
        self.log_asked: list[str] = []
        self.log: dict[str, str] = {}
        self.records: dict[str, list[dict[str, Any]]] = {}
        self._described = described
        mock = wire.mock
        mock.assert_all_requests_are_fired = False
        mock.get(f"{DATA}/", json={}, headers=CLOCK)
        mock.add_callback(responses.GET, f"{DATA}/queryAll/", self._query)
        mock.add_callback(responses.GET, f"{DATA}/query/", self._query)
        for name in ("User", "Account", "Contact", "Opportunity", "AccountContactRelation", "OpportunityContactRole",
                     "EmailMessage", "Task", "Event"):  # fmt: skip
            fields = described.get(name)
            missing = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
            status, body = (200, {"fields": fields}) if fields is not None else (404, missing)
            mock.get(f"{DATA}/sobjects/{name}/describe", status=status, json=body)
            mock.add_callback(responses.GET, f"{DATA}/sobjects/{name}/deleted/", self._deleted)
        options = {"flow": "client_credentials", "client_id": "env:A", "client_secret": "env:B"}
        parsed = SalesforceOptions.model_validate(
            {"vendor": "salesforce", "url": BASE, "auth": options, "fields": {"account": {"segment": "Segment__c"}}}
        )
        sign_in = SignIn(parsed, lambda reference: reference, lambda: NOW)
        self.connector = Salesforce("salesforce", parsed, wire.transport(), sign_in)

    def _query(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.asked.append(parse_qs(urlsplit(str(request.url)).query)["q"][0])
        name = self.asked[-1].partition(" FROM ")[2].split()[0]
        found = self.records.get(name, [])
        return 200, {}, json.dumps({"totalSize": len(found), "done": True, "records": found})

    def _deleted(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        self.log_asked.append(parse_qs(urlsplit(str(request.url)).query)["start"][0])
        return 200, {}, json.dumps({"deletedRecords": [], **self.log})

    def cursor(self, at: int, calculated_at: int, whole_at: int | None = None) -> str:
        """Write the cursor a pull of this shape would have left at another time."""
        left = Cursor.parse(self.ends({})["Account"].cursor)
        assert left is not None
        self.asked.clear()
        whole = calculated_at if whole_at is None else whole_at
        return replace(left, at=at, whole_at=whole, calculated_at=calculated_at).text()

    def ends(self, cursors: dict[str, str]) -> dict[str, StreamEnd]:
        """Pull and tell how each stream ended."""
        return {part.stream: part for part in self.connector.pull(cursors) if isinstance(part, StreamEnd)}


def plain(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "calculated": False} for name in ("Id", "SystemModstamp", "IsDeleted", *names)]


def test_37_an_object_that_is_not_visible_is_left_out_and_the_others_are_read(wire: Wire) -> None:
    org = Org(wire, {"User": plain("Name"), "Account": plain("Name"), "Contact": plain("Name")})
    ends = org.ends({})
    assert ends["Opportunity"].dropped == {"object not visible": 1}
    assert (ends["Opportunity"].cursor, ends["Opportunity"].whole) == (None, False)
    assert ends["Contact"].whole


def test_6_only_fields_that_are_visible_are_selected(wire: Wire) -> None:
    org = Org(wire, {"Account": plain("Name")})
    org.ends({})
    selected = "SELECT Id, SystemModstamp, IsDeleted, Name FROM Account"
    assert f"{selected} WHERE IsDeleted = false ORDER BY SystemModstamp, Id" in org.asked


def test_3_the_cursor_is_the_servers_clock_and_not_ours(wire: Wire) -> None:
    org = Org(wire, {"Account": plain("Name")})
    cursor = Cursor.parse(org.ends({})["Account"].cursor)
    assert cursor is not None
    assert (cursor.at, cursor.whole_at) == (AT, AT)


@pytest.mark.parametrize("age", [0, 3_600, 13 * 86_400])
def test_2_the_next_pull_reads_again_from_before_the_cursor(wire: Wire, age: int) -> None:
    org = Org(wire, {"Account": plain("Name")})
    org.ends({"Account": org.cursor(AT - age, AT - age)})
    (query,) = (text for text in org.asked if "FROM Account" in text)
    before = datetime.fromtimestamp(AT - age - 600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"WHERE SystemModstamp >= {before} ORDER BY" in query


def stamp(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def test_2_a_log_of_deletions_that_is_behind_is_asked_again_from_where_it_was(wire: Wire) -> None:
    org = Org(wire, {"Account": plain("Name")})
    first = org.cursor(AT - 3_600, AT - 3_600)
    org.log = {"latestDateCovered": stamp(AT - 7_200)}
    behind = org.ends({"Account": first})["Account"]
    assert not behind.whole
    org.log = {"latestDateCovered": stamp(AT)}
    org.log_asked.clear()
    caught_up = org.ends({"Account": str(behind.cursor)})["Account"]
    assert org.log_asked == [moment(AT - 7_200 - 600)]
    assert f"SystemModstamp >= {moment(AT - 7_200 - 600)}" in org.asked[-1], "so that who was restored counts as alive"
    org.log_asked.clear()
    org.ends({"Account": str(caught_up.cursor)})
    assert org.log_asked == [moment(AT - 600)]


def test_2_where_the_log_of_deletions_was_purged_everything_is_read(wire: Wire) -> None:
    org = Org(wire, {"Account": plain("Name")})
    cursor = org.cursor(AT - 3_600, AT - 3_600)
    org.log = {"earliestDateAvailable": stamp(AT - 1_800)}
    assert org.ends({"Account": cursor})["Account"].whole


@pytest.mark.parametrize(("hours_ago", "again"), [(1, False), (19, False), (21, True)])
def test_5_a_mapped_formula_is_read_again_every_day_and_nothing_else_with_it(
    wire: Wire, hours_ago: int, again: bool
) -> None:
    org = Org(wire, {"Account": [*plain("Name"), {"name": "Segment__c", "calculated": True}]})
    before = AT - hours_ago * 3_600
    end = org.ends({"Account": org.cursor(AT - 600, before)})["Account"]
    narrow = "SELECT Id, SystemModstamp, IsDeleted, Segment__c FROM Account WHERE IsDeleted = false"
    assert any(text.startswith(narrow) for text in org.asked) is again
    assert not end.whole
    assert end.cursor == org.cursor(AT, AT if again else before, whole_at=before)
    assert REREAD < 86_400


def test_5_without_formulas_nothing_is_read_twice(wire: Wire) -> None:
    org = Org(wire, {"Account": [*plain("Name"), {"name": "Segment__c", "calculated": False}]})
    assert not org.ends({"Account": org.cursor(AT - 600, AT - 13 * 86_400)})["Account"].whole


def test_17_the_loser_of_a_merge_is_reported_as_deleted_and_the_winner_read(wire: Wire) -> None:
    org = Org(wire, {"Account": plain("Name", "MasterRecordId")})
    stamp = "2026-11-21T22:00:00.000+0000"
    loser = {"Id": "001A", "SystemModstamp": stamp, "IsDeleted": True, "Name": "Acme Inc", "MasterRecordId": "001B"}
    winner = {"Id": "001B", "SystemModstamp": stamp, "IsDeleted": False, "Name": "Acme"}
    org.records["Account"] = [loser, winner]
    cursors = {"Account": org.cursor(AT - 60, AT - 60)}
    (page,) = [part for part in org.connector.pull(cursors) if isinstance(part, Page) and part.stream == "Account"]
    assert (page.ids, page.deleted) == (["001B"], ["001A"])
    assert page.tables["account"].column("name").to_pylist() == ["Acme"]


def test_2_a_record_that_comes_twice_counts_with_its_later_state(wire: Wire) -> None:
    org = Org(wire, {"Account": plain("Name")})
    first = {"Id": "001A", "SystemModstamp": "2026-11-21T22:00:00.000+0000", "IsDeleted": False, "Name": "Old"}
    org.records["Account"] = [first, {**first, "SystemModstamp": "2026-11-21T22:00:01.000+0000", "Name": "New"}]
    (page,) = [part for part in org.connector.pull({}) if isinstance(part, Page) and part.stream == "Account"]
    assert page.tables["account"].column("name").to_pylist() == ["New"]
