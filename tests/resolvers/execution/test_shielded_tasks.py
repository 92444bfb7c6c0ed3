"""Work that goes on to its end in a task of its own, however often the task that waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from db.shielded import Disturbed
from resolvers.execution.shielded_tasks import to_the_end
from resolvers.fair_use.waiting_client import WAITING, Left, Waiting, waiting


async def began(work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
    """A task that waits for the work, which has begun; it works for a client who waits for the answer."""

    async def wait() -> object:
        WAITING.set(Waiting())
        return await to_the_end(work)

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0.001)
    return task


async def test_the_result_and_the_error_are_those_of_the_work() -> None:
    async def work(fails: bool) -> int:
        await asyncio.sleep(0)
        if fails:
            raise KeyError("x")
        return 1

    assert await to_the_end(work(fails=False)) == 1
    with pytest.raises(KeyError):
        await to_the_end(work(fails=True))


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_the_work_goes_on_however_often_its_task_is_cancelled(times: int) -> None:
    """By the client's message, by the deadline, and by the end of the socket."""
    step = asyncio.get_running_loop().create_future()

    async def work() -> int:
        return await step

    task = await began(work())
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0.001)
        assert not task.done()
        assert not step.cancelled()
    step.set_result(7)
    with pytest.raises(Disturbed) as raised:
        await task
    assert raised.value.result == 7


async def test_an_error_after_a_cancellation_is_that_of_the_work() -> None:
    step = asyncio.get_running_loop().create_future()

    async def work() -> None:
        await step

    task = await began(work())
    task.cancel()
    await asyncio.sleep(0.001)
    step.set_exception(KeyError("x"))
    with pytest.raises(KeyError):
        await task


@pytest.mark.parametrize("times", [1, 2])
async def test_what_only_waits_ends_at_once(times: int) -> None:
    """A client that leaves before its deadline, or its socket, is told of as gone twice."""
    ended: list[str] = []

    async def work() -> str:
        try:
            with waiting().patiently():
                await asyncio.sleep(10)
        except Left:
            ended.append("left")
        return "told"

    task = await began(work())
    for _ in range(times):
        task.cancel()
    with pytest.raises(Disturbed) as raised:
        await task
    assert (ended, raised.value.result) == (["left"], "told")


async def test_who_leaves_twice_ends_the_wait_once() -> None:
    who = Waiting()

    async def work() -> str:
        try:
            with who.patiently():
                await asyncio.sleep(10)
        except Left:
            await asyncio.sleep(0)
        return "told"

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0.001)
    who.leave()
    who.leave()
    assert await task == "told"
