"""Replicas keep the promise: what is taken away is seen nowhere after the answer, under load and through failures."""

import asyncio
import io
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pytest
from argon2 import PasswordHasher

from db.connection import connect
from db.database import PoolSettings
from db.replicas import ReplicaSettings
from gateway.backend import DatabaseBackend, Terms
from gateway.logs import open_log
from resolvers.execution.executor import Executor
from resolvers.mutations import passwords
from resolvers.request import GraphQLRequest, Result
from tests.support.company import Firm, change
from tests.support.replicated import Cluster, cluster, until
from tests.support.subscribers import CREATE

TIMES: Final = 200
LONG: Final = 1_000
READERS, WRITERS = 4, 2
PASSWORD: Final = "correct-horse-7"
CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

STOCK: Final = "query ($id: ID!) { company(id: $id) { stockBasis } }"
VIEWER: Final = "{ viewer { account { email } } }"
SET: Final = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
LOGIN: Final = "mutation ($input: LoginInput!) { login(input: $input) { token errors { code } } }"
LOGOUT: Final = "mutation { logout { errors { code } } }"


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway over a primary and its standbys, and a firm."""

    servers: Cluster
    backend: DatabaseBackend
    firm: Firm
    lines: io.StringIO

    @property
    def executor(self) -> Executor:
        """The executor of the gateway."""
        assert self.backend.executor is not None
        return self.backend.executor

    def figure(self, name: str) -> float:
        """A figure of the gateway, by the end of its name."""
        return self.backend.figures()[f"enfact_replica{name}"]

    async def ask(
        self, token: str | None, query: str, position: int | None = 0, address: str = "", **variables: object
    ) -> Result:
        """The answer to an operation; without a position that of the primary."""
        return await self.executor.execute(
            GraphQLRequest(query, variables=variables, token=token, position=position, address=address)
        )

    async def sees_stock(self, position: int | None = 0) -> bool:
        """Whether an employee sees what an app of theirs shows."""
        result = await self.ask(self.firm["anna"].token, STOCK, position, id=self.firm.id)
        assert result.errors == ()
        return result.hidden == ()

    async def switch(self, granted: bool) -> None:
        """Switch that app on or off for the employee."""
        changes = [change(self.firm["anna"], "STOCK", granted)]
        given = {"companyId": self.firm.id, "expectedVersion": await self.firm.version(), "changes": changes}
        done(await self.ask(self.firm["owner"].token, SET, input=given))


def done(result: Result) -> Any:
    """The payload of a mutation that did what it was asked for."""
    assert result.errors == ()
    (payload,) = orjson.loads(result.data or b"{}").values()
    assert payload["errors"] == []
    return payload


@asynccontextmanager
async def gateway(servers: Cluster, **settings: Any) -> AsyncGenerator[Place]:
    """A gateway over these servers, once all its replicas answer."""
    lines = io.StringIO()
    replicas = ReplicaSettings([one.dsn for one in servers.standbys], **settings)
    backend = DatabaseBackend(
        servers.primary.dsn, PoolSettings(size=8), open_log("info", "json", lines), Terms(replicas=replicas)
    )
    await backend.open()
    connection = await connect(servers.primary.dsn)
    try:
        place = Place(servers, backend, await Firm.found(connection, "STOCK"), lines)
        await until(lambda: place.figure("s_serving") == len(servers.standbys))
        yield place
    finally:
        await connection.close()
        await backend.close()


@pytest.fixture(scope="module")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Cluster]:
    folder = tmp_path_factory.mktemp("replicas")
    folder.chmod(0o711)
    async with cluster(folder) as made:
        yield made


@pytest.fixture
async def place(servers: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Place]:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    async with gateway(servers) as place:
        yield place


@asynccontextmanager
async def load(place: Place) -> AsyncGenerator[None]:
    """Others read and write all the time."""
    firm = place.firm

    over = asyncio.Event()

    async def keep(work: Callable[[], Awaitable[Result]]) -> None:
        while not over.is_set():
            result = await work()
            assert result.errors == (), result

    def read() -> Awaitable[Result]:
        return place.ask(firm["bram"].token, VIEWER)

    def write() -> Awaitable[Result]:
        given = {"companyId": firm.id, "name": secrets.token_hex(8)}
        return place.ask(firm["partner"].token, CREATE, input=given)

    works = [read] * READERS + [write] * WRITERS
    tasks = [asyncio.create_task(keep(work)) for work in works]
    try:
        yield
        assert [task.exception() for task in tasks if task.done()] == []
    finally:
        over.set()
        await asyncio.gather(*tasks, return_exceptions=True)


def times(request: pytest.FixtureRequest) -> int:
    """How often a promise is tried."""
    return LONG if request.config.getoption("long") else TIMES


async def wrong_after_switches(place: Place, most: int) -> int:
    """How many of so many reads after a change of a right, the next moment, saw the old one."""
    wrong = 0
    for n in range(most):
        granted = n % 2 == 0
        await place.switch(granted)
        wrong += await place.sees_stock() is not granted
    return wrong


# --- the promise


async def test_a_right_is_gone_everywhere_after_the_answer(place: Place, request: pytest.FixtureRequest) -> None:
    async with load(place):
        before = place.figure("_reads_total")
        assert await wrong_after_switches(place, times(request)) == 0
    assert place.figure("_reads_total") - before > times(request)


async def test_a_session_is_known_after_login_and_unknown_after_logout(
    place: Place, request: pytest.FixtureRequest
) -> None:
    people = [(await Firm.found(place.firm.connection)).people for _ in range(max(3, times(request) // 60))]
    emails = [one[name].email for one in people for name in ("owner", "partner", "anna", "bram", "clara")]
    hashed = "update account set password_hash = $1 where email = any($2::text[])"
    await place.firm.connection.execute(hashed, CHEAP.hash(PASSWORD), emails)
    async with load(place):
        for n in range(times(request)):
            address = ".".join(str(secrets.randbelow(256)) for _ in range(4))
            given = {"email": emails[n % len(emails)], "password": PASSWORD}
            token = done(await place.ask(None, LOGIN, address=address, input=given))["token"]
            assert (await place.ask(token, VIEWER)).errors == ()
            done(await place.ask(token, LOGOUT))
            (error,) = (await place.ask(token, VIEWER)).errors
            assert error.code.value == "UNAUTHENTICATED"
