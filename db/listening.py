"""A connection of its own that listens: takes channels, calls back for each notification; connects again when lost.

A notification that is sent while it is away is lost, so whoever listens is told each time that it listens (again), and
then looks for itself. Pooled connections never listen, and a pooler in transaction mode would not deliver.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from db.connection import Connection, connect
from db.errors import DRIVER_ERRORS, DatabaseError, translate_refusal

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before another attempt to connect; they double, and half of each is left to chance."""

PATIENCE: Final = 5.0
"""Seconds within which a server has to answer."""

LOOK: Final = 20.0
"""Seconds between two looks whether the server is still there: a connection may be lost without a word."""

Told = Callable[[str], None]
"""Called with the payload of a notification."""


async def keep_listening(
    dsn: str, channels: Mapping[str, Told], listening: Callable[[], None], lost: Callable[[DatabaseError], None]
) -> None:
    """Listen until cancelled.

    `listening` is called each time that all channels are listened to, `lost` each time that they are not (any more).
    """
    pause = FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout(PATIENCE):
                connection = await _open(dsn, channels)
        except (DatabaseError, *DRIVER_ERRORS) as error:
            lost(error if isinstance(error, DatabaseError) else translate_refusal(error))
        else:
            pause = FIRST_PAUSE
            listening()
            lost(await _until_lost(connection))
        await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 (no secret)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _open(dsn: str, channels: Mapping[str, Told]) -> Connection:
    connection = await connect(dsn, timeout=PATIENCE, server_settings={"application_name": "enfact listening"})
    try:
        for channel, told in channels.items():
            await connection.add_listener(channel, _calling(told))
    except BaseException:
        connection.terminate()
        raise
    return connection


def _calling(told: Told) -> Callable[..., None]:
    def call(_connection: Any, _process: int, _channel: str, payload: Any) -> None:
        told(payload)

    return call


async def _until_lost(connection: Connection) -> DatabaseError:
    """Return once the connection is of no use any more; ends it in any case."""
    ended = asyncio.Event()

    def end(_connection: Any) -> None:
        ended.set()

    connection.add_termination_listener(end)
    try:
        while not connection.is_closed():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await ended.wait()
            async with asyncio.timeout(PATIENCE):
                await connection.execute("select")
    except DRIVER_ERRORS as error:
        return translate_refusal(error)
    finally:
        connection.terminate()
    return translate_refusal(ConnectionError("the connection has ended"))
