"""Errors of the database: translates an error of the driver to one of the product's.

An error that is not listed here (a broken constraint, a wrong statement) passes through unchanged.
"""

import ssl
from typing import Final

import asyncpg

DRIVER_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""The errors that asyncpg raises, time-outs included (TimeoutError is an OSError)."""


OF_STANDBYS: Final = frozenset({"0A000", "55000", "XX000"})
"""States of what a standby does not do, other than writes: stronger locks, unlogged tables, ids of transactions."""


OF_SETTINGS: Final = frozenset({"22", "42"})
"""Classes of states with which a server refuses a setting while somebody connects."""


class DatabaseError(RuntimeError):
    """The database cannot be used as it is; the message is for the operator."""


class DatabaseUnavailable(DatabaseError):
    """The database does not answer, refuses connections or was lost during a statement; a later try may help."""


class ConnectionLost(DatabaseUnavailable):
    """An open connection has turned out to be dead."""


class TakesNoWrites(ConnectionLost):
    """The server of an open connection is a standby, or has become one."""


class NoMoreConnections(DatabaseUnavailable):
    """The server has as many connections as it takes, of this user or at all."""


class DatabaseTimeout(DatabaseError):
    """A statement, or its wait for a lock, took longer than the settings allow."""


class Crowded(DatabaseError):
    """The payer has too many requests under way or waiting; a later try helps."""


class DatabaseMisconfigured(DatabaseError):
    """The server, the database or the credentials do not fit the product; another try does not help."""


def translate(error: Exception, *, by_standby: bool = False) -> Exception:
    """The product's error for an error of the driver; `error` itself when there is none for it.

    `by_standby` tells that the server says of itself that it is a standby.
    """
    match error:
        case asyncpg.PostgresError(sqlstate=str(state)) if by_standby and state in OF_STANDBYS:
            return TakesNoWrites(f"The server of this connection is a standby: {error}")
        case asyncpg.PostgresError(sqlstate=str(state)):
            return _by_state(state, error)
        case asyncpg.TargetServerAttributeNotMatched():
            return DatabaseUnavailable(f"None of the database servers is of the wanted kind: {error}")
        case asyncpg.exceptions.ClientConfigurationError():
            return DatabaseMisconfigured(f"The address of the database is not usable: {error}")
        case ssl.SSLCertVerificationError():
            return DatabaseMisconfigured(
                f"The certificate of the database's server is refused: {error.verify_message}. The authority that "
                "signed it is the file that the address names as sslrootcert, and its name is the host there."
            )
        case ConnectionError() if "rejected SSL upgrade" in str(error):  # the driver's words
            return DatabaseMisconfigured("The address of the database asks for TLS, and its server has no TLS.")
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
    if known is error and isinstance(error, asyncpg.PostgresError) and str(error.sqlstate)[:2] in OF_SETTINGS:
        return DatabaseMisconfigured(f"The database refuses a setting that its address names: {error}")
    return known if isinstance(known, DatabaseError) else DatabaseUnavailable(f"The database refuses: {error}")


def _by_state(state: str, error: Exception) -> Exception:
    """The product's error for a SQLSTATE, whose classes are in appendix A of PostgreSQL's manual."""
    match state[:2], state[2:]:
        case ("57", "014") | ("55", "P03") | ("25", "P03" | "P04"):
            return DatabaseTimeout(f"The database stopped what took too long: {error}")
        case ("57", "P01" | "P05") | ("08", "003" | "006"):
            return ConnectionLost(f"The connection to the database was lost: {error}")
        case ("25", "006"):
            return TakesNoWrites(f"The server of this connection takes no writes: {error}")
        case ("53", "300"):
            return NoMoreConnections(f"The database refuses further connections: {error}")
        case ("08", "P01") if "startup parameter" in str(error):  # the words of PgBouncer
            return DatabaseMisconfigured(
                f"A pooler refuses what the gateway sends: {error}. Let it ignore that (ignore_startup_parameters), "
                "and give the settings to the database user; enfact grants prints both."
            )
        case ("08" | "53", _) | ("57", "P02" | "P03"):
            return DatabaseUnavailable(f"The database refuses to work now: {error}")
        case ("40", _):
            return DatabaseUnavailable(f"The database undid a transaction because of another one: {error}")
        case ("42", "501"):
            return DatabaseMisconfigured(f"The database user may not do what is needed: {error}")
        case ("3F", "000"):
            return DatabaseMisconfigured(
                f"The schema that the search path of the database user names is not there: {error}. Make it with "
                "CREATE SCHEMA ... AUTHORIZATION that user, or change the search path: options=-csearch_path=... in "
                "the address, or ALTER ROLE ... SET search_path."
            )
        case ("28" | "3D", _) | ("57", "P04"):
            return DatabaseMisconfigured(f"The database refuses the address or the credentials: {error}")
        case _:
            return error
