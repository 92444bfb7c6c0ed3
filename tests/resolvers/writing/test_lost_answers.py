"""Clients that lose answers and repeat what they sent with its key make exactly what they meant.

Sessions of the server are ended meanwhile in the middle of their statements, so that a commit is in doubt.
"""

import asyncio
import random
from typing import Any, Final

import orjson

from resolvers.request import GraphQLRequest
from schema.declarations.writing import WriteAction
from tests.resolvers.writing.desk import EVERY_APP, Desk, document, write_of
from tests.support.company import Firm

CREATE, UPDATE = (write_of("Customer", action) for action in (WriteAction.CREATE, WriteAction.UPDATE))
CLIENTS, ROWS, TRIES = 4, 10, 200
END: Final = """
select pg_terminate_backend(pid, 0) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like 'with viewer%'
"""


class Client:
    """A client in a company, which sees only the second answer to what it sends, if that."""

    def __init__(self, desk: Desk, firm: Firm, seed: int) -> None:
        self.desk, self.firm, self.random, self.replayed = desk, firm, random.Random(seed), 0

    async def surely(self, query: str, member: str, given: dict[str, Any]) -> Any:
        """The row, sent again until it is answered."""
        for n in range(TRIES):
            request = GraphQLRequest(query, variables={"input": given}, token=self.firm["owner"].token)
            work = asyncio.ensure_future(self.desk.executor.execute(request))
            if self.random.random() < 0.3:
                await asyncio.sleep(self.random.random() * 0.01)
                work.cancel()
            (result,) = await asyncio.gather(work, return_exceptions=True)
            if n == 0 or isinstance(result, BaseException) or result.data is None:
                await asyncio.sleep(0.02)
                continue
            payload = next(iter(orjson.loads(result.data).values()))
            await asyncio.sleep(0 if payload else 0.02)
            if payload is not None and payload[member] is not None:
                assert payload["errors"] == []
                self.replayed += payload["replayed"]
                return payload[member]
            assert payload is None or payload["errors"][0]["code"] == "VERSION_CONFLICT", payload
        raise AssertionError("no answer")

    async def run(self, name: str) -> None:
        """Make rows and change each, everything with a key of its own."""
        for n in range(ROWS):
            given: dict[str, Any] = {"companyId": self.firm.id, "name": f"{name} {n}", "idempotencyKey": f"{name}-{n}"}
            given["contactPersons"] = [{"lastName": "Bob"}]
            made = await self.surely(document(CREATE, "customer { id } replayed errors { code }"), "customer", given)
            given = {"customerId": made["id"], "name": f"{name} {n} again", "idempotencyKey": f"{name}-{n}"}
            changed = await self.surely(document(UPDATE, "customer { id } replayed errors { code }"), "customer", given)
            assert changed == made


async def disturb(desk: Desk, until: asyncio.Event) -> int:
    """End sessions that write, now and then. Returns how many."""
    ended = 0
    while not until.is_set():
        found = len(await desk.connection.fetch(END))
        await asyncio.sleep(0.2 if found else 0.005)
        ended += found
    return ended


async def test_what_is_repeated_with_its_key_is_made_once(desk: Desk) -> None:
    firm = await Firm.found(desk.connection, *EVERY_APP)
    clients, done = [Client(desk, firm, n) for n in range(CLIENTS)], asyncio.Event()
    trouble = asyncio.ensure_future(disturb(desk, done))
    try:
        await asyncio.gather(*(client.run(f"client-{n}") for n, client in enumerate(clients)))
    finally:
        done.set()
        ended = await trouble
    assert ended, "no session was ended"
    query = "select name, sequence_number, version from contact where company_id = $1 order by sequence_number"
    rows = [tuple(row) for row in await desk.connection.fetch(query, firm.key)]
    assert sorted(name for name, *_ in rows) == [f"client-{c} {n} again" for c in range(CLIENTS) for n in range(ROWS)]
    assert [number for _, number, _ in rows] == [*range(1, CLIENTS * ROWS + 1)]
    assert {version for _, _, version in rows} == {2}
    query = "select kind, count(*), count(distinct key) from change where company_id = $1 group by kind"
    counts = {kind: (count, keys) for kind, count, keys in await desk.connection.fetch(query, firm.key)}
    assert counts == {"CREATED": (CLIENTS * ROWS,) * 2, "CHANGED": (CLIENTS * ROWS,) * 2}
    query = "select count(*) from contact_person where company_id = $1"
    assert await desk.connection.fetchval(query, firm.key) == CLIENTS * ROWS
    assert all(client.replayed for client in clients)
