"""Lists of rows that are found more or less exactly: one branch for each rank, the best first.

The work of a rank is bounded: of rows that meet its condition it takes the first ones that the indexes find, and when
there are more, in a list by date those among its newest rows, too (DECISIONS D114).
"""

from dataclasses import dataclass, replace
from typing import Final

from db.sql import Rows, Sql, every, join, number, sql
from resolvers.compilation.lists.ordering import RANK, Order

MOST_FOUND: Final = 100
"""Rows that a rank takes from the indexes; a page has no more."""

NEWEST: Final = 300
"""The first rows of a list among which a rank looks for more."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Rows in their order; of one rank only those that meet its condition `rank`, and not the one `better`."""

    rows: Rows
    order: Order
    rank: Sql | None = None
    better: Sql | None = None

    @property
    def conditions(self) -> tuple[Sql, ...]:
        """The conditions of a found row."""
        return (sql("{} is not true", self.better),) if self.better is not None else ()


def branches(rows: Rows, order: Order, ranks: tuple[Sql, ...]) -> tuple[Branch, ...]:
    """A branch for each rank: the rows that meet its condition and not that of the one before. Without ranks all."""
    if not ranks:
        return (Branch(rows, order),)
    ranked = order.ranked()
    return tuple(
        Branch(_with_rank(rows, number(n)), ranked, rank, better)
        for n, (rank, better) in enumerate(zip(ranks, (None, *ranks), strict=False))
    )


def found(branch: Branch, source: Sql, conditions: tuple[Sql, ...], by_date: bool) -> Sql:
    """The item for FROM with the rows of a rank, in a list by date those among its newest rows (`in_turn`), too.

    The first common table expression is read only as far as needed; that it is one makes PostgreSQL look the rows up by
    their indexes, as if all of them were needed. The last offset keeps it from planning conditions for both parts.
    """
    assert branch.rank is not None, "rows without ranks are not searched for"
    name, most = branch.rows.name, number(MOST_FOUND)
    every_one = sql("select {}.* from {} where {}", name, source, every([*conditions, branch.rank]))
    some = sql("select * from every_one limit {}", most)
    if not by_date:
        return sql("(with every_one as materialized ({}) {}) {}", every_one, some, name)
    is_more = sql("(select count(*) from found) = {} and {} not in (select id from found)", most, branch.rows["id"])
    more = sql("select {}.* from newest {} where {} and {}", name, name, branch.rank, is_more)
    both = sql("select * from found union all {} offset 0", more)
    return sql("(with every_one as materialized ({}), found as materialized ({}) {}) {}", every_one, some, both, name)


def shown(rows: Rows, order: Order, ranks: tuple[Sql, ...]) -> Branch:
    """The rows of the page, after they were chosen by the branches."""
    return Branch(_with_rank(rows, sql("{}.found_rank", rows.name)), order.ranked()) if ranks else Branch(rows, order)


def in_turn(chosen: list[Sql], newest: Sql | None) -> Sql:
    """The rows of the first select, then those of the second, and so on; a select that is not needed is not run.

    `newest` is the select of the newest rows, which all ranks share; None for a list by name.
    """
    selects = join(" union all ", [sql("({})", select) for select in chosen])
    return selects if newest is None else sql("with newest as materialized ({}) {}", newest, selects)


def _with_rank(rows: Rows, rank: Sql) -> Rows:
    return replace(rows, copies={**rows.copies, RANK: rank})
