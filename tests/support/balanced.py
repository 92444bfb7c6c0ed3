"""Gateways behind the HAProxy that is shipped, and clients that count what fails."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from tests.clients.node import in_ci
from tests.support.databases import ROOT

DEPLOY: Final = ROOT / "gateway" / "deploy"
READ: Final = "query ($id: ID!) { company(id: $id) { name } }"
WRITE: Final = """
mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } errors { code message } } }
"""
BEHIND: Final = {"ENFACT_RATE": "0", "ENFACT_WRITE_RATE": "0", "ENFACT_TRUSTED_PROXIES": "127.0.0.1"}
"""Settings of a gateway behind it whose clients are all on this machine."""


def need_haproxy() -> str:
    """The program; without it the test is skipped, in CI it fails."""
    found = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None and not in_ci():
        pytest.skip("there is no HAProxy here: apt-get install haproxy")
    assert found is not None, "there is no HAProxy here"
    return found


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody uses."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def haproxy(program: str, ports: list[int]) -> Generator[str]:
    """HAProxy as it is shipped before two gateways on these ports; the address for clients."""
    (port,) = free_ports(1)
    one, two = ports
    given = {
        "GATEWAYS_BIND": f"127.0.0.1:{port}", "GATEWAY_ONE": f"127.0.0.1:{one}", "GATEWAY_TWO": f"127.0.0.1:{two}",
    }  # fmt: skip
    process = subprocess.Popen(
        [program, "-db", "-f", DEPLOY / "haproxy.cfg"], env={**os.environ, **given},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@dataclass(slots=True)
class Clients:
    """Clients that read and write by turns, each over a connection that it keeps, until they are stopped."""

    address: str
    token: str
    company: str
    pause: float = 0.02
    patience: float = 30.0
    reads: int = 0
    acknowledged: list[str] = field(default_factory=list[str])
    """The ids of the customers that a client was told are written."""

    failed: list[str] = field(default_factory=list[str])
    written_at: list[float] = field(default_factory=list[float])
    """The moments (monotonic clock) of what was acknowledged."""

    stopped: bool = False

    @asynccontextmanager
    async def at_work(self, count: int = 4) -> AsyncGenerator[None]:
        """So many of them work within the block."""
        tasks = [asyncio.create_task(self._work()) for _ in range(count)]
        try:
            yield
        finally:
            self.stopped = True
            await asyncio.gather(*tasks)

    async def more(self, count: int = 10, seconds: float = 120.0) -> None:
        """Return once so many more writes are acknowledged."""
        wanted = len(self.acknowledged) + count
        async with asyncio.timeout(seconds):
            while len(self.acknowledged) < wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def _work(self) -> None:
        headers = {"authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(headers=headers, timeout=self.patience) as client:
            while not self.stopped:
                await self._send(client, READ, {"id": self.company})
                given = {"companyId": self.company, "name": f"Customer {uuid4().hex}"}
                await self._send(client, WRITE, {"input": given})
                await asyncio.sleep(self.pause)

    async def _send(self, client: httpx.AsyncClient, query: str, variables: dict[str, Any]) -> None:
        try:
            answer = await client.post(f"{self.address}/graphql", json={"query": query, "variables": variables})
        except httpx.TransportError as error:
            self.failed.append(repr(error))
            return
        if answer.status_code != 200 or "errors" in answer.json():
            self.failed.append(f"{answer.status_code} {answer.text[:300]}")
        elif query == READ:
            self.reads += 1
        else:
            self._note(answer.json()["data"]["createCustomer"])

    def _note(self, payload: dict[str, Any]) -> None:
        if payload["errors"]:
            self.failed.append(str(payload["errors"]))
        else:
            self.acknowledged.append(payload["customer"]["id"])
            self.written_at.append(time.monotonic())
