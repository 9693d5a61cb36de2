"""Settings and subscriptions of the public app's webhooks over HTTP, with the developer's key."""

from connectors.emulator.hubspot.access import PUBLIC_APP
from connectors.emulator.hubspot.object_types import ObjectType
from connectors.emulator.hubspot.refusals import RefusedError, invalid, missing
from connectors.emulator.hubspot.render import envelope
from connectors.emulator.hubspot.webhooks import Subscription, Webhooks

from . import bodies
from .endpoint import Answer, Call, Door, Endpoint, every


def _of(call: Call) -> Webhooks:
    if call.path["app"] != str(PUBLIC_APP):
        raise missing()
    return call.portal.webhooks


def _settings(call: Call) -> Answer:
    target = _of(call).target
    if target is None:
        raise missing()
    return Answer(200, target.render())


def _configure(call: Call) -> Answer:
    form = call.body(bodies.WebhookSettings)
    return Answer(200, _of(call).aim(form.target_url, form.throttling.max_concurrent_requests).render())


def _clear(call: Call) -> Answer:
    _of(call).aim_nowhere()
    return Answer(204)


def _list(call: Call) -> Answer:
    return Answer(200, {"results": [each.render() for each in _of(call).subscriptions.values()]})


def _get(call: Call) -> Answer:
    return Answer(200, _of(call).read(call.path["id"]).render())


def _create(call: Call) -> Answer:
    form = call.body(bodies.NewSubscription)
    word = form.event_type.partition(".")[0]
    kind = call.portal.crm.kinds.infer(form.object_type_id or "" if word == "object" else word)
    generic: ObjectType | None = kind if word == "object" else None
    if generic is None and word != kind.singular:
        raise invalid(f"{form.event_type} is not an event type.")
    made = _of(call).subscribe(form.event_type, generic, form.property_name, active=form.active)
    return Answer(201, made.render())


def _update(call: Call) -> Answer:
    return Answer(200, _of(call).switch(call.path["id"], active=call.body(bodies.SubscriptionChange).active).render())


def _update_batch(call: Call) -> Answer:
    rows: list[object] = []
    errors: list[object] = []
    for row in call.body(bodies.SubscriptionChanges).inputs:
        try:
            made: Subscription = _of(call).switch(row.id, active=row.active)
            rows.append(made.render())
        except RefusedError as refused:
            errors.append(refused.row({"ids": [row.id]}))
    return Answer(207 if errors else 200, envelope(call.portal.crm, rows, errors))


def _archive(call: Call) -> Answer:
    gone = _of(call).read(call.path["id"])
    del _of(call).subscriptions[gone.id]
    return Answer(204)


def _paths(rest: str) -> tuple[str, ...]:
    return every(f"/webhooks/v3/{{app}}{rest}")


_DOOR = Door.DEVELOPER

ENDPOINTS = (
    Endpoint("GET", _paths("/settings"), _settings, door=_DOOR),
    Endpoint("PUT", _paths("/settings"), _configure, door=_DOOR),
    Endpoint("DELETE", _paths("/settings"), _clear, door=_DOOR),
    Endpoint("GET", _paths("/subscriptions"), _list, door=_DOOR),
    Endpoint("POST", _paths("/subscriptions"), _create, door=_DOOR),
    Endpoint("POST", _paths("/subscriptions/batch/update"), _update_batch, door=_DOOR),
    Endpoint("GET", _paths("/subscriptions/{id}"), _get, door=_DOOR),
    Endpoint("PATCH", _paths("/subscriptions/{id}"), _update, door=_DOOR),
    Endpoint("DELETE", _paths("/subscriptions/{id}"), _archive, door=_DOOR),
)
