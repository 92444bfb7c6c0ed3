"""How rows belong together: the links of references, lists and connections.

The convention uses them where one foreign key leads from table to table; `resolvers.fields` names the key where there
are several.
"""

from sqlalchemy import Table

from db.sql import Sql, every, sql
from resolvers.compilation import Row
from resolvers.resolution import Link


def pointed(column: str) -> Link:
    """The row whose key stands in `column` of the row at hand."""
    return lambda row, target: (sql("{} = {}", target["id"], row[column]),)


def pointing(column: str) -> Link:
    """The rows in whose `column` the key of the row at hand stands."""
    return lambda row, target: (sql("{} = {}", target[column], row["id"]),)


def through(table: Table, here: str, there: str) -> Link:
    """The rows joined to the row at hand by rows of `table`: its column `here` has this one's key, `there` theirs."""

    def link(row: Row, target: Row) -> tuple[Sql, ...]:
        pair = row.to.rows(table, company=row.company)
        joined = (sql("{} = {}", pair[here], row["id"]), sql("{} = {}", pair[there], target["id"]))
        return (sql("exists (select from {} where {})", pair.source, every([*pair.where, *joined])),)

    return link
