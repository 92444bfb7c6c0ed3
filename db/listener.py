"""A connection that listens to channels: calls back for each notification, and connects again when lost.

Notifications sent while it is away are lost. So it also calls back each time that it starts to listen, and the caller
checks the data then. It is no connection of the pool, and it proves first that notifications arrive.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from db.connection import LISTENER, Connection, connect
from db.errors import DRIVER_ERRORS, DatabaseError, DatabaseMisconfigured, translate_refusal
from db.notifier import Notifier

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""Seconds before the next attempt to connect: first and maximum. A pause doubles each time; half of it is random."""

PATIENCE: Final = 5.0
"""Maximum number of seconds for an answer of the server."""

LOOK: Final = 20.0
"""Seconds between two checks of the connection, which may be lost without a notice."""

PROOF: Final = "enfact_proof"
"""The channel on which a connection proves that it hears."""

PROOF_PATIENCE: Final = 2.0
"""Maximum number of seconds for a notification to arrive."""

Callback = Callable[[str], None]
"""A function that is called with the payload of a notification."""


class NotificationsLost(DatabaseMisconfigured):
    """A connection listens, and notifications do not arrive."""

    def __init__(self) -> None:
        super().__init__(
            "Notifications of the database do not arrive: a pooler in transaction mode is between. Set "
            "ENFACT_LISTEN_URL to the address of the database itself."
        )


async def keep_listening(
    dsn: str,
    channels: Mapping[str, Callback],
    listening: Callable[[], None],
    lost: Callable[[DatabaseError], None],
    echoed: Callable[[float], None] = lambda _seconds: None,
) -> None:
    """Listen until cancelled.

    Calls `listening` each time that it starts to listen to all channels, `lost` when it cannot or no longer does, and
    `echoed` now and then with the seconds from a notification to itself until it was heard.
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
            lost(await _until_lost(connection, echoed))
        await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 (no secret)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _open(dsn: str, channels: Mapping[str, Callback]) -> Connection:
    connection = await connect(dsn, timeout=PATIENCE, server_settings={"application_name": LISTENER})
    try:
        await prove(dsn, connection)
        for channel, callback in channels.items():
            await connection.add_listener(channel, _calling(callback))
    except BaseException:
        connection.terminate()
        raise
    return connection


async def prove(dsn: str, connection: Connection) -> None:
    """Notify the listening connection by another one, as others do. Raises NotificationsLost when nothing arrives.

    A pooler in transaction mode takes LISTEN and answers it, but passes no notification on.
    """
    arrived, word = asyncio.Event(), f"{random.getrandbits(64):x}"

    def hear(payload: str) -> None:
        if payload == word:
            arrived.set()

    await connection.add_listener(PROOF, _calling(hear))
    notifier = Notifier(dsn, PROOF)
    try:
        await notifier.send([word])
        async with asyncio.timeout(PROOF_PATIENCE):
            await arrived.wait()
    except TimeoutError:
        raise NotificationsLost from None
    finally:
        notifier.close()


def _calling(callback: Callback) -> Callable[..., None]:
    def call(_connection: Any, _process: int, _channel: str, payload: Any) -> None:
        callback(payload)

    return call


class Echo:
    """Notifications of a connection to itself; it hears them after all that others have notified before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._word = f"{random.getrandbits(64):x}"
        self._arrived = asyncio.Event()

    async def listen(self) -> None:
        """Hear them from now on."""
        await self._connection.add_listener(PROOF, _calling(self._hear))

    async def seconds(self) -> float:
        """The time that one takes."""
        began = time.perf_counter()
        self._arrived.clear()
        await self._connection.execute("select pg_notify($1, $2)", PROOF, self._word)
        await self._arrived.wait()
        return time.perf_counter() - began

    def _hear(self, payload: str) -> None:
        if payload == self._word:
            self._arrived.set()


async def _until_lost(connection: Connection, echoed: Callable[[float], None]) -> DatabaseError:
    """Wait until the connection is lost, end it, and return the reason."""
    ended, echo = asyncio.Event(), Echo(connection)

    def end(_connection: Any) -> None:
        ended.set()

    connection.add_termination_listener(end)
    try:
        await echo.listen()
        while not connection.is_closed():
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await ended.wait()
            async with asyncio.timeout(PATIENCE):
                echoed(await echo.seconds())
    except DRIVER_ERRORS as error:
        return translate_refusal(error)
    finally:
        connection.terminate()
    return translate_refusal(ConnectionError("the connection has ended"))
