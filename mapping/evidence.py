"""Facts about people and what they speak for on each axis (see evidence.sql).

`mapping.compute` runs it after identity and lifecycle. Half the rows of a run are these facts: `mapping.explain` makes
its sentences of them.
"""

from collections.abc import Iterator

from mapping.identity import departments
from mapping.metadata import ROLES
from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, figures, listing

GROUPS = {"power user": "user"}
"""Role that a human may confirm -> the group of CRM roles whose points it has, where that has another name."""


def tables(rules: Rules, profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give the points and weights: `rule_evidence`, `rule_weight`, `rule_title_points`, `rule_survey`, `rule_crm_role`,
    `rule_name_role`, `rule_crm_points`, `rule_role` (what a human may confirm), `rule_human_points` and
    `rule_product_department`.
    """
    evidence = rules.evidence
    yield figures("rule_evidence", evidence)
    yield figures("rule_weight", evidence.weights)
    more = evidence.pathway_influence.get(evidence.pathway, {})
    of_titles = [
        (level, axis, min(100.0, value + (more.get(level, 0) if axis == "influence" else 0)))
        for level, axes in evidence.titles.items()
        for axis, value in axes
    ]
    yield listing("rule_title_points", "level TEXT, axis TEXT, points DOUBLE", of_titles)
    surveys = [(band.kind, band.low, band.high, band.points) for band in evidence.surveys]
    yield listing("rule_survey", "kind TEXT, low DOUBLE, high DOUBLE, points DOUBLE", surveys)
    spellings = {(text, group) for group, texts in rules.roles.spellings.items() for text in texts}
    yield listing("rule_crm_role", "spelling TEXT, role_group TEXT", sorted(spellings))
    markers = {(text, group) for group, texts in rules.roles.name_markers.items() for text in texts}
    yield listing("rule_name_role", "marker TEXT, role_group TEXT", sorted(markers))
    points = rules.roles.points
    of_roles = [(group, axis, value) for group, axes in points.items() for axis, value in axes.items()]
    yield listing("rule_crm_points", "role_group TEXT, axis TEXT, points DOUBLE", of_roles)
    yield listing("rule_role", "role TEXT", [(role,) for role in (*ROLES, "none")])
    of_words = [(role, axis, value) for role in ROLES for axis, value in points.get(GROUPS.get(role, role), {}).items()]
    yield listing("rule_human_points", "role TEXT, axis TEXT, points DOUBLE", of_words)
    yield listing("rule_product_department", "side TEXT, department TEXT", sorted(_sides(rules, profile)))


def _sides(rules: Rules, profile: Profile) -> set[tuple[str, str]]:
    """Name the departments the products are sold to and consumed in, in canonical spelling."""
    known = departments(rules, profile)
    sold = {("sold_to", known[name.lower()]) for product in profile.products for name in product.sold_to}
    return sold | {("consumed_in", known[name.lower()]) for product in profile.products for name in product.consumed_in}
