"""book.py and forgetful.py find what a killed process could do to rows: one that is lost, there twice or half there."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import pytest

from db.connection import Connection
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from tests.faults.book import Book
from tests.faults.forgetful import Clerk
from tests.faults.load import Unanswered
from tests.resolvers.writing.desk import EVERY_APP
from tests.support.company import Asker, Firm

STEPS: Final = 30
FAULTS: Final = {
    "lost": "delete from contact where company_id = $1 and version = 1",
    "twice": """
        insert into contact (company_id, sequence_number, number, name, kind)
        select company_id, 99, 'C00099', name, kind from contact where company_id = $1 limit 1
    """,
    "nobody's": "insert into product_group (company_id, name) values ($1, 'A stranger')",
    "half there": "delete from contact_person where company_id = $1",
    "value": "update contact set city = 'Elsewhere' where company_id = $1",
    "price": "update product set price = price * 1.1 where company_id = $1",
    "version": "update product set version = version + 1 where company_id = $1",
    "number": "update contact set number = 'C00077' where company_id = $1 and sequence_number = 1",
    "counter": "update counter set next = next + 1 where company_id = $1 and kind = 'PRODUCT'",
    "trail": "delete from change where company_id = $1 and kind = 'CHANGED'",
    "key": "update change set idempotency_key = null where company_id = $1",
    "another write": "update contact set note = null where company_id = $1",
}
"""What is wrong after writes, and how it comes about."""


@dataclass(slots=True, kw_only=True)
class Direct(Clerk):
    """A client without a gateway between; `fails` is what the next requests meet."""

    asker: Asker
    forgets: bool = False
    fails: list[Unanswered] = field(default_factory=list[Unanswered])

    async def ask(self, query: str, **variables: Any) -> Mapping[str, Any]:
        """The data of the answer; one that forgets what it has done often takes another key."""
        if self.fails:
            raise self.fails.pop()
        if self.forgets and self.random.random() < 0.5:
            variables["input"]["idempotencyKey"] += "-again"
        answer = await self.asker(self.token, query, **variables)
        assert answer.codes == []
        return answer.data

    async def work(self) -> None:
        """Write for a while."""
        for _ in range(STEPS):
            await self.step()


@pytest.fixture
async def clerk(dsn: str, connection: Connection) -> AsyncGenerator[Direct]:
    """Somebody at work in a company."""
    book = Book(await Firm.found(connection, *EVERY_APP))
    database = await Database.open(dsn, PoolSettings(size=1))
    who = book.firm["owner"]
    yield Direct(
        url="", token=who.token, random=Random(1), book=book, who=who, name="owner", asker=Asker(Executor(database))
    )
    await database.close()


async def test_writes_that_are_there_are_found(clerk: Direct, connection: Connection) -> None:
    await clerk.work()
    assert await clerk.book.check(connection) >= STEPS
    assert clerk.lost
    assert clerk.replayed
    written = {(line.entity, line.operation) for line in clerk.book.trail}
    assert {operation for _, operation in written} == {
        "createCustomer", "updateCustomer", "createProductGroup", "createProduct", "adjustPrices",
    }  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_a_killed_process_could_do_is_noticed(clerk: Direct, connection: Connection, fault: str) -> None:
    await clerk.work()
    assert await clerk.book.check(connection)
    await connection.execute(FAULTS[fault], clerk.book.firm.key)
    with pytest.raises(AssertionError):
        await clerk.book.check(connection)


async def test_a_write_that_is_made_again_is_noticed(clerk: Direct) -> None:
    clerk.forgets = True
    with pytest.raises(AssertionError, match="made again"):
        await clerk.work()


async def test_a_write_that_is_said_to_have_been_made_must_have_been(clerk: Direct) -> None:
    clerk.fails = [Unanswered(is_written=True)]
    with pytest.raises(AssertionError, match="made again"):
        await clerk.step()
