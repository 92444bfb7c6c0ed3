"""Row level security as a second opinion: takes a database, lets each caller see only the companies that it enters.

Who calls is what the test says (the token of the request), not what a statement says of itself; which companies that
opens is decided by one function over credentials and memberships, of which the compiler knows nothing.
"""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final
from urllib.parse import urlencode

from db.connection import Connection
from db.database import Database
from db.tables import metadata
from resolvers.execution import Executor
from resolvers.request import GraphQLRequest, Result
from tests.databases import CHECKOUT

ROLE: Final = f"enfact_{CHECKOUT}_fenced"
"""A user that owns nothing and is no superuser, so that the policies hold for it."""

COMPANIES: Final = {
    name: "company_id" if table.info.get("tenant") else "id"
    for name, table in metadata.tables.items()
    if table.info.get("tenant") or name == "company"
}
"""The column of each table that says whose a row is."""

ENTERED: Final = """
create function entered() returns uuid[] language sql stable security definer set search_path = public as $$
  select array(
    select m.company_id from credential k join membership m on m.account_id = k.account_id
    where k.token_hash = decode(nullif(current_setting('enfact.token', true), ''), 'hex') and k.expires_at > now()
      and m.accepted_at is not null and m.removed_at is null and (m.until is null or m.until > now())
  )
$$
"""
MAKE_ROLE: Final = f"""
do $$ begin
  create role {ROLE} nologin nosuperuser nobypassrls;
exception when duplicate_object or unique_violation then null;
end $$
"""
CALLER: ContextVar[str] = ContextVar("CALLER", default="")
"""The SHA-256 of the caller's token in hex; empty when nobody is signed in."""


async def make_role(connection: Connection) -> None:
    """The user, which all databases of the server share."""
    await connection.execute(MAKE_ROLE)


async def put_fences(connection: Connection) -> None:
    """Enable and force row level security on every table of tenants."""
    await make_role(connection)
    await connection.execute(ENTERED)
    for table, column in COMPANIES.items():
        await connection.execute(f"alter table {table} enable row level security")
        await connection.execute(f"alter table {table} force row level security")
        await connection.execute(
            f"create policy entered on {table} using ({column} = any ((select entered())::uuid[]))"
        )
    await connection.execute(f"grant select, insert, update, delete on all tables in schema public to {ROLE}")


def fenced_dsn(dsn: str) -> str:
    """The same database for the user who owns nothing."""
    return f"{dsn}{'&' if '?' in dsn else '?'}{urlencode({'role': ROLE})}"


class FencedDatabase(Database):
    """A pool of the user who owns nothing; each transaction says first who calls."""

    def __init__(self, database: Database) -> None:  # pyright: ignore[reportMissingSuperCall]
        self._database = database

    async def read(self, sql: str, arguments: Sequence[object]) -> Any:
        """The one row of a statement."""
        async with self.transaction() as connection:
            return await connection.fetchrow(sql, *arguments)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Connection]:
        """A transaction in which the caller is known."""
        async with self._database.transaction() as connection:
            await connection.execute("select set_config('enfact.token', $1, true)", CALLER.get())
            yield connection


class FencedExecutor(Executor):
    """The product, whose requests tell the fences who calls."""

    async def execute(self, request: GraphQLRequest) -> Result:
        """The result of a request."""
        CALLER.set(hashlib.sha256(request.token.encode()).hexdigest() if request.token else "")
        return await super().execute(request)
