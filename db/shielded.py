"""Work that goes on to its end when its task is cancelled meanwhile, without a task of its own.

A write that is cancelled in the middle of its commit could be neither denied nor confirmed.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Disturbed(asyncio.CancelledError):
    """The task was cancelled while its work went on to its end; `result` is that of the work."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class Undisturbed(Generic[T]):
    """Waits for a coroutine in the current task. Raises Disturbed with its result if the task was cancelled meanwhile.

    What the coroutine raises is raised all the same; the task is then cancelled at its next await. The coroutine may
    have no time-outs that cancel the current task (`asyncio.timeout`).
    """

    __slots__ = ("_work",)

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work

    def __await__(self) -> Generator[Any, None, T]:
        """Run the coroutine, and wait for each future of it behind a screen."""
        step, is_late = self._work.send, False
        while True:
            try:
                waited = step(None)
            except StopIteration as ended:
                if is_late:
                    raise Disturbed(ended.value) from None
                return ended.value
            except BaseException:
                if is_late:
                    _cancel_again()
                raise
            is_late = (yield from _passed(waited)) or is_late


def _passed(waited: Any) -> Generator[Any, None, bool]:
    """Wait for a future, or for one round of the loop (None). Returns whether the task was cancelled meanwhile."""
    try:
        yield Screen(waited) if waited is not None else None
    except asyncio.CancelledError:
        return waited is None or not waited.cancelled()
    except BaseException:  # noqa: BLE001 (the coroutine asks the future itself)
        return False
    return False


def _cancel_again() -> None:
    task = asyncio.current_task()
    assert task is not None, "a task was cancelled"
    task.uncancel()
    task.cancel()


class Screen:
    """A future for a task that waits for another future, and does not cancel it: the task is cancelled after it."""

    __slots__ = ("_asyncio_future_blocking", "_future")

    def __init__(self, future: "asyncio.Future[Any]") -> None:
        future._asyncio_future_blocking = False  # noqa: SLF001 (the task looks at that of the screen)
        self._asyncio_future_blocking = True
        self._future = future

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the future."""
        return self._future.get_loop()

    def add_done_callback(self, call: Callable[[Any], object], *, context: Context | None = None) -> None:
        """Call `call` once the future is done."""
        self._future.add_done_callback(call, context=context)

    def cancel(self, msg: str | None = None) -> bool:
        """Cancel nothing: the task is told once the future is done."""
        return False
