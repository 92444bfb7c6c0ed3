"""A clone of the demo on which golden cases run: the answers of three viewers, and the statements."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, cast

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.execution.subscriptions import LiveOperation
from resolvers.request import GraphQLRequest, Result
from schema.hidden_fields import HiddenFields
from tests.golden.case import Case
from tests.support.databases import Databases
from tests.support.subscribers import answer_of

LAMBERT: Final = "com_514c94de889b4144be3fe722f52193db"
"""Chauffage Lambert, a company of the demo."""

STRANGER: Final = "hors-ligne"
"""The login of a viewer who is in no company."""

CREATED, EXPIRES = datetime(2026, 11, 24, 8, tzinfo=UTC), datetime(2126, 11, 24, tzinfo=UTC)
DRIVER: Final = ("typeinfo_tree", "set_config('jit'")
"""Marks of the driver's own statements, sent once per connection and type."""

SIGN_IN: Final = """
insert into credential (id, token_hash, account_id, user_agent, created_at, expires_at)
select $1, $2, id, 'golden', $3, $4 from account where email = $5
"""
SIGN_OUT: Final = "delete from credential where id = $1"
REMEMBER: Final = """
select m.company_id, m.id, m.role, m.toggles from membership m join account a on a.id = m.account_id
where m.removed_at is null and a.email = $1
"""
TAKE: Final = """
update membership set
  role = case when role = 'OWNER' and 'OWNER' = any($3::text[]) then 'EMPLOYEE' else role end,
  toggles = toggles & ~ coalesce((
    select bit_or(set_bit(repeat('0', 256)::bit(256), position, 1)) from app where id = any($3::text[])
  ), repeat('0', 256)::bit(256))
where company_id = $1 and id = $2
"""
GIVE_BACK: Final = "update membership set toggles = $3, role = $4 where company_id = $1 and id = $2"


class Viewing(Enum):
    """The three viewers: the case's, the same person without the apps that the case names, one without any company."""

    ENTITLED = "entitled"
    TOGGLED_OFF = "toggled_off"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Ran:
    """A statement that reached the database."""

    sql: str
    arguments: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer of one viewer, and all statements for it, including those that begin and end transactions."""

    result: Result
    statements: tuple[Ran, ...]


@dataclass(frozen=True, slots=True)
class World:
    """A clone of the demo on which cases run; `connection` is a separate connection to it."""

    database: Database
    executor: Executor
    connection: Connection
    databases: Databases
    template: str
    _log: list[Ran] = field(default_factory=list[Ran])

    @classmethod
    @asynccontextmanager
    async def open(cls, databases: Databases, template: str) -> "AsyncGenerator[World]":
        """A clone of `template` with one recorded pool connection, dropped at the end."""
        dsn = await databases.clone(template)
        database = await Database.open(dsn, PoolSettings(size=1))
        connection = await connect(dsn)
        world = cls(database, Executor(database), connection, databases, template)
        try:
            await world._record()
            yield world
        finally:
            await connection.close()
            await database.close()
            await databases.drop(dsn)

    async def run(self, case: Case, viewing: Viewing = Viewing.ENTITLED) -> Outcome:
        """Run the case for one viewer. Its changes stay."""
        login = STRANGER if viewing is Viewing.STRANGER else case.viewer
        lacking = case.without if viewing is Viewing.TOGGLED_OFF else ()
        async with self._signed_in(login) as token, self._lacking(login, lacking):
            return await self.ask(case.query, case.variables, token, hidden_fields=case.hidden_fields)

    async def run_all(self, case: Case) -> dict[Viewing, Outcome]:
        """Run the case for every viewer, the entitled one last; a mutation runs on a clone of its own."""
        if case.is_mutation:
            async with World.open(self.databases, self.template) as apart:
                outcomes = [await apart.run(case, viewing) for viewing in reversed(Viewing)]
        else:
            outcomes = [await self.run(case, viewing) for viewing in reversed(Viewing)]
        return dict(zip(Viewing, reversed(outcomes), strict=True))

    async def ask(
        self,
        query: str,
        variables: Any = None,
        token: str | None = None,
        *,
        hidden_fields: HiddenFields = HiddenFields.NULL,
    ) -> Outcome:
        """Run any operation with any credential; for a subscription its first result."""
        request = GraphQLRequest(query, variables=variables or {}, token=token, hidden_fields=hidden_fields)
        with self._recording() as statements:
            started = await self.executor.start(request)
            await asyncio.sleep(0)  # asyncpg calls its query loggers in the loop's next round
        if isinstance(started, LiveOperation):
            started.close()
            return Outcome(await answer_of(started), tuple(statements))
        return Outcome(started, tuple(statements))

    @asynccontextmanager
    async def signed_in(self, login: str) -> AsyncGenerator[str]:
        """The token of a session of a login of the demo."""
        async with self._signed_in(login) as token:
            assert token is not None
            yield token

    @asynccontextmanager
    async def _signed_in(self, login: str | None) -> AsyncGenerator[str | None]:
        if login is None:
            yield None
            return
        token, session = f"golden-{login}", uuid.uuid5(uuid.NAMESPACE_DNS, login)
        hashed = hashlib.sha256(token.encode()).digest()
        done = await self.connection.execute(SIGN_IN, session, hashed, CREATED, EXPIRES, address(login))
        assert done == "INSERT 0 1", f"the demo has no {login}"
        try:
            yield token
        finally:
            await self.connection.execute(SIGN_OUT, session)

    @asynccontextmanager
    async def _lacking(self, login: str | None, lacking: Sequence[str]) -> AsyncGenerator[None]:
        """Take apps, or the role of owner, from a login in all companies within the block."""
        if login is None or not lacking:
            yield
            return
        before = await self.connection.fetch(REMEMBER, address(login))
        for row in before:
            await self.connection.execute(TAKE, row["company_id"], row["id"], lacking)
        try:
            yield
        finally:
            for row in before:
                await self.connection.execute(GIVE_BACK, row["company_id"], row["id"], row["toggles"], row["role"])

    async def _record(self) -> None:
        def remember(query: Any) -> None:
            ran = Ran(query.query, tuple(query.args))
            if not any(mark in ran.sql for mark in DRIVER):
                self._log.append(ran)

        async with self.database.transaction() as connection:
            cast("Any", connection).add_query_logger(remember)
        await asyncio.sleep(0)

    @contextmanager
    def _recording(self) -> Generator[list[Ran]]:
        self._log.clear()
        found: list[Ran] = []
        yield found
        found.extend(self._log)


def address(login: str) -> str:
    """The e-mail address of a login of the demo."""
    return f"{login}@demo.enfact.test"
