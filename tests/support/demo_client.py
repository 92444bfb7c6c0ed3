"""The application over HTTP on a clone of the demo, with a client and tokens of the demo's people."""

import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from pydantic import SecretStr

from db.connection import Connection, connect
from gateway.app import create_app
from gateway.settings import Settings
from resolvers.mutations.context import hash_token
from tests.support.databases import Databases, demo_template

JSON: Final = "application/graphql-response+json"
PASSWORD: Final = "demo-enfact-2026"
SIGN_IN: Final = """
insert into credential (token_hash, account_id, expires_at) select $1, id, '2126-01-01' from account where email = $2
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer to an operation."""

    response: httpx.Response

    @property
    def body(self) -> dict[str, Any]:
        """The body, parsed."""
        return self.response.json()

    @property
    def data(self) -> Any:
        """The data; None when there is none."""
        return self.body.get("data")

    @property
    def codes(self) -> list[str]:
        """The codes of the errors."""
        return [error["extensions"]["code"] for error in self.body.get("errors", ())]

    @property
    def notes(self) -> list[dict[str, Any]]:
        """The notes of hidden selections."""
        return self.body.get("extensions", {}).get("hidden", [])

    @property
    def told(self) -> object:
        """Status and body without the parts that differ between any two answers."""
        body = self.body
        for error in body.get("errors", ()):
            del error["extensions"]["requestId"]
        return self.response.status_code, body


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo behind HTTP; `connection` is a separate connection to its database."""

    client: httpx.AsyncClient
    connection: Connection
    dsn: str
    _tokens: dict[str, str] = field(default_factory=dict[str, str])

    async def ask(
        self, who: str | None, query: str, headers: Mapping[str, str] | None = None, **variables: object
    ) -> Answer:
        """The answer to an operation of a login of the demo (None: anonymous)."""
        sent = {"accept": JSON, **(headers or {})}
        if who is not None:
            sent["authorization"] = f"Bearer {await self.token(who)}"
        body = {"query": query, "variables": variables}
        return Answer(await self.client.post("/graphql", json=body, headers=sent))

    async def token(self, who: str) -> str:
        """The token of a login's session, created directly, without the cost of signing in."""
        if who not in self._tokens:
            self._tokens[who] = token = secrets.token_urlsafe()
            done = await self.connection.execute(SIGN_IN, hash_token(token), f"{who}@demo.enfact.test")
            assert done == "INSERT 0 1"
        return self._tokens[who]

    def use(self, who: str, token: str) -> None:
        """Use this token for a login from now on."""
        self._tokens[who] = token

    async def company(self, name: str) -> str:
        """The global id of the company of this name."""
        return f"com_{(await self.connection.fetchval('select id from company where name = $1', name)).hex}"

    async def user(self, who: str, company: str) -> str:
        """The global id of a login's membership in a company."""
        found = await self.connection.fetchval(
            "select m.id from membership m join account a on a.id = m.account_id join company c on c.id = company_id "
            "where a.email = $1 and c.name = $2 and m.removed_at is null",
            f"{who}@demo.enfact.test", company,
        )  # fmt: skip
        return f"usr_{found.hex}"


@asynccontextmanager
async def open_client(dsn: str, **settings: object) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of an application on a database."""
    app = create_app(Settings.model_validate({"log_level": "off", "database_url": SecretStr(dsn), **settings}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://enfact") as client,
    ):
        yield client


@asynccontextmanager
async def open_demo(databases: Databases, **settings: object) -> AsyncGenerator[Demo]:
    """A clone of the demo with the application on it; dropped at the end."""
    dsn = await databases.clone(await demo_template(databases))
    connection = await connect(dsn)
    try:
        async with open_client(dsn, pool_size=4, **settings) as client:
            yield Demo(client, connection, dsn)
    finally:
        await connection.close()
        await databases.drop(dsn)
