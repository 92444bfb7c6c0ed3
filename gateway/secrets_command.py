"""`enfact secrets`: which keys read the secrets of connections, and encrypting all of them with the newest one."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from db.connection import Connection, connect
from db.errors import DatabaseMisconfigured
from db.migrate import is_migrated
from db.sealed import count_secrets, reseal_all, secrets_of
from db.secrets import Keyring, NoSecretKey, SecretUnreadable, new_key
from gateway.boot import open_dsn, with_secret_keys
from gateway.settings import Settings
from gateway.terminal import Data, console, refusals, run, settings_of

UNREADABLE: Final = -1

commands = typer.Typer(rich_markup_mode="markdown", invoke_without_command=True, add_completion=False)


@commands.callback()
def secrets(context: typer.Context, data: Data = None) -> None:
    """Show with which keys the secrets of connections can be read, and how many cannot.

    The keys are those of ENFACT_SECRET_KEYS, newest first, with commas between them; without DATABASE_URL also those in
    secrets.key of the data folder, one a line. The newest encrypts, all of them read. Whoever has a copy of the
    database and the keys has the secrets: keep the keys elsewhere. A secret whose key is lost has to be entered again.

    To replace a key: enfact secrets new-key prints one. Put it before the others, and restart every gateway. Then
    enfact secrets rotate encrypts everything anew; once enfact secrets shows that no secret needs the old key, take it
    away and restart again.
    """
    context.obj = data
    if context.invoked_subcommand is None:
        with refusals():
            run(show(settings_of(data=data), Console()))


@commands.command()
def rotate(context: typer.Context, data: Data = None) -> None:
    """Encrypt every secret with the newest key. Gateways may run meanwhile; it can be repeated at any time.

    The exit code is 1 when there are secrets that no key at hand reads: they stay as they are.
    """
    with refusals():
        run(reseal(settings_of(data=data or context.obj), console()))


@commands.command(name="new-key")
def new_key_() -> None:
    """Print a new key for ENFACT_SECRET_KEYS or secrets.key."""
    typer.echo(new_key())


async def show(settings: Settings, terminal: Console) -> None:
    """Print how many secrets each key reads, and how many none does. Raises what `_opened` raises."""
    async with _opened(settings) as (connection, keyring):
        counted: Counter[int] = Counter()
        async for place, sealed in secrets_of(connection):
            try:
                counted[keyring.which(place, sealed)] += 1
            except SecretUnreadable:
                counted[UNREADABLE] += 1
    table = Table(title="Secrets of connections", title_justify="left")
    table.add_column("key")
    table.add_column("name", no_wrap=True)
    table.add_column("secrets", justify="right")
    for number, name in enumerate(keyring.names):
        table.add_row("1, the newest" if number == 0 else str(number + 1), name, str(counted[number]))
    table.add_row("none of them", "", str(counted[UNREADABLE]), style="red" if counted[UNREADABLE] else "")
    terminal.print(table)


async def reseal(settings: Settings, terminal: Console) -> None:
    """Encrypt every secret with the newest key, with a progress bar.

    Raises NoSecretKey, what `_opened` raises, and Exit (1) when there are secrets that cannot be read.
    """
    async with _opened(settings) as (connection, keyring):
        if not len(keyring):
            raise NoSecretKey("There is no key to encrypt with: set ENFACT_SECRET_KEYS (enfact secrets new-key).")
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=terminal) as progress:
            task = progress.add_task("Encrypting", total=await count_secrets(connection))
            unreadable = 0
            async for batch in reseal_all(connection, keyring):
                unreadable += batch.unreadable
                progress.advance(task, batch.seen)
    if unreadable:
        terminal.print(f"[red]enfact:[/] {unreadable} secrets cannot be read and stay as they are.", highlight=False)
        raise typer.Exit(1)
    terminal.print("Every secret is encrypted with the newest key.")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[tuple[Connection, Keyring]]:
    """A connection to the migrated database, and the keys. Raises DatabaseError, EmbeddedError and KeyFileBroken."""
    async with open_dsn(settings) as dsn:
        keyring = with_secret_keys(settings).keyring
        connection = await connect(dsn)
        try:
            if not await is_migrated(connection):
                raise DatabaseMisconfigured("The database is not migrated: enfact migrate does that.")
            yield connection, keyring
        finally:
            await connection.close()
