"""Links between rows, for references, lists and connections.

`table_mapping.py` uses them where one foreign key connects two tables; where there are several, `resolvers.fields`
names the column.
"""

from db.declarations import Table
from db.sql import Sql, every, sql
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Link


def to_one(column: str) -> Link:
    """The link to the row whose id is in `column` of the row at hand."""
    return lambda row, target: (sql("{} = {}", target["id"], row[column]),)


def to_many(column: str) -> Link:
    """The link to the rows that have the id of the row at hand in `column`."""
    return lambda row, target: (sql("{} = {}", target[column], row["id"]),)


def through(table: Table, here: str, there: str) -> Link:
    """The link through a join table: its column `here` has the id of the row at hand, `there` that of the other row."""

    def link(row: Row, target: Row) -> tuple[Sql, ...]:
        pair = row.ctx.rows(table, company=row.company)
        joined = (sql("{} = {}", pair[here], row["id"]), sql("{} = {}", pair[there], target["id"]))
        return (sql("exists (select from {} where {})", pair.source, every([*pair.where, *joined])),)

    return link
