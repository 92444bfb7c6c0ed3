"""Readings of live operations: those who wait for an equal one share it, and each is judged by its own credential.

Equal are readings by the same statement with the same arguments, of one account. If the account has several sessions
there, the statement names them all, and returns those that are valid in the same snapshot as its answer. So one look
judges many, and no right outlives it. API keys and statements that depend on the session share with themselves only.
"""

import asyncio
import hashlib
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from asyncpg import Record

from db.database import Database
from db.errors import DatabaseError
from resolvers.compilation.statement import CLOSED_GATES, CREDENTIAL, KNOWN, RESPONSE, SNAPSHOT, Statement
from resolvers.execution.results import result_of
from resolvers.execution.wakeups import WakeUps
from resolvers.request import GraphQLRequest, Result

SLICE: Final = 50
"""Number of those that are handed a row before everything else in the process has its turn."""


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """The reading of a subscription that is repeated, and its cost.

    `token` is the hash of the caller's, which is also in the arguments. `nothing` is the response when the caller may
    see nothing (None: no such response exists). `key` is equal for the same statement with the same arguments, apart
    from the token where sessions of an account share it.
    """

    request: GraphQLRequest
    statement: Statement
    arguments: list[object]
    token: bytes | None
    nothing: bytes | None = None
    cost: int = 0
    key: Hashable = field(init=False)

    def __post_init__(self) -> None:
        tokens = self.statement.tokens
        compared = [argument for place, argument in enumerate(self.arguments) if place != tokens]
        digest = hashlib.blake2b(repr(compared).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        object.__setattr__(self, "key", (id(self.statement), digest))

    @property
    def follows(self) -> bool:
        """True for a subscription to changes."""
        return self.statement.since is not None

    def arguments_for(self, tokens: list[bytes | None], since: object) -> list[object]:
        """The arguments of a reading for these tokens, of the changes that the snapshot `since` did not see."""
        arguments = list(self.arguments)
        for place, value in ((self.statement.tokens, tokens), (self.statement.since, since)):
            if place is not None:
                arguments[place] = value
        return arguments


class Reading:
    """A row that was read, and what is made of it once for all who share it.

    `digest` is that of the answer, None when there is nothing to see. Of changes the closed gates are no part: a change
    of access alone is none of business data.
    """

    __slots__ = ("_known", "_results", "_statement", "digest", "record")

    def __init__(self, asked: SubscriptionRequest, record: Record) -> None:
        self.record = record
        self._statement = asked.statement
        self._known = frozenset(record[KNOWN]) if asked.statement.tokens is not None else None
        self._results: dict[Hashable, Result] = {}
        response, closed = record[RESPONSE], None if asked.follows else record[CLOSED_GATES]
        hashed = hashlib.blake2b(b"\0".join((response or b"", closed or b"")), digest_size=16).digest()
        self.digest = hashed if record[CREDENTIAL] is not None and response != asked.nothing else None

    def is_for(self, token: bytes | None) -> bool:
        """True if the row may be shown to who sent the token: it was valid when the row was read, for its account."""
        return self.record[CREDENTIAL] is not None and (self._known is None or token in self._known)

    @property
    def since(self) -> object:
        """The snapshot that it saw; only of changes."""
        return self.record[SNAPSHOT]

    def result(self, request: GraphQLRequest) -> Result:
        """The result for a request; equal requests are given the same one. Raises as `result_of`."""
        key = (request.hidden_fields, request.language)
        if key not in self._results:
            self._results[key] = result_of(request, self._statement, self.record)
        return self._results[key]


Place: TypeAlias = "asyncio.Future[Reading | None]"
"""The place of one who waits for a reading."""


@dataclass(slots=True)
class SharedReadings:
    """The readings of a process; `report` is called once for each one that the database does not answer."""

    database: Database
    wakes: WakeUps
    report: Callable[[DatabaseError], None]
    _waiting: dict[Hashable, dict[Place, bytes | None]] = field(default_factory=dict[Hashable, Any])
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set["asyncio.Task[None]"])

    async def read(self, asked: SubscriptionRequest, tokens: list[bytes | None], since: object) -> Reading:
        """Read now, for these tokens. Raises DatabaseError."""
        statement = asked.statement
        return Reading(asked, await self.database.read(statement.sql, asked.arguments_for(tokens, since)))

    async def share(self, asked: SubscriptionRequest, account: Hashable, since: object) -> Reading | None:
        """The next reading that begins, when it is the account's turn; None when the database does not answer."""
        key = (asked.key, account, since)
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = {}
            task = asyncio.create_task(self._read(key, asked, account, since))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        place: Place = asyncio.get_running_loop().create_future()
        waiting[place] = asked.token
        return await place

    async def _read(self, key: Hashable, asked: SubscriptionRequest, account: Hashable, since: object) -> None:
        """Read when it is the account's turn, and hand the row to all who wait for it by then."""
        waiting = self._waiting[key]
        try:
            async with self.wakes.turn(account, asked.cost):
                await self.wakes.settled()
                del self._waiting[key]  # who comes from now on needs a reading that begins from now on
                tokens = dict.fromkeys(token for place, token in waiting.items() if not place.done())
                if tokens:
                    await _hand_out(waiting, await self.read(asked, list(tokens), since))
        except DatabaseError as error:
            self.report(error)
            await _hand_out(waiting, None)
        except Exception as error:  # noqa: BLE001 (whatever it is, each of them ends by it)
            await _hand_out(waiting, error)
        finally:
            if self._waiting.get(key) is waiting:
                del self._waiting[key]


async def _hand_out(places: Iterable[Place], read: Reading | Exception | None) -> None:
    """Let those at the places go on with what was read, some at a time; a turn lasts until the last of them."""
    for n, place in enumerate(places, 1):
        if place.done():  # who waited has gone
            continue
        if isinstance(read, Exception):
            place.set_exception(read)
        else:
            place.set_result(read)
        if n % SLICE == 0:
            await asyncio.sleep(0)
