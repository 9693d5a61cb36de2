"""Who is one person, which accounts are one customer, who belongs where and who has gone (see identity.sql).

`mapping.compute` runs it before everything that speaks of people; it needs `title_reading` for people whose CRM
department is unknown.
"""

from collections.abc import Iterable, Iterator

from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing


def tables(rules: Rules, profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_free_mail`, `rule_own_domain`, `rule_gone` and `rule_department`."""
    yield listing("rule_free_mail", "domain TEXT", _words(rules.identity.free_mail))
    yield listing("rule_own_domain", "domain TEXT", _words(profile.own_domains))
    yield listing("rule_gone", "marker TEXT", _words(rules.identity.gone_markers))
    yield listing("rule_department", "spelling TEXT, department TEXT", sorted(departments(rules, profile).items()))


def departments(rules: Rules, profile: Profile) -> dict[str, str]:
    """Map every known spelling in lower case to its department; names that only the organisation uses are their own."""
    known = {name.lower(): name for name in rules.departments.spellings}
    known |= {text.lower(): name for name, texts in rules.departments.spellings.items() for text in texts}
    own = (name for product in profile.products for name in (*product.sold_to, *product.consumed_in))
    return {name.lower(): name for name in own} | known


def _words(words: Iterable[str]) -> Rows:
    """Give each word once, in lower case: a word that stands twice in a rule file must not double rows."""
    return sorted({(word.strip().lower(),) for word in words})
