"""Readings that subscriptions share: nobody is shown through another's credential what the own one does not show."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, cast

import pytest

from db.database import Database
from db.sql import Text
from db.tokens import CredentialKind, hash_token
from resolvers.compilation.company_scope import VIEWER
from resolvers.compilation.context import StatementContext
from resolvers.compilation.statement import ACCOUNT, KNOWN, RESPONSE, finish
from resolvers.execution import wakeups
from resolvers.operation.arguments import Inputs
from resolvers.operation.selection import Collector
from resolvers.request import GraphQLRequest
from schema import schema
from schema.types.core.access import HiddenFields
from tests.support.company import Firm, Person
from tests.support.databases import Databases
from tests.support.subscribers import ACCESS, CHANGED, Follower, Station, open_station

CAN: Final = "subscription ($id: ID!, $app: App!) { accessChanged(companyId: $id) { can(app: $app) apps } }"
MINE: Final = "subscription ($id: ID!) { accessChanged(companyId: $id) { apps user { firstName email role } } }"
CREATE_KEY: Final = """
mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key errors { code } } }
"""
REVOKED: Final = ["ACCESS_REVOKED"]


@pytest.fixture(scope="module")
async def station(databases: Databases, template: str) -> AsyncGenerator[Station]:
    async with open_station(databases, template) as station:
        yield station


@pytest.fixture
async def firm(station: Station, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A company whose subscribers are woken by changes of access alone."""
    monkeypatch.setattr(wakeups, "PERIOD", 3_600)
    return await station.outside.found("DISCOUNTS", "STOCK", "API_ACCESS")


class Readings:
    """The statements of live operations that reach the database from now on, each with its arguments."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.all: list[Sequence[Any]] = []
        usual = Database.read

        async def read(database: Database, sql: str, arguments: Sequence[object], **more: Any) -> Any:
            if sql.startswith("with viewer") and " term" in sql:
                self.all.append(arguments)
            return await usual(database, sql, arguments, **more)

        monkeypatch.setattr(Database, "read", read)

    @property
    def tokens(self) -> list[set[bytes]]:
        """The hashes of tokens that each statement was given."""
        return [{one for one in _flat(each) if isinstance(one, bytes)} for each in self.all]


def _flat(arguments: Sequence[Any]) -> list[Any]:
    return [one for given in arguments for one in (given if isinstance(given, list) else [given])]  # pyright: ignore[reportUnknownVariableType]


async def sessions(station: Station, person: Person, count: int) -> list[str]:
    """The tokens of further sessions of a person."""
    tokens = [secrets.token_urlsafe() for _ in range(count)]
    await station.connection.executemany(
        "insert into credential (token_hash, account_id, expires_at) values ($1, $2, '2126-01-01')",
        [(hash_token(token), person.account) for token in tokens],
    )
    return tokens


async def silently(station: Station, statement: str, *arguments: object) -> None:
    """Change something of which no notification tells: only the next reading can find it."""
    async with station.connection.transaction():
        await station.connection.execute("set local session_replication_role = replica")
        await station.connection.execute(statement, *arguments)


async def end(station: Station, *tokens: str) -> None:
    """End sessions, without a notification."""
    hashes = [hash_token(token) for token in tokens]
    await silently(station, "update credential set expires_at = now() where token_hash = any($1)", hashes)


async def quiet(followers: Sequence[Follower]) -> None:
    """Check that nobody is told anything more, after everybody has had time to read."""
    await asyncio.sleep(0.3)
    assert [follower.told.qsize() for follower in followers] == [0] * len(followers)


async def test_equal_subscriptions_of_an_account_are_read_and_judged_by_one_statement(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await sessions(station, firm["anna"], 10)
    followers = [await station.follow(token, ACCESS, firm) for token in tokens for _ in range(6)]
    await station.heard()
    readings = Readings(monkeypatch)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    events = [await follower.next() for follower in followers]
    assert all("DISCOUNTS" in event["accessChanged"]["apps"] for event in events)
    await quiet(followers)
    assert readings.tokens == [{hash_token(token) for token in tokens}]


@pytest.mark.parametrize("ended", [[0], [2], [4], [0, 1, 2, 3]], ids=["first", "middle", "last", "all but one"])
async def test_a_session_that_has_ended_is_shown_nothing_by_those_that_have_not(
    station: Station, firm: Firm, ended: list[int]
) -> None:
    tokens = await sessions(station, firm["anna"], 5)
    followers = [await station.follow(token, ACCESS, firm) for token in tokens]
    await station.heard()
    await end(station, *(tokens[n] for n in ended))
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    for n, follower in enumerate(followers):
        if n in ended:
            assert await follower.ended() == REVOKED
        else:
            assert "DISCOUNTS" in (await follower.next())["accessChanged"]["apps"]


async def test_sessions_that_have_all_ended_are_shown_nothing(station: Station, firm: Firm) -> None:
    tokens = await sessions(station, firm["anna"], 3)
    followers = [await station.follow(token, ACCESS, firm) for token in tokens]
    await station.heard()
    await end(station, *tokens)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    assert [await follower.ended() for follower in followers] == [REVOKED] * 3


async def test_a_user_who_is_removed_is_shown_nothing_in_any_session(station: Station, firm: Firm) -> None:
    tokens = await sessions(station, firm["anna"], 3)
    followers = [await station.follow(token, query, firm) for token in tokens for query in (ACCESS, CHANGED)]
    await station.heard()
    await silently(station, "update membership set removed_at = now() where id = $1", firm["anna"].membership)
    await station.toggle(firm, "bram", "DISCOUNTS", on=True)
    assert [await follower.ended() for follower in followers] == [REVOKED] * 6


async def test_accounts_never_share_a_reading(station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("anna", "bram", "clara", "partner")
    tokens = {name: {firm[name].token, *await sessions(station, firm[name], 2)} for name in names}
    followers = {name: [await station.follow(token, ACCESS, firm) for token in tokens[name]] for name in names}
    await station.heard()
    readings = Readings(monkeypatch)
    await station.toggle(firm, "bram", "DISCOUNTS", on=True)
    for follower in followers["bram"]:
        assert "DISCOUNTS" in (await follower.next())["accessChanged"]["apps"]
    await quiet([follower for each in followers.values() for follower in each])
    hashes = [{hash_token(token) for token in tokens[name]} for name in names]
    assert sorted(map(sorted, readings.tokens)) == sorted(map(sorted, hashes))


async def test_a_statement_that_is_given_tokens_of_two_accounts_judges_those_of_the_one_that_it_reads(
    station: Station, firm: Firm
) -> None:
    """The last line: even if equal readings of two accounts were put together, one would be shown nothing."""
    people = {firm[name].account: firm[name] for name in ("anna", "bram")}
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    follower = await station.follow(firm["anna"].token, ACCESS, firm)
    asked, executor = follower.subscription.asked, cast("Any", station.executor)
    hashes: list[bytes | None] = [hash_token(person.token) for person in people.values()]
    for given in (hashes, hashes[::-1], [None, *hashes, secrets.token_bytes(32)]):
        record = (await executor._live.readings.read(asked, given, None)).record
        read = people[record[ACCOUNT]]
        assert record[KNOWN] == [hash_token(read.token)]
        assert (b"DISCOUNTS" in record[RESPONSE]) is (read is firm["anna"])


async def test_other_values_of_variables_are_another_reading(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await station.outside.found("DISCOUNTS", "STOCK")
    assert other["anna"].account != firm["anna"].account
    followers: list[Follower] = []
    for app in ("DISCOUNTS", "STOCK"):
        started = await station.executor.start(
            GraphQLRequest(CAN, variables={"id": firm.id, "app": app}, token=firm["anna"].token)
        )
        followers.append(Follower(started))  # pyright: ignore[reportArgumentType]
        followers[-1].begin()
        station.followers.append(followers[-1])
    await station.heard()
    readings = Readings(monkeypatch)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    assert [(await follower.next())["accessChanged"]["can"] for follower in followers] == [True, False]
    assert len(readings.all) == 2


async def test_a_key_shares_with_itself_alone_and_stays_narrow(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = firm["partner"].token
    narrow, wide = [
        (await station.outside.ask(token, CREATE_KEY, input={"label": "x", "companyId": firm.id, **more}))
        .data["createApiKey"]["key"]
        for more in ({"apps": ["DISCOUNTS"]}, {})
    ]  # fmt: skip
    given = [narrow, narrow, wide, wide, token, token]
    followers = [await station.follow(one, ACCESS, firm) for one in given]
    await station.heard()
    readings = Readings(monkeypatch)
    deactivate = "mutation ($input: DeactivateAppInput!) { deactivateApp(input: $input) { errors { code } } }"
    await station.outside.ask(firm["owner"].token, deactivate, input={"companyId": firm.id, "app": "DISCOUNTS"})
    seen = [set((await follower.next())["accessChanged"]["apps"]) for follower in followers]
    assert seen[0] == seen[1] != seen[2]
    assert seen[2] == seen[3] == seen[4] == seen[5]
    assert ["STOCK" in apps for apps in seen] == [False, False, True, True, True, True]
    assert sorted(map(sorted, readings.tokens)) == sorted([hash_token(one)] for one in (narrow, wide, token))


async def test_a_company_that_is_closed_to_one_credential_stays_open_to_the_others_of_the_account(
    station: Station, firm: Firm
) -> None:
    token = firm["partner"].token
    keys = [
        (await station.outside.ask(token, CREATE_KEY, input={"label": label})).data["createApiKey"]["key"]
        for label in "ab"
    ]
    closed, other, session = [await station.follow(one, ACCESS, firm) for one in (*keys, token)]
    await station.heard()
    close = "update credential set closed = array[$2::uuid] where token_hash = $1"
    await silently(station, close, hash_token(keys[0]), firm.key)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    deactivate = "mutation ($input: DeactivateAppInput!) { deactivateApp(input: $input) { errors { code } } }"
    await station.outside.ask(firm["owner"].token, deactivate, input={"companyId": firm.id, "app": "STOCK"})
    assert await closed.ended() == REVOKED
    for follower in (other, session):
        assert "STOCK" not in (await follower.next())["accessChanged"]["apps"]


async def test_one_row_is_told_to_each_in_the_own_mode(
    station: Station, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriptions: list[Any] = [
        await station.start(firm["anna"].token, MINE, firm, hidden_fields=mode)
        for mode in (HiddenFields.NULL, HiddenFields.ERROR, HiddenFields.NULL)
    ]
    waiting = [asyncio.ensure_future(anext(subscription)) for subscription in subscriptions]
    await station.heard()
    readings = Readings(monkeypatch)
    await station.toggle(firm, "anna", "DISCOUNTS", on=True)
    results = await asyncio.wait_for(asyncio.gather(*waiting), 60)
    assert len(readings.all) == 1
    assert results[0] is results[2]
    assert [(len(result.errors), len(result.hidden)) for result in results] == [(0, 2), (2, 0), (0, 2)]
    assert len({result.response for result in results}) == 1
    for subscription in subscriptions:
        subscription.close()


@pytest.mark.parametrize(("column", "shared"), [("account_id", True), ("id", False)])
def test_what_depends_on_the_session_is_read_for_it_alone(column: str, shared: bool) -> None:
    inputs = Inputs({})
    ctx = StatementContext(inputs, Collector(schema.core, {}, inputs), CredentialKind.SESSION)
    ctx.lateral(Text(f"select {VIEWER}.{column} j"))  # pyright: ignore[reportArgumentType]
    statement = finish(ctx, (Text("null"),), live=True)
    assert (statement.tokens is not None) is shared


@pytest.mark.parametrize("kind", [CredentialKind.API_KEY, CredentialKind.VIEW_AS])
def test_keys_and_views_are_read_each_for_itself(kind: CredentialKind) -> None:
    inputs = Inputs({})
    ctx = StatementContext(inputs, Collector(schema.core, {}, inputs), kind)
    assert finish(ctx, (Text("null"),), live=True).tokens is None


async def test_who_opens_later_is_not_handed_a_reading_that_began_before(station: Station, firm: Firm) -> None:
    """A right that ends between the two is missing in the later one, however equal they are."""
    first, second = await sessions(station, firm["anna"], 2)
    early = await station.follow(first, ACCESS, firm)
    await silently(station, "update membership set removed_at = now() where id = $1", firm["anna"].membership)
    late = await station.follow(second, ACCESS, firm)
    assert await late.ended() == REVOKED
    station.executor.wakes.company(firm.key)
    assert await early.ended() == REVOKED
