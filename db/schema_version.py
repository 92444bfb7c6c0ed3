"""The version of a database's schema, and the oldest code that may use it, both as revisions.

A revision is the number of a migration; that of a code is its newest one. A migration that takes away what older code
uses names the oldest code that does without (`oldest_code = "0025"`); after all others every code since `FIRST` works.
"""

from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

from db.connection import Connection
from db.errors import DatabaseMisconfigured

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"

FIRST: Final = "0020"
"""The first code that may serve on a schema newer than itself."""

READ: Final = """
select version_num::text revision, coalesce(to_jsonb(v) ->> 'oldest_code', version_num) oldest_code
from alembic_version v
"""
"""Before this column was there, only the code of the revision itself could use a database."""


class SchemaState(Enum):
    """A database's schema as this code sees it: it has to be migrated, is this code's, or is newer and usable."""

    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """The newest migration of a database, and the oldest code that may use it."""

    revision: str
    oldest_code: str

    def standing(self) -> SchemaState:
        """The state of that schema for this code. Raises DatabaseMisconfigured when it is for newer code only."""
        known = revisions()
        if self.revision in known:
            return SchemaState.CURRENT if self.revision == known[-1] else SchemaState.BEHIND
        if self.oldest_code <= known[-1]:
            return SchemaState.AHEAD
        raise DatabaseMisconfigured(
            f"The database is at revision {self.revision}, which this version of the program does not know: "
            f"a newer version migrated it, for versions that know {self.oldest_code}; this one knows {known[-1]}. "
            "Start that version or a later one."
        )


async def read_version(connection: Connection) -> SchemaVersion | None:
    """The version; None for a database without any table of the product."""
    if await connection.fetchval("select to_regclass('alembic_version')") is None:
        return None
    row = await connection.fetchrow(READ)
    return None if row is None else SchemaVersion(row["revision"], row["oldest_code"])


async def read_standing(connection: Connection) -> SchemaState:
    """The state of the database for this code. Raises DatabaseMisconfigured when only newer code may use it."""
    version = await read_version(connection)
    return SchemaState.BEHIND if version is None else version.standing()


async def is_migrated(connection: Connection) -> bool:
    """True when this code may use the database. Raises DatabaseMisconfigured when only newer code may."""
    return await read_standing(connection) is not SchemaState.BEHIND


async def check_migrated(connection: Connection) -> None:
    """Raise DatabaseMisconfigured unless this code may use the database."""
    if not await is_migrated(connection):
        raise DatabaseMisconfigured("The database is not that of this version: enfact migrate brings it there.")


@cache
def revisions() -> tuple[str, ...]:
    """The revisions of this code, oldest first: the numbers at the beginning of the migrations' file names."""
    return tuple(sorted(file.name.partition("_")[0] for file in VERSIONS.glob("[0-9]*_*.py")))
