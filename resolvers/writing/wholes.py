"""Where the statement of a write has the rows to which owned rows belong: one row, or one for each item of a list."""

from collections.abc import Callable
from dataclasses import dataclass

from db.sql import Sql, join, sql


@dataclass(frozen=True, slots=True)
class Wholes:
    """The one row of a write: `values` is the parameter with the input's JSON.

    `company` gives the company of a row of the statement. Owned rows are read beside `judged`, compared beside the new
    row, and written beside the written one.
    """

    values: Sql
    company: Callable[[Sql], Sql]

    @property
    def judged(self) -> Sql:
        """The FROM of what may have owned rows, with `j`."""
        return sql("judged j")

    @property
    def is_judged(self) -> Sql:
        """The condition that something may be written there."""
        return sql("j.outcome is null")

    @property
    def key(self) -> Sql:
        """The key of a row that has owned rows already."""
        return sql("j.row_id")

    @property
    def nth(self) -> Sql:
        """The column by which an owned row is told from those of other rows, with a comma before it."""
        return sql("")

    @property
    def item(self) -> Sql:
        """The JSON of a row beside `judged`."""
        return self.values

    @property
    def given(self) -> Sql:
        """The JSON of a row beside the new one."""
        return self.values

    @property
    def stated(self) -> Sql:
        """The JSON of a row beside the written one."""
        return self.values

    @property
    def written(self) -> Sql:
        """The FROM of the written rows, with `w`."""
        return sql("written w")

    @property
    def order(self) -> Sql:
        """What written rows are ordered by before the order of what they own, with a comma after it."""
        return sql("")

    def own(self, row: Sql) -> Sql:
        """The condition that an owned row `i` is of this row, with an `and` before it."""
        return sql("")


@dataclass(frozen=True, slots=True)
class ListedWholes(Wholes):
    """A row for each item of a list; `found`, the rows that they name, is None where all rows are new."""

    is_open: Sql
    found: Sql | None

    @property
    def judged(self) -> Sql:
        """The items beside `j`, with the rows that they name."""
        named = [self.found] if self.found is not None else []
        items = sql("judged j cross join lateral jsonb_array_elements({}) with ordinality o(item, n)", self.values)
        return join(" left join found f on f.id = ", [items, *named])

    @property
    def is_judged(self) -> Sql:
        """The condition that items are looked at."""
        return self.is_open

    @property
    def key(self) -> Sql:
        """The row that an item names; none for a new one."""
        return sql("f.id") if self.found is not None else sql("null::uuid")

    @property
    def nth(self) -> Sql:
        """The number of the item."""
        return sql(", o.n nth")

    @property
    def item(self) -> Sql:
        """The item."""
        return sql("o.item")

    @property
    def given(self) -> Sql:
        """The item, beside the row that it would make."""
        return sql("e.item")

    @property
    def stated(self) -> Sql:
        """The item, beside the row that it has made."""
        return sql("g.item")

    @property
    def written(self) -> Sql:
        """The written rows beside their items."""
        return sql("written w join good g on g.id = w.id")

    @property
    def order(self) -> Sql:
        """The order of the items."""
        return sql("g.n, ")

    def own(self, row: Sql) -> Sql:
        """The number is that of the item."""
        return sql(" and i.nth = {}.n", row)
