"""Pipelines and stages over HTTP."""

from uuid import uuid4

from connectors.emulator.hubspot.pipelines import Pipelines
from connectors.emulator.hubspot.refusals import invalid

from . import bodies
from .endpoint import Answer, Call, Endpoint, every

READ, WRITE = ("crm.objects.{kind}.read",), ("crm.objects.{kind}.write",)


def _of(call: Call) -> Pipelines:
    return call.portal.crm.pipelines[call.kind.name]


def _changed(call: Call) -> None:
    call.portal.crm.use_pipelines(call.kind)


def _list(call: Call) -> Answer:
    found = sorted(_of(call).all.values(), key=lambda pipeline: pipeline.order)
    return Answer(200, {"results": [pipeline.render() for pipeline in found]})


def _get(call: Call) -> Answer:
    return Answer(200, _of(call).read(call.path["id"]).render())


def _create(call: Call) -> Answer:
    if not call.kind.stages:
        raise invalid(f"Object type {call.kind.id} has no pipelines.")
    return _put(call, str(uuid4()), 201)


def _replace(call: Call) -> Answer:
    _of(call).read(call.path["id"])
    return _put(call, call.path["id"], 200)


def _put(call: Call, key: str, status: int) -> Answer:
    form = call.body(bodies.NewPipeline).model_dump(by_alias=True)
    if not form["stages"]:
        raise invalid("A pipeline needs at least one stage.")
    stages = [{**stage, "id": stage["stageId"] or str(uuid4())} for stage in form["stages"]]
    made = _of(call).put(key, {**form, "stages": stages}, call.portal.clock.now())
    _changed(call)
    return Answer(status, made.render())


def _update(call: Call) -> Answer:
    form = call.body(bodies.PipelineChange)
    made = _of(call).change(call.path["id"], form.label, form.display_order, call.portal.clock.now())
    _changed(call)
    return Answer(200, made.render())


def _archive(call: Call) -> Answer:
    _of(call).drop(call.path["id"], call.portal.clock.now())
    _changed(call)
    return Answer(204)


def _audit(call: Call) -> Answer:
    _of(call).read(call.path["id"])
    wanted = call.path.get("stage", call.path["id"])
    return Answer(200, {"results": [row for row in _of(call).audits if row["identifier"] == wanted]})


# --- stages -----------------------------------------------------------------------------------------------------------


def _stages(call: Call) -> Answer:
    return Answer(200, {"results": _of(call).read(call.path["id"]).render()["stages"]})


def _stage(call: Call) -> Answer:
    return Answer(200, _of(call).stage(call.path["id"], call.path["stage"]).render())


def _create_stage(call: Call) -> Answer:
    form = call.body(bodies.NewStage)
    return _put_stage(call, form.stage_id or str(uuid4()), form.model_dump(by_alias=True), 201)


def _replace_stage(call: Call) -> Answer:
    _of(call).stage(call.path["id"], call.path["stage"])
    return _put_stage(call, call.path["stage"], call.body(bodies.NewStage).model_dump(by_alias=True), 200)


def _update_stage(call: Call) -> Answer:
    old = _of(call).stage(call.path["id"], call.path["stage"])
    form = call.body(bodies.StageChange)
    row = {
        "label": form.label or old.label,
        "displayOrder": old.order if form.display_order is None else form.display_order,
        "metadata": {**old.metadata, **form.metadata},
    }
    return _put_stage(call, old.id, row, 200)


def _put_stage(call: Call, key: str, row: dict[str, object], status: int) -> Answer:
    made = _of(call).put_stage(call.path["id"], key, row, call.portal.clock.now())
    _changed(call)
    return Answer(status, made.render())


def _archive_stage(call: Call) -> Answer:
    _of(call).drop_stage(call.path["id"], call.path["stage"], call.portal.clock.now())
    _changed(call)
    return Answer(204)


def _paths(rest: str) -> tuple[str, ...]:
    return every(f"/crm/v3/pipelines/{{kind}}{rest}")


ENDPOINTS = (
    Endpoint("GET", _paths(""), _list, READ),
    Endpoint("POST", _paths(""), _create, WRITE),
    Endpoint("GET", _paths("/{id}"), _get, READ),
    Endpoint("PUT", _paths("/{id}"), _replace, WRITE),
    Endpoint("PATCH", _paths("/{id}"), _update, WRITE),
    Endpoint("DELETE", _paths("/{id}"), _archive, WRITE),
    Endpoint("GET", _paths("/{id}/audit"), _audit, READ),
    Endpoint("GET", _paths("/{id}/stages"), _stages, READ),
    Endpoint("POST", _paths("/{id}/stages"), _create_stage, WRITE),
    Endpoint("GET", _paths("/{id}/stages/{stage}"), _stage, READ),
    Endpoint("PUT", _paths("/{id}/stages/{stage}"), _replace_stage, WRITE),
    Endpoint("PATCH", _paths("/{id}/stages/{stage}"), _update_stage, WRITE),
    Endpoint("DELETE", _paths("/{id}/stages/{stage}"), _archive_stage, WRITE),
    Endpoint("GET", _paths("/{id}/stages/{stage}/audit"), _audit, READ),
)
