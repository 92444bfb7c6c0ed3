"""attempts.py: how many tries there may be, also at the same moment and from several processes."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest

from db.database import Database, PoolSettings
from resolvers.addresses import network
from resolvers.execution.executor import Executor
from resolvers.mutations.sign_in import ADDRESSES, LOGINS, PAIRS
from resolvers.mutations.steps.attempts import LONGEST_DELAY, MINUTE, AttemptLimit, Guard, admit, delay, trying
from tests.support.accounts import Door, problems
from tests.support.company import Asker
from tests.support.databases import Databases

THREE = AttemptLimit("three", 3, MINUTE)


@pytest.fixture(scope="module")
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    async with Door.open(databases, template) as door:
        yield door


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002/64"),
        ("2001:db8:1:2::", "20010db800010002/64"),
        ("fe80::1%eth0", "fe80000000000000/64"),
        ("", ""),
        ("a socket", "a socket"),
    ],
)
def test_an_address_counts_as_its_network(address: str, counts_as: str) -> None:
    assert network(address) == counts_as


def test_buckets_differ_by_kind_and_by_each_part_and_hide_it() -> None:
    other = AttemptLimit("other", 3, MINUTE)
    keys = [THREE.on("a", "b").key, THREE.on("ab").key, THREE.on("b", "a").key, other.on("a", "b").key]
    assert len(set(keys)) == 4
    assert {len(key) for key in keys} == {32}
    assert THREE.on("a", "b") == THREE.on("a", "b")
    assert -(2**63) <= THREE.on("a").lock < 2**63


def test_a_wait_grows_with_the_tries_up_to_its_longest() -> None:
    assert [delay(counted, 20) for counted in (0, 20)] == [0, 0]
    assert 0 < delay(21, 20) < delay(22, 20) < LONGEST_DELAY == delay(10_000, 20) <= 2


async def test_a_full_bucket_refuses_and_nothing_is_written(fresh_database: Database) -> None:
    guard = Guard((THREE.on("who"), AttemptLimit("many", 10, MINUTE).on("who")))
    for wanted in (True, True, True, False, False):
        async with fresh_database.transaction() as connection:
            assert (await admit(connection, guard) is not None) is wanted
            count = await connection.fetchval("select count(*) from attempt")
    assert count == 6


async def test_two_transactions_take_the_last_place_one_after_the_other(fresh_database: Database) -> None:
    guard = Guard((AttemptLimit("one", 1, MINUTE).on("who"),))

    async def enter() -> bool:
        async with fresh_database.transaction() as connection:
            admitted = await admit(connection, guard) is not None
            await asyncio.sleep(0.05)
            return admitted

    assert sorted(await asyncio.gather(enter(), enter())) == [False, True]


async def test_old_rows_go_and_no_young_ones(fresh_database: Database) -> None:
    make = "insert into attempt (id, bucket) select uuidv7($1::interval), '\\x00' from generate_series(1, 30)"
    async with fresh_database.transaction() as connection:
        await connection.execute(make, timedelta(hours=-2))
        await connection.execute(make, timedelta(minutes=-59))
        guard = Guard((AttemptLimit("other", 100, MINUTE).on("who"),))
        left: list[int] = []
        for _ in range(3):
            assert await admit(connection, guard)
            left.append(await connection.fetchval("select count(*) from attempt where bucket = '\\x00'"))
    assert left == [40, 30, 30]


async def test_a_refused_try_is_told_before_any_wait(fresh_database: Database) -> None:
    guard = Guard((THREE.on("who"),), slows=AttemptLimit("slow", 0, MINUTE).on("who"))
    async with fresh_database.transaction() as connection:
        for _ in range(3):
            await admit(connection, guard)
        await connection.execute(
            "insert into attempt (bucket) select $1 from generate_series(1, 100)", guard.buckets[-1]
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "sleep", None)  # any wait would fail
        async with trying(fresh_database, guard) as tries:
            assert tries is None


async def test_of_twenty_wrong_passwords_at_once_five_are_checked_over_all_processes(door: Door) -> None:
    email, address = await door.account(), door.address()
    other = await Database.open(door.dsn, PoolSettings(size=6, share=6))
    doors = (door, Door(Asker(Executor(other)), door.connection, door.dsn))
    answers = await asyncio.gather(*(doors[n % 2].login(email, f"wrong{n}", address=address) for n in range(20)))
    await other.close()
    found = Counter(code for answer in answers for code, _ in problems(answer))
    assert found == {"INVALID_CREDENTIALS": 5, "TOO_MANY_ATTEMPTS": 15}
    kept = await door.connection.fetchval(
        "select count(*) from attempt where bucket = $1", PAIRS.on(email, address).key
    )
    assert kept == 5


async def test_an_address_may_be_wrong_fifty_times_a_minute(door: Door) -> None:
    email, address = await door.account(), door.address()
    key = ADDRESSES.on(address).key
    fill = "insert into attempt (bucket) select $1 from generate_series(1, $2)"
    await door.connection.execute(fill, key, 49)
    assert problems(await door.login(email, "wrong", address=address)) == [("INVALID_CREDENTIALS", None)]
    assert problems(await door.login(email, address=address)) == [("TOO_MANY_ATTEMPTS", None)]
    assert problems(await door.login("stranger@door.test", address=address)) == [("TOO_MANY_ATTEMPTS", None)]


async def test_wrong_passwords_from_everywhere_slow_a_login_down_and_never_refuse_it(door: Door) -> None:
    """Those who wait hold no connection: more of them than there are connections leave others alone."""
    email = await door.account()
    await door.connection.execute(
        "insert into attempt (bucket) select $1 from generate_series(1, 5000)", LOGINS.on(email).key
    )
    waiting = [asyncio.create_task(door.login(email)) for _ in range(8)]
    await asyncio.sleep(0)
    assert problems(await door.login(await door.account())) == []
    assert [task.done() for task in waiting] == [False] * 8
    assert [problems(answer) for answer in await asyncio.gather(*waiting)] == [[]] * 8
