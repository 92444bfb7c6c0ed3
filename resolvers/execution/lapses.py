"""The job that writes the ends of grants which were made until a moment."""

from typing import Final

from db.database import Database
from resolvers.mutations.steps.lapsed_grants import END_GRANTS

PAUSE: Final = 1.0
"""Seconds between two looks for grants that have ended."""


async def end_grants(database: Database) -> int:
    """Write the ends that have come. Returns their number. Raises DatabaseError."""
    row = await database.write(END_GRANTS, ())
    return row["ended"] if row is not None else 0
