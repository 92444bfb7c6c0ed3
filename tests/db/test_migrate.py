"""migrate.py on a database in use: it stops nobody, goes on where it was, and takes turns with others."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from types import SimpleNamespace
from typing import Any, Final, TypeAlias

import asyncpg
import pytest
import sqlalchemy as sa
from alembic import op

from db import alembic_runner, app_catalogue, schema_version
from db.alembic_runner import Migration, migrations
from db.connection import Connection, connect
from db.errors import DatabaseTimeout
from db.lock_waits import LockWaits, Patience
from db.migrate import migrate
from db.migrations import shorthand
from db.migrations.shorthand import add_check_that, fill_in_batches, index_concurrently, not_null_by_check
from db.schema_version import FIRST, SchemaVersion, read_version, revisions
from db.text.folding import reading_key
from resolvers.app_rows import app_rows
from tests.db.test_migrations import WAITING, objects

QUICK: Final = Patience(total=60, lock=0.2, first_pause=0.05, longest_pause=0.2)
QUEUED: Final = """
select count(*) from pg_locks
where not granted and relation = 'contact'::regclass and mode = 'AccessExclusiveLock'
    and database = (select oid from pg_database where datname = current_database())
"""

NAMES: Final = """
with founded as (insert into company (name) values ('Atelier') returning id)
insert into contact (company_id, sequence_number, number, name, kind)
select id, n, 'C' || n, (array['Müller 9', 'Café 10', 'eBay'])[n], 'CONSUMER' from founded, generate_series(1, 3) n
"""

CODED: Final = """
with founded as (insert into company (name) values ('Atelier') returning id)
insert into product (company_id, sequence_number, number, name, price, vat_rate, ean)
select id, n, 'P' || n, 'Pump', 1, 21, (array['96385074', '96385074', '5412345'])[n]
from founded, generate_series(1, 3) n
"""

Made: TypeAlias = Callable[..., list[Migration]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """A function that puts migrations 9001, 9002 … behind those of the code; what they say of themselves is `said`."""

    def make(*upgrades: Callable[[], None], **said: Any) -> list[Migration]:
        numbered = [
            Migration(f"{n}", SimpleNamespace(upgrade=upgrade, **said)) for n, upgrade in enumerate(upgrades, 9001)
        ]
        put(monkeypatch, [*migrations(), *numbered])
        return numbered

    return make


def put(monkeypatch: pytest.MonkeyPatch, written: Sequence[Migration]) -> None:
    """Let these be the migrations of the code."""

    def after(revision: str | None = None) -> list[Migration]:
        return [migration for migration in written if revision is None or migration.revision > revision]

    monkeypatch.setattr(alembic_runner, "migrations", after)
    monkeypatch.setattr(schema_version, "revisions", lambda: tuple(migration.revision for migration in written))


@pytest.fixture
async def beside(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def other(fresh_dsn: str) -> AsyncGenerator[Connection]:
    connection = await connect(fresh_dsn)
    yield connection
    await connection.close()


async def until(connection: Connection, question: str, answer: object = True) -> None:
    async with asyncio.timeout(60):
        while await connection.fetchval(question) != answer:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def told(report: list[str], words: str) -> str:
    """The first sentence with `words`, which may be yet to come."""
    async with asyncio.timeout(60):
        while not (found := [sentence for sentence in report if words in sentence]):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found[0]


def running(dsn: str, report: list[str], patience: Patience = QUICK) -> asyncio.Task[None]:
    return asyncio.create_task(migrate(dsn, app_rows(), patience, report.append))


def add_column() -> None:
    op.add_column("contact", sa.Column("new", sa.Integer()))


def add_another() -> None:
    op.add_column("contact", sa.Column("another", sa.Integer()))


async def has_column(connection: Connection, name: str) -> bool:
    return bool(
        await connection.fetchval(
            "select true from pg_attribute where attrelid = 'contact'::regclass and attname = $1", name
        )
    )


async def test_behind_a_long_reader_nobody_waits_for_it(
    fresh_dsn: str, made: Made, beside: Connection, other: Connection
) -> None:
    made(add_column)
    report: list[str] = []
    async with beside.transaction():
        await beside.execute("select from contact limit 1")
        pid = await beside.fetchval("select pg_backend_pid()")
        migrating = running(fresh_dsn, report)
        for _ in range(3):
            await until(other, QUEUED, 1)
            async with asyncio.timeout(60):
                await other.execute("select from contact limit 1")  # it gets its turn, and the reader still reads
        waited = await told(report, "try 3")
        assert waited.startswith("Migration 9001, try 3: waiting for a lock on table contact held by process")
        assert f"process {pid}, in a transaction since 20" in waited
        assert not migrating.done()
    await migrating
    assert await has_column(other, "new")
    assert report[-1] == "Migration 9001 is done"


async def test_patience_has_an_end_and_what_was_done_stays(fresh_dsn: str, made: Made, beside: Connection) -> None:
    def elsewhere() -> None:
        op.create_table("elsewhere", sa.Column("n", sa.Integer()))

    made(elsewhere, add_column)
    patience = Patience(total=1, lock=0.2, first_pause=0.05, longest_pause=0.1)
    async with beside.transaction():
        await beside.execute("select from contact limit 1")
        with pytest.raises(
            DatabaseTimeout, match=r"Migration 9002, try \d: given up after 1 s .* table contact held by"
        ):
            await running(fresh_dsn, [], patience)
    assert await read_version(beside) == SchemaVersion("9001", FIRST)
    await running(fresh_dsn, [])
    assert await has_column(beside, "new")


async def test_who_was_interrupted_goes_on(fresh_dsn: str, made: Made, beside: Connection) -> None:
    class Interrupted(Exception):
        """The end of the process."""

    interruptions = [Interrupted()]

    def last() -> None:
        op.create_table("last", sa.Column("n", sa.Integer()))
        if interruptions:
            raise interruptions.pop()

    made(add_column, add_another, last)
    with pytest.raises(Interrupted):
        await running(fresh_dsn, [])
    assert await read_version(beside) == SchemaVersion("9002", FIRST)
    assert await beside.fetchval("select to_regclass('last')") is None
    report: list[str] = []
    await running(fresh_dsn, report)
    assert report == ["Migration 9003 is done"]
    assert await read_version(beside) == SchemaVersion("9003", FIRST)


async def test_an_index_that_was_left_half_built_is_built_again(fresh_dsn: str, made: Made, beside: Connection) -> None:
    valid = "select indisvalid from pg_index where indexrelid = to_regclass('uq_twice_n')"
    await beside.execute("create table twice as select n % 2 n from generate_series(1, 10) n")
    made(lambda: index_concurrently("uq_twice_n", "twice (n)", unique=True), in_steps=True)
    with pytest.raises(asyncpg.UniqueViolationError):
        await running(fresh_dsn, [])
    assert await beside.fetchval(valid) is False
    await beside.execute("delete from twice where ctid not in (select min(ctid) from twice group by n)")
    await running(fresh_dsn, [])
    assert await beside.fetchval(valid) is True


async def test_two_at_once_take_turns_and_the_index_waits_for_the_reader_only(
    fresh_dsn: str, made: Made, beside: Connection, other: Connection
) -> None:
    made(lambda: index_concurrently("ix_contact_new", "contact (name)"), in_steps=True)
    report: list[str] = []
    async with beside.transaction(isolation="repeatable_read"):
        await beside.execute("select from contact limit 1")
        first = running(fresh_dsn, report)
        await told(report, "waiting for a lock on the end of a transaction held by process")
        second = running(fresh_dsn, report)
        await until(other, WAITING, 1)
        await other.execute("select from contact limit 1")
        await other.execute("update contact set name = name")
        assert not first.done()
    async with asyncio.timeout(60):
        await asyncio.gather(first, second)
    assert "Migration: waiting for another process that migrates" in report
    assert report.count("Migration 9001 is done") == 1
    assert await other.fetchval("select indisvalid from pg_index where indexrelid = to_regclass('ix_contact_new')")


async def test_an_index_waits_no_longer_than_the_patience(fresh_dsn: str, made: Made, beside: Connection) -> None:
    made(lambda: index_concurrently("ix_contact_new", "contact (name)"), in_steps=True)
    async with beside.transaction(isolation="repeatable_read"):
        await beside.execute("select from contact limit 1")
        with pytest.raises(DatabaseTimeout, match="Other transactions stayed open for more than 1 s"):
            await running(fresh_dsn, [], Patience(total=1, lock=0.2))
    await running(fresh_dsn, [])
    assert await beside.fetchval("select indisvalid from pg_index where indexrelid = to_regclass('ix_contact_new')")


async def test_what_one_index_waited_the_next_may_not(fresh_dsn: str, made: Made, beside: Connection) -> None:
    """The patience is one of the whole run, also where a wait ends well."""
    left: list[float] = []

    def build() -> None:
        for column in ("name", "city"):
            left.append(op.get_context().opts["patience"]())
            index_concurrently(f"ix_contact_new_{column}", f"contact ({column})")

    made(build, in_steps=True)
    report: list[str] = []
    async with beside.transaction(isolation="repeatable_read"):
        await beside.execute("select from contact limit 1")
        migrating = running(fresh_dsn, report, Patience(total=600, lock=0.2))
        assert "Migration 9001, try 1: waiting for a lock on the end of a transaction" in await told(
            report, "waiting for"
        )
    await migrating
    assert len(left) == 2
    assert left[1] < left[0] == 600


async def test_a_try_counts_once_whether_it_was_seen_or_not() -> None:
    waits = LockWaits(Patience(total=10, lock=2, first_pause=0, longest_pause=0), lambda _: None)
    seen = 3

    async def fail() -> None:
        nonlocal seen
        for _ in range(seen):
            waits.tell("others", 0.25)
        seen -= 1
        if seen >= 0:
            raise asyncpg.LockNotAvailableError

    await waits.repeat("Work", fail)
    assert waits.left == 10 - 3 * 2
    waits.tell("others", 7)
    assert waits.left == 2, "one try is always left"
    with pytest.raises(DatabaseTimeout, match="given up after 10 s of waiting for others"):
        await waits.pause(1)


async def test_a_pass_goes_through_a_table_of_any_size(
    fresh_dsn: str, made: Made, beside: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of passes bounds how often rows that were locked are tried, not how many rows there are."""
    monkeypatch.setattr(shorthand, "PAGES", 1)
    monkeypatch.setattr(shorthand, "PASSES", 1)
    await beside.execute("create table filled as select n, null::integer twice from generate_series(1, 50000) n")
    pages = await beside.fetchval("select pg_relation_size('filled') / current_setting('block_size')::integer")
    assert pages > 100
    made(lambda: fill_in_batches("filled", "twice = 2 * n", "twice is null"), in_steps=True)
    await running(fresh_dsn, [])
    assert await beside.fetchval("select bool_and(twice = 2 * n) from filled")
    assert await beside.fetchval("select count(distinct xmin::text) from filled") > 100


async def test_a_fill_that_was_given_up_goes_on_later(
    fresh_dsn: str, made: Made, beside: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shorthand, "PASSES", 1)
    await beside.execute("create table filled as select n, null::integer twice from generate_series(1, 100) n")
    made(lambda: fill_in_batches("filled", "twice = 2 * n", "twice is null"), in_steps=True)
    async with beside.transaction():
        await beside.execute("select from filled where n = 7 for update")
        with pytest.raises(DatabaseTimeout, match="try again"):
            await running(fresh_dsn, [])
        assert await other.fetchval("select array_agg(n) from filled where twice is null") == [7]
    await running(fresh_dsn, [])
    assert await other.fetchval("select bool_and(twice = 2 * n) from filled")


async def test_rows_are_filled_in_batches_around_what_is_locked(
    fresh_dsn: str, made: Made, beside: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shorthand, "PAGES", 2)
    await beside.execute("create table filled as select n, null::integer twice from generate_series(1, 5000) n")
    made(lambda: fill_in_batches("filled", "twice = 2 * n", "twice is null"), in_steps=True)
    async with beside.transaction():
        await beside.execute("select from filled where n = 100 for update")
        migrating = running(fresh_dsn, [])
        await until(other, "select count(*) from filled where twice is null", 1)
        await other.execute("update filled set n = n where n = 4000")  # nobody holds a row that is filled
        assert not migrating.done()
    await migrating
    assert await other.fetchval("select bool_and(twice = 2 * n) from filled")
    transactions = await other.fetchval("select count(distinct xmin::text) from filled")
    assert transactions > 5


async def test_rows_that_stay_locked_are_told(
    fresh_dsn: str, made: Made, beside: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shorthand, "PASSES", 2)
    await beside.execute("create table filled as select 1 n, null::integer twice")
    made(lambda: fill_in_batches("filled", "twice = 2 * n", "twice is null"), in_steps=True)
    async with beside.transaction():
        await beside.execute("select from filled for update")
        with pytest.raises(DatabaseTimeout, match="rows of filled are always locked"):
            await running(fresh_dsn, [])


async def test_constraints_hold_for_new_rows_before_they_hold_for_all(
    fresh_dsn: str, made: Made, beside: Connection
) -> None:
    def constrain() -> None:
        not_null_by_check("strict", "n")
        add_check_that("strict", "small", "n < 10")

    await beside.execute("create table strict (n integer)")
    await beside.execute("insert into strict values (1), (null)")
    made(constrain, in_steps=True)
    with pytest.raises(asyncpg.NotNullViolationError):
        await running(fresh_dsn, [])
    with pytest.raises(asyncpg.NotNullViolationError):
        await beside.execute("insert into strict values (null)")
    await beside.execute("delete from strict where n is null")
    await running(fresh_dsn, [])
    held = await beside.fetch(
        "select conname, convalidated from pg_constraint where conrelid = 'strict'::regclass order by 1"
    )
    assert [tuple(row) for row in held] == [("ck_strict_small", True), ("strict_n_not_null", True)]


async def test_only_a_migration_that_takes_away_raises_the_oldest_code(
    fresh_dsn: str, made: Made, beside: Connection
) -> None:
    made(add_column)
    await running(fresh_dsn, [])
    assert await read_version(beside) == SchemaVersion("9001", FIRST)
    made(add_column, add_another, oldest_code="9001")
    await running(fresh_dsn, [])
    assert await read_version(beside) == SchemaVersion("9002", "9001")


async def test_older_code_leaves_a_newer_database_as_it_is(fresh_dsn: str, beside: Connection) -> None:
    await beside.execute("update alembic_version set version_num = '9999'")
    await beside.execute("update app_text set label = 'newer'")
    report: list[str] = []
    await running(fresh_dsn, report)
    assert report == ["A newer version migrated the database; this version may use it, and leaves it as it is"]
    assert await beside.fetchval("select bool_and(label = 'newer') from app_text")


async def test_a_database_from_before_the_oldest_code_was_told_is_migrated(
    fresh_dsn: str, made: Made, beside: Connection
) -> None:
    await beside.execute("alter table alembic_version drop column oldest_code")
    newest = revisions()[-1]
    assert await read_version(beside) == SchemaVersion(newest, newest)
    made(add_column)
    await running(fresh_dsn, [])
    assert await read_version(beside) == SchemaVersion("9001", FIRST)


async def test_steps_from_the_first_code_lead_where_a_new_database_is(
    empty_dsn: str, worker_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each migration in steps runs twice, as after an interruption at its end."""
    written = migrations()
    with monkeypatch.context() as patch:
        put(patch, [migration for migration in written if migration.revision <= FIRST])
        patch.setattr(app_catalogue, "SET_PLAN_MASKS", "select")  # the code of then knew no plan masks
        await migrate(empty_dsn, app_rows())
    with monkeypatch.context() as patch:
        put(patch, [migration for migration in written for _ in range(1 + migration.in_steps)])
        await migrate(empty_dsn, app_rows())
    assert await objects(empty_dsn) == await objects(worker_dsn)


async def test_of_products_with_one_bar_code_the_oldest_keeps_it(
    empty_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        put(patch, [migration for migration in migrations() if migration.revision < "0033"])
        await migrate(empty_dsn, app_rows())
    connection = await connect(empty_dsn)
    try:
        await connection.execute(CODED)
        await migrate(empty_dsn, app_rows())
        found = await connection.fetch("select ean, note, version from product order by sequence_number")
        assert [tuple(row) for row in found] == [("96385074", None, 1), (None, None, 2), ("5412345", None, 1)]
    finally:
        await connection.close()


async def test_rows_from_before_get_their_stored_keys(empty_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        put(patch, [migration for migration in migrations() if migration.revision < "0030"])
        await migrate(empty_dsn, app_rows())
    connection = await connect(empty_dsn)
    try:
        await connection.execute(NAMES)
        await migrate(empty_dsn, app_rows())
        assert {
            row["name"]: row["name_key"] for row in await connection.fetch("select name, name_key from contact")
        } == {name: reading_key(name) for name in ("Müller 9", "Café 10", "eBay")}
        with pytest.raises(asyncpg.NotNullViolationError):
            await connection.execute("update contact set name_key = null")
    finally:
        await connection.close()
