"""API keys for tests: creates them, and finds the companies that they open."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from db.connection import Connection, connect
from db.database import Database, PoolSettings
from resolvers.execution.executor import Executor
from tests.support.company import Answer, Asker, Firm
from tests.support.databases import Databases

CREATE: Final = """
mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
  key viewer { apiKeys { id } } errors { code field }
  apiKey { id label last4 companyId apps readOnly hiddenFields createdAt lastUsedAt expiresAt } } }
"""
REVOKE: Final = """
mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
  viewer { apiKeys { id } } errors { code field } } }
"""
DELETE: Final = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"
ME: Final = """
{ viewer { account { email } companies { totalCount nodes { id } } apiKeys { id label lastUsedAt } sessions { id } } }
"""
COMPANY: Final = "query ($id: ID!) { company(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }"
SET: Final = """
update membership set toggles = set_bit(toggles, (select position from app where id = $2), $3::int) where id = $1
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """The product with companies whose people create API keys."""

    executor: Executor
    database: Database
    connection: Connection

    @property
    def ask(self) -> Asker:
        """The sender of operations to the product."""
        return Asker(self.executor)

    async def create(self, token: str, **given: object) -> Answer:
        """The answer to `createApiKey`."""
        return await self.ask(token, CREATE, input={"label": "Webshop", **given})

    async def key(self, token: str, **given: object) -> tuple[str, str]:
        """A new key, and its id."""
        payload = (await self.create(token, **given)).data["createApiKey"]
        assert payload["errors"] == []
        return payload["key"], payload["apiKey"]["id"]

    async def toggle(self, firm: Firm, name: str, *apps: str, on: bool = True) -> None:
        """Switch apps of a person on or off."""
        for app in apps:
            await self.connection.execute(SET, firm[name].membership, app, int(on))

    async def companies(self, token: str) -> list[str]:
        """The companies that a credential opens, by the connection; the other fields must agree."""
        answer = await self.ask(token, ME)
        assert answer.errors == ()
        found = answer.data["viewer"]["companies"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["id"] for node in found["nodes"]]

    async def enters(self, token: str, firm: Firm) -> bool:
        """Whether a credential opens a company, by its id."""
        data = (await self.ask(token, COMPANY, id=firm.id)).data
        ways = [data["company"], data["node"], *data["nodes"]]
        assert all(way is None for way in ways) or all(way == {"id": firm.id} for way in ways)
        assert (firm.id in await self.companies(token)) is (ways[0] is not None)
        return ways[0] is not None

    async def kinds(self, firm: Firm) -> list[tuple[str, Any, Any]]:
        """Kind, actor and membership of the changes in the trail."""
        return [(row["kind"], row["actor_id"], row["membership_id"]) for row in await firm.trail()]


@asynccontextmanager
async def open_shop(databases: Databases, template: str) -> AsyncGenerator[Shop]:
    """A shop on a clone of a migrated database."""
    dsn = await databases.clone(template)
    database, connection = await Database.open(dsn, PoolSettings(size=3, share=3)), await connect(dsn)
    yield Shop(Executor(database), database, connection)
    await connection.close()
    await database.close()
    await databases.drop(dsn)


def codes(answer: Answer, name: str = "createApiKey") -> list[tuple[str, list[str] | None]]:
    """The codes and fields of a payload's errors."""
    assert answer.errors == ()
    return [(error["code"], error["field"]) for error in answer.data[name]["errors"]]


async def also_in(shop: Shop, firm: Firm, name: str) -> Firm:
    """A second company, in which a person of the first one is an owner, too."""
    other = await Firm.found(shop.connection)
    await shop.connection.execute(
        "insert into membership (company_id, account_id, role, first_name, last_name, accepted_at) "
        "values ($1, $2, 'OWNER', 'x', 'y', now())", other.key, firm[name].account,
    )  # fmt: skip
    return other
