"""What the database says of itself: takes a connection, tells whether it is the demo."""

from db.connection import Connection


class DemoRefused(Exception):
    """The demo does not go into this database; the message says why, in a sentence for the person who asked."""


class DemoExposed(Exception):
    """Others would reach a demo; the message says why not, in sentences for the person who asked."""

    def __str__(self) -> str:
        return (
            "This database is the demo, whose passwords everybody knows, and others would reach it. Serve it on "
            "127.0.0.1 only, or say that you mean it: --expose-demo, or ENFACT_EXPOSE_DEMO=true."
        )


async def is_demo(connection: Connection) -> bool:
    """Whether the migrated database was filled with the demo."""
    return bool(await connection.fetchval("select demo from installation"))
