"""bare: the lower bound. One ASGI function and prepared statements on kept connections, with nothing in between.

Run as `python -m tests.bench.contenders.bare PORT`, with DATABASE_URL set.
"""

import asyncio
import hashlib
import os
import sys
import uuid
from collections import deque
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.types import Receive, Scope, Send

from tests.bench.contenders import customers
from tests.bench.contenders.hand_written import POOL, SETTINGS, key
from tests.bench.contenders.statements import BARE

STATEMENTS = BARE | customers.BARE
OK, UNAUTHENTICATED, CONFLICT = 200, 401, 409


class Connections:
    """Connections with prepared statements; the last used one is taken first."""

    def __init__(self) -> None:
        self._free: list[dict[str, Any]] = []
        self._waiting: deque[asyncio.Future[dict[str, Any]]] = deque()
        self._all: list[Any] = []

    async def open(self) -> None:
        """Connect and prepare."""
        driver: Any = asyncpg
        for _ in range(POOL):
            connection = await driver.connect(os.environ["DATABASE_URL"], server_settings=SETTINGS)
            await connection.set_type_codec("text", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes)
            self._all.append(connection)
            self._free.append({name: await connection.prepare(statement) for name, statement in STATEMENTS.items()})

    async def close(self) -> None:
        """End all connections."""
        for connection in self._all:
            await connection.close()

    async def ask(self, name: str, *arguments: object) -> Any:
        """The one row of a statement, None when there is none."""
        if self._free:
            statements = self._free.pop()
        else:
            future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            statements = await future
        try:
            return await statements[name].fetchrow(*arguments)
        finally:
            if self._waiting:
                self._waiting.popleft().set_result(statements)
            else:
                self._free.append(statements)


CONNECTIONS = Connections()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request, or run the lifespan."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    hashed = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            hashed = hashlib.sha256(value[7:]).digest()
            break
    _, operation, *place = scope["path"].split("/")
    if operation in WRITES:
        row = await WRITES[operation](hashed, orjson.loads((await receive())["body"]))
    elif place:
        row = await CONNECTIONS.ask(operation, hashed, uuid.UUID(place[0].removeprefix("com_")))
    else:
        row = await CONNECTIONS.ask(operation, hashed)
    body: bytes = b"" if row is None or row[0] is None else row[0]
    status = UNAUTHENTICATED if row is None else OK if body else CONFLICT
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def write(hashed: bytes, given: Any) -> Any:
    """Set a toggle."""
    (change,) = given["changes"]
    return await CONNECTIONS.ask(
        "write", hashed, key(given["companyId"], "com_"), given["expectedVersion"], key(change["userId"], "usr_"),
        change["app"].encode(), change["granted"],
    )  # fmt: skip


async def create_customer(hashed: bytes, given: Any) -> Any:
    """Record a customer."""
    *values, names = customers.creation(given)
    company = key(given["companyId"], "com_")
    return await CONNECTIONS.ask("create_customer", hashed, company, *map(encoded, values), names)


async def update_customer(hashed: bytes, given: Any) -> Any:
    """Change a customer."""
    *values, names = customers.change(given)
    row = key(given["customerId"], "cus_")
    return await CONNECTIONS.ask("update_customer", hashed, row, *map(encoded, values), names)


def encoded(value: Any) -> Any:
    """A value as the connections take it, which have texts as bytes."""
    return value.encode() if isinstance(value, str) else value


WRITES = {"write": write, "create_customer": create_customer, "update_customer": update_customer}


async def live(receive: Receive, send: Send) -> None:
    """The lifespan protocol."""
    await receive()
    await CONNECTIONS.open()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await CONNECTIONS.close()
    await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning", lifespan="on", interface="asgi3")
