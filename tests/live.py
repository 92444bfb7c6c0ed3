"""Subscribers for tests: takes a subscription, gives what it tells one by one; and a firm whose changes are heard."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from gateway.live import keep_waking
from gateway.logs import open_log
from resolvers.answers import result_of
from resolvers.execution import Executor
from resolvers.live import AccessLost, Subscription
from resolvers.request import GraphQLRequest, Result
from tests.databases import Databases
from tests.firm import Asker, Firm, change
from tests.outside import Outside

ACCESS: Final = "subscription ($id: ID!) { accessChanged(companyId: $id) { role external until apps } }"
MATRIX: Final = """
subscription ($id: ID!) { permissionMatrixChanged(companyId: $id) {
  id version apps { app } rows { user { id email role } externalUser { id until } cells { app granted effective } } } }
"""
SET: Final = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
PATIENCE: Final = 20.0
"""Seconds after which a test gives up waiting for what has to come."""

LISTENING: Final = """
select count(*) from pg_stat_activity
where datname = current_database() and application_name = 'enfact listening' and query <> ''
"""
DEAF: Final = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'enfact listening'
"""


@dataclass(slots=True)
class Follower:
    """Somebody who follows a subscription; `codes` is how it ended."""

    subscription: Subscription
    told: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue[Any])
    codes: list[str] = field(default_factory=list[str])
    task: "asyncio.Task[None] | None" = None

    def begin(self) -> None:
        """Follow from now on."""
        self.task = asyncio.create_task(self._follow())

    async def next(self) -> Any:
        """The data of the next event."""
        async with asyncio.timeout(PATIENCE):
            return await self.told.get()

    async def ended(self) -> list[str]:
        """The codes with which it ended; it must not have told anything that nobody asked for."""
        assert self.task is not None
        async with asyncio.timeout(PATIENCE):
            await self.task
        assert self.told.empty()
        return self.codes

    async def _follow(self) -> None:
        try:
            async for result in self.subscription:
                assert result.errors == ()
                self.told.put_nowait(orjson.loads(result.data or b"null"))
        except AccessLost as lost:
            self.codes = [entry.code.value for entry in lost.entries]


async def answer_of(subscription: Subscription) -> Result:
    """What a subscription reads now, as it would tell it."""
    asked = subscription.asked
    return result_of(asked.request, asked.statement, await subscription.read())


@dataclass(slots=True)
class Station:
    """Where firms change and their people are told of it."""

    outside: Outside
    executor: Executor
    connection: Connection
    dsn: str
    followers: list[Follower] = field(default_factory=list[Follower])

    async def start(self, token: str | None, query: str, firm: Firm | str, **more: Any) -> Result | Subscription:
        """What comes of a request."""
        id_ = firm if isinstance(firm, str) else firm.id
        return await self.executor.start(GraphQLRequest(query, variables={"id": id_}, token=token, **more))

    async def follow(self, token: str | None, query: str, firm: Firm | str, **more: Any) -> Follower:
        """Somebody who follows."""
        started = await self.start(token, query, firm, **more)
        assert isinstance(started, Subscription), started
        follower = Follower(started)
        self.followers.append(follower)
        follower.begin()
        return follower

    async def refused(self, token: str | None, query: str, firm: Firm | str, **more: Any) -> list[str]:
        """The codes of a request that opens nothing."""
        started = await self.start(token, query, firm, **more)
        assert isinstance(started, Result), started
        assert started.response is None
        return [entry.code.value for entry in started.errors]

    async def toggle(self, firm: Firm, name: str, app: str, *, on: bool, by: str = "owner") -> None:
        """Switch an app of somebody on or off, as an owner does."""
        given = {
            "companyId": firm.id,
            "expectedVersion": await firm.version(),
            "changes": [change(firm[name], app, on)],
        }
        answer = await self.outside.ask(firm[by].token, SET, input=given)
        assert answer.errors == ()
        assert answer.data["setAppAccess"]["errors"] == []

    async def heard(self) -> None:
        """Return once the process listens to the database."""
        async with asyncio.timeout(PATIENCE):
            while not await self.connection.fetchval(LISTENING):  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def open_station(databases: Databases, template: str) -> AsyncGenerator[Station]:
    """A station on a clone of a migrated database."""
    dsn = await databases.clone(template)
    database, connection, other = (
        await Database.open(dsn, PoolSettings(size=6, share=6)),
        await connect(dsn),
        await connect(dsn),
    )
    executor = Executor(database, shows_secrets=True)
    station = Station(Outside(Asker(executor), connection, other), executor, connection, dsn)
    waking = asyncio.create_task(keep_waking(dsn, executor.wakes, open_log("off", "json")))
    try:
        yield station
    finally:
        for task in (waking, *(follower.task for follower in station.followers if follower.task)):
            task.cancel()
            await asyncio.wait([task])
        for used in (connection, other, database):
            await used.close()
        await databases.drop(dsn)
