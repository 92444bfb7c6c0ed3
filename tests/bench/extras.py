"""What the comparison of contenders does not show of the gateway: takes a running gateway, gives one figure each.

Gates against none, memory and hot documents under a flood, the first time of an operation, the largest accountant.
"""

import asyncio
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, Final

import orjson

from db.connection import Connection
from schema.apps import App
from tests.bench import dataset, processes
from tests.bench.load import ask, post, run
from tests.bench.measuring import Bench
from tests.bench.operations import COMPANY, COMPANY_ID
from tests.bench.report import Target
from tests.bench.servers import Server

FLOOD: Final = 10_000
HOT: Final = 20
FIRST_TIMES: Final = 30
GROWTH_MIB: Final = 32.0
MILLISECOND: Final = 1e6
"""In nanoseconds."""

Step = Callable[[str, int], None]
STEPS: Final = 6

GATED_FIELDS: Final = """
  sequenceNumber deliveryDate orderReference language currency exchangeRate totalInclBase discount discountType
  totalDiscount topText totalCost totalProfit totalEmptyGoods settlementDiscount settlementTermDays
  customer {
    id language currency discount discountType settlementDiscount settlementTermDays prospectSince utmSource utmMedium
    utmCampaign channel
  }
"""
GATED: Final = f"""
query Gated($id: ID!) {{
  company(id: $id) {{ legalForm street streetNumber invoices(first: 50) {{ nodes {{ id {GATED_FIELDS} }} }} }}
}}
"""
"""30 fields behind gates, in lists."""

SIXTY: Final = """
query Sixty%s($id: ID!) {
  company(id: $id) {
    id first%s: name vatNumber enterpriseNumber legalForm street streetNumber postcode city country phone email website
    invoices(first: 20) {
      nodes {
        id number date dueDate status customerName totalExcl totalVat totalIncl discount discountType totalProfit
        orderReference currency language topText locked createdAt
        customer { id number name city email vatNumber street postcode country discount }
        lines { id position name quantity price vatRate totalExcl totalVat totalIncl discount purchasePrice }
      }
    }
    products(first: 10) { nodes { id number name } }
  }
}
"""
"""60 fields; the two holes make texts that were never seen before."""

PAGE: Final = """
query Page($after: String) {
  viewer {
    companies(first: 100, after: $after) {
      nodes { id name vatNumber invoices(first: 3) { nodes { id number date status totalIncl } } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

FIELDS: Final = ("number", "date", "dueDate", "status", "customerName", "totalExcl", "totalVat", "totalIncl", "text",
                 "locked", "vatType", "createdAt", "discount", "topText", "currency")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU of one request in milliseconds."""

    server: float
    postgres: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.server + self.postgres


@dataclass(frozen=True, slots=True)
class Extras:
    """Measures the gateway, and `ungated`, the same without gates."""

    bench: Bench
    gateway: Server
    ungated: Server
    admin: Connection

    async def measure(self, step: Step) -> list[Target]:
        """All figures, as targets with what was found."""
        found: list[Target] = []
        for name, measured in (
            ("gates", self.gates),
            ("an operation's first time", self.first_time),
            ("accountant of 1,000 companies", self.accountant),
        ):
            found.append(await asyncio.to_thread(measured))
            step(name, 1)
        found.append(await self.toggle_sets())
        step("toggle sets", 1)
        found += await asyncio.to_thread(self.documents)
        step("documents", 1)
        return found

    def gates(self) -> Target:
        """An operation with 30 gated fields against the same without gates."""
        request = _request(GATED, {"id": COMPANY_ID}, dataset.token("owner", COMPANY))
        ratios: list[float] = []
        for server in (self.gateway, self.ungated):
            self._load(server, [request], 300)
        for n in range(9):
            both = [self.gateway, self.ungated]
            spent = {s.pid: self._load(s, [request], 200).total for s in (both if n % 2 else both[::-1])}
            ratios.append(spent[self.gateway.pid] / spent[self.ungated.pid])
        ratio = statistics.median(ratios)
        return Target("30 gated fields in lists against no gates", "at most 1.10 ×", f"{ratio:.3f}", ratio <= 1.10)

    def first_time(self) -> Target:
        """Server CPU of an operation that was never seen, parsing, validating and compiling included."""
        token = dataset.token("owner", COMPANY)
        texts = [_request(SIXTY % (n, n), {"id": COMPANY_ID}, token) for n in range(FIRST_TIMES)]
        median = statistics.median(self._load(self.gateway, [text], 1).server for text in texts)
        return Target("an operation of 60 fields, first time, server", "at most 5 ms", f"{median:.2f} ms", median <= 5)

    def accountant(self) -> Target:
        """CPU for each company, of 62 in one page and of 1,000 in ten."""
        one, many = (list(_pages(self.gateway.port, dataset.token("accountant", n))) for n in range(2))
        self._load(self.gateway, one, 100)
        self._load(self.gateway, many, 100)
        few: list[float] = []
        all_: list[float] = []
        for _ in range(5):
            few.append(1_000 * self._load(self.gateway, one, 100).total / dataset.CLIENTS)
            all_.append(1_000 * self._load(self.gateway, many, 10 * len(many)).total * len(many) / 1_000)
        before, after = statistics.median(few), statistics.median(all_)
        figure = "accountant, CPU for each company: 62 and 1,000"
        return Target(figure, "does not grow", f"{before:.1f} and {after:.1f} µs", after <= 1.05 * before)

    async def toggle_sets(self) -> Target:
        """Memory after requests under as many different toggle sets."""
        chance = Random(1)
        people = list(product(range(dataset.COMPANIES), range(1, dataset.MEMBERS)))
        requests = [_request(GATED, {"id": dataset.global_id("com", "company", c)}, _employee(c, m)) for c, m in people]
        await asyncio.to_thread(self._load, self.gateway, requests, 500)
        before = self._memory()
        left = FLOOD
        while left:
            masks = [dataset.bits(app for app in App if chance.random() < 0.5) for _ in people]
            keys = [dataset.key("membership", c, m) for c, m in people]
            await self.admin.execute(RETOGGLE, [dataset.key("company", c) for c, _ in people], keys, masks)
            count = min(left, len(people))
            await asyncio.to_thread(self._load, self.gateway, requests, count)
            left -= count
        grown = self._memory() - before
        figure = f"memory after {FLOOD:,} toggle sets"
        return Target(figure, f"grows by less than {GROWTH_MIB:.0f} MiB", f"{grown:.1f} MiB", grown < GROWTH_MIB)

    def documents(self) -> list[Target]:
        """Memory, and what hot documents cost, during and after a flood of documents that come once."""
        token = dataset.token("owner", COMPANY)
        hot = [_request(_document(n, "hot"), {"id": COMPANY_ID}, token) for n in range(HOT)]
        self._load(self.gateway, hot, 40 * HOT)
        usual = self._load(self.gateway, hot, 10 * HOT).server
        before = self._memory()
        for start in range(0, FLOOD, 1_000):
            once = [_request(_document(n, "once"), {"id": COMPANY_ID}, token) for n in range(start, start + 1_000)]
            mixed = [request for n, one in enumerate(once) for request in (one, hot[n % HOT])]
            self._load(self.gateway, mixed, len(mixed))
        grown = self._memory() - before
        after = self._load(self.gateway, hot, HOT).server
        usual = max(usual, self._load(self.gateway, hot, HOT).server)
        return [
            Target(
                f"memory after {FLOOD:,} documents", f"grows by less than {GROWTH_MIB:.0f} MiB", f"{grown:.1f} MiB",
                grown < GROWTH_MIB,
            ),
            Target(
                "the 20 hot documents right after them, server", "as usual (2 × at most)",
                f"{1_000 * after:.0f} µs, usually {1_000 * usual:.0f} µs", after <= 2 * usual,
            ),
        ]  # fmt: skip

    def _load(self, server: Server, requests: Sequence[bytes], count: int) -> Spent:
        """Send the requests in turn, `count` in all, over a few connections; the CPU of one."""
        turn = 0

        def source(_: int) -> bytes:
            nonlocal turn
            turn += 1
            return requests[(turn - 1) % len(requests)]

        before = self._spent(server)
        run(server.port, 4, count, source)
        after = self._spent(server)
        return Spent(*((b - a) / MILLISECOND / count for a, b in zip(before, after, strict=True)))

    def _spent(self, server: Server) -> tuple[int, int]:
        backends = processes.backends(self.bench.postmaster).get(server.user, [])
        return processes.cpu(processes.tree(server.pid)), processes.cpu(backends)

    def _memory(self) -> float:
        return processes.resident(processes.tree(self.gateway.pid))


RETOGGLE: Final = """
update membership m set toggles = x.mask::bit(256)
from unnest($1::uuid[], $2::uuid[], $3::text[]) x(company, id, mask) where m.company_id = x.company and m.id = x.id
"""


def _request(query: str, variables: Mapping[str, object], token: str) -> bytes:
    return post("/graphql", token, orjson.dumps({"query": query, "variables": variables}))


def _employee(company: int, member: int) -> str:
    return dataset.token("employee", company * dataset.MEMBERS + member)


def _document(n: int, word: str) -> str:
    """A document of which there is no other."""
    chance = Random(f"{word} {n}")
    fields = " ".join(chance.sample(FIELDS, 6))
    return (
        f"query Flood($id: ID!) {{ company(id: $id) {{ {word}{n}: name "
        f"invoices(first: {1 + n % 3}) {{ nodes {{ id {fields} }} }} }} }}"
    )


def _pages(port: int, token: str) -> Iterator[bytes]:
    """The requests for all pages of an accountant's companies."""
    after: str | None = None
    while True:
        request = _request(PAGE, {"after": after}, token)
        yield request
        info: Any = orjson.loads(ask(port, request))["data"]["viewer"]["companies"]["pageInfo"]
        if not info["hasNextPage"]:
            return
        after = info["endCursor"]
