"""The latency of one client's small requests while other clients send the worst loads.

The gateway has two workers, its own limits and all processors; it is restarted for each load. Requests are sent at
their due time, even if earlier ones are not answered yet, and their latency counts from that time on.
"""

import asyncio
import contextlib
import multiprocessing
import os
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tests.bench.contenders.servers import Server, graphql
from tests.bench.data import dataset
from tests.bench.loads.generator import ask, get, post
from tests.bench.loads.operations import OPERATIONS
from tests.bench.loads.storm import Storm, answer
from tests.bench.loads.toggles import TOGGLES
from tests.bench.loads.worst import CROWDED, KEYED, VERSION, Load, loads, toggles
from tests.bench.report.figures import percentile
from tests.bench.report.spread import Estimate, Verdict, at_most, estimate, pooled
from tests.bench.report.tables import Target

ROUNDS: Final = 10
USUAL_SECONDS, LOADED_SECONDS = 0.3, 0.8
"""Seconds of one round, without and with the load."""

EACH: Final = 0.0125
"""Seconds between two small requests: 80 a second, below the limit of one address."""

BEAT: Final = 0.1
"""Seconds between two health probes."""

TOGGLE: Final = 0.25
"""Seconds between two toggles of the owner."""

FAILED: Final = b'"errors":[{'

LATE: Final = 10.0
"""Seconds after which a request counts as not answered."""

WARM: Final = 40
MORE_MS, TOGGLE_MS = 100, 500
SOMEBODY, WATCHER, OWNER = "127.0.0.2", "127.0.0.3", "127.0.0.4"
STEP_AHEAD: Final = -10

Starts = Callable[[], AbstractContextManager[Server]]
Step = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Sample:
    """One request: its due time, its latency from then on, and whether it was answered without errors."""

    due: float
    seconds: float
    is_answered: bool


@dataclass(slots=True)
class Asking:
    """A client at an address that sends requests at their due time, over as many kept connections as necessary.

    One of `fresh` requests uses a new connection.
    """

    port: int
    address: str
    fresh: int = 8
    samples: list[Sample] = field(default_factory=list[Sample])
    _free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list[Any])
    _under_way: set[asyncio.Task[bytes]] = field(default_factory=set[asyncio.Task[bytes]])

    async def keep_asking(self, request: bytes, pause: float) -> None:
        """Send the request again and again until cancelled, `pause` seconds apart."""
        due = time.monotonic()
        while True:
            self._under_way.add(task := asyncio.create_task(self._ask(request, due)))
            task.add_done_callback(self._under_way.discard)
            due += pause
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def settle(self) -> None:
        """Wait for open requests, and close all connections."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        for _, writer in self._free:
            writer.close()

    async def once(self, request: bytes) -> bytes:
        """Send one request that is due now; returns its answer."""
        return await self._ask(request, time.monotonic())

    async def _ask(self, request: bytes, due: float) -> bytes:
        body: bytes | None = None
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(LATE):
                body = await self._send(request)
        self.samples.append(Sample(due, time.monotonic() - due, body is not None))
        return body or b""

    async def _send(self, request: bytes) -> bytes | None:
        """The body of the answer; None for an answer with errors."""
        is_fresh = len(self.samples) % self.fresh == 0
        reader, writer = self._free.pop() if self._free and not is_fresh else await self._open()
        try:
            writer.write(request)
            status, body = await answer(reader)
        except BaseException:
            writer.close()
            raise
        if is_fresh:
            writer.close()
        else:
            self._free.append((reader, writer))
        return body if status == 200 and FAILED not in body else None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.address, 0))


@dataclass(frozen=True, slots=True)
class Beside:
    """Measures the effect of loads on another client; `start` starts the gateway."""

    start: Starts
    seconds: float = 1.0
    """Factor of the duration of rounds."""

    async def measure(self, step: Step) -> list[Target]:
        """Measure all kinds of load, then the owner's toggles while the other members of the company send loads."""
        with self.start() as server:
            key = await asyncio.to_thread(api_key, server.port)
        found: list[Target] = []
        kinds = loads(key or "")
        for n, load in enumerate(kinds):
            step(f"{load.whose}: {load.name}", n)
            unmeasured = load.whose == "key" and key is None
            found += beside_targets(load, None) if unmeasured else await self._beside(load, n, key)
        step("the owner among everybody else", len(kinds))
        found.append(await self._owner())
        return found

    async def _beside(self, load: Load, which: int, key: str | None) -> list[Target]:
        request = graphql(OPERATIONS["viewer"])
        with self.start() as server:
            await warm(server.port, request)
            small, health = Asking(server.port, SOMEBODY), Asking(server.port, WATCHER, fresh=1)
            async with ahead(), asking(small, request, EACH), asking(health, get("/health/ready", None), BEAT):
                usual_from = time.monotonic()
                await asyncio.sleep(ROUNDS * USUAL_SECONDS * self.seconds)
                usual_until = time.monotonic()
                async with storming(server.port, which, key, ROUNDS * LOADED_SECONDS * self.seconds) as storm:
                    loaded_from = time.monotonic()
                    await asyncio.sleep(ROUNDS * LOADED_SECONDS * self.seconds)
                    until = time.monotonic()
                    became = await storm.end()
        return beside_targets(
            load,
            Found(
                rounds_of(small.samples, usual_from, usual_until, ROUNDS),
                rounds_of(small.samples, loaded_from, until, ROUNDS),
                [sample for sample in health.samples if loaded_from <= sample.due < until],
                became,
            ),
        )

    async def _owner(self) -> Target:
        with self.start() as server:
            await warm(server.port, graphql(OPERATIONS["viewer"]))
            owner = Asking(server.port, OWNER)
            requests = toggles(CROWDED, [(1, TOGGLES[0])])
            request = requests.send(await owner.once(next(requests)))
            async with ahead(), storming(server.port, None, None, ROUNDS * LOADED_SECONDS * self.seconds) as storm:
                owner.samples.clear()
                failed = 0
                began = time.monotonic()
                until = began + ROUNDS * LOADED_SECONDS * self.seconds
                while time.monotonic() < until:
                    told = await owner.once(request)
                    failed += VERSION.search(told) is None
                    request = requests.send(told)
                    await asyncio.sleep(TOGGLE)
                became = await storm.end()
            await owner.settle()
        return owner_target(rounds_of(owner.samples, began, until, ROUNDS), failed, became)


@dataclass(frozen=True, slots=True)
class Found:
    """The measurement beside one load: rounds without and with it, health probes, and the outcomes of its requests."""

    usual: Sequence[Sequence[Sample]]
    loaded: Sequence[Sequence[Sample]]
    health: Sequence[Sample]
    became: Mapping[str, int]


def beside_targets(load: Load, found: Found | None) -> list[Target]:
    """The targets for a load: its effect on another client's small requests, and on health probes."""
    name = f"{load.whose}: {load.name}"
    more, healthy = f"small request beside {name}", f"health beside {name}"
    wanted = f"p99 at most {MORE_MS} ms more"
    if found is None:
        return [Target(figure, want, "", Verdict.UNMEASURED) for figure, want in ((more, wanted), (healthy, ALWAYS))]
    usual, loaded = (pooled([_each_ms(round_) for round_ in rounds], p99) for rounds in (found.usual, found.loaded))
    above = Estimate(loaded.value - usual.value, loaded.low - usual.high, loaded.high - usual.low)
    half = estimate(latency_ms(round_, 0.5) for round_ in found.loaded)
    refused = sum(not sample.is_answered for round_ in found.loaded for sample in round_)
    verdict = Verdict.MISSED if refused else at_most(MORE_MS, above)
    words = f"p50 {_ms(half)}, usual p99 {_ms(usual)}, {above.value:+.1f} ±{above.spread:.1f} ms"
    words += f"; {refused} NOT ANSWERED" if refused else ""
    return [
        Target(more, wanted, f"{words} [{_told(found.became)}]", verdict, above),
        _health(healthy, found.health),
    ]


ALWAYS: Final = "always answered"
TOGGLED: Final = ("the owner's toggle while every other member does the worst", f"at most {TOGGLE_MS} ms")
STEPS: Final = len(loads("")) + 1
"""Number of steps of a measurement."""


def _health(figure: str, samples: Sequence[Sample]) -> Target:
    answered = sum(sample.is_answered for sample in samples)
    took = estimate(1e3 * sample.seconds for sample in samples)
    longest = max(sample.seconds for sample in samples)
    words = f"{answered} of {len(samples)}, {_ms(took)}, at most {1e3 * longest:.0f} ms"
    return Target(figure, ALWAYS, words, Verdict.REACHED if answered == len(samples) else Verdict.MISSED, took)


def owner_target(rounds: Sequence[Sequence[Sample]], failed: int, became: Mapping[str, int]) -> Target:
    """The target for the owner's toggles: the longest of each round, and the number of failed ones."""
    longest = estimate(latency_ms(round_, 1.0) for round_ in rounds if round_)
    count = sum(map(len, rounds))
    words = f"{count} toggles, the longest of a round {_ms(longest)}, of all {longest.high:.0f} ms"
    words += f"; {failed} NOT SET" if failed else ""
    verdict = Verdict.MISSED if failed else at_most(TOGGLE_MS, longest)
    return Target(*TOGGLED, f"{words} [{_told(became)}]", verdict, longest)


def nothing_beside() -> list[Target]:
    """The targets as not measured."""
    each = [target for load in loads("") for target in beside_targets(load, None)]
    return [*each, Target(*TOGGLED, "", Verdict.UNMEASURED)]


def rounds_of(samples: Iterable[Sample], began: float, until: float, count: int) -> list[list[Sample]]:
    """The samples by due time, in `count` equal parts of the time from `began` to `until`."""
    found: list[list[Sample]] = [[] for _ in range(count)]
    for sample in samples:
        if began <= sample.due < until:
            found[min(count - 1, int((sample.due - began) / (until - began) * count))].append(sample)
    return found


def p99(latencies: list[float]) -> float:
    """The 99th percentile of latencies."""
    return percentile(sorted(latencies), 0.99)


def _each_ms(samples: Iterable[Sample]) -> list[float]:
    return [1e3 * sample.seconds for sample in samples]


def latency_ms(samples: Iterable[Sample], part: float) -> float:
    """The latency that `part` (0 to 1) of the samples did not exceed, in milliseconds."""
    return percentile(sorted(_each_ms(samples)), part)


def api_key(port: int) -> str | None:
    """A new API key of the company `KEYED`; None when the gateway does not create one."""
    query = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { key errors { code } } }"
    given = {"label": "bench", "companyId": dataset.global_id("com", "company", KEYED)}
    body = orjson.dumps({"query": query, "variables": {"input": given}})
    told: Any = orjson.loads(ask(port, post("/graphql", dataset.token("owner", KEYED), body)))
    payload = told["data"]["createApiKey"] if told.get("data") else None
    return payload["key"] if payload else None


async def warm(port: int, request: bytes) -> None:
    """Send a request often enough that all workers have seen it."""
    somebody = Asking(port, SOMEBODY, fresh=1)
    for _ in range(WARM):
        await somebody.once(request)
    await somebody.settle()


@asynccontextmanager
async def asking(somebody: Asking, request: bytes, pause: float) -> AsyncGenerator[None]:
    """Let a client send requests within the block, and wait for the open ones at its end."""
    task = asyncio.create_task(somebody.keep_asking(request, pause))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await somebody.settle()


@asynccontextmanager
async def storming(port: int, which: int | None, key: str | None, seconds: float) -> AsyncGenerator[Storm]:
    """Send a load until it is ended, at the latest at the end of the block."""
    storm = Storm(multiprocessing.get_context("spawn"), port, which, key, seconds)
    try:
        await storm.begin()
        yield storm
    finally:
        storm.stop()


@asynccontextmanager
async def ahead() -> AsyncGenerator[None]:
    """Raise our priority above the servers' within the block, if allowed, as for a client on its own machine."""
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, STEP_AHEAD)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, 0, usual)


@contextmanager
def everywhere(pids: Iterable[int]) -> Generator[None]:
    """Let this process and the given ones use all processors within the block."""
    usual = os.sched_getaffinity(0)
    everything = range(os.cpu_count() or 1)
    kept = list(pids)
    for pid in (0, *kept):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(pid, everything)
    try:
        yield
    finally:
        for pid in (0, *kept):
            with contextlib.suppress(OSError):
                os.sched_setaffinity(pid, usual)


def _told(became: Mapping[str, int]) -> str:
    """The outcomes of a load's requests in words, the most frequent first."""
    return (
        ", ".join(f"{count} {what}" for what, count in sorted(became.items(), key=lambda item: -item[1])) or "nothing"
    )


def _ms(found: Estimate) -> str:
    return f"{found.value:.1f} ±{found.spread:.1f} ms"
