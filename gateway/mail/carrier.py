"""How letters leave: what a carrier is, and who chooses it, without the parts that bring letters away."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Protocol, TypeAlias

from db.database import Database
from db.installation import is_demo
from db.outbox import Claimed


class Undelivered(Exception):
    """A letter was not sent; `problem` is a word or two that name nobody, `final` tells that trying again is no use."""

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.final = final


class Carrier(Protocol):
    """A way to bring a letter to its reader."""

    async def carry(self, letter: Claimed) -> None:
        """Return once the letter is sent. Raises Undelivered."""
        ...


Route: TypeAlias = Callable[[Database], Awaitable[Carrier | None]]
"""Chooses how letters leave; None: they wait. Raises what the database raises."""


class Later:
    """A carrier that is made for its first letter, so that only a process that sends some loads what it takes."""

    def __init__(self, make: Callable[[], Carrier]) -> None:
        self._made = cache(make)

    async def carry(self, letter: Claimed) -> None:
        """Bring the letter away as the carrier does."""
        await self._made().carry(letter)


def always(carrier: Carrier) -> Route:
    """Letters leave by this carrier."""

    async def route(_database: Database) -> Carrier:
        return carrier

    return route


def in_demo(carrier: Carrier) -> Route:
    """Letters leave by this carrier from a database that holds the demo, and wait in any other."""

    async def route(database: Database) -> Carrier | None:
        async with database.transaction() as connection:
            return carrier if await is_demo(connection) else None

    return route
