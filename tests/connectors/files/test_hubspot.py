"""HubSpot exports: labels or internal names, owners by id or name, ties on either side, values as people see them."""

from collections.abc import Callable

import pytest

from tests.connectors.files.conftest import Desk
from tests.contract.exported import Sheets, hubspot_sheets

Lay = Callable[[Sheets], Desk]
COMPANY = {"Record ID": "9001", "Company name": "Acme"}
ZOE = {"Record ID": "201", "First Name": "Zoë", "Last Name": "Ng", "Email": "zoe@acme.example"}
TOM = {"Record ID": "202", "First Name": "Tom", "Email": "tom@acme.example"}


def sheets(**objects: list[dict[str, str]]) -> Sheets:
    """Make a file for each object, from rows by column; a company and a person are always there."""
    given = {"companies": [COMPANY], "contacts": [ZOE], **objects}
    headers = {name: list(dict.fromkeys(column for row in rows for column in row)) for name, rows in given.items()}
    return {
        f"hubspot-crm-exports-all-{name}-2026-11-21": (
            headers[name],
            [[row.get(column, "") for column in headers[name]] for row in rows],
        )
        for name, rows in given.items()
    }


# --- which column is which --------------------------------------------------------------------------------------------


WHEN = ("Activity date", "2026-11-18 10:30", "hs_timestamp", "2026-11-18T10:30:00Z")
BOTH = {
    "companies": [
        ("Name", "Acme", "name", "Acme"),
        ("Company Domain Name", "www.acme.example", "domain", "www.acme.example"),
        ("Lifecycle Stage", "Customer", "lifecyclestage", "customer"),
    ],
    "contacts": [
        ("First Name", "Zoë", "firstname", "Zoë"),
        ("Job Title", "CFO", "jobtitle", "CFO"),
        ("Buying Role", "Decision Maker;Champion", "hs_buying_role", "DECISION_MAKER;CHAMPION"),
    ],
    "deals": [
        ("Deal Stage", "Closed Won (Sales Pipeline)", "dealstage", "closedwon"),
        ("Amount", "900", "amount", "900"),
        ("Close Date", "2026-10-01 00:00", "closedate", "2026-10-01T00:00:00Z"),
    ],
    "calls": [
        WHEN,
        ("Call outcome", "Connected", "hs_call_disposition", "f240bbac-87c9-4f6e-bf70-924b57d47db7"),
        ("Call direction", "Outbound", "hs_call_direction", "OUTBOUND"),
    ],
    "meetings": [
        ("Meeting start time", "2026-11-18 10:30", "hs_meeting_start_time", "2026-11-18T10:30:00Z"),
        ("Meeting outcome", "No Show", "hs_meeting_outcome", "NO_SHOW"),
    ],
    "emails": [
        WHEN,
        ("Email direction", "Incoming", "hs_email_direction", "INCOMING_EMAIL"),
        ("Email send status", "Bounced", "hs_email_status", "BOUNCED"),
    ],
    "tasks": [
        ("Due date", *WHEN[1:]),
        ("Task status", "Not started", "hs_task_status", "NOT_STARTED"),
        ("Task type", "To-do", "hs_task_type", "TO_DO"),
    ],
}
"""Object -> columns as (label, value people see, internal name, value as it is stored)."""


def test_labels_and_internal_names_are_read_the_same(portal: Lay) -> None:
    by_label, by_name = (
        portal(
            sheets(
                **{
                    name: [{"Record ID": f"70{number}", **{columns[at]: columns[at + 1] for columns in both}}]
                    for number, (name, both) in enumerate(BOTH.items())
                }
            )
        )
        .pull()
        .rows
        for at in (0, 2)
    )
    assert by_label == by_name
    (account,), (deal,) = by_label["account"], by_label["opportunity"]
    assert (account["customer"], account["domain"], deal["won"]) == (True, "acme.example", True)
    assert {row["outcome"] for row in by_label["activity"]} == {"connected", "no-show", "bounced", "open"}
    assert {row["role"] for row in by_label["contact_role"]} == {"Decision Maker", "Champion"}


def test_a_column_of_ones_own_is_mapped_by_its_label_as_an_internal_name_is_made_of_it(portal: Lay) -> None:
    desk = portal(sheets(companies=[{**COMPANY, "Product breadth (2026)": "department"}]))
    mirror = desk.pull(fields={"account": {"breadth": "product_breadth_2026"}})
    assert mirror.one("account")["breadth"] == "department"


def test_a_mapped_column_that_is_missing_is_fatal_and_suggests_a_label_as_it_is_written_in_settings(
    portal: Lay,
) -> None:
    desk = portal(sheets(companies=[{**COMPANY, "Product breadth (2026)": "department"}]))
    wrong = {"account": {"breadth": "product_breadth_206"}}
    (said,) = [str(finding) for finding in desk.connect(fields=wrong).check() if finding.fatal]
    assert "fields.account.breadth" in said
    assert "Did you mean 'product_breadth_2026'?" in said
    (end,) = [end for end in desk.pull(fields=wrong).ends if end.stream == "companies"]
    assert end.dropped == {"missing column product_breadth_206": 1}


def test_a_mapped_column_goes_before_a_field_of_ours_with_the_same_label(portal: Lay) -> None:
    desk = portal(sheets(companies=[{**COMPANY, "Segment": "SMB"}]))
    mirror = desk.pull(fields={"account": {"segment": "segment"}})
    assert (mirror.one("account")["segment"], mirror.one("observed_account")["segment"]) == ("SMB", None)
    assert desk.pull().one("observed_account")["segment"] == "SMB"


def test_columns_that_nothing_reads_are_told_where_the_header_holds_labels(portal: Lay) -> None:
    found = portal(sheets(contacts=[{**ZOE, "Favourite colour": "red"}])).connect().check()
    assert any("Favourite colour" in finding.cause and not finding.fatal for finding in found)
    found = portal(sheets(contacts=[{"Record ID": "201", "favourite_colour": "red"}])).connect().check()
    assert not any("favourite_colour" in finding.cause for finding in found)


@pytest.mark.parametrize("name", ["companies", "contacts"])
def test_a_missing_file_that_is_needed_is_a_fatal_finding_that_says_what_to_export(portal: Lay, name: str) -> None:
    desk = portal(sheets())
    (desk.folder / f"hubspot-crm-exports-all-{name}-2026-11-21.csv").unlink()
    (said,) = [str(finding) for finding in desk.connect().check() if finding.fatal]
    assert said.startswith(f"{name}: There is no file of it")


# --- owners -----------------------------------------------------------------------------------------------------------


def test_an_owner_told_by_name_or_address_is_the_one_of_the_owners_file(portal: Lay) -> None:
    desk = portal(hubspot_sheets("201"))
    assert desk.pull().one("account")["owner_id"] == "4101"
    people = [{**ZOE, "Contact owner": "ADA@vendor.example"}, {**TOM, "Contact owner": "4101"}]
    (desk.folder / "hubspot-crm-exports-all-contacts-2026-11-21.csv").unlink()
    desk.lay(sheets(contacts=people))
    assert {row["owner_id"] for row in desk.pull().rows["contact"]} == {"4101"}


def test_owners_that_no_file_knows_are_made_of_what_records_say(portal: Lay) -> None:
    people = [{**ZOE, "Contact owner": "Ada King"}, {**TOM, "Contact owner": "lea@vendor.example"}]
    users = portal(sheets(contacts=people)).pull().rows["user_account"]
    told = [(row["id"], row["name"], row["email"]) for row in users]
    assert told == [("Ada King", "Ada King", None), ("lea@vendor.example", "lea@vendor.example", "lea@vendor.example")]


# --- ties -------------------------------------------------------------------------------------------------------------


def test_labels_of_associations_are_roles_and_the_primary_company_is_the_persons_own(portal: Lay) -> None:
    ties = {
        "Associated Company IDs": "9001;9002",
        "Associated Company IDs (Primary)": "9002",
        "Associated Company IDs (Decision maker)": "9001",
    }
    mirror = portal(sheets(contacts=[{**ZOE, **ties}])).pull()
    assert mirror.one("contact")["account_id"] == "9002"
    assert {(row["account_id"], row["direct"]) for row in mirror.rows["affiliation"]} == {
        ("9001", False),
        ("9002", True),
    }
    role = mirror.one("contact_role")
    assert (role["account_id"], role["role"], role["origin"]) == ("9001", "Decision maker", "company association label")


def test_ties_that_stand_on_the_other_side_are_read_as_well(portal: Lay) -> None:
    companies = [{**COMPANY, "Associated Contact IDs": "201; 202", "Associated Contact IDs (Champion)": "202"}]
    mirror = portal(sheets(companies=companies, contacts=[ZOE, TOM])).pull()
    assert {row["contact_id"] for row in mirror.rows["affiliation"]} == {"201", "202"}
    assert mirror.one("contact_role")["contact_id"] == "202"
    assert {row["account_id"] for row in mirror.rows["contact"]} == {"9001"}


def test_a_deals_people_have_the_roles_their_labels_say(portal: Lay) -> None:
    deal = {
        "Record ID": "5",
        "Deal Name": "New",
        "Associated Company IDs": "9001",
        "Associated Contact IDs": "201;202",
        "Associated Contact IDs (Economic buyer)": "202",
    }
    mirror = portal(sheets(deals=[deal])).pull()
    assert mirror.one("opportunity")["account_id"] == "9001"
    role = mirror.one("contact_role")
    assert (role["contact_id"], role["opportunity_id"], role["role"]) == ("202", "5", "Economic buyer")


def test_the_sender_of_an_e_mail_is_told_by_the_addresses_of_its_contacts(portal: Lay) -> None:
    mail = {
        "Record ID": "9",
        "Activity date": "2026-11-18 10:30",
        "Email direction": "Incoming Email",
        "Email from address": "zoe@acme.example",
        "Email to address": "ada@vendor.example",
        "Associated Contact IDs": "201",
    }
    people = portal(sheets(emails=[mail])).pull().rows["participant"]
    assert {(row["contact_id"], row["email"], row["part"]) for row in people} == {
        ("201", "zoe@acme.example", "from"),
        (None, "ada@vendor.example", "to"),
    }


def test_silence_proves_nothing_unless_e_mails_calls_and_meetings_are_all_exported(portal: Lay) -> None:
    mails = [{"Record ID": "9", "Activity date": "2026-11-18 10:30"}]
    desk = portal(sheets(emails=mails, calls=[{"Record ID": "7", "Activity date": "2026-11-01 10:30"}]))
    assert desk.pull().one("coverage_of_source", fact="activity")["available"] is False
    desk.put("meetings.csv", b"Record ID\n")
    fact = desk.pull().one("coverage_of_source", fact="activity")
    assert (fact["available"], fact["since_at"]) == (True, 1_793_529_000)


def test_several_files_of_an_object_are_read_together(portal: Lay) -> None:
    desk = portal(sheets())
    desk.put("hubspot-crm-exports-all-contacts-2026-11-21-2.csv", b"Record ID,Job Title\n202,CFO\n")
    assert {(row["id"], row["title"]) for row in desk.pull().rows["contact"]} == {("201", None), ("202", "CFO")}
