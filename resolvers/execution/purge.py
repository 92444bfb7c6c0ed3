"""The job that removes rows which were deleted so long ago that nobody can restore them, unless others refer to them.

Both are seen by the foreign keys of the metadata: what goes with a row (`on delete cascade`) is its own, every other
key refers to it. The trail of changes has none, and stays.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Final

import asyncpg

from db.database import Database
from db.declarations import ForeignKeyConstraint, Table
from db.sql import Sql, alias, every, join, sql
from db.tables.metadata import DELETED, metadata
from resolvers.writing.judging import RESTORABLE

PAUSE: Final = 3_600.0
"""Seconds between two looks for such rows, on average."""

AT_ONCE: Final = 500
"""Maximum number of rows that one statement looks at."""

TRIES: Final = 3
"""Maximum number of runs of a statement while others begin to refer to one of its rows."""

FIRST: Final = (datetime(2000, 1, 1, tzinfo=UTC), uuid.UUID(int=0))
"""Where a look begins: the time of a deletion, and an id."""

PURGE: Final = f"""
with old as materialized (
  select t.company_id, t.id, t.deleted_at from {{0}} t
  where t.deleted_at < now() - interval '{RESTORABLE}' and (t.deleted_at, t.id) > ($1, $2)
  order by t.deleted_at, t.id limit $3
), free as materialized (
  select t.company_id, t.id from old o join {{0}} t on t.company_id = o.company_id and t.id = o.id
  where t.deleted_at < now() - interval '{RESTORABLE}' and {{1}}
  for update of t skip locked
), gone as (
  delete from {{0}} t using free f where t.company_id = f.company_id and t.id = f.id returning t.id
)
select (select count(*) from gone) gone, o.deleted_at, o.id
from (values (1)) one left join (select * from old order by deleted_at desc, id desc limit 1) o on true
"""
"""Removes those of the oldest rows after ($1, $2) that are free, and says which was the last one that it looked at.

A row that somebody uses at this moment waits for the next look."""


def statements() -> Iterator[str]:
    """A statement for each table whose rows can be deleted, those first that refer to others."""
    for table in reversed(metadata.sorted_tables):
        if DELETED in table.columns:
            free = [sql("not {}", found) for found in _references(table, sql("t"), count())]
            yield str(sql(PURGE, Sql(table.name), every(free)))


def _references(table: Table, row: Sql, numbers: Iterator[int]) -> Iterator[Sql]:
    """The conditions that another row refers to `row` of a table, or to what goes with it."""
    for other, key in _keys_to(table):
        name = alias("r", next(numbers))
        pairs = zip(key.columns, key.referred, strict=True)
        same = every(sql("{}.{} = {}.{}", name, Sql(own), row, Sql(there)) for own, there in pairs)
        if key.ondelete != "CASCADE":
            yield sql("exists (select from {} {} where {})", Sql(other.name), name, same)
        elif of_owned := list(_references(other, name, numbers)):
            anything = join(" or ", of_owned)
            yield sql("exists (select from {} {} where {} and ({}))", Sql(other.name), name, same, anything)


def _keys_to(table: Table) -> Iterator[tuple[Table, ForeignKeyConstraint]]:
    """The foreign keys that lead to a table, each with the table that has it."""
    for other in metadata.sorted_tables:
        for key in sorted(other.foreign_keys, key=lambda one: one.columns):
            if key.target == table.name:
                yield other, key


async def purge(database: Database) -> int:
    """Remove them. Returns the number of deleted rows that are gone. Raises as `Database.write` does."""
    return sum([await _purge(database, statement) for statement in statements()])


async def _purge(database: Database, statement: str) -> int:
    gone, at = 0, FIRST
    while (row := await _page(database, statement, at)) is not None and row["id"] is not None:
        gone, at = gone + row["gone"], (row["deleted_at"], row["id"])
    return gone


async def _page(database: Database, statement: str, at: tuple[datetime, uuid.UUID]) -> asyncpg.Record | None:
    """What came of a statement from there on; None when somebody referred to one of its rows every time."""
    for _ in range(TRIES):
        try:
            return await database.write(statement, (*at, AT_ONCE), (asyncpg.ForeignKeyViolationError,))
        except asyncpg.ForeignKeyViolationError:
            continue
    return None
