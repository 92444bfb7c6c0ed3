"""Changes of access as mutations of one statement: those that meet, and what a client is told of a payload.

Whoever meets another one waits for the company's row; each test waits until it does.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
import pytest
from asyncpg import Record

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.errors import DatabaseTimeout
from resolvers.execution.executor import Executor
from resolvers.request import GraphQLRequest, Result
from resolvers.writing.access import statement
from schema.apps import CATALOGUE, AppKind
from tests.support.company import ALWAYS, Asker, Firm, blocked, change
from tests.support.databases import Databases

WAITS: Final = """
select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""
LOCK: Final = "select from company where id = $1 for no key update"
APPS: Final = [app.name for app, entry in CATALOGUE.items() if entry.kind is AppKind.APP and not entry.requires][:6]
MATRIX: Final = "permissionMatrix { a: version ...F @include(if: $wide) }"
FRAGMENT: Final = "fragment F on PermissionMatrix { id __typename }"


@dataclass(frozen=True, slots=True)
class Office:
    """Where firms are founded; `other` is a connection that stands in the way."""

    dsn: str
    database: Database
    executor: Executor
    connection: Connection
    other: Connection

    async def found(self) -> Firm:
        """A firm of the test's own."""
        return await Firm.found(self.connection, "STOCK", "DISCOUNTS")

    async def send(self, firm: Firm, who: str, mutation: str, selection: str = "", **given: Any) -> Result:
        """The result of a mutation in a firm."""
        taken = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation ($input: {taken}!) {{ {mutation}(input: $input) {{ {selection} errors {{ code }} }} }}"
        variables: Mapping[str, object] = {"input": {"companyId": firm.id, **given}}
        return await self.executor.execute(GraphQLRequest(query, variables=variables, token=firm[who].token))

    async def toggle(self, firm: Firm, by: str, who: str, version: int = 1, selection: str = "") -> Result:
        """The result of switching an app on for somebody."""
        changes = [change(firm[who], "STOCK", granted=True)]
        return await self.send(firm, by, "setAppAccess", selection, expectedVersion=version, changes=changes)


@pytest.fixture(scope="module")
async def office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    dsn = await databases.clone(template)
    database = await Database.open(dsn, PoolSettings(size=16, share=16))
    connection, other = await connect(dsn), await connect(dsn)
    yield Office(dsn, database, Executor(database), connection, other)
    for used in (connection, other, database):
        await used.close()
    await databases.drop(dsn)


def outcome(result: Result) -> str:
    """DONE, or the code of the refusal, wherever it stands."""
    if result.errors:
        (error,) = result.errors
        return error.code.value
    (payload,) = orjson.loads(result.data or b"").values()
    return payload["errors"][0]["code"] if payload["errors"] else "DONE"


# --- changes that meet


async def test_of_two_owners_who_wait_for_each_other_one_is_told_of_the_other(office: Office) -> None:
    firm = await office.found()
    async with office.other.transaction():
        await office.other.execute(LOCK, firm.key)
        waiting = [
            asyncio.create_task(office.toggle(firm, by, who)) for by, who in (("owner", "anna"), ("partner", "bram"))
        ]
        await blocked(office.connection, 2)
    assert sorted([outcome(await one) for one in waiting]) == ["DONE", "VERSION_CONFLICT"]
    switched = ["STOCK" in await firm.toggles(who) for who in ("anna", "bram")]
    assert sorted(switched) == [False, True]
    assert await firm.version() == 2
    assert len(await firm.trail()) == 1


@pytest.mark.parametrize(
    ("removal", "given", "code"),
    [("deleteUser", {}, "NOT_FOUND"), ("updateUser", {"role": "EMPLOYEE"}, "FORBIDDEN")],
)
async def test_an_owner_who_is_removed_while_waiting_writes_nothing(
    office: Office, removal: str, given: dict[str, str], code: str
) -> None:
    """The removal is in front, and is committed before the other one is judged."""
    firm = await office.found()
    async with office.other.transaction():
        await office.other.execute(LOCK, firm.key)
        removing = asyncio.create_task(office.send(firm, "partner", removal, userId=firm["owner"].id, **given))
        await blocked(office.connection)
        waiting = [
            asyncio.create_task(office.toggle(firm, "owner", "anna")),
            asyncio.create_task(office.send(firm, "owner", "activateApp", app=APPS[0])),
            asyncio.create_task(office.send(firm, "owner", "deactivateApp", app="DISCOUNTS")),
        ]
        await blocked(office.connection, 4)
    assert outcome(await removing) == "DONE"
    assert [outcome(await one) for one in waiting] == [code] * 3
    assert await firm.toggles("anna") == set(ALWAYS)
    assert {"STOCK", "DISCOUNTS"} <= await firm.active()
    assert len({row["at"] for row in await firm.trail()}) == 1
    assert await firm.version() == 2


async def test_apps_that_are_activated_at_once_are_all_activated(office: Office) -> None:
    firm = await office.found()
    async with office.other.transaction():
        await office.other.execute(LOCK, firm.key)
        waiting = [asyncio.create_task(office.send(firm, "owner", "activateApp", app=app)) for app in APPS]
        await blocked(office.connection, len(APPS))
    assert [outcome(await one) for one in waiting] == ["DONE"] * len(APPS)
    assert set(APPS) <= await firm.active()
    assert await firm.version() == 1 + len(APPS)
    assert len({row["at"] for row in await firm.trail()}) == len(APPS)


@pytest.mark.parametrize(
    ("mutation", "given", "code", "version"),
    [("setAppAccess", {"expectedVersion": 1}, "VERSION_CONFLICT", 2), ("activateApp", {"app": APPS[0]}, "DONE", 3)],
)
async def test_what_is_overtaken_after_it_was_judged_is_judged_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch, mutation: str, given: dict[str, Any], code: str, version: int
) -> None:
    """The row is free, but not the one that was judged: the statement is stopped between the two."""
    firm, turn = await office.found(), "pg_advisory_xact_lock(4711)"
    assert "select f.*," in statement.SUM_UP_CHANGES
    monkeypatch.setattr(
        statement, "SUM_UP_CHANGES", statement.SUM_UP_CHANGES.replace("select f.*,", f"select f.*, {turn} turn,")
    )
    stopped = replace(office, executor=Executor(office.database))
    if mutation == "setAppAccess":
        given = given | {"changes": [change(firm["anna"], "STOCK", granted=True)]}
    await office.other.execute("select pg_advisory_lock(4711)")
    waiting = asyncio.create_task(stopped.send(firm, "owner", mutation, **given))
    await blocked(office.connection)
    await office.other.execute("update company set access_version = access_version + 1 where id = $1", firm.key)
    await office.other.execute("select pg_advisory_unlock(4711)")
    assert outcome(await waiting) == code
    assert await firm.version() == version
    assert (await firm.toggles("anna"), APPS[0] in await firm.active()) == (set(ALWAYS), code == "DONE")


@pytest.mark.parametrize("mutation", ["setAppAccess", "activateApp", "deactivateApp"])
async def test_a_change_waits_longer_for_the_row_than_any_other_mutation(office: Office, mutation: str) -> None:
    """Here the time-out of the pool is short, and over ten times before the row is free."""
    firm, settings = await office.found(), PoolSettings(size=2, lock_timeout=0.05)
    database = await Database.open(office.dsn, settings)
    hasty = replace(office, executor=Executor(database))
    given: dict[str, Any] = {"app": APPS[0] if mutation == "activateApp" else "DISCOUNTS"}
    if mutation == "setAppAccess":
        given = {"expectedVersion": 1, "changes": [change(firm["anna"], "STOCK", granted=True)]}
    try:
        async with office.other.transaction():
            await office.other.execute(LOCK, firm.key)
            waiting = asyncio.create_task(hasty.send(firm, "owner", mutation, **given))
            await blocked(office.connection)
            await asyncio.sleep(10 * settings.lock_timeout)
        assert outcome(await waiting) == "DONE"
    finally:
        await database.close()


@asynccontextmanager
async def counting_waits(connection: Connection) -> AsyncGenerator[list[int]]:
    """A block that counts, again and again, the statements that wait for a lock; a wait takes a second at least."""
    counts: list[int] = []

    async def count() -> None:
        while True:
            await connection.execute("select pg_stat_clear_snapshot()")
            counts.append(await connection.fetchval(WAITS))
            await asyncio.sleep(0.01)

    counting = asyncio.create_task(count())
    try:
        yield counts
        await asyncio.sleep(0.1)
    finally:
        counting.cancel()
        await asyncio.wait([counting])


async def test_who_may_not_change_access_waits_for_nothing(office: Office) -> None:
    firm, watching = await office.found(), await connect(office.dsn)
    async with office.other.transaction(), asyncio.timeout(60):
        await office.other.execute(LOCK, firm.key)
        async with counting_waits(watching) as counts:
            assert outcome(await office.toggle(firm, "anna", "bram")) == "FORBIDDEN"
            assert outcome(await office.toggle(firm, "gone", "bram")) == "NOT_FOUND"
            assert outcome(await office.toggle(firm, "owner", "bram", version=7)) == "VERSION_CONFLICT"
            assert outcome(await office.toggle(firm, "owner", "accountant")) == "NOT_TOGGLEABLE"
            assert outcome(await office.send(firm, "owner", "deactivateApp", app="YUKI")) == "APP_NOT_ACTIVE"
        assert set(counts) == {0}
        async with counting_waits(watching) as counts:
            waiting = asyncio.create_task(office.toggle(firm, "owner", "anna"))
            await blocked(office.connection)
        assert set(counts) >= {1}
    assert outcome(await waiting) == "DONE"
    await watching.close()


async def test_a_change_whose_client_is_gone_while_it_waits_is_made_and_told_so(office: Office) -> None:
    firm = await office.found()
    async with office.other.transaction():
        await office.other.execute(LOCK, firm.key)
        waiting = asyncio.create_task(office.toggle(firm, "owner", "anna", selection="company { name }"))
        await blocked(office.connection)
        waiting.cancel()
    (error,) = (await waiting).errors
    assert (error.code.value, dict(error.extensions)) == ("TIMEOUT", {"written": True})
    assert "STOCK" in await firm.toggles("anna")


# --- what a payload shows


@pytest.mark.parametrize("wide", [False, True])
async def test_a_payload_in_the_statement_is_that_of_a_query(office: Office, wide: bool) -> None:
    """Whatever its names, fragments and conditions."""
    firm, ask = await office.found(), Asker(office.executor)
    query = f"query ($id: ID!, $wide: Boolean!) {{ company(id: $id) {{ {MATRIX} }} }} {FRAGMENT}"
    document = f"""mutation ($input: SetAppAccessInput!, $wide: Boolean!) {{
        setAppAccess(input: $input) {{ __typename {MATRIX} e: errors {{ code }} }} }} {FRAGMENT}"""
    changes = [change(firm["anna"], "STOCK", granted=True)]
    given = {"companyId": firm.id, "expectedVersion": 1, "changes": changes}
    written = (await ask(firm["owner"].token, document, input=given, wide=wide)).data["setAppAccess"]
    matrix = (await ask(firm["owner"].token, query, id=firm.id, wide=wide)).data["company"]["permissionMatrix"]
    assert written == {"__typename": "SetAppAccessPayload", "permissionMatrix": matrix, "e": []}
    assert list(written["permissionMatrix"]) == list(matrix) == (["a", "id", "__typename"] if wide else ["a"])
    assert matrix["a"] == 2


async def test_the_version_after_a_trial_counts_its_end(office: Office) -> None:
    firm = await office.found()
    await office.connection.execute("update company set trial_ends_at = now() where id = $1", firm.key)
    assert outcome(await office.toggle(firm, "owner", "anna", version=1)) == "VERSION_CONFLICT"
    result = await office.toggle(firm, "owner", "anna", version=2, selection="permissionMatrix { version }")
    assert orjson.loads(result.data or b"")["setAppAccess"] == {"permissionMatrix": {"version": 3}, "errors": []}


@pytest.mark.parametrize("mutation", ["setAppAccess", "activateApp"])
async def test_what_is_so_already_is_answered_by_the_statement_that_judged_it(
    office: Office, monkeypatch: pytest.MonkeyPatch, mutation: str
) -> None:
    """With the version in which it is so, which a second statement might not find any more."""

    async def fail(self: Database, sql: str, arguments: Sequence[object], *, brief: bool = False) -> Record:
        raise AssertionError("read a second time")

    firm = await office.found()
    await office.connection.execute("update company set trial_ends_at = now() where id = $1", firm.key)
    given: dict[str, Any] = {"app": "STOCK"}
    if mutation == "setAppAccess":
        assert outcome(await office.toggle(firm, "owner", "anna", version=2)) == "DONE"
        given = {"expectedVersion": 3, "changes": [change(firm["anna"], "STOCK", granted=True)]}
    selection = "permissionMatrix { version }" if mutation == "setAppAccess" else "app { app label kind }"
    before = await office.send(firm, "owner", mutation, selection + " company { id }", **given)
    monkeypatch.setattr(Database, "read", fail)
    answer = orjson.loads((await office.send(firm, "owner", mutation, selection, **given)).data or b"")[mutation]
    expected = orjson.loads(before.data or b"")[mutation]
    assert answer == {name: value for name, value in expected.items() if name != "company"}
    assert answer.get("permissionMatrix") == ({"version": 3} if mutation == "setAppAccess" else None)


async def test_a_change_whose_payload_is_not_read_is_told_to_be_made(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(self: Database, sql: str, arguments: Sequence[object], *, brief: bool = False) -> Record:
        raise DatabaseTimeout("late")

    firm = await office.found()
    monkeypatch.setattr(Database, "read", fail)
    for version, told in ((1, {"written": True}), (1, {})):  # the second one is a conflict
        (error,) = (await office.toggle(firm, "owner", "anna", version, "company { name }")).errors
        assert (error.code.value, error.path, dict(error.extensions)) == ("TIMEOUT", ("setAppAccess",), told)
    assert await firm.version() == 2


async def test_a_key_of_idempotency_is_not_for_changes_of_access(office: Office) -> None:
    firm = await office.found()
    query = "mutation ($input: ActivateAppInput!) { activateApp(input: $input) { errors { code } } }"
    given = {"companyId": firm.id, "app": APPS[0]}
    request = GraphQLRequest(query, variables={"input": given}, token=firm["owner"].token, idempotency_key="k1")
    result = await office.executor.execute(request)
    assert [error.code.value for error in result.errors] == ["BAD_USER_INPUT"]
    assert APPS[0] not in await firm.active()
