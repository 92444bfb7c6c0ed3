"""Twins: beside each company another one with the same keys and other contents, which no viewer enters.

A key is unique only within its company. So a statement that forgets to say whose row it means meets the twin's row
too: what it reads, counts or writes is another thing than with row level security, which shows no twins.
"""

from typing import Final

from sqlalchemy import Table

from db.connection import Connection
from db.tables import metadata

ACCOUNT: Final = "md5('twin of ' || {})::uuid"
GHOSTS: Final = f"""
insert into account (id, email, first_name, last_name, language, kind)
select {ACCOUNT.format("id")}, 'ghost-' || email, 'Ghost', last_name, language, kind from account
"""
KEYED: Final = """
with row as (
  select *, row_number() over w n, count(*) over (partition by company_id) total from {table}
  window w as (partition by company_id order by id)
)
insert into {table} (company_id, id, {columns})
select md5('twin of ' || k.company_id)::uuid, k.id, {values}
from row k join row r on r.company_id = k.company_id and r.n = k.n % k.total + 1
"""
"""Each key with what belongs to the next one: other texts, other sums, another parent, perhaps another kind."""

PLAIN: Final = """
insert into {table} (company_id, {columns}) select md5('twin of ' || company_id)::uuid, {columns} from {table}
"""


async def add_twins(connection: Connection) -> None:
    """Give every company its twin."""
    await connection.execute(GHOSTS)
    for table in metadata.sorted_tables:
        if table.name == "company":
            await _add_companies(connection, table)
        elif table.info.get("tenant"):
            await connection.execute(_statement(table))
    await connection.execute("analyze")


async def _add_companies(connection: Connection, table: Table) -> None:
    columns = [column.name for column in table.columns if column.name not in ("id", "name")]
    listed = ", ".join(columns)
    await connection.execute(
        f"insert into company (id, name, {listed}) select {ACCOUNT.format('id')}, 'Twin of ' || name, {listed} "
        "from company"
    )


def _statement(table: Table) -> str:
    columns = [column.name for column in table.columns if column.computed is None and column.name != "company_id"]
    if "id" not in columns:
        return PLAIN.format(table=table.name, columns=", ".join(columns))
    columns.remove("id")
    values = [ACCOUNT.format("r.account_id") if column == "account_id" else f"r.{column}" for column in columns]
    return KEYED.format(table=table.name, columns=", ".join(columns), values=", ".join(values))
