"""Whether a viewer can notice a change: takes a secret and operations, gives the one whose answer changes by a byte."""

import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from db.connection import Connection
from db.database import Database, PoolSettings
from resolvers.compiler import Compiler
from resolvers.execution import Executor
from resolvers.request import Result
from tests.differential.comparison import MODES, InTransaction, execute
from tests.differential.dataset import Viewer
from tests.differential.operations import Case
from tests.differential.secrets import Secret

PATIENT = PoolSettings(size=1, statement_cache=2_000, idle_in_transaction_timeout=0, longest_loan=3_600)
"""One connection, whose transaction is open for as long as there are operations to ask."""


class _Undo(Exception):
    """What was written is to be forgotten."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """An operation that is answered otherwise after a change."""

    case: Case
    viewer: Viewer
    before: Result
    after: Result

    def __str__(self) -> str:
        return f"viewer: {self.viewer}\nbefore: {self.before}\nafter:  {self.after}\n{self.case}"


@dataclass(slots=True)
class Laboratory:
    """The product on one connection, where secrets are changed and put back."""

    connection: Connection
    product: Executor
    _before: dict[tuple[int, str], Result] = field(default_factory=dict[tuple[int, str], Result])
    _cases: dict[str, int] = field(default_factory=dict[str, int])

    @classmethod
    @asynccontextmanager
    async def open(cls, dsn: str, compiler: Compiler | None = None) -> AsyncGenerator[Self]:
        """A laboratory on a database; nothing is left written there."""
        database = await Database.open(dsn, PATIENT)
        try:
            with suppress(_Undo):
                async with database.transaction() as connection:
                    yield cls(connection, Executor(InTransaction(connection), compiler, max_cost=sys.maxsize))
                    raise _Undo
        finally:
            await database.close()

    async def noticed(self, secret: Secret, cases: Sequence[Case], viewer: Viewer) -> Noticed | None:
        """The first of the cases that is answered otherwise to this viewer once the secret is otherwise."""
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
        """The answer while nothing is changed."""
        place = (self._number(case), viewer.name)
        if place not in self._before:
            self._before[place] = await self._ask(case, viewer)
        return self._before[place]

    async def _ask(self, case: Case, viewer: Viewer) -> Result:
        """The answer; every other operation asks for errors instead of notes."""
        return await execute(self.product, case, viewer, mode=MODES[self._number(case) % 2])

    def _number(self, case: Case) -> int:
        return self._cases.setdefault(str(case), len(self._cases))
