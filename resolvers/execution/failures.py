"""The answers to a client when the database fails."""

from db.errors import Crowded, DatabaseError, DatabaseTimeout
from schema.errors import ErrorCode


def failure(error: DatabaseError) -> ErrorCode:
    """The error code for a failure of the database, or of the queue for it."""
    match error:
        case DatabaseTimeout():
            return ErrorCode.TIMEOUT
        case Crowded():
            return ErrorCode.RATE_LIMITED
        case _:
            return ErrorCode.UNAVAILABLE
