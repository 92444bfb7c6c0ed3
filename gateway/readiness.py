"""The readiness of the database, in words that anonymous clients may read."""

from db.connection import Connection
from db.dsn import Host
from db.errors import DatabaseError, DatabaseMisconfigured, TakesNoWrites
from db.readiness import ReadinessProbe, require_writes
from db.schema_version import is_migrated


class Readiness:
    """Asks a database whether it takes writes and has a schema that this version may use."""

    def __init__(self, dsn: str) -> None:
        self._probe = ReadinessProbe(dsn, self._look)
        self._migrated = False

    @property
    def host(self) -> Host | None:
        """The host of which the last answer came, where the address has several; None after a failure."""
        return self._probe.host

    async def ask(self) -> None:
        """Wait for an answer of the database. Raises DatabaseError."""
        await self._probe.ask()

    async def reason(self) -> str | None:
        """None when the database can be used, else the reason why not."""
        try:
            await self._probe.ask()
        except TakesNoWrites:
            return "the database takes no writes: its server is a standby"
        except DatabaseMisconfigured:
            return "only newer versions of the gateway may use the database: start one of them"
        except DatabaseError:
            return "the database does not answer"
        return None if self._migrated else "the database is not migrated: enfact migrate does that"

    async def close(self) -> None:
        """End the connection; harmless when repeated."""
        await self._probe.close()

    async def _look(self, connection: Connection) -> None:
        """Check that the database takes writes, and that its schema is still for this version."""
        await require_writes(connection)
        self._migrated = await is_migrated(connection)
