"""The settings of PostgreSQL that every connection of the pool needs, and the check that they are in force.

The pool sends them when it connects. A pooler between may drop them without a word; a role may have them instead
(`grants.py`). A statement that reads one row takes no parallel workers, so that a plan for them would run without any.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from db.connection import Connection
from db.errors import DatabaseMisconfigured

FIXED: Final[Mapping[str, str]] = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "max_parallel_workers_per_gather": "0",
    "pg_trgm.word_similarity_threshold": "0.5",
}
PASSED_ON: Final = frozenset({"timezone", "datestyle"})
"""Settings that PgBouncer itself keeps for each client."""

READ_SETTINGS: Final = "select name, coalesce(current_setting(name, true), '') from unnest($1::text[]) name"
UNITS: Final[Mapping[str, int]] = {"": 1, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def session_settings(statement: float, lock: float, idle_in_transaction: float) -> dict[str, str]:
    """The settings by name; the arguments are the seconds of the time-outs."""
    return {
        **FIXED,
        "statement_timeout": _milliseconds(statement),
        "lock_timeout": _milliseconds(lock),
        "idle_in_transaction_session_timeout": _milliseconds(idle_in_transaction),
    }


async def differences(connection: Connection, wanted: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The settings that are not in force: by their names what is, and what should be."""
    rows = await connection.fetch(READ_SETTINGS, list(wanted))
    return {name: (found, wanted[name]) for name, found in rows if not _is_same(name, found, wanted[name])}


async def require_settings(connection: Connection, wanted: Mapping[str, str]) -> None:
    """Refuse a connection on which a setting is not in force. Raises DatabaseMisconfigured."""
    found = await differences(connection, wanted)
    if found:
        words = ", ".join(
            f"{name} is {there or 'not set'} instead of {right}" for name, (there, right) in found.items()
        )
        raise DatabaseMisconfigured(
            f"Settings that the gateway sends are not in force: {words}. A pooler between drops them; give them to the "
            "database user instead, as enfact grants prints it."
        )


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))


def _is_same(name: str, found: str, wanted: str) -> bool:
    if name.endswith("_timeout"):
        return _in_milliseconds(found) == int(wanted)
    if name == "datestyle":
        return found.partition(",")[0] == wanted
    return found == wanted


def _in_milliseconds(shown: str) -> int | None:
    """A time as PostgreSQL shows it (10s, 1min), in milliseconds; None for a text that is none."""
    match = re.fullmatch(r"(\d+)([a-z]*)", shown)
    return int(match[1]) * UNITS[match[2]] if match and match[2] in UNITS else None


def dropped_by_poolers(wanted: Mapping[str, str]) -> Iterator[str]:
    """The names of settings that PgBouncer refuses, unless it is to ignore them."""
    return (name for name in wanted if name not in PASSED_ON)
