"""Accounts for tests of signing up and in, on a clone of a migrated database, with calls from stated addresses."""

import hashlib
import itertools
import secrets
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from resolvers.request import GraphQLRequest, Result
from schema.localization.language import Language
from tests.support.company import Answer, Asker
from tests.support.databases import Databases
from tests.support.hashing import CHEAP

PASSWORD: Final = "correct-horse-7"
HASH: Final = CHEAP.hash(PASSWORD)
LOGIN: Final = """
mutation ($email: String!, $password: String!, $session: SessionKind) {
  login(input: {email: $email, password: $password, session: $session}) {
    token expiresAt viewer { account { email } } errors { code message field }
  }
}
"""
MAKE_ACCOUNT: Final = """
insert into account (email, password_hash, first_name, last_name, language, confirmed)
values ($1, $2, 'Zoé', 'Martin', $3, $4)
"""
MAKE_SESSION: Final = """
insert into credential (token_hash, account_id, expires_at)
select $1, id, now() + interval '1 hour' from account where email = $2
"""
MAKE_LETTER: Final = """
insert into mail_token (token_hash, purpose, account_id, expires_at)
select $1, $3, id, now() + $4::text::interval from account where email = $2
"""
KEPT: Final = ("account", "company", "membership", "credential", "mail_token", "outbox", "access_change", "app_grant")
"""The tables that mutations of accounts may write, except attempts."""


@dataclass(frozen=True, slots=True)
class Door:
    """The product with a database of accounts; `ask` sends operations."""

    ask: Asker
    connection: Connection
    dsn: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    @asynccontextmanager
    async def open(cls, databases: Databases, template: str, size: int = 6) -> AsyncGenerator["Door"]:
        """A door on a clone of a migrated database."""
        dsn = await databases.clone(template)
        database, connection = await Database.open(dsn, PoolSettings(size=size, share=size)), await connect(dsn)
        yield cls(Asker(Executor(database)), connection, dsn)
        await connection.close()
        await database.close()
        await databases.drop(dsn)

    async def account(self, password_hash: str | None = HASH, language: str = "FR", *, confirmed: bool = True) -> str:
        """The e-mail address of a new account."""
        email = f"{secrets.token_hex(8)}@door.test"
        await self.connection.execute(MAKE_ACCOUNT, email, password_hash, language, confirmed)
        return email

    async def find(self, email: str) -> dict[str, Any]:
        """The row of an account."""
        found = await self.connection.fetchrow("select * from account where email = $1", email)
        assert found is not None
        return dict(found)

    def address(self) -> str:
        """A new IP address, without attempts so far."""
        number = next(self.numbers)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    async def send(self, query: str, token: str | None = None, /, **request: Any) -> Result:
        """The result of one operation; `request` are members of GraphQLRequest."""
        request.setdefault("address", self.address())
        request.setdefault("hindrance", lambda: None)
        return await self.ask.executor.execute(GraphQLRequest(query, token=token, **request))

    async def call(
        self,
        query: str,
        token: str | None = None,
        /,
        *,
        address: str = "",
        language: Language = Language.EN,
        **given: Any,
    ) -> Answer:
        """The answer to one operation, from a new address unless one is given."""
        result = await self.send(query, token, variables=given, address=address or self.address(), language=language)
        return Answer(orjson.loads(result.data) if result.data is not None else None, result.errors, result.hidden)

    async def login(self, email: str, password: str = PASSWORD, token: str | None = None, address: str = "") -> Answer:
        """The answer to a login."""
        return await self.call(LOGIN, token, address=address, language=Language.FR, email=email, password=password)

    async def token(self, email: str) -> str:
        """The token of a new session, created directly, without the cost of a login."""
        token = secrets.token_urlsafe()
        await self.connection.execute(MAKE_SESSION, hashlib.sha256(token.encode()).digest(), email)
        return token

    async def letter(self, email: str, purpose: str, lives: str = "1 hour") -> str:
        """The token of a new letter to an account."""
        token = secrets.token_urlsafe()
        await self.connection.execute(MAKE_LETTER, hashlib.sha256(token.encode()).digest(), email, purpose, lives)
        return token

    async def works(self, token: str) -> bool:
        """Whether a session is alive."""
        return not (await self.call("{ viewer { account { id } } }", token)).errors

    async def sessions(self) -> int:
        """The number of credentials of all accounts."""
        return await self.connection.fetchval("select count(*) from credential")

    async def tries(self) -> int:
        """The number of attempts in the database."""
        return await self.connection.fetchval("select count(*) from attempt")

    async def everything(self) -> list[Any]:
        """All rows that mutations of accounts may write, for comparison."""
        return [await self.connection.fetch(f"select * from {table} order by 1, 2") for table in KEPT]


def problems(answer: Answer) -> list[tuple[str, list[str] | None]]:
    """The codes and fields in the errors of the only payload."""
    assert answer.errors == ()
    (payload,) = answer.data.values()
    return [(error["code"], error["field"]) for error in payload["errors"]]


async def refused(
    door: Door, query: str, token: str | None = None, /, **given: Any
) -> list[tuple[str, list[str] | None]]:
    """The problems of a mutation, which must not write anything."""
    before = await door.everything()
    found = problems(await door.call(query, token, **given))
    assert found
    assert await door.everything() == before
    return found
