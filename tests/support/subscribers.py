"""Subscribers for tests: they receive the events of subscriptions, in companies whose changes the product hears of."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from gateway.logs import open_log
from gateway.notifications import keep_hinting, keep_waking
from resolvers.execution.executor import Executor
from resolvers.execution.subscriptions import AccessLost, LiveOperation
from resolvers.request import GraphQLRequest, Result
from tests.support.company import Asker, Firm, change
from tests.support.databases import Databases
from tests.support.externals import Outside

ACCESS: Final = "subscription ($id: ID!) { accessChanged(companyId: $id) { role external until apps } }"
MATRIX: Final = """
subscription ($id: ID!) { permissionMatrixChanged(companyId: $id) {
  id version apps { app } rows { user { id email role } externalUser { id until } cells { app granted effective } } } }
"""
CHANGED: Final = """
subscription ($id: ID!) { changed(companyId: $id) { more nodes { entity entityId kind version } } }
"""
CREATE: Final = """
mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id version } errors { code } } }
"""
SET: Final = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
PATIENCE: Final = 120.0
"""Seconds after which a test gives up waiting for an expected event."""

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
    """A subscriber; `told` are the events, `codes` the errors with which the subscription ended."""

    subscription: LiveOperation
    told: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue[Any])
    codes: list[str] = field(default_factory=list[str])
    task: "asyncio.Task[None] | None" = None

    def begin(self) -> None:
        """Receive events from now on."""
        self.task = asyncio.create_task(self._follow())

    async def next(self) -> Any:
        """The data of the next event."""
        async with asyncio.timeout(PATIENCE):
            return await self.told.get()

    async def ended(self) -> list[str]:
        """The codes with which it ended; there must be no unread events."""
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


async def answer_of(subscription: LiveOperation) -> Result:
    """The result of a subscription if it read now."""
    return (await subscription.read()).result(subscription.request)


@dataclass(slots=True)
class Station:
    """The product with companies, subscribers and notifications of the database."""

    outside: Outside
    executor: Executor
    connection: Connection
    dsn: str
    followers: list[Follower] = field(default_factory=list[Follower])

    async def start(self, token: str | None, query: str, firm: Firm | str, **more: Any) -> Result | LiveOperation:
        """The result of a request, or its subscription."""
        id_ = firm if isinstance(firm, str) else firm.id
        return await self.executor.start(GraphQLRequest(query, variables={"id": id_}, token=token, **more))

    async def follow(self, token: str | None, query: str, firm: Firm | str, **more: Any) -> Follower:
        """A new subscriber."""
        started = await self.start(token, query, firm, **more)
        assert isinstance(started, LiveOperation), started
        follower = Follower(started)
        self.followers.append(follower)
        follower.begin()
        return follower

    async def refused(self, token: str | None, query: str, firm: Firm | str, **more: Any) -> list[str]:
        """The error codes of a request, which must not open a subscription."""
        started = await self.start(token, query, firm, **more)
        assert isinstance(started, Result), started
        assert started.response is None
        return [entry.code.value for entry in started.errors]

    async def toggle(self, firm: Firm, name: str, app: str, *, on: bool, by: str = "owner") -> None:
        """Switch an app of a person on or off, as an owner."""
        given = {
            "companyId": firm.id,
            "expectedVersion": await firm.version(),
            "changes": [change(firm[name], app, on)],
        }
        answer = await self.outside.ask(firm[by].token, SET, input=given)
        assert answer.errors == ()
        assert answer.data["setAppAccess"]["errors"] == []

    async def heard(self) -> None:
        """Wait until the process listens to the database."""
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
    log = open_log("off", "json")
    works = [
        asyncio.create_task(work)
        for work in (
            keep_waking(dsn, executor.wakes, executor.feed, log),
            keep_hinting(dsn, executor.hints, log),
            executor.feed.keep_looking(),
        )
    ]
    try:
        yield station
    finally:
        for task in (*works, *(follower.task for follower in station.followers if follower.task)):
            task.cancel()
            await asyncio.wait([task])
        for used in (connection, other, database):
            await used.close()
        await databases.drop(dsn)
