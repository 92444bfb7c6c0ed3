"""Replicas keep the promise: what is taken away is seen nowhere after the answer, under load and through failures."""

import asyncio
import io
import os
import secrets
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
import orjson
import pytest
from pydantic import SecretStr

from db.connection import connect
from db.database import PoolSettings
from db.errors import DatabaseUnavailable
from db.lease import SILENCE, Lease, Primary, Reason, ReplicaSettings
from db.replicas import WAITS_PAUSE
from gateway.app import create_app
from gateway.backend import DatabaseBackend, Terms
from gateway.logs import open_log
from gateway.settings import Settings
from resolvers.execution.executor import Executor
from resolvers.request import GraphQLRequest, Result
from tests.support.company import Firm, change
from tests.support.hashing import CHEAP
from tests.support.replicated import Cluster, cluster, held_up, until
from tests.support.sampling import share
from tests.support.standby import promote
from tests.support.subscribers import CREATE

TIMES: Final = 200
LONG: Final = 1_000
READERS, WRITERS = 4, 2
PASSWORD: Final = "correct-horse-7"

STOCK: Final = "query ($id: ID!) { company(id: $id) { stockBasis } }"
VIEWER: Final = "{ viewer { account { email } } }"
SET: Final = "mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { errors { code } } }"
LOGIN: Final = "mutation ($input: LoginInput!) { login(input: $input) { token errors { code } } }"
RENAME: Final = "mutation ($input: UpdateCompanyInput!) { updateCompany(input: $input) { errors { code } } }"
NAME: Final = "query ($id: ID!) { company(id: $id) { name } }"
CUSTOMERS: Final = "query ($id: ID!) { company(id: $id) { customers { totalCount } } }"
ROOM: Final = 1.0
"""Seconds that a busy machine may take beside what is measured."""

SOONER_OR_LATER: Final = 120.0
"""Seconds after which what is found sooner or later is not found."""

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
async def gateway(servers: Cluster, answering: int | None = None, **settings: Any) -> AsyncGenerator[Place]:
    """A gateway over these servers, once so many of its replicas answer, or all."""
    lines = io.StringIO()
    answering = len(servers.standbys) if answering is None else answering
    replicas = ReplicaSettings([one.dsn for one in servers.standbys], **settings)
    backend = DatabaseBackend(
        servers.primary.dsn, PoolSettings(size=8), open_log("info", "json", lines), Terms(replicas=replicas)
    )
    await backend.open()
    connection = await connect(servers.primary.dsn)
    try:
        place = Place(servers, backend, await Firm.found(connection, "STOCK"), lines)
        await until(lambda: place.figure("s_serving") == answering)
        yield place
    finally:
        await connection.close()
        await backend.close()


@pytest.fixture(scope="module")
async def servers() -> AsyncGenerator[Cluster]:
    async with cluster() as made:
        yield made


@pytest.fixture
async def place(servers: Cluster) -> AsyncGenerator[Place]:
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
    return LONG if request.config.getoption("long") else share(TIMES)


async def wrong_after_switches(place: Place, most: int) -> int:
    """How many of so many reads after a change of a right, the next moment, saw the old one."""
    wrong = 0
    for n in range(most):
        granted = n % 2 == 0
        await place.switch(granted)
        wrong += await place.sees_stock() is not granted
    return wrong


def no_hindrances(_lease: Lease, _primary: Primary) -> Iterator[Reason]:
    """What a lease asks for if it asks for nothing but time."""
    return iter(())


def never_settled(_primary: Primary, _at: float, _now: float) -> None:
    """What becomes of a primary that always has settings to take over."""


def always(_lease: Lease, _now: float, _position: int) -> bool:
    """What a replica without a lease may do."""
    return True


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


async def test_reads_of_replicas_that_are_not_waited_for_would_be_found(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the wait, and with a lease that does not ask for it, the old right is seen sooner or later."""
    monkeypatch.setattr(Lease, "_hindrances", no_hindrances)
    await place.servers.wait_for()
    try:
        async with load(place), asyncio.timeout(SOONER_OR_LATER):
            while not await wrong_after_switches(place, 2):
                pass
    finally:
        await place.servers.wait_for("one", "two")


async def test_a_standby_that_the_primary_does_not_wait_for_answers_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = place.servers.standbys
    await place.servers.wait_for("two")
    try:
        async with held_up(one):
            await until(lambda: place.figure("s_serving") == 1)
            assert await wrong_after_switches(place, 20) == 0
            monkeypatch.setattr(Lease, "may_answer", always)
            assert await wrong_after_switches(place, 20) > 0
    finally:
        await place.servers.wait_for("one", "two")


async def test_a_standby_is_believed_once_commits_wait_for_it(
    servers: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL says that a standby is synchronous, and a process that lets commits wait has not read that yet."""
    monkeypatch.setattr(Primary, "settled", never_settled)
    await servers.wait_for()
    checkpointer = "select pid from pg_stat_activity where backend_type = 'checkpointer'"
    pid = int(str(await servers.primary.run(checkpointer)))
    async with gateway(servers, answering=0) as place:
        os.kill(pid, signal.SIGSTOP)
        try:
            await servers.wait_for("one", "two")
            await asyncio.sleep(SILENCE)
            async with held_up(*servers.standbys):
                assert await wrong_after_switches(place, 2) == 0
        finally:
            os.kill(pid, signal.SIGCONT)
        monkeypatch.undo()
        await until(lambda: place.figure("s_serving") == 2)
        assert await wrong_after_switches(place, 2) == 0


async def test_a_user_without_the_right_to_see_it_is_answered_by_the_primary(place: Place) -> None:
    await place.servers.primary.run("create role watcher login")
    await place.servers.primary.run("grant select on all tables in schema public to watcher")
    settings = ReplicaSettings([one.dsn.replace("//postgres@", "//watcher@") for one in place.servers.standbys])
    lines = io.StringIO()
    dsn = place.servers.primary.dsn.replace("//postgres@", "//watcher@")
    backend = DatabaseBackend(dsn, PoolSettings(size=2), open_log("info", "json", lines), Terms(replicas=settings))
    await backend.open()
    try:
        await until(lambda: str(Reason.NOT_SYNCHRONOUS) in lines.getvalue())
        assert await replace(place, backend=backend).sees_stock() is False
        assert backend.figures()["enfact_replicas_serving"] == 0
    finally:
        await backend.close()


# --- what one has written


async def rename(place: Place, name: str) -> int:
    """Rename the company, and return the position of that."""
    result = await place.ask(place.firm["owner"].token, RENAME, input={"companyId": place.firm.id, "name": name})
    done(result)
    assert result.position is not None
    return result.position


async def create(place: Place) -> int:
    """Create a customer, and return the position of that."""
    given = {"companyId": place.firm.id, "name": secrets.token_hex(8)}
    result = await place.ask(place.firm["owner"].token, CREATE, input=given)
    done(result)
    assert result.position is not None
    return result.position


async def named(place: Place, position: int | None) -> str:
    """The name of the company as a reader with this position sees it."""
    result = await place.ask(place.firm["owner"].token, NAME, position, id=place.firm.id)
    return orjson.loads(result.data or b"")["company"]["name"]


async def customers(place: Place, position: int | None) -> int:
    """The number of customers, in the same way."""
    result = await place.ask(place.firm["owner"].token, CUSTOMERS, position, id=place.firm.id)
    return orjson.loads(result.data or b"")["company"]["customers"]["totalCount"]


async def test_who_has_written_sees_it_at_once(place: Place) -> None:
    other = replace(place, firm=await Firm.found(place.firm.connection))
    async with load(place):
        for n in range(50):
            assert await named(other, await rename(other, f"Name {n}")) == f"Name {n}"
            assert await customers(other, await create(other)) == n + 1


async def test_replicas_that_lag_answer_only_what_is_older(place: Place) -> None:
    async with gateway_again(place, lag=30) as slow, held_up(*place.servers.standbys):
        position = await create(slow)
        assert (await customers(slow, position), await customers(slow, None)) == (1, 1)
        assert await customers(slow, 0) == 0
        assert await customers(slow, position + 10**12) == 1
        position = await rename(slow, "Later")
        assert (await named(slow, position), await named(slow, 0)) == ("Later", "Peeters & Co")
        await create(place)  # so that there is something to lag by
        await until(lambda: place.figure("s_serving") == 0)
        assert await customers(place, 0) == 2
    await until(lambda: place.figure("s_serving") == 2)


@asynccontextmanager
async def gateway_again(place: Place, **settings: Any) -> AsyncGenerator[Place]:
    """Another gateway with the same firm, once its replicas answer."""
    replicas = ReplicaSettings([one.dsn for one in place.servers.standbys], **settings)
    log = open_log("info", "json", place.lines)
    backend = DatabaseBackend(place.servers.primary.dsn, PoolSettings(size=4), log, Terms(replicas=replicas))
    await backend.open()
    try:
        again = replace(place, backend=backend)
        await until(lambda: again.figure("s_serving") == len(place.servers.standbys))
        yield again
    finally:
        await backend.close()


async def test_positions_travel_in_headers_and_cookies(place: Place) -> None:
    settings = Settings(database_url=SecretStr(place.servers.primary.dsn), read_urls=SecretStr("postgresql://unused"))
    app = create_app(settings, place.backend, open_log("off", "json"))
    owner = {"authorization": f"Bearer {place.firm['owner'].token}"}
    given = {"companyId": place.firm.id, "name": "Elsewhere"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client:
        written = await client.post("/graphql", headers=owner, json={"query": RENAME, "variables": {"input": given}})
        position = written.headers["enfact-position"]
        assert "set-cookie" not in written.headers
        async with held_up(*place.servers.standbys):
            later = {"companyId": place.firm.id, "name": "Back"}
            answer = await client.post("/graphql", headers=owner, json={"query": RENAME, "variables": {"input": later}})
            for sent in (answer.headers["enfact-position"], "9" * 18, "9" * 19, "-1", "x", ""):
                body = {"query": NAME, "variables": {"id": place.firm.id}}
                for headers in ({"enfact-position": sent}, {"cookie": f"enfact_position={sent}"}):
                    read = await client.post("/graphql", headers={**owner, **headers}, json=body)
                    assert read.json()["data"]["company"]["name"] == "Back", (sent, headers)
            assert int(answer.headers["enfact-position"]) > int(position)


# --- servers that fail


async def test_a_frozen_replica_holds_reads_up_for_its_lease_at_most(place: Place) -> None:
    one, _ = place.servers.standbys
    loop = asyncio.get_running_loop()
    longest, over = 0.0, asyncio.Event()

    async def keep() -> None:
        nonlocal longest
        while not over.is_set():
            began = loop.time()
            assert await place.sees_stock() is False
            longest = max(longest, loop.time() - began)

    readers = [asyncio.create_task(keep()) for _ in range(READERS)]
    await asyncio.sleep(0.2)
    one.freeze()
    try:
        took = await until(lambda: place.figure("s_serving") == 1)
        await asyncio.sleep(0.5)
    finally:
        one.thaw()
        over.set()
    await asyncio.gather(*readers)
    assert took < SILENCE + ROOM
    assert SILENCE / 2 < longest < SILENCE + ROOM
    await until(lambda: place.figure("s_serving") == 2)


async def test_a_change_of_access_waits_for_a_frozen_replica_as_long_as_its_lease(place: Place) -> None:
    one, _ = place.servers.standbys
    loop = asyncio.get_running_loop()
    ended = place.figure("_waits_ended_total")
    one.freeze()
    try:
        began = loop.time()
        switching = asyncio.create_task(place.switch(True))
        await until(lambda: place.figure("s_serving") == 1)
        if not switching.done():
            assert await place.sees_stock(None) is False  # the primary itself does not show it yet
        await create(place)  # what changes no access waits for nobody
        await switching
        assert SILENCE < loop.time() - began < SILENCE + WAITS_PAUSE + ROOM
        for granted in (False, True):
            await place.switch(granted)
            assert await place.sees_stock() is granted
        await until(lambda: place.figure("_waits_ended_total") - ended == 3)
    finally:
        one.thaw()
    assert await wrong_after_switches(place, 20) == 0
    await until(lambda: place.figure("s_serving") == 2)
    assert place.figure("_waits_ended_total") - ended == 3, "a replica that answers is waited for, and is quick"


async def test_the_longest_lag_of_all_gateways_bounds_a_change_of_access(place: Place) -> None:
    """A replica that applies nothing answers a gateway that allows it to lag; the others wait for that one."""
    one, two = place.servers.standbys
    lag = 2.5
    async with gateway_again(place, lag=lag) as patient, held_up(one, two):
        began = asyncio.get_running_loop().time()
        switching = asyncio.create_task(place.switch(True))
        await asyncio.sleep(lag / 2)
        assert (place.figure("s_serving"), patient.figure("s_serving")) == (0, 2)
        assert (await place.sees_stock(), await patient.sees_stock()) == (False, False)
        await switching
        assert lag < asyncio.get_running_loop().time() - began < lag + WAITS_PAUSE + ROOM
        assert (await place.sees_stock(), await patient.sees_stock()) == (True, True)
    await until(lambda: place.figure("s_serving") == 2)


async def test_a_wait_that_others_rely_on_is_not_ended(place: Place) -> None:
    """Where every commit is to be on a standby, a change of access is as well."""
    await place.servers.primary.run("alter database postgres set synchronous_commit = on")
    one, _ = place.servers.standbys
    try:
        async with gateway_again(place) as durable:
            ended = place.figure("_waits_ended_total")
            await place.backend.close()
            one.freeze()
            try:
                switching = asyncio.create_task(durable.switch(True))
                await asyncio.sleep(2 * SILENCE)
                assert not switching.done()
            finally:
                one.thaw()
            await switching
            assert durable.figure("_waits_ended_total") == 0 == ended
    finally:
        await place.servers.primary.run("alter database postgres reset synchronous_commit")


async def test_the_primary_is_away_and_a_replica_is_promoted() -> None:
    """Replicas answer meanwhile only where the operator allows it, and marked; a promoted one is no replica."""
    async with (
        cluster(["one"]) as servers,
        gateway(servers) as strict,
        gateway_again(strict, serves_stale=True) as kind,
    ):
        token = strict.firm["anna"].token
        assert (await kind.ask(token, VIEWER)).stale is None
        servers.primary.freeze()
        try:
            async with asyncio.timeout(SILENCE + ROOM):
                while (result := await kind.ask(token, VIEWER)).stale is None:
                    assert result.errors == ()
            assert (result.errors, result.stale >= SILENCE) == ((), True)
            assert await kind.backend.ready() is None
            with pytest.raises(DatabaseUnavailable):
                await kind.ask("enf_unknown", VIEWER)
            await until(lambda: strict.figure("s_serving") == 0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await strict.ask(token, VIEWER)
            assert await strict.backend.ready() is not None
        finally:
            servers.primary.thaw()
        await until(lambda: strict.figure("s_serving") == kind.figure("s_serving") == 1)
        assert (await kind.ask(token, VIEWER)).stale is None
        await servers.wait_for()
        await promote(servers.standbys[0].dsn)
        await until(lambda: strict.figure("s_serving") == kind.figure("s_serving") == 0)
        await until(lambda: str(Reason.PROMOTED) in strict.lines.getvalue())
        assert (await kind.ask(token, VIEWER)).stale is None
