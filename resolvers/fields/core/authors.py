"""Authors: who wrote an object, by the account's last membership in the company."""

from collections.abc import Mapping
from typing import Final

from db.sql import Sql, every, sql
from db.tables.core.identity import membership
from resolvers.compilation.context import Row
from resolvers.compilation.resolution import Leaf, Link, Resolution, SameRow, ToOne


def author(column: str) -> Link:
    """The link to the membership of the account in a column; the present one of several."""

    def linked(row: Row, member: Row) -> tuple[Sql, ...]:
        theirs = row.ctx.rows(membership, company=row.company)
        newest = sql(
            "(select {} from {} where {} order by {} desc nulls first limit 1)",
            theirs["id"],
            theirs.source,
            every([*theirs.where, sql("{} = {}", theirs["account_id"], row[column])]),
            theirs["removed_at"],
        )
        return (sql("{} = {}", member["id"], newest),)

    return linked


RESOLVERS: Final[Mapping[str, Resolution]] = {
    "Versioned.createdBy": ToOne(author("created_by")),
    "Versioned.updatedBy": ToOne(author("updated_by")),
    "Author.name": Leaf(lambda row, arguments: sql("({} || ' ' || {})", row["first_name"], row["last_name"])),
    "Author.user": SameRow(lambda row: row.rows, lambda row: sql("not {}", row["external"])),
}

HOMES: Final[Mapping[str, str]] = {"Author": "membership"}
