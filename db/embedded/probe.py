"""A check that the server answers, with a real connection and a real query."""

from collections.abc import Awaitable, Callable
from typing import Protocol, cast

import asyncpg

from db.embedded.layout import PORT, Layout

PROBE_SECONDS = 5.0


class _Connection(Protocol):
    async def fetchval(self, query: str) -> object: ...

    def terminate(self) -> None: ...


async def answers(layout: Layout) -> bool:
    """True when the server behind the socket answers. Ignores the environment's PG variables."""
    connect = cast(
        "Callable[..., Awaitable[_Connection]]",
        asyncpg.connect,  # pyright: ignore[reportUnknownMemberType]
    )
    try:
        connection = await connect(
            host=str(layout.socket),
            port=PORT,
            user="postgres",
            password="",
            database="postgres",
            ssl=False,
            target_session_attrs="any",
            timeout=PROBE_SECONDS,
            command_timeout=PROBE_SECONDS,
        )
        try:
            return await connection.fetchval("select 1") == 1
        finally:
            connection.terminate()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        return False
