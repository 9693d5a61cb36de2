"""What a later pull of Salesforce reads and asks for, by the figures that docs/calls-salesforce.md states."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from sync.stage import Stage
from tests.connectors.salesforce.organisation import ALWAYS, NEVER, Site, people
from tests.contract.org import ACCOUNT, ADA, Org, key

pytestmark = pytest.mark.emulator

PAGE = Path(__file__).parents[2] / "docs" / "calls-salesforce.md"
STATED = {
    name: [int(calls) for calls in told]
    for name, *told in re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
}
"""Calls by object or other purpose: of a whole pull of at most a page each, and of a quiet one."""
EACH, CHANGED = 300, 3
SOON = "2026-01-05T09:00:00.000+0000"
DEAL = key("006", 1)
RECORDS: Mapping[str, list[dict[str, Any]]] = {
    "Contact": people(EACH),
    "AccountContactRelation": [],
    "Opportunity": [
        {"Id": key("006", number), "Name": "Deal", "AccountId": ACCOUNT, "OwnerId": ADA, "StageName": "New"}
        for number in range(1, EACH + 1)
    ],
    "OpportunityContactRole": [
        {"Id": key("00K", number), "OpportunityId": DEAL, "ContactId": key("003", number), "Role": "User"}
        for number in range(1, EACH + 1)
    ],
    "EmailMessage": [
        {"Id": key("02s", number), "MessageDate": SOON, "Status": "3", "Subject": "Hi", "RelatedToId": ACCOUNT}
        for number in range(1, EACH + 1)
    ],
    "Task": [
        {"Id": key("00T", number), "Subject": "Call", "ActivityDate": "2026-01-05", "OwnerId": ADA}
        for number in range(1, EACH + 1)
    ],
    "Event": [
        {"Id": key("00U", number), "Subject": "Demo", "StartDateTime": SOON, "EndDateTime": SOON, "OwnerId": ADA}
        for number in range(1, EACH + 1)
    ],
}
CHANGING = {"Contact": "Title", "Opportunity": "Name", "Task": "Subject", "Event": "Subject"}
"""Objects of which a person changes some records, and the field."""
BESIDES = {"TaskRelation": 1, "EventRelation": 1}
"""Calls for who took part in what changed."""


class Measured:
    """The organisation, pulled by runs as `sync.pipeline` makes them."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def run(self, above: int) -> Mapping[str, int]:
        """Check, foresee and pull; count the calls by what they were about."""
        self.site.asked()
        connector = self.site.connect(bulk_read_above=above)
        connector.server_time()
        connector.check()
        cursors = self.site.stage.cursors("sf")
        connector.forecast(cursors)
        self.site.ends = list(self.site.stage.take("sf", connector.pull(cursors)))
        connector.close()
        return Counter(_about(one["path"], one["query"]) for one in self.site.asked().entries)

    def read(self) -> int:
        """Tell how many records of objects were read."""
        return sum(end.read for end in self.site.ends if end.stream in RECORDS)


def _about(path: str, query: str) -> str:
    inside = path.partition("/services/data/v62.0/")[2]
    if "/describe" in inside:
        return "describes"
    if statement := parse_qs(query).get("q"):
        if statement[0].endswith("LIMIT 1"):
            return "since"
        return statement[0].partition(" FROM ")[2].split()[0]
    if inside.startswith("sobjects/"):
        return inside.split("/")[1]
    if inside.startswith("jobs/"):
        return "jobs"
    return "run"


@pytest.fixture
def measured(emulator: dict[str, Any]) -> Iterator[Measured]:
    """Lend the organisation, an hour after its records were made."""
    with Stage(":memory:") as stage:
        site = Site(Org(emulator["salesforce"], emulator["control"]), stage)
        site.load(RECORDS)
        yield Measured(site)


def test_the_documentation_names_every_object() -> None:
    assert STATED.keys() >= RECORDS.keys()


def test_a_first_run_of_a_page_an_object_and_a_quiet_one_cost_the_fixed_calls_alone(measured: Measured) -> None:
    assert measured.run(NEVER) == stated(0)
    assert measured.read() == EACH * len(RECORDS)  # everybody is tied to the account of their own
    measured.site.later(3_600)
    assert measured.run(NEVER) == stated(1)
    assert measured.read() == 0


def test_a_run_after_one_percent_changed_reads_at_most_three_percent_and_asks_for_their_pages(
    measured: Measured,
) -> None:
    measured.run(NEVER)
    full = measured.read()
    measured.site.later(3_600)
    for name, field in CHANGING.items():
        for one in RECORDS[name][:CHANGED]:
            measured.site.org.as_person("PATCH", f"sobjects/{name}/{one['Id']}", {field: "Other"})
    measured.site.later(60)
    sent = measured.run(NEVER)
    assert measured.read() == CHANGED * len(CHANGING) <= 0.03 * full
    pages = {name: math.ceil(CHANGED / 2_000) - 1 for name in CHANGING}  # the query for what changed brings a page
    assert sent == stated(1) + Counter({name: more for name, more in {**pages, **BESIDES}.items() if more})


def test_a_job_costs_three_calls_and_no_page_of_what_the_forecast_found_too_long(measured: Measured) -> None:
    sent = measured.run(ALWAYS)
    jobs = [*RECORDS, "User", "Account"]
    assert sent["jobs"] == 3 * len(jobs)
    assert {name: sent[name] for name in jobs} == dict.fromkeys(jobs, 0)
    assert {name: sent[name] for name in ("describes", "since", "run")} == {
        name: STATED[name][0] for name in ("describes", "since", "run")
    }


def stated(later: int) -> Counter[str]:
    """Give the fixed calls of a first pull (0) or a quiet one (1)."""
    return Counter({name: calls[later] for name, calls in STATED.items() if calls[later]})
