"""A connection that sends notifications, outside of any transaction that writes: a NOTIFY there would hold up commits.

It is no connection of the pool. It is opened when there is something to send, and again after a failure.
"""

from collections.abc import Sequence
from typing import Final

from db.connection import Connection, connect
from db.errors import DRIVER_ERRORS, translate_refusal

PATIENCE: Final = 5.0
"""Maximum number of seconds for an answer of the server."""

NOTIFY: Final = "select pg_notify($1, p) from unnest($2::text[]) p"


class Notifier:
    """Sends notifications on one channel of a database."""

    def __init__(self, dsn: str, channel: str) -> None:
        self._dsn = dsn
        self._channel = channel
        self._connection: Connection | None = None

    async def send(self, payloads: Sequence[str]) -> None:
        """Send a notification with each payload. Raises DatabaseError; what was not sent is lost."""
        try:
            if self._connection is None or self._connection.is_closed():
                options = {"application_name": "enfact notifying"}
                self._connection = await connect(
                    self._dsn, timeout=PATIENCE, command_timeout=PATIENCE, server_settings=options
                )
            await self._connection.execute(NOTIFY, self._channel, payloads)
        except DRIVER_ERRORS as error:
            self.close()
            raise translate_refusal(error) from error

    def close(self) -> None:
        """End the connection at once; harmless when repeated."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
