"""Pipelines and stages of one object type, and what a record's stage says about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .refusals import RefusedError, conflict, invalid, missing
from .schema import Option
from .wire import data_file, stamp

ACTIONS = {"create": "CREATE", "update": "UPDATE", "delete": "DELETE"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; of a deal a probability of 1 is won, of 0 lost."""

    id: str
    label: str
    order: int
    metadata: Mapping[str, str]
    created: datetime
    updated: datetime

    @property
    def probability(self) -> str | None:
        """Of deals only."""
        return self.metadata.get("probability")

    @property
    def closed(self) -> bool:
        """Whether a record at this stage is done with."""
        sure = self.probability is not None and float(self.probability) in {0.0, 1.0}
        return sure or self.metadata.get("ticketState") == "CLOSED"

    def render(self) -> dict[str, object]:
        """Form the stage's JSON."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "metadata": {"isClosed": "true" if self.closed else "false", **self.metadata},
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            "archived": False,
        }


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline with its stages in order."""

    id: str
    label: str
    order: int
    stages: Mapping[str, Stage]
    created: datetime
    updated: datetime

    def render(self) -> dict[str, object]:
        """Form the pipeline's JSON."""
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "stages": [stage.render() for stage in sorted(self.stages.values(), key=lambda stage: stage.order)],
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "archived": False,
        }


@dataclass(slots=True)
class Pipelines:
    """The pipelines of one object type; `names` are its properties of pipeline and stage, none for most types."""

    kind: str
    names: tuple[str, ...]
    born: datetime
    portal_id: int = 0
    all: dict[str, Pipeline] = field(default_factory=dict)
    audits: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.load(data_file("pipelines.json").get(self.kind, ()))

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the pipelines by a seed's: `{"id", "label", "stages": [{"id", "label", "probability"}]}`."""
        self.all = {str(row["id"]): self._pipeline(str(row["id"]), order, row) for order, row in enumerate(rows)}

    def _pipeline(self, key: str, order: int, row: Mapping[str, Any]) -> Pipeline:
        stages = {str(s["id"]): self._stage(str(s["id"]), i, s, self.born) for i, s in enumerate(row["stages"])}
        return Pipeline(key, row["label"], order, stages, self.born, self.born)

    def _stage(self, key: str, order: int, row: Mapping[str, Any], now: datetime) -> Stage:
        metadata = {name: str(value) for name, value in (row.get("metadata") or {}).items() if name != "isClosed"}
        if self.kind == "deals":
            metadata = {"probability": str(row.get("probability", metadata.get("probability", "0.5")))}
            _check_probability(metadata["probability"])
        given = row.get("displayOrder")
        return Stage(key, row["label"], order if given is None else int(given), metadata, now, now)

    # --- reading --------------------------------------------------------------------------------------------------

    def read(self, key: str) -> Pipeline:
        """Find a pipeline or raise RefusedError (404)."""
        if key not in self.all:
            raise missing()
        return self.all[key]

    def stage(self, key: str, stage: str) -> Stage:
        """Find a stage or raise RefusedError (404)."""
        found = self.read(key).stages.get(stage)
        if found is None:
            raise missing()
        return found

    def options(self) -> dict[str, tuple[Option, ...]]:
        """List the options that the properties of pipeline and stage take."""
        if not self.names:
            return {}
        stages = {stage.id: stage for pipeline in self.all.values() for stage in pipeline.stages.values()}
        values = (
            tuple(Option(p.id, p.label, p.order) for p in self.all.values()),
            tuple(Option(s.id, s.label, i) for i, s in enumerate(stages.values())),
        )
        return dict(zip(self.names, values, strict=True))

    def place(self, properties: Mapping[str, str | None]) -> tuple[str | None, Stage | None]:
        """Tell a record's pipeline, by default the first, and its stage there."""
        pipeline = properties.get(self.names[0]) or next(iter(self.all), None)
        stages = self.all[pipeline].stages if pipeline in self.all else {}
        return pipeline, stages.get(properties.get(self.names[1]) or "")

    # --- writing --------------------------------------------------------------------------------------------------

    def put(self, key: str, row: Mapping[str, Any], now: datetime) -> Pipeline:
        """Create or replace a pipeline. Raises RefusedError: 400 for its form, 409 when its label is taken."""
        if any(p.label == row["label"] and p.id != key for p in self.all.values()):
            raise conflict(f"There is already a pipeline with the label {row['label']}.")
        made = self._pipeline(key, len(self.all), row)
        old = self.all.get(key)
        born = old.created if old else now
        order = made.order if row.get("displayOrder") is None else int(row["displayOrder"])
        self.all[key] = replace(made, order=order, created=born, updated=now)
        self._audit("update" if old else "create", key, self.all[key].render(), now)
        return self.all[key]

    def change(self, key: str, label: str | None, order: int | None, now: datetime) -> Pipeline:
        """Give a pipeline other words or another place. Raises RefusedError (404)."""
        old = self.read(key)
        self.all[key] = replace(old, label=label or old.label, order=old.order if order is None else order, updated=now)
        self._audit("update", key, self.all[key].render(), now)
        return self.all[key]

    def drop(self, key: str, now: datetime) -> None:
        """Remove a pipeline. Raises RefusedError: 404, or 400 for the last one."""
        self.read(key)
        if len(self.all) == 1:
            raise invalid("The last pipeline of an object type cannot be deleted.")
        self._audit("delete", key, self.all.pop(key).render(), now)

    def put_stage(self, key: str, stage: str, row: Mapping[str, Any], now: datetime) -> Stage:
        """Create, replace or change a stage. Raises RefusedError: 404, 400, or 409 when its label is taken."""
        pipeline = self.read(key)
        if any(s.label == row["label"] and s.id != stage for s in pipeline.stages.values()):
            raise conflict(f"There is already a stage with the label {row['label']}.")
        made = self._stage(stage, len(pipeline.stages), row, now)
        old = pipeline.stages.get(stage)
        made = replace(made, created=old.created if old else now)
        self.all[key] = replace(pipeline, stages={**pipeline.stages, stage: made}, updated=now)
        self._audit("update" if old else "create", stage, made.render(), now)
        return made

    def drop_stage(self, key: str, stage: str, now: datetime) -> None:
        """Remove a stage. Raises RefusedError: 404, or 400 for the last one of its pipeline."""
        pipeline, gone = self.read(key), self.stage(key, stage)
        if len(pipeline.stages) == 1:
            raise invalid("The last stage of a pipeline cannot be deleted.")
        kept = {name: s for name, s in pipeline.stages.items() if name != stage}
        self.all[key] = replace(pipeline, stages=kept, updated=now)
        self._audit("delete", stage, gone.render(), now)

    def _audit(self, action: str, key: str, raw: dict[str, object], now: datetime) -> None:
        row = {"portalId": self.portal_id, "identifier": key, "action": ACTIONS[action], "timestamp": stamp(now)}
        self.audits.insert(0, {**row, "fromUserId": 0, "message": f"{ACTIONS[action]} by API", "rawObject": raw})


def _check_probability(given: str) -> None:
    try:
        fits = 0 <= float(given) <= 1
    except ValueError:
        fits = False
    if not fits:
        raise RefusedError(400, "VALIDATION_ERROR", f"probability must be between 0 and 1, but was {given}")
