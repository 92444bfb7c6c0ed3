"""turns.py: work that keeps the loop busy is done in pieces, fairly, and requests go on between them."""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import pytest

from db.errors import Crowded
from db.sharing import PAYER, Payer
from resolvers.fair_use.breath import breathe
from resolvers.fair_use.turns import Turns

FLOOD = [f"flood {number}" for number in range(20)]


class Clock:
    """A clock that only work moves, and waiting for it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """Work that is done in turns, and what happened in which order."""

    def __init__(self, queue: int = 100) -> None:
        self.clock = Clock()
        self.turns: Any = Turns(queue, clock=self.clock)
        self.done: list[Any] = []

    def work(self, name: object, pieces: int = 1, seconds: float = 0.006) -> Callable[[], object]:
        """Work of so many pieces that says what it is."""

        def work() -> object:
            for _ in range(pieces):
                self.done.append(name)
                self.clock.now += seconds
                breathe()
            return name

        return work

    def ask(self, payer: Payer, work: Callable[[], object]) -> "asyncio.Task[object]":
        """Let a payer's work be done."""
        context = contextvars.copy_context()
        context.run(PAYER.set, payer)
        return asyncio.get_running_loop().create_task(self.turns.do(work), context=context)

    async def rest(self, seconds: float = 0.006) -> None:
        """Let time pass in which no work is done, until what may begin has begun."""
        self.clock.now += seconds
        self.turns._serve()
        for _ in range(5):
            await asyncio.sleep(0)

    async def finish(self, *tasks: "asyncio.Task[object]") -> list[object]:
        """What the tasks give, once all are done."""
        for _ in range(500):
            if all(task.done() for task in tasks):
                break
            await self.rest()
        return [task.result() for task in tasks]


async def test_what_is_short_is_done_at_once() -> None:
    desk = Desk()
    assert await desk.turns.do(desk.work("a", seconds=0.001)) == "a"
    assert await desk.turns.do(desk.work("b", seconds=0.001)) == "b"
    assert desk.clock.now == pytest.approx(0.002)


async def test_what_fails_fails_for_who_asked() -> None:
    desk = Desk()

    def fail() -> None:
        breathe()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await desk.turns.do(fail)
    assert await desk.turns.do(desk.work("next")) == "next"


async def test_requests_go_on_between_the_pieces_for_as_long_as_a_piece_took() -> None:
    desk = Desk()
    task = desk.ask("a", desk.work("piece", pieces=50))
    ticks = 0
    while not task.done():
        await desk.rest()
        ticks += 1
        assert len(desk.done) <= ticks + 2  # a little may be done ahead
    assert desk.done == ["piece"] * 50


async def test_who_had_least_comes_first_also_in_the_middle_of_long_work() -> None:
    desk = Desk()
    long = desk.ask("a", desk.work("a", pieces=10))
    await desk.rest()
    before = len(desk.done)
    short = [desk.ask(payer, desk.work(payer)) for payer in ("b", "c")]
    await desk.finish(long, *short)
    assert set(desk.done[before : before + 3]) >= {"b", "c"}
    assert desk.done.count("a") == 10


async def test_the_turns_go_round_between_payers_whatever_they_want() -> None:
    desk = Desk()
    flood = [desk.ask("flood", desk.work(name)) for name in FLOOD]
    others = [desk.ask(f"other {number}", desk.work(f"other {number}")) for number in range(3)]
    await desk.finish(*flood, *others)
    assert set(desk.done[:5]) > {"other 0", "other 1", "other 2"}
    assert [name for name in desk.done if name in FLOOD] == FLOOD


async def test_who_has_just_used_much_waits_behind_who_has_not() -> None:
    desk = Desk()
    await desk.finish(desk.ask("much", desk.work("before", pieces=20)))
    desk.turns._owed = desk.clock.now + 0.05  # nothing may begin at once
    much, late = desk.ask("much", desk.work("much")), desk.ask("late", desk.work("late"))
    await desk.finish(much, late)
    assert desk.done[-2:] == ["late", "much"]


async def test_a_queue_has_an_end() -> None:
    desk = Desk(queue=2)
    tasks = [desk.ask("a", desk.work(number, pieces=3)) for number in range(5)]
    other = desk.ask("b", desk.work("b"))
    await asyncio.wait(tasks[3:])
    for task in tasks[3:]:
        with pytest.raises(Crowded):
            task.result()
    assert await desk.finish(*tasks[:3], other) == [0, 1, 2, "b"]


async def test_who_gives_up_in_the_middle_leaves_nothing_behind() -> None:
    desk = Desk()
    ended: list[str] = []

    def work() -> None:
        try:
            desk.work("given up", pieces=100)()
        finally:
            ended.append("ended")

    task = desk.ask("a", work)
    next_one = desk.ask("a", desk.work("next"))
    await desk.rest()
    assert not task.done()
    task.cancel()
    assert await desk.finish(next_one) == ["next"]
    assert ended == ["ended"]
    assert task.cancelled()
    assert len(desk.done) < 10


async def test_who_is_cancelled_when_it_is_his_turn_hands_it_on() -> None:
    desk = Desk()
    await desk.finish(desk.ask("a", desk.work("before", pieces=5)))
    desk.turns._owed = desk.clock.now + 100
    first, second = desk.ask("a", desk.work("first")), desk.ask("b", desk.work("second"))
    await desk.rest(0)
    assert (first.done(), second.done()) == (False, False)
    desk.clock.now += 200
    desk.turns._serve()
    promised, other = (first, second) if "a" not in desk.turns._next else (second, first)
    promised.cancel()
    await desk.finish(other)
    assert promised.cancelled()


async def test_taking_a_breath_elsewhere_means_nothing() -> None:
    breathe()
