"""A company with known figures: rows are written directly, and people with chosen toggles query the product."""

import datetime
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from schema.apps import App
from tests.support.company import Answer, Asker, Firm
from tests.support.databases import Databases

GRANT: Final = """
update membership set toggles = (
  select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app where id = any($3::text[]) or always_visible)
where company_id = $1 and id = $2
"""
MIDNIGHT: Final = datetime.datetime(2026, 2, 28, 23, 30, tzinfo=datetime.UTC)
"""The last half hour of February in Greenwich, and the first of March in Belgium."""


@dataclass(frozen=True, slots=True)
class Office:
    """A company with every app; rows are written directly, and people query the product."""

    ask: Asker
    firm: Firm
    connection: Connection

    async def grant(self, who: str, *apps: App) -> None:
        """Set the toggles of a person to exactly these."""
        await self.connection.execute(GRANT, self.firm.key, self.firm[who].membership, [app.value for app in apps])

    async def add(self, table: str, **columns: Any) -> uuid.UUID:
        """Write a row; returns its key."""
        names = ", ".join(f'"{name}"' for name in columns)
        places = ", ".join(f"${n}" for n in range(2, len(columns) + 2))
        statement = f"insert into {table} (company_id, {names}) values ($1, {places}) returning id"
        return await self.connection.fetchval(statement, self.firm.key, *columns.values())

    async def document(
        self, number: str, kind: str, status: str, day: datetime.date, excl: str, rate: str = "1", *,
        name: str | None = "Client", supplier: str | None = None,
    ) -> None:  # fmt: skip
        """Add a document with 21 % VAT; in dollars if the rate is not 1."""
        net = Decimal(excl)
        tax = round(net * 21 / 100, 2)
        await self.add(
            "document", kind=kind, number=number, sequence_number=1, status=status, date=day, customer_name=name,
            supplier_name=supplier,
            total_excl=net, total_vat=tax, total_incl=net + tax, total_incl_base=round((net + tax) * Decimal(rate), 2),
            currency="EUR" if rate == "1" else "USD", exchange_rate=Decimal(rate),
        )  # fmt: skip

    async def work(self, start: datetime.datetime, minutes: int | None, *, billed: bool = False) -> None:
        """Add working time of the owner; `minutes` is None for a running timer."""
        end = None if minutes is None else start + datetime.timedelta(minutes=minutes)
        await self.add("time_entry", user_id=self.firm["owner"].membership, start=start, end=end, billed=billed)

    async def contact(self, number: int, name: str, **columns: Any) -> None:
        """Add a customer."""
        await self.add("contact", sequence_number=number, number=f"C{number:05}", name=name, kind="BUSINESS", **columns)

    async def product(self, number: int, name: str, **columns: Any) -> uuid.UUID:
        """Add a product; returns its key."""
        known = {"sequence_number": number, "number": f"P{number:05}", "name": name, "vat_rate": Decimal(21)}
        return await self.add("product", price=Decimal(5), **known, **columns)

    async def see(self, who: str, selection: str, declared: str = "", **variables: Any) -> Answer:
        """The answer of a person to a selection of the company."""
        query = f"query ($id: ID!{declared}) {{ company(id: $id) {{ {selection} }} }}"
        return await self.ask(self.firm[who].token, query, id=self.firm.id, **variables)

    async def read(self, who: str, selection: str) -> Any:
        """The data of `see`, which must have no errors."""
        answer = await self.see(who, selection)
        assert answer.errors == ()
        return answer.data["company"]


@asynccontextmanager
async def open_office(databases: Databases, template: str) -> AsyncGenerator[Office]:
    """An empty company on a database of its own."""
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=2, share=2)), await connect(dsn)
    try:
        firm = await Firm.found(connection, *(app.value for app in App))
        await connection.execute("insert into company_settings (company_id) values ($1)", firm.key)
        yield Office(Asker(Executor(database)), firm, connection)
    finally:
        await connection.close()
        await database.close()
        await databases.drop(dsn)
