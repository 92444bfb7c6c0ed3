"""The rows to which owned rows belong in the statement of a write: one row, or one for each item of a list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from db.sql import Sql, alias, literal, sql


@dataclass(frozen=True, slots=True)
class Wholes:
    """The one row of a write: `values` is the parameter with the input's JSON.

    `company` returns the company of a row of the statement. Owned rows are read beside `judged`, compared beside the
    new row, and written beside the written one. New rows (`are_new`) have none yet.
    """

    are_several: ClassVar[bool] = False

    values: Sql
    company: Callable[[Sql], Sql]
    are_new: bool

    @property
    def judged(self) -> Sql:
        """The FROM of the rows that may have owned rows, with `j`."""
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
    def written(self) -> Sql:
        """The FROM of the written rows, with `w`."""
        return sql("written w")

    @property
    def order(self) -> Sql:
        """The order of written rows, which comes before that of their owned rows, with a comma after it."""
        return sql("")

    @property
    def merged(self) -> Sql:
        """The FROM that merges stored rows `t`, before a condition on the given rows `i`."""
        return sql("{}, ", self.written)

    @property
    def holder(self) -> Sql:
        """The key of the written row that is merged."""
        return sql("w.id")

    @property
    def writer(self) -> Sql:
        """The account that writes."""
        return sql("w.updated_by")

    def among(self, parent: Sql) -> Sql:
        """The condition, after an `and`, that a stored row is of a written one, unless another condition says so."""
        return sql("")

    def own(self, row: Sql) -> Sql:
        """The condition that an owned row `i` is of this row, with an `and` before it."""
        return sql("")

    def states(self, member: str, n: int) -> Sql:
        """The condition that the JSON of a written row has a member, that of the n-th list."""
        return sql("{} -> {} is not null", self.values, literal(member))


@dataclass(frozen=True, slots=True)
class ListedWholes(Wholes):
    """A row for each item of a list; `row` is the key of the row that an item names."""

    are_several: ClassVar[bool] = True

    is_open: Sql
    row: Sql

    @property
    def judged(self) -> Sql:
        """The items beside `j`, with the rows that they name."""
        items = sql("judged j cross join lateral jsonb_array_elements({}) with ordinality o(item, n)", self.values)
        return items if self.are_new else sql("{} left join found f on f.id = {}", items, self.row)

    @property
    def is_judged(self) -> Sql:
        """The condition that items are looked at."""
        return self.is_open

    @property
    def key(self) -> Sql:
        """The row that an item names; none for a new one."""
        return sql("null::uuid") if self.are_new else sql("f.id")

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
    def written(self) -> Sql:
        """The written rows beside their items."""
        return sql("written w join good g on g.id = w.id")

    @property
    def order(self) -> Sql:
        """The order of the items."""
        return sql("g.n, ")

    @property
    def merged(self) -> Sql:
        """Nothing: the given rows have the key of their row, which is among the written ones."""
        return sql("")

    @property
    def holder(self) -> Sql:
        """A column of the given rows."""
        return sql("i.whole")

    @property
    def writer(self) -> Sql:
        """The caller."""
        return sql("(select j.account_id from judged j)")

    def among(self, parent: Sql) -> Sql:
        """An array: in a join PostgreSQL expects one row, and reads all given rows for each stored row."""
        return sql(" and {} = any(array(select w.id from written w))", parent)

    def own(self, row: Sql) -> Sql:
        """The number is that of the item."""
        return sql(" and i.nth = {}.n", row)

    def states(self, member: str, n: int) -> Sql:
        """A column of the given row: a look into its item for each pair of rows would take long."""
        return sql("g.{}", alias("states", n))

    def stated(self, member: str, n: int) -> Sql:
        """The select of that column, beside the item."""
        return sql("e.item ? {} {}", literal(member), alias("states", n))
