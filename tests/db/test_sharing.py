"""sharing.py: places are handed out fairly, never more than there are, and none is lost to whoever gives up."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.database import PoolSettings
from db.errors import Crowded, DatabaseUnavailable
from db.sharing import Payer, Shares

Waiter: TypeAlias = "asyncio.Task[None]"


async def turn() -> None:
    """Let everybody who can go on do so."""
    for _ in range(3):
        await asyncio.sleep(0)


class Room:
    """People who share places, and what they have."""

    def __init__(self, places: int, each: int, queue: int = 100, patience: float = 60.0) -> None:
        self.places, self.each, self.queue = places, each, queue
        self.shares = Shares(places, each, queue, patience)
        self.held = Counter[Payer]()
        self.waiting: list[tuple[Payer, Waiter]] = []
        self.brief = set[Waiter]()
        self.served: list[Payer] = []

    async def come(self, payer: Payer, *, brief: bool = False) -> bool:
        """Take a place, or wait for one; tells whether there was one at once."""
        if self.shares.take(payer, brief=brief):
            self._has(payer, brief=brief)
            return True
        task = asyncio.create_task(self._wait(payer, brief=brief))
        self.waiting.append((payer, task))
        if brief:
            self.brief.add(task)
        await turn()
        return False

    async def _wait(self, payer: Payer, *, brief: bool) -> None:
        await self.shares.wait(payer, brief=brief)
        self._has(payer, brief=brief)
        self.served.append(payer)

    def _has(self, payer: Payer, *, brief: bool) -> None:
        self.held[payer] += 1
        assert self.held[payer] <= self._limit(brief=brief)

    def _limit(self, *, brief: bool) -> int:
        return self.places if brief else self.each

    async def go(self, payer: Payer) -> None:
        """Give one place back."""
        self.held[payer] -= 1
        self.shares.give(payer)
        await turn()

    async def empty(self) -> None:
        """Give everything back, until nobody waits."""
        while any(self.held.values()):
            for payer in [payer for payer, held in self.held.items() if held]:
                await self.go(payer)

    def waits(self) -> list[Payer]:
        return [payer for payer, task in self.waiting if not task.done()]

    def check(self) -> None:
        """Nobody has too much, and nobody waits for what is there."""
        free = self.places - self.held.total()
        assert free >= 0
        first = {payer: task for payer, task in reversed(self.waiting) if not task.done()}
        for payer, task in first.items():
            held, limit = self.held[payer], self._limit(brief=task in self.brief)
            assert free == 0 or held >= limit or (free == 1 and held and self.each < self.places)


async def test_one_payer_has_a_few_and_another_finds_a_place() -> None:
    room = Room(6, 2)
    assert [await room.come("seller") for _ in range(8)] == [True, True, *[False] * 6]
    assert await room.come("other")
    room.check()
    await room.empty()
    assert room.served == ["seller"] * 6


async def test_the_last_place_is_for_who_has_none() -> None:
    room = Room(4, 3)
    assert [await room.come("a") for _ in range(4)] == [True, True, True, False]
    assert await room.come("b")
    await room.go("a")
    assert room.waits() == ["a"]  # what is left is the last one
    assert await room.come("c")


@pytest.mark.parametrize(("size", "share"), [(1, 1), (6, 2), (7, 3), (8, 3), (12, 4)])
def test_a_share_is_a_third_rounded_up(size: int, share: int) -> None:
    shares = PoolSettings(size=size).connections()
    assert [shares.take("a") for _ in range(size)] == [True] * share + [False] * (size - share)


async def test_who_needs_them_briefly_may_have_all_but_the_last() -> None:
    room = Room(6, 2)
    assert [await room.come("seller", brief=True) for _ in range(7)] == [*[True] * 5, False, False]
    assert not await room.come("seller")
    assert await room.come("other", brief=True)
    await room.go("seller")
    assert room.served == [], "the last one is for who has none"
    for _ in range(2):
        await room.go("seller")
        room.check()
    assert room.served == ["seller"] * 2
    for _ in range(2):
        await room.go("seller")
    assert room.served == ["seller"] * 2, "what is not brief waits until it is within the share"
    await room.go("seller")
    assert room.served == ["seller"] * 3


async def test_who_comes_behind_one_that_gave_up_may_need_it_more_briefly() -> None:
    room = Room(6, 2)
    for brief in (True, True, False, True):
        await room.come("seller", brief=brief)
    room.waiting[0][1].cancel()
    await turn()
    assert room.served == ["seller"]
    room.check()


async def test_those_who_wait_are_served_in_turn_and_who_has_least_comes_first() -> None:
    room = Room(3, 2)
    for payer in ("a", "a", "b"):
        assert await room.come(payer)
    for payer in ("b", "b", "c", "c", "d"):
        assert not await room.come(payer)
    await room.go("a")
    await room.go("a")
    await room.go("b")
    assert room.served == ["c", "d", "b"]
    await room.empty()
    assert room.served == ["c", "d", "b", "b", "c"]


async def test_a_queue_has_an_end_and_it_is_ones_own() -> None:
    room = Room(2, 1, queue=3)
    for _ in range(4):
        await room.come("a")
    with pytest.raises(Crowded):
        await room.shares.wait("a")
    assert await room.come("b")
    assert not await room.come("c")
    await room.empty()
    assert room.served == ["c", "a", "a", "a"]


async def test_whose_patience_ends_is_told_whose_fault_it_is() -> None:
    room = Room(1, 1, patience=0.01)
    assert await room.come("a")
    with pytest.raises(Crowded):
        await room.shares.wait("a")
    with pytest.raises(DatabaseUnavailable):
        await room.shares.wait("b")
    await room.go("a")
    assert await room.come("b")


async def test_a_flood_of_newcomers_does_not_starve_who_waits() -> None:
    room = Room(1, 1)
    assert await room.come("somebody")
    assert not await room.come("patient")
    for number in range(20):
        await room.come(f"new {number}")
        await room.go(room.served[-1] if room.served else "somebody")
    assert room.served == ["patient", *(f"new {number}" for number in range(19))]


async def test_who_is_cancelled_with_a_place_in_hand_gives_it_to_the_next() -> None:
    room = Room(1, 1)
    assert await room.come("a")
    assert not await room.come("b")
    assert not await room.come("c")
    room.shares.give("a")
    room.held["a"] -= 1
    room.waiting[0][1].cancel()
    await turn()
    assert room.served == ["c"]


async def test_all_who_wait_can_be_refused() -> None:
    room = Room(1, 1)
    assert await room.come("a")
    assert not await room.come("b")
    room.shares.refuse(DatabaseUnavailable("closed"))
    with pytest.raises(DatabaseUnavailable, match="closed"):
        await room.waiting[0][1]
    await room.go("a")
    assert await room.come("b")


Step: TypeAlias = tuple[str, int]
STEPS = st.lists(st.tuples(st.sampled_from(("come", "brief", "go", "cancel", "race")), st.integers(0, 5)), max_size=60)


@settings(deadline=None)
@given(places=st.integers(1, 5), each=st.integers(1, 5), steps=STEPS)
def test_whatever_happens_nobody_has_too_much_and_nothing_is_lost(
    places: int, each: int, steps: Sequence[Step]
) -> None:
    asyncio.run(_live_through(Room(places, min(each, places), queue=4), steps))


async def _live_through(room: Room, steps: Sequence[Step]) -> None:
    for what, payer in steps:
        waiting = [task for _, task in room.waiting if not task.done()]
        match what:
            case "come":
                await room.come(payer)
            case "brief":
                await room.come(payer, brief=True)
            case "go" if room.held[payer]:
                await room.go(payer)
            case "cancel" if waiting:
                waiting[payer % len(waiting)].cancel()
                await turn()
            case "race" if room.held[payer]:  # everybody who waits may have been served, and is cancelled
                room.held[payer] -= 1
                room.shares.give(payer)
                for task in waiting[::2]:
                    task.cancel()
                await turn()
            case _:
                continue
        room.check()
    await room.empty()
    room.check()
    assert room.waits() == []
    for _, task in room.waiting:
        assert task.cancelled() or not task.exception() or isinstance(task.exception(), Crowded)
    assert sum(room.shares.take(f"payer {number}") for number in range(room.places)) == room.places
    assert not room.shares.take("one too many")
