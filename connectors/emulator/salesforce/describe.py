"""describe: what the caller may know about objects and fields, in Salesforce's words."""

import base64

from connectors.emulator.salesforce import ids
from connectors.emulator.salesforce.access import Access
from connectors.emulator.salesforce.conditions import conditional
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
    return conditional(call, call.org.described, lambda: _everything(call))


def _everything(call: Call) -> JsonObject:
    access = call.access()
    seen = [each for name in call.org.schema.objects if (each := access.object(name)) is not None]
    listed = [_summary(call, each) for each in sorted(seen, key=lambda each: each.name)]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": listed}


def describe(call: Call) -> Answer:
    """One object with its fields and child relationships."""
    entity, access = entity_of(call), call.access()

    def described() -> JsonObject:
        return {
            **_summary(call, entity),
            **_REST_OF_OBJECT,
            "fields": [_field(access, entity, each) for each in entity.fields.values()],
            "childRelationships": _children(call, access, entity),
            "recordTypeInfos": _record_types(call, entity),
            "supportedScopes": [{"label": f"All {entity.plural.lower()}", "name": "everything"}],
        }

    return conditional(call, call.org.described, described)


def basics(call: Call) -> Answer:
    """What GET on an object itself answers; nobody has looked at any record lately."""
    return Answer(body={"objectDescribe": _summary(call, entity_of(call)), "recentItems": []})


def layouts(call: Call) -> Answer:
    """GET describe/layouts: one layout without sections, for every record type."""
    entity = entity_of(call)
    mappings = [
        {**info, "layoutId": _LAYOUT, "picklistsForRecordType": [], "urls": _layout_url(call, entity, info)}
        for info in _record_types(call, entity)
    ]
    sections: JsonObject = {
        name: [] for name in ("detailLayoutSections", "editLayoutSections", "relatedLists", "quickActionList")
    }
    layout = {"id": _LAYOUT, "name": f"{entity.label} Layout", **sections}
    return Answer(
        body={"layouts": [layout], "recordTypeMappings": mappings, "recordTypeSelectorRequired": [len(mappings) > 1]}
    )


def layout(call: Call) -> Answer:
    """GET describe/layouts/{record type}: the layout of one record type."""
    known = {info["recordTypeId"] for info in _record_types(call, entity_of(call))}
    if ids.canonical(call.names["type"]) not in known:
        raise not_found()
    [found] = layouts(call).body["layouts"]
    return Answer(body=found)


def compact_layouts(call: Call) -> Answer:
    """GET describe/compactLayouts: the system's own, which shows the name."""
    entity = entity_of(call)
    items: list[JsonObject] = [
        {"fieldItems": [], "id": None, "imageItems": [], "label": "System Default", "name": "SYSTEM"}
    ]
    mappings = [
        {key: info[key] for key in ("available", "recordTypeId")}
        | {"compactLayoutId": None, "compactLayoutName": "SYSTEM", "recordTypeName": info["name"]}
        for info in _record_types(call, entity)
    ]
    body = {"compactLayouts": items, "defaultCompactLayoutId": None, "recordTypeCompactLayoutMappings": mappings}
    return Answer(body=body)


_LAYOUT, _MASTER = "00hRp0000000001AAA", "012000000000000AAA"


def _record_types(call: Call, entity: SObject) -> list[JsonObject]:
    """The record types of an object, the one everybody has last."""
    rows = [row for row in call.org.store.table("RecordType").values() if row["SobjectType"] == entity.name]
    field = entity.field("RecordTypeId")
    default = field.default if field else None
    own = [(row["Id"], row["DeveloperName"], row["Name"], bool(row["IsActive"])) for row in rows]
    chosen = default or _MASTER
    return [
        {
            "active": active,
            "available": active,
            "defaultRecordTypeMapping": record_type == chosen,
            "developerName": developer_name,
            "master": record_type == _MASTER,
            "name": name,
            "recordTypeId": record_type,
            "urls": _layout_url(call, entity, {"recordTypeId": record_type}),
        }
        for record_type, developer_name, name, active in [*own, (_MASTER, "Master", "Master", True)]
    ]


def _layout_url(call: Call, entity: SObject, info: JsonObject) -> JsonObject:
    return {"layout": f"{call.base}/sobjects/{entity.name}/describe/layouts/{info['recordTypeId']}"}


def _summary(call: Call, entity: SObject) -> JsonObject:
    base = f"{call.base}{'/tooling' if call.tooling else ''}/sobjects/{entity.name}"
    described = f"{base}/describe"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": entity.create,
        "custom": entity.custom,
        "customSetting": False,
        "deepCloneable": False,
        "deletable": entity.delete,
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": entity.prefix or None,
        "label": entity.label,
        "labelPlural": entity.plural,
        "layoutable": entity.create,
        "mergeable": entity.name in MERGEABLE,
        "mruEnabled": entity.create,
        "name": entity.name,
        "queryable": entity.query,
        "replicateable": entity.query,
        "retrieveable": entity.query,
        "searchable": entity.query,
        "triggerable": entity.create,
        "undeletable": entity.delete,
        "updateable": entity.update,
        "urls": {
            "sobject": base,
            "describe": described,
            "rowTemplate": f"{base}/{{ID}}",
            "layouts": f"{described}/layouts",
            "compactLayouts": f"{described}/compactLayouts",
        },
    }


# What the emulator has nothing to say about, for clients that read the whole of a describe.
_REST_OF_OBJECT: JsonObject = {
    "actionOverrides": [],
    "compactLayoutable": True,
    "defaultImplementation": None,
    "extendedBy": None,
    "extendsInterfaces": None,
    "implementedBy": None,
    "implementsInterfaces": None,
    "listviewable": None,
    "lookupLayoutable": None,
    "namedLayoutInfos": [],
    "networkScopeFieldName": None,
    "searchLayoutable": True,
    "sobjectDescribeOption": "FULL",
}
_REST_OF_FIELD: JsonObject = {
    "aiPredictionField": False,
    "caseSensitive": False,
    "defaultValueFormula": None,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "mask": None,
    "maskType": None,
    "queryByDistance": False,
    "referenceTargetField": None,
    "searchPrefilterable": False,
    "writeRequiresMasterRead": False,
}


def _field(access: Access, entity: SObject, each: Field) -> JsonObject:
    return {**_REST_OF_FIELD, **_form(entity, each), **_uses(access, entity, each), **_relation(each)}


def _form(entity: SObject, each: Field) -> JsonObject:
    """What a value of the field looks like."""
    return {
        "name": each.name,
        "label": each.label,
        "type": "string" if each.type == "complexvalue" else each.type,
        "soapType": _SOAP.get(each.type, "xsd:string"),
        "length": each.length,
        "byteLength": each.length * (1 if each.type in ("id", "reference") else 3),
        "precision": each.precision if each.type != "int" else 0,
        "scale": each.scale,
        "digits": each.precision if each.type == "int" else 0,
        "custom": each.custom,
        "autoNumber": False,
        "calculated": each.formula is not None,
        "calculatedFormula": each.formula.text if each.formula else None,
        "compoundFieldName": each.compound or None,
        "extraTypeInfo": "plaintextarea" if each.type == "textarea" else None,
        "htmlFormatted": False,
        "inlineHelpText": each.help,
        "nameField": each.name == "Name",
        "picklistValues": [_choice(entity, each, value) for value in each.values],
        "restrictedPicklist": each.restricted,
        "controllerName": each.controller or None,
        "dependentPicklist": bool(each.controller),
        "defaultValue": each.initial() if each.type == "boolean" else None,
    }


def _uses(access: Access, entity: SObject, each: Field) -> JsonObject:
    """What may be done with the field."""
    editable = access.editable(entity, each)
    return {
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
        "defaultedOnCreate": each.default is not None or each.type == "boolean" or each.name in _DEFAULTED,
        "permissionable": each.permissionable and not each.required and (each.create or each.custom),
    }


_DEFAULTED = frozenset({"Id", "OwnerId", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"})


def _relation(each: Field) -> JsonObject:
    """What the field points at."""
    return {
        "referenceTo": list(each.to),
        "relationshipName": each.relationship or None,
        "relationshipOrder": None,
        "namePointing": each.polymorphic,
        "polymorphicForeignKey": each.polymorphic,
        "cascadeDelete": each.cascade,
        "restrictedDelete": False,
    }


def _choice(entity: SObject, field: Field, value: str) -> JsonObject:
    controller = entity.field(field.controller) if field.controller else None
    return {
        "active": True,
        "defaultValue": value == field.default,
        "label": value,
        "validFor": _bits(controller, field.valid_for.get(value, ())) if controller else None,
        "value": value,
    }


def _bits(controller: Field, allowed: tuple[str, ...]) -> str:
    """Base64 of one bit for each value of the controlling field, the first in the highest place."""
    choices = controller.values or ("false", "true")
    bits = bytearray((len(choices) + 7) // 8)
    for place, choice in enumerate(choices):
        if choice in allowed:
            bits[place // 8] |= 0x80 >> place % 8
    return base64.b64encode(bits).decode()


def _children(call: Call, access: Access, entity: SObject) -> list[JsonObject]:
    return [
        {
            "childSObject": child.name,
            "field": reference.name,
            "relationshipName": reference.children or None,
            "cascadeDelete": reference.cascade,
            "restrictedDelete": False,
            "deprecatedAndHidden": False,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
        }
        for child, reference in call.org.schema.children(entity.name)
        if (seen := access.object(child.name)) is not None and seen.field(reference.name)
    ]
