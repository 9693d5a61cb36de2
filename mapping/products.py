"""Coverage by product, where an organisation sells several (see products.sql, offers.sql, fold.sql; domain section 7).

`mapping.compute` runs `spread` before coverage and `fold` after it. In between each product that an account holds is
judged as an account of its own, by the very statements that judge an account; afterwards the account has the answer of
the product that is covered worst, and the gaps of all of them. An organisation with one product has none of this.
"""

from collections.abc import Iterator

import duckdb

from mapping.identity import departments
from mapping.records import Table
from mapping.spec import Profile, Rows, Rules, listing
from mapping.statements import execute


def tables(rules: Rules, profile: Profile) -> Iterator[tuple[Table, Rows]]:
    """Give `rule_offered` (empty where one product is sold), `rule_own_need` (those of its cells that are its own) and
    `rule_sold` (the departments of each product; of the only one under the name "").
    """
    several = len(profile.products) > 1
    offered = [(product.name, place, product.breadth) for place, product in enumerate(profile.products) if several]
    yield listing("rule_offered", "product TEXT, place BIGINT, breadth TEXT", offered)
    own = [
        (product, segment, breadth)
        for product, needs in rules.coverage.needs_of_product.items()
        for breadth, cells in needs.items()
        for segment in cells
    ]
    yield listing("rule_own_need", "product TEXT, segment TEXT, breadth TEXT", own)
    known = departments(rules, profile)
    sold = {
        (product.name if several else "", side, known[name.lower()])
        for product in profile.products
        for side, names in (("sold_to", product.sold_to), ("consumed_in", product.consumed_in))
        for name in names
    }
    yield listing("rule_sold", "product TEXT, side TEXT, department TEXT", sorted(sold))


def spread(connection: duckdb.DuckDBPyConnection, _rules: Rules) -> None:
    """Let coverage judge each product of an account, where several are sold."""
    if _several(connection):
        execute(connection, "offers")


def fold(connection: duckdb.DuckDBPyConnection, _rules: Rules) -> None:
    """Give each account the answer of the product that is covered worst, where several are sold."""
    if _several(connection):
        execute(connection, "fold")


def _several(connection: duckdb.DuckDBPyConnection) -> bool:
    return connection.execute("SELECT 1 FROM rule_offered LIMIT 1").fetchone() is not None
