"""Work of several steps that goes on to its end, in a task of its own, when the task that waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from db.shielded import Disturbed
from resolvers.fair_use.waiting_client import waiting

T = TypeVar("T")


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Wait for work to end. Raises Disturbed, with its result, if the waiting task was cancelled meanwhile.

    A write that is cancelled in the middle of its commit could be neither denied nor confirmed. The time-outs of its
    statements bound its time. A write that still waits for its turn ends at once. A task may be cancelled several
    times: by its client, by its deadline, and at the end of its socket.
    """
    task, is_late = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            is_late = True
            waiting().leave()
    if is_late:
        raise Disturbed(task.result())
    return task.result()
