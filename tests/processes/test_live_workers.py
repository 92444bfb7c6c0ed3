"""Live access while two worker processes serve: each tells its own subscribers, whoever made the change."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import connect

from tests.gateway.cli.test_main import gateway
from tests.support.databases import Databases
from tests.support.demo_client import Demo, open_demo
from tests.support.running_gateway import SUBPROTOCOL, Socket
from tests.support.subscribers import DEAF, LISTENING

LAMBERT: Final = "Chauffage Lambert"
SOCKETS: Final = 10
ACCESS: Final = "subscription ($id: ID!) { accessChanged(companyId: $id, initial: true) { apps } }"
SET: Final = """
mutation ($input: SetAppAccessInput!) { setAppAccess(input: $input) { permissionMatrix { version } errors { code } } }
"""
DELETE: Final = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { errors { code } } }"


async def test_every_worker_process_tells_its_own_subscribers(databases: Databases) -> None:
    async with open_demo(databases) as demo:
        lambert, token = await demo.company(LAMBERT), await demo.token("noah")
        noah = await demo.user("noah", LAMBERT)
        serving = gateway("--workers", "2", DATABASE_URL=demo.dsn)
        running = await asyncio.to_thread(serving.__enter__)
        try:
            async with AsyncExitStack() as stack:
                sockets = [await opened(stack, running.url, token, lambert) for _ in range(SOCKETS)]
                await listening(demo, 2)
                for on in (False, True):
                    await toggle(demo, lambert, noah, on=on)
                    told = await asyncio.gather(*[socket.receive() for socket in sockets])
                    assert {("DISCOUNTS" in apps(message)) for message in told} == {on}
                await demo.connection.execute(DEAF)
                await toggle(demo, lambert, noah, on=False)
                told = await asyncio.gather(*[socket.receive() for socket in sockets])
                assert {("DISCOUNTS" in apps(message)) for message in told} == {False}
                await listening(demo, 2)
                answer = await demo.ask("lambert", DELETE, input={"companyId": lambert, "userId": noah})
                assert answer.data["deleteUser"]["errors"] == []
                ends = await asyncio.gather(*[socket.receive() for socket in sockets])
                assert {end["payload"][0]["extensions"]["code"] for end in ends} == {"ACCESS_REVOKED"}
                code = await asyncio.to_thread(running.stop)
                assert code == 0
                assert {(await socket.closed())[0] for socket in sockets} == {1001}
        finally:
            await asyncio.to_thread(serving.__exit__, None, None, None)


async def opened(stack: AsyncExitStack, url: str, token: str, company: str) -> Socket:
    """A socket with a subscription that has read for the first time."""
    address = f"ws://{urlsplit(url).netloc}/graphql"
    connection = await stack.enter_async_context(
        connect(address, subprotocols=[SUBPROTOCOL], compression=None, proxy=None)
    )
    socket = await Socket(connection).init(token)
    await socket.subscribe("access", ACCESS, id=company)
    apps(await socket.receive())  # the first reading: it is open
    return socket


async def listening(demo: Demo, count: int) -> None:
    """Return once so many processes listen to the database."""
    async with asyncio.timeout(60):
        while await demo.connection.fetchval(LISTENING) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def toggle(demo: Demo, company: str, user: str, *, on: bool) -> None:
    """Switch the discounts of somebody on or off."""
    query = "query ($id: ID!) { company(id: $id) { permissionMatrix { version } } }"
    version = (await demo.ask("lambert", query, id=company)).data["company"]["permissionMatrix"]["version"]
    change = {"userId": user, "app": "DISCOUNTS", "granted": on}
    given = {"companyId": company, "expectedVersion": version, "changes": [change]}
    assert (await demo.ask("lambert", SET, input=given)).data["setAppAccess"]["errors"] == []


def apps(message: Any) -> list[str]:
    """The apps that an event tells."""
    assert message["type"] == "next", message
    return message["payload"]["data"]["accessChanged"]["apps"]
