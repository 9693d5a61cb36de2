"""Roles, sub-types, status and stance of each person in each account (see roles.sql).

`mapping.compute` runs it after evidence. A human's word replaces what is predicted.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing


def tables(rules: Rules, _profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_lapse` and `rule_department_kind` (technical, guardian)."""
    yield listing("rule_lapse", "days BIGINT", [(rules.roles.lapsed_days,)])
    kinds = {"technical": rules.departments.technical, "guardian": rules.departments.guardian}
    rows = {(kind, department) for kind, names in kinds.items() for department in names}
    yield listing("rule_department_kind", "kind TEXT, department TEXT", sorted(rows))
