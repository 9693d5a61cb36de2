"""The validation rules of properties over HTTP."""

from connectors.emulator.hubspot import rules
from connectors.emulator.hubspot.refusals import missing
from connectors.emulator.hubspot.rules import Rule

from . import bodies
from .endpoint import Answer, Call, Endpoint, every

READ, WRITE = ("crm.schemas.{kind}.read",), ("crm.schemas.{kind}.write",)


def _rules(call: Call) -> dict[str, Rule]:
    schema = call.portal.crm.schemas[call.kind.name]
    return schema.rules.setdefault(schema.read(call.path["name"]).name, {})


def _list(call: Call) -> Answer:
    found = call.portal.crm.schemas[call.kind.name].rules.items()
    rows = [
        {"propertyName": name, "propertyValidationRules": [r.render() for r in of.values()]} for name, of in found if of
    ]
    return Answer(200, {"results": rows})


def _of_property(call: Call) -> Answer:
    return Answer(200, {"results": [rule.render() for rule in _rules(call).values()]})


def _get(call: Call) -> Answer:
    found = _rules(call).get(call.path["rule"].upper())
    if found is None:
        raise missing()
    return Answer(200, found.render())


def _put(call: Call) -> Answer:
    form = call.body(bodies.ValidationRule)
    definition = call.portal.crm.schemas[call.kind.name].read(call.path["name"])
    held = _rules(call)
    now, normalise = call.portal.clock.now(), form.should_apply_normalization
    made = rules.read(definition, call.path["rule"].upper(), form.rule_arguments, now, normalise=normalise)
    held[made.type] = made
    return Answer(204)


def _paths(rest: str) -> tuple[str, ...]:
    return every(f"/crm/v3/property-validations/{{kind}}{rest}")


ENDPOINTS = (
    Endpoint("GET", _paths(""), _list, READ),
    Endpoint("GET", _paths("/{name}"), _of_property, READ),
    Endpoint("GET", _paths("/{name}/rule-type/{rule}"), _get, READ),
    Endpoint("PUT", _paths("/{name}/rule-type/{rule}"), _put, WRITE),
)
