"""What a person should know about an export before a run; both dialects use these."""

from collections.abc import Iterator, Sequence

from connectors.base import Finding
from connectors.files.export import Export, Plan

SHOWN = 5
"""Names of columns a finding quotes."""


def missing_files(export: Export, needed: Sequence[str], useful: Sequence[str], fix: str) -> Iterator[Finding]:
    """Name the objects without a file: a run fails without those `needed`, and knows less without the others."""
    for name in needed:
        if not export.exists(name):
            yield Finding(name, f"There is no file of it in {export.place}.", fix, fatal=True)
    for name in useful:
        if not export.exists(name):
            yield Finding(name, "There is no file of it; its evidence is missing.", fix, fatal=False)


def columns_unused(export: Export, plan: Plan) -> Iterator[Finding]:
    """Say for every file which columns nothing reads: a misspelt one may be among them."""
    for name in export.objects():
        for sheet, header in export.of(name).sheets:
            made = plan(name, header).values()
            used = {place for column in made for place in (*column.places, column.only_with)}
            unused = [column for place, column in enumerate(header) if place not in used]
            if unused:
                more = f" and {len(unused) - SHOWN} more" if len(unused) > SHOWN else ""
                cause = f"Nothing reads the columns {', '.join(unused[:SHOWN])}{more}."
                yield Finding(sheet.name, cause, "", fatal=False)


def warnings(export: Export) -> Iterator[Finding]:
    """Repeat what was noticed while the files were read."""
    for name in export.objects():
        for warning in export.of(name).warnings:
            yield Finding(name, warning, "Compare it with the CRM, or export it again.", fatal=False)
