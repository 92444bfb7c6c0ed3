"""The time limit of requests: cancels the task of a request that takes too long."""

import asyncio


class Deadlines:
    """Cancels tasks that have not ended `seconds` after they began; one timer serves all: they have the same limit."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[asyncio.Task[object] | None, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> "asyncio.Task[object] | None":
        """Start the time of the current task, and return the task, for `passed` and `end`."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        self._running[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._sweep, loop)
        return task

    def passed(self, task: "asyncio.Task[object] | None") -> bool:
        """True if the task was cancelled because its time was over."""
        return task not in self._running

    def end(self, task: "asyncio.Task[object] | None") -> None:
        """Stop the time of a task; one that was cancelled for it may go on."""
        if self._running.pop(task, None) is None and task is not None:
            task.uncancel()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for task, until in list(self._running.items()):
            if until > now:
                self._timer = loop.call_later(until - now, self._sweep, loop)
                return
            del self._running[task]
            if task is not None:
                task.cancel()
