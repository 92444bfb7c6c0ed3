"""Subscriptions of one company in one process: the time until a toggle reaches all of them, and their memory.

There are a thousand of five people, of whom some are not concerned, and five thousand of more people, who all are.
`pytest -s` prints the figures; times are not asserted.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect

from db.tokens import hash_token
from tests.bench.loads.listeners import Listener
from tests.gateway.cli.test_main import Gateway, gateway
from tests.support.company import SIGN_IN, SORTS, Firm, Person, enter
from tests.support.databases import Databases
from tests.support.running_gateway import SUBPROTOCOL, Socket
from tests.support.subscribers import Station, open_station

ACCESS: Final = "subscription ($id: ID!) { accessChanged(companyId: $id, initial: true) { role apps } }"
MATRIX: Final = "subscription ($id: ID!) { permissionMatrixChanged(companyId: $id, initial: true) { version } }"
EACH: Final = 50
"""Number of subscriptions of a socket."""

AT_ONCE: Final = 5
"""Number of subscriptions that are begun before their first events are waited for."""

CROWD: Final = {
    "owner": (MATRIX, 8),
    "partner": (MATRIX, 7),
    "anna": (ACCESS, 3),
    "bram": (ACCESS, 1),
    "clara": (ACCESS, 1),
}
"""The subscribers, their subscription, and their number of sockets."""

AFFECTED: Final = 18 * EACH

OPEN: Final[dict[str, Any]] = {
    "ENFACT_LOG_LEVEL": "warning",
    "ENFACT_RATE": "0",
    "ENFACT_MAX_SUBSCRIPTIONS_OF_USER": "1000",
    "ENFACT_MAX_SOCKETS": "1000",
    "ENFACT_MAX_SOCKETS_OF_ADDRESS": "1000",
    "ENFACT_MAX_CONNECTIONS": "2000",
    "ENFACT_MAX_CONNECTIONS_OF_ADDRESS": "2000",
    "ENFACT_POOL_QUEUE": "1000",
}
"""The settings of a gateway that lets one address in with all of them."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Owners who follow the matrix, and a user who follows her own access, by several sessions each."""

    people: int
    sessions: int
    of_socket: int

    def __str__(self) -> str:
        return f"{self.people} people with {self.sessions} sockets of {self.of_socket}"

    @property
    def subscriptions(self) -> int:
        """The number of all subscriptions."""
        return self.people * self.sessions * self.of_socket

    async def open(self, station: Station, firm: Firm, running: Gateway) -> list[Listener]:
        """The sockets of all people, each of a session of its own; anna's first."""
        owners = [await enter(station.connection, firm.key, "owner", SORTS["owner"]) for _ in range(self.people - 1)]
        listeners: list[Listener] = []
        for person in (firm["anna"], *owners):
            for _ in range(self.sessions):
                token = secrets.token_urlsafe()
                await station.connection.execute(SIGN_IN, hash_token(token), person.account)
                listeners.append(await Listener.open(running.url, token, ACCESS if person is firm["anna"] else MATRIX))
        return listeners

    async def subscribe(self, listener: Listener, firm: Firm) -> None:
        """Begin the subscriptions of a socket, and take their first events."""
        for n in range(self.of_socket):
            listener.subscribe(str(n), firm.id)
            if n % AT_ONCE == AT_ONCE - 1:
                await listener.until(lambda n=n: len(listener.moments) > n)
        listener.take()


CROWDS: Final = (Crowd(25, 4, 50), Crowd(50, 20, 5), Crowd(500, 1, 10))


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
                            if n % AT_ONCE == AT_ONCE - 1:  # one person's readings wait for each other, not for ever
                                assert {(await socket.receive())["type"] for _ in range(AT_ONCE)} == {"next"}
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
                    await socket.settled()  # no events for people who are not affected
        finally:
            await asyncio.to_thread(serving.__exit__, None, None, None)


async def crowd(stack: AsyncExitStack, running: Gateway, person: Person, count: int) -> Sequence[Socket]:
    """`count` sockets of a person."""
    address = f"ws://{urlsplit(running.url).netloc}/graphql"
    opened: list[Socket] = []
    for _ in range(count):
        connection: Any = await stack.enter_async_context(
            connect(address, subprotocols=[SUBPROTOCOL], compression=None, proxy=None, max_queue=None)
        )
        opened.append(await Socket(connection).init(person.token))
    return opened


async def told(socket: Socket, began: float) -> list[float]:
    """The time of each subscription's event on a socket, in milliseconds since `began`."""
    moments: list[float] = []
    for _ in range(EACH):
        assert (await socket.receive())["type"] == "next"
        moments.append(1_000 * (time.perf_counter() - began))
    return moments


@pytest.mark.parametrize("crowd", CROWDS, ids=str)
async def test_a_toggle_reaches_five_thousand_subscriptions(databases: Databases, template: str, crowd: Crowd) -> None:
    async with open_station(databases, template) as station:
        firm = await station.outside.found("DISCOUNTS", "STOCK")
        with gateway(DATABASE_URL=station.dsn, **OPEN) as running:
            listeners = await crowd.open(station, firm, running)
            before = memory(running)
            for listener in listeners:
                await crowd.subscribe(listener, firm)
            await asyncio.sleep(2)
            each = (memory(running) - before) / crowd.subscriptions
            for on in (True, False, True):
                spent, began = await processor_of(station, running), time.perf_counter()
                await station.toggle(firm, "anna", "DISCOUNTS", on=on)
                for listener in listeners:
                    await listener.until(lambda listener=listener: len(listener.moments) >= crowd.of_socket)
                moments = sorted(moment - began for listener in listeners for moment in listener.take())
                assert len(moments) == crowd.subscriptions
                first, half, last = (f"{1_000 * moments[n]:.0f} ms" for n in (0, len(moments) // 2, -1))
                print(f"\n{crowd}: the first after {first}, half after {half}, all after {last}; ", end="")
                taken = [
                    after - before for before, after in zip(spent, await processor_of(station, running), strict=True)
                ]
                print("of a processor: {:.0f} ms in the gateway, {:.0f} ms in PostgreSQL".format(*taken))
            print(f"memory of one subscription: {each / 1_024:.1f} KiB")
            for listener in listeners:
                assert listener.others == []
                listener.close()


async def processor_of(station: Station, running: Gateway) -> tuple[float, float]:
    """The milliseconds of a processor that the gateway has used, and that the backends of its database have."""
    pids = await station.connection.fetch("select pid from pg_stat_activity where datname = current_database()")
    return milliseconds(running.process.pid), sum(milliseconds(row["pid"]) for row in pids)


def milliseconds(pid: int) -> float:
    """The milliseconds of a processor that a process has used."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return 0.0
    return 1_000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(running: Gateway) -> int:
    """The private memory of the process, in bytes."""
    fields = Path(f"/proc/{running.process.pid}/statm").read_text(encoding="ascii").split()
    return (int(fields[1]) - int(fields[2])) * 4_096


def test_the_crowd_is_a_thousand() -> None:
    assert EACH * sum(count for _, count in CROWD.values()) == 1_000
