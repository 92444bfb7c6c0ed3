"""How long requests may take: takes when one begins and ends, cancels the task of one that is too slow."""

import asyncio


class Deadlines:
    """Cancels tasks that have not ended `seconds` after they began; one timer for all, as all have the same time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[asyncio.Task[object] | None, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> "asyncio.Task[object] | None":
        """The current task begins something; it is what the other two methods take."""
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        self._running[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._sweep, loop)
        return task

    def passed(self, task: "asyncio.Task[object] | None") -> bool:
        """Whether it was cancelled for being too slow."""
        return task not in self._running

    def end(self, task: "asyncio.Task[object] | None") -> None:
        """Its work is done, or given up."""
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
