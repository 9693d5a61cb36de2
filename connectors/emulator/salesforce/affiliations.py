"""The direct AccountContactRelation of every contact with an account, kept in step with AccountId."""

from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.salesforce.store import Deletion
from connectors.emulator.wire import JsonObject

_NAME = "AccountContactRelation"
# By the merged object: the field that points at it, and the field of the other side.
_KEYS = {"Contact": ("ContactId", "AccountId"), "Account": ("AccountId", "ContactId")}


def affiliate(org: Org, entity: SObject, row: JsonObject, before: JsonObject) -> None:
    """Move a stored contact's direct relation to its account, if that is another than `before`.

    Without contacts to multiple accounts there are no relations.
    """
    unchanged = row.get("AccountId") == before.get("AccountId")
    if entity.name != "Contact" or unchanged or "contacts_to_multiple_accounts" not in org.features:
        return
    for each in _of(org, row["Id"]):
        if each["IsDirect"]:
            _drop(org, each)
    if row.get("AccountId"):
        _join(org, row)


def hand_over(org: Org, entity: SObject, loser: str, master: str) -> None:
    """Before a merge, take away the loser's relations that the winner has already, so that no pair exists twice.

    A contact keeps its own account: what was direct for the loser is not direct for the winner.
    """
    if entity.name not in _KEYS:
        return
    key, other = _KEYS[entity.name]
    table = org.store.table(_NAME)
    live = [row for row in table.values() if not row.get("IsDeleted")]
    known = {row[other] for row in live if row[key] == master}
    for row in (each for each in live if each[key] == loser):
        if row[other] in known:
            _drop(org, row)
        elif entity.name == "Contact":
            org.store.put(_NAME, row | {"IsDirect": False})


def _drop(org: Org, row: JsonObject) -> None:
    org.store.deletions.append(Deletion(_NAME, row["Id"], org.now()))
    org.store.put(_NAME, row | {"IsDeleted": True, "SystemModstamp": org.now()})


def _of(org: Org, contact_id: str) -> list[JsonObject]:
    table = org.store.table(_NAME)
    rows = (table[each] for each in org.store.matching(_NAME, "ContactId", contact_id))
    return [row for row in rows if not row.get("IsDeleted")]


def _join(org: Org, contact: JsonObject) -> None:
    """Make the relation to the contact's account the direct one, adding it where there is none."""
    entity = org.schema.objects[_NAME.lower()]
    made = {"CreatedDate": contact["LastModifiedDate"], "CreatedById": contact["LastModifiedById"], "IsDeleted": False}
    keys = {"AccountId": contact["AccountId"], "ContactId": contact["Id"]}
    known = next((each for each in _of(org, contact["Id"]) if each["AccountId"] == contact["AccountId"]), None)
    relation = known or entity.blank() | {"Id": org.store.new_id(entity)} | keys | made
    stamps = {name: contact[name] for name in ("LastModifiedDate", "LastModifiedById", "SystemModstamp")}
    org.store.put(_NAME, relation | stamps | {"IsDirect": True})


def complete(org: Org) -> None:
    """Give every contact of a seed its direct relation, unless the seed has one between the two already."""
    entity = org.schema.objects["contact"]
    for contact in list(org.store.table("Contact").values()):
        if not any(each["AccountId"] == contact.get("AccountId") for each in _of(org, contact["Id"])):
            affiliate(org, entity, contact, {})
