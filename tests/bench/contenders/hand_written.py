"""hand_written: a Starlette route for each operation and an asyncpg pool; PostgreSQL builds the bytes of the answer.

Run as `python -m tests.bench.contenders.hand_written PORT`, with DATABASE_URL set.
"""

import hashlib
import os
import sys
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.contenders import customers
from tests.bench.contenders.statements import HAND

POOL = 2 * (os.cpu_count() or 1) + 3
SETTINGS = {"jit": "off", "plan_cache_mode": "force_generic_plan", "timezone": "UTC", "datestyle": "ISO"}
Endpoint = Callable[[Request], Awaitable[Response]]


def key(id: str, prefix: str) -> uuid.UUID:
    """The key in a global id. Raises ValueError for anything else."""
    if not id.startswith(prefix):
        raise ValueError(id)
    return uuid.UUID(id.removeprefix(prefix))


def token_hash(authorization: str) -> bytes:
    """The hash by which a Bearer token is looked up."""
    return hashlib.sha256(authorization.removeprefix("Bearer ").encode()).digest()


def answer(row: Any) -> Response:
    """The HTTP answer for the row of a statement."""
    if row is None:
        return Response(b'{"error":"unauthenticated"}', 401, media_type="application/json")
    if row[0] is None:
        return Response(b'{"error":"conflict"}', 409, media_type="application/json")
    return Response(row[0], media_type="application/json")


def read(name: str) -> Endpoint:
    """The route of an operation that reads one company."""
    statement = HAND[name]

    async def endpoint(request: Request) -> Response:
        company = key(request.path_params["company"], "com_")
        hashed = token_hash(request.headers.get("authorization", ""))
        return answer(await request.app.state.pool.fetchrow(statement, hashed, company))

    return endpoint


async def accountant(request: Request) -> Response:
    """The route of the accountant's overview."""
    hashed = token_hash(request.headers.get("authorization", ""))
    return answer(await request.app.state.pool.fetchrow(HAND["accountant"], hashed))


async def write(request: Request) -> Response:
    """The route that sets a toggle."""
    given = orjson.loads(await request.body())
    (change,) = given["changes"]
    hashed = token_hash(request.headers.get("authorization", ""))
    row = await request.app.state.pool.fetchrow(
        HAND["write"], hashed, key(given["companyId"], "com_"), given["expectedVersion"],
        key(change["userId"], "usr_"), change["app"], change["granted"],
    )  # fmt: skip
    return answer(row)


async def create_customer(request: Request) -> Response:
    """The route that records a customer."""
    given = orjson.loads(await request.body())
    hashed = token_hash(request.headers.get("authorization", ""))
    row = await request.app.state.pool.fetchrow(
        customers.HAND["create_customer"], hashed, key(given["companyId"], "com_"), *customers.creation(given)
    )
    return answer(row)


async def update_customer(request: Request) -> Response:
    """The route that changes a customer."""
    given = orjson.loads(await request.body())
    hashed = token_hash(request.headers.get("authorization", ""))
    row = await request.app.state.pool.fetchrow(
        customers.HAND["update_customer"], hashed, key(given["customerId"], "cus_"), *customers.change(given)
    )
    return answer(row)


async def prepare(connection: Any) -> None:
    """Let the connection return JSON as bytes."""
    await connection.set_type_codec("json", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes)


async def keep(_connection: Any) -> None:
    """Reset nothing, since no request leaves session state."""


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[None]:
    """Keep the pool open."""
    driver: Any = asyncpg
    app.state.pool = await driver.create_pool(
        os.environ["DATABASE_URL"], min_size=POOL, max_size=POOL, init=prepare, reset=keep, server_settings=SETTINGS
    )
    yield
    await app.state.pool.close()


ROUTES = [
    *(Route(f"/{name}/{{company}}", read(name)) for name in HAND if name not in ("accountant", "write")),
    Route("/accountant", accountant),
    Route("/write", write, methods=["POST"]),
    Route("/create_customer", create_customer, methods=["POST"]),
    Route("/update_customer", update_customer, methods=["POST"]),
]

if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=ROUTES, lifespan=lifespan), port=int(sys.argv[1]), access_log=False, log_level="warning"
    )
