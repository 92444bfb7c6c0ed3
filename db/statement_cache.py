"""The prepared statements of a connection, bounded by their estimated memory in the server.

The driver bounds only their number; its cache is replaced by one that bounds the memory, too. A statement is dropped
some time after it was prepared, used or not: preparing one again costs little.
"""

from collections.abc import Iterable
from itertools import accumulate, takewhile
from typing import Any, Final

from asyncpg import connection as driver

PLAN: Final = 150
"""Bytes of a prepared statement in the server for each character of its text (measured: 100 to 220)."""

OWN: Final = 100_000
"""Bytes of a prepared statement in the server besides."""

_Cache: Any = vars(driver)["_StatementCache"]
"""Private to the driver, which has no public way to set such a bound; a test checks the members that are used here."""


def weight(sql: str) -> int:
    """The estimated memory of a prepared statement in the server, in bytes."""
    return OWN + PLAN * len(sql)


class StatementCache(_Cache):
    """The driver's cache of one connection, with a bound by weight.

    Drops the least recently used statements until the rest weighs at most `most` bytes.
    """

    __slots__ = ("_most",)

    def __init__(self, before: Any, most: int) -> None:
        of: dict[str, Any] = {name: getattr(before, f"_{name}") for name in ("loop", "on_remove", "max_size")}
        cache: Any = super()
        cache.__init__(**of, max_lifetime=before.get_max_lifetime())
        self._most = most

    def put(self, query: Any, statement: Any) -> None:
        """Add a statement, and drop others until all fit."""
        cache: Any = super()
        cache.put(query, statement)
        number: int = cache.get_max_size()
        cache.set_max_size(min(number, self._fitting(cache.iter_statements())))
        cache.set_max_size(number)

    def _fitting(self, statements: Iterable[Any]) -> int:
        """The number of most recently used statements that fit; at least one."""
        weights = accumulate(weight(statement.query) for statement in reversed(list(statements)))
        return max(1, sum(1 for _ in takewhile(lambda together: together <= self._most, weights)))


def limit_memory(connection: Any, most: int) -> None:
    """Bound the memory of a connection's prepared statements in the server to `most` bytes."""
    connection._stmt_cache = StatementCache(connection._stmt_cache, most)  # noqa: SLF001 (no public setting)
