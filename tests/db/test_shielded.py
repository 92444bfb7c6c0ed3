"""Work that goes on to its end in the task that is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from db.shielded import Disturbed, Undisturbed


async def started(work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
    """A task that waits for the work, which has begun."""

    async def wait() -> object:
        return await Undisturbed(work)

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    return task


async def test_the_result_is_that_of_the_work() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        return 1

    assert await Undisturbed(work()) == 1


async def test_an_error_is_that_of_the_work() -> None:
    failed = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(failed.set_exception, KeyError("x"))

    async def work() -> None:
        await failed

    with pytest.raises(KeyError):
        await Undisturbed(work())


async def test_a_cancelled_task_goes_on_and_has_the_result() -> None:
    first, second = (asyncio.get_running_loop().create_future() for _ in range(2))

    async def work() -> int:
        return await first + await second

    task = await started(work())
    task.cancel()
    await asyncio.sleep(0.001)
    assert not task.done()
    assert not first.cancelled()
    first.set_result(1)
    await asyncio.sleep(0.001)
    task.cancel()
    second.set_result(2)
    with pytest.raises(Disturbed) as raised:
        await task
    assert raised.value.result == 3


async def test_a_cancellation_is_told_however_much_of_the_work_was_left() -> None:
    """A statement is prepared before it runs: the task may be cancelled at the first of the two answers."""
    first, second = (asyncio.get_running_loop().create_future() for _ in range(2))

    async def work() -> int:
        return await first + await second

    task = await started(work())
    task.cancel()
    first.set_result(1)
    await asyncio.sleep(0.001)
    second.set_result(2)
    with pytest.raises(Disturbed) as raised:
        await task
    assert raised.value.result == 3


async def test_a_task_cancelled_between_two_rounds_goes_on() -> None:
    ended: list[int] = []

    async def work() -> int:
        await asyncio.sleep(0)
        ended.append(1)
        return 1

    task = await started(work())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [1]


async def test_after_an_error_of_the_work_the_next_await_is_cancelled() -> None:
    failed = asyncio.get_running_loop().create_future()
    seen: list[str] = []

    async def work() -> None:
        await failed

    async def wait() -> None:
        try:
            await Undisturbed(work())
        except KeyError:
            seen.append("the error")
        await asyncio.sleep(10)
        seen.append("no cancellation")

    task = asyncio.ensure_future(wait())
    await asyncio.sleep(0)
    task.cancel()
    failed.set_exception(KeyError("x"))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["the error"]
    assert task.cancelling() == 1


async def test_a_future_that_is_cancelled_by_others_is_the_works_own_matter() -> None:
    waited = asyncio.get_running_loop().create_future()

    async def work() -> int:
        try:
            await waited
        except asyncio.CancelledError:
            return 1
        return 2

    task = await started(work())
    waited.cancel()
    assert await task == 1
