"""The stages of a request, by the names of their folders, and the time that each of them takes."""

import enum
from collections.abc import Callable


class Stage(enum.StrEnum):
    """A stage of a request; one that is skipped, since its result is kept, takes no time."""

    READ = "read"
    PARSE = "parse"
    VALIDATE = "validate"
    COMPILE = "compile"
    EXECUTE = "execute"
    RENDER = "render"

    __hash__ = str.__hash__


class Stages:
    """A stop-watch over the stages of one request; `clock` returns seconds.

    A stage begins where the one before ends, so what is waited for belongs to the stage that waits. `identified`: the
    credential of the request is known, so that its client may be told.
    """

    __slots__ = ("_clock", "_since", "identified", "took")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since = clock()
        self.took: dict[Stage, float] = {}
        self.identified = False

    def end(self, stage: Stage) -> None:
        """Add the time since the last stage ended to this one."""
        now = self._clock()
        self.took[stage] = self.took.get(stage, 0.0) + now - self._since
        self._since = now

    def chose(self, kind: str, name: str | None, digest: str) -> None:
        """Take note of the operation that the request selects: its kind, its name, the hash of its document."""

    def ran(self, sql: str) -> None:
        """Take note of a compiled statement that is sent now."""
