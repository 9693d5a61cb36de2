"""The demo story holds: what was expected from the story, in words, is what comes out over HTTP from both CRMs.

Every row of ``expected.yaml`` is compared; a difference is mended in the program, or argued in the file's history.
"""

from importlib.resources import files
from typing import Any

import duckdb
import pytest
import yaml

pytestmark = pytest.mark.e2e

EXPECTED = yaml.safe_load(files("connectors").joinpath("emulator/seeds/demo/expected.yaml").read_text(encoding="utf-8"))
ACCOUNTS = [row for row in EXPECTED["accounts"] if row["since"] == 1]
FURTHER = [row for row in EXPECTED["accounts"] if row["since"] > 1]
CONTACTS = EXPECTED["contacts"]
STANDINGS = EXPECTED["standings"]
BUILT_GAPS = ("missing buyer", "missing champion", "missing power users")


def account_name(row: dict[str, Any]) -> str:
    return str(row["account"])


def contact_name(row: dict[str, Any]) -> str:
    return f"{row['contact']} at {row['account']}"


def test_every_customer_of_the_story_has_a_row() -> None:
    assert len({row["account"] for row in ACCOUNTS}) == 48
    assert len({(row["contact"], row["account"]) for row in CONTACTS}) >= 120


def test_only_the_customers_of_the_story_are_assessed(stage: duckdb.DuckDBPyConnection) -> None:
    names = {name for (name,) in stage.execute("SELECT name FROM customer").fetchall()}
    assert names == {row["account"] for row in ACCOUNTS}


@pytest.mark.parametrize("row", ACCOUNTS, ids=account_name)
def test_an_account_is_as_the_story_says(row: dict[str, Any], stage: duckdb.DuckDBPyConnection) -> None:
    found = stage.execute(
        "SELECT k.account_key, k.status, k.score FROM coverage AS k JOIN customer AS c USING (account_key)"
        " WHERE c.name = ?",
        [row["account"]],
    ).fetchall()
    assert len(found) == 1
    key, status, score = found[0]
    needs = stage.execute("SELECT role, required, heads FROM need WHERE account_key = ?", [key]).fetchall()
    gaps = stage.execute("SELECT DISTINCT kind FROM gap WHERE account_key = ?", [key]).fetchall()
    told = {
        "status": status,
        "score": score,
        "required": {role: required for role, required, _ in needs if role in row["required"]},
        "heads": {role: heads for role, _, heads in needs if role in row.get("heads", ())},
        "gaps": sorted(kind for (kind,) in gaps if kind in BUILT_GAPS),
    }
    expected = {
        "status": row["status"],
        "score": row.get("score", score),
        "required": row["required"],
        "heads": row.get("heads", {}),
        "gaps": sorted(row["gaps"]),
    }
    assert told == expected, row["why"]


@pytest.mark.parametrize("row", FURTHER, ids=account_name)
def test_the_other_gaps_of_an_account_are_those_of_the_story(
    row: dict[str, Any], stage: duckdb.DuckDBPyConnection
) -> None:
    query = "SELECT DISTINCT kind FROM gap JOIN customer USING (account_key) WHERE name = ?"
    open_kinds = {kind for (kind,) in stage.execute(query, [row["account"]]).fetchall()}
    assert set(row["gaps"]) <= open_kinds, row["why"]
    assert not set(row.get("absent", ())) & open_kinds, row["why"]


@pytest.mark.parametrize("row", EXPECTED["csms"], ids=lambda row: str(row["csm"]))
def test_the_load_of_a_csm_is_told_to_the_manager(row: dict[str, Any], stage: duckdb.DuckDBPyConnection) -> None:
    found = stage.execute(
        "SELECT g.kind, g.to_manager, t.owner_id = t.manager_id FROM gap AS g JOIN workload AS w"
        " ON w.colleague = g.account_key JOIN desired_task AS t USING (key) WHERE w.name = ?",
        [row["csm"]],
    ).fetchall()
    assert found == [(kind, True, True) for kind in row["gaps"]], row["why"]


@pytest.mark.parametrize("row", EXPECTED["ambiguities"], ids=account_name)
def test_what_could_be_one_person_is_listed_and_not_merged(
    row: dict[str, Any], stage: duckdb.DuckDBPyConnection
) -> None:
    listed = stage.execute(
        "SELECT c.name FROM ambiguity AS a JOIN contact AS c"
        " ON c.source || ':' || c.id IN (a.left_ref, a.right_ref) WHERE a.kind = 'person'"
    ).fetchall()
    merged = stage.execute(
        "SELECT COUNT(DISTINCT p.person_id) FROM contact AS c JOIN person AS p"
        " ON p.source = c.source AND p.contact_id = c.id WHERE c.name IN (SELECT UNNEST(?::TEXT[]))",
        [row["contacts"]],
    ).fetchone()
    assert {name for (name,) in listed} == set(row["contacts"]), row["why"]
    assert merged == (len(row["contacts"]),), row["why"]


@pytest.mark.parametrize("row", STANDINGS, ids=account_name)
def test_equity_stage_and_orientation_are_as_the_story_says(
    row: dict[str, Any], stage: duckdb.DuckDBPyConnection
) -> None:
    found = stage.execute(
        "SELECT DISTINCT d.stage, d.equity, d.orientation FROM desired_account AS d"
        " JOIN company AS k ON k.source = d.source AND k.account_id = d.id"
        " JOIN customer AS c ON c.account_key = k.account_key WHERE c.name = ?",
        [row["account"]],
    ).fetchall()
    equity = None if row["equity"] is None else str(row["equity"])
    assert found == [(row["stage"], equity, row["orientation"])], row["why"]


@pytest.mark.parametrize("row", CONTACTS, ids=contact_name)
def test_a_person_is_as_the_story_says(row: dict[str, Any], stage: duckdb.DuckDBPyConnection) -> None:
    found = stage.execute(
        "SELECT m.account_key, m.person_id FROM member AS m JOIN customer AS c USING (account_key)"
        " WHERE m.name = ? AND c.name = ?",
        [row["contact"], row["account"]],
    ).fetchall()
    assert len(found) == 1, f"{found} {row['why']}"
    who = list(found[0])
    roles = stage.execute(
        "SELECT role, status, subtype FROM role WHERE account_key = ? AND person_id = ?", who
    ).fetchall()
    depth = stage.execute("SELECT level FROM depth WHERE account_key = ? AND person_id = ?", who).fetchone()
    wanted = row.get("status", {})
    told = {
        "roles": sorted(role for role, _, _ in roles),
        "status": {role: status for role, status, _ in roles if role in wanted},
        "subtype": next((subtype for role, _, subtype in roles if role == "buyer"), None),
        "depth": depth[0] if depth else None,
    }
    expected = {
        "roles": sorted(row["roles"]),
        "status": wanted,
        "subtype": row.get("subtype", told["subtype"]),
        "depth": row.get("depth", told["depth"]),
    }
    assert told == expected, row["why"]
