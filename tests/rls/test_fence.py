"""Tests of the fence itself: its policies, and their use by the product's connections."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
import pytest

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.tables import metadata
from resolvers.execution.product import default_compiler
from resolvers.operation.documents import Documents
from resolvers.request import GraphQLRequest
from tests.differential.data.dataset import build, key
from tests.golden.world import World
from tests.rls.conftest import Hall
from tests.rls.fence import COMPANIES, REFUSED, ROLE, TENANTS, TRESPASS
from tests.rls.guard import CALLER, GUARD, OUTSIDE, Caller, Guard, Trespass, is_compared, trespassing
from tests.support.company import Firm
from tests.support.databases import Databases

A, B, C = (key(f"company {name}") for name in "ABC")
NOTHING = set[uuid.UUID]()
ENTERED = {
    "Olga": {A}, "Piet": {B, C}, "Two": {A, B, C}, "Compta": {A, B, C}, "Removed": {A}, "Expired": {B},
    "Helper": NOTHING, "Pending": NOTHING, "Nobody": NOTHING,
}  # fmt: skip
OPEN = "select distinct unnest(fence.entered())"
NEW = "insert into company (name) values ('Zoé') returning id"
JOIN = """
insert into membership (company_id, account_id, role, first_name, last_name, accepted_at)
values ($1, $2, 'OWNER', 'Zoé', 'Martin', now())
"""
SIGN_IN = "insert into credential (token_hash, account_id, expires_at) values ($1, $2, now() + interval '1 hour')"
LETTER = """
insert into mail_token (token_hash, purpose, account_id, company_id, membership_id, expires_at)
select $1, 'INVITATION', account_id, company_id, id, now() + interval '1 hour' from membership
where company_id = $2 and account_id = $3
"""


def caller(name: str, letter: str | None = None) -> Caller:
    """A viewer of the data set, with the secret of a letter if one is given."""
    variables = {"input": {"token": letter}}
    return Caller.of(GraphQLRequest("mutation", variables=variables, token=build().viewer(name).token))


@asynccontextmanager
async def inside(dsn: str, who: Caller) -> AsyncGenerator[Connection]:
    """A transaction of the fenced user with the fence up, rolled back at the end."""
    connection = await connect(dsn, server_settings={"role": ROLE})
    try:
        for name, value in {**who.settings, "fence.state": "up"}.items():
            await connection.execute(f"set {name} = '{value}'")
        transaction = connection.transaction()
        await transaction.__aenter__()
        await connection.execute("select fence.begin()")
        yield connection
        await transaction.__aexit__(asyncpg.PostgresError, None, None)
    finally:
        await connection.close()


async def opened(connection: Connection) -> set[uuid.UUID]:
    """The ids of the open companies."""
    return {row[0] for row in await connection.fetch(OPEN)}


# --- the policies


async def test_every_table_that_says_whose_a_row_is_is_fenced(hall: Hall) -> None:
    named = {name for name, table in metadata.tables.items() if "company_id" in table.columns or name == "company"}
    named -= {"credential"}  # a credential belongs to its account
    assert named == set(COMPANIES)
    assert {name for name, table in metadata.tables.items() if table.info.get("tenant")} == TENANTS - {"company"}
    connection = await connect(hall.dsn)
    try:
        forced = await connection.fetch("select relname from pg_class where relrowsecurity and relforcerowsecurity")
        policies = await connection.fetch(
            "select tablename, array_agg(cmd order by cmd) from pg_policies where roles = $1 group by 1", [ROLE]
        )
        guards = await connection.fetch("select tgrelid::regclass::text from pg_trigger where tgname = 'fence_change'")
        role = await connection.fetchrow("select rolsuper or rolbypassrls from pg_roles where rolname = $1", ROLE)
    finally:
        await connection.close()
    assert {row[0] for row in forced} == named
    assert {(row[0], *row[1]) for row in policies} == {(name, "DELETE", "INSERT", "SELECT", "UPDATE") for name in named}
    assert {row[0].strip('"') for row in guards} == named
    assert role is not None
    assert not role[0]


@pytest.mark.parametrize("name", ENTERED)
async def test_who_calls_opens_the_companies_that_they_have_entered(hall: Hall, name: str) -> None:
    async with inside(hall.dsn, caller(name)) as connection:
        assert await opened(connection) == ENTERED[name]


async def test_with_the_fence_up_other_companies_have_no_rows(hall: Hall) -> None:
    shown: dict[str, set[uuid.UUID]] = {}
    async with inside(hall.dsn, caller("Olga")) as connection:
        for table, column in COMPANIES.items():
            rows = await connection.fetch(f'select distinct {column} from "{table}" where {column} is not null')
            shown[table] = {row[0] for row in rows}
    assert all(companies <= {A} for companies in shown.values())
    assert len([companies for companies in shown.values() if companies]) > 10
    async with inside(hall.dsn, caller("Nobody")) as connection:
        for table in TENANTS:
            assert await connection.fetchval(f'select count(*) from "{table}"') == 0


async def test_who_left_a_company_sees_there_what_became_of_the_own_access_and_nothing_else(hall: Hall) -> None:
    async with inside(hall.dsn, caller("Removed")) as connection:
        mine = await connection.fetch("select id, account_id from membership where company_id = $1", B)
        assert {row["account_id"] for row in mine} == {key("account Removed")}
        changes = await connection.fetch("select membership_id from access_change where company_id = $1", B)
        assert {row["membership_id"] for row in changes} == {row["id"] for row in mine}
        for table in TENANTS - {"membership", "access_change"}:
            assert await connection.fetchval(f'select count(*) from "{table}" where {COMPANIES[table]} = $1', B) == 0
    async with inside(hall.dsn, caller("Pending")) as connection:
        invited = await connection.fetch("select account_id, accepted_at from membership")
        assert [tuple(row.values()) for row in invited] == [(key("account Pending"), None)]
        for table in TENANTS - {"membership"}:
            assert await connection.fetchval(f'select count(*) from "{table}"') == 0


async def test_a_letter_opens_its_company_to_who_carries_its_secret(hall: Hall) -> None:
    looking = await connect(hall.dsn)
    try:
        async with looking.transaction():
            digest = bytes.fromhex(caller("Nobody", "secret").letters[0])
            await looking.execute(LETTER, digest, A, key("account Pending"))
        for letter, companies in (("secret", {A}), ("another", NOTHING), (None, NOTHING)):
            async with inside(hall.dsn, caller("Nobody", letter)) as connection:
                assert await opened(connection) == companies
        async with inside(hall.dsn, caller("Nobody", "secret")) as connection:
            await connection.execute("delete from mail_token where token_hash = $1", digest)
            assert await opened(connection) == {A}, "until the transaction ends"
    finally:
        await looking.execute("delete from mail_token")
        await looking.close()


async def test_a_company_is_open_to_the_transaction_that_founds_it(hall: Hall) -> None:
    async with inside(hall.dsn, caller("Olga")) as connection:
        founded = await connection.fetchval(NEW)
        assert await opened(connection) == {A, founded}
        await connection.execute(JOIN, founded, key("account Olga"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("insert into company (id, name) values ($1, 'B') on conflict do nothing", B)


async def test_who_signs_in_opens_its_companies_at_once(hall: Hall) -> None:
    async with inside(hall.dsn, caller("Nobody")) as connection:
        await connection.execute(SIGN_IN, b"new", key("account Piet"))
        assert await opened(connection) == {B, C}


async def test_what_was_left_is_open_until_the_end_of_the_transaction(hall: Hall) -> None:
    async with inside(hall.dsn, caller("Compta")) as connection:
        leave = "update membership set removed_at = now() where company_id = $1 and account_id = $2"
        await connection.execute(leave, A, key("account Compta"))
        assert await opened(connection) == {A, B, C}
        await connection.execute("set local fence.open = ''")
        assert await opened(connection) == {B, C}


WRONG = [
    "insert into company_settings (company_id) values ($1)",
    "update company set name = 'B' where id = $1",
    "update contact set name = 'B' where company_id = $1",
    f"update contact set company_id = '{A}' where company_id = $1",
    f"update contact_person set company_id = $1 where company_id = '{A}'",
    "delete from document_line where company_id = $1",
    "delete from company where id = $1",
]


@pytest.mark.parametrize("statement", WRONG)
async def test_with_the_fence_down_a_change_elsewhere_is_an_error(hall: Hall, statement: str) -> None:
    async with inside(hall.dsn, caller("Olga")) as connection:
        await connection.execute("set local fence.state = 'down'")
        assert await connection.fetchval("select count(*) from company") > 3
        with pytest.raises(asyncpg.PostgresError) as error:
            await connection.execute(statement, B)
    assert error.value.sqlstate in (TRESPASS, REFUSED)


async def test_outside_of_any_request_all_is_open(hall: Hall) -> None:
    async with inside(hall.dsn, OUTSIDE) as connection:
        everybodys = await connection.fetchval("select count(*) from company")
        assert everybodys > 3
        assert await connection.execute("update company set name = ''") == f"UPDATE {everybodys}"


# --- the product's connections


async def test_the_suite_runs_behind_the_fence(hall: Hall, world: World, databases: Databases, template: str) -> None:
    for database in (hall.database, world.database):
        assert (await database.read("select current_user::text", ()))[0] == ROLE
    before = GUARD.compared
    async with world.signed_in("lambert") as token:
        outcome = await world.ask("{ viewer { companies { nodes { name } } } }", None, token)
    assert GUARD.compared == before + 1
    assert len(outcome.statements) == 1


async def test_what_differs_for_a_moment_only_is_nobodys_fault(databases: Databases, template: str) -> None:
    dsn = await databases.clone(template)
    connection = await connect(dsn)
    firm, other = await Firm.found(connection), await Firm.found(connection)
    await connection.execute(f"create sequence runs; grant all on sequence runs to {ROLE}")
    database = await Database.open(dsn, PoolSettings(size=1))
    before = CALLER.set(Caller.of(GraphQLRequest("{ x }", token=firm["owner"].token)))
    logged: list[str] = []

    def remember(ran: Any) -> None:
        logged.append(ran.query)

    try:
        late = "select count(*) from company where id = $1 and nextval('runs') > 1"
        async with database.transaction() as connected:
            cast("Any", connected).add_query_logger(remember)
        assert (await database.read(late, (firm.key,)))[0] == 1
        assert (await database.read("select last_value from runs", ()))[0] == 4, "twice with the fence, twice without"
        await asyncio.sleep(0)  # asyncpg calls its query loggers in the loop's next round
        assert logged.count(late) == 1, "the product has asked once"
        number = "select nextval('runs') position from company where id = $1"
        assert (await database.read(number, (firm.key,)))["position"] == 6, "compared once"
        with trespassing() as found, pytest.raises(Trespass):
            await database.read("select count(*) from company where id = $1", (other.key,))
        assert len(found) == 1
        async with database.transaction() as connected:
            assert await connected.fetchval(late, firm.key) == 1
    finally:
        CALLER.reset(before)
        await connection.close()
        await database.close()
        await databases.drop(dsn)


async def test_the_seconds_until_something_happens_are_compared_in_a_snapshot(
    databases: Databases, template: str
) -> None:
    dsn = await databases.clone(template)
    connection = await connect(dsn)
    firm, other = await Firm.found(connection), await Firm.found(connection)
    database = await Database.open(dsn, PoolSettings(size=1))
    seconds = (
        "select extract(epoch from c.t - now())::float8 term from (select max(trial_ends_at) t from company c {}) c"
    )
    await connection.execute("update company set trial_ends_at = '2100-01-01'")
    await connection.execute("update company set trial_ends_at = '2101-01-01' where id = $1", other.key)
    before = CALLER.set(Caller.of(GraphQLRequest("{ x }", token=firm["owner"].token)))
    try:
        assert (await database.read(seconds.format("where id = $1"), (firm.key,)))["term"] > 0
        with trespassing() as found, pytest.raises(Trespass):
            await database.read(seconds.format(""), ())
        assert len(found) == 1
        async with database.transaction() as connected:
            assert await connected.fetchval(seconds.format("where id = $1"), firm.key) > 0
            with trespassing() as found, pytest.raises(Trespass):
                await connected.fetchval(seconds.format(""))
        assert len(found) == 1
    finally:
        CALLER.reset(before)
        await connection.close()
        await database.close()
        await databases.drop(dsn)


async def test_a_statement_of_the_compiler_outside_of_any_request_is_noticed(hall: Hall) -> None:
    compiler = default_compiler()
    operation = Documents(compiler.schema).find("{ viewer { account { email } } }").choose(None)
    statement = compiler.read(operation, operation.coerce({}))
    with trespassing() as found, pytest.raises(Trespass):
        await hall.database.read(statement.sql, ())
    assert len(found) == 1


async def test_who_calls_may_change_within_a_transaction(hall: Hall) -> None:
    """So do tests that look at what they wrote and will undo."""
    count = "select count(*) from company"
    async with hall.database.transaction() as connection:
        everybodys = await connection.fetchval(count)
        for name in ("Compta", "Olga"):
            before = CALLER.set(caller(name))
            try:
                with trespassing() as found, pytest.raises(Trespass):
                    await connection.fetchval(count)
            finally:
                CALLER.reset(before)
            assert f"fence [<Record count={len(ENTERED[name])}>]" in found[0]
        assert await connection.fetchval(count) == everybodys


def test_in_a_sample_every_statement_is_compared_at_first_and_every_fourth_time() -> None:
    guard = Guard(samples=True)
    assert [guard.wants("a") for _ in range(9)] == [True, False, False, False] * 2 + [True]
    assert [guard.wants("b") for _ in range(2)] == [True, False]
    assert all(Guard().wants("a") for _ in range(9))


@pytest.mark.parametrize(
    ("statement", "compared"),
    [
        ("select name from company c", True),
        ("select 1 from MEMBERSHIP for no key update", True),
        ("select 'delete from company' from contact", True),
        ("select company_id from account", False),
        ("with x as (delete from outbox returning id) select id from x join company on true", False),
        ("update company c set name = ''", False),
        ("select 1 from company for update", True),
        ("insert into company (name) values ('')", False),
    ],
)
def test_what_reads_rows_of_companies_is_compared(statement: str, compared: bool) -> None:
    assert is_compared(statement) is compared


ACCEPT = "mutation { acceptInvitation(input: {%s}) { token: token } }"


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (ACCEPT % 'password: "other", token: "secret"', {}),
        (ACCEPT % "token: $t", {"t": "secret", "u": "other"}),
        ("mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { token } }",
         {"input": {"token": "secret", "password": "other"}}),
    ],
)  # fmt: skip
def test_a_letter_is_what_an_input_calls_token(query: str, variables: dict[str, Any]) -> None:
    request = GraphQLRequest(query, variables=variables, token="x")
    assert Caller.of(request).letters == (hashlib.sha256(b"secret").hexdigest(),)
    assert Caller.of(GraphQLRequest(query.replace("mutation", "query"), variables=variables)).letters == ()
