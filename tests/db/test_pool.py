"""pool.py: never more connections than its size, none lent twice, none lost to whoever gives up waiting."""

import asyncio
from typing import Any, cast

import pytest

from db import pool as pool_module
from db.connection import Connection
from db.errors import Crowded, DatabaseUnavailable, NoMoreConnections
from db.pool import Pool
from db.sharing import Shares

ME = "me"


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

    def __init__(self, size: int, patience: float = 5.0, longest: float = 60.0, each: int = 0) -> None:
        self.opened: list[Ends] = []
        self.refusals = 0
        self.pool = Pool(self.connect, Shares(size, each or size, 1_000, patience), longest)

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
    first, second = await pool.acquire(ME), await pool.acquire(ME)
    pool.release(first, ME)
    pool.release(second, ME)
    assert await pool.acquire(ME) is second
    assert await pool.acquire(ME) is first


async def test_never_more_than_its_size_and_everybody_gets_one() -> None:
    world = World(3)
    lent: set[int] = set()
    most = 0

    async def work() -> None:
        nonlocal most
        connection = await world.pool.acquire(ME)
        assert id(connection) not in lent
        lent.add(id(connection))
        most = max(most, len(lent))
        await asyncio.sleep(0)
        lent.discard(id(connection))
        world.pool.release(connection, ME)

    await asyncio.gather(*(work() for _ in range(200)))
    assert (most, len(world.opened)) == (3, 3)


async def test_who_waits_too_long_is_told_and_takes_nothing_along() -> None:
    world = World(1, patience=0.01)
    connection = await world.pool.acquire(ME)
    with pytest.raises(Crowded):
        await world.pool.acquire(ME)
    world.pool.release(connection, ME)
    assert await world.pool.acquire(ME) is connection


async def test_who_is_cancelled_while_a_connection_was_meant_for_him_hands_it_on() -> None:
    world = World(1)
    connection = await world.pool.acquire(ME)
    given_up, next_one = (asyncio.create_task(world.pool.acquire(ME)) for _ in range(2))
    await asyncio.sleep(0)
    world.pool.release(connection, ME)
    given_up.cancel()
    assert await asyncio.wait_for(next_one, 60) is connection
    with pytest.raises(asyncio.CancelledError):
        await given_up


async def test_nobody_overtakes_who_waits() -> None:
    world = World(1)
    connection = await world.pool.acquire(ME)
    first, second, third = (asyncio.create_task(world.pool.acquire(ME)) for _ in range(3))
    await asyncio.sleep(0)
    for waiting in (first, second, third):
        world.pool.release(connection, ME)
        assert world.pool.take(ME) is None
        assert world.pool.take("somebody else") is None
        assert await asyncio.wait_for(waiting, 60) is connection


async def test_one_payer_does_not_take_the_connections_of_all() -> None:
    world = World(3, each=1)
    assert await world.pool.acquire(ME)
    waiting = asyncio.create_task(world.pool.acquire(ME))
    assert await world.pool.acquire("another")
    assert await world.pool.acquire("a third")
    assert not waiting.done()
    waiting.cancel()


async def test_who_can_not_be_given_what_was_promised_leaves_the_place() -> None:
    world = World(1)
    connection = await world.pool.acquire(ME)
    waiting = asyncio.create_task(world.pool.acquire(ME))
    await asyncio.sleep(0)
    world.refusals = 1
    connection.terminate()
    world.pool.release(connection, ME)
    with pytest.raises(DatabaseUnavailable, match="not now"):
        await waiting
    assert await world.pool.acquire(ME)


async def test_a_connection_is_claimed_only_while_it_is_free() -> None:
    world = World(2)
    lent, free = await world.pool.acquire(ME), await world.pool.acquire(ME)
    world.pool.release(free, ME)
    assert world.pool.idle == [free]
    assert not world.pool.claim(lent, ME)
    assert world.pool.claim(free, ME)
    assert not world.pool.claim(free, ME)
    assert world.pool.idle == []
    world.pool.release(free, ME)
    assert world.pool.take(ME) is free


@pytest.mark.parametrize("fault", ["ended", "dirty"])
async def test_a_connection_that_is_not_whole_is_not_lent_again(fault: str) -> None:
    world = World(1)
    connection: Any = await world.pool.acquire(ME)
    setattr(connection, fault, True)
    world.pool.release(connection, ME)
    assert await world.pool.acquire(ME) is not connection
    assert world.alive == 1


async def test_one_that_ends_while_it_is_free_is_replaced() -> None:
    world = World(2)
    connection: Any = await world.pool.acquire(ME)
    world.pool.release(connection, ME)
    connection.ended = True
    assert await world.pool.acquire(ME) is not connection
    assert len({id(await world.pool.acquire(ME))}) == 1, "the place of the dead one is free again"


async def test_a_connection_that_could_not_be_opened_leaves_its_place() -> None:
    world = World(1)
    world.refusals = 1
    with pytest.raises(DatabaseUnavailable, match="not now"):
        await world.pool.acquire(ME)
    assert await world.pool.acquire(ME)


async def test_after_expiring_nobody_gets_an_old_one() -> None:
    world = World(2)
    lent, free = await world.pool.acquire(ME), await world.pool.acquire(ME)
    world.pool.release(free, ME)
    world.pool.expire()
    world.pool.release(lent, ME)
    assert world.alive == 0
    assert await world.pool.acquire(ME) not in (lent, free)


async def test_closing_waits_for_what_is_lent_and_refuses_who_waits() -> None:
    world = World(1)
    connection = await world.pool.acquire(ME)
    waiting = asyncio.create_task(world.pool.acquire(ME))
    await asyncio.sleep(0)
    closing = asyncio.create_task(world.pool.close())
    await asyncio.sleep(0)
    assert not closing.done()
    world.pool.release(connection, ME)
    await asyncio.wait_for(closing, 60)
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await asyncio.wait_for(waiting, 60)
    await world.pool.close()
    assert world.alive == 0


async def test_what_is_lent_for_too_long_is_ended_and_replaced() -> None:
    world = World(2, longest=0.05)
    kept, given_back = await world.pool.acquire(ME), await world.pool.acquire(ME)
    await asyncio.sleep(0.03)
    world.pool.release(given_back, ME)
    again = await world.pool.acquire(ME)
    await asyncio.sleep(0.03)
    assert (kept.is_closed(), world.pool.is_overdue(kept)) == (True, True)
    assert (again.is_closed(), world.pool.is_overdue(again)) == (False, False)
    world.pool.release(kept, ME)
    assert not world.pool.is_overdue(kept)
    assert await world.pool.acquire(ME) is not kept
    await asyncio.sleep(0.05)
    assert again.is_closed()


# --- a server that takes no more connections ------------------------------------------------------------------------


class Full(World):
    """A world whose server takes no more than `room` connections."""

    def __init__(self, room: int, patience: float = 5.0, places: int = 3) -> None:
        super().__init__(places, patience)
        self.room = room
        self.asked: int = 0
        self.pool = Pool(self.connect, Shares(places, places, 1_000, patience), 60, patience)

    async def connect(self) -> Connection:
        self.asked += 1
        if self.alive >= self.room:
            raise NoMoreConnections("full")
        return await super().connect()


async def test_who_gets_no_further_connection_waits_for_one_that_is_given_back() -> None:
    world = Full(1)
    first = await world.pool.acquire(ME)
    others = [asyncio.create_task(world.pool.acquire(ME)) for _ in range(2)]
    await asyncio.sleep(0.05)
    assert [task.done() for task in others] == [False, False]
    for task in others:
        world.pool.release(first, ME)
        assert await task is first
    assert (world.asked, world.pool.refusals) == (2, 1), "the refusal is remembered"
    world.pool.release(first, ME)
    assert world.pool.idle == [first]


async def test_the_server_is_asked_again_a_second_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "REFUSED_FOR", 0.05)
    world = Full(1, patience=0.01)
    first = await world.pool.acquire(ME)
    for _ in range(2):
        with pytest.raises(NoMoreConnections):
            await world.pool.acquire(ME)
    world.room = 2
    await asyncio.sleep(0.1)
    assert (world.asked, world.pool.waiting) == (2, 0), "nobody asks for nobody"
    assert await world.pool.acquire(ME) is not first


class SlowSecond(Full):
    """A full world whose second connection opens when `gate` does."""

    def __init__(self) -> None:
        super().__init__(1)
        self.gate = asyncio.Event()

    async def connect(self) -> Connection:
        if self.asked == 1:
            self.asked += 1
            await self.gate.wait()
            self.room += 1
            return await World.connect(self)
        return await super().connect()


async def test_a_connection_that_opens_late_does_not_undo_a_refusal_of_meanwhile() -> None:
    world = SlowSecond()
    first = await world.pool.acquire(ME)
    slow = asyncio.create_task(world.pool.acquire(ME))
    await asyncio.sleep(0.01)
    refused = asyncio.create_task(world.pool.acquire(ME))
    await asyncio.sleep(0.01)
    world.pool.release(first, ME)
    assert await refused is first
    world.gate.set()
    second = await slow
    later = asyncio.create_task(world.pool.acquire(ME))
    await asyncio.sleep(0.01)
    assert (world.asked, later.done()) == (3, False)
    world.pool.release(second, ME)
    assert await later is second


async def test_one_of_ours_that_ends_makes_room() -> None:
    world = Full(1)
    first = await world.pool.acquire(ME)
    waiting = asyncio.create_task(world.pool.acquire(ME))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.terminate()
    world.pool.release(first, ME)
    assert await waiting is not first


async def test_a_refusal_is_told_when_there_is_nothing_to_wait_for() -> None:
    world = Full(0)
    for _ in range(2):
        with pytest.raises(NoMoreConnections, match="full"):
            await world.pool.acquire(ME)
    assert world.asked == 1


async def test_the_wait_has_an_end_and_gives_its_share_back() -> None:
    world = Full(1, patience=0.05)
    first = await world.pool.acquire(ME)
    with pytest.raises(NoMoreConnections):
        await world.pool.acquire(ME)
    assert world.pool.waiting == 0
    gone = asyncio.create_task(world.pool.acquire(ME))
    await asyncio.sleep(0.01)
    assert world.pool.waiting == 1
    gone.cancel()
    world.pool.release(first, ME)
    await asyncio.wait([gone])
    assert (gone.cancelled(), world.pool.waiting) == (True, 0)
    assert world.pool.idle == [first]
    assert await world.pool.acquire(ME) is first
    world.pool.release(first, ME)


async def test_who_gives_up_at_the_moment_of_a_gift_passes_it_on() -> None:
    world = Full(1)
    first = await world.pool.acquire(ME)
    gone, next_one = (asyncio.create_task(world.pool.acquire(ME)) for _ in range(2))
    await asyncio.sleep(0.01)
    world.pool.release(first, ME)
    gone.cancel()
    assert await next_one is first
    await asyncio.wait([gone])


async def test_who_was_refused_asks_again_and_is_not_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "REFUSED_FOR", 0.05)
    world = Full(1, places=5)
    order: list[str] = []

    async def ask(name: str) -> None:
        await world.pool.acquire(ME)
        order.append(name)

    assert await world.pool.acquire(ME)
    waiting = [asyncio.create_task(ask(name)) for name in "abc"]
    await asyncio.sleep(0.08)
    assert (order, world.asked, world.pool.refusals) == ([], 3, 2), "it is remembered, then asked about by one"
    world.room = 5
    later = asyncio.create_task(ask("later"))
    async with asyncio.timeout(1):
        await asyncio.gather(*waiting, later)
    assert order == ["a", "b", "c", "later"]


async def test_the_first_who_waits_stays_the_first_when_it_is_refused_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "REFUSED_FOR", 0.03)
    world = Full(1)
    first = await world.pool.acquire(ME)
    waiting, second = (asyncio.create_task(world.pool.acquire(ME)) for _ in range(2))
    await asyncio.sleep(0.1)
    world.pool.release(first, ME)
    async with asyncio.timeout(1):
        assert await waiting is first
    second.cancel()
    await asyncio.wait([second])


@pytest.mark.parametrize("leaves", ["cancelled", "failed"])
async def test_whose_turn_it_was_to_ask_passes_it_on(leaves: str) -> None:
    world = Full(1)
    first = await world.pool.acquire(ME)
    gone, next_one = (asyncio.create_task(world.pool.acquire(ME)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.terminate()
    world.refusals = int(leaves == "failed")
    world.pool.release(first, ME)
    if leaves == "cancelled":
        gone.cancel()
    async with asyncio.timeout(0.5):
        assert await next_one is not first
    await asyncio.wait([gone])
    assert gone.cancelled() or isinstance(gone.exception(), DatabaseUnavailable)
    assert world.pool.waiting == 0


async def test_who_comes_while_another_asks_waits_for_the_answer() -> None:
    world = Full(1)
    first = await world.pool.acquire(ME)
    asking = asyncio.create_task(world.pool.acquire(ME))
    await asyncio.sleep(0.01)
    first.terminate()
    world.pool.release(first, ME)
    later = asyncio.create_task(world.pool.acquire(ME))
    async with asyncio.timeout(0.5):
        second = await asking
    await asyncio.sleep(0)
    assert not later.done()
    world.pool.release(second, ME)
    async with asyncio.timeout(0.5):
        assert await later is second


async def test_closing_lets_nobody_who_waits_open_one() -> None:
    world = Full(1)
    first = await world.pool.acquire(ME)
    waiting = [asyncio.create_task(world.pool.acquire(ME)) for _ in range(2)]
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(world.pool.close())
    await asyncio.sleep(0)
    world.pool.release(first, ME)
    async with asyncio.timeout(0.5):
        await closing
        for task in waiting:
            with pytest.raises(DatabaseUnavailable, match="closed"):
                await task
    assert world.alive == 0
