"""The statements that a connection keeps prepared: bounded by the memory that they take in the server, by estimate.

The driver bounds them by their number; its cache is replaced by one that weighs, too. A statement is let go some time
after it was prepared, used or not: to prepare what is in use anew costs little.
"""

from collections.abc import Iterable
from itertools import accumulate, takewhile
from typing import Any, Final

from asyncpg import connection as driver

PLAN: Final = 150
"""Bytes that a prepared statement takes in the server, for each character of its text (100 to 220 in measurements)."""

OWN: Final = 100_000
"""Bytes that it takes besides."""

_Cache: Any = vars(driver)["_StatementCache"]
"""The driver has no other place for a bound of one's own; a test watches over what is used of this one."""


def weight(sql: str) -> int:
    """What a prepared statement takes in the server, in bytes."""
    return OWN + PLAN * len(sql)


class Statements(_Cache):
    """The driver's cache of one connection, with a bound by weight.

    What was used longest ago is let go until the rest weighs no more than `most` bytes.
    """

    __slots__ = ("_most",)

    def __init__(self, before: Any, most: int) -> None:
        of: dict[str, Any] = {name: getattr(before, f"_{name}") for name in ("loop", "on_remove", "max_size")}
        cache: Any = super()
        cache.__init__(**of, max_lifetime=before.get_max_lifetime())
        self._most = most

    def put(self, query: Any, statement: Any) -> None:
        """Keep one more."""
        cache: Any = super()
        cache.put(query, statement)
        number: int = cache.get_max_size()
        cache.set_max_size(min(number, self._fitting(cache.iter_statements())))
        cache.set_max_size(number)

    def _fitting(self, statements: Iterable[Any]) -> int:
        """How many of those that were used last have room; the newest one in any case."""
        weights = accumulate(weight(statement.query) for statement in reversed(list(statements)))
        return max(1, sum(1 for _ in takewhile(lambda together: together <= self._most, weights)))


def bound(connection: Any, most: int) -> None:
    """Let a connection's prepared statements take so many bytes in the server."""
    connection._stmt_cache = Statements(connection._stmt_cache, most)  # noqa: SLF001 (see above)
