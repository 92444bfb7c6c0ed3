"""Breaths: the places where long work may be interrupted. The runner of the work sets what happens there."""

import threading
from collections.abc import Callable
from typing import Any, Final


class Breath(threading.local):
    """The function that a breath calls in this thread; None unless the thread's work is done in pieces."""

    pause: Callable[[], None] | None = None


BREATH: Final = Breath()


def breathe() -> None:
    """Let other work go on here, if the work of this thread is done in pieces."""
    if BREATH.pause is not None:
        BREATH.pause()


def resolve_breathing(resolve: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """Middleware for graphql-core's executor: takes a breath before each field is resolved."""
    breathe()
    return resolve(*args, **more)
