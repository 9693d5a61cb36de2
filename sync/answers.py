"""Turns what `sync.questions` asks about rules, history and calibration into lines for a terminal.

Like `sync.render` everything here returns text and prints nothing.
"""

from collections.abc import Iterator, Sequence

from mapping.rulebook import Difference, Figure, shown
from sync.render import counted, table


def rule_lines(org: str, digest: str, figures: Sequence[Figure], most: int) -> Iterator[str]:
    """List figures in force with the source of each; `most` is how many there are in all."""
    own = sum(not figure.ours for figure in figures)
    yield f"Rules of {org}, digest {digest}"
    yield f"{counted(len(figures), 'figure')} of {most:,}; {own:,} from your file, the others are our defaults."
    yield ""
    rows = [(figure.name, shown(figure.value), _source(figure)) for figure in figures]
    yield from table(("figure", "value", "source"), rows)


def _source(figure: Figure) -> str:
    """Say where a value stands, and of the organisation's own what it replaces."""
    if figure.ours:
        return f"{figure.source} ({figure.file}:{figure.line})"
    return f"{figure.source} (our default: {shown(figure.default)})"


def difference_lines(before: str, after: str, differences: Sequence[Difference]) -> Iterator[str]:
    """Say in plain words which figures differ between two rule sets, named by `before` and `after`."""
    if not differences:
        yield f"No figure differs between {before} and {after}."
        return
    yield f"{counted(len(differences), 'figure')} differ{'s' if len(differences) == 1 else ''}: {before} -> {after}"
    yield from (f"  {difference.words}" for difference in differences)
