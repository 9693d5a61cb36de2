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
            yield Finding(name, f"There is no file of it in {export.place}.", fix, fatal=True, setting=("folder",))
    for name in useful:
        if not export.exists(name):
            yield Finding(
                name, "There is no file of it; its evidence is missing.", fix, fatal=False, setting=("folder",)
            )


def columns_unused(export: Export, plan: Plan) -> Iterator[Finding]:
    """Say for every file with labels as header which columns nothing reads: one that is wanted may be among them.

    Names of fields are no matter of doubt, and an export has many that nobody asks for.
    """
    for name in export.objects():
        for sheet, header in export.of(name).sheets:
            used = _used(plan, name, header)
            unused = [column for place, column in enumerate(header) if place not in used]
            if any(" " in column for column in unused):
                more = f" and {len(unused) - SHOWN} more" if len(unused) > SHOWN else ""
                cause = f"Nothing reads the columns {', '.join(unused[:SHOWN])}{more}."
                yield Finding(sheet.name, cause, "", fatal=False, setting=("folder",), remark=True)


def columns_read(export: Export, plan: Plan) -> str:
    """Count columns, for a person to compare."""
    headers = [(name, header) for name in export.objects() for _, header in export.of(name).sheets]
    read = sum(len(_used(plan, name, header)) for name, header in headers)
    return f"{read} of its {sum(len(header) for _, header in headers)} columns are read"


def _used(plan: Plan, name: str, header: Sequence[str]) -> set[int]:
    made = plan(name, header).values()
    return {place for column in made for place in (*column.places, column.only_with) if place is not None}


def warnings(export: Export) -> Iterator[Finding]:
    """Repeat what was noticed while the files were read."""
    for name in export.objects():
        for warning in export.of(name).warnings:
            yield Finding(name, warning, "Compare it with the CRM, or export it again.", fatal=False)
