"""The product as its clients meet it: `enfact serve` in a process of its own, on a clone of the demo."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from db.connection import connect
from tests.gateway.cli.test_main import Gateway, gateway
from tests.support.databases import Databases, demo_template
from tests.support.demo_client import Demo

PEOPLE: Final = ("lambert", "noah", "eva", "delvaux", "compta")
COMPANIES: Final = ("Chauffage Lambert", "Bières Delvaux")
APP: Final = "https://app.example.be"
"""An origin whose pages may use the cookie."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running gateway: where it is, the demo behind it, and its log."""

    url: str
    demo: Demo
    log: Path
    process: Gateway

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.process.pid

    async def given(self) -> dict[str, Any]:
        """What a client has to know: the address, tokens, companies."""
        tokens = {who: await self.demo.token(who) for who in PEOPLE}
        companies = {name: await self.demo.company(name) for name in COMPANIES}
        return {"url": self.url, "tokens": tokens, "companies": companies, "origin": APP}

    def resident(self) -> int:
        """Bytes of memory that the process holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * 4096


@asynccontextmanager
async def serving(databases: Databases, log: Path, **settings: str) -> AsyncGenerator[Served]:
    """A gateway on a clone of its own, which is dropped at the end."""
    dsn = await databases.clone(await demo_template(databases))
    connection = await connect(dsn)
    with log.open("wb") as stderr:
        running = gateway(
            before=(),
            stderr=stderr,
            anew=False,
            DATABASE_URL=dsn,
            ENFACT_POOL_SIZE="4",
            ENFACT_ALLOWED_ORIGINS=APP,
            ENFACT_RATE="0",
            ENFACT_KEY_RATE="0",
            ENFACT_WRITE_RATE="0",
            **settings,
        )
        started = await asyncio.to_thread(running.__enter__)
        try:
            async with httpx.AsyncClient(base_url=started.url, timeout=30) as client:
                yield Served(started.url, Demo(client, connection, dsn), log, started)
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)
            await connection.close()
            await databases.drop(dsn)
