"""Twins: for each company a second one with the same keys and other contents, which no viewer can enter.

A key is unique only within its company. So a statement without the company's condition finds the twin's row, too: it
reads, counts or writes something else than with row level security, which hides the twins.
"""

from collections.abc import Iterable
from typing import Final

from db.connection import Connection
from db.declarations import Table
from db.tables import metadata

TWIN: Final = "md5('twin of ' || {})::uuid"
GHOSTS: Final = f"""
insert into account (id, email, first_name, last_name, language, kind)
select {TWIN.format("id")}, 'ghost-' || email, 'Ghost', last_name, language, kind from account
"""
COMPANIES: Final = f"""
insert into company (id, name, {{columns}}) select {TWIN.format("id")}, 'Twin of ' || name, {{columns}} from company
"""
KEYED: Final = f"""
with row as (
  select *, row_number() over w n, count(*) over (partition by company_id) total from {{table}}
  window w as (partition by company_id order by id)
)
insert into {{table}} (company_id, id, {{columns}})
select {TWIN.format("k.company_id")}, k.id, {{values}}
from row k join row r on r.company_id = k.company_id and r.n = k.n % k.total + 1
"""
"""SQL of the twin's rows: each key with the contents of the next one, so other texts, sums, parents, perhaps kinds."""

PLAIN: Final = f"""
insert into {{table}} (company_id, {{columns}}) select {TWIN.format("company_id")}, {{columns}} from {{table}}
"""


async def add_twins(connection: Connection) -> None:
    """Add a twin for every company."""
    await connection.execute(GHOSTS)
    for table in metadata.sorted_tables:
        if table.name == "company":
            await connection.execute(COMPANIES.format(columns=_listed(_columns(table, "id", "name"))))
        elif table.info.get("tenant"):
            await connection.execute(_statement(table))
    await connection.execute("analyze")


def _columns(table: Table, *apart: str) -> list[str]:
    """The columns to insert, except those named in `apart`."""
    return [column.name for column in table.columns.values() if column.computed is None and column.name not in apart]


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _statement(table: Table) -> str:
    columns = _columns(table, "company_id", "id")
    if "id" not in table.columns:
        return PLAIN.format(table=table.name, columns=_listed(columns))
    values = [TWIN.format("r.account_id") if _is_member(table, column) else f'r."{column}"' for column in columns]
    return KEYED.format(table=table.name, columns=_listed(columns), values=", ".join(values))


def _is_member(table: Table, column: str) -> bool:
    """Whether a column names the account of a member: a twin has accounts of its own, so that no viewer enters it."""
    return table.name == "membership" and column == "account_id"
