"""A thousand subscriptions of five people in one process: how long a toggle takes to reach them, and their memory.

`pytest -s` prints the figures; nothing is asserted of time.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from websockets.asyncio.client import connect

from tests.databases import Databases
from tests.firm import Person
from tests.gateway.test_cli import Gateway, gateway
from tests.live import open_station
from tests.wire import SUBPROTOCOL, Socket

ACCESS: Final = "subscription ($id: ID!) { accessChanged(companyId: $id) { role apps } }"
MATRIX: Final = "subscription ($id: ID!) { permissionMatrixChanged(companyId: $id) { version } }"
EACH: Final = 50
"""Subscriptions of a socket."""

CROWD: Final = {
    "owner": (MATRIX, 8),
    "partner": (MATRIX, 7),
    "anna": (ACCESS, 3),
    "bram": (ACCESS, 1),
    "clara": (ACCESS, 1),
}
"""Who subscribes to what, on how many sockets."""

AFFECTED: Final = 18 * EACH


async def test_a_toggle_reaches_a_thousand_subscriptions(databases: Databases, template: str) -> None:
    async with open_station(databases, template) as station:
        firm = await station.outside.found("DISCOUNTS", "STOCK")
        serving = gateway(
            DATABASE_URL=station.dsn,
            ENFACT_LOG_LEVEL="warning",
            ENFACT_RATE="0",
            ENFACT_MAX_SUBSCRIPTIONS_OF_USER="1000",
            ENFACT_POOL_QUEUE="1000",
        )
        running = await asyncio.to_thread(serving.__enter__)
        try:
            async with AsyncExitStack() as stack:
                sockets = {name: await crowd(stack, running, firm[name], count) for name, (_, count) in CROWD.items()}
                await station.toggle(firm, "anna", "DISCOUNTS", on=True)
                before = memory(running)
                for name, (query, _) in CROWD.items():
                    for socket in sockets[name]:
                        for n in range(EACH):
                            await socket.subscribe(str(n), query, id=firm.id)
                        await socket.settled()
                await asyncio.sleep(2)
                each = (memory(running) - before) / (EACH * sum(count for _, count in CROWD.values()))
                for on in (False, True, False):
                    began = time.perf_counter()
                    waiting = [told(socket, began) for name in ("owner", "partner", "anna") for socket in sockets[name]]
                    telling = asyncio.gather(*waiting)
                    await station.toggle(firm, "anna", "DISCOUNTS", on=on)
                    moments = sorted(moment for of in await telling for moment in of)
                    assert len(moments) == AFFECTED
                    first, half, last = (f"{moments[n]:.0f} ms" for n in (0, AFFECTED // 2, -1))
                    print(
                        f"\n{AFFECTED} of 1,000 are told: the first after {first}, half after {half}, all after {last}"
                    )
                print(f"memory of one subscription: {each / 1_024:.1f} KiB")
                for socket in (*sockets["bram"], *sockets["clara"]):
                    await socket.settled()  # nothing was told to who is not affected
        finally:
            await asyncio.to_thread(serving.__exit__, None, None, None)


async def crowd(stack: AsyncExitStack, running: Gateway, person: Person, count: int) -> Sequence[Socket]:
    """So many sockets of somebody."""
    address = f"ws://{urlsplit(running.url).netloc}/graphql"
    opened: list[Socket] = []
    for _ in range(count):
        connection: Any = await stack.enter_async_context(
            connect(address, subprotocols=[SUBPROTOCOL], compression=None, proxy=None, max_queue=None)
        )
        opened.append(await Socket(connection).init(person.token))
    return opened


async def told(socket: Socket, began: float) -> list[float]:
    """When each subscription of a socket was told, in milliseconds."""
    moments: list[float] = []
    for _ in range(EACH):
        assert (await socket.receive())["type"] == "next"
        moments.append(1_000 * (time.perf_counter() - began))
    return moments


def memory(running: Gateway) -> int:
    """Bytes of the process that are its own, shared memory apart."""
    fields = Path(f"/proc/{running.process.pid}/statm").read_text(encoding="ascii").split()
    return (int(fields[1]) - int(fields[2])) * 4_096


def test_the_crowd_is_a_thousand() -> None:
    assert EACH * sum(count for _, count in CROWD.values()) == 1_000
