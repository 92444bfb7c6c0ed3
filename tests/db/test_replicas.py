"""replicas.py: which replica is asked, and what becomes of the pool of one that is left."""

import asyncio
import time
from typing import Any, cast

import pytest

from db.database import Database, PoolSettings
from db.errors import DatabaseMisconfigured, DatabaseUnavailable
from db.lease import ReplicaLook, ReplicaSettings
from db.replicas import Replica, Replicas


class Lending:
    """A pool of which so many connections are in use."""

    def __init__(self, lent: int) -> None:
        self.lent = lent


def serving(lent: int, xmin: int = 7) -> Replica:
    """A replica that may answer for the next minute."""
    replica = Replica("postgresql://one", "one", database=cast("Any", Lending(lent)))
    now = time.monotonic()
    replica.lease.last, replica.lease.until = ReplicaLook(now, True, 0, xmin, "one", now), now + 60
    return replica


def replicas(*all_: Replica) -> Replicas:
    made = Replicas("postgresql://primary", ReplicaSettings(), PoolSettings(), lambda _name, _reason: None)
    cast("Any", made)._all = list(all_)
    return made


def test_the_replica_with_the_fewest_connections_in_use_is_asked() -> None:
    busy, idle = serving(3), serving(1)
    for both in (replicas(busy, idle), replicas(idle, busy)):
        found = both.choose(0)
        assert found is not None
        assert found.replica is idle


def test_equal_replicas_are_asked_in_turn() -> None:
    both = replicas(first := serving(0), second := serving(0))
    chosen = [both.choose(0) for _ in range(4)]
    assert [one.replica is first for one in chosen if one is not None] == [True, False, True, False]
    assert [one.replica is second for one in chosen if one is not None] == [False, True, False, True]


def test_a_replica_that_may_not_answer_is_not_asked() -> None:
    late, poolless, ready = serving(0, xmin=5), serving(0), serving(9)
    poolless.database = None
    found = replicas(late, poolless, ready).choose(6)
    assert found is not None
    assert found.replica is ready
    assert replicas(late, poolless).choose(6) is None


def test_an_address_of_several_servers_is_refused() -> None:
    with pytest.raises(DatabaseMisconfigured, match="one server"):
        Replicas("postgresql://primary", ReplicaSettings(["postgresql://a,b/x"]), PoolSettings(), lambda _n, _r: None)


async def test_what_waits_at_a_replica_that_is_left_ends_at_once(worker_dsn: str) -> None:
    replica = serving(0)
    replica.database = database = await Database.open(worker_dsn, PoolSettings(size=1))
    waiting = [asyncio.create_task(database.read("select pg_sleep(60)", ())) for _ in range(2)]
    await asyncio.sleep(0.2)
    assert (database.lent, sum(task.done() for task in waiting)) == (1, 0)
    replica.leave()
    async with asyncio.timeout(2):
        for task in waiting:
            with pytest.raises(DatabaseUnavailable):
                await task
    with pytest.raises(DatabaseUnavailable):
        await database.read("select 1", ())
    assert (replica.database, replica.lease.may_answer(time.monotonic(), 0)) == (None, False)
