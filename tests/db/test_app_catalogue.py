"""The catalogue of apps in the database: written, kept, refused, and what it activates."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from db.app_catalogue import AppRow, is_current, write
from db.connection import Connection, connect
from db.database import Database
from db.errors import DatabaseMisconfigured
from db.migrate import migrate
from db.tables.metadata import APPS
from resolvers.app_rows import app_rows

TEXTS = {"FR": ("Nouveau", "Fait du neuf."), "EN": ("New", "Does new things.")}
NEW = AppRow("NEW", 200, 200, "BASE", None, False, "FREE", ("INVOICES", "QUOTES"), TEXTS)


@pytest.fixture
async def connection(worker_dsn: str) -> AsyncGenerator[Connection]:
    """A connection in a transaction that is undone; the catalogue is written, there is no company."""
    connection = await connect(worker_dsn)
    yield connection
    await connection.close()


async def write_undone(connection: Connection, *catalogue: AppRow) -> None:
    """Begin a transaction that ends with the connection, and write the catalogue in it."""
    await connection.execute("begin")
    await write(connection, catalogue)


async def make_company(connection: Connection, name: str) -> Any:
    return await connection.fetchval("insert into company (name) values ($1) returning id", name)


async def mask_positions(connection: Connection, company: Any) -> set[int]:
    mask = await connection.fetchval("select mask::text from company where id = $1", company)
    return {position for position, bit in enumerate(mask) if bit == "1"}


async def active_positions(connection: Connection, company: Any) -> set[int]:
    rows = await connection.fetch(
        "select position from company_app join app on id = app_id where company_id = $1 and valid @> now()", company
    )
    return {row[0] for row in rows}


async def test_the_database_holds_the_catalogue_of_the_schema(connection: Connection) -> None:
    rows = app_rows()
    assert await is_current(connection, rows)
    assert await connection.fetchval("select count(*) from app_text") == 4 * len(rows)
    label = await connection.fetchval("select label from app_text where app_id = 'DISCOUNTS' and language = 'NL'")
    assert label == "Kortingen"


@pytest.mark.parametrize(
    "changed",
    [
        replace(NEW, rank=7),
        replace(NEW, kind="PART"),
        replace(NEW, category="BANK"),
        replace(NEW, always_visible=True),
        replace(NEW, plan="PRO"),
        replace(NEW, requires=("INVOICES",)),
        replace(NEW, requires=("INVOICES", "QUOTES", "PAYMENTS")),
        replace(NEW, texts={**TEXTS, "EN": ("Newer", "Does new things.")}),
        replace(NEW, texts={**TEXTS, "DE": ("Neu", "Macht Neues.")}),
        replace(NEW, texts={"FR": TEXTS["FR"]}),
    ],
    ids=["rank", "kind", "category", "visible", "plan", "less", "more", "text", "language", "no language"],
)
async def test_a_change_is_seen_and_written(connection: Connection, changed: AppRow) -> None:
    await write_undone(connection, NEW)
    assert await is_current(connection, [NEW])
    assert not await is_current(connection, [changed])
    await write(connection, [changed])
    assert await is_current(connection, [changed])


async def test_an_app_never_moves(connection: Connection) -> None:
    with pytest.raises(DatabaseMisconfigured, match="INVOICES is at position 3 in the database and at 210"):
        await write_undone(connection, *(replace(row, position=210) for row in app_rows() if row.id == "INVOICES"))


async def test_a_position_is_never_given_twice(connection: Connection) -> None:
    with pytest.raises(DatabaseMisconfigured, match="NEW wants position 3, which belongs to INVOICES"):
        await write_undone(connection, replace(NEW, position=3))
    await connection.execute("rollback")
    with pytest.raises(DatabaseMisconfigured, match="OTHER wants position 200, which belongs to NEW"):
        await write_undone(connection, NEW, replace(NEW, id="OTHER"))


@pytest.mark.parametrize("position", [-1, APPS])
async def test_a_position_is_a_bit_of_the_mask(connection: Connection, position: int) -> None:
    with pytest.raises(DatabaseMisconfigured, match=f"NEW has position {position}; there are 0 to {APPS - 1}"):
        await write_undone(connection, replace(NEW, position=position))


async def test_an_app_that_left_keeps_its_rows(connection: Connection) -> None:
    await write_undone(connection, *app_rows(), NEW)
    await write(connection, app_rows())
    assert await is_current(connection, [NEW])
    assert await is_current(connection, app_rows())


async def test_a_new_base_app_becomes_active_for_every_company(connection: Connection) -> None:
    await write_undone(connection)
    companies = [await make_company(connection, name) for name in ("Alpha", "Beta")]
    await write(connection, [NEW, replace(NEW, id="NEW_PART", position=255, kind="PART")])
    for company in companies:
        assert await mask_positions(connection, company) == {200, 255}
        assert await active_positions(connection, company) == {200, 255}
        changes = await connection.fetch(
            "select kind, app_id, before, after, actor_id from access_change where company_id = $1 order by app_id",
            company,
        )
        assert [tuple(change) for change in changes] == [
            ("APP_ACTIVATED", "NEW", False, True, None),
            ("APP_ACTIVATED", "NEW_PART", False, True, None),
        ]


@pytest.mark.parametrize("kind", ["APP", "CONNECTION"])
async def test_an_app_that_companies_activate_stays_off(connection: Connection, kind: str) -> None:
    await write_undone(connection)
    company = await make_company(connection, "Alpha")
    await write(connection, [replace(NEW, kind=kind)])
    assert await mask_positions(connection, company) == set()
    assert await active_positions(connection, company) == set()


async def test_writing_again_changes_no_company(connection: Connection) -> None:
    await write_undone(connection)
    company = await make_company(connection, "Alpha")
    await write(connection, [NEW])
    read = "select mask::text, access_version from company where id = $1"
    before = await connection.fetchrow(read, company)
    await write(connection, [replace(NEW, rank=9)])
    assert await connection.fetchrow(read, company) == before
    assert before is not None
    assert before["access_version"] == 2
    assert await connection.fetchval("select count(*) from access_change") == 1


async def test_an_app_that_moves_to_a_higher_plan_sleeps_and_is_in_the_trail(connection: Connection) -> None:
    await write_undone(connection)
    companies = {plan: await make_company(connection, plan) for plan in ("FREE", "PREMIUM")}
    for plan, company in companies.items():
        await connection.execute("update company set plan = $2 where id = $1", company, plan)
    await write(connection, [NEW])
    await write(connection, [replace(NEW, plan="PRO")])
    rows = await connection.fetch(
        "select plan, get_bit(mask, 200), get_bit(plan_mask, 200), access_version from company order by plan"
    )
    assert [tuple(row) for row in rows] == [("FREE", 1, 0, 3), ("PREMIUM", 1, 1, 2)]
    changes = await connection.fetch(
        "select company_id, plan_before, plan_after from access_change where kind = 'PLAN'"
    )
    assert [tuple(change) for change in changes] == [(companies["FREE"], "FREE", "FREE")]


async def test_what_a_company_activated_itself_stays(connection: Connection) -> None:
    await write_undone(connection)
    company = await make_company(connection, "Alpha")
    await connection.execute("update company set mask = set_bit(mask, 41, 1)")
    await connection.execute("insert into company_app (company_id, app_id) values ($1, 'DISCOUNTS')", company)
    await write(connection, [NEW])
    assert await mask_positions(connection, company) == {41, 200}
    assert await active_positions(connection, company) == {41, 200}


async def test_an_app_that_was_active_once_is_active_again_as_base(connection: Connection) -> None:
    await write_undone(connection)
    company = await make_company(connection, "Alpha")
    await connection.execute(
        "insert into company_app (company_id, app_id, valid) values ($1, 'DISCOUNTS', tstzrange(null, now()))", company
    )
    await write(connection, [replace(row, kind="BASE") for row in app_rows() if row.id == "DISCOUNTS"])
    assert await mask_positions(connection, company) == {41}
    assert await connection.fetchval("select count(*) from company_app") == 2


async def test_migrate_writes_a_changed_catalogue(fresh_dsn: str, fresh_database: Database) -> None:
    async with fresh_database.transaction() as connection:
        company = await make_company(connection, "Alpha")
    await migrate(fresh_dsn, [*app_rows(), NEW])
    async with fresh_database.transaction() as connection:
        assert 200 in await mask_positions(connection, company)


async def test_a_refused_catalogue_changes_nothing(fresh_dsn: str, fresh_database: Database) -> None:
    with pytest.raises(DatabaseMisconfigured):
        await migrate(fresh_dsn, [NEW, replace(NEW, id="OTHER", position=3)])
    assert (await fresh_database.read("select count(*) from app where id = 'NEW'", ()))[0] == 0
