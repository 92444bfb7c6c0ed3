"""A page of an accountant's companies from two databases: half of the companies in each, beside one statement on one.

Both databases have the same data; each gives the rows of its half. The time is that of the answer, in the process
itself, with warm statements; the answers have to be the same bytes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.database import Database
from db.tokens import hash_token
from resolvers.compilation.context import Bindings
from resolvers.compilation.divided_page import COMPANIES, DividedPage, PlacedRow, by_place, companies_of, merged
from resolvers.compilation.statement import CLOSED_GATES, RESPONSE, Statement
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from tests.bench.data import dataset
from tests.bench.loads.generator import LoadError
from tests.bench.loads.operations import OPERATIONS
from tests.bench.report.spread import Verdict, at_most, estimate
from tests.bench.report.tables import Target, shown

PLACED: Final = "a page of 62 companies: from two databases ÷ from one, time", "at most 2 ×"
MOST: Final = 2.0
ROUNDS: Final = 15
ANSWERS: Final = 20
"""Number of answers in a round."""

Answer = tuple[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Places:
    """A page of companies, and the databases that have them."""

    whole: Statement
    divided: DividedPage
    bindings: Bindings
    databases: Sequence[Database]

    @classmethod
    def of(cls, databases: Sequence[Database]) -> "Places":
        """The page of the first accountant."""
        operation = OPERATIONS["accountant"]
        document = Documents(default_compiler().schema).find(operation.query).choose(None)
        variables = document.coerce(dict(operation.variables))
        divided = default_compiler().divided(document, variables)
        assert divided is not None, "the operation is a page of companies"
        bindings = Bindings(variables, hash_token(dataset.token("accountant", 0)))
        return cls(default_compiler().read(document, variables), divided, bindings, databases)

    async def from_one(self) -> Answer:
        """The answer of the one statement."""
        (row,) = await self._read(0, self.whole, self.bindings)
        return row[RESPONSE], row[CLOSED_GATES]

    async def from_all(self) -> Answer:
        """The answer whose companies are read from all databases at once, each from one of them."""
        (frame,) = await self._read(0, self.divided.frame, self.bindings)
        places = by_place(companies_of(frame[RESPONSE]), lambda company: int(company, 16) % len(self.databases))
        found = await asyncio.gather(*(self._rows(place, companies) for place, companies in places.items()))
        rows = [PlacedRow.of(row) for part in found for row in part]
        return merged(frame[RESPONSE], frame[CLOSED_GATES], rows)

    async def _rows(self, place: int, companies: list[str]) -> Any:
        return await self._read(place, self.divided.rows, self.bindings._replace(written={COMPANIES: companies}))

    async def _read(self, place: int, statement: Statement, bindings: Bindings) -> Any:
        async with self.databases[place].statements() as connection:
            return await connection.fetch(statement.sql, *statement.arguments(bindings))


async def placed(addresses: Sequence[str]) -> Target:
    """The time from all databases as a multiple of that from the first. Raises LoadError if the answers differ."""
    databases = [await Database.open(address) for address in addresses]
    try:
        places = Places.of(databases)
        if await places.from_one() != await places.from_all():
            raise LoadError("a page of companies differs with the places of its companies")
        ways = (places.from_one, places.from_all)
        for way in ways:
            await _seconds(way)
        quotients: list[float] = []
        for n in range(ROUNDS):
            taken = {way: await _seconds(way) for way in (ways if n % 2 else ways[::-1])}
            quotients.append(taken[places.from_all] / taken[places.from_one])
    finally:
        for database in databases:
            await database.close()
    found = estimate(quotients)
    return Target(*PLACED, shown(found, 2), at_most(MOST, found), found)


async def _seconds(way: Callable[[], Awaitable[Answer]]) -> float:
    began = time.perf_counter()
    for _ in range(ANSWERS):
        await way()
    return time.perf_counter() - began


def nothing_placed() -> Target:
    """The target as not measured."""
    return Target(*PLACED, "", Verdict.UNMEASURED)
