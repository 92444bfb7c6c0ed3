"""The work of `enfact secrets`: counts the secrets of connections by key, re-encrypts them with the newest key."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import typer
from rich.table import Table

from db.connection import Connection, connect
from db.schema_version import check_migrated
from db.secrets import Keyring, NoSecretKey, SecretUnreadable
from db.stored_secrets import count_secrets, reseal_all, secrets_of
from gateway.cli.progress import progress_of
from gateway.cli.terminal import complain, print_table, say
from gateway.server.database import open_dsn, with_secret_keys
from gateway.settings import Settings

UNREADABLE: Final = -1


async def show(settings: Settings) -> None:
    """Print the number of secrets that each key reads, and of those that no key reads. Raises what `_opened` raises."""
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
    print_table(table)


async def reseal(settings: Settings) -> None:
    """Encrypt every secret with the newest key, with a progress bar.

    Raises NoSecretKey, what `_opened` raises, and Exit (1) when some secrets cannot be read.
    """
    async with _opened(settings) as (connection, keyring):
        if not len(keyring):
            raise NoSecretKey("There is no key to encrypt with: set ENFACT_SECRET_KEYS (enfact secrets new-key).")
        total, seen, unreadable = await count_secrets(connection), 0, 0
        with progress_of(settings) as progress:
            async for batch in reseal_all(connection, keyring):
                seen, unreadable = seen + batch.seen, unreadable + batch.unreadable
                progress.report("reseal", seen, total)
    if unreadable:
        complain(f"{unreadable} secrets cannot be read and stay as they are.")
        raise typer.Exit(1)
    say(f"All {seen} secrets are encrypted with the newest key.")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncGenerator[tuple[Connection, Keyring]]:
    """A connection to the migrated database, and the keyring. Raises DatabaseError, EmbeddedError and KeyFileBroken."""
    async with open_dsn(settings) as dsn:
        keyring = with_secret_keys(settings).keyring
        connection = await connect(dsn)
        try:
            await check_migrated(connection)
            yield connection, keyring
        finally:
            await connection.close()
