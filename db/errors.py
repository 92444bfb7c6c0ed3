"""Errors of the database: translates an error of the driver to one of the product's.

An error that is not listed here (a broken constraint, a wrong statement) passes through unchanged.
"""

import asyncpg

DRIVER_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The errors that asyncpg raises, time-outs included (TimeoutError is an OSError)."""


class DatabaseError(RuntimeError):
    """The database cannot be used as it is; the message is for the operator."""


class DatabaseUnavailable(DatabaseError):
    """The database does not answer, refuses connections or was lost during a statement; a later try may help."""


class ConnectionLost(DatabaseUnavailable):
    """An open connection has turned out to be dead."""


class DatabaseTimeout(DatabaseError):
    """A statement, or its wait for a lock, took longer than the settings allow."""


class Crowded(DatabaseError):
    """The payer has too many requests under way or waiting; a later try helps."""


class DatabaseMisconfigured(DatabaseError):
    """The server, the database or the credentials do not fit the product; another try does not help."""


def translate(error: Exception) -> Exception:
    """The product's error for an error of the driver; `error` itself when there is none for it."""
    match error:
        case asyncpg.PostgresError(sqlstate=str(state)):
            return _by_state(state, error)
        case asyncpg.TargetServerAttributeNotMatched():
            return DatabaseUnavailable(f"None of the database servers is of the wanted kind: {error}")
        case asyncpg.exceptions.ClientConfigurationError():
            return DatabaseMisconfigured(f"The address of the database is not usable: {error}")
        case asyncpg.InterfaceError() if "closed" in str(error) or "closing" in str(error):
            return ConnectionLost(f"The connection to the database is closed: {error}")
        case asyncpg.InternalClientError():  # a connection that was ended in the middle of a message
            return ConnectionLost(f"The connection to the database was lost: {error}")
        case TimeoutError():
            return DatabaseUnavailable("The database did not answer in time.")
        case OSError():
            return DatabaseUnavailable(f"The database cannot be reached: {error}")
        case _:
            return error


def translate_refusal(error: Exception) -> DatabaseError:
    """The product's error for an error of the driver while connecting; always a DatabaseError."""
    known = translate(error)
    return known if isinstance(known, DatabaseError) else DatabaseUnavailable(f"The database refuses: {error}")


def _by_state(state: str, error: Exception) -> Exception:
    """The product's error for a SQLSTATE, whose classes are in appendix A of PostgreSQL's manual."""
    match state[:2], state[2:]:
        case ("57", "014") | ("55", "P03") | ("25", "P03" | "P04"):
            return DatabaseTimeout(f"The database stopped what took too long: {error}")
        case ("57", "P01" | "P05") | ("08", "003" | "006"):
            return ConnectionLost(f"The connection to the database was lost: {error}")
        case ("25", "006"):
            return ConnectionLost(f"The server of this connection takes no writes any more: {error}")
        case ("08" | "53", _) | ("57", "P02" | "P03"):
            return DatabaseUnavailable(f"The database refuses to work now: {error}")
        case ("40", _):
            return DatabaseUnavailable(f"The database undid a transaction because of another one: {error}")
        case ("42", "501"):
            return DatabaseMisconfigured(f"The database user may not do what is needed: {error}")
        case ("28" | "3D", _) | ("57", "P04"):
            return DatabaseMisconfigured(f"The database refuses the address or the credentials: {error}")
        case _:
            return error
