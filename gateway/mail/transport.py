"""The protocol of a mail transport, and the choice of one; importing this loads no transport."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Protocol, TypeAlias

from db.database import Database
from db.installation import is_demo
from db.outbox import Claimed


class Undelivered(Exception):
    """A letter was not sent; `problem` is the cause without personal data, `final`: another attempt is useless."""

    def __init__(self, problem: str, *, final: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.final = final


class MailTransport(Protocol):
    """A way to deliver letters."""

    async def send(self, letter: Claimed) -> None:
        """Return once the letter is sent. Raises Undelivered."""
        ...


TransportChoice: TypeAlias = Callable[[Database], Awaitable[MailTransport | None]]
"""Returns the transport for letters, None to let them wait. Raises DatabaseError."""


class LazyTransport:
    """A transport that is created for its first letter, so that only a process that sends mail loads its modules."""

    def __init__(self, make: Callable[[], MailTransport]) -> None:
        self._made = cache(make)

    async def send(self, letter: Claimed) -> None:
        """Send the letter by the transport. Raises Undelivered."""
        await self._made().send(letter)


def always(carrier: MailTransport) -> TransportChoice:
    """The choice of this transport for every database."""

    async def route(_database: Database) -> MailTransport:
        return carrier

    return route


def in_demo(carrier: MailTransport) -> TransportChoice:
    """The choice of this transport for a database that holds the demo; letters wait in any other."""

    async def route(database: Database) -> MailTransport | None:
        async with database.transaction() as connection:
            return carrier if await is_demo(connection) else None

    return route
