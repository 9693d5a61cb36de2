"""describe: what the caller may know about objects and fields, in Salesforce's words."""

from connectors.emulator.salesforce.access import Access
from connectors.emulator.salesforce.dispatch import Answer, Call
from connectors.emulator.salesforce.errors import not_found
from connectors.emulator.salesforce.records import MERGEABLE
from connectors.emulator.salesforce.schema import Field, SObject
from connectors.emulator.wire import JsonObject

_SOAP = {"boolean": "xsd:boolean", "int": "xsd:int", "double": "xsd:double", "currency": "xsd:double",
         "percent": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime", "id": "tns:ID",
         "reference": "tns:ID"}  # fmt: skip


def entity_of(call: Call) -> SObject:
    """The object a path names.

    Raises:
        SalesforceError: NOT_FOUND when the caller's org does not have it.
    """
    entity = call.access().object(call.names["entity"])
    if entity is None:
        raise not_found()
    return entity


def describe_global(call: Call) -> Answer:
    """All objects."""
    access = call.access()
    seen = [each for name in call.org.schema.objects if (each := access.object(name)) is not None]
    listed = [_summary(call, each) for each in sorted(seen, key=lambda each: each.name)]
    return Answer(body={"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed})


def describe(call: Call) -> Answer:
    """One object with its fields and child relationships."""
    entity, access = entity_of(call), call.access()
    described = {
        **_summary(call, entity),
        "fields": [_field(access, entity, each) for each in entity.fields.values()],
        "childRelationships": _children(call, access, entity),
        "recordTypeInfos": [_MASTER_RECORD_TYPE],
    }
    return Answer(body=described)


def basics(call: Call) -> Answer:
    """What GET on an object itself answers."""
    return Answer(body={"objectDescribe": _summary(call, entity_of(call)), "recentItems": []})


_MASTER_RECORD_TYPE = {
    "active": True,
    "available": True,
    "defaultRecordTypeMapping": True,
    "developerName": "Master",
    "master": True,
    "name": "Master",
    "recordTypeId": "012000000000000AAA",
}


def _summary(call: Call, entity: SObject) -> JsonObject:
    base = f"{call.base}/sobjects/{entity.name}"
    return {
        "name": entity.name,
        "label": entity.label,
        "labelPlural": entity.plural,
        "keyPrefix": entity.prefix or None,
        "custom": entity.custom,
        "customSetting": False,
        "queryable": entity.query,
        "retrieveable": entity.query,
        "createable": entity.create,
        "updateable": entity.update,
        "deletable": entity.delete,
        "undeletable": entity.delete,
        "replicateable": entity.query,
        "mergeable": entity.name in MERGEABLE,
        "searchable": entity.query,
        "triggerable": entity.create,
        "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
    }


def _field(access: Access, entity: SObject, each: Field) -> JsonObject:
    editable = access.editable(entity, each)
    return {
        "name": each.name,
        "label": each.label,
        "type": "string" if each.type == "complexvalue" else each.type,
        "length": each.length,
        "byteLength": each.length * 3,
        "precision": each.precision,
        "scale": each.scale,
        "digits": 9 if each.type == "int" else 0,
        "nillable": not each.required and each.type not in ("boolean", "id"),
        "createable": each.create and editable,
        "updateable": each.update and editable,
        "filterable": each.filterable,
        "sortable": each.sortable,
        "groupable": each.groupable,
        "aggregatable": each.aggregatable,
        "externalId": each.external_id,
        "idLookup": each.type == "id" or each.external_id or each.unique,
        "unique": each.unique,
        "caseSensitive": False,
        "custom": each.custom,
        "calculated": False,
        "autoNumber": False,
        "defaultedOnCreate": each.default is not None or each.type == "boolean" or each.name == "OwnerId",
        "defaultValue": each.initial() if each.type == "boolean" else None,
        "picklistValues": [_choice(each, value) for value in each.values],
        "restrictedPicklist": each.restricted,
        "referenceTo": list(each.to),
        "relationshipName": each.relationship or None,
        "namePointing": each.polymorphic,
        "polymorphicForeignKey": each.polymorphic,
        "nameField": each.name == "Name",
        "permissionable": each.permissionable and not each.required and (each.create or each.custom),
        "soapType": _SOAP.get(each.type, "xsd:string"),
        "inlineHelpText": None,
        "deprecatedAndHidden": False,
    }


def _choice(field: Field, value: str) -> JsonObject:
    return {"active": True, "defaultValue": value == field.default, "label": value, "validFor": None, "value": value}


def _children(call: Call, access: Access, entity: SObject) -> list[JsonObject]:
    return [
        {
            "childSObject": child.name,
            "field": reference.name,
            "relationshipName": reference.children or None,
            "cascadeDelete": reference.cascade,
            "deprecatedAndHidden": False,
        }
        for child, reference in call.org.schema.children(entity.name)
        if (seen := access.object(child.name)) is not None and seen.field(reference.name)
    ]
