"""The work of `enfact backup`, `enfact restore` and `enfact revive`."""

from collections.abc import Callable
from dataclasses import astuple
from datetime import datetime
from pathlib import Path

from rich.table import Table

from db.backup import back_up, restore
from db.embedded.binaries import find_program
from db.revival import Found, revive
from gateway.cli.terminal import Declined, print_table, say
from gateway.server.database import open_dsn
from gateway.settings import Settings


async def back_up_database(settings: Settings, file: Path) -> None:
    """Write the database to a file. Raises BackupFailed, DatabaseMisconfigured and EmbeddedError."""
    program = find_program("pg_dump", settings.pg_bin)
    async with open_dsn(settings) as dsn:
        await back_up(program, settings.migrate_dsn(dsn), file)


async def restore_database(settings: Settings, file: Path) -> None:
    """Load a backup into the empty database. Raises BackupFailed, DatabaseError and EmbeddedError."""
    program = find_program("pg_restore", settings.pg_bin)
    async with open_dsn(settings) as dsn:
        await restore(program, settings.migrate_dsn(dsn), file)


async def revive_database(settings: Settings, may: Callable[[Found], bool], since: datetime | None) -> None:
    """End credentials and letters of a restored database, and print what changed since a moment.

    Raises Declined, RevivalRefused, DatabaseError and EmbeddedError.
    """
    async with open_dsn(settings) as dsn:
        changes = await revive(dsn, may, since)
    if changes is None:
        raise Declined("Nothing was changed.")
    say("Nobody is signed in, and no letter waits.")
    if since is not None:
        table = Table(pad_edge=False)
        for column in ("at", "company", "change", "person", "app", "before", "after"):
            table.add_column(column, overflow="fold")
        for change in changes:
            at, *words = astuple(change)
            table.add_row(f"{at:%Y-%m-%d %H:%M:%S}", *words)
        print_table(table)
