"""The entry point of the demo: fills a migrated, empty database in one transaction."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from itertools import chain

from db.connection import Connection, connect
from db.demo.apps import Apps, read_apps
from db.demo.chance import first_morning
from db.demo.companies.build import build_company
from db.demo.companies.clients import COUNT as CLIENTS
from db.demo.companies.clients import client_plans
from db.demo.companies.delvaux import delvaux
from db.demo.companies.lambert import lambert
from db.demo.people.cast import engage
from db.demo.people.people import Name, demo_hash
from db.demo.rows import Batch, Rows
from db.demo.scale import add_copies
from db.installation import DemoRefused

Progress = Callable[[str, int, int], None]
"""Takes a report of the work: the stage, the number of steps done, and the total."""

COMPANIES = CLIENTS + 2


async def load_demo(dsn: str, progress: Progress | None = None, *, today: date | None = None, scale: int = 1) -> None:
    """Fill the database with the demo, seen from `today` (the current day in UTC): equal days give equal rows.

    `scale` multiplies the companies and their people. `progress` is called on the event loop. Raises
    DemoRefused, and writes nothing, when the database holds a company or no apps.
    """
    report = progress or _silent
    connection = await connect(dsn)
    try:
        await _refuse_used(connection)
        apps = await read_apps(connection)
        if not apps.by_id:
            raise DemoRefused("The database has no apps yet: migrate it before the demo is loaded.")
        rows = await _compose(today or datetime.now(UTC).date(), apps, report)
        async with connection.transaction():
            await connection.execute("lock table company in exclusive mode")
            await _refuse_used(connection)
            await _write(connection, rows, report)
        if scale > 1:
            await add_copies(connection, scale - 1, partial(report, "multiply"))
    finally:
        await connection.close()


def compose_demo(today: date, apps: Apps) -> Iterator[Rows]:
    """All rows of the demo, company by company, with the accounts last."""
    shared = engage(today, demo_hash())
    plans = chain((lambert(today, shared), delvaux(today, shared)), client_plans(today, shared, apps))
    for plan in plans:
        yield build_company(plan, apps, today)
    shared.accounts.employ(Name("Sam", "Peeters", "NL"), first_morning(today, 400), "support")
    accounts = Rows()
    accounts.add(shared.accounts.rows)
    yield accounts


async def _compose(today: date, apps: Apps, report: Progress) -> Rows:
    """Collect all rows; a thread computes them, so that the event loop stays free."""
    rows = Rows()
    parts = compose_demo(today, apps)
    for done in range(COMPANIES + 1):
        report("compose", done, COMPANIES + 1)
        rows.extend(await asyncio.to_thread(next, parts))
    report("compose", COMPANIES + 1, COMPANIES + 1)
    return rows


async def _refuse_used(connection: Connection) -> None:
    if await connection.fetchval("select exists (select from company)"):
        raise DemoRefused("The database already holds companies: the demo is only loaded into an empty one.")


async def _write(connection: Connection, rows: Rows, report: Progress) -> None:
    batches = list(rows.batches())
    total, done = sum(len(batch.records) for batch in batches), 0
    report("write", done, total)
    for batch in batches:
        await _copy(connection, batch)
        done += len(batch.records)
        report("write", done, total)
    begin = min(row["created_at"] for row in rows.tables["company"])
    await connection.execute(
        """
        insert into installation (one, demo, created_at) values (1, true, $1)
        on conflict (one) do update set demo = true
        """,
        begin,
    )
    report("analyze", 0, 1)
    await connection.execute(f"analyze {', '.join(dict.fromkeys(batch.table for batch in batches))}")
    report("analyze", 1, 1)


async def _copy(connection: Connection, batch: Batch) -> None:
    await connection.copy_records_to_table(batch.table, records=batch.records, columns=batch.columns)


def _silent(stage: str, done: int, total: int) -> None:
    """Ignore the report."""
