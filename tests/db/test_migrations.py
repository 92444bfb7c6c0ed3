"""The migrations: they make what the metadata says, once, whole or not at all, and refuse what they cannot serve."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from db.connection import Connection, connect
from db.embedded.identity import choose_identity
from db.embedded.process import Child
from db.errors import DatabaseError, DatabaseMisconfigured, DatabaseUnavailable
from db.migrate import LOCK, SETTINGS, is_migrated, migrate, revisions
from db.tables import metadata
from db.upgrade import configuration, print_upgrade, upgrading
from resolvers.catalogue import app_rows
from tests.databases import ROOT, Databases, over_tcp

OLD_BINARIES = Path("/usr/lib/postgresql/15/bin")
TEMPORAL = {"pk_company_app", "pk_app_grant"}

MIGRATE = """
import asyncio, sys
from db.migrate import migrate
asyncio.run(migrate(sys.argv[1], ()))
"""

MIGRATE_AGAIN = """
import asyncio, sys, time
from db.migrate import migrate
from resolvers.catalogue import app_rows

async def main():
    rows, times = app_rows(), []
    for _ in range(5):
        start = time.perf_counter()
        await migrate(sys.argv[1], rows)
        times.append(time.perf_counter() - start)
    print(min(times), "sqlalchemy" in sys.modules, "alembic" in sys.modules)

asyncio.run(main())
"""

WAITING = """
select count(*)
from pg_locks
join pg_database on pg_database.oid = database and datname = current_database()
where locktype = 'advisory' and not granted
"""

OBJECTS = """
select 'column', concat_ws('.', relname, attname),
    concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attgenerated, pg_get_expr(adbin, adrelid))
from pg_class
join pg_attribute on attrelid = pg_class.oid and attnum > 0
left join pg_attrdef on adrelid = attrelid and adnum = attnum
where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'alembic_version'
union all
select 'constraint', conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid)
from pg_constraint
where connamespace = 'public'::regnamespace and conrelid <> coalesce(to_regclass('alembic_version'), 0)
union all
select 'index', indexname, indexdef
from pg_indexes
where schemaname = 'public' and tablename <> 'alembic_version'
"""

JUSTIFIED = {
    "ban-drop-constraint": "only to make it wider, in the same transaction",
    "constraint-missing-not-valid": "validated at once: a new column is null in every row, a wider check holds already",
    "prefer-bigint-over-int": "numbers that count within one company or document",
    "prefer-bigint-over-smallint": "positions of a few hundred apps",
    "prefer-text-field": "Alembic's own table",
    "require-lock-timeout": "set on the connection that migrates",
    "require-statement-timeout": "set on the connection that migrates",
}


@asynccontextmanager
async def connected(dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def objects(dsn: str) -> dict[tuple[str, str], str]:
    """Every column, constraint and index of the product, with its definition."""
    async with connected(dsn) as connection:
        return {(row[0], row[1]): row[2] for row in await connection.fetch(OBJECTS)}


def without_temporal_keys(found: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    return {key: text for key, text in found.items() if key[1] not in TEMPORAL}


async def test_the_migrations_make_what_the_metadata_says(empty_dsn: str, worker_dsn: str) -> None:
    async with upgrading(empty_dsn, SETTINGS) as run:
        await run.engine_connection.run_sync(metadata.create_all)
    declared, migrated = await objects(empty_dsn), await objects(worker_dsn)
    assert without_temporal_keys(migrated) == without_temporal_keys(declared)
    for name in TEMPORAL:
        plain = declared["constraint", name]
        assert migrated["constraint", name] == plain.replace("valid)", "valid WITHOUT OVERLAPS)")


async def test_alembic_finds_nothing_left_to_do(worker_dsn: str) -> None:
    def differences(connection: sqlalchemy.Connection) -> Iterable[Any]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return compare_metadata(context, metadata)

    async with upgrading(worker_dsn, SETTINGS) as run:
        assert list(await run.engine_connection.run_sync(differences)) == []


def test_the_files_are_the_revisions_in_order() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert revisions() == [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert [scripts.get_current_head()] == revisions()[-1:]


async def test_an_empty_database_is_brought_to_the_newest_revision(empty_dsn: str) -> None:
    async with connected(empty_dsn) as connection:
        assert not await is_migrated(connection)
        await migrate(empty_dsn, app_rows())
        assert await is_migrated(connection)
        assert await connection.fetchval("select version_num::text from alembic_version") == revisions()[-1]
        assert await connection.fetchval("select count(*) from app") == len(app_rows())


async def test_periods_of_a_grant_never_overlap(worker_dsn: str) -> None:
    async with connected(worker_dsn) as connection:
        await connection.execute("begin")
        company = await connection.fetchval("insert into company (name) values ('Alpha') returning id")
        insert = "insert into company_app (company_id, app_id, valid) values ($1, 'INVOICES', $2::text::tstzrange)"
        await connection.execute(insert, company, "[2026-01-01, 2026-02-01)")
        await connection.execute(insert, company, "[2026-02-01,)")
        with pytest.raises(asyncpg.ExclusionViolationError):
            await connection.execute(insert, company, "[2026-01-31, 2026-02-01)")


async def test_two_processes_migrate_once(empty_dsn: str) -> None:
    async with connected(empty_dsn) as observer:
        await observer.execute("select pg_advisory_lock($1)", LOCK)
        processes = [await start_migration(empty_dsn) for _ in range(2)]
        await until_waiting(observer, 2)
        await observer.execute("select pg_advisory_unlock($1)", LOCK)
        outputs = [await process.communicate() for process in processes]
        assert [process.returncode for process in processes] == [0, 0], outputs
        assert await is_migrated(observer)
        assert await observer.fetchval("select count(*) from alembic_version") == 1


async def test_newer_code_that_came_first_is_noticed(empty_dsn: str) -> None:
    async with connected(empty_dsn) as other:
        await other.execute("select pg_advisory_lock($1)", LOCK)
        task = asyncio.create_task(migrate(empty_dsn, app_rows()))
        await until_waiting(other, 1)
        await other.execute("create table alembic_version as select '9999'::varchar version_num")
        await other.execute("select pg_advisory_unlock($1)", LOCK)
        with pytest.raises(DatabaseMisconfigured, match="revision 9999"):
            await task


async def until_waiting(observer: Connection, processes: int) -> None:
    async with asyncio.timeout(60):
        while await observer.fetchval(WAITING) < processes:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def start_migration(dsn: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", MIGRATE, dsn, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


async def test_a_database_that_is_up_to_date_costs_little(worker_dsn: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MIGRATE_AGAIN, worker_dsn, cwd=ROOT, stdout=subprocess.PIPE
    )
    output, _ = await process.communicate()
    seconds, with_sqlalchemy, with_alembic = output.decode().split()
    assert (with_sqlalchemy, with_alembic) == ("False", "False")
    assert float(seconds) < 0.05


async def test_a_migration_that_fails_leaves_nothing(empty_dsn: str) -> None:
    rows = app_rows()
    with pytest.raises(DatabaseMisconfigured, match="wants position 0"):
        await migrate(empty_dsn, [*rows, replace(rows[0], id="OTHER")])
    assert await objects(empty_dsn) == {}
    await migrate(empty_dsn, rows)


async def test_a_database_of_newer_code_is_refused(fresh_dsn: str) -> None:
    async with connected(fresh_dsn) as connection:
        await connection.execute("update alembic_version set version_num = '9999'")
        with pytest.raises(
            DatabaseMisconfigured, match="revision 9999, which this version of the program does not know"
        ):
            await migrate(fresh_dsn, app_rows())
        with pytest.raises(DatabaseMisconfigured):
            await is_migrated(connection)


async def test_a_user_without_rights_is_told_so(databases: Databases, empty_dsn: str) -> None:
    role = f"enfact_tester_{os.getpid()}"
    async with connected(databases.server) as admin, over_tcp(empty_dsn, user=f"{role}:secret") as dsn:
        await admin.execute(f"create role {role} login password 'secret'")
        try:
            with pytest.raises(DatabaseMisconfigured, match="may not do what is needed: permission denied"):
                await migrate(dsn, app_rows())
        finally:
            await admin.execute(f"drop role {role}")


@pytest.mark.parametrize("earlier_hosts", ["", "127.0.0.1:1,"], ids=["one host", "two hosts"])
async def test_addresses_with_hosts_work(empty_dsn: str, earlier_hosts: str) -> None:
    async with over_tcp(empty_dsn, earlier_hosts=earlier_hosts) as dsn:
        await migrate(dsn, app_rows())
    async with connected(empty_dsn) as connection:
        assert await is_migrated(connection)


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(DatabaseUnavailable):
        await migrate("postgresql://postgres@/postgres?host=/nonexistent", app_rows())


async def test_a_server_that_takes_no_writes_is_unavailable(databases: Databases, empty_dsn: str) -> None:
    name = urlsplit(empty_dsn).path[1:]
    async with connected(databases.server) as admin:
        await admin.execute(f'alter database "{name}" set default_transaction_read_only = on')
    with pytest.raises(DatabaseUnavailable, match="of the wanted kind"):
        await migrate(empty_dsn, app_rows())


@pytest.fixture
async def old_server() -> AsyncGenerator[str]:
    """The DSN of a PostgreSQL 15."""
    if not (OLD_BINARIES / "postgres").exists():
        pytest.skip(f"there is no PostgreSQL 15 in {OLD_BINARIES}")
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as output:
        folder = Path(name)
        identity = choose_identity(folder, folder / "data")
        os.chown(folder, identity.uid, identity.gid)
        options = ["-N", "-A", "trust", "-U", "postgres", "-D", f"{folder}/data"]
        await Child([f"{OLD_BINARIES}/initdb", *options], identity, output.fileno(), signal.SIGKILL).wait()
        options = ["-D", f"{folder}/data", "-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
        server = Child([f"{OLD_BINARIES}/postgres", *options], identity, output.fileno(), signal.SIGINT)
        yield f"postgresql://postgres@/postgres?host={folder}"
        await server.stop()


async def test_a_server_older_than_18_is_refused(old_server: str) -> None:
    async with asyncio.timeout(20):
        while isinstance(refusal := await refused(old_server), DatabaseUnavailable):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert "PostgreSQL 15; version 18 or newer is needed" in str(refusal)


async def refused(dsn: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as raised:
        await migrate(dsn, app_rows())
    return raised.value


def test_squawk_finds_no_dangerous_statement() -> None:
    script = io.StringIO()
    print_upgrade(script)
    statements = script.getvalue().replace("BEGIN;", "").replace("COMMIT;", "")
    assert "create extension" in statements
    excluded = [f"--exclude={rule}" for rule in JUSTIFIED]
    run = subprocess.run(
        [Path(sys.executable).with_name("squawk"), "--pg-version=18.0", "--assume-in-transaction", *excluded],
        input=statements,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
