"""The check of non-interference: finds an operation whose answer to a viewer changes when a secret changes."""

import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from db.connection import Connection
from db.database import Database, PoolSettings
from resolvers.compilation.compiler import Compiler
from resolvers.execution.executor import Executor
from resolvers.request import Result
from tests.differential.checks.comparison import MODES, InTransaction, execute
from tests.differential.data.dataset import Viewer
from tests.differential.operations.drawn import Case
from tests.differential.secrets import Secret

PATIENT = PoolSettings(size=1, statement_cache=2_000, idle_in_transaction_timeout=0, longest_loan=3_600)
"""A pool of one connection, whose transaction stays open for all operations."""


class _Undo(Exception):
    """Rolls the transaction back."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """An operation with different answers before and after a change."""

    case: Case
    viewer: Viewer
    before: Result
    after: Result

    def __str__(self) -> str:
        return f"viewer: {self.viewer}\nbefore: {self.before}\nafter:  {self.after}\n{self.case}"


@dataclass(slots=True)
class Laboratory:
    """The product on one connection, where secrets are changed and restored."""

    connection: Connection
    product: Executor
    _before: dict[tuple[int, str], Result] = field(default_factory=dict[tuple[int, str], Result])
    _cases: dict[str, int] = field(default_factory=dict[str, int])

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, compiler: Compiler | None = None) -> AsyncGenerator[Self]:
        """A laboratory on a database; all its changes are rolled back."""
        database = await Database.open(dsn, PATIENT)
        try:
            with suppress(_Undo):
                async with database.transaction() as connection:
                    yield cls(connection, Executor(InTransaction(connection), compiler, max_cost=sys.maxsize))
                    raise _Undo
        finally:
            await database.close()

    async def noticed(self, secret: Secret, cases: Sequence[Case], viewer: Viewer) -> Noticed | None:
        """The first case whose answer to this viewer changes with the secret; None when there is none."""
        before = [await self._usual(case, viewer) for case in cases]
        found: Noticed | None = None
        with suppress(_Undo):
            async with self.connection.transaction():
                for change in secret.changes:
                    await self.connection.execute(change)
                for case, then in zip(cases, before, strict=True):
                    now = await self._ask(case, viewer)
                    if now != then:
                        found = Noticed(case, viewer, then, now)
                        break
                raise _Undo
        return found

    async def _usual(self, case: Case, viewer: Viewer) -> Result:
        """The answer without changes."""
        place = (self._number(case), viewer.name)
        if place not in self._before:
            self._before[place] = await self._ask(case, viewer)
        return self._before[place]

    async def _ask(self, case: Case, viewer: Viewer) -> Result:
        """The answer; every second operation uses the mode of errors instead of notes."""
        return await execute(self.product, case, viewer, mode=MODES[self._number(case) % 2])

    def _number(self, case: Case) -> int:
        return self._cases.setdefault(str(case), len(self._cases))
