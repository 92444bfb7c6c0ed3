"""db/pool.py: never more connections than its size, none lent twice, none lost to whoever gives up waiting."""

import asyncio
from typing import Any, cast

import pytest

from db.connection import Connection
from db.errors import DatabaseUnavailable
from db.pool import Pool


class Ends:
    """What the pool asks of a connection; it stands for one whose other end may be gone."""

    def __init__(self) -> None:
        self.ended = False
        self.dirty = False

    def is_closed(self) -> bool:
        return self.ended

    def is_in_transaction(self) -> bool:
        return self.dirty

    def terminate(self) -> None:
        self.ended = True


class World:
    """Opens connections for a pool and counts them."""

    def __init__(self, size: int, patience: float = 5.0, longest: float = 60.0) -> None:
        self.opened: list[Ends] = []
        self.refusals = 0
        self.pool = Pool(self.connect, size, patience, longest)

    async def connect(self) -> Connection:
        await asyncio.sleep(0)
        if self.refusals:
            self.refusals -= 1
            raise DatabaseUnavailable("not now")
        self.opened.append(Ends())
        return cast("Connection", self.opened[-1])

    @property
    def alive(self) -> int:
        return sum(not connection.ended for connection in self.opened)


async def test_the_last_one_given_back_is_lent_first() -> None:
    pool = World(3).pool
    first, second = await pool.acquire(), await pool.acquire()
    pool.release(first)
    pool.release(second)
    assert await pool.acquire() is second
    assert await pool.acquire() is first


async def test_never_more_than_its_size_and_everybody_gets_one() -> None:
    world = World(3)
    lent: set[int] = set()
    most = 0

    async def work() -> None:
        nonlocal most
        connection = await world.pool.acquire()
        assert id(connection) not in lent
        lent.add(id(connection))
        most = max(most, len(lent))
        await asyncio.sleep(0)
        lent.discard(id(connection))
        world.pool.release(connection)

    await asyncio.gather(*(work() for _ in range(200)))
    assert (most, len(world.opened)) == (3, 3)


async def test_who_waits_too_long_is_told_and_takes_nothing_along() -> None:
    world = World(1, patience=0.01)
    connection = await world.pool.acquire()
    with pytest.raises(DatabaseUnavailable, match="free"):
        await world.pool.acquire()
    world.pool.release(connection)
    assert await world.pool.acquire() is connection


async def test_who_is_cancelled_while_a_connection_was_meant_for_him_hands_it_on() -> None:
    world = World(1)
    connection = await world.pool.acquire()
    given_up, next_one = (asyncio.create_task(world.pool.acquire()) for _ in range(2))
    await asyncio.sleep(0)
    world.pool.release(connection)
    given_up.cancel()
    assert await asyncio.wait_for(next_one, 1) is connection
    with pytest.raises(asyncio.CancelledError):
        await given_up


async def test_who_is_overtaken_again_and_again_does_not_wait_longer_than_others() -> None:
    world = World(1, patience=0.05)
    connection = await world.pool.acquire()
    waiting = asyncio.create_task(world.pool.acquire())
    await asyncio.sleep(0)
    for _ in range(100):
        world.pool.release(connection)  # wakes who waits
        assert world.pool.take() is connection  # and is there before him
        await asyncio.sleep(0.01)
        if waiting.done():
            break
    assert waiting.done()
    with pytest.raises(DatabaseUnavailable, match="free"):
        await waiting


async def test_who_is_overtaken_keeps_the_place_in_line() -> None:
    world = World(1)
    connection = await world.pool.acquire()
    first, second, third = (asyncio.create_task(world.pool.acquire()) for _ in range(3))
    await asyncio.sleep(0)
    for _ in range(2):
        world.pool.release(connection)
        assert world.pool.take() is connection
    for waiting in (first, second, third):
        await asyncio.sleep(0)
        world.pool.release(connection)
        assert await asyncio.wait_for(waiting, 1) is connection


def ring(pool: Pool) -> None:
    """Let the clock ring now, as if it had been set for somebody who came earlier."""
    assert pool._clock is not None  # pyright: ignore[reportPrivateUsage]
    pool._clock.cancel()  # pyright: ignore[reportPrivateUsage]
    pool._give_up(asyncio.get_running_loop())  # pyright: ignore[reportPrivateUsage]


async def test_the_clock_rings_for_who_is_back_in_line_before_those_it_was_set_for() -> None:
    world = World(1, patience=0.2)
    connection = await world.pool.acquire()
    first = asyncio.create_task(world.pool.acquire())
    await asyncio.sleep(0.1)
    later = asyncio.create_task(world.pool.acquire())
    await asyncio.sleep(0)
    world.pool.release(connection)
    assert world.pool.take() is connection
    ring(world.pool)
    await asyncio.wait([first, later], return_when=asyncio.FIRST_COMPLETED)
    assert (first.done(), later.done()) == (True, False)
    for waiting in (first, later):
        with pytest.raises(DatabaseUnavailable, match="free"):
            await waiting


@pytest.mark.parametrize("fault", ["ended", "dirty"])
async def test_a_connection_that_is_not_whole_is_not_lent_again(fault: str) -> None:
    world = World(1)
    connection: Any = await world.pool.acquire()
    setattr(connection, fault, True)
    world.pool.release(connection)
    assert await world.pool.acquire() is not connection
    assert world.alive == 1


async def test_one_that_ends_while_it_is_free_is_replaced() -> None:
    world = World(2)
    connection: Any = await world.pool.acquire()
    world.pool.release(connection)
    connection.ended = True
    assert await world.pool.acquire() is not connection
    assert len({id(await world.pool.acquire())}) == 1, "the place of the dead one is free again"


async def test_a_connection_that_could_not_be_opened_leaves_its_place() -> None:
    world = World(1)
    world.refusals = 1
    with pytest.raises(DatabaseUnavailable, match="not now"):
        await world.pool.acquire()
    assert await world.pool.acquire()


async def test_after_expiring_nobody_gets_an_old_one() -> None:
    world = World(2)
    lent, free = await world.pool.acquire(), await world.pool.acquire()
    world.pool.release(free)
    world.pool.expire()
    world.pool.release(lent)
    assert world.alive == 0
    assert await world.pool.acquire() not in (lent, free)


async def test_closing_waits_for_what_is_lent_and_refuses_who_waits() -> None:
    world = World(1)
    connection = await world.pool.acquire()
    waiting = asyncio.create_task(world.pool.acquire())
    await asyncio.sleep(0)
    closing = asyncio.create_task(world.pool.close())
    await asyncio.sleep(0)
    assert not closing.done()
    world.pool.release(connection)
    await asyncio.wait_for(closing, 1)
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await asyncio.wait_for(waiting, 1)
    await world.pool.close()
    assert world.alive == 0


async def test_what_is_lent_for_too_long_is_ended_and_replaced() -> None:
    world = World(2, longest=0.05)
    kept, given_back = await world.pool.acquire(), await world.pool.acquire()
    await asyncio.sleep(0.03)
    world.pool.release(given_back)
    again = await world.pool.acquire()
    await asyncio.sleep(0.03)
    assert (kept.is_closed(), world.pool.is_overdue(kept)) == (True, True)
    assert (again.is_closed(), world.pool.is_overdue(again)) == (False, False)
    world.pool.release(kept)
    assert not world.pool.is_overdue(kept)
    assert await world.pool.acquire() is not kept
    await asyncio.sleep(0.05)
    assert again.is_closed()
