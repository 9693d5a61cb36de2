"""What is written to an org over a file is seen by every query after it, and by no query before it."""

from collections.abc import Callable

import pytest

from connectors.emulator.salesforce.errors import SalesforceError
from connectors.emulator.salesforce.ids import make
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.schema import Field
from tests.emulator.scale.twins import Twins, rows_of

ACCOUNT, CONTACT, OTHER = "001Rp0000000003IAA", "003Rp000000000GIAQ", "003Rp000000000HIAQ"
TASK, EVENT = make("00T", 3), make("00U", 5)
SCORE = Field("Rapport_Depth__c", "double", "Depth", precision=3, custom=True)
KEY = Field("Rapport_Key__c", "string", "Key", length=80, custom=True, external_id=True, unique=True)


def _same(twins: Twins, *statements: str) -> None:
    for soql in statements:
        assert twins.answer(soql) == twins.by_hand(soql), soql


def _write(twins: Twins, name: str, write: Callable[[Org], object]) -> None:
    """Do the same to both orgs."""
    for org in twins.both():
        write(org)


def _update(twins: Twins, name: str, record_id: str, **fields: object) -> None:
    _write(twins, name, lambda org: twins.write(org).update(org.schema.objects[name.lower()], record_id, fields))


def _create(twins: Twins, name: str, **fields: object) -> str:
    made = {twins.write(org).create(org.schema.objects[name.lower()], fields) for org in twins.both()}
    assert len(made) == 1
    return made.pop()


def _delete(twins: Twins, name: str, record_id: str) -> None:
    _write(twins, name, lambda org: twins.write(org).delete(org.schema.objects[name.lower()], record_id))


def test_a_changed_row_stays_in_its_place_and_shows_its_new_values(twins: Twins) -> None:
    _update(twins, "Contact", CONTACT, Title='Chief "Change" Officer', LastName="Zz\u00fcrich")
    _same(
        twins,
        "SELECT Id, Name, Title FROM Contact",
        "SELECT Id FROM Contact ORDER BY LastName DESC LIMIT 3",
        "SELECT Id, Title FROM Contact WHERE Title LIKE '%\"change\"%'",
        f"SELECT Id, Title FROM Contact WHERE Id = '{CONTACT}'",
    )


def test_a_parent_shows_its_new_values_in_its_children(twins: Twins) -> None:
    _update(twins, "Account", ACCOUNT, Name="Renamed", Industry="Banking")
    _same(
        twins,
        "SELECT Id, Account.Name FROM Contact WHERE Account.Name = 'renamed'",
        "SELECT Id, Contact.Account.Name FROM OpportunityContactRole WHERE Contact.Account.Industry = 'Banking'",
    )


def test_a_user_of_the_seed_is_joined_as_it_is_now(twins: Twins) -> None:
    owner = twins.answer(f"SELECT OwnerId FROM Account WHERE Id = '{ACCOUNT}'")[1][0]["OwnerId"]
    _update(twins, "User", owner, LastName="Newname")
    _same(twins, "SELECT Id, Owner.Name FROM Account WHERE Owner.LastName = 'Newname'")


def test_two_hundred_contacts_get_a_field_that_the_file_does_not_have(twins: Twins) -> None:
    twins.add_field("Contact", SCORE)
    for record_id in [row["Id"] for row in twins.answer("SELECT Id FROM Contact LIMIT 200 OFFSET 300")[1]]:
        _update(twins, "Contact", record_id, Rapport_Depth__c=int(record_id[14], 36) % 4)
    _same(
        twins,
        "SELECT Id, Rapport_Depth__c FROM Contact",
        "SELECT Id, Rapport_Depth__c FROM Contact WHERE Rapport_Depth__c != null ORDER BY Rapport_Depth__c DESC",
        "SELECT COUNT() FROM Contact WHERE Rapport_Depth__c = null",
        "SELECT Id, Contact.Rapport_Depth__c FROM OpportunityContactRole WHERE Contact.Rapport_Depth__c > 1",
    )


def test_a_field_that_comes_again_with_another_type_has_forgotten_its_values(twins: Twins) -> None:
    twins.add_field("Contact", SCORE)
    _update(twins, "Contact", CONTACT, Rapport_Depth__c=3)
    _same(twins, "SELECT Id, Rapport_Depth__c FROM Contact WHERE Rapport_Depth__c = 3")
    for org in twins.both():
        for row in org.store.having("Contact", SCORE.name):
            org.store.put("Contact", {name: value for name, value in row.items() if name != SCORE.name})
        org.schema.drop_field("Contact", SCORE.name)
    twins.add_field("Contact", Field(SCORE.name, "string", "Depth", length=20, custom=True))
    _update(twins, "Contact", OTHER, Rapport_Depth__c="deep")
    _same(twins, "SELECT Id, Rapport_Depth__c FROM Contact WHERE Rapport_Depth__c != null")


def test_new_rows_stand_behind_those_of_the_file(twins: Twins) -> None:
    twins.add_field("Activity", KEY)
    made = _create(twins, "Task", Subject="New", WhoId=CONTACT, Status="Not Started", Rapport_Key__c="gap-1")
    assert made > twins.answer("SELECT Id FROM Task ORDER BY Id DESC LIMIT 1 OFFSET 1")[1][0]["Id"]
    _same(
        twins,
        "SELECT Id, Subject, Rapport_Key__c FROM Task",
        "SELECT Id FROM Task WHERE Rapport_Key__c = 'GAP-1'",
        f"SELECT Id, Subject FROM Task WHERE Id > '{TASK}' ORDER BY Id LIMIT 3",
        f"SELECT Id, AccountId FROM Task WHERE Id = '{made}'",
    )


def test_an_external_id_is_unique_among_new_rows(twins: Twins) -> None:
    twins.add_field("Activity", KEY)
    _create(twins, "Task", Subject="New", Rapport_Key__c="gap-1")
    for org in twins.both():
        with pytest.raises(SalesforceError) as refused:
            twins.write(org).create(org.schema.objects["task"], {"Subject": "Again", "Rapport_Key__c": "GAP-1"})
        assert refused.value.code == "DUPLICATE_VALUE"


def test_a_deleted_row_is_gone_for_query_and_there_for_query_all(twins: Twins) -> None:
    _delete(twins, "Contact", CONTACT)
    _same(twins, "SELECT Id FROM Contact", "SELECT COUNT() FROM AccountContactRelation", "SELECT COUNT() FROM Task")
    soql = "SELECT Id, IsDeleted FROM Contact WHERE IsDeleted = true"
    assert twins.answer(soql, everything=True) == twins.by_hand(soql, everything=True)


def test_a_row_taken_out_for_good_is_seen_by_nothing(twins: Twins) -> None:
    for org in twins.both():
        org.store.remove("Event", EVENT)
        assert org.store.find(EVENT) is None
        assert len(org.store.table("Event")) == 1_999
    assert twins.answer("SELECT Id FROM Event", everything=True) == twins.by_hand(
        "SELECT Id FROM Event", everything=True
    )


def test_what_a_merge_moves_is_found_where_it_went(twins: Twins) -> None:
    _write(twins, "Contact", lambda org: twins.write(org).merge(org.schema.objects["contact"], CONTACT, [OTHER]))
    _same(twins, f"SELECT Id FROM Task WHERE WhoId = '{CONTACT}'", f"SELECT Id FROM Task WHERE WhoId = '{OTHER}'")


def test_what_is_taken_back_never_was(twins: Twins) -> None:
    for org in twins.both():
        with org.store.transaction() as take_back:
            twins.write(org).update(org.schema.objects["contact"], CONTACT, {"Title": "Nobody"})
            twins.write(org).create(org.schema.objects["contact"], {"LastName": "Nobody"})
            take_back()
    _same(twins, "SELECT Id, Title FROM Contact")
    assert twins.answer("SELECT COUNT() FROM Contact WHERE LastName = 'Nobody'") == (0, [])


@pytest.mark.parametrize("order", ["", " ORDER BY LastName"])
def test_an_open_query_goes_on_seeing_the_rows_as_they_were(twins: Twins, order: str) -> None:
    soql = f"SELECT Id, LastName, Account.Name FROM Contact{order}"
    before = twins.answer(soql)[1]
    open_query = twins.found(soql)
    _update(twins, "Contact", before[700]["Id"], LastName="Aaa")
    _update(twins, "Account", ACCOUNT, Name="Renamed")
    _delete(twins, "Contact", before[800]["Id"])
    _create(twins, "Contact", LastName="Aab")
    twins.answer(soql)
    assert (open_query.total, rows_of(open_query)) == (1000, before)
    _same(twins, soql)


def test_activities_of_the_file_are_archived_when_their_day_comes(twins: Twins) -> None:
    first = twins.answer("SELECT COUNT() FROM Task")[0]
    _update(twins, "Task", TASK, Subject="Changed")
    twins.filed.clock.advance(40 * 86_400)
    assert twins.answer("SELECT COUNT() FROM Task")[0] < first
    _same(twins, "SELECT Id, Subject FROM Task", "SELECT COUNT() FROM Event")
    soql = "SELECT Id, IsArchived, Subject FROM Task"
    assert twins.answer(soql, everything=True) == twins.by_hand(soql, everything=True)


def test_updates_by_the_hundred_read_the_file_once(twins: Twins) -> None:
    found = [row["Id"] for row in twins.answer("SELECT Id FROM Contact LIMIT 200")[1]]
    twins.filed.store.warm([*found, "nonsense", None, "003"])
    table = twins.filed.store.table("Contact")
    assert [table[each]["Id"] for each in found] == found
    assert "003Rp0000ZZZZZZIAQ" not in table
    assert "003000000000001AAA" not in table
