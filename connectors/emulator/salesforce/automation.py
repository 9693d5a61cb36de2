"""The customer's own rules at work on a record that is about to be saved: triggers, validation and duplicate rules."""

from dataclasses import dataclass

from connectors.emulator.salesforce.computing import Subject, computed
from connectors.emulator.salesforce.errors import SalesforceError, rejected
from connectors.emulator.salesforce.org import Org
from connectors.emulator.salesforce.rules import DuplicateRule, Operation, Trigger
from connectors.emulator.salesforce.schema import SObject
from connectors.emulator.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller's headers ask for: saving what an alert rule finds doubled, and assignment rules."""

    allow_duplicates: bool = False
    auto_assign: bool = True


NO_OPTIONS = Options()


def before_save(org: Org, entity: SObject, row: JsonObject, before: JsonObject, options: Options) -> None:
    """Run what Salesforce runs before a record is stored, in its order; may set fields of the row.

    Raises:
        SalesforceError: CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY, FIELD_CUSTOM_VALIDATION_EXCEPTION, DUPLICATES_DETECTED.
    """
    operation: Operation = "update" if before else "create"
    run_triggers(org, entity, row, before, ("before", operation))
    _validate(org, Subject(org, entity, row, before))
    for rule in org.rules.duplicates.get(entity.name, ()):
        if rule.active and operation in rule.operations and not (options.allow_duplicates and rule.action == "alert"):
            _refuse_duplicates(org, entity, row, rule)


def run_triggers(org: Org, entity: SObject, row: JsonObject, before: JsonObject, moment: tuple[str, Operation]) -> None:
    """Run the object's triggers of a moment, as `before create`."""
    for trigger in org.rules.triggers.get(entity.name, ()):
        if (trigger.when, moment[1]) == moment and moment[1] in trigger.operations:
            org.workshop.spend(trigger.milliseconds)
            subject = Subject(org, entity, row, before)
            if trigger.condition.value(subject):
                _fire(trigger, subject, moment[1])


def _fire(trigger: Trigger, subject: Subject, operation: Operation) -> None:
    if trigger.exception:
        event = f"{trigger.when.capitalize()}{_EVENTS[operation]}"
        text = f"{trigger.full_name}: execution of {event}\n\ncaused by: {trigger.exception}"
        place = f"Trigger.{trigger.full_name}: line 3, column 1"
        raise rejected("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"{text}\n\n{place}")
    for name, formula in trigger.set.items():
        field = subject.entity.fields[name.lower()]
        subject.row[field.name] = computed(subject.org, subject.entity, field, subject.row, formula)


def _validate(org: Org, subject: Subject) -> None:
    for rule in org.rules.validations.get(subject.entity.name, ()):
        if rule.active and rule.error_condition_formula.value(subject):
            blamed = (rule.error_display_field,) if rule.error_display_field else ()
            raise rejected("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.error_message, *blamed)


def _refuse_duplicates(org: Org, entity: SObject, row: JsonObject, rule: DuplicateRule) -> None:
    found = [each for each in _alike(org, entity, row, rule) if each != row["Id"]]
    if not found:
        return
    result = {
        "allowSave": rule.action == "alert",
        "duplicateRule": rule.full_name,
        "duplicateRuleEntityType": entity.name,
        "errorMessage": rule.error_message,
        "matchResults": [_matches(entity, rule, found)],
    }
    extra = {org.settings["duplicate_result_key"]: result}
    raise SalesforceError("DUPLICATES_DETECTED", rule.error_message, 400, None, extra)


def _alike(org: Org, entity: SObject, row: JsonObject, rule: DuplicateRule) -> list[str]:
    """The ids of live records that agree with the row in every field of the rule, none of them blank."""
    names = [field.name for name in rule.fields if (field := entity.field(name)) is not None]
    if not names or any(row.get(name) is None for name in names):
        return []
    matching = [set(org.store.matching(entity.name, name, str(row[name]))) for name in names]
    table = org.store.table(entity.name)
    return sorted(each for each in set.intersection(*matching) if not table[each].get("IsDeleted"))


def _matches(entity: SObject, rule: DuplicateRule, found: list[str]) -> JsonObject:
    records = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {"attributes": {"type": entity.name}, "Id": each},
        }
        for each in found
    ]
    return {
        "entityType": entity.name,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": records,
        "rule": rule.full_name,
        "size": len(found),
        "success": True,
    }


_EVENTS: dict[Operation, str] = {"create": "Insert", "update": "Update", "delete": "Delete"}
