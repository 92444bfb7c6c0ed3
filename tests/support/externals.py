"""External users for tests: accountants, support staff, and the companies that they enter."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from db.tokens import hash_token
from resolvers.execution.executor import Executor
from resolvers.mutations.steps.support_accounts import SupportAccount, make_account
from schema.localization.language import Language
from tests.support.company import SIGN_IN, Answer, Asker, Firm, Person, blocked
from tests.support.databases import Databases

MAKE: Final = """
insert into account (email, first_name, last_name, language, kind, office_name, confirmed)
values ($1, 'Claire', 'Fontaine', $2, $3, $4, $5) returning id
"""
DOCUMENT: Final = "mutation ($input: %sInput!) { %s(input: $input) { %s errors { code message field } } }"
EXTERNAL: Final = """
externalUser { id email firstName lastName kind officeName createdByAccountant since until }
company { id permissionMatrix { version } externalUsers { email } }
"""
SELECTIONS: Final = {
    "addExternalUser": EXTERNAL,
    "updateExternalUser": EXTERNAL,
    "removeExternalUser": "company { id permissionMatrix { version } externalUsers { email } }",
    "leaveCompany": "viewer { companies { nodes { id } } }",
    "declineInvitation": "viewer { invitations { id } companies { nodes { id } } }",
    "createClientCompany": "company { id name access { role external apps } users { totalCount } } invitationToken",
    "setSupportAccess": "company { id supportUntil permissionMatrix { version } externalUsers { email kind until } }",
}
SEEN: Final = "query ($id: ID!) { company(id: $id) { name access { external role until apps } } }"
LOCK: Final = "select from company where id = $1 for no key update"
LOCK_ACCOUNT: Final = "select from account where id = $1 for no key update"
TABLES: Final = ("membership", "mail_token", "outbox")


@dataclass(frozen=True, slots=True)
class Login:
    """A signed-in account."""

    id: uuid.UUID
    email: str
    token: str


@dataclass(frozen=True, slots=True)
class Outside:
    """The product with companies and external users; `connection` and `other` are separate database connections."""

    ask: Asker
    connection: Connection
    other: Connection

    @classmethod
    @asynccontextmanager
    async def open(
        cls, databases: Databases, template: str, *, shows_secrets: bool = False
    ) -> AsyncGenerator["Outside"]:
        """The product on a clone of a migrated database."""
        dsn = await databases.clone(template)
        database = await Database.open(dsn, PoolSettings(size=8, share=8))
        connection, other = await connect(dsn), await connect(dsn)
        yield cls(Asker(Executor(database, shows_secrets=shows_secrets)), connection, other)
        for used in (connection, other, database):
            await used.close()
        await databases.drop(dsn)

    # --- people

    async def found(self, *apps: str) -> Firm:
        """A new company of the test's own."""
        return await Firm.found(self.connection, *(apps or ("DISCOUNTS", "STOCK")))

    async def login(
        self, kind: str = "ACCOUNTANT", *, confirmed: bool = True, language: str = "NL", office: str | None = "Fontaine"
    ) -> Login:
        """A new signed-in account that is in no company."""
        email, token = f"{secrets.token_hex(8)}@outside.test", secrets.token_urlsafe()
        office = office if kind == "ACCOUNTANT" else None
        id_ = await self.connection.fetchval(MAKE, email, language, kind, office, confirmed)
        await self.connection.execute(SIGN_IN, hash_token(token), id_)
        return Login(id_, email, token)

    async def support(self) -> Login:
        """A new support account, created as `enfact support add` does."""
        email, token = f"{secrets.token_hex(8)}@support.test", secrets.token_urlsafe()
        async with self.other.transaction():
            await make_account(self.other, SupportAccount.of(email, "Sam", "Support", Language.FR), "hash")
        id_ = await self.other.fetchval("select id from account where email = $1", email)
        await self.other.execute(SIGN_IN, hash_token(token), id_)
        return Login(id_, email, token)

    async def hand_over(self, firm: Firm, person: Person) -> None:
        """Replace the owner of a company by a person of another one."""
        owner = firm["owner"].membership
        await self.connection.execute("update membership set account_id = $1 where id = $2", person.account, owner)

    # --- operations

    async def send(self, token: str | None, mutation: str, /, **given: object) -> Answer:
        """The answer to a mutation."""
        document = DOCUMENT % (mutation[0].upper() + mutation[1:], mutation, SELECTIONS.get(mutation, ""))
        return await self.ask(token, document, input=given)

    async def done(self, token: str, mutation: str, **given: object) -> Any:
        """The payload of a mutation that succeeds."""
        answer = await self.send(token, mutation, **given)
        assert answer.errors == ()
        assert answer.data[mutation]["errors"] == []
        return answer.data[mutation]

    async def link(self, firm: Firm, login: Login, **given: object) -> Any:
        """Let the owner of a company make an account an external user of it; returns the external user."""
        payload = await self.done(firm["owner"].token, "addExternalUser", companyId=firm.id, email=login.email, **given)
        return payload["externalUser"]

    async def refused(self, token: str | None, mutation: str, **given: object) -> list[tuple[str, list[str] | None]]:
        """The codes and fields of a refused mutation, which must write nothing except attempts."""
        before = await self.everything()
        answer = await self.send(token, mutation, **given)
        assert await self.everything() == before
        assert answer.errors == ()
        problems = [(error["code"], error["field"]) for error in answer.data[mutation]["errors"]]
        assert problems
        return problems

    async def codes(self, token: str | None, mutation: str, **given: object) -> list[str]:
        """The codes of the top-level errors of a mutation, which must write nothing at all."""
        before = await self.everything(), await self.tries()
        answer = await self.send(token, mutation, **given)
        assert (await self.everything(), await self.tries()) == before
        return answer.codes

    async def enters(self, login: Login, firm: Firm) -> bool:
        """Whether an account can enter the company."""
        return (await self.ask(login.token, SEEN, id=firm.id)).data["company"] is not None

    async def at_once(self, row: Firm | Login, *answers: Awaitable[Answer], waiting: int | None = None) -> list[Answer]:
        """The answers to several operations that all wait for the lock of a company or an account, then go on.

        `waiting` of them wait, if not all; the others have to be answered while the lock is held.
        """
        lock, key = (LOCK, row.key) if isinstance(row, Firm) else (LOCK_ACCOUNT, row.id)
        async with self.other.transaction():
            await self.other.execute(lock, key)
            begun = [asyncio.ensure_future(answer) for answer in answers]
            await blocked(self.connection, len(begun) if waiting is None else waiting)
            while waiting is not None and sum(task.done() for task in begun) < len(begun) - waiting:
                await asyncio.wait([task for task in begun if not task.done()], return_when=asyncio.FIRST_COMPLETED)
        return await asyncio.gather(*begun)

    # --- the database

    async def everything(self) -> list[Any]:
        """All rows that these mutations may write, except attempts."""
        tables = (*TABLES, "account", "company", "company_app", "app_grant", "access_change", "credential")
        return [await self.connection.fetch(f"select * from {table} order by 1, 2, 3") for table in tables]

    async def tries(self) -> int:
        """The number of attempts in the database."""
        return await self.connection.fetchval("select count(*) from attempt")

    async def member(self, firm: Firm, login: Login) -> dict[str, Any] | None:
        """The membership of an account in a company."""
        found = await self.connection.fetchrow(
            "select * from membership where company_id = $1 and account_id = $2 and removed_at is null",
            firm.key,
            login.id,
        )
        return dict(found) if found is not None else None

    async def rows(self, sql: str, *arguments: object) -> list[dict[str, Any]]:
        """The rows of a statement."""
        return [dict(row) for row in await self.connection.fetch(sql, *arguments)]

    async def letters(self, login: Login) -> list[tuple[str, str]]:
        """The letters to an account: kind and language."""
        rows = await self.connection.fetch(
            "select kind, language from outbox where email = $1 order by id", login.email
        )
        return [(row["kind"], row["language"]) for row in rows]


def outcome(answer: Answer) -> str:
    """DONE, or the code of the refusal: a top-level error or one of the payload."""
    if answer.errors:
        (code,) = answer.codes
        return code
    (payload,) = answer.data.values()
    return payload["errors"][0]["code"] if payload["errors"] else "DONE"
