"""What the database says of itself: takes a connection, tells whether it is the demo."""

from db.connection import Connection


class DemoRefused(Exception):
    """The demo does not go into this database; the message says why, in a sentence for the person who asked."""


async def is_demo(connection: Connection) -> bool:
    """Whether the migrated database was filled with the demo."""
    return bool(await connection.fetchval("select demo from installation"))
