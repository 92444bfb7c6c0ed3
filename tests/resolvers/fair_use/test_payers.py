"""Whose share a request is taken from, and what one payer's requests do to another's."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from typing import Any, Final

import pytest

from db.database import Database, PoolSettings
from db.errors import Crowded
from db.sharing import PAYER, Payer
from resolvers.execution.executor import Executor
from resolvers.fair_use.payers import Payers
from resolvers.request import GraphQLRequest, Result
from schema.errors import ErrorCode
from tests.support.accounts import Door
from tests.support.databases import Databases
from tests.support.smtp_server import until

SMALL: Final = "{ viewer { account { email } } }"
DEAR: Final = "{ viewer { account { email } companies(first: 100) { totalCount nodes { id name } } } }"
HOME: Final = "192.0.2.1"

# --- who pays -------------------------------------------------------------------------------------------------------


def test_a_token_that_is_not_known_pays_as_the_network_it_comes_from() -> None:
    payers, account = Payers(), uuid.uuid4()
    assert payers.of(HOME, b"a") == payers.of(HOME, b"b") == payers.of(HOME, None)
    assert payers.of("2001:db8::1", b"a") == payers.of("2001:db8::2", None) != payers.of("2001:db8:0:1::1", None)
    payers.know(b"a", account)
    assert payers.of(HOME, b"a") == payers.of("192.0.2.9", b"a") == account
    payers.know(b"a", None)
    assert payers.of(HOME, b"a") == payers.of(HOME, None)


def test_no_more_tokens_are_known_than_there_is_room_for() -> None:
    payers = Payers(most=3)
    accounts = [uuid.uuid4() for _ in range(5)]
    for number, account in enumerate(accounts):
        payers.know(b"%d" % number, account)
    assert [payers.of(HOME, b"%d" % number) in accounts for number in range(5)] == [False, False, True, True, True]


# --- what it does ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def door(databases: Databases, template: str) -> AsyncGenerator[Door]:
    async with Door.open(databases, template) as door:
        yield door


class Office:
    """An executor whose statements are slow for some payers: theirs wait until they are let go on."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slow: set[Payer] = set()
        self.go_on = asyncio.Event()
        self.under_way: list[Payer] = []
        self.payers: list[Payer] = []
        self.executor = Executor(database)
        pool: Any = database.__dict__["_pool"]

        async def hold(sql: str, arguments: Any, *, brief: bool = False) -> Any:
            payer = PAYER.get()
            self.payers.append(payer)
            if payer not in self.slow:
                return await read(sql, arguments, brief=brief)
            connection = pool.take(payer, brief=brief) or await pool.acquire(payer, brief=brief)
            self.under_way.append(payer)
            try:
                await self.go_on.wait()
            finally:
                self.under_way.remove(payer)
                pool.release(connection, payer)
            return await read(sql, arguments, brief=brief)

        read = database.read
        monkeypatch.setattr(database, "read", hold)

    async def ask(self, token: str | None = None, address: str = HOME, query: str = SMALL) -> Result:
        return await self.executor.execute(GraphQLRequest(query, token=token, address=address))

    async def held_up(self, count: int) -> None:
        """Return when so many statements are under way and held up; there are no more of them."""
        await until(lambda: len(self.under_way) >= count)
        assert len(self.under_way) == count

    def begin(
        self, count: int, token: str | None = None, address: str = HOME, query: str = DEAR
    ) -> "list[asyncio.Task[Result]]":
        return [asyncio.create_task(self.ask(token, address, query)) for _ in range(count)]


@pytest.fixture
async def office(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Office]:
    database = await Database.open(door.dsn, PoolSettings(size=6, queue=5))
    office = Office(database, monkeypatch)
    yield office
    office.go_on.set()
    await database.close()


async def end(tasks: "list[asyncio.Task[Result]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_sessions_of_one_account_are_one_payer(door: Door, office: Office) -> None:
    email = await door.account()
    one, other = await door.token(email), await door.token(email)
    for token in (one, other, one, other):
        assert not (await office.ask(token)).errors
    account = (await door.find(email))["id"]
    assert office.payers == [HOME, HOME, account, account]


async def test_slow_statements_of_one_account_do_not_delay_anothers_small_read(door: Door, office: Office) -> None:
    seller, other = await door.account(), await door.account()
    tokens = [await door.token(email) for email in (seller, seller, other)]
    for token in tokens:
        assert not (await office.ask(token)).errors
    office.slow.add((await door.find(seller))["id"])
    slow = [*office.begin(3, tokens[0]), *office.begin(4, tokens[1])]
    await office.held_up(2)
    assert not (await office.ask(tokens[2])).errors
    assert not any(task.done() for task in slow)
    with pytest.raises(Crowded):
        await office.ask(tokens[0], query=DEAR)
    await office.held_up(2)
    office.go_on.set()
    assert [result.errors for result in await asyncio.gather(*slow)] == [()] * 7


async def test_small_reads_of_one_account_may_use_all_connections_but_the_last(door: Door, office: Office) -> None:
    seller, other = await door.account(), await door.account()
    tokens = [await door.token(email) for email in (seller, other)]
    for token in tokens:
        assert not (await office.ask(token)).errors
    office.slow.add((await door.find(seller))["id"])
    small = office.begin(7, tokens[0], query=SMALL)
    await office.held_up(5)
    assert not (await office.ask(tokens[1])).errors
    office.go_on.set()
    assert [result.errors for result in await asyncio.gather(*small)] == [()] * 7


async def test_many_tokens_that_nobody_knows_gain_no_places(door: Door, office: Office) -> None:
    office.slow.add(HOME)
    unknown = [task for number in range(7) for task in office.begin(1, f"enf_unknown{number}")]
    await office.held_up(2)
    refused = office.begin(3, "enf_another")
    await asyncio.wait(refused)
    assert {type(task.exception()) for task in refused} == {Crowded}
    token = await door.token(await door.account())
    assert not (await office.ask(token, "192.0.2.2")).errors
    await office.held_up(2)
    office.go_on.set()
    codes = [result.errors[0].code for result in await asyncio.gather(*unknown)]
    assert codes == [ErrorCode.UNAUTHENTICATED] * 7


async def test_a_token_that_has_ended_does_not_pay_for_its_account_any_more(door: Door, office: Office) -> None:
    email = await door.account()
    token = await door.token(email)
    for _ in range(2):
        assert not (await office.ask(token)).errors
    await door.connection.execute("delete from credential")
    for _ in range(2):
        assert (await office.ask(token)).errors[0].code is ErrorCode.UNAUTHENTICATED
    account = (await door.find(email))["id"]
    assert office.payers == [HOME, account, account, HOME]


async def test_new_documents_of_one_address_do_not_delay_anothers_known_ones(door: Door, office: Office) -> None:
    token = await door.token(await door.account())
    assert not (await office.ask(token)).errors
    pieces: list[Payer] = []
    turns: Any = office.executor.__dict__["_turns"]
    count = turns._count

    def counted(payer: Payer, began: float, took: float) -> None:
        pieces.append(payer)
        count(payer, began, took)

    turns._count = counted
    flood = [
        asyncio.create_task(
            office.ask(
                address="192.0.2.66",
                query=f"{{ a{number}: __typename __schema {{ types {{ name fields {{ name args {{ name }} }} }} }} }}",
            )
        )
        for number in range(4)
    ]
    await until(lambda: bool(pieces))
    before = len(pieces)
    assert not (await office.ask(token)).errors
    between = len(pieces) - before
    await end(flood)
    assert between < 10
    assert set(pieces) == {"192.0.2.66"}
