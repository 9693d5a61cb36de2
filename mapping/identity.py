"""Who is one person, which accounts are one customer, who belongs where and who has gone (see identity.sql).

`mapping.compute` runs it before everything that speaks of people; it needs `title_reading` for people whose CRM
department is unknown.
"""

from collections.abc import Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing


def tables(rules: Rules, profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_free_mail`, `rule_own_domain`, `rule_gone` and `rule_department`."""
    yield listing("rule_free_mail", "domain TEXT", [(domain,) for domain in rules.identity.free_mail])
    yield listing("rule_own_domain", "domain TEXT", [(domain.lower(),) for domain in profile.own_domains])
    yield listing("rule_gone", "marker TEXT", [(marker.lower(),) for marker in rules.identity.gone_markers])
    yield listing("rule_department", "spelling TEXT, department TEXT", sorted(departments(rules, profile).items()))


def departments(rules: Rules, profile: Profile) -> dict[str, str]:
    """Map every known spelling in lower case to its department; names that only the organisation uses are their own."""
    known = {name.lower(): name for name in rules.departments.spellings}
    known |= {text.lower(): name for name, texts in rules.departments.spellings.items() for text in texts}
    own = (name for product in profile.products for name in (*product.sold_to, *product.consumed_in))
    return {name.lower(): name for name in own} | known
