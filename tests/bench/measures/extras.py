"""Further figures of the gateway, beside the comparison of contenders.

They are: the cost of gates, memory and hot documents under a flood, the first time of an operation, the largest
accountant, texts in a large company, writes (`writing.py`), and companies at two places (`placed.py`). Some are
compared with an earlier gateway, measured on both in turn.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, Final, TypeAlias

import orjson

from db.connection import Connection
from schema.apps import App
from tests.bench import texts
from tests.bench.contenders.servers import Server
from tests.bench.data import dataset
from tests.bench.data.cluster import PREFIX, fingerprint
from tests.bench.loads.generator import ask, post, run
from tests.bench.loads.operations import COMPANY, COMPANY_ID
from tests.bench.measures import processes
from tests.bench.measures.measuring import Bench
from tests.bench.measures.placed import nothing_placed, placed
from tests.bench.measures.writing import compilation, crowded, nothing_written
from tests.bench.report.change import Pairs
from tests.bench.report.spread import Estimate, Verdict, at_most, estimate
from tests.bench.report.tables import Target, shown

FLOOD: Final = 10_000
HOT: Final = 20
FIRST_TIMES: Final = 30
GROWTH_MIB: Final = 32.0
MILLISECOND: Final = 1e6
"""Nanoseconds of a millisecond."""

ROUNDS: Final = 9
PARTS: Final = 10
"""Number of parts of a flood; measurements are made after each."""

Wanted: TypeAlias = tuple[str, str]
"""The name of a figure, and its target in words."""

GATES: Final = "30 gated fields in lists against no gates", "at most 1.10 ×"
FIRST_TIME: Final = "an operation of 60 fields, first time, server", "at most 5 ms"
ACCOUNTANT: Final = "accountant, CPU for each company: of 1,000 ÷ of 62", "does not grow (1.05 × at most)"
TOGGLE_SETS: Final = f"memory after {FLOOD:,} toggle sets", f"grows by at most {GROWTH_MIB:.0f} MiB"
DOCUMENTS: Final = f"memory after {FLOOD:,} documents", f"grows by at most {GROWTH_MIB:.0f} MiB"
AFTER: Final = "the 20 hot documents right after them, server", "as the time after (2 × at most)"

Step = Callable[[str, float], None]
STEPS: Final = 9

TEXTS: Final = "bench_texts"
"""The database of the large company; it is made once."""
SECOND: Final = "bench_second"
"""A second database with the data set, for companies that lie at two places."""

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
"""An operation with 30 fields behind gates, in lists."""

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
"""An operation of 60 fields; its two placeholders make new texts."""

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
        """The sum of both."""
        return self.server + self.postgres


@dataclass(frozen=True, slots=True)
class Probe:
    """Sends requests to a server, and measures the CPU of one."""

    bench: Bench

    def load(self, server: Server, requests: Sequence[bytes], count: int) -> Spent:
        """Send the requests in turn, `count` in all, over a few connections."""
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


def first_times(probe: Probe, servers: Sequence[Server]) -> list[list[float]]:
    """Server CPU of new operations on each server, with parsing, validation and compilation."""
    token = dataset.token("owner", COMPANY)
    found: list[list[float]] = [[] for _ in servers]
    for n in range(FIRST_TIMES):
        text = _request(SIXTY % (n, n), {"id": COMPANY_ID}, token)
        for which in _in_turn(len(servers), n):
            found[which].append(probe.load(servers[which], [text], 1).server)
    return found


def gated(probe: Probe, servers: Sequence[Server]) -> list[list[float]]:
    """CPU of an operation with 30 gated fields in lists, round by round on each server."""
    request = _request(GATED, {"id": COMPANY_ID}, dataset.token("owner", COMPANY))
    return _rounds(probe, servers, [[request]] * len(servers), 300, 200)


def pages(probe: Probe, servers: Sequence[Server]) -> list[list[float]]:
    """CPU of a page of the accountant of 1,000 companies, round by round on each server."""
    requests = [list(_pages(server.port, dataset.token("accountant", 1))) for server in servers]
    return _rounds(probe, servers, requests, 100, 100)


FIGURES: Final[Mapping[str, Callable[[Probe, Sequence[Server]], list[list[float]]]]] = {
    FIRST_TIME[0]: first_times,
    "30 gated fields in lists: CPU": gated,
    "a page of 100 companies: CPU": pages,
}
"""The figures that are compared with an earlier gateway, beside the operations."""


def compared(probe: Probe, before: Server, gateway: Server, step: Step) -> Mapping[str, Pairs]:
    """Each of `FIGURES`, in pairs of the earlier gateway and this one."""
    found: dict[str, Pairs] = {}
    for n, (figure, measured) in enumerate(FIGURES.items()):
        step(figure, n)
        found[figure] = list(zip(*measured(probe, [before, gateway]), strict=True))
    return found


def _rounds(
    probe: Probe, servers: Sequence[Server], requests: Sequence[Sequence[bytes]], warm: int, count: int
) -> list[list[float]]:
    found: list[list[float]] = [[] for _ in servers]
    for server, asked in zip(servers, requests, strict=True):
        probe.load(server, asked, warm)
    for n in range(ROUNDS):
        for which in _in_turn(len(servers), n):
            found[which].append(probe.load(servers[which], requests[which], count).total)
    return found


def _in_turn(count: int, round_: int) -> list[int]:
    """The indices of all servers, with another one first in each round."""
    return [(which + round_) % count for which in range(count)]


@dataclass(frozen=True, slots=True)
class Extras:
    """Measures the gateway, and `ungated`, the same gateway without gates."""

    probe: Probe
    gateway: Server
    ungated: Server
    admin: Connection
    texts: str
    """The DSN of the database `TEXTS`."""
    places: Sequence[str]
    """The DSNs of two databases with the data set, of which the last, `SECOND`, is not there yet."""

    async def measure(self, step: Step) -> list[Target]:
        """All figures, as targets with their values."""
        found: list[Target] = []
        for n, (name, measured) in enumerate(
            (
                ("gates", self.gates),
                ("an operation's first time", self.first_time),
                ("accountant of 1,000 companies", self.accountant),
            )
        ):
            step(name, n)
            found.append(await asyncio.to_thread(measured))
        step("toggle sets", 3)
        found.append(await self.toggle_sets())
        step("documents", 4)
        found += await asyncio.to_thread(self.documents)
        step("texts of a large company", 5)
        if not await self.admin.fetchval("select exists (select from pg_database where datname = $1)", TEXTS):
            await self.admin.execute(f"create database {TEXTS}")
        found += await texts.targets(self.texts)
        step("many writers in one company", 6)
        found += await asyncio.to_thread(crowded, self.probe.bench, self.gateway)
        step("a write's first time", 7)
        found.append(await asyncio.to_thread(compilation))
        step("companies at two places", 8)
        await self.admin.execute(f"create database {SECOND} template {PREFIX}{fingerprint()} strategy file_copy")
        found.append(await placed(self.places))
        return found

    def gates(self) -> Target:
        """An operation with 30 gated fields, compared with the same without gates."""
        with_gates, without = gated(self.probe, [self.gateway, self.ungated])
        ratio = estimate(one / other for one, other in zip(with_gates, without, strict=True))
        return Target(*GATES, shown(ratio, 3), at_most(1.10, ratio), ratio)

    def first_time(self) -> Target:
        """Server CPU of a new operation, with parsing, validation and compilation."""
        (taken,) = first_times(self.probe, [self.gateway])
        found = estimate(taken)
        return Target(*FIRST_TIME, f"{shown(found, 2)} ms", at_most(5, found), found)

    def accountant(self) -> Target:
        """CPU per company, for 62 companies in one page and 1,000 in ten."""
        one, many = (list(_pages(self.gateway.port, dataset.token("accountant", n))) for n in range(2))
        few: list[float] = []
        growth: list[float] = []
        for requests in (one, many):
            self.probe.load(self.gateway, requests, 100)
        for _ in range(ROUNDS):
            few.append(self.probe.load(self.gateway, one, 100).total / dataset.CLIENTS)
            all_ = self.probe.load(self.gateway, many, 5 * len(many)).total * len(many) / 1_000
            growth.append(all_ / few[-1])
        found = estimate(growth)
        words = f"{shown(found, 2)} of {shown(estimate(few).scaled(1_000), 1)} µs"
        return Target(*ACCOUNTANT, words, at_most(1.05, found), found)

    async def toggle_sets(self) -> Target:
        """Growth of memory after a flood of requests with different toggle sets."""
        chance = Random(1)
        people = list(product(range(dataset.COMPANIES), range(1, dataset.MEMBERS)))
        requests = [_request(GATED, {"id": dataset.global_id("com", "company", c)}, _employee(c, m)) for c, m in people]
        await asyncio.to_thread(self.probe.load, self.gateway, requests, 500)
        before = self._memory()
        grown: list[float] = []
        for _ in range(PARTS):
            masks = [dataset.bits(app for app in App if chance.random() < 0.5) for _ in people]
            keys = [dataset.key("membership", c, m) for c, m in people]
            await self.admin.execute(RETOGGLE, [dataset.key("company", c) for c, _ in people], keys, masks)
            await asyncio.to_thread(self.probe.load, self.gateway, requests, FLOOD // PARTS)
            grown.append(self._memory() - before)
        return _growth(TOGGLE_SETS, grown)

    def documents(self) -> list[Target]:
        """Growth of memory in a flood of documents that come once, and the cost of hot documents after each part."""
        token = dataset.token("owner", COMPANY)
        hot = [_request(_document(n, "hot"), {"id": COMPANY_ID}, token) for n in range(HOT)]
        self.probe.load(self.gateway, hot, 40 * HOT)
        before = self._memory()
        grown: list[float] = []
        after: list[float] = []
        for start in range(0, FLOOD, FLOOD // PARTS):
            once = [
                _request(_document(n, "once"), {"id": COMPANY_ID}, token) for n in range(start, start + FLOOD // PARTS)
            ]
            mixed = [request for n, one in enumerate(once) for request in (one, hot[n % HOT])]
            self.probe.load(self.gateway, mixed, len(mixed))
            first = self.probe.load(self.gateway, hot, HOT).server
            after.append(first / self.probe.load(self.gateway, hot, HOT).server)
            grown.append(self._memory() - before)
        found = estimate(after)
        return [
            _growth(DOCUMENTS, grown),
            Target(*AFTER, shown(found, 2), at_most(2, found), found),
        ]

    def _memory(self) -> float:
        return processes.resident(processes.tree(self.gateway.pid))


def nothing_more() -> list[Target]:
    """The targets as not measured."""
    wanted = (GATES, FIRST_TIME, ACCOUNTANT, TOGGLE_SETS, DOCUMENTS, AFTER)
    return [
        *(Target(*one, "", Verdict.UNMEASURED) for one in wanted),
        *texts.no_targets(),
        *nothing_written(),
        nothing_placed(),
    ]


def _growth(wanted: Wanted, grown: Sequence[float]) -> Target:
    """The growth at the end, with the spread of the second half of the flood."""
    later = grown[len(grown) // 2 :]
    found = Estimate(grown[-1], min(later), max(later))
    words = f"{found.value:.1f} ±{found.spread:.1f} MiB"
    return Target(*wanted, words, at_most(GROWTH_MIB, found), found)


RETOGGLE: Final = """
update membership m set toggles = x.mask::bit(256)
from unnest($1::uuid[], $2::uuid[], $3::text[]) x(company, id, mask) where m.company_id = x.company and m.id = x.id
"""


def _request(query: str, variables: Mapping[str, object], token: str) -> bytes:
    return post("/graphql", token, orjson.dumps({"query": query, "variables": variables}))


def _employee(company: int, member: int) -> str:
    return dataset.token("employee", company * dataset.MEMBERS + member)


def _document(n: int, word: str) -> str:
    """A unique document."""
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
