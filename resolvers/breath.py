"""Where long work may be interrupted: it takes a breath now and then, and whoever runs it decides what that means."""

import threading
from collections.abc import Callable
from typing import Any, Final

from graphql import ValidationRule


class Breath(threading.local):
    """What taking a breath means at the moment in a thread; nothing, unless its work is done in pieces."""

    pause: Callable[[], None] | None = None


BREATH: Final = Breath()


def breathe() -> None:
    """Long work says that this is a place at which others may go on."""
    if BREATH.pause is not None:
        BREATH.pause()


class Breathing(ValidationRule):
    """A rule of validation that allows everything, and takes a breath at each node."""

    def enter(self, *_: object) -> None:
        """Go on in any case."""
        breathe()


def resolve_breathing(resolve: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """A resolver's middleware that takes a breath before each field."""
    breathe()
    return resolve(*args, **more)
