"""What a benchmark prints: ``{"name", "value", "unit", "bar", "holds"}`` a line and figure, and whether bars hold."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; `bar` is the most it may be, or with `least` the least. Without one it is to be watched."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    least: bool = False

    @property
    def holds(self) -> bool | None:
        """Whether the bar holds; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.least else self.value <= self.bar

    def line(self) -> str:
        """Write the figure as the line that is printed."""
        told = {"name": self.name, "value": self.value, "unit": self.unit, "bar": self.bar, "holds": self.holds}
        return json.dumps(told)


def shown(found: Iterable[Figure]) -> int:
    """Print every figure as soon as it is known; gives the exit status: 1 when a bar does not hold."""
    held = True
    for figure in found:
        sys.stdout.write(figure.line() + "\n")
        sys.stdout.flush()
        held = held and figure.holds is not False
    return 0 if held else 1
