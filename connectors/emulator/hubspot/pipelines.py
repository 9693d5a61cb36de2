"""Pipelines and stages of deals, and what a deal's stage says about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .schema import Option
from .wire import data_file

STAGE_SAYS = ("hs_is_closed", "hs_is_closed_won", "hs_is_closed_lost", "hs_deal_stage_probability")
"""Properties of a deal that its stage decides."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage; a probability of 1 is won, of 0 lost."""

    id: str
    label: str
    order: int
    probability: str

    def render(self) -> dict[str, object]:
        """Form the stage's JSON."""
        closed = "true" if float(self.probability) in {0.0, 1.0} else "false"
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": self.order,
            "metadata": {"isClosed": closed, "probability": self.probability},
            "archived": False,
        }


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline with its stages in order."""

    id: str
    label: str
    order: int
    stages: tuple[Stage, ...]

    def render(self) -> dict[str, object]:
        """Form the pipeline's JSON."""
        stages = [stage.render() for stage in self.stages]
        return {
            "id": self.id, "label": self.label, "displayOrder": self.order, "stages": stages, "archived": False
        }  # fmt: skip


def _read(order: int, row: Mapping[str, Any]) -> Pipeline:
    stages = tuple(
        Stage(str(s["id"]), s["label"], i, str(s.get("probability", "0.5"))) for i, s in enumerate(row["stages"])
    )
    return Pipeline(str(row["id"]), row["label"], order, stages)


class Pipelines:
    """The deal pipelines of a portal."""

    def __init__(self) -> None:
        self.deals: dict[str, Pipeline] = {}
        self.load(data_file("pipelines.json")["deals"])

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replace the pipelines by a seed's: `{"id", "label", "stages": [{"id", "label", "probability"}]}`."""
        self.deals = {str(row["id"]): _read(order, row) for order, row in enumerate(rows)}

    def options(self) -> dict[str, tuple[Option, ...]]:
        """List the options that `pipeline` and `dealstage` take."""
        stages = {stage.id: stage for pipeline in self.deals.values() for stage in pipeline.stages}
        return {
            "pipeline": tuple(Option(p.id, p.label, p.order) for p in self.deals.values()),
            "dealstage": tuple(Option(s.id, s.label, i) for i, s in enumerate(stages.values())),
        }

    def derive(self, properties: Mapping[str, str | None]) -> dict[str, str | None]:
        """Work out what a deal's stage says: closed, won, lost, probability; the first pipeline is the default."""
        pipeline = properties.get("pipeline") or next(iter(self.deals), None)
        stages = self.deals[pipeline].stages if pipeline in self.deals else ()
        stage = next((s for s in stages if s.id == properties.get("dealstage")), None)
        if stage is None:
            return {"pipeline": pipeline, **dict.fromkeys(STAGE_SAYS)}
        won, lost = float(stage.probability) == 1, float(stage.probability) == 0
        return {
            "pipeline": pipeline,
            "hs_is_closed": _flag(won or lost),
            "hs_is_closed_won": _flag(won),
            "hs_is_closed_lost": _flag(lost),
            "hs_deal_stage_probability": stage.probability,
        }


def _flag(value: bool) -> str:
    return "true" if value else "false"
