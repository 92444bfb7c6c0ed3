"""How long requests may take: takes when one begins and ends, cancels the task of one that is too slow."""

import asyncio


class Deadlines:
    """Cancels tasks that have not ended `seconds` after they began; one timer for all, as all have the same time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[Deadline, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> "Deadline":
        """The current task begins."""
        deadline = Deadline(asyncio.current_task())
        loop = asyncio.get_running_loop()
        self._running[deadline] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._sweep, loop)
        return deadline

    def end(self, deadline: "Deadline") -> None:
        """Its work is done, or given up."""
        self._running.pop(deadline, None)
        if deadline.passed and deadline.task is not None:
            deadline.task.uncancel()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for deadline, until in list(self._running.items()):
            if until > now:
                self._timer = loop.call_later(until - now, self._sweep, loop)
                return
            del self._running[deadline]
            deadline.passed = True
            if deadline.task is not None:
                deadline.task.cancel()


class Deadline:
    """Until when one task may run, and whether that has passed."""

    __slots__ = ("passed", "task")

    def __init__(self, task: "asyncio.Task[object] | None") -> None:
        self.task = task
        self.passed = False
