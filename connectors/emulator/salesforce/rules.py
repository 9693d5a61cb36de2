"""What an administrator adds to an org besides fields: rules and triggers, in the words of a seed's schema.

The names are the metadata API's where it has them. `automation` carries them out.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, TypeAdapter
from pydantic.alias_generators import to_camel

from connectors.emulator.salesforce.formulas import Formula, parse
from connectors.emulator.wire import JsonObject

Condition: TypeAlias = Annotated[Formula, PlainValidator(parse)]
Operation: TypeAlias = Literal["create", "update", "delete"]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, arbitrary_types_allowed=True, frozen=True)


class ValidationRule(_Rule):
    """Refuses a record for which the condition is true; `error_display_field` is the field to blame."""

    full_name: str
    error_condition_formula: Condition
    error_message: str
    error_display_field: str = ""
    active: bool = True


class DuplicateRule(_Rule):
    """Refuses a record that agrees with another in all `fields`; `alert` can be overridden by a header, `block` not."""

    full_name: str
    fields: tuple[str, ...] = Field(min_length=1)
    action: Literal["alert", "block"] = "alert"
    operations: tuple[Operation, ...] = ("create", "update")
    error_message: str = "Use one of these records?"
    active: bool = True


class Trigger(_Rule):
    """Code of the customer: takes its time, sets fields (before only) and throws where its condition is true."""

    full_name: str
    when: Literal["before", "after"] = "before"
    operations: tuple[Operation, ...] = ("create", "update")
    condition: Condition = parse("TRUE")
    exception: str = ""
    set: dict[str, Condition] = Field(default_factory=dict)
    milliseconds: int = Field(0, ge=0, le=60_000)

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """Every formula in it."""
        return (self.condition, *self.set.values())


@dataclass(slots=True)
class Rules:
    """All rules by object; `assignments` are the owners an active assignment rule gives to new records."""

    validations: dict[str, list[ValidationRule]] = field(default_factory=dict)
    duplicates: dict[str, list[DuplicateRule]] = field(default_factory=dict)
    triggers: dict[str, list[Trigger]] = field(default_factory=dict)
    assignments: dict[str, str] = field(default_factory=dict)

    def add(self, part: JsonObject) -> None:
        """Take in the rules of a seed's schema part; what has a known name replaces it.

        Raises:
            ValueError: a rule has the wrong form.
        """
        _join(self.validations, _VALIDATIONS.validate_python(part.get("validationRules", {})))
        _join(self.duplicates, _DUPLICATES.validate_python(part.get("duplicateRules", {})))
        _join(self.triggers, _TRIGGERS.validate_python(part.get("triggers", {})))
        self.assignments.update(_ASSIGNMENTS.validate_python(part.get("assignmentRules", {})))

    def formulas(self) -> list[tuple[str, Formula]]:
        """Every formula with the object it is about."""
        validations = [
            (name, each.error_condition_formula) for name, rules in self.validations.items() for each in rules
        ]
        return validations + [
            (name, formula) for name, rules in self.triggers.items() for each in rules for formula in each.formulas
        ]


_Named = TypeVar("_Named", ValidationRule, DuplicateRule, Trigger)
_VALIDATIONS = TypeAdapter(dict[str, list[ValidationRule]])
_DUPLICATES = TypeAdapter(dict[str, list[DuplicateRule]])
_TRIGGERS = TypeAdapter(dict[str, list[Trigger]])
_ASSIGNMENTS = TypeAdapter(dict[str, str])


def _join(known: dict[str, list[_Named]], more: dict[str, list[_Named]]) -> None:
    for name, rules in more.items():
        names = {each.full_name for each in rules}
        known[name] = [each for each in known.get(name, ()) if each.full_name not in names] + rules
