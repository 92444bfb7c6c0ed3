"""The pool against a real server: its settings, its bound, and what happens when statements or connections go wrong."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from db.connection import connect, require_version
from db.database import Database, PoolSettings
from db.errors import (
    ConnectionLost,
    Crowded,
    DatabaseMisconfigured,
    DatabaseTimeout,
    DatabaseUnavailable,
    NoMoreConnections,
    TakesNoWrites,
    translate,
)
from db.sharing import PAYER
from tests.support.databases import Databases
from tests.support.relays import over_tcp

SLOW_PID = "pg_backend_pid() from (select pg_sleep(0.5)) slow"
NOWHERE = "postgresql://postgres@/postgres?host=/nonexistent"


@pytest.fixture
async def narrow(worker_dsn: str) -> AsyncGenerator[Database]:
    """A pool of one connection with short times."""
    settings = PoolSettings(size=1, acquire_timeout=0.2, statement_timeout=0.2, lock_timeout=0.1)
    database = await Database.open(worker_dsn, settings)
    yield database
    await database.close()


async def backend(database: Database) -> int:
    return (await database.read("select pg_backend_pid()", ()))[0]


@contextmanager
def paid_by(payer: str) -> Generator[None]:
    """What is done in the block is somebody's."""
    before = PAYER.set(payer)
    yield
    PAYER.reset(before)


async def slow_pid(database: Database, payer: str) -> int:
    with paid_by(payer):
        return (await database.read(f"select {SLOW_PID}", ()))[0]


async def end_all(dsn: str) -> int:
    """End every other connection to the database; gives how many there were."""
    admin = await connect(dsn)
    try:
        return await admin.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    finally:
        await admin.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jit", "off"),
        ("plan_cache_mode", "force_generic_plan"),
        ("max_parallel_workers_per_gather", "0"),
        ("timezone", "UTC"),
        ("datestyle", "ISO, MDY"),
        ("statement_timeout", "10s"),
        ("lock_timeout", "1200ms"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("application_name", "enfact"),
    ],
)
async def test_the_connection_has_the_setting(database: Database, name: str, value: str) -> None:
    row = await database.read(
        "select current_setting($1::text), source from pg_settings where lower(name) = $1", (name,)
    )
    assert tuple(row) == (value, "client")


async def test_a_generic_plan_is_used_from_the_first_call(narrow: Database) -> None:
    await narrow.read("select $1::int + 1", (1,))
    row = await narrow.read(
        "select generic_plans, custom_plans from pg_prepared_statements where statement ~ '::int'", ()
    )
    assert tuple(row) == (1, 0)


async def test_varchar_arrives_as_bytes_and_text_as_str(database: Database) -> None:
    row = await database.read("select 'é€'::varchar, 'é€'::text, null::varchar, $1::varchar", ("é",))
    assert tuple(row) == ("é€".encode(), "é€", None, "é".encode())


async def test_arguments_are_typed_by_their_casts(database: Database) -> None:
    now = datetime.now(UTC)
    row = await database.read("select $1::int[], $2::timestamptz, $3::numeric", ([1, 2], now, 3))
    assert (row[0], row[1], int(row[2])) == ([1, 2], now, 3)


async def test_a_statement_keeps_its_plan_on_the_connection(narrow: Database) -> None:
    longest = PoolSettings().longest_cached
    for length in (longest - 20, longest + 20):
        for _ in range(3):
            await narrow.read("select 1 /*" + "x" * (length - 13) + "*/", ())
    rows = "select array_agg(length(statement)) from pg_prepared_statements where length(statement) > 30000"
    assert (await narrow.read(rows, ()))[0] == [longest - 20], "a longer statement is not kept"


async def test_the_statement_cache_is_bounded(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn, PoolSettings(size=1, statement_cache=5))
    for number in range(20):
        await database.read(f"select {number}", ())
    row = await database.read("select count(*) from pg_prepared_statements", ())
    await database.close()
    assert row[0] <= 6


async def test_giving_a_connection_back_runs_no_statement(narrow: Database, database: Database) -> None:
    pid = (await narrow.read("select pg_backend_pid() /* the last one */", ()))[0]
    row = await database.read("select query from pg_stat_activity where pid = $1::int", (pid,))
    assert row[0] == "select pg_backend_pid() /* the last one */"


async def test_local_settings_end_with_their_transaction(narrow: Database) -> None:
    async with narrow.transaction() as connection:
        await connection.execute("select set_config('enfact.company', 'secret', true)")
        assert await connection.fetchval("select current_setting('enfact.company')") == "secret"
    row = await narrow.read("select nullif(current_setting('enfact.company', true), '')", ())
    assert row[0] is None


async def test_a_transaction_commits_at_its_end(fresh_database: Database) -> None:
    async with fresh_database.transaction() as connection:
        await connection.execute("insert into company (name) values ('Alpha')")
    assert (await fresh_database.read("select name from company", ()))[0] == "Alpha"


@pytest.mark.parametrize(
    "error", [ValueError("no"), OSError("not the database"), TimeoutError(), asyncio.CancelledError()]
)
async def test_an_exception_undoes_a_transaction_and_passes_through(database: Database, error: BaseException) -> None:
    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute("insert into company (name) values ('Alpha')")
            raise error

    with pytest.raises(type(error)) as raised:
        await write()
    assert raised.value is error
    assert (await database.read("select count(*) from company", ()))[0] == 0


async def test_a_broken_constraint_keeps_its_name(database: Database) -> None:
    with pytest.raises(asyncpg.UniqueViolationError) as raised:
        async with database.transaction() as connection:
            await connection.execute("insert into app select * from app where id = 'INVOICES'")
    assert raised.value.constraint_name == "pk_app"


async def test_what_takes_too_long_is_a_timeout(narrow: Database) -> None:
    pid = await backend(narrow)
    with pytest.raises(DatabaseTimeout):
        await narrow.read("select pg_sleep(5)", ())
    assert await backend(narrow) == pid


async def test_waiting_too_long_for_a_lock_is_a_timeout(narrow: Database, database: Database) -> None:
    async with database.transaction() as holder:
        await holder.execute("lock table installation in access exclusive mode")
        with pytest.raises(DatabaseTimeout):
            await narrow.read("select count(*) from installation", ())


async def test_a_timeout_in_a_transaction_is_a_timeout(narrow: Database) -> None:
    with pytest.raises(DatabaseTimeout):
        async with narrow.transaction() as connection:
            await connection.execute("select pg_sleep(5)")


async def test_a_server_that_stops_answering_is_a_timeout(worker_dsn: str) -> None:
    server_never_stops = PoolSettings(size=1, statement_timeout=0, longest_loan=0.2)
    database = await Database.open(worker_dsn, server_never_stops)
    with pytest.raises(DatabaseTimeout, match="did not answer"):
        await database.read("select pg_sleep(5)", ())
    with pytest.raises(DatabaseTimeout, match="did not answer"):
        await _sleep_in_a_transaction(database)
    await database.ping()
    await database.close()


async def _sleep_in_a_transaction(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("select pg_sleep(0.1)")
        await connection.execute("select pg_sleep(5)")


async def test_a_cancelled_read_leaves_the_pool_healthy(narrow: Database) -> None:
    task = asyncio.create_task(narrow.read("select pg_sleep(60), set_config('statement_timeout', '0', true)", ()))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await narrow.read("select 1", ()))[0] == 1


async def test_a_pool_without_a_free_connection_is_unavailable_after_a_while(narrow: Database) -> None:
    async with narrow.transaction(), asyncio.timeout(60):
        with paid_by("another"), pytest.raises(DatabaseUnavailable, match="became free"):
            await narrow.ping()
    await narrow.ping()


async def test_the_pool_never_opens_more_connections_than_its_size(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn, PoolSettings(size=3, share=3, application_name="bound"))
    count = "select count(*), pg_sleep(0.02) from pg_stat_activity where application_name = 'bound'"
    rows = await asyncio.gather(*(database.read(count, ()) for _ in range(30)))
    await database.close()
    assert max(row[0] for row in rows) == 3


async def test_one_caller_at_a_time_stays_on_one_connection(database: Database) -> None:
    await asyncio.gather(*(database.ping() for _ in range(10)))
    assert len({await backend(database) for _ in range(10)}) == 1


async def test_reads_survive_the_end_of_every_connection(fresh_database: Database, fresh_dsn: str) -> None:
    await asyncio.gather(*(fresh_database.read("select pg_sleep(0.3)", ()) for _ in range(4)))
    assert await end_all(fresh_dsn) > 1
    rows = await asyncio.gather(*(fresh_database.read("select 1", ()) for _ in range(20)))
    assert [row[0] for row in rows] == [1] * 20


async def test_a_read_is_repeated_once_when_its_connection_dies_under_it(
    fresh_database: Database, fresh_dsn: str
) -> None:
    task = asyncio.create_task(fresh_database.read("select pg_sleep(0.3), 7", ()))
    await asyncio.sleep(0.1)
    assert await end_all(fresh_dsn) == 1
    assert (await task)[1] == 7


async def test_after_a_lost_connection_the_others_are_not_trusted(database: Database) -> None:
    pids = [row[0] for row in await asyncio.gather(*(database.read(f"select {SLOW_PID}", ()) for _ in range(2)))]
    task = asyncio.create_task(database.read(f"select {SLOW_PID}", ()))
    await asyncio.sleep(0.1)
    async with database.transaction() as connection:
        await connection.execute(
            "select pg_terminate_backend(pid) from unnest($1::int[]) pid where pid <> pg_backend_pid()", pids
        )
    assert len(set(pids)) == 2
    assert (await task)[0] not in pids


async def test_a_read_whose_connections_keep_dying_is_unavailable(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        await database.read("select pg_terminate_backend(pg_backend_pid())", ())
    await database.ping()


async def test_a_transaction_is_never_repeated(fresh_database: Database, fresh_dsn: str) -> None:
    runs: list[int] = []

    async def write() -> None:
        async with fresh_database.transaction() as connection:
            runs.append(await connection.fetchval("insert into installation default values returning one"))
            await end_all(fresh_dsn)
            await connection.execute("insert into company (name) values ('Beta')")

    with pytest.raises(ConnectionLost):
        await write()
    assert runs == [1]
    assert (await fresh_database.read("select count(*) from installation", ()))[0] == 0


async def test_an_outage_writes_nothing_to_the_log(
    databases: Databases, fresh_database: Database, fresh_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    allow = f'alter database "{urlsplit(fresh_dsn).path[1:]}" with allow_connections'
    admin = await connect(databases.server)
    with caplog.at_level(logging.DEBUG, logger="asyncpg"):
        await admin.execute(f"{allow} false")
        await admin.execute("select pg_terminate_backend($1)", await backend(fresh_database))
        await asyncio.sleep(0.2)
        with pytest.raises(DatabaseUnavailable):
            await fresh_database.ping()
        await admin.execute(f"{allow} true")
        await fresh_database.ping()
    await admin.close()
    assert [record for record in caplog.records if record.name.startswith("asyncpg")] == []


async def test_requests_share_what_a_full_server_has_given(databases: Databases, fresh_dsn: str) -> None:
    admin, name = await connect(databases.server), f"enfact_few_{os.getpid()}"
    await admin.execute(f"create role {name} login connection limit 2")
    database = None
    try:
        database = await Database.open(fresh_dsn.replace("postgres@", f"{name}@"), PoolSettings(size=8, share=8))
        rows = await asyncio.gather(*(database.read("select pg_backend_pid(), pg_sleep(0.02)", ()) for _ in range(20)))
        assert len({row[0] for row in rows}) == 2
    finally:
        if database is not None:
            await database.close()
        await admin.execute(f"drop role {name}")
        await admin.close()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        await Database.open(NOWHERE)


async def test_a_missing_database_is_a_wrong_setting(worker_dsn: str) -> None:
    with pytest.raises(DatabaseMisconfigured, match="does not exist"):
        await Database.open(urlunsplit(urlsplit(worker_dsn)._replace(path="/nowhere")))


async def test_an_address_that_is_none_is_a_wrong_setting() -> None:
    with pytest.raises(DatabaseMisconfigured):
        await Database.open("mysql://root@localhost/enfact")


async def test_a_second_host_answers_when_the_first_is_gone(worker_dsn: str) -> None:
    async with over_tcp(worker_dsn, earlier_hosts="127.0.0.1:1,") as dsn:
        database = await Database.open(dsn)
        await database.ping()
        await database.close()


async def test_a_closed_pool_is_unavailable_and_closes_again(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn)
    await database.close()
    await database.close()
    with pytest.raises(DatabaseUnavailable):
        await database.ping()


async def test_a_wrong_statement_is_nobodys_outage(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.read("select * from nowhere", ())
    with pytest.raises(asyncpg.InterfaceError, match="expects 1 argument"):
        await database.read("select $1::int", ())
    with pytest.raises(LookupError):
        await database.read("select 1 where false", ())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("57014", DatabaseTimeout),
        ("55P03", DatabaseTimeout),
        ("25P03", DatabaseTimeout),
        ("57P01", ConnectionLost),
        ("08006", ConnectionLost),
        ("25006", TakesNoWrites),
        ("57P03", DatabaseUnavailable),
        ("53300", NoMoreConnections),
        ("53200", DatabaseUnavailable),
        ("08001", DatabaseUnavailable),
        ("40P01", DatabaseUnavailable),
        ("42501", DatabaseMisconfigured),
        ("28P01", DatabaseMisconfigured),
        ("3D000", DatabaseMisconfigured),
        ("3F000", DatabaseMisconfigured),
        ("23505", asyncpg.UniqueViolationError),
        ("XX000", asyncpg.InternalServerError),
    ],
)
def test_each_state_has_its_meaning(state: str, expected: type[Exception]) -> None:
    error = asyncpg.PostgresError.new({"C": state, "M": "message", "S": "ERROR"})
    assert type(translate(error)) is expected


@pytest.mark.parametrize("error", [asyncpg.InternalClientError("got no result"), asyncpg.ProtocolError("cut off")])
def test_a_message_that_was_cut_off_is_a_lost_connection(error: Exception) -> None:
    assert type(translate(error)) is ConnectionLost


async def test_transactions_leave_half_of_the_connections_to_reads(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn, PoolSettings(size=4, share=2, acquire_timeout=1))
    async with database.transaction():
        with paid_by("another"):
            async with database.transaction():
                with paid_by("a third"), pytest.raises(DatabaseUnavailable, match="became free"):
                    async with database.transaction():
                        pass
                rows = await asyncio.gather(*(slow_pid(database, payer) for payer in ("a third", "a fourth")))
                assert len(set(rows)) == 2
    async with database.transaction():
        pass
    await database.close()


async def test_writes_of_one_statement_leave_a_third_of_the_connections_to_reads(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn, PoolSettings(size=6, share=2, acquire_timeout=1))
    slow: list[asyncio.Task[object]] = []
    for payer in ("one", "one", "another", "a third"):
        with paid_by(payer):
            slow.append(asyncio.create_task(database.write("select pg_sleep(60)", ())))
    await asyncio.sleep(0)
    with paid_by("a fourth"):
        with pytest.raises(DatabaseUnavailable, match="became free"):
            await database.write("select 1", ())
        with pytest.raises(DatabaseUnavailable, match="became free"):  # which is a write, too
            async with database.transaction():
                pass
    rows = await asyncio.gather(*(slow_pid(database, payer) for payer in ("a fourth", "a fifth")))
    assert len(set(rows)) == 2
    database.abandon()
    assert {type(error) for error in await asyncio.gather(*slow, return_exceptions=True)} == {ConnectionLost}
    await database.close()


async def test_one_payer_leaves_connections_and_transactions_to_others(worker_dsn: str) -> None:
    database = await Database.open(worker_dsn, PoolSettings(size=6, acquire_timeout=0.3))
    with paid_by("seller"):
        slow = [asyncio.create_task(database.read("select pg_sleep(60)", ())) for _ in range(8)]
    await asyncio.sleep(0)
    with paid_by("another"):
        assert (await database.read("select 1", ()))[0] == 1
        async with database.transaction() as connection:
            assert await connection.fetchval("select 2") == 2
    with paid_by("seller"), pytest.raises(Crowded):
        await database.ping()
    assert [task.done() for task in slow[:2]] == [False, False]
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    await database.close()


def test_a_server_older_than_18_is_refused() -> None:
    require_version(18)
    with pytest.raises(DatabaseMisconfigured, match="PostgreSQL 17; version 18 or newer"):
        require_version(17)
