"""hosts.py and what follows from it: a host that accepts and never answers keeps nobody away from the others."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path

import pytest

from db import connection as connections
from db.app_catalogue import AppRow
from db.connection import connect, host_of
from db.database import Database, PoolSettings
from db.dsn import Host
from db.embedded import Embedded
from db.errors import DatabaseMisconfigured, DatabaseUnavailable, TakesNoWrites
from db.hosts import Race
from db.listener import keep_listening
from db.migrate import migrate
from db.readiness import ReadinessProbe, require_writes
from resolvers.app_rows import app_rows
from tests.support.relays import on_ports, relay, silent_port
from tests.support.standby import QUICK, copy_as_standby, promote

A, B, C = (Host(name, 5432) for name in "abc")


@pytest.fixture(autouse=True)
def _no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test knows which host was good in another one."""
    monkeypatch.setattr(connections, "LAST_GOOD", {})


# --- the race itself ------------------------------------------------------------------------------------------------


class Track:
    """Hosts that take their time; what is opened, and what is ended since it came too late."""

    def __init__(self, **seconds: float) -> None:
        self.seconds = seconds
        self.began: dict[str, float] = {}
        self.ended: list[str] = []

    async def connect(self, host: Host) -> str:
        self.began[host.name] = time.monotonic()
        await asyncio.sleep(abs(self.seconds[host.name]))
        if self.seconds[host.name] < 0:
            raise DatabaseUnavailable("gone")
        return host.name

    async def run(self, limit: float = 1.0) -> str:
        race = Race(self.connect, self.ended.append, limit)
        return (await race.run([Host(name, 5432) for name in self.seconds]))[1]


async def test_the_next_host_is_asked_a_quarter_of_a_second_later() -> None:
    track = Track(a=60, b=0.01)
    assert await track.run() == "b"
    assert 0.2 < track.began["b"] - track.began["a"] < 0.5


async def test_the_next_host_is_asked_at_once_after_a_failure() -> None:
    track = Track(a=-0.01, b=0.01)
    assert await track.run() == "b"
    assert track.began["b"] - track.began["a"] < 0.2


async def test_a_good_host_is_the_only_one_asked() -> None:
    track = Track(a=0.01, b=0.0)
    assert await track.run() == "a"
    assert list(track.began) == ["a"]


async def test_a_slow_host_wins_when_the_others_fail() -> None:
    assert await Track(a=0.6, b=-0.01, c=-0.01).run() == "a"


async def test_each_host_has_its_own_time() -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match=r"a:5432: no answer within 0\.3 s; b:5432: no answer within 0\.3 s"):
        await Track(a=60, b=60).run(0.3)
    assert time.monotonic() - began < 1.0


async def test_what_came_too_late_is_ended() -> None:
    ended: list[str] = []

    async def open_one(host: Host) -> str:
        if host is A:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                return "too late"  # as a driver that has just got its answer
        return host.name

    assert await Race(open_one, ended.append).run([A, B]) == (B, "b")
    assert ended == ["too late"]


async def test_whoever_gives_up_leaves_no_open_connection() -> None:
    lasting = asyncio.Event()
    ended: list[str] = []

    async def open_one(host: Host) -> str:
        if host is A:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lasting.set()
                await asyncio.sleep(0.05)  # as a driver that says goodbye
                return "too late"
        return host.name

    racing = asyncio.create_task(Race(open_one, ended.append).run([A, B]))
    await lasting.wait()
    racing.cancel()
    await asyncio.wait([racing])
    assert racing.cancelled()
    await asyncio.sleep(0.1)
    assert sorted(ended) == ["b", "too late"]


async def test_hosts_that_answer_in_the_same_moment_leave_one_connection() -> None:
    opened, ended = asyncio.Event(), list[str]()

    async def open_one(host: Host) -> str:
        if host is A:
            await opened.wait()
        opened.set()
        return host.name

    winner, _ = await Race(open_one, ended.append).run([A, B])
    assert ended == [host.name for host in (A, B) if host is not winner]


async def test_hosts_that_all_refuse_for_good_are_a_wrong_setting() -> None:
    async def refuse(host: Host) -> str:
        raise (DatabaseUnavailable if host is C else DatabaseMisconfigured)("no")

    with pytest.raises(DatabaseMisconfigured, match="a:5432: no; b:5432: no"):
        await Race(refuse, str).run([A, B])
    with pytest.raises(DatabaseUnavailable):
        await Race(refuse, str).run([A, B, C])


# --- servers --------------------------------------------------------------------------------------------------------


async def test_a_silent_host_costs_a_quarter_of_a_second_and_is_not_asked_first_again(worker_dsn: str) -> None:
    async with silent_port() as silent, relay(worker_dsn) as good:
        dsn = on_ports(worker_dsn, silent, good.port)
        for longest in (1.0, 0.2):
            began = time.monotonic()
            connection = await connect(dsn)
            assert time.monotonic() - began < longest
            assert host_of(connection) == Host("127.0.0.1", good.port)
            await connection.close()


async def test_every_connection_goes_past_a_silent_host(worker_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = asyncio.Event()
    async with silent_port() as silent, relay(worker_dsn) as good, asyncio.timeout(5):
        dsn = on_ports(worker_dsn, silent, good.port)
        await migrate(dsn, app_rows())
        monkeypatch.setattr(connections, "LAST_GOOD", {})
        listening = asyncio.create_task(keep_listening(dsn, {}, heard.set, lambda _: None))
        await heard.wait()
        listening.cancel()
        await asyncio.wait([listening])
        monkeypatch.setattr(connections, "LAST_GOOD", {})
        probe = ReadinessProbe(dsn, require_writes)
        await probe.ask()
        assert probe.host == Host("127.0.0.1", good.port)
        await probe.close()


async def test_connect_timeout_is_that_of_each_host(worker_dsn: str) -> None:
    async with silent_port() as first, silent_port() as second:
        dsn = on_ports(worker_dsn, first, second, words="sslmode=disable&connect_timeout=2")
        began = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match="no answer within 2 s"):
            await connect(dsn)
        assert 2.0 <= time.monotonic() - began < 3.0


async def test_a_frozen_host_is_left_with_its_open_connections(worker_dsn: str) -> None:
    async with relay(worker_dsn) as first, relay(worker_dsn) as second:
        dsn = on_ports(worker_dsn, first.port, second.port)
        database = await Database.open(dsn, PoolSettings(size=2, share=2))
        probe = ReadinessProbe(dsn, require_writes)
        await database.ping()
        first.freeze()
        waiting = asyncio.create_task(database.read("select 7", ()))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await probe.ask()
        assert probe.host is not None
        assert database.follow(probe.host) == 1
        async with asyncio.timeout(2):
            assert (await waiting)[0] == 7
            await database.ping()
        assert database.follow(probe.host) == 0
        await probe.close()
        await database.close()


# --- a standby ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def leader_and_standby(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[str, str]]:
    """The DSNs of a migrated server, and of a standby that was made of it."""
    folder: Path = tmp_path_factory.mktemp("hosts")
    leader = Embedded(folder / "leader", settings=QUICK)
    await migrate(await leader.start(), _rows())
    await leader.stop()
    standby = copy_as_standby(folder / "leader", folder / "standby")
    yield await leader.start(), await standby.start()
    await leader.stop()
    await standby.stop()


def _rows() -> list[AppRow]:
    return list(app_rows())


WRITE = "update installation set demo = demo"
LOCK = "select 1 from installation for update"
NOT_LOGGED = "select count(*) from attempt"


async def test_several_hosts_mean_one_that_takes_writes(leader_and_standby: tuple[str, str]) -> None:
    leader, standby = leader_and_standby
    async with relay(standby) as first, relay(leader) as second:
        connection = await connect(on_ports(leader, first.port, second.port, words="target_session_attrs=any"))
        assert await connection.fetchval("select pg_is_in_recovery()") is True
        await connection.close()
        database = await Database.open(on_ports(leader, first.port, second.port))
        assert (await database.read("select pg_is_in_recovery()", ()))[0] is False
        await database.write(WRITE, ())
        await database.close()


async def test_only_standbys_are_unavailable(leader_and_standby: tuple[str, str]) -> None:
    async with relay(leader_and_standby[1]) as first, relay(leader_and_standby[1]) as second:
        with pytest.raises(DatabaseUnavailable, match="wanted kind"):
            await connect(on_ports(leader_and_standby[1], first.port, second.port))


@pytest.mark.parametrize("statement", [WRITE, LOCK, NOT_LOGGED, "lock table installation in exclusive mode"])
async def test_a_write_on_a_standby_leaves_the_connection(leader_and_standby: tuple[str, str], statement: str) -> None:
    database = await Database.open(leader_and_standby[1], PoolSettings(size=1))
    before = (await database.read("select pg_backend_pid()", ()))[0]
    with pytest.raises(TakesNoWrites):
        await database.write(statement, ())
    assert (await database.read("select pg_backend_pid()", ()))[0] != before
    with pytest.raises(TakesNoWrites):
        async with database.transaction() as connection:
            await connection.execute(statement)
    await database.close()


async def test_readiness_knows_the_role(leader_and_standby: tuple[str, str]) -> None:
    leader, standby = (ReadinessProbe(dsn, require_writes) for dsn in leader_and_standby)
    await leader.ask()
    with pytest.raises(TakesNoWrites):
        await standby.ask()
    await leader.close()
    await standby.close()


async def test_after_a_promotion_the_pool_writes_to_the_new_leader(tmp_path: Path) -> None:
    old = Embedded(tmp_path / "old", settings=QUICK)
    await migrate(await old.start(), _rows())
    await old.stop()
    new = copy_as_standby(tmp_path / "old", tmp_path / "new")
    dsns = await old.start(), await new.start()
    async with relay(dsns[0]) as first, relay(dsns[1]) as second:
        database = await Database.open(on_ports(dsns[0], first.port, second.port))
        await database.write(WRITE, ())
        await old.stop()
        await promote(dsns[1])
        with suppress(DatabaseUnavailable):  # the first meets the connections of before
            await database.write(WRITE, ())
        await database.write(WRITE, ())
        await database.close()
    await new.stop()
