"""An operation whose span is recorded."""

import time
from collections.abc import Callable, Mapping
from typing import Final

from resolvers.stages import Stage, Stages

MOST_STATEMENTS: Final = 20
"""Maximum number of statements of an operation that its span names."""


class Traced(Stages):
    """The stop-watch of an operation whose span is recorded, and what the span says; values are no part of it.

    `ids` are those of its trace and its span, in hexadecimal. `ended` has the stages in order, each with the moment of
    its end (nanoseconds of the epoch). `kind` is that of the operation, "" while it is not known; `name` its name, if
    it has one, and `digest` the hash of its document. `statements` is the SQL that was sent.
    """

    __slots__ = ("_at", "_record", "attributes", "code", "digest", "ended", "ids", "kind", "name", "statements")

    def __init__(self, ids: tuple[str, str], record: Callable[["Traced"], None]) -> None:
        super().__init__(time.perf_counter)
        self.ids = ids
        self.kind = self.digest = ""
        self.name: str | None = None
        self.code: str | None = None
        self.attributes: Mapping[str, str | int] = {}
        self.ended: list[tuple[Stage, int]] = []
        self.statements: list[str] = []
        self._at = time.time() - self._since
        self._record = record

    def end(self, stage: Stage) -> None:
        """Add the time since the last stage ended to this one."""
        super().end(stage)
        self.ended.append((stage, int(1e9 * (self._at + self._since))))

    def chose(self, kind: str, name: str | None, digest: str) -> None:
        """Take the operation that the request selects."""
        self.kind, self.name, self.digest = kind, name, digest

    def ran(self, sql: str) -> None:
        """Take a statement that is sent now."""
        if len(self.statements) < MOST_STATEMENTS:
            self.statements.append(sql)

    def finish(self, code: str | None, attributes: Mapping[str, str | int]) -> None:
        """End the span, with the code of the first error, if there was one; called once."""
        self.code, self.attributes = code, attributes
        self._record(self)
