"""The migrations: they make what the metadata says, once, whole or not at all, and refuse what they cannot serve."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import sqlalchemy
from alembic import op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import base

from db.alembic_runner import Migration, configuration, migrations, running
from db.connection import Connection, connect
from db.embedded.identity import choose_identity
from db.embedded.process import Child
from db.errors import DatabaseError, DatabaseMisconfigured, DatabaseUnavailable
from db.migrate import LOCK, migrate
from db.migrations.shorthand import (
    TransactionId,
    add_check_that,
    fill_in_batches,
    index_concurrently,
    not_null_by_check,
)
from db.schema_version import FIRST, is_migrated, revisions
from db.tables import metadata
from db.text.functions import functions
from resolvers.app_rows import app_rows
from tests.support.databases import ROOT, Databases
from tests.support.relays import over_tcp
from tests.support.sqlalchemy_tables import sqlalchemy_tables

OLD_BINARIES = Path("/usr/lib/postgresql/15/bin")
TEMPORAL = {"pk_company_app", "pk_app_grant"}
EXTENSIONS = [f"create extension {name}" for name in ("pg_trgm", "btree_gin")]

MIGRATE = """
import asyncio, sys
from db.migrate import migrate
asyncio.run(migrate(sys.argv[1], ()))
"""

MIGRATE_AGAIN = """
import asyncio, sys
import asyncpg
from db.migrate import migrate
from resolvers.app_rows import app_rows

ran = []

def noted(name):
    usual = getattr(asyncpg.Connection, name)
    def run(self, query, *args, **options):
        ran.append(query)
        return usual(self, query, *args, **options)
    return run

for name in ("execute", "fetch", "fetchrow", "fetchval"):
    setattr(asyncpg.Connection, name, noted(name))
asyncio.run(migrate(sys.argv[1], app_rows()))
print(len(ran), "sqlalchemy" in sys.modules, "alembic" in sys.modules)
"""

WAITING = """
select count(*)
from pg_stat_activity
where datname = current_database() and application_name = 'enfact migration'
    and state = 'idle' and query like '%pg_try_advisory_lock%'
"""
"""Processes that were refused the lock and ask again."""

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
    "prefer-robust-stmts": "a step looks first at what is there (test_migrating.py repeats each migration in steps)",
    "prefer-text-field": "Alembic's own table",
    "require-concurrent-index-deletion": "concurrently where somebody may wait (shorthand.py), not in a new database",
    "require-lock-timeout": "set on the connection that migrates",
    "require-statement-timeout": "set on the connection that migrates",
}

TAKING = ("ban-drop-column", "ban-drop-table", "renaming-column", "renaming-table", "changing-column-type")
"""What takes away something that older code uses: for migrations that name the oldest code that does without."""


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
    async with connected(empty_dsn) as connection, running(connection) as runner, runner.connection.begin():
        for statement in (*EXTENSIONS, *functions()):
            await runner.connection.exec_driver_sql(statement)
        await runner.connection.run_sync(sqlalchemy_tables(metadata).create_all)
    declared, migrated = await objects(empty_dsn), await objects(worker_dsn)
    assert without_temporal_keys(migrated) == without_temporal_keys(declared)
    for name in TEMPORAL:
        plain = declared["constraint", name]
        assert migrated["constraint", name] == plain.replace("valid)", "valid WITHOUT OVERLAPS)")


async def test_alembic_finds_nothing_left_to_do(worker_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def differences(connection: sqlalchemy.Connection) -> Iterable[Any]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return compare_metadata(context, sqlalchemy_tables(metadata))

    monkeypatch.setitem(base.ischema_names, "xid8", TransactionId)
    async with connected(worker_dsn) as connection, running(connection) as runner:
        found = list(await runner.connection.run_sync(differences))
    assert [change for change in found if not is_of_expressions(change)] == []


def is_of_expressions(change: Any) -> bool:
    """True for a change of an index of expressions, which Alembic cannot compare; their definitions are, above."""
    match change:
        case ("add_index" | "remove_index", Index(expressions=expressions)):
            return not all(isinstance(one, Column) for one in expressions)
        case _:
            return False


def test_the_files_are_the_revisions_in_order() -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert list(revisions()) == [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert scripts.get_current_head() == revisions()[-1]


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
    statements, with_sqlalchemy, with_alembic = output.decode().split()
    assert (with_sqlalchemy, with_alembic) == ("False", "False")
    assert 0 < int(statements) <= 3


async def test_a_migration_that_fails_leaves_nothing(empty_dsn: str) -> None:
    rows = app_rows()
    with pytest.raises(DatabaseMisconfigured, match="wants position 0"):
        await migrate(empty_dsn, [*rows, replace(rows[0], id="OTHER")])
    assert await objects(empty_dsn) == {}
    await migrate(empty_dsn, rows)


async def test_a_database_of_newer_code_is_refused(fresh_dsn: str) -> None:
    async with connected(fresh_dsn) as connection:
        await connection.execute("update alembic_version set version_num = '9999', oldest_code = '9998'")
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
    async with asyncio.timeout(60):
        while isinstance(refusal := await refused(old_server), DatabaseUnavailable):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert "PostgreSQL 15; version 18 or newer is needed" in str(refusal)


async def refused(dsn: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as raised:
        await migrate(dsn, app_rows())
    return raised.value


def lint(sql: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What squawk finds in the SQL of a migration."""
    excluded = [f"--exclude={rule}" for rule in JUSTIFIED]
    return subprocess.run(
        [Path(sys.executable).with_name("squawk"), "--pg-version=18.0", *options, *excluded],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )


def sql_of(*written: Migration) -> str:
    output = io.StringIO()
    for migration in written:
        migration.write(output)
    return output.getvalue()


def lint_alone(migration: Migration) -> subprocess.CompletedProcess[str]:
    """What squawk finds in a migration by itself, where every table was there before."""
    taking = [f"--exclude={rule}" for rule in TAKING] if migration.oldest_code else []
    return lint(sql_of(migration), *taking, *([] if migration.in_steps else ["--assume-in-transaction"]))


def test_squawk_finds_no_dangerous_statement_in_the_first_migrations() -> None:
    sql = sql_of(*(migration for migration in migrations() if migration.revision <= FIRST))
    assert "create extension" in sql
    run = lint(sql, "--assume-in-transaction")
    assert run.returncode == 0, run.stdout


def test_squawk_finds_no_dangerous_statement_in_a_later_one() -> None:
    runs = {migration.revision: lint_alone(migration) for migration in migrations(FIRST)}
    assert {revision: run.stdout for revision, run in runs.items() if run.returncode} == {}


def dangerous() -> None:
    op.create_index("ix_invoice_number", "invoice", ["number"])


def careful() -> None:
    index_concurrently("ix_invoice_number", "invoice (number)")
    fill_in_batches("invoice", "number = 'x'", "number is null")
    add_check_that("invoice", "number_is_short", "length(number) < 100")
    not_null_by_check("invoice", "number")


def test_the_oldest_code_is_older_than_the_migration_that_names_it() -> None:
    named = {migration.revision: migration.oldest_code for migration in migrations() if migration.oldest_code}
    assert all(FIRST <= oldest < revision for revision, oldest in named.items()), named
    assert set(named.values()) <= set(revisions())


@pytest.mark.parametrize(
    "statement",
    [
        "alter table contact drop column name",
        "drop table contact",
        "alter table contact rename column name to title",
        "alter table contact rename to person",
        "alter table contact alter column name type varchar",
    ],
)
def test_only_a_migration_that_names_the_oldest_code_takes_away(statement: str) -> None:
    take = SimpleNamespace(upgrade=lambda: op.execute(statement))
    assert lint_alone(Migration("9001", take)).returncode == 1
    take.oldest_code = "9000"
    run = lint_alone(Migration("9001", take))
    assert run.returncode == 0, run.stdout


def test_a_column_that_old_inserts_leave_out_is_refused() -> None:
    require = SimpleNamespace(upgrade=lambda: op.execute("alter table contact add column required integer not null"))
    assert "adding-required-field" in lint_alone(Migration("9001", require)).stdout


@pytest.mark.parametrize(
    ("upgrade", "in_steps", "rule"),
    [
        (dangerous, False, "require-concurrent-index-creation"),
        (dangerous, True, "require-concurrent-index-creation"),
        (careful, True, None),
    ],
    ids=["an index", "an index in steps", "steps"],
)
def test_squawk_looks_at_a_migration_by_itself(upgrade: Callable[[], None], in_steps: bool, rule: str | None) -> None:
    run = lint_alone(Migration("9001", SimpleNamespace(upgrade=upgrade, in_steps=in_steps)))
    assert (run.returncode == 0) == (rule is None), run.stdout
    assert rule is None or rule in run.stdout


@pytest.mark.parametrize(
    "step",
    [
        lambda: index_concurrently("ix_invoice_number", "invoice (number)"),
        lambda: fill_in_batches("invoice", "number = 'x'", "number is null"),
    ],
    ids=["index", "fill"],
)
def test_a_step_in_a_transaction_is_refused(step: Callable[[], None]) -> None:
    with pytest.raises(RuntimeError, match="in_steps = True"):
        sql_of(Migration("9001", SimpleNamespace(upgrade=step)))
