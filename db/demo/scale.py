"""Enlarges the demo: adds copies of every company and its people to a database that holds the demo.

A copy is complete: its rows have new keys, and refer to each other, not to the originals. The people of copy `n` sign
in as `n.login@…`; the originals stay unchanged.
"""

from collections.abc import Callable
from typing import Final

from db.connection import Connection
from db.declarations import Column, Table
from db.tables import metadata

COPIED_KEY: Final = "encode(overlay(uuid_send({}) placing int4send($1::int4) from 13), 'hex')::uuid"
"""SQL of a copy's key: the time of the original, so that it sorts the same, with the copy's number at its end."""

SKIPPED: Final = frozenset({"installation", "app", "app_text", "app_requirement", "credential"})
"""The tables that do not belong to a company or a person."""

Report = Callable[[int, int], None]


async def add_copies(connection: Connection, copies: int, report: Report) -> None:
    """Add `copies` copies of every company, one transaction each; `report` gets the number of those done."""
    statements = [copy for table in metadata.sorted_tables if (copy := copy_statement(table)) is not None]
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    report(0, copies)
    await connection.execute("create temporary table original as select id from company")
    for number in range(1, copies + 1):
        async with connection.transaction():
            for statement in statements:
                await connection.execute(statement, number)
        report(number, copies)
    await connection.execute("drop table original")
    await connection.execute(f"analyze {tables}")


def copy_statement(table: Table) -> str | None:
    """The statement that inserts copy number `$1` of a table's rows; None for a table that is not copied."""
    if table.name in SKIPPED or not (table.info.get("tenant") or table.name in ("company", "account")):
        return None
    columns = [column for column in table.columns.values() if column.computed is None]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_copied(table, column) for column in columns)
    originals = {"company": "id in (select id from original)", "account": "email !~ '^[0-9]+[.]'"}
    owner = originals.get(table.name, "company_id in (select id from original)")
    return f"insert into {table.name} ({names}) select {values} from {table.name} where {owner}"


def _copied(table: Table, column: Column) -> str:
    if column.name == "email" and table.name == "account":
        return "$1::int4 || '.' || email"
    targets = [metadata.tables[key.target] for key in table.foreign_keys if column.name in key.columns]
    refers = column.info.get("refers") or any(not target.info.get("catalogue") for target in targets)
    return COPIED_KEY.format(column.name) if refers or column.name == "id" else f'"{column.name}"'
